/**
 * The plugin servers of one worker: each started at its first use and only as it was approved, kept while it is used,
 * left alone for a while after it failed too often, and gone with the worker.
 */
import type { Use, UseGate } from "../breaker/use-gate.ts";
import { SwarmError } from "../errors.ts";
import { shortHash } from "../ids.ts";
import type { Connection, RawToolAnswer } from "./connection.ts";
import { type Running, type ServerPlace, type ServerSpec, type StartSetting, startServer } from "./start-server.ts";

/** A server that was started, for one use. */
export interface Using {
  tools(): ReturnType<Connection["tools"]>;
  call(
    tool: string,
    input: unknown,
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<RawToolAnswer>;
  /** A process in whose namespaces it runs, by its number out here; null where they are ours, or it is gone. */
  inside(): number | null;
}

export interface Servers {
  /** @throws SwarmError `plugin.*`, `sandbox.none`; nothing of it is a reason to end a worker. */
  use<Value>(spec: ServerSpec, place: ServerPlace, act: (server: Using) => Promise<Value>): Promise<Value>;
  /** Resolves once no process of ours is left. */
  close(): Promise<void>;
}

export interface ServersOptions extends StartSetting {
  /** Stops asking a server that only fails. */
  readonly gate: (spec: ServerSpec) => UseGate;
}

/** Servers that run at once for one worker; idle ones make room. */
const RUNNING_MAX = 16;
const IDLE_MS = 600_000;
const LOOK_MS = 30_000;
/** Not asked for so long: it is asked for a sign of life first. */
const QUIET_MS = 30_000;

interface Slot {
  readonly gate: UseGate;
  running: Promise<Running> | null;
  uses: number;
  usedAtMs: number;
}

export function openServers(options: ServersOptions): Servers {
  const slots = new Map<string, Slot>();
  const ending = new Set<Promise<void>>();
  let closed = false;
  const leave = (slot: Slot): void => {
    const { running } = slot;
    slot.running = null;
    if (running === null) return;
    const end: Promise<void> = running
      .then(
        ({ end: endIt }) => endIt(),
        () => {},
      )
      .catch((cause: unknown) => {
        options.log.error({ err: cause }, "a plugin server does not end");
      });
    ending.add(end);
    end.finally(() => ending.delete(end)).catch(() => {});
  };
  const idle = setInterval(() => {
    for (const [key, slot] of slots) {
      if (slot.uses > 0 || performance.now() - slot.usedAtMs < IDLE_MS) continue;
      leave(slot);
      slots.delete(key);
    }
  }, LOOK_MS);
  idle.unref();

  return {
    async use(spec, place, act) {
      if (closed)
        throw new SwarmError("plugin.closing", "this worker is about to end; it starts no server", { retry: true });
      const slot = slotOf(slots, spec, place, options, leave);
      slot.uses += 1;
      let well: boolean | null = null;
      const use = await entered(slot, spec);
      try {
        const { connection } = await ready(slot, spec, place, options, leave).catch((cause: unknown) => {
          well = false;
          throw cause;
        });
        if (closed) leave(slot);
        const went = await told(slot, connection, leave, () => act(connection));
        ({ well } = went);
        if ("cause" in went) throw went.cause;
        return went.value;
      } finally {
        slot.uses -= 1;
        slot.usedAtMs = performance.now();
        await use.ended(well);
      }
    },
    async close() {
      closed = true;
      clearInterval(idle);
      for (const slot of slots.values()) leave(slot);
      await Promise.all(ending);
    },
  };
}

function slotOf(
  slots: Map<string, Slot>,
  spec: ServerSpec,
  { workspace, beside }: ServerPlace,
  { gate }: ServersOptions,
  leave: (slot: Slot) => void,
): Slot {
  const { server, origin, scope, home, startHash } = spec;
  const key = shortHash(JSON.stringify([server, origin, scope, home, startHash, workspace, [...beside].sort()]));
  const known = slots.get(key);
  if (known !== undefined) return known;
  if (slots.size >= RUNNING_MAX) {
    const [oldest] = [...slots]
      .filter(([, { uses }]) => uses === 0)
      .sort(([, one], [, other]) => one.usedAtMs - other.usedAtMs);
    if (oldest === undefined) {
      throw new SwarmError(
        "plugin.too_many",
        `${slots.size} plugin servers are in use on this worker; server ${server} is not started`,
        { retry: true },
      );
    }
    leave(oldest[1]);
    slots.delete(oldest[0]);
  }
  const slot: Slot = { gate: gate(spec), running: null, uses: 0, usedAtMs: performance.now() };
  slots.set(key, slot);
  return slot;
}

/** One that answers: the running one, or a new one where that is gone. */
async function ready(
  slot: Slot,
  spec: ServerSpec,
  place: ServerPlace,
  options: ServersOptions,
  leave: (slot: Slot) => void,
): Promise<Running> {
  const known = slot.running;
  if (known !== null) {
    const running = await known;
    const isQuiet = performance.now() - slot.usedAtMs > QUIET_MS;
    if (running.connection.over() === null && (!isQuiet || (await running.connection.answers()))) return running;
    if (slot.running === known) leave(slot);
  }
  if (slot.running !== null) return slot.running;
  const starting = startServer(spec, place, options);
  slot.running = starting;
  try {
    return await starting;
  } catch (cause) {
    if (slot.running === starting) slot.running = null;
    throw cause;
  }
}

/** @throws SwarmError `plugin.resting` where it failed too often. */
async function entered(slot: Slot, { server }: ServerSpec): Promise<Use> {
  const asked = await slot.gate.enter();
  if (!asked.open) return asked;
  slot.uses -= 1;
  throw new SwarmError(
    "plugin.resting",
    `server ${server} failed too often; it is tried again in ${Math.ceil(asked.waitMs / 1_000)} s`,
    { retry: true },
  );
}

type Went<Value> =
  | { readonly well: true; readonly value: Value }
  | { readonly well: boolean | null; readonly cause: unknown };

/** How it went, for its breaker too; one that broke, or does not answer any more, is ended. */
async function told<Value>(
  slot: Slot,
  connection: Connection,
  leave: (slot: Slot) => void,
  act: () => Promise<Value>,
): Promise<Went<Value>> {
  const { running } = slot;
  try {
    return { well: true, value: await act() };
  } catch (cause) {
    if (!(cause instanceof SwarmError && cause.code.startsWith("plugin."))) return { well: null, cause };
    // A server that answers has failed at a call, not as a server.
    if (connection.over() === null && (await connection.answers())) return { well: true, cause };
    if (slot.running === running) leave(slot);
    return { well: false, cause };
  }
}

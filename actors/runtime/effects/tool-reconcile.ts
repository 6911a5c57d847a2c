/**
 * Finds out what became of a tool call whose worker was lost, from this host's gates and the world; it never runs the
 * tool. What cannot be told is called interrupted, with everything that is known.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { CommandEnd } from "../../../infra/journal/commands.ts";
import type { GateFacts } from "../../../infra/journal/gate.ts";
import type { Journal, Seen } from "../../../infra/journal/journal.ts";
import type { WorkspaceBox } from "../../../infra/sandbox/workspace-box.ts";
import { exitAnswer } from "../../../registry/tools/run/bash.ts";
import { type Entry, toolResultEntry } from "../conversation.ts";
import { type Answer, EffectAborted, type Performer, wasCancelled } from "../performer.ts";
import { interruptedAnswer } from "../recovery.ts";
import { finishedAnswer } from "./tool-run.ts";

export interface ToolReconcileDeps {
  box(workspace: string): Promise<WorkspaceBox>;
  readonly journal: Journal | null;
  /** How long a worker that lives but says nothing may hold a change up, in milliseconds. */
  readonly holderWaitMs?: number;
}

type Order = Parameters<Performer<"tool.reconcile">>[0];
type Change = Extract<GateFacts, { kind: "change" }>;

/** A change takes milliseconds; whoever holds its gate for longer is stopped, or hangs on a disk. */
const HOLDER_WAIT_MS = 30_000;
const LOOK_MS = 50;

export function toolReconcile(deps: ToolReconcileDeps): Performer<"tool.reconcile"> {
  return async (order, { signal, effectId }) => {
    const { journal } = deps;
    if (journal === null) return interruptedAnswer(order, order.effect, "this worker has no folder for gates");
    try {
      return await found(deps, journal, order, signal);
    } catch (cause) {
      if (!signal.aborted) throw cause;
      // The call itself was called off, not only our looking.
      if (wasCancelled(signal)) await journal.callOff(order.effect, order.inputHash);
      throw new EffectAborted(effectId);
    }
  };
}

async function found(deps: ToolReconcileDeps, journal: Journal, order: Order, signal: AbortSignal): Promise<Answer> {
  signal.throwIfAborted();
  // Whoever wins the gate knows that nothing was done, and that no sleeper who wakes up late can do it any more.
  const why = "its worker was lost before it began";
  if (await journal.take(order.effect, order.inputHash, { kind: "void", why })) return reconciled(order, false, null);
  const seen = await journal.look(order.effect);
  if (seen === null) throw new Error(`the gate of ${order.effect} vanished`);
  if (seen.gate.inputHash !== order.inputHash) {
    const hashes = `${seen.gate.inputHash}, not ${order.inputHash}`;
    return interruptedAnswer(order, order.effect, `what was begun under its id had another input (${hashes})`);
  }
  switch (seen.gate.facts.kind) {
    case "void":
      return reconciled(order, false, null);
    case "command":
      return commandAnswer(order, await journal.reattach(order.effect, signal));
    case "call":
      return pluginAnswer(deps, journal, order, seen.gate.facts, signal);
    case "change":
      return changeAnswer(deps, journal, order, seen.gate.facts, signal);
  }
}

function commandAnswer(order: Order, end: CommandEnd): Answer {
  switch (end.kind) {
    case "ended":
      return finishedAnswer(
        order,
        order.effect,
        exitAnswer({ ...end.outcome, output: end.output }),
        end.outcome.tookMs,
      );
    case "never":
      return reconciled(order, false, null);
    case "lost": {
      const reason = "its command was begun and its recorder died; what was left of the command was killed";
      return interruptedAnswer(order, order.effect, reason);
    }
  }
}

/** What its server answered, where this host wrote that down; nobody else can say what it did. */
async function pluginAnswer(
  { holderWaitMs = HOLDER_WAIT_MS }: ToolReconcileDeps,
  journal: Journal,
  order: Order,
  { server }: Extract<GateFacts, { kind: "call" }>,
  signal: AbortSignal,
): Promise<Answer> {
  const { outcome } = await settled(journal, order.effect, holderWaitMs, signal);
  if (outcome?.kind === "call") return finishedAnswer(order, order.effect, { ok: outcome.ok, text: outcome.text }, 0);
  const reason = `plugin server ${server} was asked and its answer was lost with the worker; it may or may not have done it`;
  return interruptedAnswer(order, order.effect, reason);
}

async function changeAnswer(
  { box, holderWaitMs = HOLDER_WAIT_MS }: ToolReconcileDeps,
  journal: Journal,
  order: Order,
  change: Change,
  signal: AbortSignal,
): Promise<Answer> {
  const { outcome, holderLives } = await settled(journal, order.effect, holderWaitMs, signal);
  if (outcome?.kind === "change") {
    if (outcome.ok) return reconciled(order, true, change);
    return finishedAnswer(order, order.effect, { ok: false, text: outcome.why ?? "nothing was changed" }, 0);
  }
  const now = (await (await box(change.workspace)).hash(change.path))?.sha256 ?? null;
  if (now === change.after) return reconciled(order, true, change);
  const hashes = `before ${shown(change.before)}, meant ${shown(change.after)}, now ${shown(now)}`;
  if (now !== change.before) {
    return interruptedAnswer(
      order,
      order.effect,
      `${change.path} is neither as it was nor as it was to be (${hashes})`,
    );
  }
  if (!holderLives) return reconciled(order, false, null);
  const reason = `the worker that was to change ${change.path} lives and is silent; it may still do it (${hashes})`;
  return interruptedAnswer(order, order.effect, reason);
}

/** Until there is an outcome, or its holder is dead, or the patience is over. */
async function settled(journal: Journal, effect: string, waitMs: number, signal: AbortSignal): Promise<Seen> {
  const deadlineMs = performance.now() + waitMs;
  for (;;) {
    signal.throwIfAborted();
    const seen = await journal.look(effect);
    if (seen === null) throw new Error(`the gate of ${effect} vanished`);
    if (seen.outcome !== null || !seen.holderLives || performance.now() > deadlineMs) return seen;
    await pause(LOOK_MS);
  }
}

function reconciled(order: Order, happened: boolean, change: Change | null): Answer {
  const { call, tool, effect } = order;
  const text = `It was done: ${change?.path} has the content that was meant (its worker was lost before it could say so).`;
  return {
    event: { type: "tool.reconciled", call, happened } as Answer["event"],
    ...(happened
      ? { entries: [toolResultEntry(call, text, true, { saw: sawOf(change), did: { effect, tool, ok: true } })] }
      : {}),
    told: [{ type: "tool.reconciled", effect, call, tool, happened }],
  };
}

/** The agent knows what it wrote. */
const sawOf = (change: Change | null): Entry["saw"] =>
  change === null ? undefined : { path: change.path, sha256: change.after };

const shown = (hash: string | null): string => (hash === null ? "no file" : hash.slice(0, 16));

/**
 * The box of one unsafe effect: its reading side is everybody's, its hands go through the gate. One deed and no second;
 * where somebody else has the gate, none at all.
 */
import type { CommandOrder } from "../../infra/journal/commands.ts";
import type { Journal } from "../../infra/journal/journal.ts";
import { BoxRefusal, quoted } from "../../infra/sandbox/refusal.ts";
import type { WorkspaceBox } from "../../infra/sandbox/workspace-box.ts";
import type { ActingBox, BoxChange, PluginAnswer } from "../../registry/box.ts";
import { EffectAborted, wasCancelled } from "./performer.ts";
import type { PluginHands } from "./plugin-hands.ts";

/** Nobody may act under this effect id any more, or nobody knows whether somebody did: the machine has to find out. */
export class OutcomeUnknown extends Error {
  constructor(effect: string, why: string) {
    super(`${effect}: ${why}`);
    this.name = "OutcomeUnknown";
  }
}

export interface ActingBoxDeps {
  readonly box: WorkspaceBox;
  readonly journal: Journal;
  readonly effect: string;
  readonly inputHash: string;
  readonly signal: AbortSignal;
  /** As in {@link PerformContext}. */
  readonly isWanted?: (() => Promise<boolean>) | undefined;
  /** Asked with where a path really leads, relative to the workspace. */
  readonly mayChange: (path: string) => boolean;
  /** SHA-256 of a file (real path, relative to the workspace) as the agent last saw it; undefined: it never did. */
  readonly lastSeen: (path: string) => string | undefined;
  /** What the run was given for its commands beyond the workspace. */
  readonly commands?: Pick<CommandOrder, "writable" | "network" | "runs" | "looksOnly">;
  /** How plugin servers are reached; absent: not at all. */
  readonly plugins?: PluginHands | undefined;
  /** Told of a change that was made. */
  readonly changed: (change: BoxChange) => void;
}

export function actingBox(deps: ActingBoxDeps): ActingBox {
  const { box, journal, effect, inputHash, signal } = deps;
  let used = false;
  const useOnce = (): void => {
    if (used) throw new Error(`${effect}: a tool may act once`);
    used = true;
  };
  return {
    root: box.root,
    stat: box.stat,
    read: box.read,
    walk: box.walk,
    hash: box.hash,
    async known(path) {
      const now = await box.hash(path);
      if (now !== null) refuseUnknown(deps, path, { path: (await box.stat(path)).path, before: now.sha256 });
    },
    replace(path, content, options) {
      useOnce();
      return replace(deps, path, content, options);
    },
    async exec(command, options) {
      useOnce();
      await refuseUnwanted(deps);
      try {
        const end = await journal.run(
          { effect, inputHash, command, cwd: box.root, ...deps.commands, ...options },
          signal,
        );
        if (end.kind === "ended") return { ...end.outcome, output: end.output };
      } catch (cause) {
        // Called off: it ends now. Left, by a worker that lost it or goes: it goes on with its recorder.
        if (wasCancelled(signal)) await journal.callOff(effect, inputHash);
        throw cause;
      }
      throw new OutcomeUnknown(effect, "its command was not seen to its end here");
    },
    ...pluginSide(deps, useOnce),
  };
}

function pluginSide(deps: ActingBoxDeps, useOnce: () => void): Pick<ActingBox, "plugin"> {
  const { plugins } = deps;
  if (plugins === undefined) return {};
  return {
    plugin(plugin, tool, input, { timeoutMs }) {
      useOnce();
      return pluginDeed(deps, plugins, { plugin, tool, input, timeoutMs });
    },
  };
}

/**
 * The gate is taken once the server stands and its tool is the approved one: what comes before did nothing. A worker that
 * only lets go waits no longer, and still writes down what was answered.
 */
async function pluginDeed(
  deps: ActingBoxDeps,
  plugins: PluginHands,
  call: Pick<Parameters<PluginHands>[0], "plugin" | "tool" | "input" | "timeoutMs">,
): Promise<PluginAnswer> {
  const { box, journal, effect, inputHash, signal, commands } = deps;
  const calledOff = new AbortController();
  const place = { workspace: box.root, beside: commands?.writable ?? [] };
  let begun = false;
  const asked = plugins({ ...call, place, signal: calledOff.signal }, async () => {
    await refuseUnwanted(deps);
    const facts = { kind: "call", server: call.plugin.server, tool: call.tool.name } as const;
    if (!(await journal.take(effect, inputHash, facts))) throw new OutcomeUnknown(effect, "somebody else has its gate");
    begun = true;
  });
  const done = asked.then(async (answer) => {
    const told = begun && !answer.answered ? { ...answer, text: `${answer.text} ${MAYBE_DONE}` } : answer;
    if (begun) await journal.noteAnswer(effect, { ok: told.ok, text: told.text });
    return told;
  });
  done.catch(() => {}); // where nobody waits any more, whoever reconciles finds no answer and says so
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => {
      if (wasCancelled(signal)) calledOff.abort(signal.reason);
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  return Promise.race([done, stopped]);
}

/**
 * The last look before the gate. Of this actor's effects none begins whose look comes after the fence, in the order in
 * which Redis answers; what looked before may still be done, and is called off.
 */
async function refuseUnwanted({ signal, isWanted, effect }: ActingBoxDeps): Promise<void> {
  signal.throwIfAborted();
  if (isWanted !== undefined && !(await isWanted())) throw new EffectAborted(effect, "cancelled");
  signal.throwIfAborted();
}

const MAYBE_DONE = "It may or may not have been done: look before you do it again.";

async function replace(
  deps: ActingBoxDeps,
  path: string,
  content: Uint8Array,
  options: { readonly expected?: string | null } = {},
): Promise<BoxChange> {
  const { box, journal, effect, inputHash, mayChange } = deps;
  let begun: { readonly path: string; readonly after: string } | null = null;
  try {
    const changed = await box.replace(path, content, {
      ...options,
      before: async (change) => {
        if (!mayChange(change.path)) throw notAllowed(path, change.path);
        refuseUnknown(deps, path, change);
        await refuseUnwanted(deps);
        if (!(await journal.take(effect, inputHash, { kind: "change", ...change, ...placeOf(deps, change.path) }))) {
          throw new OutcomeUnknown(effect, "somebody else has its gate");
        }
        begun = change;
      },
    });
    await journal.settle(effect, { ok: true });
    deps.changed(changed);
    return changed;
  } catch (cause) {
    if (begun !== null) await settleFailed({ box, journal, effect }, begun, cause);
    throw cause;
  }
}

/** It broke between gate and answer: only where the world shows that nothing was changed may the journal say so. */
async function settleFailed(
  { box, journal, effect }: Pick<ActingBoxDeps, "box" | "journal" | "effect">,
  begun: { readonly path: string; readonly after: string },
  cause: unknown,
): Promise<void> {
  const now = await box.hash(begun.path).catch(() => undefined);
  if (now === undefined || now?.sha256 === begun.after) {
    throw new OutcomeUnknown(effect, `it broke half-way: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  await journal.settle(effect, { ok: false, why: cause instanceof Error ? cause.message : String(cause) });
}

/** The folder that a changed file lies in, as its gate keeps it: whoever reconciles opens that one. */
function placeOf(
  { box, commands }: ActingBoxDeps,
  path: string,
): { readonly workspace: string; readonly path: string } {
  const beside = commands?.writable?.find((folder) => path.startsWith(`${folder}/`));
  return beside === undefined
    ? { workspace: box.root, path }
    : { workspace: beside, path: path.slice(beside.length + 1) };
}

/** What nobody has looked at, or somebody else has changed meanwhile, is not overwritten. */
function refuseUnknown(
  { lastSeen }: ActingBoxDeps,
  shown: string,
  { path, before }: { readonly path: string; readonly before: string | null },
): void {
  if (before === null) return;
  const seen = lastSeen(path);
  if (seen === before) return;
  throw seen === undefined
    ? new BoxRefusal("box.unread", shown, `${quoted(shown)} exists and you have not read it: read it first`)
    : new BoxRefusal("box.changed", shown, `${quoted(shown)} has changed since you read it: read it again`);
}

const notAllowed = (shown: string, real: string): BoxRefusal =>
  new BoxRefusal("box.protected", shown, `${quoted(shown)} leads to ${quoted(real)}, which no rule allows to change`);

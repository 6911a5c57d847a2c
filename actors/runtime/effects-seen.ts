/**
 * "Did that happen?", answered for every tool call and model call of a run: what the log says, and what this host's
 * gates say where they know it. It looks and changes nothing.
 */
import type { Journal, Seen } from "../../infra/journal/journal.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";

/** `running`: somebody is at it. `unanswered`: only its worker could say, or another host. */
export type EffectState = "happened" | "did_not_happen" | "unknown" | "running" | "unanswered";

export interface SeenEffect {
  readonly effect: string;
  readonly actor: string;
  readonly kind: "tool" | "model";
  readonly tool: string | null;
  readonly call: string | null;
  /** What was asked for, cut; null for a model call. */
  readonly input: string | null;
  readonly intended: { readonly seq: number; readonly at: string };
  /** Null where this host has no gate of it: it needs none, was begun elsewhere, or was not begun. */
  readonly started: { readonly at: string; readonly pid: number } | null;
  readonly state: EffectState;
  /** In words. */
  readonly outcome: string;
  readonly answered: { readonly seq: number; readonly at: string } | null;
  /** When the command last said something, or its holder was known to live; null where nobody here can tell. */
  readonly lastSignAt: string | null;
  readonly change: {
    readonly workspace: string;
    readonly path: string;
    readonly before: string | null;
    readonly after: string;
  } | null;
}

const INPUT_CHARS_MAX = 300;

type Refused = Extract<LoggedEvent, { type: "tool.refused" }>;
type Intent = Extract<LoggedEvent, { type: "tool.intended" | "model.called" }>;
type Answered = Extract<
  LoggedEvent,
  {
    type: "tool.finished" | "tool.failed" | "tool.interrupted" | "tool.reconciled" | "model.answered" | "model.failed";
  }
>;

const ANSWERS: ReadonlySet<string> = new Set<Answered["type"]>([
  "tool.finished",
  "tool.failed",
  "tool.interrupted",
  "tool.reconciled",
  "model.answered",
  "model.failed",
]);

/** In the order of their intents. `journal` is null where this host's gates cannot be read. */
export async function effectsSeen(
  events: AsyncIterable<LoggedEvent>,
  journal: Pick<Journal, "look"> | null,
): Promise<SeenEffect[]> {
  const intents: Intent[] = [];
  const answers = new Map<string, Answered>();
  /** By actor and call: a call that was ordered and then refused is answered without its effect being named. */
  const refused = new Map<string, Refused>();
  for await (const event of events) {
    if (event.type === "tool.intended" || event.type === "model.called") intents.push(event);
    else if (event.type === "tool.refused") refused.set(`${event.actor} ${event.call}`, event);
    else if (ANSWERS.has(event.type)) answers.set((event as Answered).effect, event as Answered);
  }
  const seen: SeenEffect[] = [];
  for (const intent of intents) {
    const gate = journal === null || intent.type === "model.called" ? null : await journal.look(intent.effect);
    const last = intent.type === "model.called" ? undefined : refused.get(`${intent.actor} ${intent.call}`);
    const refusal = last !== undefined && last.seq > intent.seq ? last : null;
    seen.push(seenEffect(intent, answers.get(intent.effect) ?? refusal, gate));
  }
  return seen;
}

function seenEffect(intent: Intent, answer: Answered | Refused | null, gate: Seen | null): SeenEffect {
  const { state, outcome } = answer === null ? unansweredIntent(intent, gate) : answeredState(answer);
  const tool = intent.type === "tool.intended" ? intent : null;
  return {
    effect: intent.effect,
    actor: intent.actor,
    kind: tool === null ? "model" : "tool",
    tool: tool?.tool ?? null,
    call: tool?.call ?? null,
    input: tool === null ? null : (JSON.stringify(tool.input) ?? "").slice(0, INPUT_CHARS_MAX),
    intended: { seq: intent.seq, at: intent.at },
    started: gate === null ? null : { at: gate.started?.at ?? gate.gate.at, pid: gate.gate.holder.pid },
    state,
    outcome,
    answered: answer === null ? null : { seq: answer.seq, at: answer.at },
    lastSignAt: lastSign(gate),
    change: gate?.gate.facts.kind === "change" ? changeOf(gate.gate.facts) : null,
  };
}

const changeOf = ({ workspace, path, before, after }: NonNullable<SeenEffect["change"]>): SeenEffect["change"] => ({
  workspace,
  path,
  before,
  after,
});

interface Verdict {
  readonly state: EffectState;
  readonly outcome: string;
}

function answeredState(answer: Answered | Refused): Verdict {
  switch (answer.type) {
    case "tool.refused":
      return { state: "did_not_happen", outcome: answer.reason };
    case "tool.finished":
      return { state: "happened", outcome: `done (${answer.bytes} bytes of answer, ${answer.tookMs} ms)` };
    case "tool.failed":
      return { state: "happened", outcome: `failed (${answer.bytes} bytes of answer, ${answer.tookMs} ms)` };
    case "tool.reconciled":
      return answer.happened
        ? { state: "happened", outcome: "done; its worker was lost, the world showed it" }
        : { state: "did_not_happen", outcome: "its worker was lost before it began; it can no longer happen" };
    case "tool.interrupted":
      return { state: "unknown", outcome: answer.reason };
    case "model.answered":
      return { state: "happened", outcome: `answered (${answer.stop})` };
    case "model.failed":
      // A lost call may have been served and billed.
      return {
        state: answer.reason === "lost" ? "unknown" : "happened",
        outcome: `${answer.reason}: ${answer.message}`,
      };
  }
}

/** The log does not know yet; the gate may. */
function unansweredIntent(intent: Intent, gate: Seen | null): Verdict {
  if (intent.type === "model.called")
    return { state: "unanswered", outcome: "not answered yet, or lost with its worker" };
  if (gate === null)
    return { state: "unanswered", outcome: "not answered yet; no gate of it is visible from this host" };
  return unansweredState(gate);
}

/** Of an effect whose gate was passed here. */
export function unansweredState(gate: Seen): Verdict {
  const { facts } = gate.gate;
  if (facts.kind === "void") return { state: "did_not_happen", outcome: facts.why };
  const { outcome } = gate;
  if (outcome?.kind === "change") {
    const said = outcome.ok ? "done" : (outcome.why ?? "failed");
    return { state: outcome.ok ? "happened" : "did_not_happen", outcome: `${said}; not told to its agent yet` };
  }
  if (outcome?.kind === "call")
    return { state: "happened", outcome: `${outcome.ok ? "done" : "failed"}; not told to its agent yet` };
  if (outcome !== null) return { state: "happened", outcome: `${exitOf(outcome)}; not told to its agent yet` };
  if (gate.holderLives) return { state: "running", outcome: `process ${gate.gate.holder.pid} is at it` };
  if (facts.kind === "command" && gate.started === null) {
    return { state: "did_not_happen", outcome: "its recorder died before it gave the go" };
  }
  return { state: "unknown", outcome: "whoever began it is gone; the next activation looks into it" };
}

/** How a command ended, as its recorder wrote it down. */
function exitOf(outcome: NonNullable<Extract<Seen["outcome"], { kind: "command" }>>): string {
  if (outcome.broke !== undefined) return `could not be started: ${outcome.broke}`;
  const how = outcome.code === null ? `signal ${outcome.signal}` : `exit code ${outcome.code}`;
  return outcome.stopped === null ? how : `${how}, ${outcome.stopped.replace("_", " ")}`;
}

function lastSign(gate: Seen | null): string | null {
  if (gate === null) return null;
  if (gate.outputAtMs !== null) return new Date(gate.outputAtMs).toISOString();
  return gate.outcome?.at ?? gate.started?.at ?? gate.gate.at;
}

/** What the world says of an effect now. */
export interface Verified {
  /** `as_meant`, `as_before`, `changed_since` for a file; `recorded`, `running`, `gone` for a command. */
  readonly now: "as_meant" | "as_before" | "changed_since" | "recorded" | "running" | "gone" | "not_visible";
  readonly hash?: string | null;
  readonly said: string;
}

export interface VerifyDeps {
  readonly journal: Pick<Journal, "look"> | null;
  /** SHA-256 of a file of a workspace, null where there is none. Throws where it may not be looked at. */
  hash(workspace: string, path: string): Promise<string | null>;
}

/** Looks at the world again; null for what leaves no trace in it. */
export async function verified({ journal, hash }: VerifyDeps, effect: SeenEffect): Promise<Verified | null> {
  const seen = effect.kind === "model" || journal === null ? null : await journal.look(effect.effect);
  if (effect.kind === "model") return null;
  if (seen === null) return { now: "not_visible", said: "this host has no gate of it" };
  const { facts } = seen.gate;
  if (facts.kind === "change") return verifiedChange(facts, await hash(facts.workspace, facts.path));
  if (seen.outcome?.kind === "command") return { now: "recorded", said: exitOf(seen.outcome) };
  return seen.holderLives
    ? { now: "running", said: "its process lives" }
    : { now: "gone", said: "its process is gone" };
}

function verifiedChange({ before, after }: { before: string | null; after: string }, hash: string | null): Verified {
  if (hash === after) return { now: "as_meant", hash, said: "the file has the content that was meant" };
  if (hash === before) return { now: "as_before", hash, said: "the file is as it was before" };
  return { now: "changed_since", hash, said: hash === null ? "the file is gone" : "artifact changed since" };
}

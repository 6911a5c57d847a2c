/** What each kind of event changes in the page's picture of a run. Events that are not here change nothing but the clock. */
import type { LoggedEvent } from "../../../machines/run-event.ts";
import type { Actor, Draft, Totals } from "./run-fold.ts";
import { moodOf } from "./states.ts";

export interface Change {
  readonly draft: Draft;
  readonly atMs: number;
  readonly seq: number;
  /** Replaces the row of an actor; one that was never heard of is born. */
  readonly actor: (id: string, edit: (before: Actor) => Partial<Actor>) => void;
}

type Event<T extends LoggedEvent["type"]> = Extract<LoggedEvent, { type: T }>;
type Changes = { readonly [T in LoggedEvent["type"]]?: (change: Change, event: Event<T>) => void };

function run(change: Change, edit: Partial<Draft["run"]>): void {
  change.draft.run = { ...change.draft.run, ...edit };
}

function count(change: Change, add: Partial<Totals>): void {
  const totals: Record<keyof Totals, number> = { ...change.draft.run.totals };
  for (const [key, value] of Object.entries(add) as [keyof Totals, number][]) totals[key] += value;
  run(change, { totals });
}

const first = (reasons: readonly string[]): string => reasons[0] ?? "";

const entered = (change: Change, to: string) => ({
  state: to,
  mood: moodOf(to),
  sinceMs: change.atMs,
});

/** Calls end in one of several events; all of them end what is shown as running. */
function callEnded(change: Change, event: { readonly actor: string; readonly call: string }, note = ""): void {
  change.actor(event.actor, ({ tools }) => ({ tools: tools.filter(({ call }) => call !== event.call), note }));
}

function answerCame(change: Change, { actor, usage }: Event<"model.answered"> | Event<"model.failed">): void {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, cacheUntold } = usage;
  change.actor(actor, (was) => ({
    input: was.input + inputTokens,
    output: was.output + outputTokens,
    cacheRead: was.cacheRead + cacheReadTokens,
    cacheWrite: was.cacheWrite + cacheWriteTokens,
    cacheTold: was.cacheTold && cacheUntold !== true,
  }));
  count(change, {
    calls: 1,
    input: inputTokens,
    output: outputTokens,
    cacheRead: cacheReadTokens,
    cacheWrite: cacheWriteTokens,
  });
}

function ended(status: string): (change: Change, event: { readonly reasons: readonly string[] }) => void {
  return (change, { reasons }) => run(change, { status, reasons });
}

function wentOver(change: Change, id: string, reason: string): void {
  change.actor(id, () => ({ over: reason, mood: "bad", sinceMs: change.atMs, tools: [], asks: [], note: reason }));
}

export const changes: Changes = {
  "run.started": (change, { goal, kind, model }) => run(change, { goal, kind, model }),
  "run.forked": (change, { source, sourceSeq }) => run(change, { reasons: [`forked from ${source} at ${sourceSeq}`] }),
  "run.parked": (change, { reason }) => run(change, { status: "parked", reasons: [reason] }),
  "run.resumed": (change) => run(change, { status: "running", reasons: [] }),
  "run.completed": ended("completed"),
  "run.failed": ended("failed"),
  "run.exhausted": ended("exhausted"),
  "run.cancelled": ended("cancelled"),
  "task.routed": (change, { actor, task, agentType, to }) =>
    change.actor(to, () => ({ task, type: agentType, parent: actor === to ? null : actor })),
  "agent.started": (change, { actor, agentType, task, machine }) =>
    change.actor(actor, () => ({ type: agentType, task, machine })),
  "agent.forked": (change, { actor, machine, state }) =>
    change.actor(actor, ({ type }) => ({
      machine,
      type: type === "" ? (machine.split("@")[0] ?? "") : type,
      ...entered(change, state),
    })),
  "agent.state": (change, { actor, to }) => change.actor(actor, () => entered(change, to)),
  "agent.ended": (change, { actor, reason }) => change.actor(actor, () => ({ note: reason })),
  "actor.lost": (change, { actor, reason }) => change.actor(actor, () => ({ note: `found dead: ${reason}` })),
  "actor.recovered": (change, { actor }) => change.actor(actor, () => ({ note: "" })),
  "agent.died": (change, { died, reason }) => wentOver(change, died, reason),
  "actor.fenced": (change, { fenced, reason }) => wentOver(change, fenced, reason),
  "letter.requeued": (change, { to }) => {
    if (to !== null) change.actor(to, ({ state }) => ({ over: null, note: "", ...entered(change, state) }));
  },
  "context.loaded": (change, { actor, model }) => {
    if (model !== undefined) change.actor(actor, () => ({ model }));
  },
  "model.called": (change, { actor, turn }) => change.actor(actor, () => ({ turns: turn })),
  "model.answered": (change, event) => {
    answerCame(change, event);
    change.actor(event.actor, () => ({ model: event.model, note: "" }));
  },
  "model.failed": (change, event) => {
    answerCame(change, event);
    count(change, { failures: 1 });
    change.actor(event.actor, () => ({ note: `${event.reason}: ${event.message}` }));
  },
  "retry.scheduled": (change, { actor, attempt, delayMs }) =>
    change.actor(actor, ({ note }) => ({ note: `attempt ${attempt} in ${Math.ceil(delayMs / 1_000)} s; ${note}` })),
  "budget.settled": (change, { actor, nanoUsd }) => {
    const spent = { nanoUsd: nanoUsd ?? 0, unpriced: nanoUsd === null ? 1 : 0 };
    change.actor(actor, (was) => ({ nanoUsd: was.nanoUsd + spent.nanoUsd, unpriced: was.unpriced + spent.unpriced }));
    count(change, spent);
  },
  "budget.refused": (change, { actor }) => change.actor(actor, () => ({ note: "the budget is used up" })),
  "breaker.changed": (change, { breaker, to }) => {
    const { [breaker]: _gone, ...others } = change.draft.run.breakers;
    run(change, { breakers: to === "closed" ? others : { ...others, [breaker]: to } });
  },
  "tool.intended": (change, { actor, call, tool }) => {
    count(change, { tools: 1 });
    change.actor(actor, ({ tools }) => ({ tools: [...tools.filter((one) => one.call !== call), { call, tool }] }));
  },
  "tool.finished": (change, event) => callEnded(change, event),
  "tool.failed": (change, event) => {
    count(change, { failures: 1 });
    callEnded(change, event, `${event.tool} failed`);
  },
  "tool.refused": (change, event) => callEnded(change, event, `${event.tool} refused: ${event.reason}`),
  "tool.interrupted": (change, event) => callEnded(change, event, `${event.tool}: unknown outcome`),
  "approval.requested": (change, { actor, approval }) =>
    change.actor(actor, ({ asks }) => ({ asks: [...asks, approval] })),
  "approval.answered": (change, { actor, approval }) => answered(change, actor, approval),
  "approval.withdrawn": (change, { actor, approval }) => answered(change, actor, approval),
  "question.asked": (change, { actor, text }) => change.actor(actor, () => ({ note: `asks: ${text}` })),
  "result.rejected": (change, { actor, reasons }) => change.actor(actor, () => ({ note: first(reasons.slice(1)) })),
};

function answered(change: Change, actor: string, approval: string): void {
  change.actor(actor, ({ asks }) => ({ asks: asks.filter((one) => one !== approval) }));
}

// The agent machine, explored exhaustively from its real definition: once in an honest world, where only what was
// ordered is answered, and once in a hostile one, where everything is said in every state.
import { describe, expect, it } from "vitest";
import type { AnyStateMachine } from "xstate";
import { agentTypes } from "../../actors/types/index.ts";
import type { Call } from "../../machines/agent-calls.ts";
import type { AgentEvent, ReportCall, StopReason } from "../../machines/agent-event.ts";
import type { AgentContext } from "../../machines/agent-vocabulary.ts";
import { type ActorState, statePath } from "../../machines/fold.ts";
import {
  agentInput,
  answered,
  anyAgent,
  approved,
  ask,
  assembled,
  cancel,
  compacted,
  compactionFailed,
  delivered,
  destroy,
  failed,
  finished,
  full,
  interrupted,
  overflowed,
  pause,
  post,
  read,
  reconciled,
  rejected,
  resume,
  unknown,
  verified,
  word,
  write,
} from "../support/given-agent.ts";
import { agentLaws } from "../support/given-agent-laws.ts";
import { caughtBy, type Edge, explore, guardMutants, restingPaths, type Space, type Walk } from "./explore.ts";

const contextOf = ({ snapshot }: ActorState): AgentContext => snapshot.context as unknown as AgentContext;
const done: ReportCall = { call: "report", outcome: "done", notDone: [] };
const blocked: ReportCall = { call: "report", outcome: "blocked", notDone: ["x"] };

/** Answers of every kind; calls in every relation that the rules of a turn know. */
const answers: readonly { calls: readonly Call[]; report?: ReportCall; stop?: StopReason }[] = [
  { calls: [], stop: "refusal" },
  { calls: [], stop: "model_context_window_exceeded" },
  { calls: [], stop: "max_tokens" },
  { calls: [], stop: "pause_turn" },
  { calls: [], stop: "end_turn" },
  { calls: [], report: done },
  { calls: [], report: blocked },
  { calls: [read("c1", "refused")] },
  { calls: [read("c1"), read("c2"), read("c3")] },
  { calls: [write("c1"), read("c2"), destroy("c3")] },
  { calls: [destroy("c1", "asking"), write("c2"), read("c3", "asking")] },
  { calls: [write("c1"), read("c2")], report: done },
  { calls: [read("c1", "asking")], report: blocked },
  { calls: [ask("c1"), write("c2"), post("c3")] },
  { calls: [ask("c2"), destroy("c3", "asking")] },
  { calls: [ask("c1"), ask("c3")], report: done },
];
const answersOf = (turn: number): AgentEvent[] =>
  answers.map(({ calls, report = null, stop = calls.length > 0 || report !== null ? "tool_use" : "end_turn" }) =>
    answered(turn, calls, { report, stop }),
  );

/** Lost attempts are counted to fifty; one chain of them, from an agent that has nothing else behind it, is enough. */
const pristine = ({ turn, attempt, reminders, rejections, pausing }: AgentContext): boolean =>
  turn + attempt + reminders + rejections === 0 && !pausing;

/** What may happen where only effects that are out are answered, and people may always speak. */
function honest(state: ActorState): readonly AgentEvent[] {
  const context = contextOf(state);
  const path = statePath(state);
  const out = context.calls.filter(({ status }) => status === "running").map(({ id }) => id);
  const lost = context.calls.filter(({ status }) => status === "reconciling").map(({ id }) => id);
  // Only what must not be repeated is ever asked about; a lost read is simply read again.
  const losable = context.calls.filter(({ status, repeat }) => status === "running" && repeat === "unsafe");
  const asking = context.calls.filter(({ status }) => status === "asking").map(({ id }) => id);
  const waiting = context.calls.filter(({ status }) => status === "waiting").map(({ id }) => id);
  // Others may post at any time; what they post only waits, so the life of one post says what those of many would.
  const heard = context.posts.length === 0 && pristine(context) && ["assembling", "thinking.calling"].includes(path);
  return [
    cancel,
    pause,
    resume,
    ...(path === "assembling" ? [assembled, { type: "session.refused", reason: "no" } as const] : []),
    ...(path === "thinking.calling"
      ? [...answersOf(context.turn), failed(context.turn), failed(context.turn, { retry: false })]
      : []),
    ...(path === "thinking.calling" && (pristine(context) || context.lost > 0) && context.attempt === 0
      ? [failed(context.turn, { counts: false })]
      : []),
    ...(path === "thinking.calling" ? [{ type: "budget.refused", tokensLeft: 1, nanoUsdLeft: null } as const] : []),
    ...(path === "thinking.calling" && context.lost + context.attempt === 0
      ? [full(context.turn), full(context.turn, [read("c1", "refused")]), overflowed(context.turn)]
      : []),
    ...(path.startsWith("compacting.") ? [compacted(context.turn), compactionFailed(context.turn)] : []),
    ...(path === "compacting.summarising"
      ? [{ type: "budget.refused", tokensLeft: 1, nanoUsdLeft: null } as const]
      : []),
    ...(path === "verifying" ? [verified, rejected("no")] : []),
    ...out.flatMap((id) => [finished(id), finished(id, false), interrupted(id)]),
    ...losable.map(({ id }) => unknown(id)),
    ...lost.flatMap((id) => [finished(id), reconciled(id, true), reconciled(id, false), interrupted(id)]),
    ...asking.flatMap((id) => [approved(id), approved(id, false)]),
    ...waiting.flatMap((id) => [word(context.turn, id), word(context.turn, id, null)]),
    ...(heard ? [delivered("p1")] : []),
  ];
}

/** Everything anybody could say, of calls that exist, have ended, never asked or never were, and of other turns. */
function hostile(state: ActorState): readonly AgentEvent[] {
  const { turn, posts, calls } = contextOf(state);
  const ids = ["c1", "c2", "c3", "nobody"];
  // Posts and late words only wait until they are told: one from the beginning says as much as many.
  const first = turn + posts.length === 0;
  const awaited = calls.flatMap(({ id, status }) => (status === "waiting" ? [id] : []));
  return [
    assembled,
    cancel,
    pause,
    resume,
    verified,
    rejected("no"),
    { type: "session.refused", reason: "no" },
    { type: "budget.refused", tokensLeft: 1, nanoUsdLeft: 5 },
    ...[turn - 1, turn, turn + 1].flatMap((of) => [...answersOf(of), failed(of), failed(of, { retry: false })]),
    ...[turn - 1, turn].flatMap((of) => [full(of), compacted(of), compactionFailed(of)]),
    ...(turn === 0 ? [overflowed(turn)] : []),
    ...ids.flatMap((id) => [
      finished(id),
      finished(id, false),
      interrupted(id),
      reconciled(id, true),
      approved(id),
      approved(id, false),
      word(turn, id, null),
    ]),
    ...(first ? ids : awaited).map((id) => word(turn, id)),
    ...(first ? [delivered("p1"), word(turn + 1, "c1")] : []),
    // Misses are counted per call; one call that may miss says as much as three, in a twentieth of the states.
    ...["c1", "nobody"].flatMap((id) => [unknown(id), reconciled(id, false)]),
  ];
}

const TURN_STATES = ["executing", "awaitingApproval", "waiting", "reconciling"];

/** Calls and report count only while the turn they belong to is carried out. */
function key(state: ActorState, misses = true): string {
  const { turn, attempt, lost, reminders, rejections, pausing, calls, report, posts, compaction } = contextOf(state);
  const path = statePath(state);
  if (state.snapshot.status !== "active") return path;
  const statuses = TURN_STATES.includes(path)
    ? calls.map(({ risk, status, missed = 0 }) => `${risk} ${status} ${misses ? missed : ""}`)
    : [];
  const outcome = TURN_STATES.includes(path) || path === "verifying" ? (report?.outcome ?? null) : null;
  return JSON.stringify([
    path,
    turn,
    attempt,
    lost,
    reminders,
    rejections,
    pausing,
    statuses,
    outcome,
    posts.length,
    // In so few turns the breaker never opens: of what it counts, only whether this turn had its try is ever read.
    compaction.due,
    compaction.triedAt === turn,
    Object.keys(state.timers),
  ]);
}

const callsIn = (state: ActorState): ReadonlyMap<string, Call> =>
  new Map(contextOf(state).calls.map((call) => [call.id, call]));

/** The laws of every single step, whatever the event was. */
function wrong(edge: Edge): string | null {
  const { before, cause, decision } = edge;
  const { state, outside } = decision;
  const context = contextOf(state);
  const event = "event" in cause ? (cause.event as AgentEvent) : null;
  const newTurn = context.turn > contextOf(before).turn;
  const known =
    newTurn && event?.type === "model.answered" ? new Map(event.calls.map((call) => [call.id, call])) : callsIn(before);
  for (const order of outside) {
    if (order.type === "model.call") {
      if (order.turn >= context.input.limits.turnsMax) return "a model call past the last turn";
      if (statePath(state) !== "thinking.calling") return "a model call ordered outside of thinking";
    }
    if (order.type === "transcript.compact") {
      if (!statePath(state).startsWith("compacting.")) return "a compaction ordered outside of compacting";
      if (order.by === "summary" && context.turn >= context.input.limits.turnsMax) return "a summary for nobody";
      if (order.by === "summary" && context.compaction.triedAt === context.turn) return "a second summary in one turn";
    }
    if (order.type !== "tool.run") continue;
    const call = known.get(order.call);
    if (call === undefined) return "a call ran that nobody made";
    const allowedNow =
      call.status === "asking" && event?.type === "approval.answered" && event.call === call.id && event.allowed;
    const missedNow =
      call.status === "reconciling" && event?.type === "tool.reconciled" && event.call === call.id && !event.happened;
    if (call.status !== "judged" && !allowedNow && !missedNow) return `a call ran that was ${call.status}`;
    if (callsIn(state).get(order.call)?.status !== "running")
      return "a call was ordered without being marked as running";
  }
  const busy = context.calls.filter(({ status }) => status === "running" || status === "reconciling");
  if (busy.filter(({ risk }) => risk !== "read-only").length > 1) return "two changing calls at once";
  if (busy.filter(({ risk }) => risk === "read-only").length > context.input.limits.parallelMax)
    return "more reads at once than allowed";
  for (const type of ["session.assemble", "model.call", "transcript.compact", "result.verify"] as const) {
    if (outside.filter((order) => order.type === type).length > 1) return `two ${type} in one step`;
  }
  for (const [id, was] of callsIn(before)) {
    const is = callsIn(state).get(id)?.status;
    if (newTurn || is === undefined || was.status === is) continue;
    const may = {
      judged: ["running", "refused"],
      asking: ["judged", "running", "refused"],
      waiting: ["done", "failed"],
      running: ["done", "failed", "interrupted", "reconciling"],
      // What never happened may be made again: at once, or once the calls before it have ended.
      reconciling: ["done", "failed", "interrupted", "judged", "running"],
    } as Record<string, string[]>;
    if (!may[was.status]?.includes(is)) return `a call went from ${was.status} to ${is}`;
  }
  const ended = state.snapshot.status !== "active" && before.snapshot.status === "active";
  const orphan = orphaned(edge, ended);
  if (orphan !== null) return orphan;
  const words = misspoken(edge, newTurn && event?.type === "model.answered" ? event : null, ended);
  if (words !== null) return words;
  if (ended && outside.length > 0) return "an ended agent ordered something";
  if (ended && Object.keys(state.timers).length > 0) return "an ended agent left a timer behind";
  return null;
}

/** What is sent: the end once, what the calls of a fresh answer say with that answer, and nothing else ever. */
function misspoken(
  { before, cause, decision: { inside, state } }: Edge,
  fresh: Extract<AgentEvent, { type: "model.answered" }> | null,
  ended: boolean,
): string | null {
  const kinds = inside.flatMap((order) =>
    order.type === "result.put" ? [order.type] : order.type === "message.send" ? [order.event.type] : [],
  );
  const mayAsk = fresh !== null && !ended;
  const expected = [
    ...(fresh?.calls ?? []).flatMap((call) => (call.post === undefined ? [] : ["post.sent"])),
    ...(mayAsk ? fresh.calls : []).flatMap((call) => (call.question === undefined ? [] : ["question.asked"])),
    ...(ended ? ["result.put", "task.settled"] : []),
  ];
  if (kinds.join() !== expected.join()) return `sent [${kinds.join()}] and not [${expected.join()}]`;
  if (contextOf(state).calls.some(({ question, post }) => question !== undefined || post !== undefined))
    return "words were kept after they were sent";
  const results = inside.flatMap((order) =>
    order.type === "prompt.append" && "call" in order.note && order.note.kind.startsWith("question_")
      ? [order.note.call]
      : [],
  );
  const closed = [...callsIn(before)].flatMap(([id, { status }]) =>
    status === "waiting" && callsIn(state).get(id)?.status !== "waiting" && fresh === null ? [id] : [],
  );
  if (results.join() !== closed.join())
    return `told the outcome of [${results.join()}] where [${closed.join()}] closed`;
  const open = contextOf(state).calls.findIndex(({ status }) => status === "waiting");
  const ran = contextOf(state).calls.findIndex(
    ({ id, risk, status }, index) =>
      risk !== "read-only" && status === "running" && callsIn(before).get(id)?.status !== "running" && index > open,
  );
  if (open >= 0 && ran >= 0) return "a changing call began behind an open question";
  const posts = inside.filter((order) => order.type === "prompt.append" && order.note.kind === "post").length;
  const had = contextOf(before).posts.length;
  const goesOut = statePath(state) === "thinking.calling" && kindOf(cause) !== "post.delivered";
  if (posts !== 0 && (posts !== had || !goesOut)) return "a post was told elsewhere than before a model call";
  if (posts === 0 && had > 0 && !ended && contextOf(state).posts.length === 0) return "a post was lost";
  return null;
}

const kindOf = (cause: Edge["cause"]): string => ("event" in cause ? cause.event.type : "timer");

/** The one order that each of these states waits for, and the facts that answer it. */
const waits: Readonly<Record<string, { readonly order: string; readonly answers: readonly string[] }>> = {
  assembling: { order: "session.assemble", answers: ["session.assembled", "session.refused"] },
  "thinking.calling": { order: "model.call", answers: ["model.answered", "model.failed", "budget.refused"] },
  "compacting.summarising": {
    order: "transcript.compact",
    answers: ["transcript.compacted", "compaction.failed", "budget.refused"],
  },
  "compacting.dropping": { order: "transcript.compact", answers: ["transcript.compacted", "compaction.failed"] },
  verifying: { order: "result.verify", answers: ["result.verified", "result.rejected"] },
};

/** A state that waits has exactly one order out: made when it was entered, and answered before it is left or entered anew. */
function orphaned({ before, cause, decision }: Edge, ended: boolean): string | null {
  const [from, to] = [statePath(before), statePath(decision.state)];
  const ordered = decision.outside.map(({ type }) => type);
  const type = "event" in cause ? cause.event.type : "timer";
  const left = waits[from];
  const entered = waits[to];
  const answered = left?.answers.includes(type) ?? false;
  if (left !== undefined && from !== to && !ended && !answered) return `left ${from} with a ${left.order} out`;
  if (entered !== undefined && from !== to && !ordered.includes(entered.order as never))
    return `waits in ${to} for nothing`;
  if (left !== undefined && from === to && ordered.includes(left.order as never) && !answered)
    return `a second ${left.order} beside the first`;
  for (const { order } of Object.values(waits)) {
    if (ordered.includes(order as never) && order !== entered?.order) return `${order} ordered into ${to}`;
  }
  const marked = contextOf(decision.state).calls.filter(
    ({ id, status }) => status === "running" && callsIn(before).get(id)?.status !== "running",
  );
  const runs = decision.outside.flatMap((order) => (order.type === "tool.run" ? [order.call] : []));
  if (type !== "model.answered" && marked.some(({ id }) => !runs.includes(id)))
    return "a call was marked as running and not ordered";
  return null;
}

const limits = { turnsMax: 3, attemptsMax: 2, remindersMax: 1, rejectionsMax: 1, parallelMax: 2 };
const gratuitous = new Set(["agent.cancel", "agent.pause", "budget.refused"]);
const space = (machine: AnyStateMachine, causes: Space["causes"], changed = {}): Space => ({
  machine,
  input: agentInput({ ...limits, ...changed }),
  causes,
  // Where anybody may say anything, how often a call was missed only multiplies states that differ in nothing else.
  key: (state) => key(state, causes !== hostile),
  wrong,
  gratuitous,
  statesMax: 60_000,
});
const small = { turnsMax: 2 };
const tightest = { turnsMax: 1, attemptsMax: 1, remindersMax: 0, rejectionsMax: 0, parallelMax: 1 };

/** Walked once: to show that it keeps the laws, and that it is not caught where its mutants are. */
let hostileWalk: Walk | undefined;
const walkInHostileWorld = (): Walk => {
  hostileWalk ??= explore(space(anyAgent, hostile, small));
  return hostileWalk;
};

describe("the agent machine", () => {
  it("keeps every law on every step of an honest world, and can always end by itself", () => {
    const walk = explore(space(anyAgent, honest));
    expect(walk.findings).toEqual([]);
    expect([...walk.paths].toSorted()).toEqual(restingPaths(anyAgent).toSorted());
    expect(walk.states).toBeGreaterThan(1_000);
  });

  it("keeps every law on every step of a hostile world", () => {
    const walk = walkInHostileWorld();
    expect(walk.findings).toEqual([]);
    expect(walk.states).toBeGreaterThan(300);
  });

  it.each([
    ["one turn", { turnsMax: 1 }],
    ["no turn at all", { turnsMax: 0 }],
    [
      "one attempt, no second chances, one call at a time",
      { turnsMax: 2, attemptsMax: 1, remindersMax: 0, rejectionsMax: 0, parallelMax: 1 },
    ],
  ])("keeps them under the tightest limits: %s", (_, changed) => {
    const walk = explore(space(anyAgent, honest, changed));
    expect(walk.findings).toEqual([]);
    expect(walk.states).toBeGreaterThan(1);
  });

  // Limits come with the input, and the chart from one place: what a type adds shows within one turn.
  it.each(agentTypes)("keeps them as the $name agent too", ({ machine }) => {
    const walk = explore(space(machine.machine, honest, tightest));
    expect(walk.findings).toEqual([]);
    expect(walk.states).toBeGreaterThan(100);
  });
});

describe("a broken guard of the agent machine is caught:", () => {
  const mutants = guardMutants(anyAgent);
  it("there are guards to break, and the machine itself is not caught", () => {
    expect(mutants.length).toBeGreaterThanOrEqual(30);
    const inHonestWorld = (): Walk => explore(space(anyAgent, honest, small));
    expect(caughtBy(anyAgent, agentLaws, [inHonestWorld, walkInHostileWorld])).toBeNull();
  });
  for (const { name, mutant } of mutants) {
    it(name, () => {
      const walks = [honest, hostile].map((causes) => () => explore(space(mutant, causes, small), { firstOnly: true }));
      expect(caughtBy(mutant, agentLaws, walks)).not.toBeNull();
    });
  }
});

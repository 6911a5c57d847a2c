/**
 * What every machine is told when its behaviour is hashed: worlds of an input and events, all of them in every state.
 * Plain data, of its own: a test that is reworded must not look like a machine that was changed. Whoever adds an event
 * to a machine adds it here (`npm run machines -- --alphabet` then records the behaviour of unchanged machines anew).
 */

export interface World {
  readonly name: string;
  readonly input: unknown;
  readonly events: readonly Fact[];
}

interface Fact {
  readonly type: string;
  readonly [field: string]: unknown;
}

export type Kind = "agent" | "coordinator" | "breaker";

const call = (id: string, tool: string, risk: string, status: string) => ({
  id,
  tool,
  inputHash: `hash-${id}`,
  risk,
  repeat: risk === "read-only" ? "safe" : "unsafe",
  status,
});
const read = (id: string, status = "judged") => call(id, "Read", "read-only", status);
const write = (id: string, status = "judged") => call(id, "Write", "mutating", status);
const report = (outcome: string) => ({ call: "report", outcome, notDone: outcome === "done" ? [] : ["half of it"] });

const answered = (turn: number, stop: string, calls: readonly unknown[] = [], made: unknown = null) => ({
  type: "model.answered",
  turn,
  stop,
  calls,
  report: made,
});
const failed = (turn: number, retry: boolean, counts: boolean) => ({
  type: "model.failed",
  turn,
  reason: "overloaded",
  retry,
  delayMs: 500,
  counts,
});

const people = [
  { type: "agent.pause" },
  { type: "agent.resume" },
  { type: "agent.cancel", reason: "enough" },
  { type: "budget.refused", tokensLeft: 1, nanoUsdLeft: null },
  { type: "budget.refused", tokensLeft: 1, nanoUsdLeft: 5 },
];
const session = [
  { type: "session.assembled", tools: 3, systemHash: "s" },
  { type: "session.refused", reason: "no brief" },
];
const verdicts = [{ type: "result.verified" }, { type: "result.rejected", reasons: ["no such line"] }];
const fates = (id: string) => [
  { type: "tool.finished", call: id, ok: true },
  { type: "tool.finished", call: id, ok: false },
  { type: "tool.interrupted", call: id, reason: "its worker died" },
  { type: "tool.unknown", call: id, effect: `r/a/0.1:${id}`, place: "here" },
  { type: "tool.reconciled", call: id, happened: true },
  { type: "tool.reconciled", call: id, happened: false },
  { type: "approval.answered", call: id, allowed: true },
  { type: "approval.answered", call: id, allowed: false },
];
const stops = ["refusal", "model_context_window_exceeded", "max_tokens", "pause_turn", "end_turn"];

const agentInput = (limits: Readonly<Record<string, number>>) => ({
  actor: "a_look",
  task: "look",
  parent: "a_coordinator",
  parentType: "coordinator",
  standsOn: ["res_before"],
  limits: { turnsMax: 1, attemptsMax: 2, remindersMax: 1, rejectionsMax: 1, parallelMax: 2, ...limits },
});

const ask = (id: string) => ({ ...call(id, "AskParent", "read-only", "waiting"), question: "which port?" });
const post = (id: string) => ({
  ...call(id, "Send", "read-only", "done"),
  post: { to: "#found", kind: "finding", body: { line: 3 } },
});
const heard = (post: string, to: string) => ({
  type: "post.delivered",
  ...{ post, from: "a_b", to, kind: "finding", body: { line: 3 } },
});
const replied = (question: string, answer: string | null) => ({
  type: "question.answered",
  question,
  answer,
  by: answer === null ? "timer" : "ann",
  reason: answer === null ? "nobody answered" : "",
});
const terms = {
  brief: "b1",
  results: [{ result: "res_before", sha256: null }],
  deadlineMs: 60_000,
  budget: { tokensMax: 1_000 },
  model: "large",
  earlier: ["it failed"],
  topics: ["found"],
};

const agentWorlds: readonly World[] = [
  {
    name: "turns, failures, reports",
    input: agentInput({ turnsMax: 3, remindersMax: 2, rejectionsMax: 2 }),
    events: [
      ...session,
      ...people,
      ...verdicts,
      ...[0, 1, 2].flatMap((turn) => [
        ...stops.map((stop) => answered(turn, stop)),
        answered(turn, "tool_use", [], report("done")),
        answered(turn, "tool_use", [], report("blocked")),
        answered(turn, "tool_use", [read("c1", "refused")]),
        failed(turn, true, true),
        failed(turn, false, true),
      ]),
    ],
  },
  {
    name: "calls that read and change, and all that may become of them",
    input: agentInput({}),
    events: [
      session[0] as { type: string },
      answered(0, "tool_use", [write("c1"), read("c2")], report("done")),
      answered(0, "tool_use", [read("c1"), write("c2")]),
      ...["c1", "c2"].flatMap(fates),
    ],
  },
  {
    name: "three calls at once, in order, behind each other",
    input: agentInput({ turnsMax: 2 }),
    events: [
      session[0] as { type: string },
      answered(0, "tool_use", [write("c1"), read("c2"), write("c3")]),
      answered(0, "tool_use", [read("c1"), read("c2"), read("c3")]),
      ...["c1", "c2", "c3", "nobody"].flatMap((id) => fates(id).slice(0, 3)),
    ],
  },
  {
    name: "calls that somebody is asked about",
    input: agentInput({}),
    events: [
      session[0] as { type: string },
      { type: "agent.pause" },
      answered(0, "tool_use", [write("c1", "asking"), write("c2"), read("c3", "asking")]),
      answered(0, "tool_use", [read("c1", "asking")], report("blocked")),
      ...["c1", "c2", "c3"].flatMap((id) => [...fates(id).slice(0, 2), ...fates(id).slice(6)]),
    ],
  },
  {
    name: "questions and their answers",
    input: { ...agentInput({ turnsMax: 2 }), terms },
    events: [
      session[0] as { type: string },
      answered(0, "tool_use", [ask("c1"), write("c2"), post("c3")]),
      answered(0, "tool_use", [ask("c1"), read("c2", "asking")], report("done")),
      replied("a_look:1:c1", "8080"),
      replied("a_look:1:c1", null),
      replied("a_look:0:c1", null),
      replied("a_other:1:c1", "9090"),
      ...["c1", "c2"].flatMap((id) => [...fates(id).slice(0, 1), ...fates(id).slice(6)]),
    ],
  },
  {
    name: "what others post, and answers that come late",
    input: { ...agentInput({ turnsMax: 2 }), terms },
    events: [
      ...session,
      failed(0, true, true),
      answered(0, "tool_use", [ask("c1"), post("c2")]),
      heard("a_b:1:x", "#found"),
      heard("a_b:2:x", "a_look"),
      replied("a_look:1:c1", "8080"),
      replied("a_look:0:c1", "late"),
      replied("a_look:0:c1", null),
    ],
  },
  {
    name: "a conversation that is made shorter",
    input: agentInput({ turnsMax: 3 }),
    events: [
      session[0] as { type: string },
      { type: "agent.pause" },
      { type: "agent.resume" },
      people[3] as { type: string },
      failed(0, false, true),
      ...[0, 1, 2].flatMap((turn) => [
        { ...answered(turn, "pause_turn"), full: true },
        answered(turn, "pause_turn"),
        answered(turn, "model_context_window_exceeded"),
        { ...failed(turn, false, true), overflow: true },
        { type: "transcript.compacted", turn },
        { type: "compaction.failed", turn, reason: "no summary" },
      ]),
    ],
  },
  {
    name: "a breaker of summaries",
    input: agentInput({ turnsMax: 16 }),
    events: [
      session[0] as { type: string },
      ...Array.from({ length: 16 }, (_, turn) => [
        { ...answered(turn, "pause_turn"), full: true },
        { type: "compaction.failed", turn, reason: "no summary" },
      ]).flat(),
    ],
  },
  {
    name: "attempts that never reach the model",
    input: agentInput({ attemptsMax: 6 }),
    events: [...session, failed(0, true, false), failed(0, true, true)],
  },
];

const limits = { turnsMax: 8, attemptsMax: 3, remindersMax: 2, rejectionsMax: 2, parallelMax: 2 };
const task = (id: string, needs: readonly string[] = [], attemptsMax = 1) => ({
  id,
  agentType: "explore",
  needs,
  limits,
  attemptsMax,
});
const statuses = ["verified", "rejected", "failed", "exhausted", "cancelled"];
const ends = (id: string, actor: string) => [
  ...statuses.map((status) => ({
    type: "task.settled",
    task: id,
    actor,
    status,
    result: `res_${id}`,
    reasons: status === "verified" ? [] : [`${status} it is`],
  })),
  { type: "agent.died", actor, reason: "poison" },
];
const graphInput = (graph: readonly unknown[], more: Readonly<Record<string, unknown>> = {}) => ({
  actor: "a_coordinator",
  graph,
  parallelMax: 2,
  tolerateFailures: false,
  ...more,
});
const stop = { type: "run.cancel", reason: "enough" };
const requeued = (task: string, actor: string | null) => ({ type: "task.requeued", task, actor, agentType: "verify" });

const homecoming = [
  { type: "workspace.collected", files: 0, commit: "ba5e", merge: "ask", reason: "so" },
  { type: "workspace.uncollected", reason: "git broke" },
  { type: "workspace.merged" },
  { type: "workspace.left", reason: "conflicts" },
  { type: "approval.answered", call: "merge", allowed: true },
  { type: "approval.answered", call: "merge", allowed: false, reason: "no" },
  { type: "approval.answered", call: "another", allowed: true },
];

const revoked = (result: string, redo: boolean) => ({
  type: "result.revoke",
  result,
  reason: "not so",
  by: "ann",
  redo,
});
const good = (id: string, actor: string) => ends(id, actor)[0] as Fact;
const bad = (id: string, actor: string) => ends(id, actor)[2] as Fact;
const made = (id: string, tasks: readonly unknown[], accept: string) => ({
  type: "proposal.made",
  task: id,
  tasks,
  drops: [],
  ends: [],
  accept,
  reason: "so",
});

/** Runs that were asked for more than their graph. */
const wishWorlds: readonly World[] = [
  {
    name: "work that is joined, in conflict, resolved, taken back",
    input: graphInput([{ ...task("a"), joins: true }, task("b", ["a"])], { branch: "swarm/r_any", parallelMax: 1 }),
    events: [
      stop,
      ...["a_a", "a_a.2"].flatMap((actor) => [good("a", actor), bad("a", actor)]),
      good("b", "a_b"),
      ...["a_a-resolve"].flatMap((actor) => [good("a-resolve", actor), bad("a-resolve", actor)]),
      ...["a", "a-resolve"].flatMap((id) => [
        { type: "task.joined", task: id, commit: `c_${id}`, files: 1 },
        { type: "task.conflicted", task: id, files: ["a.txt"], reason: "conflicts" },
        { type: "task.unjoined", task: id, reason: "git broke" },
      ]),
      { type: "proposal.prepared", task: task("a-resolve") },
      { type: "proposal.unprepared", task: "a-resolve", reason: "no agent" },
      { type: "workspace.rebuilt" },
      { type: "workspace.unbuilt", reason: "git broke" },
      revoked("res_a", true),
      revoked("res_a-resolve", false),
      { type: "workspace.collected", files: 2, commit: "c0ffee", merge: "ask", reason: "so" },
      { type: "workspace.merged" },
      { type: "approval.answered", call: "merge", allowed: true },
    ],
  },
  {
    name: "a plan that is asked about, a check, a summary",
    input: graphInput([{ ...task("plan", [], 2), role: "plan" }], { synthesis: true }),
    events: [
      stop,
      ...["a_plan", "a_plan.2"].map((actor) => good("plan", actor)),
      ...["ask", "allow", "deny"].map((accept) =>
        made("plan", [task("x"), { ...task("k", ["x"]), role: "check", of: "x" }, task("y", ["x", "k"])], accept),
      ),
      made("plan", [task("x", ["nobody"])], "allow"),
      { type: "proposal.refused", task: "plan", problems: ["nonsense"] },
      { type: "approval.answered", call: "plan:res_plan", allowed: true },
      { type: "approval.answered", call: "plan:res_plan", allowed: false, reason: "no" },
      ...["x", "k", "y", "synthesis"].map((id) => good(id, `a_${id}`)),
      { type: "verdict.read", task: "k", of: "res_x", holds: true, reasons: [] },
      { type: "verdict.read", task: "k", of: "res_x", holds: false, reasons: ["not there"] },
      { type: "proposal.prepared", task: task("synthesis") },
      { type: "proposal.unprepared", task: "synthesis", reason: "no agent" },
    ],
  },
  {
    name: "new plans, other models, deadlines, one for all, and the end of patience",
    input: graphInput(
      [
        { ...task("a", [], 2), remedies: [{ model: "large" }], deadlineMs: 60_000, brief: "b0", topics: ["found"] },
        { ...task("b", [], 2), topics: ["found"], priority: 1 },
      ],
      {
        replansMax: 1,
        // biome-ignore lint/suspicious/noThenProperty: as people write it
        supervision: { strategy: "one-for-all", restartsMax: 1, windowMs: 600_000, then: "escalate" },
      },
    ),
    events: [
      stop,
      { type: "task.cancel", task: "b", reason: "not wanted" },
      ...["a_a", "a_a.2"].flatMap((actor) => [good("a", actor), bad("a", actor)]),
      good("b", "a_b"),
      good("b", "a_b.2"),
      { type: "task.lapsed", task: "a", actor: "a_nobody" },
      { type: "restart.forgotten", restart: 7 },
      { type: "proposal.prepared", task: task("replan-1") },
      good("replan-1", "a_replan-1"),
      made("replan-1", [task("a1")], "allow"),
      good("a1", "a_a1"),
    ],
  },
  {
    name: "questions and messages",
    input: graphInput([
      { ...task("a"), topics: ["found"] },
      { ...task("b"), topics: ["found"] },
    ]),
    events: [
      ...["a", "b"].map((id) => good(id, `a_${id}`)),
      { type: "question.asked", question: "q", actor: "a_a", text: "which?" },
      { type: "question.open", question: "q" },
      { type: "question.closed", question: "q", reason: "nobody" },
      { type: "approval.answered", call: "question:q", allowed: true, reason: "this", by: "ann" },
      { type: "approval.answered", call: "question:q", allowed: false, by: "timer" },
      // Handed to nobody: one that is handed on counts, and a world must end.
      { type: "post.sent", post: "p", from: "a_a", to: "parent", kind: "note", body: null },
    ],
  },
];

const coordinatorWorlds: readonly World[] = [
  {
    name: "a diamond whose first task may be tried twice",
    input: graphInput([task("a", [], 2), task("b", ["a"]), task("c", ["a"]), task("d", ["b", "c"])]),
    events: [
      stop,
      ...["a_a", "a_a.2"].flatMap((actor) => ends("a", actor)),
      ...["b", "c", "d"].flatMap((id) => ends(id, `a_${id}`)),
    ],
  },
  {
    name: "three that know nothing of each other, failures tolerated",
    input: graphInput([task("a"), task("b"), task("c")], { parallelMax: 1, tolerateFailures: true }),
    events: [
      stop,
      requeued("a", "a_a"),
      requeued("b", null),
      requeued("nobody", null),
      ...["a", "b", "c"].flatMap((id) => ends(id, `a_${id}`).filter((_, index) => index !== 1)),
    ],
  },
  {
    name: "a tree of the run's own, brought home",
    input: graphInput([task("a"), task("b", ["a"])], { branch: "swarm/r_any" }),
    events: [
      stop,
      ...ends("a", "a_a"),
      ...ends("b", "a_b"),
      ...["ask", "allow", "leave"].map((merge) => ({
        type: "workspace.collected",
        files: 2,
        commit: "c0ffee",
        merge,
        reason: "so",
      })),
      ...homecoming,
    ],
  },
  ...wishWorlds,
  { name: "a circle", input: graphInput([task("a", ["b"]), task("b", ["a"])]), events: [stop] },
  {
    name: "more tasks than one commit may spawn",
    input: graphInput(
      Array.from({ length: 103 }, (_, index) => task(`t${index}`)),
      { parallelMax: 100 },
    ),
    events: [stop, ...["t0", "t1"].flatMap((id) => ends(id, `a_${id}`).slice(0, 2))],
  },
];

const breakerWorlds: readonly World[] = [
  {
    name: "calls, rests and probes",
    input: { failuresMax: 2, coolingFirstMs: 100, coolingLastMs: 200, probeMs: 150, memoryMs: 400 },
    events: [1_000, 1_100, 1_600].flatMap((at) =>
      ["a", "b"].flatMap((by) => [
        { type: "call.asked", by, at },
        { type: "call.succeeded", by, at },
        { type: "call.failed", by, at, begunAt: at - 50 },
        { type: "call.gone", by },
      ]),
    ),
  },
];

export const alphabet: Readonly<Record<Kind, readonly World[]>> = {
  agent: agentWorlds,
  coordinator: coordinatorWorlds,
  breaker: breakerWorlds,
};

export const kindOf = (id: string): Kind => (id === "coordinator" || id === "breaker" ? id : "agent");

import { expect, test } from "vitest";
import { Lanes, stretches } from "../../../../apps/visualizer/page/lanes.ts";
import { KEYFRAME_EVERY, RunFold } from "../../../../apps/visualizer/page/run-fold.ts";
import { POINTS_MAX, seriesOf } from "../../../../apps/visualizer/page/series.ts";
import { moodOf } from "../../../../apps/visualizer/page/states.ts";
import { treeRows } from "../../../../apps/visualizer/page/tree-rows.ts";
import { windowOf } from "../../../../apps/visualizer/page/windowed.ts";
import { manyEvents, numbered } from "../../../support/page-events.ts";

const usage = { inputTokens: 100, outputTokens: 20, cacheReadTokens: 300, cacheWriteTokens: 0 };

const story = numbered([
  ["a_coordinator", { type: "run.started", goal: "g", kind: "run", tasks: 1, model: "m" }],
  ["a_coordinator", { type: "agent.started", agentType: "coordinator", task: "", machine: "coordinator@1#1" }],
  ["a_coordinator", { type: "task.routed", task: "code", agentType: "general", to: "a_code", reason: "r" }],
  ["a_coordinator", { type: "agent.state", from: "planning", to: "supervising.watching" }],
  ["a_code", { type: "agent.started", agentType: "general", task: "code", machine: "general@1#2" }],
  ["a_code", { type: "agent.state", from: "", to: "thinking.calling" }],
  ["a_code", { type: "model.called", effect: "e", turn: 1, attempt: 1 }],
  [
    "a_code",
    {
      type: "model.answered",
      effect: "e",
      turn: 1,
      stop: "tool_use",
      calls: 1,
      model: "m-2",
      transcript: 1,
      usage,
    },
  ],
  ["a_code", { type: "budget.settled", effect: "e", tokens: 420, nanoUsd: 5_000_000 }],
  ["a_code", { type: "agent.state", from: "thinking.calling", to: "awaitingApproval" }],
  [
    "a_code",
    {
      type: "approval.requested",
      approval: "p_1",
      call: "c",
      tool: "Bash",
      risk: "mutating",
      rule: "r",
      reason: "w",
      ttlMs: 1,
    },
  ],
  ["a_code", { type: "approval.answered", approval: "p_1", call: "c", allowed: true, by: "root", reason: "" }],
  ["a_code", { type: "tool.intended", effect: "f", call: "c", tool: "Bash", input: {} }],
  ["a_code", { type: "agent.state", from: "awaitingApproval", to: "executing" }],
  ["a_code", { type: "agent.died", died: "a_code", reason: "ten activations vanished" }],
  ["a_coordinator", { type: "run.failed", reasons: ["no way"] }],
]);

const folded = (events = story): RunFold => {
  const fold = new RunFold();
  fold.take(events);
  return fold;
};

test("an actor's row holds its parent, state, model, tokens, money and what it waits for", () => {
  const fold = folded();
  const asking = fold.at(11);
  expect(fold.actorAt(asking, "a_code")).toMatchObject({
    parent: "a_coordinator",
    type: "general",
    task: "code",
    state: "awaitingApproval",
    mood: "asking",
    model: "m-2",
    input: 100,
    cacheRead: 300,
    nanoUsd: 5_000_000,
    asks: ["p_1"],
  });
  expect(asking.totals).toMatchObject({ calls: 1, input: 100, output: 20, cacheRead: 300, nanoUsd: 5_000_000 });
  const running = fold.at(13);
  expect(fold.actorAt(running, "a_code")).toMatchObject({ asks: [], tools: [{ call: "c", tool: "Bash" }] });
});

test("who died is over, with why, and nothing of it runs any more; the run ends as it says", () => {
  const fold = folded();
  expect(fold.actorAt(fold.now(), "a_code")).toMatchObject({
    over: "ten activations vanished",
    mood: "bad",
    tools: [],
  });
  expect(fold.now()).toMatchObject({ status: "failed", reasons: ["no way"] });
  expect(fold.at(15).status).toBe("running");
});

test("who was found dead says so, until somebody takes it up", () => {
  const dead = { state: "executing", lastSeq: 14, effects: [], budget: null };
  const told = [
    ...story.slice(0, 14).map(({ actor, v: _v, seq: _s, at: _a, run: _r, ...event }) => [actor, event] as const),
    ["a_code", { type: "actor.lost", reason: "its process is gone", foundBy: "swarm show", ...dead }] as const,
    ["a_code", { type: "actor.recovered", by: "w_2", lost: 15 }] as const,
  ];
  const fold = folded(numbered(told as unknown as Parameters<typeof numbered>[0]));
  expect(fold.actorAt(fold.at(15), "a_code")?.note).toBe("found dead: its process is gone");
  expect(fold.actorAt(fold.at(15), "a_code")?.over).toBeNull();
  expect(fold.actorAt(fold.now(), "a_code")?.note).toBe("");
});

test("a moment in the past is the one that was, whether it was passed or is looked back at", () => {
  const events = manyEvents(40, 3 * KEYFRAME_EVERY + 17);
  const whole = folded(events);
  for (const seq of [
    0,
    1,
    KEYFRAME_EVERY - 1,
    KEYFRAME_EVERY,
    KEYFRAME_EVERY + 1,
    2 * KEYFRAME_EVERY + 5,
    events.length,
  ]) {
    expect(whole.at(seq)).toEqual(folded(events.slice(0, seq)).now());
  }
});

test("looking back changes nothing of what comes later, and what comes later nothing of what was looked at", () => {
  const events = manyEvents(20, 2 * KEYFRAME_EVERY);
  const fold = new RunFold();
  fold.take(events.slice(0, 1_500));
  const kept = fold.at(700);
  const copy = structuredClone(kept);
  fold.take(events.slice(1_500));
  expect(kept).toEqual(copy);
  expect(fold.now()).toEqual(folded(events).now());
});

test("what an actor wrote itself up to a moment is found without walking back, whoever else wrote meanwhile", () => {
  const events = manyEvents(7, 300);
  const fold = folded(events);
  for (const actor of ["a_coordinator", "a_0", "a_6", "a_none"]) {
    for (const seq of [0, 1, 9, 10, 11, 150, 300]) {
      const walked = events.findLast((event) => event.seq <= seq && event.actor === actor)?.seq;
      expect([actor, seq, fold.ownOf(actor)[fold.ownBy(actor, seq) - 1]]).toEqual([actor, seq, walked]);
    }
  }
});

test("what comes twice counts once, and a gap is never folded over", () => {
  const fold = folded(story.slice(0, 9));
  expect(fold.take(story.slice(5, 9))).toBe(0);
  expect(fold.now().totals.calls).toBe(1);
  expect(() => fold.take(story.slice(11))).toThrow(/event 10 is missing/);
  expect(fold.seq).toBe(9);
});

test("an event of a kind that the page does not know moves the clock and nothing else", () => {
  const fold = folded(story.slice(0, 6));
  const before = fold.now();
  const strange = { ...(story[6] as object), type: "of.tomorrow" } as unknown as (typeof story)[number];
  expect(fold.take([strange])).toBe(1);
  expect({ ...fold.now(), seq: 0, atMs: 0 }).toEqual({ ...before, seq: 0, atMs: 0 });
  expect(fold.now().seq).toBe(7);
});

test("of a path the innermost state that says something decides what somebody sees", () => {
  expect([moodOf("thinking.calling"), moodOf("thinking.backingOff"), moodOf("supervising.watching")]).toEqual([
    "calling",
    "backing",
    "waiting",
  ]);
  expect([moodOf(""), moodOf("completed"), moodOf("exhausted"), moodOf("someNewState")]).toEqual([
    "unborn",
    "good",
    "bad",
    "working",
  ]);
});

test("a lane tells when each stretch began, and ends where its actor does", () => {
  const lanes = new Lanes();
  for (const event of story) lanes.take(event);
  for (const event of story) lanes.take(event);
  const lane = lanes.lanes.find(({ actor }) => actor === "a_code");
  expect(lane?.seqs).toEqual([3, 6, 10, 14, 15]);
  const seen = stretches(lane as NonNullable<typeof lane>, lane?.seqs ?? [], 1, 100);
  expect(seen.map(({ mood }) => mood)).toEqual(["unborn", "calling", "asking", "tool", "bad"]);
  expect(seen.at(-1)).toEqual({ start: 15, end: 15, mood: "bad" });
  expect(stretches(lane as NonNullable<typeof lane>, lane?.seqs ?? [], 7, 12)).toEqual([
    { start: 7, end: 10, mood: "calling" },
    { start: 10, end: 12, mood: "asking" },
  ]);
});

test("children stand under whoever sent them, are folded away with it, and are found by any of their words", () => {
  const { actors } = folded().at(11);
  const names = (rows: readonly { actor: { id: string }; depth: number }[]) =>
    rows.map(({ actor, depth }) => `${depth} ${actor.id}`);
  expect(names(treeRows(actors, new Set(), ""))).toEqual(["0 a_coordinator", "1 a_code"]);
  const [shut, ...rest] = treeRows(actors, new Set(["a_coordinator"]), "");
  expect([shut?.children, rest]).toEqual([1, []]);
  expect(names(treeRows(actors, new Set(), "general PERSON"))).toEqual(["0 a_code"]);
  expect(treeRows(actors, new Set(), "general nowhere")).toEqual([]);
});

test("of ten thousand rows only those in sight are drawn, at any height", () => {
  for (const top of [-50, 0, 1_234, 299_000, 10_000_000]) {
    const { first, end, height, offset } = windowOf(10_000, 30, top, 600);
    expect(end - first).toBeLessThanOrEqual(20 + 2 * 6 + 1);
    expect([height, offset]).toEqual([300_000, first * 30]);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(end).toBeLessThanOrEqual(10_000);
  }
  const { first, end } = windowOf(10_000, 30, 1_500, 600);
  expect(first <= 50 && end >= 70).toBe(true);
});

test("plots tell the money by type, what the cache gave, and who did what, in no more points than they can show", () => {
  const { cost, cache, work } = seriesOf(
    story,
    story.map(({ at }) => Date.parse(at)),
    story.length,
  );
  expect(cost.lines).toEqual([{ name: "general", values: expect.any(Array) }]);
  expect(cost.lines[0]?.values.at(-1)).toBe(0.005);
  expect(cache.lines[0]?.values.slice(6, 9)).toEqual([null, 75, 75]);
  const at = (name: string, seq: number) => work.lines.find((line) => line.name === name)?.values[seq - 1];
  expect([at("calls out", 7), at("calls out", 8), at("asking", 10), at("asking", 14), at("at work", 14)]).toEqual([
    1, 0, 1, 0, 1,
  ]);
  const many = manyEvents(50, 20_000);
  const thinned = seriesOf(
    many,
    many.map(({ at }) => Date.parse(at)),
    many.length,
  );
  expect(thinned.work.times.length).toBeGreaterThan(POINTS_MAX / 2);
  expect(thinned.work.times.length).toBeLessThanOrEqual(POINTS_MAX + 1);
});

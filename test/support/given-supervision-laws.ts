/** The laws of supervision and of taking results back, as stories. */
import { expect } from "vitest";
import type { SupervisionPolicy } from "../../machines/task-ledger.ts";
import { REVOCATIONS_MAX } from "../../machines/task-revocation.ts";
import type { Story } from "./given.ts";
import type { Law } from "./given-agent-laws.ts";
import {
  answers,
  born,
  collected,
  conflicted,
  coordinating,
  decisionsOf,
  diamond,
  died,
  fenced,
  joined,
  joins,
  merged,
  orders,
  prepared,
  proposes,
  rebuilt,
  revokes,
  sentFor,
  settles,
  stop,
  stopped,
  taken,
  task,
  taskOf,
  taskStatuses,
  unbuilt,
  unwanted,
} from "./given-coordinator.ts";

const law = (title: string, holds: Law["holds"]): Law => ({ title, holds });
const ends = (story: Story): unknown => story.told.find(({ type }) => type === "run.end");
const policy = (over: Partial<SupervisionPolicy>): SupervisionPolicy => ({
  strategy: "one-for-one",
  restartsMax: 5,
  windowMs: null,
  // biome-ignore lint/suspicious/noThenProperty: as people write it
  then: "give-up",
  ...over,
});
const fires = (story: Story, timer: string): Story =>
  story.whenCause({ timer, armedBy: story.state.timers[timer]?.armedBy ?? -1 });
const rests = (story: Story): Story =>
  fires(story, Object.keys(story.state.timers).find((name) => name.startsWith("xstate.after")) ?? "none");

const cancelLaws: Law[] = [
  law(
    "a task that nobody wants any more ends with what needs it, its agent is fenced, and the rest goes on",
    (machine) => {
      const graph = [task("a", [], 3), task("b", ["a"]), task("c", ["b"]), task("d")];
      const story = coordinating(graph, { machine }).when(unwanted("a"));
      expect(fenced(story)).toEqual(["a_a"]);
      expect(taskStatuses(story)).toEqual({ a: "cancelled", b: "skipped", c: "skipped", d: "running" });
      expect([orders(story, "letter.put"), decisionsOf(story)]).toEqual([[], ["a: give-up"]]);
      expect(taskStatuses(story.when(settles("a")))).toEqual(taskStatuses(story));
      expect(ends(story.when(settles("d")))).toMatchObject({ status: "cancelled" });
    },
  ),
  law("a task that rests, or waits for its turn, may be called off as well; what is verified is not", (machine) => {
    const graph = [task("a", [], 2), task("b"), task("c")];
    const story = coordinating(graph, { machine, parallelMax: 2 }).whenAll(settles("a", "failed"), settles("b"));
    expect(taskStatuses(story)).toEqual({ a: "resting", b: "verified", c: "running" });
    expect(taskStatuses(story.when(unwanted("a")))).toMatchObject({ a: "cancelled" });
    expect(fenced(story.when(unwanted("a")))).toEqual([]);
    for (const id of ["b", "nobody"]) expect(story.when(unwanted(id)).decision.changed).toBe(false);
    const waits = coordinating(graph, { machine, parallelMax: 1 }).when(unwanted("c"));
    expect(taskStatuses(waits)).toMatchObject({ a: "running", c: "cancelled" });
  }),
  law("with a new plan that nobody wants any more goes the task for whose sake it was made", (machine) => {
    const story = coordinating([task("a"), task("b", ["a"])], { machine, replansMax: 1 }).whenAll(
      settles("a", "failed"),
      prepared("replan-1"),
    );
    expect(taskStatuses(story)).toMatchObject({ a: "replanning", "replan-1": "running" });
    const over = story.when(unwanted("replan-1"));
    expect(taskStatuses(over)).toEqual({ a: "failed", b: "skipped", "replan-1": "cancelled" });
    expect(ends(over)).toBeDefined();
  }),
];

const revocationLaws: Law[] = [
  law(
    "a result that is taken back takes all that stands on it along, in one step: results, agents, commits",
    (machine) => {
      const graph = [joins("a"), joins("b", ["a"]), joins("c", ["a"]), task("d", ["b"]), task("e")];
      const story = coordinating(graph, { machine }).whenAll(
        settles("a"),
        joined("a"),
        settles("b"),
        joined("b"),
        revokes("res_a"),
      );
      expect([taken(story), fenced(story)]).toEqual([
        ["a", "b"],
        ["a_c", "a_d"],
      ]);
      expect(orders(story, "result.revoke")).toMatchObject([
        { root: "res_a", by: "ann", reason: "the line is not there" },
      ]);
      // Whoever began now would begin with what was taken back.
      expect([born(story), sentFor(story)]).toEqual([[], [{ type: "workspace.rebuild", commits: [] }]]);
      expect(taskStatuses(story)).toEqual({ a: "planned", b: "planned", c: "planned", d: "planned", e: "running" });
      const anew = story.when(rebuilt);
      expect(born(anew)).toEqual(["a_a.2"]);
      expect(orders(anew, "actor.spawn")[0]?.input.terms?.earlier.join()).toContain("the line is not there");
      for (const late of [settles("c"), settles("d"), died("a_c"), settles("a")])
        expect(taskStatuses(story.when(late))).toEqual(taskStatuses(story));
      const on = story.whenAll(rebuilt, settles("a", "verified", "a_a.2"), joined("a"));
      expect(born(on)).toEqual(["a_b.2", "a_c.2"]);
    },
  ),
  law(
    "commits that stay are kept in the order in which they came; nothing is joined to a tree that is off, and nobody begins with it",
    (machine) => {
      const graph = ["a", "b", "c"].map((id) => joins(id));
      const story = coordinating(graph, { machine }).whenAll(
        settles("c"),
        joined("c"),
        settles("a"),
        joined("a"),
        revokes("res_c"),
      );
      expect(sentFor(story)).toEqual([{ type: "workspace.rebuild", commits: ["c_a"] }]);
      expect([born(story), born(story.when(rebuilt))]).toEqual([[], ["a_c.2"]]);
      const waits = story.when(settles("b"));
      expect(sentFor(waits)).toEqual([]);
      expect(sentFor(waits.when(rebuilt))).toMatchObject([{ type: "task.join", task: "b" }]);
      // Taken back once more while the tree is rebuilt: it is rebuilt again.
      const twice = story.when(revokes("res_a"));
      expect(sentFor(twice)).toEqual([]);
      expect(sentFor(twice.when(rebuilt))).toEqual([{ type: "workspace.rebuild", commits: [] }]);
    },
  ),
  law("work that was taken back on its way into the tree leaves it again", (machine) => {
    const story = coordinating([joins("a")], { machine }).whenAll(settles("a"), revokes("res_a"));
    expect([taken(story), sentFor(story)]).toEqual([["a"], []]);
    expect(sentFor(story.when(joined("a")))).toEqual([{ type: "workspace.rebuild", commits: [] }]);
    const clean = story.when(joined("a", null));
    expect([sentFor(clean), born(clean)]).toEqual([[], ["a_a.2"]]);
    expect([born(story), born(story.when(joined("a"))), born(story.whenAll(joined("a"), rebuilt))]).toEqual([
      [],
      [],
      ["a_a.2"],
    ]);
    expect(taskStatuses(story.when(joined("a", null)))).toEqual({ a: "running" });
  }),
  law("a tree that cannot be rebuilt without what was taken back fails the run", (machine) => {
    const story = coordinating([joins("a"), task("b")], { machine, branch: "swarm/r" }).whenAll(
      settles("a"),
      joined("a"),
      revokes("res_a"),
      unbuilt,
    );
    expect([story.path, stopped(story)]).toEqual(["cancelling", ["a_b"]]);
    const end = story.when(settles("b"));
    expect([end.path, end.effects]).toEqual(["collecting", [{ type: "workspace.collect", wanted: false }]]);
    expect(ends(end.when(collected("allow")))).toMatchObject({ status: "failed" });
  }),
  law("taken back without being done again, it fails, and what stood on it can never start", (machine) => {
    const story = coordinating(diamond(), { machine }).whenAll(settles("a"), settles("b"), revokes("res_a", false));
    expect([fenced(story), taken(story)]).toEqual([["a_c"], ["a", "b"]]);
    expect(taskStatuses(story)).toEqual({ a: "failed", b: "skipped", c: "skipped", d: "skipped" });
    expect(ends(story)).toMatchObject({ status: "failed" });
  }),
  law("one result is made again so many times and no more", (machine) => {
    let story = coordinating([task("a"), task("b")], { machine }).when(settles("a"));
    for (let n = 1; n <= REVOCATIONS_MAX; n += 1) {
      story = story.when(revokes(n === 1 ? "res_a" : `res_a.${n}`));
      expect(born(story)).toEqual([`a_a.${n + 1}`]);
      story = story.when(settles("a", "verified", `a_a.${n + 1}`));
    }
    const last = story.when(revokes(`res_a.${REVOCATIONS_MAX + 1}`));
    expect([taskStatuses(last), taken(last)]).toEqual([{ a: "failed", b: "running" }, ["a"]]);
  }),
  law("a word about a result that is unknown, running, or taken back already changes nothing", (machine) => {
    const story = coordinating([task("a"), task("b", ["a"])], { machine }).when(settles("a"));
    for (const result of ["res_b", "res_nobody", "a"]) expect(story.when(revokes(result)).decision.changed).toBe(false);
    const gone = story.when(revokes("res_a"));
    expect(gone.when(revokes("res_a")).decision.changed).toBe(false);
  }),
  law("a plan that is taken back takes along what it planned, and its next one may take its place", (machine) => {
    const plan = { ...task("plan"), role: "plan" as const };
    const story = coordinating([plan], { machine }).whenAll(
      settles("plan"),
      proposes("plan", [task("a"), task("b", ["a"])]),
      settles("a"),
      revokes("res_plan"),
    );
    expect([taken(story), fenced(story)]).toEqual([["plan", "a"], ["a_b"]]);
    expect(taskStatuses(story)).toEqual({ plan: "running", a: "replaced", b: "replaced" });
    const again = story.whenAll(settles("plan", "verified", "a_plan.2"), proposes("plan", [task("c")]));
    expect(ends(again.when(settles("c")))).toMatchObject({ status: "completed", reasons: [] });
  }),
  law("a new plan that is taken back gives its place to its successor, for all that needed the first", (machine) => {
    const graph = [task("z"), task("a", ["z"]), task("b", ["a"])];
    const story = coordinating(graph, { machine, replansMax: 1 }).whenAll(
      settles("z"),
      settles("a", "failed"),
      prepared("replan-1"),
      settles("replan-1"),
      proposes("replan-1", [task("a1")]),
      revokes("res_replan-1"),
    );
    expect(taskStatuses(story)).toMatchObject({ "replan-1": "running", a: "replaced", a1: "replaced", b: "planned" });
    const again = story.whenAll(settles("replan-1", "verified", "a_replan-1.2"), proposes("replan-1", [task("a2")]));
    expect(taskOf(again, "b").needs).toEqual(["a2"]);
    const lost = story.when(settles("replan-1", "failed", "a_replan-1.2"));
    expect(taskStatuses(lost)).toMatchObject({ b: "skipped" });
    expect(lost.path).toBe("failed");
  }),
  law("a resolved conflict and what it resolved fall together, whichever is taken back", (machine) => {
    const base = coordinating([joins("a"), task("b", ["a"])], { machine }).whenAll(settles("a"), conflicted("a"));
    const resolving = base.when(prepared("a-resolve"));
    const resolved = resolving.whenAll(settles("a-resolve"), joined("a-resolve"));
    const early = resolving.when(revokes("res_a"));
    expect([fenced(early), taskStatuses(early)]).toEqual([
      ["a_a-resolve"],
      { a: "running", b: "planned", "a-resolve": "replaced" },
    ]);
    for (const result of ["res_a", "res_a-resolve"]) {
      const story = resolved.when(revokes(result));
      expect([taken(story), fenced(story), born(story)]).toEqual([["a", "a-resolve"], ["a_b"], []]);
      expect(born(story.when(rebuilt))).toEqual(["a_a.2"]);
      expect(taskStatuses(story)).toEqual({ a: "planned", b: "planned", "a-resolve": "replaced" });
      expect(sentFor(story)).toMatchObject([{ type: "workspace.rebuild", commits: [] }]);
      expect(born(story.when(rebuilt))).toEqual(["a_a.2"]);
      const over = resolved.when(revokes(result, false));
      expect(taskStatuses(over)).toEqual({ a: "failed", b: "skipped", "a-resolve": "replaced" });
    }
    let again = resolved;
    for (let n = 1; n <= REVOCATIONS_MAX + 1; n += 1) {
      const tail = n === 1 ? "" : `-${n}`;
      again = again.when(revokes(`res_a-resolve${tail}`));
      if (n > REVOCATIONS_MAX) break;
      const next = `a-resolve-${n + 1}`;
      again = again.whenAll(
        rebuilt,
        settles("a", "verified", `a_a.${n + 1}`),
        conflicted("a"),
        prepared(next),
        settles(next),
        joined(next),
      );
      expect(taskStatuses(again)).toMatchObject({ a: "verified", [next]: "verified" });
    }
    expect(taskStatuses(again)).toMatchObject({ a: "failed", b: "skipped" });
  }),
  law(
    "taken back after all was done, it ends the run as failed: nobody is asked about the merge any more",
    (machine) => {
      const done = coordinating([task("a")], { machine, branch: "swarm/r" }).when(settles("a"));
      const early = done.when(revokes("res_a"));
      expect([early.path, taken(early), born(early)]).toEqual(["collecting", ["a"], []]);
      expect(ends(early.when(collected("allow")))).toMatchObject({ status: "failed" });
      const asked = done.whenAll(collected("ask"), revokes("res_a"));
      expect([asked.path, taken(asked)]).toEqual(["failed", ["a"]]);
      expect(asked.when(answers(true)).decision.changed).toBe(false);
      const merging = done.whenAll(collected("allow"), revokes("res_a"));
      expect(merging.path).toBe("merging");
      expect(ends(merging.when(merged))).toMatchObject({ status: "failed" });
      const half = coordinating([joins("a"), task("b")], {
        machine,
        branch: "swarm/r",
        tolerateFailures: true,
      }).whenAll(settles("a"), joined("a"), settles("b"), revokes("res_a"), collected("allow"));
      expect(ends(half)).toMatchObject({
        status: "failed",
        reasons: expect.arrayContaining(["the run's work holds what was revoked"]) as unknown,
      });
      const stopping = coordinating([task("a"), task("b", ["a"])], { machine }).whenAll(
        settles("a"),
        stop,
        revokes("res_a"),
      );
      expect([fenced(stopping), stopping.path]).toEqual([["a_b"], "cancelled"]);
      for (const story of [done, done.when(collected("ask")), done.when(collected("allow"))])
        expect(story.when(revokes("res_x")).decision.changed).toBe(false);
    },
  ),
];

const supervisionLaws: Law[] = [
  law("every attempt may be another type or another model, and the decision says so", (machine) => {
    const remedies = [{ model: "large" }, { agentType: "general" }, {}];
    let story = coordinating([{ ...task("a", [], 4), remedies }], { machine });
    const seen: unknown[] = [];
    for (let attempt = 1; attempt < 4; attempt += 1) {
      story = story.when(settles("a", "failed", attempt === 1 ? "a_a" : `a_a.${attempt}`));
      const told = decisionsOf(story);
      story = story.whenTimerFires();
      const [order] = orders(story, "actor.spawn");
      seen.push([told, order?.agentType, order?.input.terms?.model]);
    }
    expect(seen).toEqual([
      [["a: other-model"], "explore", "large"],
      [["a: other-type"], "general", null],
      [["a: retry"], "explore", null],
    ]);
    const end = story.when(settles("a", "failed", "a_a.4"));
    expect(decisionsOf(end)).toEqual(["a: give-up"]);
    expect(orders(end, "letter.put")).toEqual([
      { type: "letter.put", task: "a", agentType: "explore", actor: "a_a.4", attempts: 4, reasons: ["failed it is"] },
    ]);
  }),
  law("an agent of another type is told to stop as what it is", (machine) => {
    const story = coordinating([{ ...task("a", [], 2), remedies: [{ agentType: "general" }] }], { machine })
      .when(died("a_a"))
      .whenTimerFires()
      .when(stop);
    expect(orders(story, "message.send")).toMatchObject([{ to: "a_a.2", toType: "general" }]);
  }),
  law("one for all: who works starts again with the one that failed, and it does not count against them", (machine) => {
    const graph = [task("a", [], 2), task("b"), task("c", ["b"])];
    const story = coordinating(graph, { machine, supervision: policy({ strategy: "one-for-all" }) }).when(
      settles("a", "failed"),
    );
    expect([fenced(story), decisionsOf(story)]).toEqual([["a_b"], ["a: retry", "b: again"]]);
    expect(taskStatuses(story)).toEqual({ a: "resting", b: "resting", c: "planned" });
    expect(taskStatuses(story.when(settles("b")))).toEqual(taskStatuses(story));
    const again = story.whenTimerFires();
    expect(born(again)).toEqual(["a_a.2", "a_b.2"]);
    expect(taskOf(again, "b")).toMatchObject({ attempt: 2, excused: 1 });
  }),
  law("rest for one: only those later in the plan start again", (machine) => {
    const graph = [task("a"), task("b", [], 2), task("c")];
    const story = coordinating(graph, { machine, supervision: policy({ strategy: "rest-for-one" }) }).when(
      settles("b", "failed"),
    );
    expect([fenced(story), taskStatuses(story)]).toEqual([["a_c"], { a: "running", b: "resting", c: "resting" }]);
  }),
  law(
    "too many restarts give up the task, or the whole run, with the reason; a restart of long ago is forgotten",
    (machine) => {
      const graph = [task("a", [], 9), task("b")];
      const once = (over: Partial<SupervisionPolicy>) =>
        rests(
          coordinating(graph, { machine, supervision: policy({ restartsMax: 1, ...over }) }).when(
            settles("a", "failed"),
          ),
        );
      const given = once({}).when(settles("a", "failed", "a_a.2"));
      expect([decisionsOf(given), taskStatuses(given)]).toEqual([["a: give-up"], { a: "failed", b: "running" }]);
      expect(orders(given, "letter.put")).toMatchObject([{ task: "a", attempts: 2 }]);
      // biome-ignore lint/suspicious/noThenProperty: as people write it
      const escalated = once({ then: "escalate" }).when(settles("a", "failed", "a_a.2"));
      expect([escalated.path, stopped(escalated), decisionsOf(escalated)]).toEqual([
        "cancelling",
        ["a_b"],
        ["a: escalate"],
      ]);
      const end = escalated.when(settles("b"));
      expect(ends(end)).toMatchObject({
        status: "failed",
        reasons: [expect.stringContaining("1 restarts are enough"), expect.anything()],
      });
      const windowed = once({ windowMs: 60_000 });
      expect(Object.keys(windowed.state.timers)).toEqual(["restart:1"]);
      expect(taskStatuses(windowed.when(settles("a", "failed", "a_a.2"))).a).toBe("failed");
      const later = fires(windowed, "restart:1");
      expect([later.state.timers, decisionsOf(later.when(settles("a", "failed", "a_a.2")))]).toEqual([
        {},
        ["a: retry"],
      ]);
      const over = later.whenAll(settles("a", "verified", "a_a.2"), settles("b"));
      expect([over.path, over.state.timers]).toEqual(["completed", {}]);
    },
  ),
  law(
    "an attempt has its time: past it its agent is fenced, and the attempt failed; a clock stops with its attempt",
    (machine) => {
      const story = coordinating([{ ...task("a", [], 2), deadlineMs: 90_000 }, task("b")], { machine });
      expect(story.decision.timersSet).toEqual([{ id: "deadline:a_a", delayMs: 90_000 }]);
      expect(orders(story, "actor.spawn")[0]?.input.terms).toMatchObject({ deadlineMs: 90_000 });
      const lapsed = fires(story, "deadline:a_a");
      expect([fenced(lapsed), taskStatuses(lapsed).a]).toEqual([["a_a"], "resting"]);
      expect(taskOf(lapsed, "a").reasons).toEqual(["deadline: no result within 90000 ms"]);
      expect(Object.keys(lapsed.state.timers)).not.toContain("deadline:a_a");
      expect(taskStatuses(lapsed.when(settles("a"))).a).toBe("resting");
      const again = rests(lapsed);
      expect(Object.keys(again.state.timers)).toEqual(["deadline:a_a.2"]);
      const failed = fires(again, "deadline:a_a.2");
      expect([taskStatuses(failed).a, fenced(failed), failed.state.timers]).toEqual(["failed", ["a_a.2"], {}]);
      for (const end of [settles("a"), settles("a", "failed"), died("a_a")])
        expect(Object.keys(story.when(end).state.timers)).not.toContain("deadline:a_a");
      for (const late of [
        { type: "task.lapsed", task: "a", actor: "a_a" },
        { type: "task.lapsed", task: "a", actor: "a_x" },
      ])
        expect(story.when(settles("a")).when(late).decision.changed).toBe(false);
      expect(Object.keys(story.when(stop).state.timers)).not.toContain("deadline:a_a");
    },
  ),
  law(
    "a cancelled task leaves no letter, nor one whose agent died and has its own; what was rejected or exhausted does",
    (machine) => {
      const lettered = (status: "cancelled" | "rejected" | "exhausted") =>
        orders(coordinating([task("a"), task("b")], { machine }).when(settles("a", status)), "letter.put").length;
      expect([lettered("cancelled"), lettered("rejected"), lettered("exhausted")]).toEqual([0, 1, 1]);
      const dead = coordinating([task("a"), task("b")], { machine }).when(died("a_a"));
      expect([taskStatuses(dead).a, decisionsOf(dead), orders(dead, "letter.put")]).toEqual([
        "failed",
        ["a: give-up"],
        [],
      ]);
    },
  ),
];

const termLaws: Law[] = [
  law("a task's agent is held to what its parent knows: brief, results by hash, time, budget, topics", (machine) => {
    const asked = {
      ...task("b", ["a"]),
      brief: "b".repeat(64),
      deadlineMs: 1_000,
      budget: { tokensMax: 5 },
      topics: ["found"],
    };
    const story = coordinating([task("a"), asked], { machine }).when({
      ...settles("a"),
      sha256: "a".repeat(64),
    } as never);
    expect(orders(story, "actor.spawn")[0]?.input.terms).toEqual({
      brief: "b".repeat(64),
      results: [{ result: "res_a", sha256: "a".repeat(64) }],
      deadlineMs: 1_000,
      budget: { tokensMax: 5 },
      model: null,
      earlier: [],
      topics: ["found"],
    });
  }),
  law("what earlier attempts came to is told in bounded words", (machine) => {
    let story = coordinating([task("a", [], 9)], { machine });
    for (let attempt = 1; attempt < 9; attempt += 1)
      story = story
        .when(settles("a", "failed", attempt === 1 ? "a_a" : `a_a.${attempt}`, [`${attempt} ${"x".repeat(9_000)}`]))
        .whenTimerFires();
    const earlier = orders(story, "actor.spawn")[0]?.input.terms?.earlier ?? [];
    expect(earlier.map((reason) => [reason.slice(0, 1), reason.length])).toEqual(
      ["4", "5", "6", "7", "8"].map((n) => [n, 500]),
    );
  }),
  law("where not all can start, the most wanted do, then the first in the plan", (machine) => {
    const graph = [
      task("a"),
      { ...task("b"), priority: 2 },
      { ...task("c"), priority: 2 },
      { ...task("d"), priority: -1 },
    ];
    let story = coordinating(graph, { machine, parallelMax: 1 });
    const order = [...born(story)];
    for (let n = 0; n < 3; n += 1) {
      story = story.when(settles((order.at(-1) ?? "").slice(2)));
      order.push(...born(story));
    }
    expect(order).toEqual(["a_b", "a_c", "a_a", "a_d"]);
  }),
];

export const supervisingLaws: readonly Law[] = [...cancelLaws, ...revocationLaws, ...supervisionLaws, ...termLaws];

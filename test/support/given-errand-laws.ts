/** The laws of what a coordinator sends for, as stories: joins, conflicts, verdicts, plans, new plans, summaries. */
import { expect } from "vitest";
import type { AnyStateMachine } from "xstate";
import type { PlannedTask } from "../../machines/task-graph.ts";
import type { Story } from "./given.ts";
import type { Law } from "./given-agent-laws.ts";
import {
  answers,
  born,
  check,
  conflicted,
  coordinating,
  decisionsOf,
  fenced,
  joined,
  joins,
  judges,
  orders,
  prepared,
  proposes,
  refuses,
  revokes,
  sentFor,
  settles,
  stop,
  taken,
  task,
  taskOf,
  taskStatuses,
  unjoined,
  unprepared,
} from "./given-coordinator.ts";

const law = (title: string, holds: Law["holds"]): Law => ({ title, holds });
const planTask = (attemptsMax = 1): PlannedTask => ({
  ...task("plan", [], attemptsMax),
  agentType: "plan",
  role: "plan",
});
const ends = (story: Story): unknown => story.told.find(({ type }) => type === "run.end");

const joinLaws: Law[] = [
  law("work in a tree of its own counts once it is joined, and what needs it starts then and not before", (machine) => {
    const story = coordinating([joins("a"), task("b", ["a"])], { machine }).when(settles("a"));
    expect([taskStatuses(story), born(story)]).toEqual([{ a: "joining", b: "planned" }, []]);
    expect(sentFor(story)).toEqual([{ type: "task.join", task: "a", actor: "a_a", result: "res_a" }]);
    const home = story.when(joined("a"));
    expect([taskOf(home, "a"), born(home)]).toMatchObject([
      { status: "verified", commit: "c_a", joinedAt: 0 },
      ["a_b"],
    ]);
    const bare = story.when(joined("a", null));
    expect(taskOf(bare, "a").commit).toBeUndefined();
    expect(born(bare)).toEqual(["a_b"]);
  }),
  law("one thing is sent for at a time, in the order of the plan, and only its own answer is taken", (machine) => {
    const story = coordinating([joins("a"), joins("b"), joins("c")], { machine }).whenAll(settles("c"), settles("b"));
    expect(sentFor(story)).toEqual([]);
    for (const odd of [joined("b"), joined("nobody"), unjoined("a"), judges("c", true), prepared("c")])
      expect(taskStatuses(story.when(odd))).toEqual(taskStatuses(story));
    const next = story.when(settles("a")).when(joined("c"));
    expect(sentFor(next)).toMatchObject([{ type: "task.join", task: "a" }]);
    expect(next.when(joined("a")).effects).toMatchObject([{ type: "task.join", task: "b" }]);
  }),
  law("an agent with a tree of its own is told so, and who resolves a conflict is told whose", (machine) => {
    const story = coordinating([joins("a", [], 2), task("b")], { machine });
    expect(orders(story, "actor.spawn").map(({ input }) => input.tree)).toEqual([{ merging: null }, undefined]);
    const conflict = story.whenAll(settles("a"), conflicted("a"), prepared("a-resolve"));
    expect(orders(conflict, "actor.spawn").map(({ input }) => input.tree)).toEqual([{ merging: "a_a" }]);
  }),
  law(
    "a conflict is a task of its own: joined with it, both are verified, and others are joined meanwhile",
    (machine) => {
      const graph = [joins("a"), joins("b"), task("c", ["b"])];
      let story = coordinating(graph, { machine }).whenAll(settles("a"), settles("b"), joined("a"), conflicted("b"));
      expect(sentFor(story)).toEqual([
        {
          type: "proposal.prepare",
          kind: "resolve",
          task: "b-resolve",
          about: ["b"],
          reasons: ["it conflicts: a.txt"],
        },
      ]);
      story = story.when(prepared("b-resolve"));
      expect(taskOf(story, "b-resolve")).toMatchObject({ role: "resolve", of: "b", joins: true, status: "running" });
      story = story.when(settles("b-resolve"));
      expect([taskStatuses(story).b, born(story)]).toEqual(["joining", []]);
      story = story.when(joined("b-resolve"));
      expect(taskStatuses(story)).toMatchObject({ b: "verified", "b-resolve": "verified", c: "running" });
      expect(ends(story.when(settles("c")))).toMatchObject({ status: "completed" });
    },
  ),
  law("a conflict that nobody resolves, or can be asked to, is an explicit failure of the task", (machine) => {
    const story = coordinating([joins("a"), task("b", ["a"])], { machine }).whenAll(settles("a"), conflicted("a"));
    const nobody = story.when(unprepared("a-resolve"));
    expect(taskStatuses(nobody)).toEqual({ a: "failed", b: "skipped" });
    expect(taskOf(nobody, "a").reasons.join()).toContain("there is no plan agent");
    const again = story.whenAll(prepared("a-resolve"), settles("a-resolve"), conflicted("a-resolve"));
    expect(taskStatuses(again)).toMatchObject({ a: "failed", "a-resolve": "failed", b: "skipped" });
    expect(ends(again)).toMatchObject({ status: "failed" });
  }),
  law("work that could not be joined is a failed attempt", (machine) => {
    const story = coordinating([joins("a", [], 2)], { machine }).whenAll(settles("a"), unjoined("a"));
    expect([story.path, decisionsOf(story)]).toEqual(["supervising.resting", ["a: retry"]]);
    const again = story.whenTimerFires();
    expect(orders(again, "actor.spawn")[0]?.input.terms?.earlier).toEqual(["not joined: git broke"]);
  }),
  law(
    "a run that is cancelled waits for what is on its way into its tree, takes it for nothing, sends for no more",
    (machine) => {
      const story = coordinating([joins("a"), joins("b")], { machine }).whenAll(settles("a"), settles("b"), stop);
      expect([story.path, taskStatuses(story), sentFor(story)]).toEqual([
        "cancelling",
        { a: "cancelled", b: "cancelled" },
        [],
      ]);
      expect(story.when(joined("b")).path).toBe("cancelling");
      const end = story.when(joined("a"));
      expect([end.path, sentFor(end), taskStatuses(end)]).toEqual([
        "cancelled",
        [],
        { a: "cancelled", b: "cancelled" },
      ]);
      expect(end.state.timers).toEqual({});
    },
  ),
];

const checkLaws: Law[] = [
  law("a check is no news before its verdict is read; where it holds, what needs both starts", (machine) => {
    const graph = [task("a"), check("check", "a"), task("b", ["a", "check"])];
    const story = coordinating(graph, { machine }).whenAll(settles("a"), settles("check"));
    expect([taskStatuses(story).check, sentFor(story)]).toEqual([
      "reading",
      [{ type: "verdict.read", task: "check", result: "res_check", of: "res_a" }],
    ]);
    const held = story.when(judges("check", true));
    expect([taskStatuses(held), born(held)]).toEqual([{ a: "verified", check: "verified", b: "running" }, ["a_b"]]);
  }),
  law(
    "what a check disproves is taken back with the check, and tried again with the reasons while attempts are left",
    (machine) => {
      const graph = [task("a", [], 2), check("check", "a"), task("c", ["a"])];
      const story = coordinating(graph, { machine }).whenAll(settles("a"), settles("check"), judges("check", false));
      expect([taken(story), fenced(story), decisionsOf(story)]).toEqual([["a", "check"], ["a_c"], ["a: retry"]]);
      expect(taskStatuses(story)).toEqual({ a: "resting", check: "planned", c: "planned" });
      const again = story.whenTimerFires();
      expect(born(again)).toEqual(["a_a.2"]);
      expect(orders(again, "actor.spawn")[0]?.input.terms?.earlier.join()).toContain("the line is not there");
      const third = again.whenAll(
        settles("a", "verified", "a_a.2"),
        settles("c", "verified", "a_c.2"),
        settles("check", "verified", "a_check.2"),
        judges("check", false),
      );
      expect(taskStatuses(third)).toEqual({ a: "failed", check: "skipped", c: "skipped" });
      expect(ends(third)).toMatchObject({ status: "failed" });
      expect(orders(third, "letter.put")).toMatchObject([{ task: "a", attempts: 2 }]);
    },
  ),
];

const proposalLaws: Law[] = [
  law("a plan's tasks join the graph once it is read, and the plan itself is done", (machine) => {
    const read = coordinating([planTask()], { machine }).when(settles("plan"));
    expect(sentFor(read)).toEqual([
      { type: "proposal.read", task: "plan", result: "res_plan", instead: null, known: ["plan"], room: 999 },
    ]);
    const story = read.when(proposes("plan", [task("a"), task("b", ["a"])]));
    expect([taskStatuses(story), born(story)]).toEqual([{ plan: "verified", a: "running", b: "planned" }, ["a_a"]]);
    expect(ends(story.whenAll(settles("a"), settles("b")))).toMatchObject({ status: "completed" });
  }),
  law(
    "a plan that somebody is asked about is carried out after their yes to this very plan, and fails after a no",
    (machine) => {
      const asked = coordinating([planTask(2)], { machine }).whenAll(
        settles("plan"),
        proposes("plan", [task("a")], { accept: "ask" }),
      );
      expect([orders(asked, "approval.request"), born(asked), asked.path]).toEqual([
        [{ type: "approval.request", call: "plan:res_plan", tool: "Plan" }],
        [],
        "supervising.watching",
      ]);
      for (const odd of [answers(true), answers(true, "plan:res_other"), answers(false, "plan:plan")])
        expect(asked.when(odd).decision.changed).toBe(false);
      expect(born(asked.when(answers(true, "plan:res_plan")))).toEqual(["a_a"]);
      const denied = asked.when(answers(false, "plan:res_plan"));
      expect([denied.path, born(denied)]).toEqual(["failed", []]);
      expect(ends(denied)).toMatchObject({ reasons: ["plan: failed (the plan was denied: not like this)"] });
      const closed = coordinating([planTask(2)], { machine }).whenAll(
        settles("plan"),
        proposes("plan", [task("a")], { accept: "deny" }),
      );
      expect(closed.path).toBe("failed");
      const stopped = asked.when(stop);
      expect([stopped.path, taskStatuses(stopped)]).toEqual(["cancelled", { plan: "cancelled" }]);
    },
  ),
  law("a planner is told the names in use, those that somebody is asked about among them", (machine) => {
    const story = coordinating([planTask(), { ...planTask(), id: "other" }], { machine }).whenAll(
      settles("plan"),
      proposes("plan", [task("a")], { accept: "ask" }),
      settles("other"),
    );
    expect(sentFor(story)).toMatchObject([{ type: "proposal.read", known: ["plan", "other", "a"] }]);
  }),
  law("a plan that was taken back is not carried out by a yes to it, nor its successor", (machine) => {
    const asked = coordinating([planTask()], { machine }).whenAll(
      settles("plan"),
      proposes("plan", [task("a")], { accept: "ask" }),
      revokes("res_plan"),
    );
    expect(born(asked)).toEqual(["a_plan.2"]);
    const second = asked.whenAll(
      settles("plan", "verified", "a_plan.2"),
      proposes("plan", [task("b")], { accept: "ask" }),
    );
    expect(second.when(answers(true, "plan:res_plan")).decision.changed).toBe(false);
    expect(born(second.when(answers(true, "plan:res_plan.2")))).toEqual(["a_b"]);
  }),
  law("an illegal proposal is a failed attempt, and the next one is told what was wrong with it", (machine) => {
    const read = coordinating([planTask(2), task("x")], { machine }).when(settles("plan"));
    const bad: [string, ReturnType<typeof proposes>][] = [
      ["no such type", refuses("plan")],
      ["no task", proposes("plan", [])],
      ["exists already", proposes("plan", [task("x")])],
      ["does not exist", proposes("plan", [task("a", ["nobody"])])],
      ["circle", proposes("plan", [task("a", ["b"]), task("b", ["a"])])],
      ["appears twice", proposes("plan", [task("a"), task("a")])],
      ["as plan", proposes("plan", [{ ...task("a"), role: "plan" }])],
      ["does not need", proposes("plan", [{ ...task("a"), role: "check", of: "x" }])],
      ["cannot be dropped", proposes("plan", [task("a")], { drops: ["x"] })],
      ["is not proposed", proposes("plan", [task("a")], { ends: ["x"] })],
      [
        "room for 998",
        proposes(
          "plan",
          Array.from({ length: 999 }, (_, n) => task(`t${n}`)),
        ),
      ],
    ];
    for (const [what, answer] of bad) {
      const story = read.when(answer);
      expect([taskStatuses(story), born(story)], what).toEqual([{ plan: "resting", x: "running" }, []]);
      const again = story.whenTimerFires();
      expect(orders(again, "actor.spawn")[0]?.input.terms?.earlier.join(), what).toContain(what);
    }
  }),
  law("a planner who says that there is no plan is not asked again", (machine) => {
    const story = coordinating([planTask(2)], { machine }).whenAll(settles("plan"), {
      ...refuses("plan"),
      final: true,
    } as never);
    expect([story.path, decisionsOf(story)]).toEqual(["failed", ["plan: give-up"]]);
  }),
  law("a plan may drop what nobody began and nobody kept needs", (machine) => {
    const graph = [task("x"), planTask(), task("y", ["x"]), task("z", ["y"])];
    const read = coordinating(graph, { machine }).when(settles("plan"));
    const dropped = read.when(proposes("plan", [task("a")], { drops: ["y", "z"] }));
    expect(taskStatuses(dropped)).toMatchObject({ y: "replaced", z: "replaced", a: "running" });
    const needed = read.when(proposes("plan", [task("a")], { drops: ["y"] }));
    expect(taskStatuses(needed)).toMatchObject({ plan: "failed", y: "planned" });
    expect(ends(dropped.whenAll(settles("x"), settles("a")))).toMatchObject({ status: "completed" });
  }),
];

const replanned = (machine: AnyStateMachine, replansMax = 1): Story =>
  coordinating([task("a"), check("check", "a"), task("b", ["a", "check"])], { machine, replansMax }).when(
    settles("a", "failed", "a_a", ["it is too much"]),
  );

const replanLaws: Law[] = [
  law("where a task is given up and plans are left, another one takes its place for all that need it", (machine) => {
    let story = replanned(machine);
    expect([taskStatuses(story), decisionsOf(story)]).toEqual([
      { a: "replanning", check: "planned", b: "planned" },
      ["a: replan"],
    ]);
    expect(sentFor(story)).toEqual([
      { type: "proposal.prepare", kind: "replan", task: "replan-1", about: ["a"], reasons: ["it is too much"] },
    ]);
    story = story.when(prepared("replan-1"));
    expect(born(story)).toEqual(["a_replan-1"]);
    story = story.when(settles("replan-1"));
    expect(sentFor(story)).toMatchObject([{ type: "proposal.read", task: "replan-1", instead: "a" }]);
    story = story.when(proposes("replan-1", [task("a1"), task("a2", ["a1"])]));
    expect([taskStatuses(story), taskOf(story, "b").needs]).toEqual([
      { a: "replaced", check: "replaced", "replan-1": "verified", a1: "running", a2: "planned", b: "planned" },
      ["a2"],
    ]);
    story = story.whenAll(settles("a1"), settles("a2"));
    expect(orders(story, "actor.spawn")[0]?.input.standsOn).toEqual(["res_a2"]);
    expect(ends(story.when(settles("b")))).toEqual({ type: "run.end", status: "completed", reasons: [] });
  }),
  law("a new plan that nobody can ask for, that fails, or that is denied ends the task explicitly", (machine) => {
    const stories = [
      replanned(machine).when(unprepared("replan-1")),
      replanned(machine).whenAll(prepared("replan-1"), settles("replan-1", "failed")),
      replanned(machine).whenAll(prepared("replan-1"), settles("replan-1"), refuses("replan-1")),
      replanned(machine).whenAll(
        prepared("replan-1"),
        settles("replan-1"),
        proposes("replan-1", [task("a1")], { accept: "deny" }),
      ),
    ];
    for (const story of stories) {
      expect(taskStatuses(story)).toMatchObject({ a: "failed", check: "skipped", b: "skipped" });
      expect(story.path).toBe("failed");
      expect(orders(story, "letter.put")).toMatchObject([{ task: "a", attempts: 1 }]);
    }
  }),
  law("new plans are bounded, and none is sought for a plan or in a cancelled run", (machine) => {
    const adopted = replanned(machine).whenAll(
      prepared("replan-1"),
      settles("replan-1"),
      proposes("replan-1", [task("a1")]),
    );
    expect(taskStatuses(adopted.when(settles("a1", "failed")))).toMatchObject({ a1: "failed", b: "skipped" });
    expect(coordinating([planTask()], { machine, replansMax: 3 }).when(settles("plan", "failed")).path).toBe("failed");
    const late = replanned(machine).when(stop);
    expect(late.path).toBe("cancelling");
    const end = late.when(prepared("replan-1"));
    expect([end.path, born(end)]).toEqual(["cancelled", []]);
  }),
];

const synthesisLaws: Law[] = [
  law("a summary stands on all that nothing else stands on, once everything came out well", (machine) => {
    const graph = [task("a"), task("b", ["a"]), task("c")];
    let story = coordinating(graph, { machine, synthesis: true }).whenAll(settles("a"), settles("c"), settles("b"));
    expect(sentFor(story)).toEqual([
      { type: "proposal.prepare", kind: "synthesis", task: "synthesis", about: ["b", "c"], reasons: [] },
    ]);
    story = story.when(prepared("synthesis"));
    expect(orders(story, "actor.spawn")).toMatchObject([
      { actor: "a_synthesis", input: { standsOn: ["res_b", "res_c"] } },
    ]);
    expect(ends(story.when(settles("synthesis")))).toMatchObject({ status: "completed" });
    expect(ends(story.when(settles("synthesis", "failed")))).toMatchObject({ status: "failed" });
  }),
  law(
    "a single task, or a run that did not come out well, is not summed up; a summary that cannot be had fails the run",
    (machine) => {
      expect(coordinating([task("a")], { machine, synthesis: true }).when(settles("a")).path).toBe("completed");
      const half = coordinating([task("a"), task("b")], { machine, synthesis: true, tolerateFailures: true });
      expect(half.whenAll(settles("a"), settles("b", "rejected")).path).toBe("completed");
      const none = half.whenAll(settles("a"), settles("b"), unprepared("synthesis"));
      expect(ends(none)).toEqual({
        type: "run.end",
        status: "failed",
        reasons: ["no summary: there is no plan agent"],
      });
    },
  ),
];

export const errandLaws: readonly Law[] = [...joinLaws, ...checkLaws, ...proposalLaws, ...replanLaws, ...synthesisLaws];

/** The laws of a run, as stories; the mutation test tells them of coordinators with one guard broken. */
import { expect } from "vitest";
import { RESTARTS_MAX } from "../../machines/task-supervision.ts";
import type { Story } from "./given.ts";
import type { Law } from "./given-agent-laws.ts";
import {
  born,
  coordinating,
  diamond,
  died,
  requeues,
  settles,
  stop,
  stopped,
  task,
  taskOf,
  taskStatuses,
} from "./given-coordinator.ts";
import { errandLaws } from "./given-errand-laws.ts";
import { homecomingLaws } from "./given-homecoming-laws.ts";
import { messageLaws } from "./given-message-laws.ts";
import { supervisingLaws } from "./given-supervision-laws.ts";

const law = (title: string, holds: Law["holds"]): Law => ({ title, holds });

function expectEnd(story: Story, status: string, reasons: readonly unknown[]): void {
  expect([story.path, story.status]).toEqual([status, "done"]);
  expect(story.told.filter(({ type }) => type === "run.end")).toEqual([{ type: "run.end", status, reasons }]);
  expect(story.state.timers).toEqual({});
}

const graphs: Law[] = [
  law("tasks start when all they need is verified, and not before", (machine) => {
    let story = coordinating(diamond(), { machine });
    expect(born(story)).toEqual(["a_a"]);
    story = story.when(settles("a"));
    expect(born(story)).toEqual(["a_b", "a_c"]);
    story = story.when(settles("c"));
    expect(born(story)).toEqual([]);
    story = story.when(settles("b"));
    expect(born(story)).toEqual(["a_d"]);
    expectEnd(story.when(settles("d")), "completed", []);
  }),
  law("an agent is told its task, its limits, its parent and the results it stands on", (machine) => {
    const story = coordinating(diamond(), { machine }).whenAll(settles("a"), settles("b"), settles("c"));
    expect(story.effects).toEqual([
      {
        type: "actor.spawn",
        actor: "a_d",
        agentType: "explore",
        input: {
          actor: "a_d",
          task: "d",
          parent: "a_coordinator",
          parentType: "coordinator",
          standsOn: ["res_b", "res_c"],
          limits: task("d").limits,
        },
      },
    ]);
  }),
  law("at most parallelMax agents work at once", (machine) => {
    let story = coordinating(
      ["a", "b", "c", "d"].map((id) => task(id)),
      { machine, parallelMax: 2 },
    );
    expect(born(story)).toEqual(["a_a", "a_b"]);
    story = story.when(settles("b"));
    expect(born(story)).toEqual(["a_c"]);
    expect(born(story.when(settles("a")))).toEqual(["a_d"]);
  }),
  law("an illegal graph fails the run before an agent is born, and says what is wrong", (machine) => {
    expectEnd(coordinating([task("a", ["b"]), task("b", ["a"])], { machine }), "failed", [
      expect.stringContaining("circle"),
    ]);
    expectEnd(coordinating([], { machine }), "failed", [expect.stringContaining("no tasks")]);
    const story = coordinating([task("a"), task("a"), task("b", ["x"])], { machine });
    expectEnd(story, "failed", [expect.stringContaining('"a" appears twice'), expect.stringContaining('"x"')]);
    expect(story.effects).toHaveLength(1);
  }),
];

const failures: Law[] = [
  law("a failed attempt is tried again under a new name while attempts are left", (machine) => {
    const story = coordinating([task("a", [], 2)], { machine })
      .when(settles("a", "failed"))
      .whenTimerFires();
    expect(born(story)).toEqual(["a_a.2"]);
    expect(taskOf(story, "a")).toMatchObject({ status: "running", attempt: 2, actor: "a_a.2" });
    expectEnd(story.when(settles("a", "verified", "a_a.2")), "completed", []);
    expectEnd(story.when(settles("a", "failed", "a_a.2", ["no luck"])), "failed", ["a: failed (no luck)"]);
  }),
  law("the attempt that is verified is the one others stand on", (machine) => {
    const story = coordinating([task("a", [], 2), task("b", ["a"])], { machine })
      .when(settles("a", "failed"))
      .whenTimerFires()
      .when(settles("a", "verified", "a_a.2"));
    expect(story.effects).toMatchObject([{ actor: "a_b", input: { standsOn: ["res_a.2"] } }]);
  }),
  law(
    "a task rests before each further attempt: longer each time, never less than half of it, the same in a replay",
    (machine) => {
      const delays = [1, 2, 3].map((failures) => {
        let story = coordinating([task("a", [], 9)], { machine, seed: "r_one" }).when(settles("a", "failed"));
        for (let failure = 1; failure < failures; failure += 1)
          story = story.whenTimerFires().when(settles("a", "failed", `a_a.${failure + 1}`));
        expect(story.path).toBe("supervising.resting");
        expect([born(story), story.decision.timersSet.length]).toEqual([[], 1]);
        return story.decision.timersSet[0]?.delayMs ?? 0;
      });
      for (const [index, wholeMs] of [1_000, 2_000, 4_000].entries()) {
        expect(delays[index]).toBeGreaterThanOrEqual(wholeMs / 2);
        expect(delays[index]).toBeLessThanOrEqual(wholeMs);
      }
    },
  ),
  law("runs that fail together do not come back together", (machine) => {
    const delayOf = (seed: string) =>
      coordinating([task("a", [], 2)], { machine, seed }).when(settles("a", "failed")).decision.timersSet[0]?.delayMs;
    expect(new Set(["r_1", "r_2", "r_3", "r_4", "r_5"].map(delayOf)).size).toBe(5);
  }),
  law("a run has so many restarts and no more, however many its tasks were promised", (machine) => {
    let story = coordinating([task("a", [], 15), task("b", [], 15)], { machine });
    for (let attempt = 1; story.path.startsWith("supervising"); attempt += 1) {
      expect(attempt).toBeLessThan(40);
      const actor = (id: string) => (attempt === 1 ? `a_${id}` : `a_${id}.${attempt}`);
      story = story.whenAll(settles("a", "failed", actor("a")), settles("b", "failed", actor("b")));
      if (story.path === "supervising.resting") story = story.whenTimerFires();
    }
    const attempts = ["a", "b"].map((id) => taskOf(story, id).attempt);
    expect(attempts.reduce((sum, count) => sum + count - 1, 0)).toBe(RESTARTS_MAX);
    expect(story.path).toBe("failed");
  }),
  law("other tasks go on while one rests, and a cancel ends a rest at once", (machine) => {
    const story = coordinating([task("a", [], 2), task("b"), task("c", ["b"])], { machine }).when(
      settles("a", "failed"),
    );
    const on = story.when(settles("b"));
    expect([born(on), on.path]).toEqual([["a_c"], "supervising.resting"]);
    expect(taskOf(story.when(stop), "a").status).toBe("cancelled");
  }),
  law("only failed attempts are tried again: rejected, exhausted and cancelled ones have had their say", (machine) => {
    for (const [status, end] of [
      ["rejected", "failed"],
      ["exhausted", "exhausted"],
      ["cancelled", "cancelled"],
    ] as const) {
      const story = coordinating([task("a", [], 3)], { machine }).when(settles("a", status, "a_a", ["so"]));
      expectEnd(story, end, [`a: ${status} (so)`]);
      expect(born(story)).toEqual([]);
    }
  }),
  law("a task without a verified result takes those that stand on it along, and only those", (machine) => {
    const story = coordinating([...diamond(), task("e")], { machine }).whenAll(settles("a"), settles("b", "rejected"));
    expect(taskStatuses(story)).toEqual({ a: "verified", b: "rejected", c: "running", d: "skipped", e: "running" });
    expect(taskOf(story, "d").reasons).toEqual([expect.stringContaining("stands on b")]);
    const end = story.whenAll(settles("c"), settles("e"));
    expectEnd(end, "failed", ["b: rejected (rejected it is)", expect.stringContaining("d: skipped")]);
  }),
  law("a late word from an earlier attempt changes no task and starts nobody", (machine) => {
    const story = coordinating([task("a", [], 2)], { machine }).when(settles("a", "failed"));
    for (const late of [settles("a", "verified"), settles("a", "failed"), died("a_a")]) {
      const after = story.when(late);
      expect(taskOf(after, "a")).toEqual(taskOf(story, "a"));
      expect(after.effects).toEqual([]);
      expect(after.path).toBe(story.path);
    }
  }),
  law("a word about a task that is not running, or that does not exist, changes no task", (machine) => {
    const story = coordinating([task("a"), task("b", ["a"])], { machine });
    for (const odd of [
      settles("b"),
      settles("nobody"),
      settles("constructor"),
      died("a_nobody"),
      settles("a", "verified", "a_impostor"),
    ]) {
      const after = story.when(odd);
      expect(taskStatuses(after)).toEqual({ a: "running", b: "planned" });
      expect(after.effects).toEqual([]);
    }
  }),
  law("an agent that died counts as a failed attempt, with its reason", (machine) => {
    const story = coordinating([task("a", [], 2)], { machine })
      .when(died("a_a"))
      .whenTimerFires();
    expect(born(story)).toEqual(["a_a.2"]);
    expectEnd(story.when(died("a_a.2")), "failed", ["a: failed (poison)"]);
  }),
  law("with tolerance verified work counts although other tasks ended badly, and the reasons say which", (machine) => {
    const graph = [task("a"), task("b"), task("c", ["b"])];
    const story = coordinating(graph, { machine, tolerateFailures: true }).whenAll(
      settles("a"),
      settles("b", "failed"),
    );
    expectEnd(story, "completed", ["b: failed (failed it is)", expect.stringContaining("c: skipped")]);
    const none = coordinating(graph, { machine, tolerateFailures: true }).whenAll(
      settles("b", "rejected"),
      settles("a", "rejected"),
    );
    expect(none.path).toBe("failed");
    expect(coordinating(graph, { machine }).whenAll(settles("a"), settles("b", "failed")).path).toBe("failed");
  }),
  law("a run is exhausted where that is what stopped it first, in the order of the plan", (machine) => {
    const story = coordinating([task("a"), task("b")], { machine }).whenAll(
      settles("b", "failed"),
      settles("a", "exhausted"),
    );
    expect(story.path).toBe("exhausted");
    const other = coordinating([task("a"), task("b")], { machine }).whenAll(
      settles("b", "exhausted"),
      settles("a", "failed"),
    );
    expect(other.path).toBe("failed");
  }),
];

const cancelling: Law[] = [
  law("a cancelled run tells its running agents, starts nobody, and ends with their last words", (machine) => {
    const story = coordinating(diamond(), { machine }).whenAll(settles("a"), stop);
    expect(story.path).toBe("cancelling");
    expect(stopped(story)).toEqual(["a_b", "a_c"]);
    expect(story.effects).toContainEqual({
      type: "message.send",
      to: "a_b",
      toType: "explore",
      event: { type: "agent.cancel", reason: "enough" },
    });
    expect(taskStatuses(story)).toMatchObject({ d: "cancelled" });
    const one = story.when(settles("b", "verified"));
    expect([one.path, born(one)]).toEqual(["cancelling", []]);
    expectEnd(one.when(settles("c", "cancelled")), "cancelled", [
      "cancelled: enough",
      expect.stringContaining("c: cancelled"),
      expect.stringContaining("d: cancelled"),
    ]);
  }),
  law("a run cancelled while nobody works ends at once", (machine) => {
    const story = coordinating([task("a")], { machine, parallelMax: 0 }).when(stop);
    expectEnd(story, "cancelled", ["cancelled: enough", "a: cancelled (enough)"]);
  }),
  law(
    "an attempt that fails or dies while the run is cancelled is not tried again: the run ends with it",
    (machine) => {
      for (const word of [settles("a", "failed"), died("a_a")]) {
        const story = coordinating([task("a", [], 3)], { machine }).whenAll(stop, word);
        expect(story.path).toBe("cancelled");
        expect(born(story)).toEqual([]);
      }
    },
  ),
  law("agents that do not answer in time are left behind: the grace timer ends the run without them", (machine) => {
    const story = coordinating([task("a"), task("b")], { machine }).whenAll(stop, settles("a", "cancelled"));
    expect(story.path).toBe("cancelling");
    const end = story.whenTimerFires();
    expectEnd(end, "cancelled", [
      "cancelled: enough",
      expect.stringContaining("a: cancelled"),
      expect.stringContaining("did not answer in time"),
    ]);
    expect(taskStatuses(end)).toEqual({ a: "cancelled", b: "cancelled" });
  }),
  law("the grace is half a minute, armed once, and disarmed by the last word", (machine) => {
    const story = coordinating([task("a")], { machine }).when(stop);
    expect(story.decision.timersSet).toEqual([{ id: expect.any(String), delayMs: 30_000 }]);
    const end = story.when(settles("a", "cancelled"));
    expect(end.decision.timersCancelled).toEqual([story.decision.timersSet[0]?.id]);
    expectEnd(end, "cancelled", [expect.anything(), expect.anything()]);
  }),
  law("a second cancel changes nothing", (machine) => {
    const story = coordinating([task("a")], { machine }).when(stop);
    const again = story.when({ ...stop, reason: "more" } as never);
    expect([again.decision.changed, again.state === story.state]).toEqual([false, true]);
  }),
  law("an ended run is never left, whatever comes", (machine) => {
    const ends = [
      coordinating([task("a")], { machine }).when(settles("a")),
      coordinating([task("a")], { machine }).when(settles("a", "failed")),
      coordinating([task("a")], { machine }).when(settles("a", "exhausted")),
      coordinating([task("a")], { machine }).whenAll(stop, settles("a", "cancelled")),
    ];
    expect(ends.map(({ path }) => path)).toEqual(["completed", "failed", "exhausted", "cancelled"]);
    for (const ended of ends) {
      for (const event of [stop, settles("a"), settles("a", "failed"), died("a_a")]) {
        const after = ended.when(event);
        expect([after.state === ended.state, after.effects]).toEqual([true, []]);
      }
    }
  }),
];

const requeueing: Law[] = [
  law("an actor that was put back has its task again, and its word counts", (machine) => {
    const story = coordinating([task("a"), task("b")], { machine }).whenAll(died("a_a"), requeues("a"));
    expect([born(story), stopped(story), taskStatuses(story)]).toEqual([[], [], { a: "running", b: "running" }]);
    expectEnd(story.whenAll(settles("b"), settles("a")), "completed", []);
  }),
  law("a rerouted task is tried by a new agent of the other type, although its attempts were used up", (machine) => {
    const story = coordinating([task("a"), task("b")], { machine }).whenAll(
      died("a_a"),
      requeues("a", null, "general"),
    );
    expect(story.effects).toMatchObject([{ type: "actor.spawn", actor: "a_a.2", agentType: "general" }]);
    const late = story.when(settles("a"));
    expect(taskStatuses(late)).toEqual({ a: "running", b: "running" });
    expectEnd(late.whenAll(settles("a", "verified", "a_a.2"), settles("b")), "completed", []);
  }),
  law("what was skipped for the sake of a failed task is open again with it, and nothing else is", (machine) => {
    const graph = [task("a"), task("b"), task("c", ["a"]), task("d", ["b", "c"]), task("e")];
    const story = coordinating(graph, { machine }).whenAll(died("a_a"), settles("b", "rejected"));
    expect(taskStatuses(story)).toMatchObject({ a: "failed", b: "rejected", c: "skipped", d: "skipped" });
    const again = story.when(requeues("a"));
    expect(taskStatuses(again)).toEqual({ a: "running", b: "rejected", c: "planned", d: "skipped", e: "running" });
    expect(born(again.when(settles("a")))).toEqual(["a_c"]);
  }),
  law(
    "an actor that was put back for a task that is not failed is told to end, and the task goes on as it was",
    (machine) => {
      const retried = coordinating([task("a", [], 2), task("b")], { machine }).when(died("a_a"));
      for (const story of [retried, coordinating([task("a"), task("b")], { machine }).when(settles("a"))]) {
        const after = story.when(requeues("a"));
        expect([stopped(after), born(after), taskStatuses(after)]).toEqual([["a_a"], [], taskStatuses(story)]);
        const rerouted = story.when(requeues("a", null, "general"));
        expect([rerouted.effects, taskStatuses(rerouted)]).toEqual([[], taskStatuses(story)]);
      }
    },
  ),
  law("an actor that was put back into a run that is being cancelled is told to end", (machine) => {
    const story = coordinating([task("a"), task("b")], { machine }).whenAll(died("a_a"), stop, requeues("a"));
    expect([stopped(story), taskStatuses(story).a]).toEqual([["a_a"], "failed"]);
    expect(story.when(settles("b", "cancelled")).path).toBe("cancelled");
  }),
];

export const coordinatorLaws: readonly Law[] = [
  ...graphs,
  ...failures,
  ...cancelling,
  ...requeueing,
  ...homecomingLaws,
  ...errandLaws,
  ...supervisingLaws,
  ...messageLaws,
];

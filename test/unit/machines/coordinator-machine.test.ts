// The life of a run: stories of the coordinator, each a law.
import { expect, it } from "vitest";
import { coordinatorMachine } from "../../../machines/coordinator-machine.ts";
import { INSIDE_EFFECTS_MAX } from "../../../machines/effect.ts";
import { type Decision, fold, statePath } from "../../../machines/fold.ts";
import { coordinating, settles, stop, stopped, task, taskStatuses } from "../../support/given-coordinator.ts";
import { coordinatorLaws } from "../../support/given-coordinator-laws.ts";
import { boundLaws } from "../../support/given-message-laws.ts";

for (const { title, holds } of [...coordinatorLaws, ...boundLaws]) it(title, () => holds(coordinatorMachine));

it("a thousand tasks are born in steps that each fit one commit, at most parallelMax at work, and each is born once", () => {
  const graph = Array.from({ length: 1_000 }, (_, n) => task(`t${n}`));
  const input = { actor: "a_coordinator", graph, parallelMax: 100, tolerateFailures: false };
  const bornIn = ({ inside }: Decision) =>
    inside.flatMap((order) => (order.type === "actor.spawn" ? [order.actor] : []));
  // Folded once a step, not twice as in a story: a thousand rows through JSON a thousand times prove nothing more.
  let decision = fold(coordinatorMachine, null, { version: 1, cause: { input } });
  const working = bornIn(decision);
  const all = new Set(working);
  for (let version = 2; working.length > 0; version += 1) {
    const actor = working.shift() ?? "";
    decision = fold(coordinatorMachine, decision.state, { version, cause: { event: settles(actor.slice(2)) } });
    expect(decision.inside.length).toBeLessThanOrEqual(INSIDE_EFFECTS_MAX);
    for (const one of bornIn(decision)) {
      expect(all.has(one)).toBe(false);
      all.add(one);
      working.push(one);
    }
    expect(working.length).toBeLessThanOrEqual(100);
  }
  expect(all.size).toBe(1_000);
  expect([statePath(decision.state), decision.inside]).toEqual([
    "completed",
    [{ type: "run.end", status: "completed", reasons: [] }],
  ]);
});

it("a cancel of more agents than one commit can tell fits one commit, and the run still ends", () => {
  const ids = Array.from({ length: 160 }, (_, n) => `t${n}`);
  const graph = ids.map((id) => task(id));
  let story = coordinating(graph, { parallelMax: 150 });
  for (const id of ids.slice(0, 4)) story = story.when(settles(id));
  const working = Object.values(taskStatuses(story)).filter((status) => status === "running").length;
  expect(working).toBeGreaterThan(INSIDE_EFFECTS_MAX);
  const cancelled = story.when(stop);
  expect(cancelled.path).toBe("cancelling");
  expect(stopped(cancelled)).toHaveLength(INSIDE_EFFECTS_MAX);
  expect(cancelled.whenTimerFires().path).toBe("cancelled");
});

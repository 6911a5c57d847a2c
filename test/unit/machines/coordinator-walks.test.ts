// The coordinator's books under anything that may be said, in any order: graphs, wishes and words are drawn, and every
// step keeps the laws that the small worlds of the model test are explored for.
import fc from "fast-check";
import { expect, it } from "vitest";
import { coordinator } from "../../../actors/types/coordinator.ts";
import { coordinatorMachine } from "../../../machines/coordinator-machine.ts";
import { type ActorState, type Cause, fold } from "../../../machines/fold.ts";
import { changeOf, type StateChange, stateFrom } from "../../../machines/snapshot.ts";
import type { PlannedTask } from "../../../machines/task-graph.ts";
import { contextOf, keyOf, saidIn, type Told, tasksOf, wrongIn } from "../../support/coordinator-worlds.ts";
import { asks, check, collected, merged, posts, task } from "../../support/given-coordinator.ts";

const drawnTask = fc.record({
  needs: fc.array(fc.nat(9), { maxLength: 2 }),
  attemptsMax: fc.integer({ min: 1, max: 2 }),
  joins: fc.boolean(),
  checked: fc.boolean(),
  deadline: fc.boolean(),
  priority: fc.integer({ min: -1, max: 1 }),
});

const graphOf = (rows: readonly (typeof drawnTask extends fc.Arbitrary<infer Row> ? Row : never)[]): PlannedTask[] =>
  rows.flatMap(({ needs, attemptsMax, joins, checked, deadline, priority }, at) => {
    const id = `t${at}`;
    const plain = task(id, at === 0 ? [] : [...new Set(needs.map((need) => `t${need % at}`))], attemptsMax);
    const one = { ...plain, joins, priority, topics: ["t"], ...(deadline ? { deadlineMs: 1_000 } : {}) };
    return checked ? [one, check(`k${at}`, id)] : [one];
  });

const wishes = fc.record({
  parallelMax: fc.integer({ min: 1, max: 3 }),
  tolerateFailures: fc.boolean(),
  replansMax: fc.integer({ min: 0, max: 3 }),
  synthesis: fc.boolean(),
  branch: fc.constantFrom(null, "swarm/r"),
  supervision: fc.record({
    strategy: fc.constantFrom("one-for-one" as const, "one-for-all" as const, "rest-for-one" as const),
    restartsMax: fc.nat(4),
    windowMs: fc.constantFrom(null, 60_000),
    // biome-ignore lint/suspicious/noThenProperty: as people write it
    then: fc.constantFrom("give-up" as const, "escalate" as const),
  }),
});

const told: Told = {
  replanned: [task("new-1"), task("new-2", ["new-1"])],
  revocations: 6,
  dies: true,
  more: [asks("a_t0"), posts("a_t0", "#t"), collected("ask"), collected("leave"), merged],
};

/** Said in this state: what brings the run on more often than what does not, and no cancel, which ends everything. */
function causesIn(state: ActorState): Cause[] {
  const { errand, tasks } = contextOf(state);
  const timers = Object.entries(state.timers).map(([timer, { armedBy }]) => ({ timer, armedBy }));
  const words = saidIn(state, told).filter(({ type }) => type !== "run.cancel");
  const brings = words.filter(
    (word) =>
      (word.type === "task.settled" && word.status === "verified" && tasks[word.task]?.actor === word.actor) ||
      ("task" in word && word.task === errand?.about) ||
      word.type === "proposal.prepared",
  );
  return [...[...words, ...words, ...brings, ...brings, ...brings].map((event) => ({ event })), ...timers];
}

it("whatever is said in whatever order, every step keeps the laws, and what is stored is the state", () => {
  const seen = { revoked: 0, joined: 0, replaced: 0, ended: 0 };
  fc.assert(
    fc.property(
      fc.array(drawnTask, { minLength: 1, maxLength: 6 }),
      wishes,
      fc.array(fc.nat(10_000), { minLength: 40, maxLength: 80 }),
      (rows, wish, picks) => {
        const input = { actor: "a_coordinator", graph: graphOf(rows), ...wish };
        let { state } = fold(coordinatorMachine, null, { version: 1, cause: { input } });
        const stored = new Map(changeOf(null, state, coordinator.shape).rowsSet);
        for (const [at, pick] of picks.entries()) {
          if (state.snapshot.status !== "active") break;
          const causes = causesIn(state);
          const cause = causes[pick % causes.length] as Cause;
          const before = state;
          const decision = fold(coordinatorMachine, before, { version: at + 2, cause });
          expect(wrongIn({ before, cause, decision }), JSON.stringify(cause)).toBeNull();
          state = decision.state;
          const change: StateChange = changeOf(before, state, coordinator.shape);
          for (const [key, row] of change.rowsSet) stored.set(key, row);
          const reborn = stateFrom({ core: change.core, rows: new Map([...stored].reverse()) }, coordinator.shape);
          expect(keyOf(reborn)).toBe(keyOf(state));
          if (contextOf(state).joins > contextOf(before).joins) seen.joined += 1;
          if (decision.inside.some(({ type }) => type === "result.revoke")) seen.revoked += 1;
        }
        if (tasksOf(state).some(({ status }) => status === "replaced")) seen.replaced += 1;
        if (state.snapshot.status !== "active") seen.ended += 1;
        expect(contextOf(state).restarts.length).toBeLessThanOrEqual(wish.supervision.restartsMax);
      },
    ),
    { numRuns: 150 },
  );
  // Not one of them is a walk past what it is about.
  expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(5);
});

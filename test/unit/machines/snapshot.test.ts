// How a state is stored: what changed is written, and what was written is read back, rows in any order.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coordinator } from "../../../actors/types/coordinator.ts";
import { explore } from "../../../actors/types/explore.ts";
import { coordinatorMachine } from "../../../machines/coordinator-machine.ts";
import { dehydrate, fold, rehydrate } from "../../../machines/fold.ts";
import { changeOf, PLAIN_SHAPE, stateFrom } from "../../../machines/snapshot.ts";
import { comparable } from "../../support/given.ts";
import { answered, failed, finished, pause, read, thinking } from "../../support/given-agent.ts";
import { coordinating, diamond, settles, stop, task } from "../../support/given-coordinator.ts";

const { shape } = coordinator;
const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("a change", () => {
  it("of a newborn holds every row and the core without them", () => {
    const { state } = coordinating(diamond());
    const { core, rowsSet } = changeOf(null, state, shape);
    expect([...rowsSet.keys()]).toEqual(["birth", "tasks/a", "tasks/b", "tasks/c", "tasks/d"]);
    expect(JSON.parse(rowsSet.get("tasks/a") ?? "")).toEqual(
      json((state.snapshot.context.tasks as Record<string, unknown>).a),
    );
    expect(JSON.parse(rowsSet.get("birth") ?? "")).toEqual({
      input: {
        actor: "a_coordinator",
        seed: "r_any",
        parallelMax: 4,
        tolerateFailures: false,
        branch: null,
        policy: null,
      },
    });
    expect(JSON.parse(core)).toEqual({ value: state.snapshot.value, context: {} });
  });

  it("that settles one of a thousand tasks writes the rows of that one and of those it lets start", () => {
    const ids = Array.from({ length: 1_000 }, (_, n) => `t${n}`);
    const before = coordinating(
      ids.map((id) => task(id)),
      { parallelMax: 2 },
    );
    const after = before.when(settles("t1"));
    const { core, rowsSet } = changeOf(before.state, after.state, shape);
    expect([...rowsSet.keys()].toSorted()).toEqual(["tasks/t1", "tasks/t2"]);
    expect(core.length).toBeLessThan(500);
  });

  it("that leaves the rows alone writes none", () => {
    const before = coordinating(diamond()).whenAll(settles("a"));
    const after = before.when(settles("a"));
    expect(after.state).not.toBe(before.state);
    expect(changeOf(before.state, after.state, shape).rowsSet.size).toBe(0);
    expect(changeOf(before.state, before.state, shape).rowsSet.size).toBe(0);
  });

  it("of a machine without rows is its core, context and timers included", () => {
    const { state } = thinking().when(failed(0));
    const { core, rowsSet } = changeOf(null, state, PLAIN_SHAPE);
    expect(rowsSet.size).toBe(0);
    const { status, ...snapshot } = json(dehydrate(state).snapshot) as { status: string };
    expect(status).toBe("active");
    expect(JSON.parse(core)).toEqual({ ...snapshot, timers: json(state.timers) });
    expect(Object.keys(state.timers)).toHaveLength(1);
  });

  it("of a step writes neither what the first input brought nor what nothing has happened to yet", () => {
    const begun = thinking();
    const { state } = begun;
    const later = begun.when(answered(0, [read("r1")]));
    const { core, rowsSet } = changeOf(state, later.state, explore.machine.shape);
    expect(rowsSet.size).toBe(0);
    expect(Object.keys(JSON.parse(core).context)).toEqual(["turn", "calls"]);
    expect(JSON.parse(changeOf(null, state, explore.machine.shape).rowsSet.get("birth") ?? "")).toHaveProperty(
      "input.limits",
    );
  });

  it("from a state that was read back is, to the letter, the one from a state that never left memory", () => {
    const { shape: ofAgent, machine } = explore.machine;
    const story = thinking().whenAll(answered(0, [read("r1"), read("r2")]));
    const stored = changeOf(null, story.state, ofAgent);
    const back = rehydrate(machine, stateFrom({ core: stored.core, rows: stored.rowsSet }, ofAgent));
    for (const event of [finished("r1"), finished("r2", false), pause, stop]) {
      const entry = { version: 9, cause: { event } };
      const live = changeOf(story.state, fold(machine, story.state, entry).state, ofAgent);
      expect(changeOf(back, fold(machine, back, entry).state, ofAgent)).toEqual(live);
    }
  });

  it("of a longer conversation is no longer: calls of earlier turns are not kept", () => {
    const lengths: number[] = [];
    let story = thinking(undefined, { turnsMax: 99, remindersMax: 0 });
    for (let turn = 10; turn < 90; turn += 1) {
      story = story.when(answered(turn - 10, [read(`r${turn}`, "refused")]));
      if (turn > 20) lengths.push(changeOf(null, story.state, PLAIN_SHAPE).core.length);
    }
    expect(new Set(lengths).size).toBe(1);
  });
});

describe("what was stored", () => {
  const events = fc.array(
    fc.oneof(
      fc
        .tuple(
          fc.constantFrom("a", "b", "c", "d"),
          fc.constantFrom("verified", "failed", "rejected", "exhausted", "cancelled"),
          fc.constantFrom("", ".2"),
        )
        .map(([id, status, attempt]) => settles(id, status as never, `a_${id}${attempt}`)),
      fc.constant(stop),
    ),
    { maxLength: 10 },
  );

  it("row by row, change by change, is the state again, in whatever order the rows come back", () => {
    fc.assert(
      fc.property(events, fc.boolean(), fc.infiniteStream(fc.nat(1_000)), (walk, tolerateFailures, chance) => {
        let state = coordinating(diamond(2), { parallelMax: 2, tolerateFailures }).state;
        let { core, rowsSet: rows } = changeOf(null, state, shape);
        for (const [index, event] of walk.entries()) {
          const live = fold(coordinatorMachine, state, { version: index + 2, cause: { event } });
          const change = changeOf(state, live.state, shape);
          core = change.core;
          rows = new Map([...rows, ...change.rowsSet]);
          const keyed = [...rows].map((row) => [chance.next().value as number, row] as const);
          const shuffled = new Map(keyed.toSorted(([a], [b]) => a - b).map(([, row]) => row));
          const stored = stateFrom({ core, rows: shuffled }, shape);
          expect(stored).toEqual(json(dehydrate(live.state)));
          // And it goes on as the live one does.
          const next = { version: index + 3, cause: { event: stop } };
          expect(comparable(fold(coordinatorMachine, rehydrate(coordinatorMachine, stored), next))).toEqual(
            comparable(fold(coordinatorMachine, live.state, next)),
          );
          state = live.state;
        }
      }),
      { numRuns: 200 },
    );
  });

  it("keeps rows of one map apart from those of another that begins alike", () => {
    const state = {
      snapshot: { status: "active", value: "a", context: { task: { "x/y": 1 }, tasks: { x: 2, "": 3 }, other: 4 } },
      timers: { t: { armedBy: 3, event: { type: "t" } } },
    };
    const maps = { ...PLAIN_SHAPE, maps: ["task", "tasks"] };
    const { core, rowsSet } = changeOf(null, state, maps);
    expect(stateFrom({ core, rows: rowsSet }, maps)).toEqual(state);
  });

  it("and is not JSON throws", () => {
    expect(() => stateFrom({ core: "{", rows: new Map() }, PLAIN_SHAPE)).toThrow(SyntaxError);
  });
});

// What is drawn of a machine is all that the machine can do, by the names under which it is reported as done.

import { describe, expect, test } from "vitest";
import { type AnyStateMachine, type AnyStateNode, and, createActor, not, or, setup } from "xstate";
import { drawnMachines } from "../../../apps/visualizer/drawn-machines.ts";
import { type Chart, type ChartState, chartOf, edgeIdOf } from "../../../machines/chart.ts";

const statesIn = (state: ChartState): ChartState[] => [state, ...state.states.flatMap(statesIn)];
const nodesIn = (node: AnyStateNode): AnyStateNode[] => [node, ...Object.values(node.states).flatMap(nodesIn)];
const edge = (chart: Chart, id: string) => chart.edges.find((one) => one.id === id);

describe.each(drawnMachines.map(({ name, machine }) => [name, machine.machine] as const))("%s", (_, machine) => {
  const chart = chartOf(machine);

  test("every state and every transition of the machine stands in its chart, once", () => {
    const nodes = nodesIn(machine.root);
    const transitions = nodes.flatMap((node) => [...(node.always ?? []), ...[...node.transitions.values()].flat()]);
    expect(transitions.length).toBeGreaterThan(3);
    expect(chart.edges.map(({ id }) => id).sort()).toEqual(transitions.map(edgeIdOf).sort());
    expect(new Set(chart.edges.map(({ id }) => id)).size).toBe(transitions.length);
    expect(statesIn(chart.root).map(({ id }) => id)).toEqual(nodes.map(({ id }) => id));
  });

  test("every guard, action and delay has a name", () => {
    expect(JSON.stringify(chart)).not.toContain("(inline)");
    expect(chart.edges.filter(({ cause, label }) => cause !== "always" && label === "")).toEqual([]);
  });

  test("what leads somewhere leads to a state of the chart", () => {
    const ids = new Set(statesIn(chart.root).map(({ id }) => id));
    expect(chart.edges.flatMap(({ to }) => to).filter((id) => !ids.has(id))).toEqual([]);
  });

  test("the chart is JSON, and the same each time", () => {
    expect(JSON.parse(JSON.stringify(chart))).toEqual(chart);
    expect(JSON.stringify(chartOf(machine))).toBe(JSON.stringify(chart));
  });
});

const walker = setup({
  types: {} as { context: { far: boolean }; events: { type: "go" } | { type: "stay" } },
  guards: { far: ({ context }) => context.far, near: ({ context }) => !context.far, dark: () => false },
  actions: { shout: () => {}, note: () => {} },
  delays: { soon: 1 },
}).createMachine({
  id: "walker",
  version: "7",
  context: { far: false },
  initial: "home",
  states: {
    home: {
      on: {
        go: [
          { guard: "far", target: "away" },
          { target: "crossing", actions: ["note", "shout"] },
        ],
        stay: { actions: "note" },
      },
    },
    crossing: {
      always: [
        { guard: and(["near", not("dark")]), target: "street" },
        { guard: or([and(["near", "dark"]), "far"]), target: "away" },
        { guard: ({ context }) => context.far, target: "home" },
      ],
    },
    street: { after: { soon: "away", 500: { target: "home", reenter: true } }, entry: "shout" },
    away: { type: "parallel", states: { body: { initial: "rests", states: { rests: { type: "final" } } }, mind: {} } },
  },
});

describe("a chart tells", () => {
  const chart = chartOf(walker);

  test("which of several is tried first, and what each does", () => {
    expect(chart.edges.filter(({ from, label }) => from === "walker.home" && label === "go")).toMatchObject([
      { id: "walker.home|go|0", guard: "far", order: 1, to: ["walker.away"], actions: [] },
      { id: "walker.home|go|1", guard: null, order: 2, actions: [{ name: "note" }, { name: "shout", effect: true }] },
    ]);
    expect(edge(chart, "walker.home|stay|0")).toMatchObject({ to: [], order: null, cause: "event" });
  });

  test("guards that are put together, and that one has no name", () => {
    expect(chart.edges.filter(({ cause }) => cause === "always").map(({ guard }) => guard)).toEqual([
      "near and not dark",
      "(near and dark) or far",
      "(inline)",
    ]);
  });

  test("timers by the name of their delay, without what keeps them running", () => {
    const timers = chart.edges.filter(({ cause }) => cause === "timer");
    expect(timers.map(({ label, to, reenter }) => [label, to, reenter])).toEqual([
      ["500", ["walker.home"], true],
      ["soon", ["walker.away"], false],
    ]);
    expect(
      statesIn(chart.root)
        .find(({ id }) => id === "walker.street")
        ?.entry.map(({ name }) => name),
    ).toEqual(["shout"]);
  });

  test("what kind each state is", () => {
    expect(statesIn(chart.root).map(({ name, kind }) => [name, kind])).toEqual([
      ["walker", "compound"],
      ["home", "atomic"],
      ["crossing", "atomic"],
      ["street", "atomic"],
      ["away", "parallel"],
      ["body", "compound"],
      ["rests", "final"],
      ["mind", "atomic"],
    ]);
  });
});

test("a transition that XState reports as taken has the id that it has in the chart, `always` and timers too", async () => {
  const taken: string[] = [];
  const actor = createActor(walker as AnyStateMachine, {
    inspect: (event) => {
      if (event.type !== "@xstate.microstep") return;
      taken.push(...event._transitions.map(edgeIdOf));
    },
  });
  actor.start();
  actor.send({ type: "stay" });
  actor.send({ type: "go" });
  await expect.poll(() => taken.length).toBe(4);
  actor.stop();
  expect(taken).toEqual([
    "walker.home|stay|0",
    "walker.home|go|1",
    "walker.crossing||0",
    "walker.street|xstate.after.soon.walker.street|0",
  ]);
  const drawn = new Set(chartOf(walker).edges.map(({ id }) => id));
  expect(taken.filter((id) => !drawn.has(id))).toEqual([]);
});

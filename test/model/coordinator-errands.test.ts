// The coordinator with all it can do beyond a plain graph (joins, checks, plans, revocations, supervision, messages),
// explored exhaustively in small worlds from its real definition.
import { describe, expect, it } from "vitest";
import type { AnyStateMachine } from "xstate";
import type { CoordinatorInput } from "../../machines/coordinator-context.ts";
import { coordinatorMachine } from "../../machines/coordinator-machine.ts";
import type { PlannedTask } from "../../machines/task-graph.ts";
import { keyOf, saidIn, type Told, wrongIn } from "../support/coordinator-worlds.ts";
import { answers, asks, check, collected, joins, merged, posts, task } from "../support/given-coordinator.ts";
import { explore, restingPaths, type Space } from "./explore.ts";

type Wishes = Partial<Omit<CoordinatorInput, "graph" | "actor">>;
type World = readonly [name: string, graph: readonly PlannedTask[], wishes: Wishes, told: Told];

const plan: PlannedTask = { ...task("plan", [], 2), role: "plan" };
// biome-ignore lint/suspicious/noThenProperty: as people write it
const policy = { strategy: "one-for-all", restartsMax: 1, windowMs: 60_000, then: "escalate" } as const;

const worlds: readonly World[] = [
  ["work that is joined", [joins("a", [], 2), task("b", ["a"])], { parallelMax: 1 }, {}],
  [
    "work that is joined and taken back",
    [joins("a"), joins("b")],
    { parallelMax: 1 },
    { revocations: 1, conflicts: false },
  ],
  ["a conflict that is resolved and taken back", [joins("a")], { parallelMax: 1 }, { revocations: 1 }],
  ["a check", [task("a", [], 2), check("k", "a"), task("b", ["a", "k"])], {}, { revocations: 1 }],
  ["a plan", [plan], {}, { proposed: [task("x"), task("y", ["x"])], revocations: 1 }],
  ["a new plan", [task("a"), task("b", ["a"])], { replansMax: 1 }, { replanned: [task("a1")], revocations: 1 }],
  [
    "tasks that nobody wants any more",
    [task("a", [], 2), task("b", ["a"])],
    { replansMax: 1 },
    { unwanted: true, replanned: [task("a1")] },
  ],
  ["work that is joined, or not wanted any more", [joins("a"), task("b", ["a"])], {}, { unwanted: true }],
  ["a summary", [task("a"), task("b")], { synthesis: true }, { revocations: 1 }],
  [
    "one for all, with a window and a deadline, up to the end of the run",
    [{ ...task("a", [], 3), deadlineMs: 1_000 }, task("b", [], 2)],
    { supervision: policy },
    { dies: true },
  ],
  [
    "rest for one, given up",
    [task("a", [], 2), task("b", [], 2)],
    // biome-ignore lint/suspicious/noThenProperty: as people write it
    { supervision: { strategy: "rest-for-one", restartsMax: 2, windowMs: null, then: "give-up" } },
    { revocations: 1 },
  ],
  [
    "a diamond that is taken back",
    [task("a"), task("b", ["a"]), task("c", ["a"]), task("d", ["b", "c"])],
    {},
    { revocations: 1 },
  ],
  [
    "questions and messages",
    [
      { ...task("a"), topics: ["t"] },
      { ...task("b"), topics: ["t"] },
    ],
    {},
    { more: [asks("a_a"), asks("a_b"), posts("a_nobody", "#t")] },
  ],
  [
    "a tree of the run's own",
    [task("a")],
    { branch: "swarm/r" },
    { revocations: 1, more: [collected("ask"), collected("leave"), merged, answers(true), answers(false)] },
  ],
];

const space = (machine: AnyStateMachine, [, graph, wishes, told]: World): Space => ({
  machine,
  input: { actor: "a_coordinator", graph, parallelMax: 2, tolerateFailures: false, ...wishes },
  causes: (state) => saidIn(state, told),
  key: keyOf,
  wrong: wrongIn,
  gratuitous: new Set(["run.cancel", "result.revoke", "task.cancel"]),
  statesMax: 2_500,
});

describe("whatever is said, and whenever, the coordinator keeps its laws and can always end by itself, with", () => {
  const seen = new Set<string>();
  it.each(worlds)("%s", (...world) => {
    const walk = explore(space(coordinatorMachine, world));
    expect(walk.findings).toEqual([]);
    expect(walk.edges).toBeGreaterThan(100);
    for (const path of walk.paths) seen.add(path);
  });
  it("and all of its states are seen in them but one that only running out of money leads to", () => {
    expect(restingPaths(coordinatorMachine).filter((path) => !seen.has(path))).toEqual(["exhausted"]);
  });
});

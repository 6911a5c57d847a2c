// The coordinator, explored exhaustively on small graphs from its real definition: every task may end in every way, at
// any time, twice, too late, or never.
import { describe, expect, it } from "vitest";
import type { AnyStateMachine } from "xstate";
import { coordinator } from "../../actors/types/coordinator.ts";
import type { CoordinatorContext } from "../../machines/coordinator-context.ts";
import type { CoordinatorEvent } from "../../machines/coordinator-event.ts";
import { coordinatorMachine } from "../../machines/coordinator-machine.ts";
import { INSIDE_EFFECTS_MAX, type ResultStatus } from "../../machines/effect.ts";
import { type ActorState, statePath } from "../../machines/fold.ts";
import { changeOf, stateFrom } from "../../machines/snapshot.ts";
import type { PlannedTask, Task } from "../../machines/task-graph.ts";
import { RESTARTS_MAX } from "../../machines/task-supervision.ts";
import {
  answers,
  collected,
  diamond,
  died,
  left,
  merged,
  settles,
  stop,
  task,
  uncollected,
} from "../support/given-coordinator.ts";
import { coordinatorLaws } from "../support/given-coordinator-laws.ts";
import { caughtBy, type Edge, explore, guardMutants, restingPaths, type Space } from "./explore.ts";

const contextOf = ({ snapshot }: ActorState): CoordinatorContext => snapshot.context as unknown as CoordinatorContext;
const tasksOf = (state: ActorState): readonly Task[] => Object.values(contextOf(state).tasks);
const statuses: readonly ResultStatus[] = ["verified", "rejected", "failed", "exhausted", "cancelled"];

/** Every answer there is to the bringing home of the work; each may come late, twice or unasked. */
const homecoming = [
  collected("ask"),
  collected("allow"),
  collected("leave"),
  collected("allow", 0),
  uncollected,
  merged,
  left,
  answers(true),
  answers(false),
  answers(true, "another"),
];

function causes(state: ActorState): readonly { readonly type: string }[] {
  return [
    stop,
    ...tasksOf(state).flatMap(({ id, attemptsMax }) =>
      Array.from({ length: attemptsMax }, (_, attempt) =>
        attempt === 0 ? `a_${id}` : `a_${id}.${attempt + 1}`,
      ).flatMap((actor) => [...statuses.map((status) => settles(id, status, actor)), died(actor)]),
    ),
    settles("nobody"),
    died("a_nobody"),
    ...(contextOf(state).input.branch === null ? [] : homecoming),
  ];
}

function key(state: ActorState): string {
  const rows = tasksOf(state).map(({ status, attempt, actor }) => [status, attempt, actor]);
  return JSON.stringify([statePath(state), contextOf(state).cancelReason, rows, Object.keys(state.timers)]);
}

const isOpen = (status: string): boolean => ["planned", "running", "resting"].includes(status);

/** Nothing goes where it was meant for without a yes to exactly that commit, and nothing that did not come out well. */
function unlawfulOrder(
  before: ActorState,
  cause: Edge["cause"],
  state: ActorState,
  outside: Edge["decision"]["outside"],
): string | null {
  const [order, ...more] = outside;
  const entered = (path: string): boolean => statePath(state) === path && statePath(before) !== path;
  if (more.length > 0) return "two outside effects at once";
  if ((order?.type === "workspace.collect") !== entered("collecting"))
    return "collecting and its order do not go together";
  if ((order?.type === "workspace.merge") !== entered("merging")) return "merging and its order do not go together";
  if (order?.type === "workspace.collect") {
    if (contextOf(state).input.branch === null) return "there is no tree to collect";
    return tasksOf(state).some(({ status }) => isOpen(status)) ? "collected under the hands of an agent" : null;
  }
  if (order?.type !== "workspace.merge") return order === undefined ? null : `a coordinator ordered ${order.type}`;
  if (order.commit !== "c0ffee") return "another commit was merged than was collected";
  const event = ("event" in cause ? cause.event : {}) as Partial<CoordinatorEvent>;
  if (event.type === "workspace.collected" && event.files === 0) return null;
  const yes =
    (event.type === "workspace.collected" && event.merge === "allow" && statePath(before) !== "merging") ||
    (event.type === "approval.answered" && event.allowed === true && event.call === "merge");
  if (!yes) return "merged without a yes";
  if (contextOf(state).cancelReason !== null) return "a cancelled run was merged";
  const good = tasksOf(state).filter(({ status }) => status === "verified").length;
  const whole = contextOf(state).input.tolerateFailures ? good > 0 : good === tasksOf(state).length;
  return whole ? null : "merged although not all of it came out well";
}

function wrong({ before, cause, decision }: Edge): string | null {
  const { state, inside, outside } = decision;
  const { tasks, input, cancelReason } = contextOf(state);
  const { parallelMax, tolerateFailures } = input;
  const was = new Map(tasksOf(before).map((one) => [one.id, one]));
  const all = tasksOf(state);
  const unlawful = unlawfulOrder(before, cause, state, outside);
  if (unlawful !== null) return unlawful;
  if (inside.length > INSIDE_EFFECTS_MAX) return "more inside effects than fit a commit";
  if (all.filter(({ status }) => status === "running").length > parallelMax) return "more agents at work than allowed";
  const spawned = inside.flatMap((order) => (order.type === "actor.spawn" ? [order] : []));
  if (spawned.length > 0 && cancelReason !== null) return "an agent was born into a cancelled run";
  for (const { actor, input } of spawned) {
    const now = tasks[input.task];
    if (now?.status !== "running" || now.actor !== actor) return `${actor} was born for a task that does not know it`;
    if (now.needs.some((need) => tasks[need]?.status !== "verified")) return `${actor} stands on nothing`;
    if (input.standsOn.length !== now.needs.length) return `${actor} was not told what it stands on`;
    if (was.get(input.task)?.attempt !== now.attempt - 1 || now.attempt > now.attemptsMax)
      return `${actor} is one attempt too many`;
  }
  const started = all.filter(({ id, attempt }) => attempt > (was.get(id)?.attempt ?? 0));
  if (started.length !== spawned.length) return "a task was marked as started without an agent";
  for (const one of all) {
    const old = was.get(one.id);
    if (old === undefined || old.status === one.status) continue;
    if (!["planned", "running", "resting"].includes(old.status))
      return `${one.id} was ${old.status} and became ${one.status}`;
  }
  const rests = all.some(({ status }) => status === "resting");
  if (rests !== (statePath(state) === "supervising.resting"))
    return `${rests ? "somebody rests" : "nobody rests"} in ${statePath(state)}`;
  const ended = state.snapshot.status !== "active" && before.snapshot.status === "active";
  const ends = inside.flatMap((order) => (order.type === "run.end" ? [order] : []));
  if (ends.length !== (ended ? 1 : 0)) return `${ends.length} ends of a run that ${ended ? "ended" : "goes on"}`;
  const [end] = ends;
  if (end !== undefined) {
    if (all.some(({ status }) => ["planned", "running", "resting"].includes(status)))
      return "the run ended with open tasks";
    if (all.reduce((sum, { attempt }) => sum + Math.max(0, attempt - 1), 0) > RESTARTS_MAX) return "too many restarts";
    const good = all.filter(({ status }) => status === "verified").length;
    const completed = good === all.length || (tolerateFailures && good > 0);
    if (cancelReason !== null ? end.status !== "cancelled" : (end.status === "completed") !== completed)
      return `ended as ${end.status} with ${good} of ${all.length} verified`;
    if (end.status !== statePath(state)) return `told ${end.status} and became ${statePath(state)}`;
    if (Object.keys(state.timers).length > 0) return "an ended run left a timer behind";
  }
  const change = changeOf(before, state, coordinator.shape);
  const rows = new Map([...changeOf(null, before, coordinator.shape).rowsSet, ...change.rowsSet]);
  const stored = stateFrom({ core: change.core, rows: new Map([...rows].reverse()) }, coordinator.shape);
  if (
    key(stored as ActorState) !== key(state) &&
    JSON.stringify(tasksSorted(stored)) !== JSON.stringify(tasksSorted(state))
  )
    return "the rows that were written are not the state";
  if ("event" in cause && !("task" in cause.event || "actor" in cause.event) && spawned.length > 0)
    return "a cancel gave birth";
  return null;
}

const tasksSorted = (state: ActorState): readonly Task[] => tasksOf(state).toSorted((a, b) => a.order - b.order);

const space = (machine: AnyStateMachine, graph: readonly PlannedTask[], changed: Changed = {}): Space => ({
  machine,
  input: { actor: "a_coordinator", graph, parallelMax: 2, tolerateFailures: false, ...changed },
  causes,
  key,
  wrong,
  gratuitous: new Set(["run.cancel"]),
  statesMax: 60_000,
});

interface Changed {
  parallelMax?: number;
  tolerateFailures?: boolean;
  branch?: string;
}

const graphs: [string, readonly PlannedTask[], Changed][] = [
  ["a diamond with second attempts", diamond(2), {}],
  ["a diamond one at a time", diamond(), { parallelMax: 1 }],
  ["a diamond that tolerates failures", diamond(), { parallelMax: 3, tolerateFailures: true }],
  ["a chain with second attempts", [task("a", [], 2), task("b", ["a"], 2), task("c", ["b"])], {}],
  ["three that know nothing of each other", [task("a", [], 2), task("b"), task("c")], {}],
  ["a tree of its own", [task("a"), task("b", ["a"])], { branch: "swarm/r" }],
  [
    "a tree of its own, and failures that are tolerated",
    [task("a"), task("b")],
    { branch: "swarm/r", tolerateFailures: true },
  ],
  ["a single task with three attempts", [task("a", [], 3)], { parallelMax: 1 }],
];

describe("the coordinator keeps every law on every step, and can always end by itself, with", () => {
  it.each(graphs)("%s", (_, graph, changed) => {
    const walk = explore(space(coordinatorMachine, graph, changed));
    expect(walk.findings).toEqual([]);
    const never = new Set([
      // Where there is one attempt, nobody rests before a second.
      ...(graph.some(({ attemptsMax }) => attemptsMax > 1) ? [] : ["supervising.resting"]),
      ...(changed.branch === undefined ? ["collecting", "awaitingApproval", "merging"] : []),
    ]);
    const paths = restingPaths(coordinatorMachine).filter((path) => !never.has(path));
    expect([...walk.paths].toSorted()).toEqual(paths.toSorted());
    expect(walk.edges).toBeGreaterThan(100);
  });
});

describe("a broken guard of the coordinator is caught:", () => {
  const mutants = guardMutants(coordinatorMachine);
  it("there are guards to break, and the machine itself is not caught", () => {
    expect(mutants.length).toBeGreaterThanOrEqual(10);
    expect(
      caughtBy(coordinatorMachine, coordinatorLaws, [() => explore(space(coordinatorMachine, diamond()))]),
    ).toBeNull();
  });
  for (const { name, mutant } of mutants) {
    it(name, () => {
      const walks = [
        space(mutant, diamond()),
        space(mutant, [task("a", [], 2)]),
        space(mutant, [task("a")], { branch: "swarm/r" }),
      ].map((one) => () => explore(one, { firstOnly: true }));
      expect(caughtBy(mutant, coordinatorLaws, walks)).not.toBeNull();
    });
  }
});

/** The words in which stories of the coordinator are told: graphs, and the facts that reach it. */
import type { AnyStateMachine } from "xstate";
import { coordinatorMachine } from "../../machines/coordinator-machine.ts";
import type { CoordinatorEvent, CoordinatorInput, MergeVerdict } from "../../machines/coordinator-vocabulary.ts";
import type { ResultStatus } from "../../machines/effect.ts";
import { resultId } from "../../machines/effect.ts";
import type { PlannedTask, Task, TaskStatus } from "../../machines/task-graph.ts";
import { given, type Story } from "./given.ts";
import { limits } from "./given-agent.ts";

export const task = (id: string, needs: readonly string[] = [], attemptsMax = 1): PlannedTask => ({
  id,
  agentType: "explore",
  needs,
  limits,
  attemptsMax,
});

/** a before b and c, both before d. */
export const diamond = (attemptsMax = 1): PlannedTask[] => [
  task("a", [], attemptsMax),
  task("b", ["a"], attemptsMax),
  task("c", ["a"], attemptsMax),
  task("d", ["b", "c"], attemptsMax),
];

export const coordinating = (
  graph: readonly PlannedTask[],
  {
    parallelMax = 4,
    tolerateFailures = false,
    seed = "r_any",
    branch = null as string | null,
    machine = coordinatorMachine as AnyStateMachine,
  } = {},
): Story => {
  const input: CoordinatorInput = { actor: "a_coordinator", graph, parallelMax, tolerateFailures, seed, branch };
  return given(machine, input);
};

/** An agent's last word; its name carries the attempt. */
export const settles = (
  id: string,
  status: ResultStatus = "verified",
  actor = `a_${id}`,
  reasons: readonly string[] = [],
): CoordinatorEvent => ({
  type: "task.settled",
  task: id,
  actor,
  status,
  result: resultId(actor),
  reasons: status === "verified" ? [] : reasons.length > 0 ? reasons : [`${status} it is`],
});
export const died = (actor: string): CoordinatorEvent => ({ type: "agent.died", actor, reason: "poison" });
/** A dead letter of the task went back to work: with the actor as it died, or (null) for a new agent of this type. */
export const requeues = (id: string, actor: string | null = `a_${id}`, agentType = "explore"): CoordinatorEvent => ({
  type: "task.requeued",
  task: id,
  actor,
  agentType,
});
export const stop: CoordinatorEvent = { type: "run.cancel", reason: "enough" };

/** The run's own working tree was made into a commit. */
export const collected = (merge: MergeVerdict, files = 2): CoordinatorEvent => ({
  type: "workspace.collected",
  files,
  commit: "c0ffee",
  merge,
  reason: "nobody can be asked",
});
export const uncollected: CoordinatorEvent = { type: "workspace.uncollected", reason: "git broke" };
export const merged: CoordinatorEvent = { type: "workspace.merged" };
export const left: CoordinatorEvent = { type: "workspace.left", reason: "conflicts in a.txt" };
export const answers = (allowed: boolean, call = "merge"): CoordinatorEvent => ({
  type: "approval.answered",
  call,
  allowed,
  reason: "not like this",
});

/** Actors that the last step gave birth to. */
export const born = (story: Story): readonly string[] =>
  story.decision.inside.flatMap((order) => (order.type === "actor.spawn" ? [order.actor] : []));
/** Actors that the last step told to stop. */
export const stopped = (story: Story): readonly string[] =>
  story.decision.inside.flatMap((order) =>
    order.type === "message.send" && order.event.type === "agent.cancel" ? [order.to] : [],
  );
export const taskOf = (story: Story, id: string): Task =>
  (story.state.snapshot.context.tasks as Record<string, Task>)[id] as Task;
export const taskStatuses = (story: Story): Record<string, TaskStatus> =>
  Object.fromEntries(
    Object.values(story.state.snapshot.context.tasks as Record<string, Task>).map(({ id, status }) => [id, status]),
  );

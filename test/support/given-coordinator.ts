/** The words in which stories of the coordinator are told: graphs, and the facts that reach it. */
import type { AnyStateMachine } from "xstate";
import type { CoordinatorInput } from "../../machines/coordinator-context.ts";
import type { CoordinatorEvent, MergeVerdict } from "../../machines/coordinator-event.ts";
import { coordinatorMachine } from "../../machines/coordinator-machine.ts";
import type { InsideEffect, ResultStatus } from "../../machines/effect.ts";
import { resultId } from "../../machines/effect.ts";
import type { PlannedTask, Task } from "../../machines/task-graph.ts";
import type { TaskStatus } from "../../machines/task-status.ts";
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

type Wishes = Partial<Omit<CoordinatorInput, "actor" | "graph">> & { readonly machine?: AnyStateMachine };

export const coordinating = (
  graph: readonly PlannedTask[],
  {
    parallelMax = 4,
    tolerateFailures = false,
    seed = "r_any",
    branch = null,
    machine = coordinatorMachine as AnyStateMachine,
    ...policy
  }: Wishes = {},
): Story => {
  const input: CoordinatorInput = {
    actor: "a_coordinator",
    graph,
    parallelMax,
    tolerateFailures,
    seed,
    branch,
    ...policy,
  };
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

/** A result that was verified is taken back. */
export const revokes = (result: string, redo = true): CoordinatorEvent => ({
  type: "result.revoke",
  result,
  reason: "the line is not there",
  by: "ann",
  redo,
});
/** Nobody wants the task any more. */
export const unwanted = (id: string): CoordinatorEvent => ({
  type: "task.cancel",
  task: id,
  reason: "not wanted any more",
});
export const joined = (id: string, commit: string | null = `c_${id}`): CoordinatorEvent => ({
  type: "task.joined",
  task: id,
  commit,
  files: commit === null ? 0 : 1,
});
export const conflicted = (id: string): CoordinatorEvent => ({
  type: "task.conflicted",
  task: id,
  files: ["a.txt"],
  reason: "it conflicts",
});
export const unjoined = (id: string): CoordinatorEvent => ({ type: "task.unjoined", task: id, reason: "git broke" });
export const rebuilt: CoordinatorEvent = { type: "workspace.rebuilt" };
export const unbuilt: CoordinatorEvent = { type: "workspace.unbuilt", reason: "git broke" };
export const prepared = (id: string, attemptsMax = 1): CoordinatorEvent => ({
  type: "proposal.prepared",
  task: { ...task(id, [], attemptsMax), agentType: "plan" },
});
export const unprepared = (id: string): CoordinatorEvent => ({
  type: "proposal.unprepared",
  task: id,
  reason: "there is no plan agent",
});
export const proposes = (
  id: string,
  tasks: readonly PlannedTask[],
  more: Partial<Extract<CoordinatorEvent, { type: "proposal.made" }>> = {},
): CoordinatorEvent => ({
  type: "proposal.made",
  task: id,
  tasks,
  drops: [],
  ends: [],
  accept: "allow",
  reason: "so be it",
  ...more,
});
export const refuses = (id: string): CoordinatorEvent => ({
  type: "proposal.refused",
  task: id,
  problems: ["no such type"],
});
export const judges = (id: string, holds: boolean): CoordinatorEvent => ({
  type: "verdict.read",
  task: id,
  of: "",
  holds,
  reasons: holds ? [] : ["the line is not there"],
});
export const check = (id: string, of: string): PlannedTask => ({ ...task(id, [of]), role: "check", of });
export const joins = (id: string, needs: readonly string[] = [], attemptsMax = 1): PlannedTask => ({
  ...task(id, needs, attemptsMax),
  joins: true,
});
export const asks = (actor: string, question = `${actor}:0:q`): CoordinatorEvent => ({
  type: "question.asked",
  question,
  actor,
  text: "which port?",
});
export const opened = (question: string): CoordinatorEvent => ({ type: "question.open", question });
export const closed = (question: string): CoordinatorEvent => ({
  type: "question.closed",
  question,
  reason: "nobody can be asked",
});
export const posts = (from: string, to: string): CoordinatorEvent => ({
  type: "post.sent",
  post: `${from}:0:p`,
  from,
  to,
  kind: "file",
  body: { path: "a.txt" },
});

/** What the last step sent for. */
export const sentFor = (story: Story): readonly object[] => story.decision.outside;
/** Orders of this type that the last step gave. */
export const orders = <Type extends InsideEffect["type"]>(
  story: Story,
  type: Type,
): readonly Extract<InsideEffect, { type: Type }>[] =>
  story.decision.inside.filter((order): order is Extract<InsideEffect, { type: Type }> => order.type === type);
export const decisionsOf = (story: Story): readonly string[] =>
  orders(story, "decision.tell").flatMap(({ decisions }) => decisions.map((one) => `${one.task}: ${one.decision}`));
/** Actors that the last step fenced. */
export const fenced = (story: Story): readonly string[] =>
  orders(story, "actor.fence").flatMap(({ actors }) => actors.map(({ actor }) => actor));
/** Tasks whose results the last step took back. */
export const taken = (story: Story): readonly string[] =>
  orders(story, "result.revoke").flatMap(({ results }) => results.map((one) => one.task));

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

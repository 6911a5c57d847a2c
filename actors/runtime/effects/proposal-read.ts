/**
 * Reads the tasks that a planning agent's verified result proposes, and says whether they could be run here and who has to
 * say yes. A proposal gives no right: its tasks have the run's. Repeatable: it only reads.
 */
import { INPUT_BYTES_MAX } from "../../../infra/approval.ts";
import type { Store } from "../../../infra/store.ts";
import { envelopeSchema } from "../../../machines/brief.ts";
import type { OutsideEffect } from "../../../machines/effect.ts";
import type { PlannedTask } from "../../../machines/task-graph.ts";
import { planProblems, planSchema, type Replan, replanProblems, replanSchema } from "../../../machines/task-plan.ts";
import { proposalProblems } from "../../../machines/task-proposals.ts";
import { issuesIn } from "../../types/contract.ts";
import { type CapabilitiesOf, capabilitiesFor } from "../capabilities.ts";
import type { Answer, PerformContext, Performer } from "../performer.ts";
import { acceptance, type ProposedPlan, questionOf } from "../plan-question.ts";
import { checkProblems, contractTroubles, readyTasks, takersOf } from "../planned-tasks.ts";

export interface ProposalReadDeps {
  readonly store: Pick<Store, "results">;
  readonly capabilities?: CapabilitiesOf;
}

type Order = Extract<OutsideEffect, { type: "proposal.read" }>;

/** Problems that are told, and characters of each: words of a model. */
const PROBLEMS_MAX = 20;
const WORDS_MAX = 500;

export function proposalRead({ store, capabilities }: ProposalReadDeps): Performer<"proposal.read"> {
  return async (order, context) => {
    const { address, run } = context;
    const text = (await store.results(address.run, [order.result])).get(order.result);
    if (text === undefined) return refused(order, [`there is no result ${order.result}`]);
    const envelope = envelopeSchema.parse(JSON.parse(text));
    if (envelope.task !== order.task) return refused(order, [`${order.result} is a result of ${envelope.task}`]);
    if (envelope.status !== "verified") return refused(order, [`${order.result} is ${envelope.status}, not verified`]);
    const read = proposalIn(envelope.value, order.instead !== null);
    if ("problems" in read) return refused(order, read.problems);
    if (read.giveUp !== undefined && read.tasks.length === 0) return gaveUp(order, read.giveUp);
    const takers = takersOf(await capabilitiesFor(capabilities, { address, run }));
    const problems = problemsOf(
      read,
      order,
      takers.map(({ name }) => name),
    );
    if (problems.length > 0) return refused(order, problems);
    const ready = readyTasks(read.tasks, { config: run.config, takers, taint: envelope.taint });
    if (ready.tasks.length > order.room) {
      const what = `it has ${ready.tasks.length} tasks with their checks, and the run takes ${order.room} more`;
      return refused(order, [what]);
    }
    const illegal = graphSays(order, context, read, ready.tasks);
    if (illegal.length > 0) return refused(order, illegal);
    return made(order, context, { result: order.result, instead: order.instead, read, ready });
  };
}

/** A first plan drops nothing and ends in nothing else. */
function proposalIn(value: unknown, isReplan: boolean): Replan | { readonly problems: readonly string[] } {
  const found = (isReplan ? replanSchema : planSchema).safeParse(value);
  if (!found.success) return { problems: issuesIn(found.error) };
  return { drops: [], ends: [], ...found.data };
}

function problemsOf(read: Replan, { instead, known }: Order, types: readonly string[]): string[] {
  const found = instead === null ? planProblems(read, types, known) : replanProblems(read, types, known);
  // One that is to be replaced has no verified result, and never will.
  const stuck = read.tasks
    .filter(({ needs }) => instead !== null && needs.includes(instead))
    .map(({ id }) => `task "${id}" needs "${instead}", which it is to replace`);
  return [...found, ...stuck, ...contractTroubles(read.tasks), ...checkProblems(read.tasks, known)];
}

/** What the coordinator would say of it: told before the briefs of tasks that nobody may have are written. */
function graphSays(
  { task }: Order,
  { tasks }: PerformContext,
  { drops, ends }: Replan,
  made: readonly PlannedTask[],
): string[] {
  const by = tasks?.[task];
  return tasks === undefined || by === undefined ? [] : proposalProblems(tasks, by, { tasks: made, drops, ends });
}

/** Asked again it would say the same. */
function gaveUp({ task }: Order, reason: string): Answer {
  const problems = [clipped(`it gives up: ${reason}`)];
  return {
    event: { type: "proposal.refused", task, problems, final: true } as Answer["event"],
    told: [{ type: "proposal.refused", task, problems }],
  };
}

const refused = ({ task }: Order, all: readonly string[]): Answer => {
  const problems = all.slice(0, PROBLEMS_MAX).map(clipped);
  return {
    event: { type: "proposal.refused", task, problems } as Answer["event"],
    told: [{ type: "proposal.refused", task, problems }],
  };
};

const clipped = (text: string): string => (text.length > WORDS_MAX ? `${text.slice(0, WORDS_MAX - 1)}…` : text);

function made(order: Order, context: PerformContext, proposed: ProposedPlan): Answer {
  const { read, ready } = proposed;
  const { tasks, briefs, agents, notes } = ready;
  const { drops, ends } = read;
  const { accept, reason } = acceptance(context.run.config);
  const { proposal, entry } = questionOf(proposed, context);
  const bytes = Buffer.byteLength(JSON.stringify(proposal.input));
  if (accept === "ask" && bytes > INPUT_BYTES_MAX) {
    return refused(order, [
      `it has ${bytes} bytes; nobody can be asked about more than ${INPUT_BYTES_MAX} and see all of it`,
    ]);
  }
  const told = tasks.map(({ id, needs, of }) => {
    const why = read.tasks.find((one) => one.id === id)?.why ?? `checks the result of ${of}`;
    return { id, agentType: agents[id] ?? "", needs: [...needs], why: clipped(why) };
  });
  const { task } = order;
  return {
    event: { type: "proposal.made", task, tasks, drops, ends, accept, reason } as Answer["event"],
    briefs,
    told: [
      { type: "proposal.made", task, tasks: told, drops, why: clipped(read.why), accept, reason, notes: [...notes] },
    ],
    audit: [entry],
    ...(accept === "ask" ? { approvals: [proposal] } : {}),
  };
}

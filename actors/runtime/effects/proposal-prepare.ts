/**
 * Words the task of an agent that the coordinator itself wants: a new plan for what failed, one answer of many results, a
 * conflict to be resolved. What the run knows stands in it as data, shortened; the words are a prompt. Repeatable.
 */
import type { Store } from "../../../infra/store.ts";
import type { Brief } from "../../../machines/brief.ts";
import type { OutsideEffect } from "../../../machines/effect.ts";
import type { PlannedTask, Task, Tasks } from "../../../machines/task-graph.ts";
import { replanSchema } from "../../../machines/task-plan.ts";
import { contractFrom } from "../../types/contract.ts";
import type { AgentType } from "../../types/define.ts";
import { explore } from "../../types/explore.ts";
import { general } from "../../types/general.ts";
import { plan } from "../../types/plan.ts";
import { type CapabilitiesOf, capabilitiesFor } from "../capabilities.ts";
import type { Answer, Performer } from "../performer.ts";
import { briefText, tainted, takersOf, taskOf } from "../planned-tasks.ts";
import { promptFor } from "../prompts.ts";
import { type RunFacts, runFacts } from "../run-facts.ts";

export interface ProposalPrepareDeps {
  readonly store: Pick<Store, "briefs" | "results">;
  readonly capabilities?: CapabilitiesOf;
}

type Order = Extract<OutsideEffect, { type: "proposal.prepare" }>;
type Kind = Order["kind"];

/** The narrowest that can: who plans cannot act, who puts results together only looks, who resolves a conflict writes. */
const TYPES: Readonly<Record<Kind, AgentType>> = { replan: plan, synthesis: explore, resolve: general };
const REPLAN_CONTRACT = contractFrom(replanSchema);

export function proposalPrepare({ store, capabilities }: ProposalPrepareDeps): Performer<"proposal.prepare"> {
  return async (order, context) => {
    const { kind, task, about } = order;
    const type = TYPES[kind];
    const facts = await runFacts({ ...order, tasks: context.tasks ?? {} }, context, store);
    const words = await promptFor(kind, context, store);
    const agents = kind === "replan" ? agentsIn(takersOf(await capabilitiesFor(capabilities, context))) : {};
    const brief = briefText({
      id: task,
      agentType: type.name,
      goal: words,
      input: { ...inputOf(kind, facts), ...agents },
      ...(kind === "replan" ? { contract: REPLAN_CONTRACT } : {}),
      ...tainted(facts.taint),
    });
    const needs = needsOf(order, context.tasks ?? {});
    const [of] = about;
    const made: PlannedTask = {
      ...taskOf({ id: task, type, base: type, needs, brief }, context.run.config),
      // The second attempt is told what was wrong with the first.
      attemptsMax: 2,
      role: kind,
      ...(kind === "synthesis" || of === undefined ? {} : { of }),
      ...(kind === "resolve" ? { joins: true } : {}),
    };
    return {
      event: { type: "proposal.prepared", task: made } as Answer["event"],
      briefs: { [task]: brief },
      told: [],
    };
  };
}

/** By the placeholders of its prompt. */
function inputOf(kind: Kind, { goal, about, tasks, more, reasons }: RunFacts): NonNullable<Brief["input"]> {
  if (kind === "replan") return { goal, failed: { ...about[0], reasons }, tasks, more };
  if (kind === "synthesis") return { goal, tasks, more };
  return { goal, conflict: { of: about, reasons }, tasks, more };
}

const agentsIn = (takers: ReturnType<typeof takersOf>): { agents: unknown } => ({
  agents: takers.map(({ name, type }) => ({ name, summary: type.summary })),
});

/** A summary stands on what it sums up; the others on what their task stood on, as far as that holds. */
function needsOf({ kind, about }: Order, tasks: Tasks): readonly string[] {
  if (kind === "synthesis") return about;
  const [first] = about;
  const task: Task | undefined = first === undefined ? undefined : tasks[first];
  return (task?.needs ?? []).filter((need) => tasks[need]?.status === "verified");
}

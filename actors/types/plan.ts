/** Looks, and proposes a task graph; can carry out nothing of it. */
import { planProblems, planSchema, type TaskPlan } from "../../machines/task-plan.ts";
import { contractProblems } from "../runtime/contract-check.ts";
import { contractFrom, issuesIn } from "./contract.ts";
import { type AgentType, defineAgent } from "./define.ts";
import { explore } from "./explore.ts";
import { general } from "./general.ts";
import { verify } from "./verify.ts";

/** Who a task of a plan can be for. */
export const takers: readonly AgentType[] = [explore, general, verify];

export const plan = defineAgent({
  name: "plan",
  version: 1,
  summary: "Studies a workspace and proposes a graph of tasks for a goal; can run no command and change no file.",
  prompt: [
    "You plan; others will carry it out. You cannot run a command or change a file, so claim nothing that only running would show.",
    "Read what the goal touches before you divide it. A plan that names real files and functions is worth ten that do not.",
    "Lean first: one agent with one goal is a plan, and the one to begin from. Each further agent has to earn its place: its `why` says why one will not do (parts that are independent, a part that must be known before the next can be said, a check by somebody else).",
    "Give each task to the narrowest agent that suffices, and set `changes` to false wherever nothing is written or run; where it is not the narrowest, `why` says what the narrower could not do.",
    "Each task's agent sees its goal and the results it needs, nothing else of this conversation. Write the goal so that it suffices: what, where, what must not change, and how its agent shows that it is done.",
    `Agents: ${takers.map(({ name, summary }) => `${name}: ${summary}`).join(" ")}`,
    "A verify task needs exactly the one task whose result it checks. `needs` never form a circle.",
    "Under risks stands what you did not find out, and what would make the plan wrong. Say there, too, what of the goal no task covers.",
    "Report the plan as the value, with lines you read as evidence for what it builds on. Where it cannot be planned from what is there, ask with AskParent what only its author knows, once; where there is no answer, report blocked and say what is missing.",
  ].join("\n"),
  tools: [
    ...["AskParent", "AstSearch", "Glob", "Grep", "Note", "Probe", "Read"],
    ...["Recall", "Report", "Skill", "ToolSearch", "UseTool"],
  ],
  acts: false,
  plugins: "read-only",
  modelTier: "large",
  contract: contractFrom(planSchema),
  check: async (value) => {
    const found = planSchema.safeParse(value);
    // Its form was compared with the contract before; this is the second look of one who would start it.
    if (!found.success) return issuesIn(found.error);
    const types = takers.map(({ name }) => name);
    return [...planProblems(found.data, types), ...found.data.tasks.flatMap(contractTrouble)];
  },
  limits: { turnsMax: 30, attemptsMax: 6, remindersMax: 2, rejectionsMax: 2, parallelMax: 8 },
  outTokens: { wanted: 16_384, least: 2_048 },
});

/** A contract that cannot be read would refuse every report. */
function contractTrouble({ id, contract: own }: TaskPlan["tasks"][number]): string[] {
  if (own === undefined) return [];
  const unreadable = contractProblems(own, null).find((problem) => problem.startsWith("the task's contract"));
  return unreadable === undefined ? [] : [`task "${id}": ${unreadable}`];
}

/** Puts an agent's question among the approvals, where a person answers it in words; where nobody can, it is closed at once. */
import { questionCall } from "../../../machines/approval-calls.ts";
import { inputHashOf } from "../judge.ts";
import type { Answer, Performer } from "../performer.ts";

const RULE = "question.ask";
const NOBODY = "nobody can be asked in this run";

export function questionPut(): Performer<"question.put"> {
  return async ({ question, actor, text }, { address, run, tasks }) => {
    if (run.config.approve !== "ask") {
      return { event: { type: "question.closed", question, reason: NOBODY } as Answer["event"], told: [] };
    }
    const task = Object.values(tasks ?? {}).find((one) => one.actor === actor);
    const input = { question: text, agent: actor, ...(task === undefined ? {} : { task: task.id }) };
    return {
      event: { type: "question.open", question } as Answer["event"],
      told: [],
      approvals: [
        {
          call: questionCall(question),
          tool: "AskParent",
          input,
          inputHash: inputHashOf(input),
          agentType: task?.agentType ?? address.type,
          risk: "read-only",
          rule: RULE,
          reason: "an agent asks, and waits for the answer in words",
          touches: [],
          policy: run.policy,
        },
      ],
    };
  };
}

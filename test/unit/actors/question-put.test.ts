/** Laws of an agent's question: a person answers it where one is there; where none is, it is closed and nothing waits. */
import { expect, it } from "vitest";
import { questionPut } from "../../../actors/runtime/effects/question-put.ts";
import { ledger, performing } from "../../support/given-proposals.ts";

const order = { type: "question.put" as const, question: "a_build:3:c1", actor: "a_build.2", text: "Which roof?" };
const tasks = ledger({ id: "build", actor: "a_build.2", status: "running" }, { id: "other", actor: "a_other" });

it("is put among the approvals with its agent and its task, word for word", async () => {
  const { event, approvals } = await questionPut()(order, performing({ approve: "ask" }, tasks));
  expect(event).toEqual({ type: "question.open", question: order.question });
  expect(approvals).toEqual([
    expect.objectContaining({
      call: `question:${order.question}`,
      tool: "AskParent",
      risk: "read-only",
      agentType: "general",
      input: { question: "Which roof?", agent: "a_build.2", task: "build" },
    }),
  ]);
});

it("two questions with the same words are not one: who asks stands in it", async () => {
  const asked = async (actor: string) =>
    (await questionPut()({ ...order, actor }, performing({ approve: "ask" }, tasks))).approvals?.[0]?.inputHash;
  expect(await asked("a_build.2")).not.toBe(await asked("a_other"));
});

it.each(["deny", "allow-safe"])("%s: nobody is there, and the agent is told so at once", async (approve) => {
  const { event, approvals } = await questionPut()(order, performing({ approve }, tasks));
  expect(event).toEqual({
    type: "question.closed",
    question: order.question,
    reason: "nobody can be asked in this run",
  });
  expect(approvals).toBeUndefined();
});

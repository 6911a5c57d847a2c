/** What limits a run: totals of what was used, against sizes, uses and accounts; and rounds, in every form. */
import { describe, expect, test } from "vitest";
import { agent, examinations } from "../../../support/fixture-repos/looping-agent.ts";
import { effectsOn } from "../../../support/fixture-repos/probe.ts";

const examined = examinations();

const pythonAgent = (before = "", members = "", base = "") => `from litellm import completion

class Agent:
    total_spent_tokens = 0
${members}
    def run(self, messages):
        ${base || "while True:"}
            ${before || "pass"}
            answer = completion(model="m", messages=messages)
            self.total_spent_tokens += answer.usage.total_tokens
            for tool_call in answer.tool_calls:
                TOOLS[tool_call.name](tool_call)
`;
const level = async (source: string, path = "agent.py") => {
  const examination = await examined({ [path]: source }, "token-budget");
  expect(examination.understood).toBe(true);
  return examination;
};

describe("a limit on what was used", () => {
  test("is a total that outlives the call, compared with what may be used, whatever the words of the condition", async () => {
    const before = "if self.total_spent_tokens + len(messages) > self.max_input_tokens: raise TooMuch()";
    const [hit, ...more] = effectsOn(await level(pythonAgent(before)), "limit");
    expect(more).toEqual([]);
    expect(hit?.quote).toBe(before);
  });

  test("may be asked through a predicate or a property of the same class", async () => {
    const members = `
    @property
    def terminated(self):
        return self.total_spent_tokens >= self._max
`;
    const limits = effectsOn(await level(pythonAgent("if self.terminated: raise Stop()", members)), "limit");
    expect(limits.map(({ quote }) => quote)).toEqual(["if self.terminated: raise Stop()"]);
    const other = members.replace("total_spent_tokens >= self._max", "finished");
    expect(effectsOn(await level(pythonAgent("if self.terminated: raise Stop()", other)), "limit")).toEqual([]);
  });

  test("is not the size of what is about to be sent, counted just before", async () => {
    const before = `const { totalTokens: requestTokens } = await counter.countTokens(messages);
    if (requestTokens > sessionTokenLimit) throw new Error("session token limit");`;
    const examination = await level(agent(before), "agent.ts");
    expect(effectsOn(examination, "limit")).toEqual([]);
    expect(examination.hits.map(({ aspect }) => aspect)).toContain("context-check");
  });

  test("is not a size that a function adds up for itself", async () => {
    const files = {
      "agent.ts": agent("await fill(messages);", 'import { fill } from "./fill.ts";'),
      "fill.ts": `export async function fill(lines: string[]) {
  let totalTokens = 0;
  for (const line of lines) {
    totalTokens += measure(line);
    if (totalTokens > maxTotalTokens) break;
  }
}
`,
    };
    expect(effectsOn(await examined(files, "token-budget"), "limit")).toEqual([]);
  });

  test("is not how often something may be used, nor a number that is checked against a constant", async () => {
    for (const before of [
      'if (tool.currentUsageCount >= tool.maxUsageCount) throw new Error("usage limit");',
      'if (budget < 1_024) throw new Error("budget");',
    ])
      expect(effectsOn(await level(agent(before), "agent.ts"), "limit")).toEqual([]);
  });

  test("is not what an account may spend with who sells the calls", async () => {
    const before = 'if (billing.monthlyCost >= billing.costLimit) throw new Error("limit");';
    const examination = await level(agent(before), "agent.ts");
    expect(effectsOn(examination, "limit")).toEqual([]);
    expect(examination.hits.filter(({ aspect }) => aspect === "limit").map(({ strength }) => strength)).toEqual([
      "called",
    ]);
  });

  test("may be left to the library that the calls go through", async () => {
    const given = effectsOn(await level(pythonAgent("litellm.max_budget = self.money")), "limit");
    expect(given.map(({ quote }) => quote)).toEqual(["litellm.max_budget = self.money"]);
  });
});

describe("a cap on rounds", () => {
  const caps = async (source: string, path = "agent.py") =>
    (await level(source, path)).hits.filter(({ aspect }) => aspect === "turn-cap").map(({ quote }) => quote);

  test("is a loop around the model that counts to a number, and none that walks a list or tries again", async () => {
    expect(await caps(pythonAgent("", "", "for _ in range(self.patience):"))).toEqual([
      "for _ in range(self.patience):",
    ]);
    expect(await caps(pythonAgent("", "", "for _ in range(len(messages)):"))).toEqual([]);
    expect(await caps(pythonAgent("", "", "for attempt in range(3):"))).toEqual([]);
    expect(await caps(pythonAgent())).toEqual([]);
  });

  test("is a comparison that throws and says that the maximum is reached", async () => {
    const source = (error: string) => `${pythonAgent()}
class Tasks:
    def check(self, count, most):
        if count >= most:
            raise ${error}("no more")
`;
    expect(await caps(source("MaxLoopsError"))).toEqual(["if count >= most:"]);
    expect(await caps(source("NotFoundError"))).toEqual([]);
  });

  test("is a depth that each call of itself makes smaller", async () => {
    const source = (step: string) => `import { generateText } from "ai";
export async function research(query: string, depth: number): Promise<string> {
  const answer = await generateText({ prompt: query, tools: {} });
  const left = ${step};
  if (left > 0 && depth > 0) return research(answer.text, left);
  return answer.text;
}
`;
    expect(await caps(source("depth - 1"), "research.ts")).toEqual([
      "if (left > 0 && depth > 0) return research(answer.text, left);",
    ]);
    expect(await caps(source("breadth"), "research.ts")).toEqual([]);
  });

  test("may be a number handed to who loops, and is none where it is nothing", async () => {
    const source = (limit: string) => `from litellm import completion
def ask(agent, messages):
    completion(model="m", messages=messages)
    return agent.invoke(messages, config={"recursion_limit": ${limit}})
`;
    expect(await caps(source("50"))).toEqual(['return agent.invoke(messages, config={"recursion_limit": 50})']);
    expect(await caps(source("None"))).toEqual([]);
  });
});

test("usage that is read off an answer and not added up is accounting, without effect", async () => {
  const source = `from litellm import completion
def ask(messages):
    answer = completion(model="m", messages=messages)
    print(answer.usage.total_tokens)
    return answer
`;
  const { hits } = await level(source);
  expect(hits.filter(({ aspect }) => aspect === "accounting").map(({ quote, strength }) => [quote, strength])).toEqual([
    ["print(answer.usage.total_tokens)", "called"],
  ]);
});

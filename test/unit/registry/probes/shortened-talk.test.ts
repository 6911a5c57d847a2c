/** What makes a conversation shorter: dropped, cut in two, summarised; and where the result goes. */
import { describe, expect, test } from "vitest";
import { agent, examinations } from "../../../support/fixture-repos/looping-agent.ts";
import { effectsOn } from "../../../support/fixture-repos/probe.ts";

const examined = examinations();
const compaction = async (files: Readonly<Record<string, string>>) => {
  const examination = await examined(files, "transcript-compaction");
  expect(examination.understood).toBe(true);
  return examination;
};
const quotes = async (files: Readonly<Record<string, string>>, probe: string) =>
  (await compaction(files)).hits.filter((hit) => hit.probe === probe).map(({ quote }) => quote);

const python = (before: string) => `from litellm import completion
class Agent:
    def run(self):
        while True:
            self.cut()
            answer = completion(model="m", messages=self.messages)
            for tool_call in answer.tool_calls:
                TOOLS[tool_call.name](tool_call)
    def cut(self):
        ${before}
`;

describe("the oldest of a conversation", () => {
  test("is dropped where the end of it is put back under its name, from wherever it is taken", async () => {
    for (const line of [
      "self.messages = self.messages[-self.most :]",
      "self.messages = self.messages[:1] + self.messages[1 + spare :]",
      "self.messages = tt.trim(self.messages, max_tokens=8000)",
      "del self.messages[:4]",
      "return self.messages[-self.most :]",
    ])
      expect(await quotes({ "agent.py": python(line) }, "oldest-dropped")).toEqual([line]);
  });

  test("is not dropped by who looks at the last one, takes the newest back, or skips the first", async () => {
    for (const line of [
      "return self.messages[-1:]",
      "self.messages = self.messages[:-2]",
      "self.messages = self.messages[1:]",
      "self.lines = self.lines[-5:]",
    ])
      expect(await quotes({ "agent.py": python(line) }, "oldest-dropped")).toEqual([]);
  });

  test("is dropped from the front where there are too many, and not where a queue is emptied", async () => {
    const line = "self.messages.pop(0)";
    const at = (head: string) => ({ "agent.py": python(`${head}\n            ${line}`) });
    expect(await quotes(at("while len(self.messages) > self.most:"), "oldest-dropped")).toEqual([line]);
    expect(await quotes(at("while self.running:"), "oldest-dropped")).toEqual([]);
  });
});

test("a framework's memory that keeps the end of a conversation is partial, and only where it is made", async () => {
  const source = (line: string) => ({ "agent.py": `${python("pass")}\n${line}\n` });
  const made = "memory = ConversationBufferWindowMemory(k=5)";
  expect(await quotes(source(made), "framework-cuts")).toEqual([made]);
  expect(await quotes(source("memory = ConversationBufferMemory()"), "framework-cuts")).toEqual([]);
});

describe("a summary", () => {
  test("of pages and tasks is no compaction, nor one that is only told to a log", async () => {
    const source = (body: string) => ({
      "agent.ts": agent(body, 'import { summarizeText } from "./texts.ts";'),
      "texts.ts": "export function summarizeText(messages: unknown) {\n  return String(messages);\n}\n",
    });
    const told = 'const short = summarizeText(messages); logger.debug("asked", { prompt: short });';
    const inOne = (body: string) => ({
      "agent.ts": `${agent(body)}\nfunction summarizeText(messages: unknown) {\n  return String(messages);\n}\n`,
    });
    expect(await quotes(inOne(told), "compaction-declared")).toEqual([]);
    expect(
      await quotes(inOne("const short = summarizeText(messages); use(short);"), "compaction-declared"),
    ).toHaveLength(1);
    const pages = {
      ...source("use(summarizeText(page));"),
      "texts.ts": "export function summarizeText(page: string) {\n  return page;\n}\n",
    };
    expect(await quotes(pages, "compaction-declared")).toEqual([]);
  });

  test("of the conversation counts as partial, and stands for the old part where it joins the messages", async () => {
    const made = "const summary = await createSummary(messages);";
    expect(await quotes({ "agent.ts": agent(made) }, "conversation-summarised")).toEqual([made]);
    const joined = { "agent.ts": agent(`${made}\n    messages.push({ role: "user", content: summary });`) };
    expect(effectsOn(await compaction(joined), "replaced").map(({ quote }) => quote)).toEqual([
      'messages.push({ role: "user", content: summary });',
    ]);
  });
});

describe("what compaction gives", () => {
  test("is kept where it goes into a write in the function that asked for it, not where it is logged", async () => {
    const files = (after: string) => ({
      "agent.ts": agent(
        `const shortened = await compactMessages(messages);\n    ${after}`,
        'import { writeFileSync } from "node:fs";\nimport { compactMessages } from "./compact.ts";',
      ),
      "compact.ts": "export async function compactMessages(messages: unknown[]) {\n  return messages.slice(-4);\n}\n",
    });
    const write = 'writeFileSync("session.json", JSON.stringify(shortened));';
    const written = effectsOn(await compaction(files(write)), "persisted").map(({ quote }) => quote);
    expect(written).toEqual([write]);
    expect(effectsOn(await compaction(files("logger.info(shortened);")), "persisted")).toEqual([]);
  });
});

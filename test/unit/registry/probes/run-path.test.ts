/** The way from a client to the loop: what is handed on as a value, what goes over HTTP, which loops go round, and which line is shown first. */
import { describe, expect, test } from "vitest";
import { examinations } from "../../../support/fixture-repos/looping-agent.ts";

const examined = examinations();

async function anchorsOf(files: Record<string, string>): Promise<string[]> {
  const { anchors } = await examined(files, "tool-registry");
  return anchors.map(({ kind, path, quote }) => `${kind} ${path} ${quote}`);
}

const gateway = `import anthropic

class Gateway:
    def __init__(self):
        self.client = anthropic.Anthropic()

    async def _ask(self, messages):
        return await self.client.messages.create(messages=messages)

    async def _ask_twice(self, messages):
        return await self._ask(messages)

    async def ask_with_patience(self, messages, twice):
        ask = self._ask_twice if twice else self._ask
        return await self._patiently(ask, messages)
`;

describe("a model is reached", () => {
  test("through a method that is handed to others to call", async () => {
    const loop = `class Worker:
    async def drive(self, messages):
        for step in range(9):
            answer = await self.gateway.ask_with_patience(messages, False)
            messages.append(answer)
`;
    const found = await anchorsOf({ "pkg/gateway.py": gateway, "pkg/worker.py": loop });
    expect(found).toContain("main-loop pkg/worker.py for step in range(9):");
  });

  test("through a client's method that goes on as a value", async () => {
    const text = `from langchain.chat_models import ChatOpenAI

class Service:
    async def analyse(self, messages):
        return await guarded(func=self.model.apredict_messages, messages=messages)
`;
    const found = await anchorsOf({ "pkg/service.py": text });
    expect(found.filter((line) => line.startsWith("model-call"))).toHaveLength(1);
  });

  test("not through a setting of the same name", async () => {
    const text = `import { ask } from "./ask.ts";
export function start(config: { generate: number; chat: { stream: boolean } }) {
  return ask(config.generate, config.chat.stream);
}
`;
    expect(await anchorsOf({ "src/start.ts": text })).toEqual([]);
  });

  test("over HTTP where the address is a setting and the request carries key, model and messages", async () => {
    const text = `export class RemoteModel {
  async infer(messages: unknown[]) {
    const headers = { Authorization: "Bearer " + this.key };
    const answer = await fetch(this.url, { method: "POST", headers, body: JSON.stringify({ model: this.name, messages }) });
    return answer.json();
  }
}
`;
    const found = await anchorsOf({ "src/remote.ts": text });
    expect(found.filter((line) => line.startsWith("model-call src/remote.ts"))).toHaveLength(1);
  });

  test("not by a route that the repository serves, nor by a request to another address", async () => {
    const text = `import express from "express";
const app = express();
app.post("/v1/chat/completions", (request, response) => {
  fetch("https://metrics.example.com/batch", { method: "POST", body: "/v1/chat/completions" });
  response.end();
});
`;
    expect(await anchorsOf({ "src/server.ts": text })).toEqual([]);
  });

  test("through a module under its own name", async () => {
    const loop = `import thinking

async def drive(messages):
    while True:
        messages.append(await thinking.next_step(messages))
`;
    const thinking = `import litellm

async def next_step(messages):
    return await litellm.acompletion(messages=messages)
`;
    const found = await anchorsOf({ "pkg/thinking.py": thinking, "pkg/drive.py": loop });
    expect(found).toContain("main-loop pkg/drive.py while True:");
  });

  test("through an object whose class is named after what it is kept as", async () => {
    const planner = `import OpenAI from "openai";
const client = new OpenAI();
export class NavigatorAgent {
  async proceed(messages: never[]) {
    return client.chat.completions.create({ model: "m", messages });
  }
}
`;
    const loop = `export class Executor {
  async start(messages: never[]) {
    for (let step = 0; step < 9; step++) await this.navigator.proceed(messages);
  }
}
`;
    const found = await anchorsOf({ "src/agents/planner.ts": planner, "src/executor.ts": loop });
    expect(found.some((line) => line.startsWith("main-loop src/executor.ts for (let step"))).toBe(true);
  });

  test("in a function that a call wraps", async () => {
    const text = `import { streamText } from "ai";
const answer = traced("answer")(async (messages: never[]) => streamText({ messages }));
export async function drive(messages: never[]) {
  while (messages.length < 9) await answer(messages);
}
`;
    const found = await anchorsOf({ "src/answer.ts": text });
    expect(found).toContain("main-loop src/answer.ts while (messages.length < 9) await answer(messages);");
  });
});

describe("a loop around the model call", () => {
  test("is none where the call only gives what the loop runs through", async () => {
    const text = `import anthropic
client = anthropic.Anthropic()

def tell(messages):
    for chunk in client.messages.create(messages=messages, stream=True):
        print(chunk)
`;
    const found = await anchorsOf({ "pkg/tell.py": text });
    expect(found.filter((line) => line.startsWith("model-call"))).toHaveLength(1);
    expect(found.filter((line) => line.startsWith("main-loop"))).toEqual([]);
  });

  test("is a function that calls itself one level deeper", async () => {
    const text = `import { generateObject } from "ai";
export async function research(query: string, depth: number): Promise<void> {
  const found = await generateObject({ prompt: query });
  if (depth > 0) await research(found.next, depth - 1);
}
`;
    const found = await anchorsOf({ "src/research.ts": text });
    expect(found.filter((line) => line.startsWith("main-loop"))).toEqual([
      "main-loop src/research.ts if (depth > 0) await research(found.next, depth - 1);",
    ]);
  });
});

describe("of several anchors, the first shown", () => {
  test("is the loop that dispatches, the call that answers, and the lookup that is run", async () => {
    const agent = `import anthropic
client = anthropic.Anthropic()

def check_key(messages):
    return client.messages.create(messages=messages)

def answer(messages):
    for document in messages:
        client.messages.create(messages=[document])
    while True:
        reply = client.messages.create(messages=messages)
        for tool_call in reply.tool_calls:
            limit = retry_limits.get(tool_call.name)
            tool = tools_by_name[tool_call.name]
            messages.append(tool(tool_call.input))
`;
    const { anchors } = await examined({ "pkg/agent.py": agent }, "tool-registry");
    const first = (kind: string) => anchors.find((anchor) => anchor.kind === kind)?.quote;
    expect(first("main-loop")).toBe("while True:");
    expect(first("model-call")).toBe("client.messages.create(messages=[document])");
  });
});

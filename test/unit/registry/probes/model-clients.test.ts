/** Calls of a model by the libraries that make them: each is where an agent is understood from, and none is seen where it is not. */
import { afterEach, describe, expect, test } from "vitest";
import { probe } from "../../../support/fixture-repos/probe.ts";
import { openScratch, type Scratch } from "../../../support/fixture-repos/repos.ts";

let scratch: Scratch | undefined;
afterEach(async () => {
  await scratch?.remove();
  scratch = undefined;
});

async function understood(file: string, text: string): Promise<boolean> {
  scratch = await openScratch({ [file]: text });
  return (await probe(scratch.box, "token-budget")).understood;
}

const python = (imported: string, call: string): string => `${imported}

class Worker:
    def think(self, messages):
        answer = ${call}
        return answer
`;

describe("a call of a model is found", () => {
  test.each([
    ["a model that is a function", "from langchain.chat_models import ChatOpenAI", "self.qa_llm(messages)"],
    ["a chain that runs", "from langchain.chains import LLMChain", "self.chain.run(messages)"],
    ["an agent of pydantic-ai", "from pydantic_ai import Agent", "self.agent.run_sync(messages)"],
    ["the runner of an agents SDK", "from agents import Runner", "Runner.run_sync(self.agent, messages)"],
    ["a crew", "from crewai import Crew", "self.crew().kickoff(messages)"],
    ["a chat between agents", "import autogen", "self.user.initiate_chat(self.assistant, message=messages)"],
    ["an engine over an index", "from llama_index.core import Settings", "self.chat_engine.chat(messages)"],
    ["a kernel", "from semantic_kernel import Kernel", "self.kernel.invoke_prompt(messages)"],
    ["a compiled graph", "from langgraph.graph import StateGraph", "self.graph.invoke(messages)"],
    [
      "a model asked for messages",
      "from langchain.chat_models import ChatOpenAI",
      "self.llm.predict_messages(messages)",
    ],
    ["a conversation that the client keeps", "from google import genai", "self.chat.send_message(messages)"],
    ["a router over models", "from litellm import Router", "self.router.completion(messages)"],
    [
      "a model client of a team",
      "from autogen_core.models import ChatCompletionClient",
      "self.model_client.create(messages)",
    ],
    ["a runner of another agents SDK", "from google.adk.runners import Runner", "self.runner.run_async(messages)"],
    ["a model in the process", "from llama_cpp import Llama", "self.llm.create_chat_completion(messages)"],
  ])("where it is %s", async (_, imported, call) => {
    expect(await understood("pkg/worker.py", python(imported, call))).toBe(true);
  });

  test("where a model that a factory made is asked through the interface that all of them have", async () => {
    const text = `import type { LanguageModelV2 } from "@ai-sdk/provider";
export async function* loop(makeModel: () => LanguageModelV2, prompt: never) {
  const m = makeModel();
  const { stream } = await m.doStream({ prompt });
  yield* stream as never;
}
`;
    expect(await understood("src/loop.ts", text)).toBe(true);
  });

  test("where it is an agent of a framework in TypeScript", async () => {
    const text = `import { Agent } from "@mastra/core/agent";
export const helper = new Agent({ name: "helper" });
const myAgent = helper;
export async function answer(question: string) {
  return myAgent.generate(question);
}
`;
    expect(await understood("src/answer.ts", text)).toBe(true);
  });
});

describe("a call of a model is not found", () => {
  test.each([
    ["that makes one", "from langchain.chat_models import ChatOpenAI", "get_llm(messages)"],
    ["that hands out the one there is", "from langchain.chat_models import ChatOpenAI", "self.cached_llm()"],
    ["of a setting that begins with the same letters", "import os", "self.config.generate(messages)"],
    ["of the same name without the library", "import os", "self.qa_llm(messages)"],
    ["of a process's agent", "import ssh_tools", "self.agent.run_sync(messages)"],
  ])("in a call %s", async (_, imported, call) => {
    expect(await understood("pkg/worker.py", python(imported, call))).toBe(false);
  });
});

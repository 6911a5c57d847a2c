/**
 * Agents that come to wait: of the type with most tools, by the real performers, over a model in the process. Its first
 * answer is a few words and one call: a command that somebody is asked about, or a question to the parent.
 */
import { newRun } from "../../actors/runtime/new-run.ts";
import { runConfigSchema } from "../../actors/runtime/run-row.ts";
import { general } from "../../actors/types/general.ts";
import type { ModelClient } from "../../infra/model/anthropic.ts";
import type { ContentBlock } from "../../infra/model/message.ts";
import type { NewRun } from "../../infra/store.ts";
import type { Brief } from "../../machines/brief.ts";
import { BINDING, piece } from "./mocked-work.ts";

const MODEL = "claude-bench";
/** Characters of what the model says before it asks, and of what its task says. */
const TEXT_CHARACTERS = 400;
const GOAL_CHARACTERS = 400;

type Waits = "approval" | "answer";

const CALLS: Readonly<Record<Waits, (call: number) => { readonly name: string; readonly input: unknown }>> = {
  approval: (call) => ({
    name: "Bash",
    input: { command: `npm version minor --no-git-tag-version -w packages/part-${call}` },
  }),
  answer: (call) => ({
    name: "AskParent",
    input: {
      question: `Part ${call} is published under two names. Which of them do its users have to be able to rely on?`,
      options: ["the old one", "the new one", "both"],
    },
  }),
};

/** Answers every call at once. No two answers are alike: content is never stored twice for the price of one. */
export function askingClient(waits: Waits): ModelClient {
  let calls = 0;
  return {
    async call() {
      calls += 1;
      const content = [
        { type: "text", text: piece(calls, TEXT_CHARACTERS) },
        { type: "tool_use", id: `toolu_bench${String(calls).padStart(19, "0")}`, ...CALLS[waits](calls) },
      ] as ContentBlock[];
      const usage = { inputTokens: 50, outputTokens: 150, cacheReadTokens: 0, cacheWriteTokens: 4_000 };
      return {
        kind: "answered",
        message: {
          id: `msg_bench${calls}`,
          model: MODEL,
          content,
          stopReason: "tool_use",
          rawStopReason: "tool_use",
          toolUseCut: false,
        },
        usage: { ...usage, estimated: false },
        requestId: `req_bench${String(calls).padStart(16, "0")}`,
      };
    },
  };
}

/** A run of so many agents, all of which may be at work at once; somebody can be asked, and has a day. */
export function parkedRun(run: string, agents: number): NewRun {
  const tasks = Array.from({ length: agents }, (_, index) => `part-${index}`);
  const briefOf = (id: string, index: number): Brief => ({
    id,
    agentType: general.name,
    goal: piece(index, GOAL_CHARACTERS),
  });
  return newRun({
    run,
    goal: "Bring every part to its next version.",
    kind: "run",
    graph: tasks.map((id) => ({ id, agentType: general.name, needs: [], limits: general.limits, attemptsMax: 1 })),
    briefs: Object.fromEntries(tasks.map((id, index) => [id, JSON.stringify(briefOf(id, index))])),
    model: MODEL,
    binding: BINDING,
    workspace: "/bench",
    config: runConfigSchema.parse({ approve: "ask" }),
    parallelMax: agents,
    tolerateFailures: false,
    options: {},
  });
}

// The summary that a server of ours gives: deterministic, labelled, and enough to go on from, generation after generation.
import { expect, it } from "vitest";
import { type LeftOut, summaryText } from "../../../actors/runtime/summary-words.ts";
import type { BrainBlock, BrainMessage, BrainRequest } from "../../../infra/model/local/brain.ts";
import { asksForSummary, summaryOf, withSummary } from "../../../infra/model/local/summary.ts";
import { isOverflow } from "../../../infra/model/overflow.ts";
import { SUMMARY_INSTRUCTION } from "../../../machines/summary-request.ts";

const said = (words: string): BrainBlock => ({ type: "text", text: words });
const turn = (id: string, result: string): BrainMessage[] => [
  { role: "assistant", content: [{ type: "tool_use", id, name: "Read", input: { file_path: `${id}.ts` } }] },
  {
    role: "user",
    content: [{ type: "tool_result", toolUseId: id, toolName: "Read", text: result, isError: false }],
  },
];
const request = (messages: readonly BrainMessage[]): BrainRequest => ({
  ...{ model: "m", system: [], tools: [], maxTokens: 100, messages },
});
const about: LeftOut = { by: "own", generation: 2, dropped: 2, files: ["a.ts"] };
const TASK = said("goal\n<task>{}</task>");
const asked = (messages: readonly BrainMessage[]) => {
  const last = messages.at(-1) as BrainMessage;
  return request([...messages.slice(0, -1), { ...last, content: [...last.content, said(SUMMARY_INSTRUCTION)] }]);
};
const wordsOf = ({ content }: ReturnType<typeof summaryOf>): string =>
  content.map((block) => (block.type === "text" ? block.text : "a call")).join();

it("only the request for a summary is one, and its answer says that no model spoke", () => {
  const messages: BrainMessage[] = [
    { role: "user", content: [TASK] },
    ...turn("a", "short"),
    ...turn("b", "x".repeat(900)),
  ];
  expect([asksForSummary(request(messages)), asksForSummary(asked(messages))]).toEqual([false, true]);
  const answer = summaryOf(asked(messages));
  expect(wordsOf(answer)).toMatch(/^Simulated summary \(no model wrote this\)/);
  expect(summaryOf(asked(messages))).toEqual(answer);
  expect(wordsOf(answer)).not.toContain("x".repeat(401));
});

it("who goes on from it is shown the calls again, and a result that was too long as one that never came", () => {
  const before: BrainMessage[] = [
    { role: "user", content: [TASK] },
    ...turn("a", "short"),
    ...turn("b", "x".repeat(900)),
  ];
  let first: BrainMessage = {
    role: "user",
    content: [TASK, said(summaryText(about, wordsOf(summaryOf(asked(before)))))],
  };
  let seen = withSummary(request([first, ...turn("c", "kept")]));
  expect(seen.messages.filter(({ role }) => role === "assistant")).toHaveLength(3);
  expect(seen.messages[2]?.content).toEqual([expect.objectContaining({ type: "tool_result", text: "short" })]);
  expect(seen.messages[4]?.content).toEqual([]);
  // The next generation lists what the first had listed, and what came since.
  const again = summaryOf(withSummary(asked([first, ...turn("c", "kept")])));
  first = { role: "user", content: [TASK, said(summaryText({ ...about, generation: 3 }, wordsOf(again)))] };
  seen = withSummary(request([first, ...turn("d", "new")]));
  expect(seen.messages.filter(({ role }) => role === "assistant")).toHaveLength(4);
});

it("a summary of somebody else, and a text that only looks like one, is left as it stands", () => {
  for (const summary of [
    "All is well.",
    'Simulated summary (no model wrote this): {"turns":[{"tool":1}]}',
    "Simulated",
  ]) {
    const given = request([{ role: "user", content: [TASK, said(summaryText(about, summary))] }]);
    expect(withSummary(given)).toBe(given);
  }
});

it.each([
  ["invalid_request", "prompt is too long: 212345 tokens > 200000 maximum", true],
  ["invalid_request", "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000", true],
  ["invalid_request", "the request exceeds the available context size, try increasing it", true],
  ["invalid_request", "This model's maximum context length is 32768 tokens", true],
  ["too_large", "the request has 40000000 bytes", true],
  ["invalid_request", "messages.3: tool_use toolu_1 has no tool_result", false],
  ["overloaded", "context window", false],
])("%s, %s: is an overflow: %s", (reason, message, yes) => {
  expect(isOverflow({ reason, message })).toBe(yes);
});

import { describe, expect, test } from "vitest";
import type { ModelMessage } from "../../../../infra/model/message.ts";
import { firstDivergence, prefixChain, sharedPrefix } from "../../../../infra/model/prefix-chain.ts";
import { type ModelRequest, requestBody } from "../../../../infra/model/request.ts";

const says = (role: "user" | "assistant", ...texts: string[]): ModelMessage => ({
  role,
  content: texts.map((text) => ({ type: "text", text })),
});
const first: ModelRequest = {
  model: "m",
  system: ["a", "b"],
  tools: ["Read", "Report"].map((name) => ({ name, description: "d", inputSchema: { type: "object" } })),
  messages: [says("user", "go")],
  maxTokens: 10,
};
const next: ModelRequest = { ...first, messages: [...first.messages, says("assistant", "?"), says("user", "on")] };
const chainOf = (request: ModelRequest) => prefixChain(requestBody(request));
const divergence = (after: ModelRequest): string | null => firstDivergence(chainOf(first), chainOf(after));

describe("a request goes on from another", () => {
  test("where messages are added: the marks that move and the tokens of the answer are no part of it", () => {
    expect(chainOf(first).map(({ name }) => name)).toEqual([
      ...["model", "tool Read", "tool Report", "system 1", "system 2", "message 1.1"],
    ]);
    expect(divergence(next)).toBeNull();
    expect(divergence({ ...next, maxTokens: 99 })).toBeNull();
  });

  test("where its last message grew by a block", () => {
    expect(divergence({ ...first, messages: [says("user", "go", "and more")] })).toBeNull();
  });

  test.each<[string, ModelRequest]>([
    ["model", { ...next, model: "n" }],
    [
      "tool Report",
      { ...next, tools: next.tools.map((tool, at) => (at === 1 ? { ...tool, description: "e" } : tool)) },
    ],
    ["tool Report", { ...next, tools: next.tools.slice(0, 1) }],
    ["system 1", { ...next, tools: [...next.tools, { name: "Write", description: "", inputSchema: {} }] }],
    ["system 2", { ...next, system: ["a", "c"] }],
    ["message 1.1", { ...next, system: ["a", "b", "c"] }],
    ["message 1.1", { ...next, thinking: { type: "adaptive" } }],
    ["message 1.1", { ...next, messages: [says("user", "stop"), ...next.messages.slice(1)] }],
    ["message 1.1", { ...next, messages: [says("assistant", "go")] }],
    ["message 1.1", { ...next, messages: [] }],
  ])("and not where something before is otherwise: %s is the first that differs", (name, after) => {
    expect(divergence(after)).toBe(name);
  });
});

test("what agents of one type share ends before the first message", () => {
  expect(sharedPrefix(chainOf(first))).not.toBe("");
  expect(sharedPrefix(chainOf({ ...next, messages: [says("user", "another task")] }))).toBe(
    sharedPrefix(chainOf(first)),
  );
  expect(sharedPrefix(chainOf({ ...first, system: ["a", "c"] }))).not.toBe(sharedPrefix(chainOf(first)));
});

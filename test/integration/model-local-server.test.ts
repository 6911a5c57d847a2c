// The loopback Messages server: legal requests get a brain's answer over the wire of the API, the rest its errors.

import Anthropic from "@anthropic-ai/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createModelClient } from "../../infra/model/anthropic.ts";
import type { Brain, BrainRequest } from "../../infra/model/local/brain.ts";
import { localAnalystModel } from "../../infra/model/local/local-model.ts";
import type { PromptUsage } from "../../infra/model/local/prefix-cache.ts";
import { type LocalServer, startLocalServer } from "../../infra/model/local/server.ts";
import type { ModelRequest } from "../../infra/model/request.ts";

const limits = { idleTimeoutMs: 20_000, firstByteTimeoutMs: 20_000 };
const tools = [{ name: "Read", description: "Reads.", input_schema: { type: "object" as const } }];
const user = (text: string) => ({ role: "user" as const, content: text });
const call = (id: string) => ({
  role: "assistant" as const,
  content: [{ type: "tool_use" as const, id, name: "Read", input: {} }],
});
const result = (id: string, extra: object = {}) => ({
  role: "user" as const,
  content: [{ type: "tool_result" as const, tool_use_id: id, content: "ok", ...extra }],
});
const body = { model: localAnalystModel, max_tokens: 100, messages: [user("hi")] };

/** Asks for a file, then reports what came back. */
const reader: Brain = ({ messages }) => {
  const last = messages.at(-1)?.content[0];
  if (last?.type === "tool_result")
    return { content: [{ type: "text", text: `${last.toolName} said ${last.text}` }], stopReason: "end_turn" };
  return {
    content: [
      { type: "text", text: "I look." },
      { type: "tool_use", name: "Read", input: { file_path: "a.ts" } },
      { type: "tool_use", name: "Read", input: { file_path: "b.ts" } },
    ],
    stopReason: "tool_use",
  };
};

let server: LocalServer;
let brain: Brain;
let seen: BrainRequest[];
let nowMs: number;

beforeEach(async () => {
  brain = reader;
  seen = [];
  nowMs = 1_000_000;
  const asked: Brain = (request) => {
    seen.push(request);
    return brain(request);
  };
  server = await startLocalServer({ brain: asked, nowMs: () => nowMs });
});
afterEach(() => server.close());

function post(document: unknown, headers: Record<string, string> = {}, path = "/v1/messages", method = "POST") {
  return fetch(server.baseUrl + path, {
    method,
    headers: { "content-type": "application/json", authorization: `Bearer ${server.token}`, ...headers },
    ...(method === "POST" && { body: typeof document === "string" ? document : JSON.stringify(document) }),
  });
}

async function refusal(response: Response): Promise<[number, string, string]> {
  const envelope = (await response.json()) as { type: string; error: { type: string; message: string } };
  expect(envelope.type).toBe("error");
  return [response.status, envelope.error.type, envelope.error.message];
}

describe("the wire", () => {
  test("the official SDK streams a whole tool turn and a final answer", async () => {
    const sdk = new Anthropic({ baseURL: server.baseUrl, authToken: server.token, maxRetries: 0 });
    const first = await sdk.messages.stream({ ...body, tools }).finalMessage();
    expect(first).toMatchObject({ stop_reason: "tool_use", model: localAnalystModel, role: "assistant" });
    expect(first.content.map((block) => block.type)).toEqual(["text", "tool_use", "tool_use"]);
    const results = first.content.flatMap((block) =>
      block.type === "tool_use" ? [{ type: "tool_result" as const, tool_use_id: block.id, content: "42" }] : [],
    );
    const second = await sdk.messages
      .stream({
        ...body,
        tools,
        messages: [
          user("hi"),
          { role: "assistant", content: first.content as never },
          { role: "user", content: results },
        ],
      })
      .finalMessage();
    expect(second).toMatchObject({ stop_reason: "end_turn", content: [{ type: "text", text: "Read said 42" }] });
  });

  test("events come in the API's order, pieces of input joined by the reader, a ping among them", async () => {
    const text = await (await post({ ...body, tools, stream: true })).text();
    const types = [...text.matchAll(/^event: (.*)$/gm)].map((match) => match[1]);
    expect(types.slice(0, 3)).toEqual(["message_start", "content_block_start", "ping"]);
    expect(types.slice(-2)).toEqual(["message_delta", "message_stop"]);
    expect(types.filter((type) => type === "content_block_start")).toHaveLength(3);
    expect(types.filter((type) => type === "content_block_stop")).toHaveLength(3);
    expect(text).toContain('"input_json_delta"');
  });

  test("a document holds what a stream holds", async () => {
    const sdk = new Anthropic({ baseURL: server.baseUrl, authToken: server.token });
    const document = await sdk.messages.create({ ...body, tools });
    const streamed = await sdk.messages.stream({ ...body, tools }).finalMessage();
    expect(document.content).toEqual(streamed.content);
    expect([document.id, document.stop_reason]).toEqual([streamed.id, streamed.stop_reason]);
  });

  test("the same request gets the same answer byte for byte, another request other ids", async () => {
    const ask = async (document: unknown) => (await post(document)).text();
    const one = await ask({ ...body, tools });
    expect(await ask({ ...body, tools })).toBe(one);
    const ids = (text: string) => text.match(/(msg|toolu)_\w+/g);
    expect(ids(one)).toHaveLength(3);
    expect(
      new Set([...(ids(one) ?? []), ...(ids(await ask({ ...body, tools, messages: [user("ho")] })) ?? [])]).size,
    ).toBe(6);
  });

  test("our own client gets an answer, with the figures of the simulation", async () => {
    const client = createModelClient({ baseUrl: server.baseUrl, authToken: server.token, ...limits });
    const request: ModelRequest = {
      model: localAnalystModel,
      system: ["s".repeat(10_000)],
      tools: [{ name: "Read", description: "Reads.", inputSchema: { type: "object" } }],
      messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
      maxTokens: 100,
    };
    const outcome = await client.call(request, { signal: new AbortController().signal });
    expect(outcome).toMatchObject({ kind: "answered", message: { stopReason: "tool_use", toolUseCut: false } });
    expect(outcome.usage.cacheWriteTokens).toBeGreaterThan(2_000);
    expect(outcome.requestId).toMatch(/^req_/);
  });

  test("the brain sees texts, calls and results by tool name, and no marks or thinking", async () => {
    const marked = { type: "text", text: "sys", cache_control: { type: "ephemeral" } };
    const said = [{ type: "thinking", thinking: "t", signature: "s" }, ...call("toolu_1").content];
    const messages = [user("hi"), { role: "assistant", content: said }, result("toolu_1", { is_error: true })];
    await (await post({ ...body, tools, system: [marked], messages })).text();
    expect(seen).toEqual([
      {
        model: localAnalystModel,
        system: ["sys"],
        tools: [{ name: "Read", description: "Reads.", inputSchema: { type: "object" } }],
        messages: [
          { role: "user", content: [{ type: "text", text: "hi" }] },
          { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "Read", input: {} }] },
          {
            role: "user",
            content: [{ type: "tool_result", toolUseId: "toolu_1", toolName: "Read", text: "ok", isError: true }],
          },
        ],
        maxTokens: 100,
      },
    ]);
  });

  test("tokens are counted as the answer will charge them", async () => {
    const sdk = new Anthropic({ baseURL: server.baseUrl, authToken: server.token });
    const { max_tokens: _, ...prompt } = body;
    const counted = await sdk.messages.countTokens({ ...prompt, tools });
    const { usage } = await sdk.messages.create({ ...body, tools });
    expect(counted.input_tokens).toBe(usage.input_tokens);
    expect(counted.input_tokens).toBeGreaterThan(10);
  });

  test("the token limit cuts the answer, and half a call is no call", async () => {
    const cut = (await (await post({ ...body, tools, max_tokens: 6 })).json()) as Anthropic.Message;
    expect(cut).toMatchObject({ stop_reason: "max_tokens", usage: { output_tokens: expect.any(Number) } });
    expect(cut.usage.output_tokens).toBeLessThanOrEqual(6);
    expect(cut.content).toEqual([{ type: "text", text: "I look." }]);
    const client = createModelClient({ baseUrl: server.baseUrl, authToken: server.token, ...limits });
    const request: ModelRequest = {
      model: localAnalystModel,
      system: [],
      tools: [{ name: "Read", description: "Reads.", inputSchema: { type: "object" } }],
      messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
      maxTokens: 6,
    };
    const outcome = await client.call(request, { signal: new AbortController().signal });
    expect(outcome).toMatchObject({
      message: { stopReason: "max_tokens", toolUseCut: true, content: [{ type: "text" }] },
    });
  });
});

describe("refusals", () => {
  test.each([
    ["no token", { authorization: "" }],
    ["a wrong token", { authorization: "Bearer wrong" }],
    ["a wrong key beside a right token", { "x-api-key": "wrong" }],
  ])("%s is 401 and never reaches the brain", async (_, headers) => {
    expect(await refusal(await post(body, headers))).toMatchObject([401, "authentication_error", expect.any(String)]);
    expect(seen).toEqual([]);
  });

  test("x-api-key is as good as a bearer token", async () => {
    const response = await post({ ...body, tools }, { authorization: "", "x-api-key": server.token });
    expect(response.status).toBe(200);
  });

  test("another path is 404, another method 405, too much 413, no JSON 400; each with a request id", async () => {
    const responses = [
      await post(body, {}, "/v1/complete"),
      await post(body, {}, "/v1/messages", "GET"),
      await post(`"${"x".repeat(33 * 1024 * 1024)}"`),
      await post("{oops"),
    ];
    const told = await Promise.all(responses.map(refusal));
    expect(told.map(([status, type]) => [status, type])).toEqual([
      [404, "not_found_error"],
      [405, "invalid_request_error"],
      [413, "request_too_large"],
      [400, "invalid_request_error"],
    ]);
    for (const response of responses) expect(response.headers.get("request-id")).toMatch(/^req_/);
  });

  const mark = { cache_control: { type: "ephemeral" } };
  const marks = Array.from({ length: 5 }, (_, index) => ({ type: "text", text: `s${index}`, ...mark }));
  test.each([
    ["no model", { ...body, model: undefined }, /model/],
    ["no messages", { ...body, messages: [] }, /messages/],
    ["an assistant first", { ...body, messages: [{ role: "assistant", content: "a" }, user("b")] }, /first message/],
    ["an assistant last", { ...body, messages: [user("a"), { role: "assistant", content: "b" }] }, /end with the user/],
    ["a call without result", { ...body, messages: [user("a"), call("t1"), user("b")] }, /t1 has no tool_result/],
    ["a result without call", { ...body, messages: [user("a"), result("t1")] }, /answers no tool_use/],
    [
      "a result too late",
      { ...body, messages: [user("a"), call("t1"), result("t1"), { role: "assistant", content: "b" }, result("t1")] },
      /answers no tool_use/,
    ],
    [
      "one call id twice",
      { ...body, messages: [user("a"), call("t1"), result("t1"), call("t1"), result("t1")] },
      /must be unique/,
    ],
    [
      "a result after text",
      {
        ...body,
        messages: [
          user("a"),
          call("t1"),
          { role: "user", content: [{ type: "text", text: "b" }, ...result("t1").content] },
        ],
      },
      /must come first/,
    ],
    ["five marks", { ...body, system: marks }, /at most 4/],
    [
      "five marks, one of them nested",
      {
        ...body,
        system: marks.slice(0, 4),
        messages: [user("a"), call("t1"), result("t1", { content: [{ type: "text", text: "r", ...mark }] })],
      },
      /at most 4/,
    ],
    ["sampling", { ...body, temperature: 0.5 }, /temperature/],
    ["a forced tool", { ...body, tools, tool_choice: { type: "tool", name: "Read" } }, /tool_choice/],
    ["two tools of one name", { ...body, tools: [...tools, ...tools] }, /unique/],
    ["a server tool", { ...body, tools: [{ type: "web_search_20250305", name: "web_search" }] }, /tools/],
  ])("%s is 400 and never reaches the brain", async (_, document, words) => {
    const [status, type, message] = await refusal(await post(document));
    expect([status, type]).toEqual([400, "invalid_request_error"]);
    expect(message).toMatch(words);
    expect(seen).toEqual([]);
  });

  test("four marks are legal", async () => {
    expect((await post({ ...body, tools, system: marks.slice(0, 4) })).status).toBe(200);
  });
});

describe("a brain that fails", () => {
  const throwing: Brain = () => {
    throw new Error("no idea");
  };

  test("is a 500 for a document and an error event in a stream, never an answer", async () => {
    brain = throwing;
    expect(await refusal(await post(body))).toEqual([500, "api_error", "no idea"]);
    const client = createModelClient({ baseUrl: server.baseUrl, authToken: server.token, ...limits });
    const request: ModelRequest = {
      model: localAnalystModel,
      system: [],
      tools: [],
      messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
      maxTokens: 10,
    };
    const outcome = await client.call(request, { signal: new AbortController().signal });
    expect(outcome).toMatchObject({
      kind: "failed",
      reason: "server_error",
      message: expect.stringContaining("no idea"),
    });
  });

  test("by calling a tool that was not offered is a 500 too", async () => {
    expect(await refusal(await post(body))).toMatchObject([500, "api_error", expect.stringContaining("Read")]);
  });
});

describe("the simulated cache", () => {
  const system = (text: string) => [{ type: "text", text, cache_control: { type: "ephemeral" } }];
  const usageOf = async (document: object) => {
    const answer = (await (await post({ ...body, tools, ...document })).json()) as { usage: PromptUsage };
    return answer.usage;
  };
  const long = "p".repeat(7_000);

  test("writes a marked prefix once, reads it for five minutes after the last read, then writes it again", async () => {
    const first = await usageOf({ system: system(long) });
    expect(first.cache_creation_input_tokens).toBeGreaterThan(2_000);
    expect(first.cache_read_input_tokens).toBe(0);
    nowMs += 299_000;
    const second = await usageOf({ system: system(long) });
    expect(second).toMatchObject({
      cache_read_input_tokens: first.cache_creation_input_tokens,
      cache_creation_input_tokens: 0,
    });
    nowMs += 299_000;
    expect((await usageOf({ system: system(long) })).cache_creation_input_tokens).toBe(0);
    nowMs += 300_001;
    expect(await usageOf({ system: system(long) })).toEqual(first);
  });

  test("reads nothing across a change of tools, system or model", async () => {
    await usageOf({ system: system(long) });
    const changes = [
      { system: system(`${long}!`) },
      { system: system(long), tools: [...tools, { name: "Glob", input_schema: { type: "object" } }] },
      { system: system(long), model: "claude-opus-4-8" },
    ];
    for (const change of changes) expect((await usageOf(change)).cache_read_input_tokens).toBe(0);
  });

  test("caches nothing below the model's minimum", async () => {
    const short = { system: system("p".repeat(3_000)) };
    await usageOf(short);
    expect(await usageOf(short)).toMatchObject({ cache_read_input_tokens: 0, cache_creation_input_tokens: 0 });
  });

  test("a growing conversation reads what it wrote and pays only for what is new", async () => {
    const turn = (n: number) => {
      const messages: object[] = [user("hi")];
      for (let at = 0; at < n; at += 1)
        messages.push(
          call(`t${at}`),
          result(`t${at}`, {
            content: "r".repeat(3_500),
            ...(at === n - 1 && { cache_control: { type: "ephemeral" } }),
          }),
        );
      return { system: system(long), messages };
    };
    const second = await usageOf(turn(2));
    const third = await usageOf(turn(3));
    expect(third.cache_read_input_tokens).toBe(second.cache_read_input_tokens + second.cache_creation_input_tokens);
    expect(third.cache_creation_input_tokens).toBeGreaterThan(1_000);
    expect(third.cache_creation_input_tokens).toBeLessThan(1_200);
    expect(third.input_tokens).toBe(0);
    // Reading an entry by looking back from a later mark refreshes it, too.
    nowMs += 299_000;
    await usageOf(turn(4));
    nowMs += 299_000;
    expect((await usageOf(turn(3))).cache_creation_input_tokens).toBe(0);
  });
});

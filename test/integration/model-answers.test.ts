// What a good call brings back and what it sends, over real HTTP: bytes, marks, blocks and figures.

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createModelClient, type ModelClient } from "../../infra/model/anthropic.ts";
import type { ContentBlock, ModelMessage } from "../../infra/model/message.ts";
import type { Answered, ModelDelta } from "../../infra/model/outcome.ts";
import { type ModelRequest, requestText } from "../../infra/model/request.ts";
import { type MessagesDouble, startMessagesDouble } from "../support/messages-double/double.ts";
import type { EntryInput } from "../support/messages-double/script.ts";

const never = new AbortController().signal;
const limits = { idleTimeoutMs: 20_000, firstByteTimeoutMs: 20_000 };
const schema = { type: "object", properties: { b: { type: "string" }, a: { type: "number" } }, required: ["b"] };
const request: ModelRequest = {
  model: "claude-opus-5-5",
  system: ["You explore.", "The workspace is here."],
  tools: [
    { name: "Read", description: "Reads a file.", inputSchema: schema },
    { name: "Glob", description: "Finds files.", inputSchema: schema },
  ],
  messages: [{ role: "user", content: [{ type: "text", text: "Go on. ✓ \u2028" }] }],
  maxTokens: 1_000,
  metadata: { user_id: "r_1" },
};

let double: MessagesDouble;
let client: ModelClient;

beforeEach(async () => {
  double = await startMessagesDouble();
  client = createModelClient({ baseUrl: double.baseUrl, apiKey: "sk-ant-key", ...limits });
});
afterEach(() => double.close());

async function answerOf(entry: EntryInput, asked = request): Promise<Answered> {
  double.script(entry);
  const outcome = await client.call(asked, { signal: never });
  if (outcome.kind !== "answered") throw new Error(JSON.stringify(outcome));
  return outcome;
}

describe("what is sent", () => {
  test("is the canonical text, byte for byte, whatever order the input was built in", async () => {
    const [read, glob] = request.tools;
    const reordered: ModelRequest = {
      metadata: { user_id: "r_1" },
      maxTokens: 1_000,
      messages: [{ content: [{ text: "Go on. ✓ \u2028", type: "text" }], role: "user" }],
      tools: [
        {
          ...glob,
          inputSchema: {
            required: ["b"],
            properties: { a: { type: "number" }, b: { type: "string" } },
            type: "object",
          },
        },
        read,
      ] as ModelRequest["tools"],
      system: request.system,
      model: request.model,
    };
    await answerOf({});
    await answerOf({}, reordered);
    const [first, second] = double.served.map((served) => served.body);
    expect(first).toBe(requestText(request));
    expect(second).toBe(first);
    expect(JSON.parse(first ?? "").tools.map((tool: { name: string }) => tool.name)).toEqual(["Glob", "Read"]);
  });

  test("carries no beta and no account of ours, and exactly two marks", async () => {
    await answerOf({});
    const body = double.served[0]?.body ?? "";
    expect(double.served[0]?.headers).toMatchObject({ authorization: "Bearer sk-ant-key" });
    expect(double.served[0]?.headers).not.toHaveProperty("anthropic-beta");
    expect(Object.keys(JSON.parse(body)).sort()).toEqual([
      "max_tokens",
      "messages",
      "metadata",
      "model",
      "stream",
      "system",
      "tools",
    ]);
    expect(body.match(/cache_control/g)).toHaveLength(2);
  });

  test("without a credential is anonymous, whatever the environment and the home directory hold", async () => {
    process.env.ANTHROPIC_API_KEY = "sk-ant-of-the-environment";
    process.env.ANTHROPIC_CUSTOM_HEADERS = "Authorization: Bearer of-the-environment";
    try {
      const anonymous = createModelClient({ baseUrl: double.baseUrl, ...limits });
      double.script({});
      await anonymous.call(request, { signal: never });
    } finally {
      delete process.env.ANTHROPIC_API_KEY;
      delete process.env.ANTHROPIC_CUSTOM_HEADERS;
    }
    expect(double.served[0]?.headers.authorization).toBe("Bearer none");
    expect(double.served[0]?.headers["x-api-key"]).toBeUndefined();
  });

  test("extends the request before it: nothing ahead of the last mark ever changes", async () => {
    let messages: readonly ModelMessage[] = request.messages;
    for (let turn = 0; turn < 4; turn += 1) {
      const call = { type: "tool_use" as const, name: "Read", input: { file_path: `src/${turn}.ts`, 2: "b", 1: "a" } };
      const { message } = await answerOf(
        { content: [{ type: "thinking", thinking: "hm", signature: `sig${turn}==` }, call] },
        { ...request, messages },
      );
      const id = message.content[1]?.id;
      const result = { type: "tool_result", tool_use_id: id, content: `result ${turn} ${"x".repeat(3_000)}` };
      messages = [...messages, { role: "assistant", content: message.content }, { role: "user", content: [result] }];
    }
    const bodies = double.served.map(({ body }) => unmarked(JSON.parse(body)));
    expect(bodies).toHaveLength(4);
    for (const [at, body] of bodies.entries()) {
      const next = bodies[at + 1];
      if (next) expect(next.startsWith(body)).toBe(true);
    }
  });
});

/** The prefix as text: system, tools, messages without their marks. */
function unmarked(body: Record<string, unknown>): string {
  const plain = (part: unknown) =>
    JSON.stringify(part, (key, value) => (key === "cache_control" ? undefined : value)).replace(/]$/, "");
  return plain([body.tools]) + plain([body.system]) + plain(body.messages);
}

describe("what comes back", () => {
  const content: EntryInput["content"] = [
    { type: "thinking", thinking: "First I look. ".repeat(40), signature: "c2lnbmVk" },
    { type: "redacted_thinking", data: "opaque" },
    { type: "text", text: "Ünïcode 🐝 ".repeat(60) },
    { type: "tool_use", id: "toolu_1", name: "Read", input: { file_path: "a.ts", deep: { list: [1, null, "x"] } } },
    { type: "tool_use", id: "toolu_2", name: "Glob", input: {} },
  ];

  test("is every block verbatim, signatures included, and can be sent back as it is", async () => {
    const { message } = await answerOf({ content });
    expect(message).toMatchObject({ content, stopReason: "tool_use", toolUseCut: false, model: request.model });
    const results = ["toolu_1", "toolu_2"].map((id) => ({ type: "tool_result", tool_use_id: id, content: "ok" }));
    const messages = [
      ...request.messages,
      { role: "assistant" as const, content: message.content },
      { role: "user" as const, content: results },
    ];
    await answerOf({}, { ...request, messages });
    expect(JSON.parse(double.served[1]?.body ?? "").messages[1].content).toEqual(content);
  });

  test("is shown piece by piece, and the pieces are the whole", async () => {
    double.script({ content });
    const shown: ModelDelta[] = [];
    await client.call(request, { signal: never, onDelta: (delta) => shown.push(delta) });
    const joined = (kind: string, index: number) =>
      shown
        .filter((delta) => delta.kind === kind && delta.index === index)
        .map((delta) => delta.text)
        .join("");
    expect(shown.length).toBeGreaterThan(content.length);
    expect(joined("thinking", 0)).toBe((content[0] as { thinking: string }).thinking);
    expect(joined("text", 2)).toBe((content[2] as { text: string }).text);
    expect(JSON.parse(joined("tool_input", 3))).toEqual((content[3] as ContentBlock).input);
  });

  test.each(["end_turn", "max_tokens", "stop_sequence", "pause_turn", "refusal", "model_context_window_exceeded"])(
    "tells the stop reason %s",
    async (stopReason) => {
      expect((await answerOf({ stopReason })).message).toMatchObject({ stopReason, rawStopReason: stopReason });
    },
  );

  test("tells an unknown stop reason as other, its own word kept, and the category of a refusal", async () => {
    expect((await answerOf({ stopReason: "sleepy" })).message).toMatchObject({
      stopReason: "other",
      rawStopReason: "sleepy",
    });
    const stopDetails = { type: "refusal", category: "cyber" };
    expect((await answerOf({ stopReason: "refusal", stopDetails })).message.stopDetails).toEqual(stopDetails);
  });

  test("has the reported figures, the request id and the time to the first token", async () => {
    const usage = { input_tokens: 3, output_tokens: 5, cache_read_input_tokens: 7, cache_creation_input_tokens: 11 };
    const outcome = await answerOf({ usage });
    expect(outcome.usage).toEqual({
      inputTokens: 3,
      outputTokens: 5,
      cacheReadTokens: 7,
      cacheWriteTokens: 11,
      estimated: false,
    });
    expect(outcome.requestId).toBe("req_double_0");
    expect(outcome.firstTokenMs).toBeGreaterThan(0);
  });

  test("says null for cache figures that a server does not report, which is not zero", async () => {
    const silent = await answerOf({ usage: { input_tokens: 3, output_tokens: 5 } });
    const zero = await answerOf({
      usage: { input_tokens: 3, output_tokens: 5, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
    });
    expect(silent.usage).toMatchObject({ cacheReadTokens: null, cacheWriteTokens: null });
    expect(zero.usage).toMatchObject({ cacheReadTokens: 0, cacheWriteTokens: 0 });
  });

  test("marks figures as estimated where a server reports none", async () => {
    const { usage } = await answerOf({ usage: {}, content: [{ type: "text", text: "x".repeat(35) }] });
    expect(usage).toMatchObject({ estimated: true, outputTokens: 10 });
  });

  test("twelve calls at once each get their own answer", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `agent-${index}.`);
    double.script(...names.map((name) => ({ when: name, content: [{ type: "text" as const, text: `to ${name}` }] })));
    const outcomes = await Promise.all(
      names.map((name) =>
        client.call(
          { ...request, messages: [{ role: "user", content: [{ type: "text", text: name }] }] },
          { signal: new AbortController().signal },
        ),
      ),
    );
    expect(outcomes.map((outcome) => outcome.kind === "answered" && outcome.message.content[0]?.text)).toEqual(
      names.map((name) => `to ${name}`),
    );
  });
});

test("any text and any input survive the way there and back", async () => {
  // The SDK's own reader of partial JSON drops the key "__proto__", which no tool of ours takes.
  const key = fc.string().filter((name) => name !== "__proto__");
  const json = fc.dictionary(key, fc.jsonValue()).filter((value) => !JSON.stringify(value).includes('"__proto__"'));
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", minLength: 1 }), json, async (text, input) => {
      const { message } = await answerOf({
        content: [
          { type: "text", text },
          { type: "tool_use", name: "Read", input: JSON.parse(JSON.stringify(input)) },
        ],
      });
      expect(message.content[0]?.text).toBe(text);
      expect(JSON.stringify(message.content[1]?.input)).toBe(JSON.stringify(JSON.parse(JSON.stringify(input))));
    }),
    { numRuns: 40 },
  );
});

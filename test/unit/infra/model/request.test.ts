import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ContentBlock, ModelMessage } from "../../../../infra/model/message.ts";
import { type ModelRequest, requestBody, requestText } from "../../../../infra/model/request.ts";

const base: ModelRequest = {
  model: "m",
  system: ["a", "b"],
  tools: [{ name: "Read", description: "d", inputSchema: { type: "object" } }],
  messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
  maxTokens: 10,
};
const mark = { type: "ephemeral" };

/** The same value with every object built in the opposite order. */
function reversed<T>(value: T): T {
  if (Array.isArray(value)) return value.map(reversed) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, field]) => [key, reversed(field)]),
  ) as T;
}

/** Where marks are, as paths of array indexes. */
function marksIn(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((part, at) => marksIn(part, `${path}/${at}`));
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, field]) =>
    key === "cache_control" ? [path] : marksIn(field, `${path}/${key}`),
  );
}

describe("equal input gives equal bytes", () => {
  const schema = fc.dictionary(fc.string(), fc.jsonValue());
  const request = fc.record({
    model: fc.string(),
    system: fc.array(fc.string(), { maxLength: 3 }),
    tools: fc.uniqueArray(fc.record({ name: fc.string(), description: fc.string(), inputSchema: schema }), {
      selector: (tool) => tool.name,
      maxLength: 5,
    }),
    messages: fc.array(
      fc.record({
        role: fc.constant("user" as const),
        content: fc.array(
          fc.record({ type: fc.constant("tool_result"), tool_use_id: fc.string(), content: fc.jsonValue() }),
          {
            minLength: 1,
            maxLength: 3,
          },
        ),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    maxTokens: fc.nat(),
  });

  test("whatever order objects and tools came in", () => {
    fc.assert(
      fc.property(request, (asked) => {
        const other = { ...reversed(asked), tools: reversed([...asked.tools].reverse()) };
        expect(requestText(other)).toBe(requestText(asked));
      }),
    );
  });

  test("and different input gives different bytes", () => {
    fc.assert(
      fc.property(request, fc.string({ minLength: 1 }), (asked, extra) => {
        const last = asked.messages.at(-1) as ModelMessage;
        const longer = { ...last, content: [...last.content, { type: "text", text: extra }] };
        expect(requestText({ ...asked, messages: [...asked.messages.slice(0, -1), longer] })).not.toBe(
          requestText(asked),
        );
      }),
    );
  });

  test("but the input of a model's own call keeps its order, for it stands ahead of a signature", () => {
    const call = { type: "tool_use", id: "t", name: "Read", input: { b: 1, a: { d: 1, c: 2 } } };
    const text = requestText({ ...base, messages: [...base.messages, { role: "assistant", content: [call] }] });
    expect(text).toContain('{"b":1,"a":{"d":1,"c":2}}');
  });
});

describe("marks", () => {
  test("stand on the last system block and the last block of the last message, nowhere else", () => {
    const messages: ModelMessage[] = [
      ...base.messages,
      { role: "assistant", content: [{ type: "text", text: "x" }] },
      {
        role: "user",
        content: [
          { type: "text", text: "y" },
          { type: "text", text: "z" },
        ],
      },
    ];
    expect(marksIn(requestBody({ ...base, messages }))).toEqual(["/messages/2/content/1", "/system/1"]);
  });

  test("of earlier turns are taken away, so there are never more than two", () => {
    const content: ContentBlock[] = Array.from({ length: 9 }, () => ({ type: "text", text: "x", cache_control: mark }));
    const messages: ModelMessage[] = Array.from({ length: 3 }, () => ({ role: "user", content }));
    expect(marksIn(requestBody({ ...base, messages }))).toEqual(["/messages/2/content/8", "/system/1"]);
  });

  test("go to the last tool where there is no system text", () => {
    const tools = [...base.tools, { name: "Glob", description: "", inputSchema: {} }];
    expect(marksIn(requestBody({ ...base, tools, system: [""] }))).toEqual(["/messages/0/content/0", "/tools/1"]);
  });

  test.each([
    ["thinking", { type: "thinking", thinking: "t", signature: "s" }],
    ["redacted thinking", { type: "redacted_thinking", data: "d" }],
    ["an empty text", { type: "text", text: "" }],
  ])("pass over %s, which may not carry one", (_, block) => {
    const messages: ModelMessage[] = [{ role: "user", content: [{ type: "text", text: "x" }, block] }];
    expect(marksIn(requestBody({ ...base, messages }))).toEqual(["/messages/0/content/0", "/system/1"]);
  });
});

test("the caller's request is left as it was", () => {
  const frozen = structuredClone(base);
  requestBody(base);
  expect(base).toEqual(frozen);
});

test("what is not asked for is not sent", () => {
  expect(Object.keys(requestBody({ ...base, system: [], tools: [] }))).toEqual([
    "max_tokens",
    "messages",
    "model",
    "stream",
  ]);
});

test("two tools of one name are a mistake of the caller", () => {
  expect(() => requestBody({ ...base, tools: [...base.tools, ...base.tools] })).toThrow(TypeError);
});

// Asking a server what a prompt comes to: free, bounded in time, and nobody is asked for ever who does not know.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createModelClient, type ModelClient } from "../../infra/model/anthropic.ts";
import { startLocalServer } from "../../infra/model/local/server.ts";
import type { ModelRequest } from "../../infra/model/request.ts";
import { startMessagesDouble } from "../support/messages-double/double.ts";

const limits = { idleTimeoutMs: 5_000, firstByteTimeoutMs: 5_000 };
const request = (over: Partial<ModelRequest> = {}): ModelRequest => ({
  model: "claude-sonnet-5-5",
  system: ["You are one of many."],
  tools: [],
  messages: [{ role: "user", content: [{ type: "text", text: "How long is this?" }] }],
  maxTokens: 100,
  previousMessage: null,
  ...over,
});

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server that answers each request as it is told, and counts them. */
async function answering(
  answer: Parameters<typeof createServer>[1],
): Promise<{ client: ModelClient; asked(): number }> {
  let asked = 0;
  const server: Server = createServer((incoming, response) => {
    asked += 1;
    incoming.resume();
    answer?.(incoming, response as never);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { client: createModelClient({ baseUrl: `http://127.0.0.1:${port}`, ...limits }), asked: () => asked };
}

test("a server's count is of the whole prompt, and is what a call with the same prompt is then charged", async () => {
  const double = await startMessagesDouble({ entries: [{}] });
  closing.push(double.close);
  const client = createModelClient({ baseUrl: double.baseUrl, ...limits });
  const counted = await client.count?.(request());
  const outcome = await client.call(request(), { signal: new AbortController().signal });
  expect(outcome).toMatchObject({ kind: "answered", usage: { inputTokens: counted } });
  expect([counted !== null && Number(counted) > 10, double.countsAsked()]).toEqual([true, 1]);
});

test("a server that knows nothing of counting is asked once", async () => {
  const double = await startMessagesDouble({ counts: false });
  closing.push(double.close);
  const client = createModelClient({ baseUrl: double.baseUrl, ...limits });
  expect([await client.count?.(request()), await client.count?.(request())]).toEqual([null, null]);
  expect(double.countsAsked()).toBe(1);
});

test("what is no count is taken for none, and not asked for again", async () => {
  const { client, asked } = await answering((_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end('{"input_tokens":"many"}');
  });
  expect([await client.count?.(request()), await client.count?.(request()), asked()]).toEqual([null, null, 1]);
});

test("a server that fails for ever is left alone after three times, and says nothing by throwing", async () => {
  const { client, asked } = await answering((_, response) => void response.writeHead(500).end());
  for (let at = 0; at < 8; at += 1) expect(await client.count?.(request())).toBeNull();
  expect(asked()).toBe(3);
});

test("a server that never answers costs a bounded time", async () => {
  const { client } = await answering(() => {});
  const begunMs = performance.now();
  expect(await client.count?.(request())).toBeNull();
  expect(performance.now() - begunMs).toBeLessThan(4_000);
});

test("why a cache was not read is asked of the official server, and of no other unless it is said", async () => {
  const double = await startMessagesDouble({ entries: [{ times: "always" }] });
  closing.push(double.close);
  const signal = new AbortController().signal;
  await createModelClient({ baseUrl: double.baseUrl, ...limits }).call(request(), { signal });
  const told = createModelClient({ baseUrl: double.baseUrl, diagnostics: true, ...limits });
  await told.call(request({ previousMessage: "msg_x" }), { signal });
  expect(double.served.map(({ body }) => JSON.parse(body).diagnostics)).toEqual([
    undefined,
    { previous_message_id: "msg_x" },
  ]);
});

test.each(["double", "local server"])(
  "the %s says what of a prompt is not as it was, in the API's words",
  async (which) => {
    const server =
      which === "double"
        ? await startMessagesDouble({ entries: [{ times: "always" }] })
        : await startLocalServer({
            brain: () => ({ content: [{ type: "text", text: "Done." }], stopReason: "end_turn" }),
          });
    closing.push(server.close);
    const authToken = "token" in server ? server.token : "none";
    const client = createModelClient({ baseUrl: server.baseUrl, authToken, diagnostics: true, ...limits });
    const call = async (over: Partial<ModelRequest>) => {
      const outcome = await client.call(request(over), { signal: new AbortController().signal });
      if (outcome.kind !== "answered") throw new Error(outcome.message);
      return outcome.message;
    };
    const tool = { name: "Read", description: "reads", inputSchema: { type: "object" } };
    const { id, cacheMiss } = await call({});
    expect(cacheMiss).toBeUndefined();
    const messages = [...request().messages, { role: "assistant" as const, content: [{ type: "text", text: "So." }] }];
    const more = [...messages, { role: "user" as const, content: [{ type: "text", text: "And?" }] }];
    expect((await call({ messages: more, previousMessage: id })).cacheMiss).toBeUndefined();
    const reasons = [];
    for (const over of [
      { model: "claude-opus-5-5" },
      { tools: [tool] },
      { system: ["You are another."] },
      { messages: [{ role: "user" as const, content: [{ type: "text", text: "How short is this?" }] }] },
    ]) {
      const miss = (await call({ ...over, previousMessage: id })).cacheMiss;
      reasons.push(miss?.reason);
      expect(miss?.missedTokens).toBeGreaterThan(0);
    }
    expect(reasons).toEqual(["model_changed", "tools_changed", "system_changed", "messages_changed"]);
    expect((await call({ previousMessage: "msg_of_another" })).cacheMiss).toEqual({
      reason: "previous_message_not_found",
      missedTokens: null,
    });
  },
);

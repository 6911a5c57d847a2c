// Every fault of facts about servers and networks, played over real sockets against the real SDK: each has one name,
// none throws, none is taken for an answer.

import { EventEmitter } from "node:events";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createModelClient, type ModelClient } from "../../infra/model/anthropic.ts";
import type { Failed, ModelDelta, ModelOutcome } from "../../infra/model/outcome.ts";
import type { ModelRequest } from "../../infra/model/request.ts";
import { type MessagesDouble, startMessagesDouble } from "../support/messages-double/double.ts";
import type { EntryInput } from "../support/messages-double/script.ts";

const apiKey = "sk-ant-secret-key-of-this-test";
const request: ModelRequest = {
  model: "claude-opus-5-5",
  system: ["You test."],
  tools: [{ name: "Read", description: "Reads.", inputSchema: { type: "object" } }],
  messages: [{ role: "user", content: [{ type: "text", text: "Go on." }] }],
  maxTokens: 1_000,
};
const limits = { idleTimeoutMs: 20_000, firstByteTimeoutMs: 20_000 };
const never = new AbortController().signal;
const spoken = "a sentence that was cut";
/** message_start, block start, ping, one delta. */
const withFirstWords = 4;

let double: MessagesDouble;
let client: ModelClient;

beforeEach(async () => {
  double = await startMessagesDouble();
  client = clientOf(double.baseUrl);
});
afterEach(() => double.close());

function clientOf(baseUrl: string, idleTimeoutMs = 20_000, firstByteTimeoutMs = 20_000): ModelClient {
  return createModelClient({ baseUrl, apiKey, idleTimeoutMs, firstByteTimeoutMs });
}

async function outcomeOf(entry: EntryInput, with_ = client): Promise<ModelOutcome> {
  double.script(entry);
  return with_.call(request, { signal: never });
}

async function failureOf(entry: EntryInput, with_ = client): Promise<Failed> {
  const outcome = await outcomeOf(entry, with_);
  if (outcome.kind !== "failed") throw new Error(`answered: ${JSON.stringify(outcome)}`);
  return outcome;
}

describe("a refusal before the stream", () => {
  const status = (code: number, type?: string) => ({
    fault: { kind: "status" as const, status: code, ...(type && { type }) },
  });
  test.each([
    [429, "rate_limit_error", "rate_limited", true],
    [500, "api_error", "server_error", true],
    [503, "overloaded_error", "overloaded", true],
    [504, "timeout_error", "server_error", true],
    [529, "overloaded_error", "overloaded", true],
    [400, "invalid_request_error", "invalid_request", false],
    [400, "billing_error", "billing", false],
    [401, "authentication_error", "authentication", false],
    [402, "billing_error", "billing", false],
    [403, "permission_error", "permission", false],
    [404, "not_found_error", "not_found", false],
    [413, "request_too_large", "too_large", false],
  ] as const)("%i %s is %s, and only passing faults are retried", async (code, type, reason, retry) => {
    const failed = await failureOf(status(code, type));
    expect(failed).toMatchObject({ reason, retry, mayBeBilled: false, requestId: expect.stringMatching(/^req_/) });
    expect(failed.usage).toMatchObject({ inputTokens: 0, outputTokens: 0 });
  });

  test("is sent once: the SDK's own retries are off", async () => {
    await failureOf(status(529));
    expect(double.served).toHaveLength(1);
  });

  test.each([
    [{ "retry-after": "7" }, 7_000],
    [{ "retry-after-ms": "1234.5", "retry-after": "9" }, 1_235],
    [{ "retry-after": "99999999" }, 300_000],
    [{ "retry-after": new Date(Date.now() - 60_000).toUTCString() }, 0],
    [{ "retry-after": "soon" }, undefined],
  ])("%j asks for a wait of %s ms", async (headers, retryAfterMs) => {
    const failed = await failureOf({ fault: { kind: "status", status: 429, headers } });
    expect(failed.reason).toBe("rate_limited");
    expect(failed.retryAfterMs).toBe(retryAfterMs);
  });

  test("x-should-retry overrules the status, both ways", async () => {
    const no = await failureOf({ fault: { kind: "status", status: 529, headers: { "x-should-retry": "false" } } });
    const yes = await failureOf({ fault: { kind: "status", status: 403, headers: { "x-should-retry": "true" } } });
    expect([no.retry, yes.retry]).toEqual([false, true]);
  });

  test("without a JSON body keeps its name, and its text within the limit", async () => {
    const failed = await failureOf({ fault: { kind: "status", status: 502, body: "x".repeat(3_000_000) } });
    expect(failed.reason).toBe("server_error");
    expect(failed.message).toMatch(/x{100}/);
    expect(failed.message.length).toBeLessThanOrEqual(2_000);
  });

  test("never repeats the credential, nor anything that looks like one", async () => {
    const secret = "no-prefix-gives-this-away";
    const message = `bad key ${secret} or sk-ant-api03-other-key`;
    const careful = createModelClient({ ...limits, baseUrl: double.baseUrl, apiKey: secret });
    const failed = await failureOf({ fault: { kind: "status", status: 401, message } }, careful);
    expect(failed.message).toContain("bad key [masked] or [masked]");
  });
});

describe("an answer that is none", () => {
  test("a web page with status 200 is malformed and not retried", async () => {
    const failed = await failureOf({ fault: { kind: "html" } });
    expect(failed).toMatchObject({ reason: "malformed", retry: false, mayBeBilled: false });
    expect(failed.message).toContain("text/html");
  });

  test("a redirect is not followed, so no other host sees the credential", async () => {
    const other = await startMessagesDouble({ entries: [{ times: "always" }] });
    const headers = { location: `${other.baseUrl}/v1/messages` };
    const failed = await failureOf({ fault: { kind: "status", status: 307, headers } });
    expect(failed).toMatchObject({ reason: "malformed", retry: false });
    expect(other.served).toHaveLength(0);
    await other.close();
  });

  test("an event that is not JSON is malformed", async () => {
    const failed = await failureOf({
      fault: { kind: "raw", afterEvents: 3, text: "event: message_delta\ndata: {oops\n\n" },
    });
    expect(failed).toMatchObject({ reason: "malformed", retry: true, mayBeBilled: true });
  });

  test("an event of the wrong shape is malformed", async () => {
    const text = 'event: content_block_delta\ndata: {"type":"content_block_delta","index":"zero"}\n\n';
    expect(await failureOf({ fault: { kind: "raw", afterEvents: 3, text } })).toMatchObject({ reason: "malformed" });
  });

  test("an event of an unknown kind is passed over", async () => {
    const text = 'event: sparkle\ndata: {"type":"sparkle","n":1}\n\n';
    expect(await outcomeOf({ fault: { kind: "raw", afterEvents: 3, text } })).toMatchObject({ kind: "answered" });
  });

  test("a line that never ends is cut off at the cap", async () => {
    const failed = await failureOf({ fault: { kind: "flood", afterEvents: 2 } });
    expect(failed).toMatchObject({ reason: "malformed", retry: false });
    expect(failed.message).toMatch(/larger than \d+ bytes/);
    expect(await double.served[0]?.end).toBe("client");
  });
});

describe("an answer that breaks off", () => {
  const content = [{ type: "text" as const, text: spoken }];

  test.each(["cut", "end"] as const)("by %s before message_stop is cut, never a silent success", async (kind) => {
    for (const afterEvents of [1, 2, withFirstWords, 5, 6]) {
      const failed = await failureOf({ content, fault: { kind, afterEvents } });
      expect(failed, `after ${afterEvents} events`).toMatchObject({ reason: "cut", retry: true, mayBeBilled: true });
    }
  });

  test("charges the prompt that was reported and the words that were shown", async () => {
    const failed = await failureOf({ content, fault: { kind: "cut", afterEvents: withFirstWords } });
    expect(failed.partialText).toBe(spoken);
    expect(failed.usage.estimated).toBe(true);
    expect(failed.usage.inputTokens).toBeGreaterThan(0);
    expect(failed.usage.outputTokens).toBe(Math.ceil(spoken.length / 3.5));
  });

  test("before the headers is cut, and may have cost something", async () => {
    const failed = await failureOf({ fault: { kind: "reset" } });
    expect(failed).toMatchObject({ reason: "cut", retry: true, mayBeBilled: true, usage: { outputTokens: 0 } });
  });

  test("in the middle of a tool call shows nobody that call", async () => {
    const call = { type: "tool_use" as const, name: "Read", input: { file_path: "x".repeat(1_000) } };
    const failed = await failureOf({ content: [call], fault: { kind: "cut", afterEvents: 5 } });
    expect(failed.reason).toBe("cut");
    expect(JSON.stringify(failed)).not.toMatch(/toolu_|file_path|xxx/);
  });

  test("at the token limit leaves half a tool call out and says so", async () => {
    const half = { type: "tool_use" as const, name: "Read", input: {}, cutInputJson: '{"file_path": "a' };
    const outcome = await outcomeOf({ content: [...content, half], stopReason: "max_tokens" });
    expect(outcome).toMatchObject({
      kind: "answered",
      message: { content, stopReason: "max_tokens", toolUseCut: true },
    });
  });

  test("a tool call whose input is no JSON is malformed where no limit explains it", async () => {
    const half = { type: "tool_use" as const, name: "Read", input: {}, cutInputJson: '{"file_path": "a' };
    expect(await failureOf({ content: [half], stopReason: "tool_use" })).toMatchObject({ reason: "malformed" });
  });

  test.each([
    ["overloaded_error", "overloaded", true],
    ["rate_limit_error", "rate_limited", true],
    ["api_error", "server_error", true],
    ["invalid_request_error", "invalid_request", false],
    ["a_new_error", "server_error", true],
  ])("with the error event %s is %s", async (type, reason, retry) => {
    const failed = await failureOf({ content, fault: { kind: "error_event", afterEvents: withFirstWords, type } });
    expect(failed).toMatchObject({ reason, retry, partialText: spoken, mayBeBilled: true });
  });

  test("with an error event that is no envelope is a server error", async () => {
    const failed = await failureOf({ fault: { kind: "raw", afterEvents: 2, text: "event: error\ndata: oops\n\n" } });
    expect(failed).toMatchObject({ reason: "server_error", retry: true });
  });
});

/** What a silent server is given: enough for the request to reach it on a busy machine. */
const SHORT_MS = 1_500;

describe("silence", () => {
  test("before the headers ends the call by the first limit", async () => {
    const failed = await failureOf({ fault: { kind: "mute" } }, clientOf(double.baseUrl, 60_000, SHORT_MS));
    expect(failed).toMatchObject({ reason: "idle", retry: true, mayBeBilled: true });
    expect(await double.served[0]?.end).toBe("client");
  });

  test("after the headers, before the first byte, ends the call by the first limit", async () => {
    const failed = await failureOf(
      { fault: { kind: "silence", afterEvents: 0 } },
      clientOf(double.baseUrl, 60_000, SHORT_MS),
    );
    expect(failed.reason).toBe("idle");
  });

  test("in the middle of the stream ends the call by the second limit and tells what was shown", async () => {
    const entry: EntryInput = { content: [{ type: "text", text: spoken }], fault: { kind: "silence", afterEvents: 4 } };
    const failed = await failureOf(entry, clientOf(double.baseUrl, SHORT_MS, 60_000));
    expect(failed).toMatchObject({ reason: "idle", retry: true, partialText: spoken });
    expect(failed.message).toContain("in the middle");
  });

  test("is not what pings are: a server that pings is waited for", async () => {
    const fault = { kind: "pings" as const, afterEvents: 2, pings: 60, everyMs: 80 };
    const outcome = await outcomeOf({ fault }, clientOf(double.baseUrl, 4_000, 4_000));
    expect(outcome).toMatchObject({ kind: "answered" });
  });

  test("after message_stop changes nothing", async () => {
    expect(await outcomeOf({ fault: { kind: "linger" } })).toMatchObject({ kind: "answered" });
  });
});

describe("abort", () => {
  test("before the call sends nothing", async () => {
    const outcome = await client.call(request, { signal: AbortSignal.abort() });
    expect(outcome).toMatchObject({ kind: "failed", reason: "aborted", retry: false, mayBeBilled: false });
    expect(double.served).toHaveLength(0);
  });

  test("in the middle is seen by the server, and what was shown is charged", async () => {
    double.script({ content: [{ type: "text", text: spoken }], fault: { kind: "silence", afterEvents: 4 } });
    const stop = new AbortController();
    const outcome = await client.call(request, { signal: stop.signal, onDelta: () => stop.abort() });
    expect(outcome).toMatchObject({ reason: "aborted", retry: false, partialText: spoken, mayBeBilled: true });
    expect(await double.served[0]?.end).toBe("client");
  });

  test("leaves nothing behind on a signal that outlives the call", async () => {
    const stop = new AbortController();
    double.script({}, {});
    await client.call(request, { signal: stop.signal });
    await client.call(request, { signal: stop.signal });
    expect(EventEmitter.getEventListeners(stop.signal, "abort")).toHaveLength(0);
  });
});

describe("no connection", () => {
  test("a closed port is refused_connection, retried, and cost nothing", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const outcome = await clientOf(`http://127.0.0.1:${port}`).call(request, { signal: never });
    expect(outcome).toMatchObject({ reason: "refused_connection", retry: true, mayBeBilled: false });
  });

  test("a server that does not speak TLS where TLS is asked is refused_connection", async () => {
    const outcome = await clientOf(double.baseUrl.replace("http:", "https:")).call(request, { signal: never });
    expect(outcome).toMatchObject({ kind: "failed", reason: "refused_connection" });
  });
});

describe("mistakes of the caller", () => {
  test("an onDelta that throws is not hidden", async () => {
    double.script({});
    const onDelta = (_: ModelDelta) => {
      throw new RangeError("of the caller");
    };
    await expect(client.call(request, { signal: never, onDelta })).rejects.toThrow("of the caller");
  });

  test("a request beyond the API's limit is too large without being sent", async () => {
    const text = "x".repeat(33 * 1024 * 1024);
    const large = { ...request, messages: [{ role: "user" as const, content: [{ type: "text", text }] }] };
    const outcome = await client.call(large, { signal: never });
    const message = expect.stringMatching(/the request has \d+ bytes/);
    expect(outcome).toMatchObject({ reason: "too_large", retry: false, mayBeBilled: false, message });
    expect(double.served).toHaveLength(0);
  });

  test.each([
    [{}, "model.no_credential", 4],
    [{ apiKey: "a", authToken: "b" }, "model.two_credentials", 4],
    [{ apiKey: "a", baseUrl: "localhost" }, "model.bad_base_url", 2],
    [{ apiKey: "a", baseUrl: "file:///etc" }, "model.bad_base_url", 2],
  ])("%j is refused with %s and a way out", (options, code, exit) => {
    const make = () => createModelClient({ ...options, idleTimeoutMs: 1, firstByteTimeoutMs: 1 });
    expect(make).toThrowError(expect.objectContaining({ code, exit, hint: expect.stringMatching(/ANTHROPIC_/) }));
  });
});

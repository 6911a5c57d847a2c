// What a model's server can do wrong, seen through `swarm run`: what passes is tried again and the log says so; what
// does not pass ends the run at once with a reason a person can act on.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EntryInput, Fault } from "../support/messages-double/script.ts";
import {
  API_KEY,
  endings,
  ofType,
  openStage,
  type Played,
  quote,
  read,
  report,
  type Stage,
  says,
  use,
} from "../support/run-stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.[Symbol.asyncDispose]());

const failing = (fault: Extract<EntryInput["fault"], object>, entry: EntryInput = {}): EntryInput => ({
  ...entry,
  fault,
});
const status = (code: number, type: string, headers: Record<string, string> = {}): EntryInput =>
  failing({ kind: "status", status: code, type, headers });

/** Every attempt after a failure is announced, and begins no sooner than announced. */
function expectWaits({ events }: Pick<Played, "events">): void {
  const waits = ofType(events, "retry.scheduled");
  expect(waits.length).toBeGreaterThan(0);
  for (const wait of waits) {
    const next = events.find((event) => event.type === "model.called" && event.seq > wait.seq);
    expect(next).toBeDefined();
    expect(Date.parse(next?.at ?? "") - Date.parse(wait.at)).toBeGreaterThanOrEqual(wait.delayMs);
  }
}

describe("what passes is tried again", () => {
  test("rate limit, overload and server error, one after the other, with the waits that were announced", async () => {
    const played = await stage.play([
      status(429, "rate_limit_error", { "retry-after": "1" }),
      status(529, "overloaded_error"),
      status(500, "api_error"),
      report("adds"),
    ]);
    expect(played.finished.code).toBe(0);
    expect(played.requests).toHaveLength(4);
    expect(new Set(played.requests.map(({ body }) => body)).size).toBe(1);
    const failures = ofType(played.events, "model.failed");
    expect(failures.map(({ reason, retry }) => [reason, retry])).toEqual([
      ["rate_limited", true],
      ["overloaded", true],
      ["server_error", true],
    ]);
    expectWaits(played);
    expect(ofType(played.events, "retry.scheduled")[0]?.delayMs).toBeGreaterThanOrEqual(1_000);
  });

  const passing: readonly [string, EntryInput][] = [
    ["a connection that breaks before an answer", failing({ kind: "reset" })],
    ["a connection that breaks in the middle of an answer", failing({ kind: "cut", afterEvents: 3 }, says(read()))],
    ["a stream that ends without an end", failing({ kind: "end", afterEvents: 4 }, says(read()))],
    [
      "an error event in the middle of a stream",
      failing({ kind: "error_event", type: "overloaded_error", afterEvents: 3 }),
    ],
  ];
  test.each(passing)("%s", async (_, fault) => {
    const played = await stage.play([fault, report("adds")]);
    expect(played.finished.code).toBe(0);
    expect(played.requests).toHaveLength(2);
    expect(played.requests[1]?.body).toBe(played.requests[0]?.body);
    expect(ofType(played.events, "model.failed")).toMatchObject([{ retry: true }]);
    expect(ofType(played.events, "tool.intended")).toEqual([]);
    expectWaits(played);
  });

  test("a tool call whose input was cut is never run with half of it", async () => {
    const half = { ...use("Read", { file_path: "src/main.ts" }), cutInputJson: '{"file_path":"src/ma' };
    const played = await stage.play([says(half), report("adds")]);
    expect(played.finished.code).toBe(0);
    expect(ofType(played.events, "tool.intended")).toEqual([]);
    expect(played.requests).toHaveLength(2);
  });
});

describe("what does not pass ends the run at once", () => {
  const lasting: readonly [string, EntryInput, RegExp, number][] = [
    ["a key that is not accepted: exit 4", status(401, "authentication_error"), /authentication|401/, 4],
    ["a right that is missing: exit 4", status(403, "permission_error"), /permission|403/, 4],
    ["a model that does not exist: exit 1", status(404, "not_found_error"), /not_found|404/, 1],
    ["a request that is too large: exit 1", status(413, "request_too_large"), /too_large|413/, 1],
  ];
  test.each(lasting)("%s", async (_, fault, reason, code) => {
    const { finished, document, requests, events } = await stage.play([fault]);
    expect(finished.code).toBe(code);
    expect(document).toMatchObject({ status: "failed", result: { status: "failed" } });
    expect(document.result?.reasons.join()).toMatch(reason);
    expect(requests).toHaveLength(1);
    expect(ofType(events, "retry.scheduled")).toEqual([]);
    expect(endings(events)).toEqual(["run.failed"]);
  });

  test("and an error that repeats the key is shown without it", async () => {
    const echo: Fault = {
      kind: "status",
      status: 401,
      type: "authentication_error",
      message: `bad key ${API_KEY}`,
      headers: {},
    };
    const { finished, document, events } = await stage.play([{ fault: echo }]);
    expect(document.result?.reasons.join()).toMatch(/bad key/);
    expect(`${finished.stdout}${finished.stderr}${JSON.stringify(events)}`).not.toContain(API_KEY);
  });
});

test("usage of a call that was cut is counted by what the stream had shown", async () => {
  const usage = { input_tokens: 500, output_tokens: 7 };
  const { document } = await stage.play([
    { ...failing({ kind: "cut", afterEvents: 3 }, says(read())), usage },
    { ...report("adds", [quote(3)]), usage },
  ]);
  expect(document.usage.inputTokens).toBe(1_000);
  expect(document.usage.totalTokens).toBeGreaterThanOrEqual(1_007);
});

test("a server that never recovers is asked six times, the last time after the breaker has cooled; then the run fails", async () => {
  const always: Fault = {
    kind: "status",
    status: 500,
    type: "api_error",
    message: "the machine is on fire",
    headers: {},
  };
  const last = await openStage();
  try {
    const { finished, document, requests, events } = await last.play([{ fault: always, times: "always" }]);
    expect(finished.code).toBe(1);
    expect(document.result?.reasons.join()).toContain("the machine is on fire");
    expect(requests).toHaveLength(6);
    expect(ofType(events, "breaker.changed")[0]).toMatchObject({ from: "closed", to: "open" });
    // The fifth failure opens it: the sixth attempt, its probe, waits for as long as it rests.
    expect(ofType(events, "retry.scheduled").at(-1)?.delayMs).toBeGreaterThanOrEqual(15_000);
    expect(endings(events)).toEqual(["run.failed"]);
  } finally {
    await last[Symbol.asyncDispose]();
  }
});

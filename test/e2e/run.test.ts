// `swarm run` against a scripted Messages server, over real HTTP and real processes: what counts as a result, what does
// not, and how a run says so.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EntryInput } from "../support/messages-double/script.ts";
import {
  endings,
  MAIN,
  MAIN_LINES,
  ofType,
  openStage,
  quote,
  read,
  report,
  type Stage,
  says,
  text,
  toldBefore,
  use,
  wireOf,
} from "../support/run-stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.[Symbol.asyncDispose]());

describe("a result", () => {
  test("is a report whose evidence holds: exit 0, and the document of the contract", async () => {
    const usage = { input_tokens: 100, output_tokens: 20, cache_read_input_tokens: 30, cache_creation_input_tokens: 4 };
    const { finished, document, events } = await stage.play([
      { ...says(read()), usage },
      { ...report("adds two numbers"), usage },
    ]);
    expect(finished.code).toBe(0);
    expect(document).toEqual({
      v: 1,
      runId: expect.stringMatching(/^r_/),
      status: "completed",
      simulated: true,
      result: {
        ...{ status: "verified", value: { summary: "adds two numbers" }, evidence: [quote(3)], reasons: [] },
        ...{ notDone: [], revoked: [], substitutes: [], taint: [] },
        provenance: { goal: expect.objectContaining({ tools: { Read: 1 }, commands: [], unseen: [], standsOn: [] }) },
      },
      usage: {
        modelCalls: 2,
        inputTokens: 200,
        outputTokens: 40,
        cacheReadTokens: 60,
        cacheWriteTokens: 8,
        totalTokens: 308,
        costUsd: 0,
      },
      agents: expect.arrayContaining([
        { id: expect.stringMatching(/^a_/), type: "general", state: "completed", turns: 2 },
      ]),
      approvals: [],
      blackBox: null,
      budget: {
        tokens: { max: null, spent: 308, reserved: 0, left: null },
        usd: { max: null, spent: 0, reserved: 0, left: null },
      },
      spending: {
        simulated: true,
        agents: expect.arrayContaining([
          expect.objectContaining({ id: "a_goal", tokens: { spent: 308, reserved: 0 } }),
        ]),
        types: expect.arrayContaining([expect.objectContaining({ type: "general", agents: 1 })]),
      },
      tasks: [expect.objectContaining({ id: "goal", type: "general", status: "verified", attempt: 1, role: null })],
      work: null,
      cost: expect.objectContaining({
        simulated: true,
        types: [{ type: "general", agents: 1, turns: 2, tokens: 308, usd: 0 }],
        burn: null,
      }),
    });
    expect(endings(events)).toEqual(["run.completed"]);
    expect(ofType(events, "tool.finished").map(({ tool }) => tool)).toEqual(["Read"]);
  });

  test("is not free text: after three such answers the run fails and says so", async () => {
    const { finished, document, requests, events } = await stage.play([
      text("It adds."),
      text("It really adds."),
      text("Believe me."),
    ]);
    expect(finished.code).toBe(1);
    expect(document).toMatchObject({ status: "failed", result: { status: "failed" } });
    expect(document.result?.reasons.join()).toMatch(/report/i);
    expect(requests).toHaveLength(3);
    expect(toldBefore(requests[2]).at(-1)?.text).toMatch(/Report/);
    expect(endings(events)).toEqual(["run.failed"]);
    const [died] = ofType(events, "run.failed");
    expect(died).toMatchObject({ state: "supervising.watching", effects: [], budget: { tokensMax: null } });
    expect(died?.lastSeq).toBeLessThan(died?.seq ?? 0);
    expect(died?.budget?.tokens).toBeGreaterThan(0);
    expect(ofType(events, "agent.ended")).toMatchObject([
      { actor: "a_goal", status: "failed", state: "thinking.calling", reason: expect.stringMatching(/report/i) },
    ]);
    expect(document.blackBox).toMatchObject({
      ...{ kind: "ended", lastSeq: events.length, reason: expect.stringMatching(/report/i) },
      ...{ state: died?.state, budget: died?.budget },
    });
  });

  test("is not built on an invented quote: it is rejected with its reason, and may be corrected", async () => {
    const invented = quote(3, "return left * right; // multiplies");
    const { finished, document, requests } = await stage.play([
      report("multiplies", [invented]),
      report("adds", [quote(3)]),
    ]);
    expect(finished.code).toBe(0);
    expect(document.result).toMatchObject({ status: "verified", value: { summary: "adds" } });
    const [answer] = toldBefore(requests[1]);
    expect(answer).toMatchObject({ type: "tool_result", is_error: true });
    expect(String(answer?.content)).toContain(`${MAIN}:3`);
  });

  test("that lies again and again is rejected for good: exit 1", async () => {
    const lie = report("multiplies", [quote(3, "return left * right; // multiplies")]);
    const { finished, document, events, requests } = await stage.play([lie, lie, lie]);
    expect(finished.code).toBe(1);
    expect(document).toMatchObject({ status: "failed", result: { status: "rejected" } });
    expect(document.result?.reasons.join()).toContain(`${MAIN}:3`);
    expect(requests).toHaveLength(3);
    expect(ofType(events, "result.verified")).toEqual([]);
    expect(ofType(events, "result.rejected")).toHaveLength(1);
  });

  test("that does not fit the contract is refused, and may be corrected", async () => {
    const wrong = says(use("Report", { outcome: "done", value: { total: 3 }, evidence: [], notDone: [] }));
    const { finished, requests, events } = await stage.play([wrong, report("adds")]);
    expect(finished.code).toBe(0);
    expect(ofType(events, "tool.refused")).toMatchObject([{ tool: "Report" }]);
    expect(toldBefore(requests[1])).toMatchObject([{ type: "tool_result", is_error: true }]);
  });

  test("may be that nothing could be done: the run fails with the agent's reason", async () => {
    const blocked = { outcome: "blocked", value: null, evidence: [], notDone: ["the folder is locked"] };
    const { finished, document } = await stage.play([says(use("Report", blocked))]);
    expect(finished.code).toBe(1);
    expect(document).toMatchObject({ status: "failed", result: { status: "failed" } });
    expect(document.result?.reasons.join()).toContain("the folder is locked");
  });
});

test("a price holds for the runs that begin once it is said, also where a worker was there before", async () => {
  const file = join(stage.swarm.home, "prices.json");
  const row = { model: "claude-sonnet-5-5", input: 3, output: 15, write5m: 3, write1h: 3, read: 3 };
  writeFileSync(file, JSON.stringify({ prices: [row] }));
  const usage = { input_tokens: 100, output_tokens: 20 };
  const entries = [
    { ...says(read()), usage },
    { ...report("adds two numbers"), usage },
  ];
  expect((await stage.play(entries)).document.usage.costUsd).toBe(0);
  const priced = await stage.play(entries, ["--json"], { SWARM_CONFIG: file });
  expect(priced.document.usage.costUsd).toBeCloseTo((200 * 3 + 40 * 15) / 1e6, 9);
  const refused = await stage.play(entries, ["--json", "--budget", "0.001"], { SWARM_CONFIG: file });
  expect([refused.finished.code, refused.requests.length]).toEqual([6, 0]);
});

describe("a call that cannot be made is refused, told to the model, and the agent goes on", () => {
  const refused: readonly { what: string; call: Parameters<typeof says>[0]; flags: string[]; reason: RegExp }[] = [
    { what: "a tool that does not exist", call: use("Teleport", { to: "/" }), flags: [], reason: /no tool Teleport/ },
    {
      what: "a tool that was taken away",
      call: use("Grep", { pattern: "add" }),
      flags: ["--deny-tool", "Grep"],
      reason: /Grep/,
    },
    { what: "an input that fails its schema", call: use("Read", { path: MAIN }), flags: [], reason: /file_path/ },
  ];
  test.each(refused)("$what", async ({ call, flags, reason }) => {
    const { finished, events, requests } = await stage.play([says(call), report("adds")], ["--json", ...flags]);
    expect(finished.code).toBe(0);
    expect(ofType(events, "tool.refused")).toMatchObject([{ reason: expect.stringMatching(reason) }]);
    expect(ofType(events, "tool.intended")).toEqual([]);
    const [answer] = toldBefore(requests[1]);
    expect(answer).toMatchObject({ type: "tool_result", is_error: true });
    expect(String(answer?.content)).toMatch(reason);
  });

  test("a tool that was taken away is not offered, and using it leaves a denial in the record", async () => {
    const { events, requests } = await stage.play(
      [says(use("Grep", { pattern: "add" })), report("adds")],
      ["--json", "--deny-tool", "Grep", "--deny-tool", "Bash"],
    );
    expect(requests.map((request) => wireOf(request).tools.map(({ name }) => name))).toEqual(
      requests.map(() => ["AskParent", "Glob", "Note", "Read", "Remember", "Report", "ToolSearch", "UseTool"]),
    );
    expect(ofType(events, "permission.decided")).toMatchObject([{ tool: "Grep", decision: "deny" }]);
  });

  test("a path that leads out of the workspace", async () => {
    const { finished, events, requests } = await stage.play([says(read("../../../etc/passwd")), report("adds")]);
    expect(finished.code).toBe(0);
    expect(ofType(events, "tool.finished")).toEqual([]);
    expect(JSON.stringify(toldBefore(requests[1]))).not.toContain("root:");
    expect(toldBefore(requests[1])).toMatchObject([{ type: "tool_result", is_error: true }]);
  });
});

test("twelve reads of one answer run together and come back in the order of their calls", async () => {
  const reads = Array.from({ length: 12 }, (_, index) =>
    use("Read", { file_path: MAIN, offset: (index % 4) + 1, limit: 1 }),
  );
  const { finished, requests, events } = await stage.play([says(...reads), report("adds")]);
  expect(finished.code).toBe(0);
  const results = toldBefore(requests[1]).filter(({ type }) => type === "tool_result");
  const asked = wireOf(requests[1] ?? { body: "{}" }).messages.at(-2)?.content ?? [];
  expect(results).toHaveLength(12);
  expect(results.map(({ tool_use_id }) => tool_use_id)).toEqual(asked.map(({ id }) => id));
  results.forEach((result, index) => {
    expect(JSON.stringify(result.content)).toContain(JSON.stringify(MAIN_LINES[index % 4]).slice(1, -1));
  });
  expect(ofType(events, "tool.finished")).toHaveLength(12);
});

describe("a limit", () => {
  const reading: EntryInput = { ...says(read()), times: "always" };

  test("of turns ends the run as exhausted: exit 6, with what is there", async () => {
    const { finished, document, requests, events } = await stage.play([reading], ["--json", "--max-turns", "2"]);
    expect(finished.code).toBe(6);
    expect(document).toMatchObject({ status: "exhausted", result: { status: "exhausted" }, usage: { modelCalls: 2 } });
    expect(document.result?.reasons.join()).toMatch(/turns/);
    expect(requests).toHaveLength(2);
    expect(endings(events)).toEqual(["run.exhausted"]);
  });

  test("of tokens is never passed: exit 6", async () => {
    const { finished, document, events } = await stage.play([reading], ["--json", "--max-tokens", "9000"]);
    expect(finished.code).toBe(6);
    expect(document).toMatchObject({ status: "exhausted", result: { status: "exhausted" } });
    expect(document.result?.reasons.join()).toMatch(/token/);
    expect(document.usage.modelCalls).toBeGreaterThan(0);
    expect(document.usage.totalTokens).toBeLessThanOrEqual(9_000);
    expect(ofType(events, "budget.refused")).toHaveLength(1);
  });

  test("of money is never passed: exit 6", async () => {
    // By this name the server is not recognised as one on this machine, which would be free.
    const elsewhere = { ANTHROPIC_BASE_URL: stage.double.baseUrl.replace("127.0.0.1", "0.0.0.0") };
    const { finished, document, events } = await stage.play(
      [reading],
      ["--json", "--budget", "0.05", "--model", "claude-sonnet-5-5"],
      elsewhere,
    );
    expect(finished.code).toBe(6);
    expect(document).toMatchObject({ status: "exhausted", result: { status: "exhausted" } });
    expect(document.usage.costUsd).toBeGreaterThan(0);
    expect(document.usage.costUsd).toBeLessThanOrEqual(0.05);
    expect(ofType(events, "budget.refused")).toHaveLength(1);
  });
});

test("an answer cut at its length limit is not a result: the agent is told, and goes on", async () => {
  const { finished, requests } = await stage.play([
    { ...text("First of all, I"), stopReason: "max_tokens" },
    report("adds"),
  ]);
  expect(finished.code).toBe(0);
  expect(toldBefore(requests[1]).at(-1)?.text).toMatch(/cut off/);
});

test("a refusal of the model fails the run and is named", async () => {
  const refusal = { ...text("I cannot help with that."), stopReason: "refusal" };
  const { finished, document, requests } = await stage.play([refusal]);
  expect(finished.code).toBe(1);
  expect(document.result?.reasons.join()).toMatch(/refusal/);
  expect(requests).toHaveLength(1);
});

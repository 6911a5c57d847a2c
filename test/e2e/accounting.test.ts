// Every token that a server of models has served is accounted for, and no run takes more than it may: eight worker
// processes, some of them killed, answers that are cut, servers that fail.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunDocument, runDocument } from "../../actors/runtime/run-document.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { openReader, type Reader } from "../../infra/redis/reader.ts";
import { NOTHING_BILLED, tokensOf } from "../support/messages-double/billed.ts";
import { type MessagesDouble, startMessagesDouble } from "../support/messages-double/double.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { API_KEY, MAIN, MAIN_LINES, type Of, quote, read, report, says } from "../support/run-stage.ts";
import { documentOf, eventually, openSwarm, type Running, type Swarm } from "../support/swarm-cli.ts";
import { eventsOf } from "../support/swarm-store.ts";

const MODEL = "claude-sonnet-5-5";
const WORKERS = 8;
const TASKS = 12;
/** US dollars a million tokens: nobody is billed for a server on this machine, unless its operator says so. */
const PRICE = { model: MODEL, input: 2, output: 10, write5m: 2.5, write1h: 4, read: 0.1 };

let server: TestRedis;
let redis: Redis;
let reader: Reader;
let double: MessagesDouble;
let swarm: Swarm;
let folder = "";
let faulty = false;
const workers: Running[] = [];

beforeAll(async () => {
  server = await startRedis({ fsync: "everysec" });
  redis = new Redis(server.options);
  redis.on("error", () => {});
  reader = openReader(redis, keysFor("swarm"));
  double = await startMessagesDouble({
    director: ({ messages }, index) => {
      const answers = messages.filter(({ role }) => role === "assistant").length;
      if (faulty && index % 9 === 4) return { ...says(read()), fault: { kind: "cut", afterEvents: 4 } };
      if (faulty && index % 31 === 7) return { fault: { kind: "status", status: 500 } };
      return answers < 2 ? { ...says(read()), delayMs: 20 } : report("adds", [quote(3)]);
    },
  });
  folder = mkdtempSync(join(tmpdir(), "prices-"));
  const config = join(folder, "swarm.config.json");
  writeFileSync(config, JSON.stringify({ prices: [PRICE] }));
  const env = { REDIS_URL: `unix://${server.socket}`, ANTHROPIC_BASE_URL: double.baseUrl, ANTHROPIC_API_KEY: API_KEY };
  swarm = await openSwarm({ env: { ...env, SWARM_CONFIG: config } });
  mkdirSync(join(swarm.home, "workspace", "src"), { recursive: true });
  writeFileSync(join(swarm.home, "workspace", MAIN), `${MAIN_LINES.join("\n")}\n`);
  for (let at = 0; at < WORKERS; at += 1) hire();
});
afterAll(async () => {
  await swarm?.[Symbol.asyncDispose]();
  await double?.close();
  reader?.close();
  redis?.disconnect();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const hire = (): number => workers.push(swarm.start(["worker", "--concurrency", "4"]));

async function begun(name: string, flags: readonly string[]): Promise<string> {
  const file = join(swarm.home, `${name}.yaml`);
  const tasks = Array.from({ length: TASKS }, (_, at) => `  - {id: t${at}, goal: ${name} ${at}, agent: explore}`);
  writeFileSync(
    file,
    ["goal: Everything is paid", `parallel: ${TASKS}`, "tolerate_failures: true", "tasks:", ...tasks].join("\n"),
  );
  const workspace = join(swarm.home, "workspace");
  const run = ["run", file, "--workspace", workspace, "--model", MODEL, "--detach", "--json", ...flags];
  const finished = await swarm.run(run);
  expect(finished.code, finished.stderr).toBe(0);
  return documentOf<{ runId: string }>(finished).runId;
}

const ended = (run: string): Promise<RunDocument> =>
  eventually(`${run} ends`, async () => {
    const { status } = (await reader.run(run))?.fields ?? {};
    return status === "running" ? null : runDocument(reader, run);
  });

/** Answers that are in the log, each beside what was served for it. Those that are not were charged as reserved. */
async function settled(run: string, from: number): Promise<void> {
  const served = new Map(double.served.slice(from).map((one) => [one.requestId, one.billed]));
  const calls = eventsOf(await reader.log(run, 0)).filter(({ type }) => type === "model.answered");
  expect(calls.length).toBeGreaterThan(TASKS);
  for (const call of calls as Of<"model.answered">[]) {
    const { input, output, cacheRead, cacheWrite } = served.get(call.request ?? "") ?? NOTHING_BILLED;
    expect(call.usage).toEqual({
      inputTokens: input,
      outputTokens: output,
      cacheReadTokens: cacheRead,
      cacheWriteTokens: cacheWrite,
    });
  }
}

test("what an answer is charged is what was served for it, kind by kind, and nothing that was served is charged less", async () => {
  const run = await begun("calm", []);
  const { usage, budget, spending, simulated } = await ended(run);
  await settled(run, 0);
  const served = double.billed();
  const { input, output, write5m, read: readPrice } = PRICE;
  const usd =
    (served.input * input + served.output * output + served.cacheWrite * write5m + served.cacheRead * readPrice) / 1e6;
  // On a machine that is busy enough a worker loses a call that was made, and another makes it again: as reserved.
  const isWhole = served.calls === 3 * TASKS;
  const same = isWhole ? "toBe" : "toBeGreaterThanOrEqual";
  expect(budget.tokens.reserved).toBe(0);
  expect(budget.tokens.spent)[same](tokensOf(served));
  expect(spending.agents.reduce((sum, { tokens }) => sum + tokens.spent, 0)).toBe(budget.tokens.spent);
  expect(usage.costUsd ?? 0)[isWhole ? "toBeCloseTo" : "toBeGreaterThan"](usd - (isWhole ? 0 : 1e-9), 9);
  expect(simulated).toBe(true);
});

test("with workers killed and answers cut, nothing served is unaccounted, and the limit is not passed", async () => {
  const before = tokensOf(double.billed());
  const asked = double.served.length;
  faulty = true;
  const tokensMax = 160_000;
  const run = await begun("stormy", ["--max-tokens", String(tokensMax)]);
  for (const share of [1, 2, 3]) {
    await eventually("more was served", () => double.served.length >= asked + share * 6);
    workers[share - 1]?.signal("SIGKILL");
    hire();
  }
  const { status, budget } = await ended(run);
  await settled(run, asked);
  const served = tokensOf(double.billed()) - before;
  const { spent, reserved } = budget.tokens;
  expect(served).toBeGreaterThan(25_000);
  expect(["completed", "failed", "exhausted"]).toContain(status);
  // What nobody could tell the cost of was charged as it was reserved: more than served, never less.
  expect(spent).toBeGreaterThanOrEqual(served);
  expect(reserved).toBe(0);
  expect(served).toBeLessThanOrEqual(tokensMax);
  expect(spent).toBeLessThanOrEqual(tokensMax);
});

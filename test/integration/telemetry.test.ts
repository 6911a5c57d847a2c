// What a collector is told of a real run, over real HTTP; and what a run is told of a collector that is away: nothing.
import { afterEach, expect, it } from "vitest";
import { openAccesses } from "../../actors/runtime/accesses.ts";
import { apiBinding } from "../../actors/runtime/bindings.ts";
import { createRuntime } from "../../actors/runtime/runtime.ts";
import { general } from "../../actors/types/general.ts";
import { actorTypes } from "../../actors/types/index.ts";
import { openLog } from "../../infra/log.ts";
import { lookAtSwarm } from "../../infra/telemetry/look-at-swarm.ts";
import { openTracing } from "../../infra/telemetry/open-tracing.ts";
import { telemetrySettings } from "../../infra/telemetry/settings.ts";
import { agentPlace, runPlace, traceIdOf, turnPlace } from "../../infra/telemetry/trace-ids.ts";
import { type Collector, type Mood, openCollector, type Span, said, spansIn } from "../support/collector.ts";
import { openTestJournal } from "../support/journal.ts";
import { startMessagesDouble } from "../support/messages-double/double.ts";
import { openMockedHive } from "../support/mocked-hive.ts";
import { read, says, text, use } from "../support/run-stage.ts";

const SECRET_WORDS = "the-words-nobody-may-export";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function collecting(mood?: Mood): Promise<Collector> {
  const collector = await openCollector(mood);
  closing.push(() => collector.close());
  return collector;
}

async function playedWith(port: number, run: string) {
  const warned: string[] = [];
  const log = openLog("warn", { write: (line: string) => void warned.push(line) });
  const { workspace, journal } = await openTestJournal();
  const hive = await openMockedHive();
  let turn = 0;
  const double = await startMessagesDouble({
    director: () => {
      turn += 1;
      if (turn === 1) return says({ type: "text", text: SECRET_WORDS }, read("none.txt"));
      return turn === 2
        ? text(`${SECRET_WORDS}, and no report`)
        : says(use("Report", { outcome: "done", value: { summary: SECRET_WORDS }, evidence: [], notDone: [] }));
    },
  });
  const settings = telemetrySettings({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}/`,
    OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=one%20two",
    OTEL_SERVICE_NAME: "hive-under-test",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
  });
  if (settings === undefined) throw new Error("telemetry is off");
  const tracing = openTracing(settings, log, { instance: "worker-one" });
  tracing.observe(lookAtSwarm(hive.redis, hive.keys, actorTypes));
  const credentials = { apiKey: "sk-ant-test-secret", authToken: undefined, baseUrl: double.baseUrl };
  const accesses = openAccesses(credentials, log, undefined, tracing.tracerProvider);
  const { redis, keys } = hive;
  const runtime = createRuntime({
    ...{ redis, keys, concurrency: 4, log, journal, unconfined: true, tracing },
    accesses: accesses.byBinding,
  });
  closing.push(
    () => double.close(),
    () => hive.close(),
    () => accesses.close(),
  );
  await runtime.start();
  const task = { id: "t", agentType: "general", needs: [], limits: general.limits, attemptsMax: 1 };
  await hive.start(run, [task], {
    ...{ binding: apiBinding(credentials), model: "claude-sonnet-5-5", workspace, tolerateFailures: true },
    briefs: { t: JSON.stringify({ id: "t", agentType: "general", goal: `GOAL-t: ${SECRET_WORDS}` }) },
  });
  const status = await hive.ended(run);
  await runtime.stop(0);
  const fromMs = performance.now();
  await tracing.close();
  return { status, warned, closedMs: performance.now() - fromMs, requests: double.served };
}

it("a run is one connected trace: run, agent, turns, model calls, tools and queues, by convention and without a word of content", async () => {
  const { port, taken } = await collecting();
  const run = "r_traced";
  const { status, warned, requests } = await playedWith(port, run);
  expect([status, warned]).toEqual(["completed", []]);

  const spans = spansIn(taken);
  const named = (name: string) => spans.filter((span) => span.name === name);
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([traceIdOf(run)]));
  const ids = spans.map(({ spanId }) => spanId);
  expect(new Set(ids).size).toBe(ids.length);
  const roots = spans.filter(({ parentSpanId }) => !parentSpanId);
  expect(roots.map(({ spanId }) => spanId)).toEqual([runPlace(run).span]);
  const strays = spans.filter(({ parentSpanId }) => parentSpanId && !ids.includes(parentSpanId));
  expect(strays.map(({ name }) => name)).toEqual([]);

  const [agent] = named("invoke_agent general");
  expect(agent).toMatchObject({ spanId: agentPlace(run, "a_t").span, parentSpanId: runPlace(run).span });
  expect(said(agent as Span)).toMatchObject({
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.agent.id": "a_t",
    "gen_ai.agent.name": "general",
    "gen_ai.request.model": "claude-sonnet-5-5",
  });
  const turns = [1, 2, 3].map((turn) => turnPlace(run, "a_t", turn).span);
  const told = turns.map((id) => spans.find(({ spanId }) => spanId === id));
  expect(told.map((span) => span?.parentSpanId)).toEqual(turns.map(() => agent?.spanId));

  const chats = spans.filter((span) => said(span)["gen_ai.operation.name"] === "chat");
  expect(chats.map(({ parentSpanId }) => parentSpanId).sort()).toEqual([...turns].sort());
  expect(requests.length).toBe(chats.length);
  for (const chat of chats) {
    expect(said(chat)).toMatchObject({ "gen_ai.request.model": "claude-sonnet-5-5" });
    expect(Number(said(chat)["gen_ai.usage.output_tokens"])).toBeGreaterThan(0);
  }
  const [tool] = named("execute_tool Read");
  expect(tool?.parentSpanId).toBe(turns[0]);
  expect(said(tool as Span)).toMatchObject({
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": "Read",
    "gen_ai.tool.type": "function",
    "error.type": "tool.failed",
  });
  const jobs = spans.filter((span) => /process/.test(span.name) && "bullmq.job.id" in said(span));
  expect(jobs.length).toBeGreaterThan(0);
  for (const span of spans) expect(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)).toBe(true);

  const everything = taken.map(({ text: body }) => body).join("\n");
  for (const word of [SECRET_WORDS, "sk-ant-test-secret"]) expect(everything).not.toContain(word);
  for (const { headers } of requests) expect(headers).not.toHaveProperty("traceparent");
  expect(taken[0]?.headers["x-tenant"]).toBe("one two");
  for (const word of ["hive-under-test", "deployment.environment.name", "worker-one"])
    expect(everything).toContain(word);
  const figures = taken.filter(({ path }) => path === "/v1/metrics").map(({ text: body }) => body);
  for (const name of ["swarm.steps", "swarm.queue.depth", "swarm.queue.oldest", "swarm.breaker.state"]) {
    // The gate of this run's model lies in this process, so no breaker is in Redis to be told of.
    expect(figures.some((body) => body.includes(`"${name}"`))).toBe(name !== "swarm.breaker.state");
  }
}, 120_000);

it.each(["away", "broken", "silent"] as const)(
  "a collector that is %s disturbs no run, is told of, and holds up no worker's end",
  async (mood) => {
    const collector = await collecting(mood === "away" ? "well" : mood);
    if (mood === "away") await collector.close();
    const { status, warned, closedMs } = await playedWith(collector.port, `r_${mood}`);
    expect(status).toBe("completed");
    const words = warned.map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(words).toEqual([expect.stringMatching(/telemetry does not get out/)]);
    expect(closedMs).toBeLessThan(10_000);
    expect(collector.taken.length > 0).toBe(mood !== "away");
    // The worker was gone while its last words still waited for an answer.
    expect(collector.held() > 0).toBe(mood === "silent");
  },
  120_000,
);

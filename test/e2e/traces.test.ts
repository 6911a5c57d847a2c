// One run over several processes as a collector is told of it: real workers, a real collector, one trace; and a collector
// that never answers, for which nobody waits.
import { afterAll, beforeAll, expect, it } from "vitest";
import { agentPlace, runPlace, traceIdOf } from "../../infra/telemetry/trace-ids.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";
import { type Collector, type Mood, openCollector, resourcesIn, said, spansIn } from "../support/collector.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { openStage, read, report, type Stage, says } from "../support/run-stage.ts";
import { linesOf, type Running } from "../support/swarm-cli.ts";

type Traced = LoggedEvent & { readonly trace_id?: string; readonly span_id?: string };

let server: TestRedis;
let stage: Stage;
const collectors: Collector[] = [];
beforeAll(async () => {
  server = await startRedis({ fsync: "everysec" });
  stage = await openStage({ REDIS_URL: `unix://${server.socket}` });
});
afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
  await server?.stop();
  for (const collector of collectors) await collector.close();
});

async function collecting(mood?: Mood): Promise<Collector> {
  const collector = await openCollector(mood);
  collectors.push(collector);
  return collector;
}

async function worker(types: readonly string[], env: Readonly<Record<string, string>>): Promise<Running> {
  const running = stage.swarm.start(["worker", ...types, "--jsonl"], { env });
  await running.said(/worker\.ready/, "stdout");
  return running;
}

it("a run over two processes is one trace, whose ids its events and the log lines of both carry", async () => {
  const collector = await collecting();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, SWARM_LOG_LEVEL: "debug" };
  const workers = [await worker(["coordinator"], env), await worker(["general"], env)];
  const begun = stage.begin([says(read()), report("adds")], ["--jsonl"], { ...env, SWARM_LOG_LEVEL: "warn" });
  const finished = await begun.command.done;
  expect(finished.code).toBe(0);
  for (const one of workers) one.signal("SIGTERM");
  const ended = await Promise.all(workers.map(({ done }) => done));
  expect(ended.map(({ code }) => code)).toEqual([143, 143]);

  const events = linesOf<Traced>(finished);
  const run = events[0]?.run ?? "";
  const trace = traceIdOf(run);
  const spans = spansIn(collector.taken);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([trace]));
  expect(spans.filter(({ parentSpanId }) => parentSpanId && !ids.has(parentSpanId))).toEqual([]);
  const tellers = (name: RegExp): unknown[] => [
    ...new Set(
      resourcesIn(collector.taken).flatMap(({ resource, scopeSpans }) =>
        scopeSpans.some((scope) => scope.spans.some((span) => name.test(span.name)))
          ? [said(resource)["service.instance.id"]]
          : [],
      ),
    ),
  ];
  const [byCoordinator, byAgent] = [tellers(/^invoke_workflow/), tellers(/^invoke_agent/)];
  expect([byCoordinator.length, byAgent.length]).toEqual([1, 1]);
  expect(byAgent).not.toEqual(byCoordinator);
  for (const name of [/^turn 1$/, /^execute_tool Read$/, /^anthropic\.messages/])
    expect(tellers(name)).toEqual(byAgent);
  // Whoever wakes the agent is the coordinator's process, and the job it leaves behind is a child of the agent's span.
  const jobs = spans.filter((span) => "bullmq.job.id" in said(span));
  expect(jobs.some(({ parentSpanId }) => parentSpanId === agentPlace(run, "a_goal").span)).toBe(true);

  expect(new Set(events.map(({ trace_id }) => trace_id))).toEqual(new Set([trace]));
  expect(events.find(({ type }) => type === "run.started")?.span_id).toBe(runPlace(run).span);
  const acted = events.filter(({ type }) => /^(model|tool)\.|^agent\.state$|^result\./.test(type));
  expect(new Set(acted.map(({ type }) => type)).size).toBeGreaterThan(4);
  expect(acted.filter(({ span_id }) => !ids.has(span_id ?? ""))).toEqual([]);
  for (const { stderr } of ended) {
    const lines = stderr.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as object] : []));
    const ofRun = lines.filter((line) => "run" in line && line.run === run);
    expect(ofRun.length).toBeGreaterThan(0);
    expect(ofRun.filter((line) => !("trace_id" in line) || line.trace_id !== trace)).toEqual([]);
  }
  const figures = collector.taken.filter(({ path }) => path === "/v1/metrics").map(({ text }) => text);
  for (const name of ["swarm.steps", "swarm.queue.depth", "swarm.queue.oldest", "swarm.breaker.state"])
    expect(figures.some((body) => body.includes(`"${name}"`))).toBe(true);
  const untraced = linesOf<Traced>(await stage.swarm.ask(["logs", run, "--jsonl"]));
  expect(untraced.map(({ seq }) => seq)).toEqual(events.map(({ seq }) => seq));
  expect(untraced.filter((event) => "trace_id" in event || "span_id" in event)).toEqual([]);
});

it("a collector that never answers delays no run, and no worker waits for it with its end", async () => {
  const collector = await collecting("silent");
  const one = await worker([], { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  const { document } = await stage.play([says(read()), report("adds")]);
  expect(document.status).toBe("completed");
  one.signal("SIGTERM");
  const { code } = await one.done;
  expect(code).toBe(143);
  // Something was on its way, and nothing of it was ever answered.
  expect(collector.taken.length).toBeGreaterThan(0);
});

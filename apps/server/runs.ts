/** Runs: the list, one in full, its agents, its past, its log and what its tools put out. */
import { Hono } from "hono";
import { z } from "zod";
import { CAUSES_MAX, causesOf } from "../../actors/runtime/why.ts";
import { busyActors } from "../../infra/redis/busy-actors.ts";
import { tellingEvents } from "../../infra/telemetry/traced-event.ts";
import { livingWorkers } from "../cli/living-workers.ts";
import { agentsPage } from "./agents.ts";
import type { ApiActor, ApiCache, ApiLog, ApiMail, ApiRun, ApiRunRow, ApiRuns, ApiWhy } from "./api.ts";
import { noSuch } from "./problem.ts";
import { actorId, limited, queryOf, runId, runOf, seq } from "./request.ts";
import type { Bound, Stage } from "./stage.ts";
import { tailOf } from "./tail.ts";

/** Bytes of a blob in one answer. */
const BLOB_MAX = 1024 * 1024;

const listQuery = z.strictObject({ limit: limited(50, 200), after: runId.optional() });
const agentsQuery = z.strictObject({ limit: limited(500, 2_000), after: actorId.optional() });
const logQuery = z.strictObject({
  after: seq.default(0),
  limit: limited(500, 5_000),
  type: z
    .string()
    .max(2_000)
    .transform((text) => new Set(text.split(",")))
    .optional(),
});

export function runRoutes(stage: Stage): Hono<Bound> {
  const { hive, pulse, kept, moments } = stage;
  const { reader } = hive;
  const app = new Hono<Bound>();
  app.get("/runs", async (c) => c.json(await listed(stage, queryOf(c, listQuery))));
  app.get("/runs/:run", async (c) => {
    const { brief } = queryOf(c, z.strictObject({ brief: z.literal("1").optional() }));
    const run = await runOf(c, reader, pulse);
    return c.json(await pulse.ask(() => (brief === undefined ? runInFull(stage, run) : runInBrief(stage, run))));
  });
  app.get("/runs/:run/agents", async (c) => {
    const query = queryOf(c, agentsQuery);
    const run = await runOf(c, reader, pulse);
    return c.json(await pulse.ask(() => agentsPage(stage, run, query)));
  });
  app.get("/runs/:run/mail", async (c) => {
    const run = await runOf(c, reader, pulse);
    const { actors, more } = await pulse.ask(() => busyActors(hive.redis, hive.keys, run));
    return c.json<ApiMail>({ v: 1, runId: run, agents: actors, more });
  });
  app.get("/runs/:run/actors/:actor", async (c) => {
    const { at = Number.MAX_SAFE_INTEGER } = queryOf(c, z.strictObject({ at: seq.optional() }));
    const actor = actorId.parse(c.req.param("actor"));
    const run = await runOf(c, reader, pulse);
    const told = await pulse.ask(() => moments.at(run, actor, at));
    if (told === null || (told.machine === null && told.problem === null))
      throw noSuch(`agent ${actor} in run ${run} by then`);
    return c.json<ApiActor>({ v: 1, runId: run, actor, ...told });
  });
  app.get("/runs/:run/why", async (c) => {
    const { agent = null } = queryOf(c, z.strictObject({ agent: actorId.optional() }));
    const run = await runOf(c, reader, pulse);
    const facts = await pulse.ask(() => kept.why(run));
    if (agent !== null && !facts.agents.some(({ id }) => id === agent)) throw noSuch(`agent ${agent} in run ${run}`);
    const causes = causesOf(facts, agent);
    return c.json<ApiWhy>({ v: 1, runId: run, agent, causes, more: causes.length === CAUSES_MAX });
  });
  app.get("/runs/:run/cache", async (c) => {
    const run = await runOf(c, reader, pulse);
    return c.json<ApiCache>(await pulse.ask(() => kept.cache(run)));
  });
  app.get("/runs/:run/log", async (c) => {
    const query = queryOf(c, logQuery);
    return c.json(await logPage(stage, await runOf(c, reader, pulse), query));
  });
  app.get("/runs/:run/blobs/:sha256", async (c) => {
    const sha256 = z
      .string()
      .regex(/^[0-9a-f]{64}$/, "not the SHA-256 of an output")
      .parse(c.req.param("sha256"));
    const { offset } = queryOf(c, z.strictObject({ offset: seq.default(0) }));
    const run = await runOf(c, reader, pulse);
    const text = (await pulse.ask(() => reader.blobs(run)))[sha256];
    if (text === undefined) throw noSuch(`output ${sha256} in run ${run}`);
    const bytes = Buffer.from(text);
    return c.body(new Uint8Array(bytes.subarray(offset, offset + BLOB_MAX)), 200, {
      "Content-Type": "text/plain; charset=utf-8",
      "X-Total-Bytes": String(bytes.length),
    });
  });
  return app;
}

async function listed(
  { hive, pulse, kept }: Stage,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Promise<ApiRuns> {
  const { reader } = hive;
  const all = await pulse.ask(() => reader.runs());
  const from = after === undefined ? 0 : all.findIndex(({ run }) => run === after) + 1;
  if (after !== undefined && from === 0) throw noSuch(`run ${after} among the newest ${all.length}`);
  const page = all.slice(from, from + limit);
  const [runs, workers, counts] = await Promise.all([
    pulse.ask(() =>
      Promise.all(
        page.map(
          async ({ run, fields }): Promise<ApiRunRow> => ({
            runId: run,
            ...(await kept.status(run, fields)),
            agents: await reader.agentCount(run),
            startedAt: new Date(Number(fields.createdAt)).toISOString(),
            updatedAt: await reader.updatedAt(run),
            goal: fields.goal ?? "",
            simulated: await kept.simulated(run, fields),
          }),
        ),
      ),
    ),
    pulse.ask(() => livingWorkers(hive)),
    pulse.ask(() => Promise.all(hive.keys.shards.map((tag) => hive.redis.zcard(hive.keys.shard(tag).runs)))),
  ]);
  return {
    v: 1,
    runs,
    workers: workers.map(({ id, types, active }) => ({ id, types, active })),
    total: counts.reduce((sum, count) => sum + count, 0),
    next: from + limit < all.length ? (page.at(-1)?.run ?? null) : null,
  };
}

async function runInFull(stage: Stage, run: string): Promise<ApiRun> {
  const [told, cost] = await Promise.all([runTold(stage, run), stage.kept.cost(run)]);
  return { ...told, cost };
}

/** For whoever reads its log anyway: what that tells, agent by agent and call by call, is left out. */
async function runInBrief(stage: Stage, run: string): Promise<ApiRun> {
  const told = await runTold(stage, run);
  return { ...told, agents: [], approvals: [], spending: { ...told.spending, agents: [] } };
}

async function runTold({ hive: { reader }, kept }: Stage, run: string): Promise<ApiRun> {
  const [document, row, updatedAt] = await Promise.all([kept.document(run), reader.run(run), reader.updatedAt(run)]);
  if (document === null || row === null) throw noSuch(`run ${run}`);
  const { goal = "", kind = "", model = "", createdAt, seq: newest } = row.fields;
  return {
    ...document,
    ...{ goal, kind, model, updatedAt },
    startedAt: new Date(Number(createdAt)).toISOString(),
    seq: Number(newest ?? 0),
  };
}

async function logPage(
  { hive: { reader, config }, pulse }: Stage,
  run: string,
  { after, limit, type }: { readonly after: number; readonly limit: number; readonly type?: Set<string> | undefined },
): Promise<ApiLog> {
  const tail = tailOf(reader, run, after, tellingEvents(config.telemetry));
  const events: ApiLog["events"][number][] = [];
  let last = after;
  for (;;) {
    const next = await tail.next((question) => pulse.ask(question));
    if (next.length === 0) return { v: 1, runId: run, events, last, more: false };
    for (const event of next) {
      if (events.length === limit) return { v: 1, runId: run, events, last, more: true };
      last = event.seq;
      if (type === undefined || type.has(event.type)) events.push(event);
    }
  }
}

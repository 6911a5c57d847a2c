/** The swarm itself: the server and what it counts, workers, breakers, queues, and the charts of its machines. */
import { userInfo } from "node:os";
import { Hono } from "hono";
import { z } from "zod";
import { shortHash } from "../../infra/ids.ts";
import { allBreakers } from "../../infra/redis/breakers.ts";
import { VERSION } from "../../infra/version.ts";
import { chartOf } from "../../machines/chart.ts";
import { livingWorkers } from "../cli/living-workers.ts";
import { drawnMachines } from "../visualizer/drawn-machines.ts";
import type { ApiBreakers, ApiMachines, ApiScene, ApiStatus, ApiWorkers } from "./api-swarm.ts";
import { noSuch } from "./problem.ts";
import type { Bound, Stage } from "./stage.ts";
import { STREAMS_MAX } from "./streams.ts";

export function swarmRoutes({ hive, pulse, counts, queues, streams, startedAt }: Stage): Hono<Bound> {
  const app = new Hono<Bound>();
  app.get("/status", async (c) => {
    const counted = pulse.state() === "up" ? await counts() : null;
    const redis = { state: pulse.state(), where: hive.endpoint.describe };
    const now = new Date().toISOString();
    const { username: user } = userInfo();
    return c.json<ApiStatus>({
      ...{ v: 1, version: VERSION, startedAt, now, redis, user },
      streams: { open: streams.open(), max: STREAMS_MAX },
      counts: counted,
    });
  });
  app.get("/workers", async (c) => {
    const rows = await pulse.ask(() => livingWorkers(hive));
    const workers = rows.map(({ id, host, pid, types, active, silentMs }) => ({
      id,
      host,
      pid,
      types,
      active,
      silentMs,
    }));
    return c.json<ApiWorkers>({ v: 1, workers });
  });
  app.get("/breakers", async (c) =>
    c.json<ApiBreakers>({ v: 1, ...(await pulse.ask(() => allBreakers(hive.redis, hive.keys))) }),
  );
  app.get("/queues", (c) => c.json(queues.told()));
  app.get("/machines", (c) => {
    const machines = drawnMachines.map(({ name, summary, machine }) => ({ machine: machine.name, name, summary }));
    return c.json<ApiMachines>({ v: 1, machines });
  });
  const sceneOf = scenes();
  app.get("/machines/:name/scene", async (c) => {
    const name = z.string().max(100).parse(c.req.param("name"));
    const { json, etag } = await sceneOf(name);
    c.header("ETag", etag);
    c.header("Cache-Control", "private, no-cache");
    if (c.req.header("if-none-match") === etag) return c.body(null, 304);
    return c.body(json, 200, { "Content-Type": "application/json" });
  });
  return app;
}

interface DrawnScene {
  readonly json: string;
  readonly etag: string;
}

/** Laid out once a machine, beside everything else: it takes seconds, and gives the same each time. */
function scenes(): (name: string) => Promise<DrawnScene> {
  const drawn = new Map<string, Promise<DrawnScene>>();
  return (name) => {
    const known = drawn.get(name);
    if (known !== undefined) return known;
    const entry = drawnMachines.find((one) => one.machine.name === name || one.name === name);
    if (entry === undefined) throw noSuch(`machine ${name}`);
    const drawing = draw(entry.machine);
    drawn.set(name, drawing);
    drawing.catch(() => drawn.delete(name));
    return drawing;
  };
}

async function draw({ name, machine }: (typeof drawnMachines)[number]["machine"]): Promise<DrawnScene> {
  const [{ layOut }, { placedInThread }] = await Promise.all([
    import("../visualizer/lay-out.ts"),
    import("../visualizer/elk-thread.ts"),
  ]);
  const answer: ApiScene = { v: 1, machine: name, scene: await layOut(chartOf(machine), placedInThread) };
  const json = JSON.stringify(answer);
  return { json, etag: `"${shortHash(json)}"` };
}

/** Event streams over HTTP: of one run, or of several and the swarm for a whole tab; both go on where their reader was. */
import { Hono } from "hono";
import { z } from "zod";
import { Refusal } from "./problem.ts";
import { queryOf, runId, runOf, seq } from "./request.ts";
import type { Bound, Stage } from "./stage.ts";
import { type Place, RUNS_MAX } from "./streams.ts";

/** `r_1:12`: the log of this run, after event 12. */
const place = z
  .string()
  .regex(/^[^:]+:\d{1,16}$/, "written RUN:NUMBER")
  .transform((text): Place => {
    const [run, after] = text.split(":");
    return { run: runId.parse(run), after: seq.parse(after) };
  });

const places = z
  .string()
  .max(1_000)
  .transform((text) => (text === "" ? [] : text.split(",")))
  .pipe(z.array(place).max(RUNS_MAX));

export function eventRoutes({ hive: { reader }, pulse, streams }: Stage): Hono<Bound> {
  const app = new Hono<Bound>();
  app.get("/runs/:run/events", async (c) => {
    const { after } = queryOf(c, z.strictObject({ after: seq.default(0) }));
    const last = c.req.header("last-event-id");
    const run = await runOf(c, reader, pulse);
    const from = last === undefined || last === "" ? after : seq.parse(last);
    return streams.tell(c, [{ run, after: from }], { hive: false, id: (_, at) => String(at.after) });
  });
  app.get("/events", async (c) => {
    const { runs } = queryOf(c, z.strictObject({ runs: places.default([]) }));
    const last = c.req.header("last-event-id");
    // How far a reader got counts more than where it once began.
    const seen = new Map(places.parse(last ?? "").map(({ run, after }) => [run, after]));
    if (new Set(runs.map(({ run }) => run)).size < runs.length || runs.some(({ run }) => run === "@last")) {
      throw new Refusal(400, "request.invalid", "runs names each run once, by its whole id");
    }
    const from = runs.map(({ run, after }) => ({ run, after: seen.get(run) ?? after }));
    return streams.tell(c, from, {
      hive: true,
      id: (tails, at) =>
        tails.map((tail) => `${tail.run}:${tail.run === at.run ? at.after : tail.position()}`).join(","),
    });
  });
  return app;
}

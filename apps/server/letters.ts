/** Dead letters: the list, one in full, sent back to work, or dropped. */
import { Hono } from "hono";
import { z } from "zod";
import { agentTypes } from "../../actors/types/index.ts";
import { type DeadLetter, deadLettersOf } from "../../infra/redis/dead-letters.ts";
import { dropLetter, letterDocument, requeueLetter } from "../orders/dead-letter.ts";
import type { ApiLetterDetail, ApiLetters, LetterDone, RequeueOrder } from "./api-orders.ts";
import { pageOf, placeSchema } from "./listed.ts";
import { bodyOf, limited, queryOf } from "./request.ts";
import type { Bound, Stage } from "./stage.ts";

const LISTED_MAX = 500;
/** Characters of a body in the list, and in full. */
const LIST_SHOWN = 400;
const DETAIL_SHOWN = 64_000;

const listQuery = z.strictObject({ limit: limited(LISTED_MAX, LISTED_MAX), after: placeSchema.optional() });
const letterId = z.string().regex(/^[A-Za-z0-9_:.-]{1,128}$/, "not the id of a dead letter");
const types = agentTypes.map(({ name }) => name);

const requeueSchema = z.strictObject({ to: z.enum(types).optional() }) satisfies z.ZodType<unknown, RequeueOrder>;

export function letterRoutes({ hive, pulse, kept }: Stage): Hono<Bound> {
  const letters = deadLettersOf(hive.redis, hive.keys);
  const app = new Hono<Bound>();
  app.get("/letters", async (c) => {
    const { limit, after } = queryOf(c, listQuery);
    const all = await pulse.ask(() => letters.list());
    const of = ({ atMs, id }: DeadLetter) => ({ atMs, id });
    const { rows, total, next } = pageOf(all, { of, first: "newest", after, limit });
    const page = rows.map((letter) => letterDocument(letter, LIST_SHOWN));
    return c.json<ApiLetters>({ v: 1, letters: page, total, next });
  });
  app.get("/letters/:id", async (c) => {
    const id = letterId.parse(c.req.param("id"));
    const letter = await pulse.ask(() => letters.find(id));
    const task = await pulse.ask(() => letters.taskOf(letter));
    const requeue = { task, canGoBack: letter.kind === "actor", types };
    return c.json<ApiLetterDetail>({ v: 1, ...letterDocument(letter, DETAIL_SHOWN), requeue });
  });
  app.post("/letters/:id/requeue", async (c) => {
    const id = letterId.parse(c.req.param("id"));
    const { to } = await bodyOf(c, requeueSchema);
    const letter = await pulse.ask(() => letters.find(id));
    await pulse.ask(() => requeueLetter(letters, letter, to));
    kept.forget(letter.address.run);
    return c.json<LetterDone>({ v: 1, id: letter.id, runId: letter.address.run, did: "requeued" });
  });
  app.post("/letters/:id/drop", async (c) => {
    const id = letterId.parse(c.req.param("id"));
    await bodyOf(c, z.strictObject({}));
    const letter = await pulse.ask(() => letters.find(id));
    await pulse.ask(() => dropLetter(letters, letter));
    kept.forget(letter.address.run);
    return c.json<LetterDone>({ v: 1, id: letter.id, runId: letter.address.run, did: "dropped" });
  });
  return app;
}

/** Orders about a run: stop, resume, budget, a result taken back. Each is the command line's own, with a page as its asker. */
import { userInfo } from "node:os";
import { Hono } from "hono";
import { z } from "zod";
import { revokeResult } from "../../actors/runtime/revoke-result.ts";
import { endedRevocations } from "../../infra/redis/ended-revocations.ts";
import { refusal } from "../cli/revocation/refusal.ts";
import { REASON_MAX } from "../cli/revocation/wish.ts";
import { setBudget, TOKENS_MAX, USD_MAX } from "../orders/set-budget.ts";
import { resumeRun, stopRun } from "../orders/stop-run.ts";
import type { BudgetDone, BudgetOrder, RevokeResultDone, RevokeResultOrder, RunDone, StopOrder } from "./api-orders.ts";
import { bodyOf, runOf } from "./request.ts";
import type { Bound, Stage } from "./stage.ts";

const ASKER = "the page";

const stopSchema = z.strictObject({
  cancel: z.boolean().default(false),
  task: z.string().min(1).max(256).optional(),
}) satisfies z.ZodType<unknown, StopOrder>;
const budgetSchema = z
  .strictObject({
    tokens: z.int().min(1).max(TOKENS_MAX).optional(),
    usd: z.number().min(1e-9).max(USD_MAX).optional(),
  })
  .refine(
    ({ tokens, usd }) => tokens !== undefined || usd !== undefined,
    "a limit is missing: tokens, usd, or both",
  ) satisfies z.ZodType<unknown, BudgetOrder>;
const revokeSchema = z.strictObject({
  reason: z.string().trim().min(1).max(REASON_MAX),
  redo: z.boolean().default(true),
}) satisfies z.ZodType<unknown, RevokeResultOrder>;
const resultId = z.string().regex(/^[A-Za-z0-9_.:-]{1,200}$/, "not the id of a result");

export function runOrderRoutes({ hive, pulse, kept }: Stage): Hono<Bound> {
  const { reader, store } = hive;
  const app = new Hono<Bound>();
  app.post("/runs/:run/stop", async (c) => {
    const { cancel, task = null } = await bodyOf(c, stopSchema);
    const run = await runOf(c, reader, pulse);
    const did = await pulse.ask(() => stopRun(hive, run, { cancel, task, asker: ASKER }));
    kept.forget(run);
    return c.json<RunDone>({ v: 1, runId: run, did });
  });
  app.post("/runs/:run/resume", async (c) => {
    await bodyOf(c, z.strictObject({}));
    const run = await runOf(c, reader, pulse);
    const did = await pulse.ask(() => resumeRun(hive, run, ASKER));
    kept.forget(run);
    return c.json<RunDone>({ v: 1, runId: run, did });
  });
  app.post("/runs/:run/budget", async (c) => {
    const { tokens, usd } = await bodyOf(c, budgetSchema);
    const run = await runOf(c, reader, pulse);
    const limits = {
      ...(tokens === undefined ? {} : { tokensMax: tokens }),
      ...(usd === undefined ? {} : { nanoUsdMax: Math.round(usd * 1e9) }),
    };
    const done = await pulse.ask(() => setBudget(hive, run, limits));
    kept.forget(run);
    return c.json<BudgetDone>({ v: 1, runId: run, ...done });
  });
  app.post("/runs/:run/results/:result/revoke", async (c) => {
    const { reason, redo } = await bodyOf(c, revokeSchema);
    const result = resultId.parse(c.req.param("result"));
    const run = await runOf(c, reader, pulse);
    const ended = endedRevocations(hive.redis, hive.keys);
    const order = { run, result, reason, redo, by: userInfo().username };
    const outcome = await pulse.ask(() => revokeResult({ store, reader, ended }, order));
    kept.forget(run);
    const problem = refusal({ run, result }, outcome);
    if (problem !== null) throw problem;
    const did = outcome.kind === "revoked" || outcome.kind === "already" ? outcome.kind : "asked";
    return c.json<RevokeResultDone>({ v: 1, runId: run, result, did });
  });
  return app;
}

/** What waits for a person: the list, one in full with all that an answer would touch, the answer, and rights taken back. */
import { Hono } from "hono";
import { z } from "zod";
import { taskRowsFrom } from "../../actors/runtime/graph-result.ts";
import { APPROVAL_HOURS_MAX, APPROVAL_SCOPES, type StoredApproval } from "../../infra/approval.ts";
import { findApproval, unknownApproval } from "../../infra/redis/approval-index.ts";
import { COORDINATOR_ACTOR } from "../../infra/store.ts";
import { approvalsOf, giveAnswer, REASON_MAX, shownWith } from "../cli/approvals/give-answer.ts";
import { approvalLines, isQuestion, needsName } from "../cli/approvals/show-approval.ts";
import type { Hive } from "../cli/hive.ts";
import { approvalDocument, grantsIn, revokeGrant, runningGrants } from "../orders/approvals-over-runs.ts";
import type {
  AnswerDone,
  AnswerOrder,
  ApiApproval,
  ApiApprovalDetail,
  ApiApprovals,
  ApiGrants,
  GrantDone,
  RevokeGrantOrder,
} from "./api-orders.ts";
import { pageOf, placeSchema } from "./listed.ts";
import { bodyOf, limited, queryOf, runId } from "./request.ts";
import type { Bound, Stage } from "./stage.ts";

const LISTED_MAX = 500;
/** Lines of one text, and bytes of a difference, that are shown; the rest is in the blob. */
const LINES_SHOWN = 2_000;
const DIFF_MAX = 256 * 1024;
const DOWNSTREAM_MAX = 200;

const listQuery = z.strictObject({
  run: runId.optional(),
  all: z.literal("1").optional(),
  limit: limited(LISTED_MAX, LISTED_MAX),
  after: placeSchema.optional(),
});
const approvalId = z.string().regex(/^p_[0-9a-z]{1,32}$/, "not the id of an approval");
const grantId = z.string().regex(/^[a-z]+_?[0-9A-Za-z_:-]{1,64}$/, "not the id of a grant");
const reason = z.string().max(REASON_MAX);

const answerSchema = z
  .strictObject({
    allowed: z.boolean(),
    hash: z.string().regex(/^[0-9a-f]{64}$/, "the whole hash that was shown, 64 characters"),
    scope: z.enum(APPROVAL_SCOPES).default("once"),
    hours: z.number().positive().max(APPROVAL_HOURS_MAX).optional(),
    reason: reason.default(""),
    touch: z.string().max(4_096).optional(),
  })
  .refine(
    ({ hours, scope }) => hours === undefined || scope !== "once",
    "hours go with scope agent or run",
  ) satisfies z.ZodType<unknown, AnswerOrder>;

const revokeSchema = z.strictObject({ run: runId, reason: reason.default("") }) satisfies z.ZodType<
  unknown,
  RevokeGrantOrder
>;

export function approvalRoutes(stage: Stage): Hono<Bound> {
  const { hive, pulse, kept } = stage;
  const app = new Hono<Bound>();
  app.get("/approvals", async (c) => {
    const { run, all, after, limit } = queryOf(c, listQuery);
    const found = await pulse.ask(() => (run === undefined ? kept.waiting() : approvalsOf(hive, run)));
    const wanted = all === undefined ? found.filter(({ status }) => status === "pending") : found;
    const of = ({ askedAtMs: atMs, id }: StoredApproval) => ({ atMs, id });
    const { rows, total, next } = pageOf(wanted, { of, first: "oldest", after, limit });
    const alike = new Map<string, StoredApproval[]>();
    for (const one of found) alike.set(wordsOf(one), [...(alike.get(wordsOf(one)) ?? []), one]);
    const approvals = rows.map((one) => documentOf(one, alike.get(wordsOf(one)) ?? []));
    return c.json<ApiApprovals>({ v: 1, approvals, total, next });
  });
  app.get("/approvals/:id", async (c) => {
    const id = approvalId.parse(c.req.param("id"));
    return c.json<ApiApprovalDetail>(await pulse.ask(() => detailOf(stage, id)));
  });
  app.post("/approvals/:id/answer", async (c) => {
    const id = approvalId.parse(c.req.param("id"));
    const wish = await bodyOf(c, answerSchema);
    const given = await pulse.ask(async () => {
      const { one } = await found(hive, id);
      const { hours = null, touch = null, ...rest } = wish;
      return giveAnswer(hive, one, { ...rest, hours, touch }).finally(() => kept.forget(one.run));
    });
    return c.json<AnswerDone>({ v: 1, ...given });
  });
  app.get("/grants", async (c) => {
    const { run } = queryOf(c, z.strictObject({ run: runId.optional() }));
    const grants = await pulse.ask(() => (run === undefined ? runningGrants(hive) : grantsIn(hive, run)));
    const told = grants.map(({ id, runId: ofRun, rule, actor, by, origin, atMs, expiresAtMs, revoked }) => ({
      ...{ id, runId: ofRun, rule, agent: actor, by, origin, at: timeOf(atMs) },
      expiresAt: expiresAtMs === null ? null : timeOf(expiresAtMs),
      revoked: revoked === null ? null : { by: revoked.by, reason: revoked.reason, at: timeOf(revoked.atMs) },
    }));
    return c.json<ApiGrants>({ v: 1, grants: told });
  });
  app.post("/grants/:id/revoke", async (c) => {
    const id = grantId.parse(c.req.param("id"));
    const order = await bodyOf(c, revokeSchema);
    const { grant, did } = await pulse.ask(() => revokeGrant(hive, id, order.run, order.reason));
    return c.json<GrantDone>({ v: 1, id: grant.id, runId: grant.runId, did });
  });
  return app;
}

const timeOf = (ms: number): string => new Date(ms).toISOString();

/** The same for all that ask for the same with the same words. */
const wordsOf = ({ run, status, tool, inputHash }: StoredApproval): string =>
  JSON.stringify([run, status, tool, inputHash]);

/** `same`: it, and those with the same words. */
function documentOf(one: StoredApproval, same: readonly StoredApproval[]): ApiApproval {
  const { answer, cut: _cut, ...rest } = { cut: undefined, ...approvalDocument(one, same) };
  return {
    ...rest,
    cut: one.cut === true,
    answer:
      answer === null
        ? null
        : { by: answer.by, at: answer.at, reason: answer.reason, scope: answer.scope, grant: answer.grant },
  };
}

async function found(hive: Hive, id: string): Promise<{ one: StoredApproval; all: readonly StoredApproval[] }> {
  const { run, approval } = await findApproval(hive.redis, hive.keys, id);
  const all = await approvalsOf(hive, run);
  const one = all.find((each) => each.id === approval);
  if (one === undefined) throw unknownApproval(id, `run ${run} does not hold it any more`);
  return { one, all };
}

async function detailOf(stage: Stage, id: string): Promise<ApiApprovalDetail> {
  const { hive } = stage;
  const { one, all } = await found(hive, id);
  const [shown, behind, diff] = await Promise.all([
    shownWith(hive, one, LINES_SHOWN),
    waitingBehind(stage, one),
    diffOf(hive, one),
  ]);
  return {
    v: 1,
    ...documentOf(
      one,
      all.filter((other) => wordsOf(other) === wordsOf(one)),
    ),
    lines: approvalLines(one, shown),
    needsTouch: needsName(one.risk) && one.touches.length > 0,
    question: isQuestion(one),
    widerRule: shown.rule,
    covered: shown.covered,
    diff,
    ...behind,
  };
}

/** Tasks that cannot begin before the task of the agent that asks is done, nearest first. */
async function waitingBehind(
  { hive: { reader }, views }: Stage,
  { run, agent }: StoredApproval,
): Promise<Pick<ApiApprovalDetail, "task" | "downstream" | "downstreamMore">> {
  const [told, stored] = await Promise.all([views.of(run), reader.rows(run, COORDINATOR_ACTOR, "tasks")]);
  const task = told.agents.get(agent)?.task ?? "";
  const rows = taskRowsFrom(stored);
  const reached = new Set([task]);
  // A set that grows while it is walked: each task brings those that need it.
  for (const done of reached) {
    for (const { id, needs } of rows) if (needs.includes(done)) reached.add(id);
  }
  reached.delete(task);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const downstream = [...reached].slice(0, DOWNSTREAM_MAX).flatMap((id) => {
    const row = byId.get(id);
    return row === undefined ? [] : [{ task: id, type: row.agentType, status: row.status }];
  });
  return { task, downstream, downstreamMore: reached.size - downstream.length };
}

/** The words of a merge are its whole difference, which is kept beside the run. */
async function diffOf({ reader }: Hive, { run, tool, input }: StoredApproval): Promise<ApiApprovalDetail["diff"]> {
  const { diff } = (input ?? {}) as { readonly diff?: unknown };
  if (tool !== "Merge" || typeof diff !== "string") return null;
  const text = (await reader.blobs(run))[diff];
  if (text === undefined) return null;
  const bytes = Buffer.from(text);
  return { text: bytes.subarray(0, DIFF_MAX).toString(), cut: bytes.length > DIFF_MAX, blob: diff };
}

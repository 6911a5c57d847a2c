/** Gathers what `actors/runtime/why.ts` says from: rows, snapshots, timers, letters, breakers, workers and the end of the log. It only reads. */
import { z } from "zod";
import { taskRowsFrom } from "../../actors/runtime/graph-result.ts";
import { shownApproval, shownStatus } from "../../actors/runtime/run-document.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import { shownBudget } from "../../actors/runtime/spending.ts";
import type { AgentFacts, PendingFacts, WhyFacts } from "../../actors/runtime/why/facts.ts";
import { logFacts } from "../../actors/runtime/why/log-facts.ts";
import { approvalsFrom } from "../../infra/approval.ts";
import { SwarmError } from "../../infra/errors.ts";
import { allBreakers } from "../../infra/redis/breakers.ts";
import { deadLettersOf } from "../../infra/redis/dead-letters.ts";
import type { ActorReading } from "../../infra/redis/reader.ts";
import { runTimers } from "../../infra/redis/run-timers.ts";
import { COORDINATOR_ACTOR } from "../../infra/store.ts";
import { answerCommands } from "../cli/approvals/show-approval.ts";
import type { Hive } from "../cli/hive.ts";
import { livingWorkers } from "../cli/living-workers.ts";

/** Events at the log's end that are read: a cause that lies further back is told without its time. */
const EVENTS_MAX = 10_000;

export type WhyHive = Pick<Hive, "redis" | "keys" | "reader" | "workers" | "endpoint">;

/** Throws SwarmError `run.gone`, exit 2. */
export async function whyFacts(hive: WhyHive, run: string): Promise<WhyFacts> {
  const { redis, keys, reader } = hive;
  const row = await reader.run(run);
  if (row === null) throw new SwarmError("run.gone", `run ${run} is gone`, { exit: 2 });
  const { fields } = row;
  const [actors, tasks, asked, budget, time] = await Promise.all([
    reader.actors(run),
    reader.rows(run, COORDINATOR_ACTOR, "tasks"),
    reader.approvals(run),
    reader.budget(run),
    redis.time(),
  ]);
  const [timers, letters, known, workers, stranded, log] = await Promise.all([
    runTimers(redis, keys, run),
    deadLettersOf(redis, keys).list(),
    allBreakers(redis, keys),
    livingWorkers(hive),
    reader.stranded(run),
    logFacts(entriesOf(reader, run, Math.max(0, Number(fields.seq ?? 0) - EVENTS_MAX))),
  ]);
  const approvals = approvalsFrom(asked, fields.status ?? "").filter(({ status }) => status === "pending");
  return {
    run,
    nowMs: Number(time[0]) * 1_000 + Math.floor(Number(time[1]) / 1_000),
    status: shownStatus(fields, actors),
    hold: fields.hold ?? null,
    reasons: JSON.parse(fields.reasons ?? "[]") as string[],
    binding: fields.binding ?? "",
    agents: actors.map(agentFacts),
    tasks: taskRowsFrom(tasks).map(({ id, status, attempt }) => ({ id, status, attempt })),
    approvals: approvals.map((one) => ({ ...shownApproval(one), command: answerCommands(one)[0] ?? "" })),
    timers,
    letters: letters
      .filter(({ address }) => address.run === run)
      .map(({ id, address, task, reason, atMs }) => ({
        id,
        actor: address.actor,
        task: task?.id ?? null,
        reason,
        atMs,
      })),
    known,
    workers: workers.map(({ id, types, bindings }) => ({ id, types, bindings })),
    ownWorkers: hive.endpoint.kind !== "url",
    stranded,
    budget: shownBudget(budget),
    log,
  };
}

/** Of any agent type's core, and any version's: what is not there is not told. */
const coreSchema = z.object({
  status: z.string().default("active"),
  value: z.unknown(),
  context: z.looseObject({
    attempt: z.number().catch(0),
    lost: z.number().catch(0),
    reasons: z.array(z.string()).catch([]),
    calls: z.array(z.looseObject({ status: z.string(), question: z.string().optional() })).catch([]),
  }),
});

const orderSchema = z.looseObject({ type: z.string().catch("?"), tool: z.string().nullable().catch(null) });

function agentFacts({ actor, type, task, core, mail, pending, fenced }: ActorReading): AgentFacts {
  const stored = core === null ? null : coreSchema.parse(JSON.parse(core));
  const context = stored?.context;
  return {
    ...{ id: actor, type, task, fenced, mail },
    state: pathOf(stored?.value),
    ended: stored !== null && stored.status !== "active",
    attempt: (context?.attempt ?? 0) + (context?.lost ?? 0),
    reasons: context?.reasons ?? [],
    questions: (context?.calls ?? []).flatMap(({ status, question }) => (status === "waiting" ? [question ?? ""] : [])),
    pending: pending.map(pendingFacts),
  };
}

function pendingFacts({ id, json }: { readonly id: string; readonly json: string }): PendingFacts {
  const { type, tool } = orderSchema.parse(JSON.parse(json));
  return { id, type, tool };
}

/** `{ thinking: "calling" }` is `thinking.calling`; of parallel regions the names of all stand side by side. */
function pathOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || typeof value !== "object") return "";
  return Object.entries(value)
    .map(([name, inner]) => [name, pathOf(inner)].filter((part) => part !== "").join("."))
    .join(" & ");
}

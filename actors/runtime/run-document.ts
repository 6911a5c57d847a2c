/** A run as one document: what `swarm run --json` and `swarm show --json` print. Read from the rows, never guessed. */
import { approvalsFrom, type StoredApproval } from "../../infra/approval.ts";
import type { ActorReading, Reader } from "../../infra/redis/reader.ts";
import { COORDINATOR_ACTOR, COORDINATOR_TYPE } from "../../infra/store.ts";
import { type Envelope, envelopeSchema } from "../../machines/brief.ts";
import type { MachineSnapshot } from "../../machines/fold.ts";
import { LOCAL_BINDING } from "./bindings.ts";
import { type TaskRow, taskRowsFrom } from "./graph-result.ts";
import { makingsOf, type ResultMakings } from "./result-makings.ts";
import { type RunResult, runResult } from "./run-result.ts";
import { agentName } from "./run-row.ts";
import { type RunWork, workOf } from "./run-work.ts";
import { type ShownBox, shownBox } from "./shown-box.ts";
import { type ShownBudget, type Spending, shownBudget, spendingOf } from "./spending.ts";

export interface RunDocument {
  readonly v: 1;
  readonly runId: string;
  readonly status: "completed" | "failed" | "exhausted" | "cancelled" | "parked" | "running";
  readonly result: (RunResult & ResultMakings) | null;
  /** A server of this project played the model: these figures are nobody's bill, and no measure of a real model's. */
  readonly simulated: boolean;
  readonly usage: {
    readonly modelCalls: number;
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly cacheReadTokens: number;
    readonly cacheWriteTokens: number;
    readonly totalTokens: number;
    /** US dollars; null where the price of a call is unknown. */
    readonly costUsd: number | null;
  };
  /** What it may use, has used, and holds for calls that are out; of ended runs that were archived, as it stood. */
  readonly budget: ShownBudget;
  readonly agents: readonly {
    readonly id: string;
    readonly type: string;
    readonly state: string;
    readonly turns: number;
  }[];
  /** Who of it spent that, agent by agent and type by type. */
  readonly spending: Spending;
  /** Those that wait for an answer. */
  readonly approvals: readonly ShownApproval[];
  /** What was known when it died, or when its actors were found dead; null where nobody did. */
  readonly blackBox: ShownBox | null;
  /** Every task of the run, those that it made by itself included, in the order of the plan. */
  readonly tasks: readonly ShownTask[];
  /** What was changed in the working tree of the run's own; null where it has none, or nothing was collected yet. */
  readonly work: RunWork | null;
}

export interface ShownTask
  extends Pick<TaskRow, "id" | "role" | "of" | "status" | "attempt" | "result" | "needs" | "reasons" | "commit"> {
  readonly type: string;
  /** Type of the agent at it, where that is another one than planned. */
  readonly playedBy: string | null;
  /** Times that its result was taken back. */
  readonly revocations: number;
}

export interface ShownApproval {
  readonly id: string;
  readonly agent: string;
  readonly agentType: string;
  readonly tool: string;
  readonly input: unknown;
  readonly risk: string;
  readonly rule: string;
  readonly reason: string;
  readonly touches: readonly string[];
  readonly hash: string;
  readonly askedAt: string;
  readonly expiresAt: string;
}

type Fields = Readonly<Record<string, string>>;

/** `actors` where it is known that somebody is asked: a run that can do nothing until then is parked. */
export const shownStatus = (fields: Fields, actors: readonly ActorReading[] = []): RunDocument["status"] => {
  const status = fields.status as RunDocument["status"];
  if (status !== "running") return status;
  return fields.hold !== undefined || waitsForApproval(fields, actors) ? "parked" : status;
};

/** True where somebody is asked, and until they answer nobody of the run has anything to do. */
const waitsForApproval = (fields: Fields, actors: readonly ActorReading[]): boolean =>
  fields.status === "running" && Number(fields.asking ?? 0) > 0 && actors.length > 0 && actors.every(isStill);

/** An actor that takes no step by itself: it waits for an answer, or for those that do, or has ended. */
function isStill({ type, core, mail, pending, fenced }: ActorReading): boolean {
  if (fenced !== null) return true;
  if (mail > 0 || pending.length > 0 || core === null) return false;
  const { status, value } = JSON.parse(core) as Partial<Pick<MachineSnapshot, "status" | "value">>;
  if (status !== undefined && status !== "active") return true;
  const path = JSON.stringify(value);
  // An agent that waits for the answer to its question waits for the same person.
  if (path.startsWith('"awaiting') || path === '"waiting"') return true;
  return type === COORDINATOR_TYPE && path === '{"supervising":"watching"}';
}

/** The same for a run of which nothing was read but its row: more is read only where somebody is asked. */
export async function statusOf(
  reader: Pick<Reader, "actors">,
  run: string,
  fields: Fields,
): Promise<{ status: RunDocument["status"]; waits: boolean }> {
  const asking = fields.status === "running" && Number(fields.asking ?? 0) > 0;
  const actors = asking ? await reader.actors(run) : [];
  return { status: shownStatus(fields, actors), waits: asking && waitsForApproval(fields, actors) };
}

export const shownApproval = (one: StoredApproval): ShownApproval => ({
  id: one.id,
  agent: one.agent,
  agentType: one.agentType,
  tool: one.tool,
  input: one.input,
  risk: one.risk,
  rule: one.rule,
  reason: one.reason,
  touches: one.touches,
  hash: one.hash,
  askedAt: new Date(one.askedAtMs).toISOString(),
  expiresAt: new Date(one.expiresAtMs).toISOString(),
});

/** Null where there is no such run. */
export async function runDocument(reader: Reader, run: string): Promise<RunDocument | null> {
  const row = await reader.run(run);
  if (row === null) return null;
  const [actors, budget, results, asked, tasks] = await Promise.all([
    reader.actors(run),
    reader.budget(run),
    reader.results(run),
    reader.approvals(run),
    reader.rows(run, COORDINATOR_ACTOR, "tasks"),
  ]);
  const approvals = approvalsFrom(asked, row.fields.status ?? "").filter(({ status }) => status === "pending");
  const status = shownStatus(row.fields, actors);
  const { profiles } = JSON.parse(row.fields.config ?? "{}") as { profiles?: Record<string, string> };
  const envelopes = Object.values(results).map((text) => envelopeSchema.parse(JSON.parse(text)));
  const rows = taskRowsFrom(tasks);
  const result = resultOf(status, row.fields, rows, envelopes);
  const agents = actors.map((actor) => ({
    id: actor.actor,
    type: agentName(profiles, actor.task, actor.type),
    ...stateOf(actor),
  }));
  const ended = status !== "running" && status !== "parked";
  const spending = await spendingOf(reader, run, agents, { ended });
  return {
    v: 1,
    runId: run,
    status,
    simulated: spending.simulated || row.fields.binding === LOCAL_BINDING,
    result: result === null ? null : { ...result, ...makingsOf(envelopes) },
    usage: usageOf(budget),
    budget: shownBudget(budget),
    agents,
    spending,
    approvals: approvals.map(shownApproval),
    blackBox: await shownBox(reader, run, {
      ...{ status, fields: row.fields, actors },
      agents: actors.map((actor) => `${actor.actor}: ${stateOf(actor).state}`),
    }),
    tasks: rows.map((task) => shownTask(task, profiles)),
    work: await workOf(reader, run, row.fields),
  };
}

/** Null while it is not over. */
function resultOf(
  status: RunDocument["status"],
  fields: Fields,
  tasks: readonly TaskRow[],
  envelopes: readonly Envelope[],
): RunResult | null {
  if (status === "running" || status === "parked") return null;
  const reasons = JSON.parse(fields.reasons ?? "[]") as string[];
  const { tasksFile } = JSON.parse(fields.options ?? "{}") as { tasksFile?: string };
  return runResult({ status, reasons, byName: tasksFile !== undefined }, tasks, envelopes);
}

const shownTask = (
  { id, agentType, playedBy, role, of, status, attempt, result, needs, reasons, commit, revocations }: TaskRow,
  profiles: Readonly<Record<string, string>> | undefined,
): ShownTask => ({
  ...{ id, type: agentName(profiles, id, agentType), role, of, status, attempt, result, needs, reasons },
  // Whoever was to do it and did not is not forgotten.
  playedBy: playedBy === agentType ? null : playedBy,
  ...{ commit, revocations },
});

export function usageOf(budget: Fields): RunDocument["usage"] {
  const count = (field: string): number => Number(budget[field] ?? 0);
  const [inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens] = [
    "input",
    "output",
    "cacheRead",
    "cacheWrite",
  ].map(count) as [number, number, number, number];
  return {
    modelCalls: count("calls"),
    inputTokens,
    outputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    totalTokens: inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens,
    costUsd: count("unpriced") > 0 ? null : count("nano") / 1e9,
  };
}

function stateOf({ core, fenced }: ActorReading): { state: string; turns: number } {
  if (core === null) return { state: fenced === null ? "planned" : "fenced", turns: 0 };
  // Of another version perhaps: only what every agent's core has is read, and a turn that is not there was not taken.
  const { value, context } = JSON.parse(core) as Pick<MachineSnapshot, "value" | "context">;
  const [state] = typeof value === "string" ? [value] : Object.keys(value as object);
  return { state: fenced === null ? (state ?? "") : "fenced", turns: Number(context.turn ?? 0) };
}

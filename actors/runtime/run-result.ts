/**
 * What a run came to: the one result that somebody asked for, the synthesis of several, or each task by its name. Nothing
 * that was taken back passes for a result, and nothing that was left out is kept quiet.
 */
import type { Envelope } from "../../machines/brief.ts";
import {
  envelopeOf,
  type GraphResult,
  graphResult,
  revokedWords,
  type TaskResult,
  type TaskRow,
} from "./graph-result.ts";

export interface RunResult {
  readonly status: Exclude<Envelope["status"], "revoked">;
  readonly value: unknown;
  readonly evidence: readonly unknown[];
  readonly reasons: readonly string[];
  /** What agents say that they did not do; of several tasks, each with its task. */
  readonly notDone: readonly string[];
  /** Beside a synthesis: the tasks that it puts together. */
  readonly tasks?: Readonly<Record<string, TaskResult>>;
  /** Results that somebody took back, each with why. */
  readonly revoked: readonly {
    readonly result: string;
    readonly task: string;
    readonly reason: string;
    readonly by: string;
    readonly at: string | null;
  }[];
}

const ENDED = { completed: "verified", failed: "failed", exhausted: "exhausted", cancelled: "cancelled" } as const;

export interface RunEnded {
  readonly status: keyof typeof ENDED;
  /** The run's own. */
  readonly reasons: readonly string[];
  /** Of a tasks file, every task stands by its name, whatever their number. */
  readonly byName: boolean;
}

/** Pure. */
export function runResult(run: RunEnded, rows: readonly TaskRow[], envelopes: readonly Envelope[]): RunResult {
  const graph = graphResult(rows, envelopes);
  const synthesis = rows.find(({ role, status }) => role === "synthesis" && status === "verified");
  const made = synthesis === undefined ? undefined : envelopeOf(synthesis, envelopes);
  const whole = { ...graph, revoked: revokedOf(rows, envelopes) };
  if (synthesis !== undefined && made !== undefined) return synthesised(run, { synthesis, made }, whole);
  const work = rows.filter(({ role, status }) => role === null && status !== "replaced");
  const [only] = work;
  if (run.byName || work.length > 1 || only === undefined) {
    if (rows.length > 0 || run.byName) return byName(run, whole);
  }
  return single(run, { row: only, alone: rows.length <= 1 }, envelopes, whole.revoked);
}

type Whole = GraphResult & Pick<RunResult, "revoked">;

/** A run whose work was taken back afterwards has come to nothing that counts. */
function standing(run: RunEnded, tasks: readonly TaskResult[]): Pick<RunResult, "status" | "reasons"> {
  const gone = tasks.filter(({ status }) => status === "revoked").flatMap(({ reasons }) => reasons);
  const status = ENDED[run.status];
  if (gone.length === 0) return { status, reasons: run.reasons };
  return { status: status === "verified" ? "rejected" : status, reasons: [...run.reasons, ...gone] };
}

const byName = (run: RunEnded, { tasks, evidence, notDone, revoked }: Whole): RunResult => ({
  ...standing(run, Object.values(tasks)),
  ...{ value: { tasks }, evidence, notDone, revoked },
});

function synthesised(
  run: RunEnded,
  { synthesis, made }: { readonly synthesis: TaskRow; readonly made: Envelope },
  { tasks, notDone, revoked }: Whole,
): RunResult {
  const { [synthesis.id]: _, ...others } = tasks;
  const isRevoked = made.status === "revoked";
  const all = [...Object.values(others), ...(isRevoked ? [revokedResult(made)] : [])];
  const { value, evidence } = isRevoked ? { value: null, evidence: [] } : made;
  return { ...standing(run, all), value, evidence, notDone: [...made.notDone, ...notDone], tasks: others, revoked };
}

const revokedResult = (envelope: Envelope): TaskResult => ({
  ...{ status: "revoked", result: envelope.id, value: null, notDone: [] },
  reasons: [revokedWords(envelope)],
});

/** `alone`: the run has no other task, so what its agent says is all there is to say. */
function single(
  run: RunEnded,
  { row, alone }: { readonly row: TaskRow | undefined; readonly alone: boolean },
  envelopes: readonly Envelope[],
  revoked: RunResult["revoked"],
): RunResult {
  const status = ENDED[run.status];
  const only = envelopes.find(({ id }) => id === row?.result) ?? envelopes.at(-1);
  if (only === undefined) return { status, value: {}, evidence: [], reasons: run.reasons, notDone: [], revoked };
  if (only.status === "revoked") {
    return { ...standing(run, [revokedResult(only)]), value: null, evidence: [], notDone: [], revoked };
  }
  const { value, evidence, notDone } = only;
  const reasons = alone && only.reasons.length > 0 ? only.reasons : run.reasons;
  return { status: alone ? only.status : status, value, evidence, reasons, notDone, revoked };
}

/** In the order of the plan: stored results have none. */
function revokedOf(rows: readonly TaskRow[], envelopes: readonly Envelope[]): RunResult["revoked"] {
  const places = new Map(rows.map(({ id, order }) => [id, order]));
  const place = ({ task }: Envelope): number => places.get(task) ?? rows.length;
  return envelopes
    .filter(({ status }) => status === "revoked")
    .sort((one, other) => place(one) - place(other) || (one.id < other.id ? -1 : 1))
    .map(({ id, task, revoked }) => ({
      ...{ result: id, task, reason: revoked?.reason ?? "", by: revoked?.by ?? "" },
      at: revoked === undefined ? null : new Date(revoked.at).toISOString(),
    }));
}

/** The result of a run of several tasks: each by its name, as the coordinator's rows and the stored results have it. */
import { z } from "zod";
import type { Envelope } from "../../machines/brief.ts";

const taskRowSchema = z.object({
  order: z.int(),
  status: z.string(),
  agentType: z.string().default(""),
  needs: z.array(z.string()),
  reasons: z.array(z.string()),
  result: z.string().nullable(),
  attempt: z.int().default(0),
  /** What the coordinator does with its result; null: it is what somebody asked for. */
  role: z.enum(["plan", "replan", "check", "synthesis", "resolve"]).nullable().default(null),
  of: z.string().nullable().default(null),
  /** Type of the agent at it, or last at it, where that is another one than planned. */
  playedBy: z.string().nullable().default(null),
  /** Its work in the run's tree. */
  commit: z.string().nullable().default(null),
  revocations: z.int().default(0),
});

export interface TaskRow extends z.infer<typeof taskRowSchema> {
  readonly id: string;
}

/** What became of a task. `skipped`: something it needs has no verified result, so nobody was sent. */
export interface TaskResult {
  readonly status: string;
  /** Id of its result; null where it has none. */
  readonly result: string | null;
  readonly value: unknown;
  readonly reasons: readonly string[];
  readonly notDone: readonly string[];
}

export interface GraphResult {
  /** Every task that somebody asked for, those that nobody was sent to included. */
  readonly tasks: Readonly<Record<string, TaskResult>>;
  /** That of the verified ones, each piece with its task. */
  readonly evidence: readonly unknown[];
  /** What agents say that they did not do, each with its task. */
  readonly notDone: readonly string[];
}

/** In the order of the plan. Throws ZodError where the rows are not a coordinator's. */
export const taskRowsFrom = (rows: ReadonlyMap<string, string>): readonly TaskRow[] =>
  [...rows]
    .map(([id, text]) => ({ ...taskRowSchema.parse(JSON.parse(text)), id }))
    .sort((one, other) => one.order - other.order);

/**
 * What somebody asked for, and whatever else ended badly. Plans, checks and resolved conflicts are how it came about; the
 * place of a replaced task is filled by others.
 */
const shownTasks = (rows: readonly TaskRow[]): readonly TaskRow[] =>
  rows.filter(({ role, status }) => status !== "replaced" && (role === null || status !== "verified"));

/** The envelope that counts for a task: that of its last agent. */
export const envelopeOf = ({ id, result }: TaskRow, envelopes: readonly Envelope[]): Envelope | undefined =>
  envelopes.find((one) => one.id === result) ?? envelopes.findLast(({ task }) => task === id);

/** Why nobody may build on a result any more, in words. */
export const revokedWords = ({ id, revoked }: Envelope): string =>
  revoked === undefined ? `result ${id} was revoked` : `result ${id} was revoked by ${revoked.by}: ${revoked.reason}`;

export function graphResult(rows: readonly TaskRow[], envelopes: readonly Envelope[]): GraphResult {
  const evidence: unknown[] = [];
  const notDone: string[] = [];
  const results = shownTasks(rows).map((row): [string, TaskResult] => {
    const result = taskResult(row, envelopeOf(row, envelopes));
    if (result.status === "verified") {
      evidence.push(...(envelopeOf(row, envelopes)?.evidence ?? []).map((piece) => ofTask(row.id, piece)));
    }
    notDone.push(...result.notDone.map((one) => `${row.id}: ${one}`));
    return [row.id, result];
  });
  return { tasks: Object.fromEntries(results), evidence, notDone };
}

/** What was taken back has no value that anybody may use; it can still be read where it is kept. */
function taskResult({ status, reasons }: TaskRow, envelope: Envelope | undefined): TaskResult {
  const isRevoked = envelope?.status === "revoked";
  const said = reasons.length > 0 ? reasons : (envelope?.reasons ?? []);
  return {
    status: isRevoked && status === "verified" ? "revoked" : status,
    result: envelope?.id ?? null,
    value: isRevoked ? null : (envelope?.value ?? null),
    reasons: isRevoked && status === "verified" ? [revokedWords(envelope)] : said,
    notDone: envelope?.notDone ?? [],
  };
}

const ofTask = (task: string, piece: unknown): unknown =>
  piece !== null && typeof piece === "object" ? { ...piece, task } : piece;

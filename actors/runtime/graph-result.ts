/** The result of a run of several tasks: each by its name, as the coordinator's rows and the stored results have it. */
import { z } from "zod";
import type { Envelope } from "../../machines/brief.ts";

const taskRowSchema = z.object({
  order: z.int(),
  status: z.string(),
  needs: z.array(z.string()),
  reasons: z.array(z.string()),
  result: z.string().nullable(),
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

/** In the order of the plan. Throws ZodError where the rows are not a coordinator's. */
export const taskRowsFrom = (rows: ReadonlyMap<string, string>): readonly TaskRow[] =>
  [...rows]
    .map(([id, text]) => ({ id, ...taskRowSchema.parse(JSON.parse(text)) }))
    .sort((one, other) => one.order - other.order);

/** The envelope that counts for a task: that of its last agent. */
const envelopeOf = ({ id, result }: TaskRow, envelopes: readonly Envelope[]): Envelope | undefined =>
  envelopes.find((one) => one.id === result) ?? envelopes.findLast(({ task }) => task === id);

/**
 * `value.tasks` has every task, those that nobody was sent to included. `evidence` is that of the verified ones, each
 * piece with its task.
 */
export function graphResult(
  tasks: readonly TaskRow[],
  envelopes: readonly Envelope[],
): { value: { tasks: Record<string, TaskResult> }; evidence: unknown[] } {
  const evidence: unknown[] = [];
  const results = tasks.map((row): [string, TaskResult] => {
    const envelope = envelopeOf(row, envelopes);
    const { id, status, reasons } = row;
    if (status === "verified") evidence.push(...(envelope?.evidence ?? []).map((piece) => ofTask(id, piece)));
    return [
      id,
      {
        status,
        result: envelope?.id ?? null,
        value: envelope?.value ?? null,
        reasons: reasons.length > 0 ? reasons : (envelope?.reasons ?? []),
        notDone: envelope?.notDone ?? [],
      },
    ];
  });
  return { value: { tasks: Object.fromEntries(results) }, evidence };
}

const ofTask = (task: string, piece: unknown): unknown =>
  piece !== null && typeof piece === "object" ? { ...piece, task } : piece;

/**
 * What stays in Redis of a run that was archived and erased: enough for `ps` and for finding the archive, in one hash
 * that takes at most a kilobyte of memory.
 */
import { z } from "zod";
import { SwarmError } from "../errors.ts";
import { toldRow } from "./stored-budget.ts";

const stubSchema = z.object({
  v: z.literal(1),
  goal: z.string(),
  kind: z.string(),
  model: z.string(),
  seq: z.string(),
  createdAt: z.string(),
  reasons: z.array(z.string()),
  agents: z.int(),
  /** Status of the run's only result; null where it has none or several. */
  result: z.string().nullable(),
  /** Counters of the budget, as they stood. */
  usage: z.record(z.string(), z.string()),
  /** Absolute path, and the host it is on. */
  archive: z.string(),
  host: z.string(),
  erasedAtMs: z.number(),
});

export type Stub = z.infer<typeof stubSchema>;

/** Bytes of the JSON, at most; with its four sister fields and Redis's own overhead the hash stays below 1 KB. */
const STUB_BYTES_MAX = 640;
/** Bytes of the archive's path, at most: it must fit, whatever else is cut. */
const PATH_BYTES_MAX = 200;
const USAGE = ["calls", "input", "output", "cacheRead", "cacheWrite", "nano", "unpriced"];

type Fields = Readonly<Record<string, string>>;

/** The hash that replaces the run's row. Throws SwarmError `archive.path_too_long`, exit 2. */
export function stubFields(
  row: Fields,
  stub: Omit<Stub, "v" | "goal" | "kind" | "model" | "seq" | "createdAt" | "reasons">,
): Fields {
  if (Buffer.byteLength(stub.archive) > PATH_BYTES_MAX) {
    throw new SwarmError("archive.path_too_long", `${stub.archive} has more than ${PATH_BYTES_MAX} bytes`, {
      exit: 2,
      hint: "Set SWARM_DATA_DIR to a folder with a shorter path.",
    });
  }
  const usage = Object.fromEntries(USAGE.flatMap((name) => (stub.usage[name] ? [[name, stub.usage[name]]] : [])));
  const reasons = JSON.parse(row.reasons ?? "[]") as string[];
  const fitted = (room: number): string =>
    JSON.stringify({
      ...stub,
      v: 1,
      usage,
      goal: cut(row.goal, room),
      kind: cut(row.kind, 16),
      model: cut(row.model, 40),
      seq: row.seq ?? "0",
      createdAt: row.createdAt ?? "0",
      reasons: reasons.slice(0, 2).map((reason) => cut(reason, room)),
      host: cut(stub.host, 32),
    } satisfies Stub);
  let room = 120;
  while (room > 0 && Buffer.byteLength(fitted(room)) > STUB_BYTES_MAX) room -= 10;
  return {
    status: row.status ?? "",
    // Who claims an actor of the run is told that it is over, not that its model access is missing.
    binding: cut(row.binding, 64),
    endedAt: row.endedAt ?? "0",
    stub: fitted(Math.max(0, room)),
  };
}

/** Cut by code points, so that no character is halved. */
const cut = (text: string | undefined, max: number): string => {
  const points = [...(text ?? "")];
  return points.length <= max ? points.join("") : `${points.slice(0, Math.max(0, max - 1)).join("")}…`;
};

/** Null where the row is not a stub. Throws ZodError where another version wrote it. */
export const stubOf = (row: Fields): Stub | null =>
  row.stub === undefined ? null : stubSchema.parse(JSON.parse(row.stub));

/** The fields by which readers know a run, from its stub where that is all there is. */
export function rowFields(row: Fields): Fields {
  const stub = stubOf(row);
  if (stub === null) return toldRow(row);
  const { goal, kind, model, seq, createdAt, archive, reasons } = stub;
  const { stub: _packed, ...rest } = row;
  return { ...rest, goal, kind, model, seq, createdAt, archive, reasons: JSON.stringify(reasons) };
}

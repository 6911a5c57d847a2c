/**
 * What an archive file is: JSON lines, a header first, an end last, each line carrying a hash over all before it, so
 * that a torn or altered file is refused at the line where it parts. It guards against accidents, not against forgers:
 * whoever rewrites the whole file can compute the hashes anew.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { SwarmError } from "../errors.ts";

/** Bytes of one line, at most: a run holds no single value that long. */
export const LINE_BYTES_MAX = 64 * 1024 * 1024;
/** Bytes of a file that is read back, at most: it is held in memory. */
export const ARCHIVE_BYTES_MAX = 512 * 1024 * 1024;

const fields = z.record(z.string(), z.string());

/** The run's row goes into the header; everything else it has in Redis is an item. */
export const headerSchema = z.strictObject({
  kind: z.literal("archive"),
  v: z.literal(1),
  /** Version of the program that wrote it. */
  statehive: z.string(),
  run: z.string().min(1),
  /** `id@version` of every machine that its actors were in. */
  machines: z.array(z.string()),
  row: fields,
});

/** `key` is the noun behind the run's own key: `log`, `budget`, `a_look:transcript`; `dead` for its dead letters. */
export const itemSchema = z.union([
  z.strictObject({ key: z.string(), id: z.string(), fields }),
  z.strictObject({ key: z.string(), field: z.string(), value: z.string() }),
  z.strictObject({ key: z.string(), index: z.int().min(0), value: z.string() }),
  z.strictObject({ key: z.string(), member: z.string(), score: z.string() }),
  z.strictObject({ key: z.string(), value: z.string() }),
]);

/** `items` counts by key, `[key, count]` each; `lines` counts those before this one. */
export const endSchema = z.strictObject({
  kind: z.literal("end"),
  lines: z.int().min(1),
  items: z.array(z.tuple([z.string(), z.int().min(1)])),
});

export type ArchiveHeader = z.infer<typeof headerSchema>;
export type ArchiveItem = z.infer<typeof itemSchema>;

const OPENING = '{"sha256":"';
const MIDDLE = '","data":';
const HEX = 64;

/** Makes the lines of one file, in order. Without their newline. */
export function lineChain(): { next(data: unknown): string; last(): string } {
  let sha256 = "";
  return {
    next(data) {
      const payload = JSON.stringify(data);
      sha256 = chained(sha256, payload);
      return `${OPENING}${sha256}${MIDDLE}${payload}}`;
    },
    last: () => sha256,
  };
}

/** Checks the lines of one file, in order. Null where the line does not follow from those before it. */
export function chainCheck(): (line: string) => string | null {
  let sha256 = "";
  const from = OPENING.length + HEX + MIDDLE.length;
  return (line) => {
    const fits = line.startsWith(OPENING) && line.slice(OPENING.length + HEX, from) === MIDDLE && line.at(-1) === "}";
    if (!fits) return null;
    const payload = line.slice(from, -1);
    sha256 = chained(sha256, payload);
    return line.slice(OPENING.length, OPENING.length + HEX) === sha256 ? payload : null;
  };
}

const chained = (before: string, payload: string): string =>
  createHash("sha256").update(before).update("\n").update(payload).digest("hex");

const HINT = "Restore the file from a backup. What it holds is not used as it is.";

/** `line` counts from 1. */
export const damagedArchive = (file: string, line: number, why: string, cause?: unknown): SwarmError =>
  new SwarmError("archive.damaged", `${file}, line ${line}: ${why}`, { hint: HINT, cause });

/** Ids become file names: whatever could lead elsewhere is refused. Throws SwarmError `archive.bad_run`, exit 2. */
export function archiveName(run: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(run)) return `${run}.jsonl`;
  throw new SwarmError("archive.bad_run", `run ${JSON.stringify(run)} cannot name a file`, { exit: 2 });
}

/** Reads an archive back and checks every line of it: what cannot be trusted whole is not used in part. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { z } from "zod";
import { SwarmError } from "../errors.ts";
import {
  ARCHIVE_BYTES_MAX,
  type ArchiveHeader,
  type ArchiveItem,
  chainCheck,
  damagedArchive,
  endSchema,
  headerSchema,
  itemSchema,
  LINE_BYTES_MAX,
} from "./format.ts";

export interface ArchivedRun {
  readonly file: string;
  readonly header: ArchiveHeader;
  /** Items of one key, in the order in which they were stored. */
  items(key: string): readonly ArchiveItem[];
  keys(): readonly string[];
  readonly sha256: string;
}

/** Throws SwarmError: `archive.missing` (exit 2), `archive.too_long`, `archive.damaged` naming file and line. */
export async function readArchive(file: string): Promise<ArchivedRun> {
  await refuseUnfit(file);
  const check = chainCheck();
  let header: ArchiveHeader | null = null;
  let sha256: string | null = null;
  const items = new Map<string, ArchiveItem[]>();
  let lines = 0;
  for await (const line of linesOf(file)) {
    lines += 1;
    if (sha256 !== null) throw damagedArchive(file, lines, "there is more behind the end");
    const payload = check(line);
    if (payload === null) throw damagedArchive(file, lines, "it does not follow from the lines before it");
    const parsed = <Schema extends z.ZodType>(schema: Schema): z.output<Schema> =>
      parsedLine(file, lines, schema, payload);
    if (header === null) header = parsed(headerSchema);
    else if (payload.startsWith('{"kind":"end"')) {
      refuseMiscounted(file, lines, parsed(endSchema), items);
      sha256 = line.slice(11, 75);
    } else {
      const item = parsed(itemSchema);
      const known = items.get(item.key);
      if (known === undefined) items.set(item.key, [item]);
      else known.push(item);
    }
  }
  if (header === null || sha256 === null) {
    throw damagedArchive(file, lines + 1, "the file ends here without its last line: it is torn");
  }
  return { file, header, sha256, items: (key) => items.get(key) ?? [], keys: () => [...items.keys()] };
}

async function refuseUnfit(file: string): Promise<void> {
  const found = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return null;
    throw new SwarmError("archive.unreadable", `the archive ${file} cannot be read: ${cause.message}`, { cause });
  });
  if (found === null) {
    throw new SwarmError("archive.missing", `there is no archive ${file}`, {
      exit: 2,
      hint: "It lies on the host that wrote it, or was moved: put it back under that name.",
    });
  }
  if (!found.isFile()) throw damagedArchive(file, 1, "it is not a file");
  if (found.size > ARCHIVE_BYTES_MAX) {
    throw new SwarmError(
      "archive.too_long",
      `the archive ${file} has ${found.size} bytes; at most ${ARCHIVE_BYTES_MAX} are read back`,
      { hint: "Its lines are plain JSON: read it with another tool." },
    );
  }
}

function parsedLine<Schema extends z.ZodType>(
  file: string,
  line: number,
  schema: Schema,
  payload: string,
): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(payload));
  } catch (cause) {
    throw damagedArchive(file, line, "it is none that this version writes", cause);
  }
}

function refuseMiscounted(
  file: string,
  line: number,
  end: z.infer<typeof endSchema>,
  items: ReadonlyMap<string, readonly ArchiveItem[]>,
): void {
  const agrees = end.items.length === items.size && end.items.every(([key, count]) => items.get(key)?.length === count);
  if (end.lines !== line - 1 || !agrees) throw damagedArchive(file, line, "its counts are not those of the file");
}

/** Split at line feeds only: text may hold every other separator. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let count = 0;
  for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, from)) {
      rest.push(piece.subarray(from, at));
      yield Buffer.concat(rest).toString("utf8");
      count += 1;
      rest = [];
      restBytes = 0;
      from = at + 1;
    }
    rest.push(piece.subarray(from));
    restBytes += piece.length - from;
    if (restBytes > LINE_BYTES_MAX) throw damagedArchive(file, count + 1, `it is longer than ${LINE_BYTES_MAX} bytes`);
  }
  if (restBytes > 0) throw damagedArchive(file, count + 1, "the file ends in the middle of it: it is torn");
}

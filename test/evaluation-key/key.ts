/**
 * An answer key: the levels that somebody read off the code of one public repository, by the rubric, each with the lines
 * it rests on. Keys are data; the sources they are about are not kept here, so a checkout of the named commit is needed.
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { type PrimitiveId, primitiveIds } from "../../registry/probes/finding.ts";

const readingSchema = z.strictObject({
  level: z.enum(["present", "partial", "absent", "unknown"]),
  /** A second reader of the same rubric may well stand one level off. */
  arguable: z.literal(true).optional(),
  reason: z.string().min(1),
  /** `path`, `path:line` or `path:from-to`, relative to the repository. */
  evidence: z.array(z.string().regex(/^[^\s:]+(:\d+(-\d+)?)?$/)),
});

const keySchema = z.strictObject({
  repository: z.url(),
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  languages: z.string().min(1),
  /** `held out`: read before the analyst first saw the repository. Once measured, a repository is spent: take a new one. */
  use: z.enum(["tuned", "held out"]),
  readings: z.record(z.enum(primitiveIds), readingSchema),
});

export type Key = z.infer<typeof keySchema>;
export type Level = z.infer<typeof readingSchema>["level"];

/** @throws where the file is no key, or one with a primitive missing. */
export async function readKey(file: string): Promise<Key> {
  return keySchema.parse(JSON.parse(await readFile(file, "utf8")));
}

export const levelsOf = ({ readings }: Key): Partial<Record<PrimitiveId, Level>> =>
  Object.fromEntries(primitiveIds.map((id) => [id, readings[id].level]));

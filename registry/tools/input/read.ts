/** What Read is asked with, and the limits of its answer. Apart from the declaration, which loads the implementation. */
import { z } from "zod";

/** Lines of one answer when the call names no `limit`. */
export const readLinesDefault = 2_000;
/** Longer lines are cut, in UTF-16 units. */
export const readLineCharsMax = 2_000;

export const readInput = z.strictObject({
  file_path: z.string().min(1).describe("Path of the file, relative to the workspace or absolute inside it."),
  offset: z.int().min(1).optional().describe("First line to show, from 1. Default 1."),
  limit: z.int().min(1).max(10_000).optional().describe(`Lines to show. Default ${readLinesDefault}.`),
});

export type ReadInput = z.infer<typeof readInput>;

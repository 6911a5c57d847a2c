/** What Grep is asked with, and the limits of its answer. Apart from the declaration, which loads the implementation. */
import { z } from "zod";

/** Entries of one answer when the call names no `head_limit`: lines, or files. */
export const grepEntriesDefault = 250;
const entriesMax = 2_000;
const contextLinesMax = 50;

const context = z.int().min(0).max(contextLinesMax).optional();

export const grepInput = z.strictObject({
  pattern: z.string().min(1).describe("Regular expression in RE2 syntax: no look-around, no back-references."),
  path: z.string().min(1).optional().describe("File or folder to search. Default: the workspace."),
  glob: z
    .string()
    .min(1)
    .optional()
    .describe('Only files whose path matches, such as "*.ts" or "src/**/*.py"; a leading ! excludes.'),
  output_mode: z
    .enum(["content", "files_with_matches", "count"])
    .optional()
    .describe("Matching lines, paths only (default), or matching lines per file."),
  "-i": z.boolean().optional().describe("Ignore case."),
  "-n": z.boolean().optional().describe("Line numbers in content mode. Default true."),
  "-A": context.describe("Lines to show after each match, in content mode."),
  "-B": context.describe("Lines to show before each match, in content mode."),
  "-C": context.describe("Lines to show around each match, in content mode."),
  head_limit: z
    .int()
    .min(1)
    .max(entriesMax)
    .optional()
    .describe(`Lines or files to show. Default ${grepEntriesDefault}.`),
  multiline: z.boolean().optional().describe("Let the pattern, and its dot, match across line ends."),
});

export type GrepInput = z.infer<typeof grepInput>;

/** What AstSearch is asked with, and the limits of its answer. Apart from the declaration, which loads the implementation. */
import { z } from "zod";

/** Matches of one answer when the call names no `head_limit`. */
export const astMatchesDefault = 100;

export const astSearchInput = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .max(2_000)
    .describe(
      'Code with metavariables: $NAME stands for one node, $$$NAME for any number, as in "await $CLIENT.create($$$ARGS)".',
    ),
  language: z
    .enum(["typescript", "tsx", "javascript", "python"])
    .describe("Of the pattern and the files. typescript includes .tsx files."),
  path: z.string().min(1).optional().describe("File or folder to search. Default: the workspace."),
  glob: z
    .string()
    .min(1)
    .optional()
    .describe('Only files whose path matches, such as "src/**/*.ts"; a leading ! excludes.'),
  head_limit: z.int().min(1).max(1_000).optional().describe(`Matches to show. Default ${astMatchesDefault}.`),
});

export type AstSearchInput = z.infer<typeof astSearchInput>;

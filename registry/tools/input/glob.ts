/** What Glob is asked with, and the limits of its answer. Apart from the declaration, which loads the implementation. */
import { z } from "zod";

/** Paths of one answer. */
export const globPathsMax = 1_000;

export const globInput = z.strictObject({
  pattern: z.string().min(1).describe('Glob pattern such as "**/*.ts" or "src/**/*.{test,spec}.ts", relative to path.'),
  path: z.string().min(1).optional().describe("Folder to start from. Default: the workspace."),
});

export type GlobInput = z.infer<typeof globInput>;

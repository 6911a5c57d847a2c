/** What Write is asked with. Apart from the declaration, which loads the implementation. */
import { z } from "zod";

/** Characters of one file written by a call. */
const contentCharsMax = 4_000_000;

export const writeInput = z.strictObject({
  file_path: z
    .string()
    .min(1)
    .max(4_096)
    .describe("Path of the file, relative to the workspace or absolute inside it."),
  content: z.string().max(contentCharsMax).describe("The whole new content."),
});

export type WriteInput = z.infer<typeof writeInput>;

/** What Edit is asked with, and its limits. Apart from the declaration, which loads the implementation. */
import { z } from "zod";

/** Largest file that is edited, in bytes. */
export const editedBytesMax = 16 * 1024 * 1024;
const charsMax = 1_000_000;

export const editInput = z
  .strictObject({
    file_path: z
      .string()
      .min(1)
      .max(4_096)
      .describe("Path of the file, relative to the workspace or absolute inside it."),
    old_string: z.string().min(1).max(charsMax).describe("The text to replace, exactly as it stands in the file."),
    new_string: z.string().max(charsMax).describe("The text to put in its place."),
    replace_all: z.boolean().optional().describe("Replace every place, not only one. Default false."),
  })
  .refine(({ old_string, new_string }) => old_string !== new_string, {
    path: ["new_string"],
    message: "is the same as old_string",
  });

export type EditInput = z.infer<typeof editInput>;

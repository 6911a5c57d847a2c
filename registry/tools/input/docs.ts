/** The input of Docs. */
import { z } from "zod";

export const docsInput = z.strictObject({
  query: z.string().min(1).max(400).optional().describe("Words to look for. With page: in that page only."),
  page: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .describe("A page as it is listed (operating.md), or one section of it (operating.md#Configuration)."),
});

export type DocsInput = z.infer<typeof docsInput>;

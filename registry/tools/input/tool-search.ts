/** What ToolSearch is asked with, and its limits. Apart from the declaration, which loads the implementation. */
import { z } from "zod";

/** Definitions in one answer, unless the model asks for more, and at most. */
export const foundDefault = 5;
export const foundMax = 20;
const queryCharsMax = 400;

export const toolSearchInput = z.strictObject({
  query: z
    .string()
    .min(1)
    .max(queryCharsMax)
    .describe("Words for what the tool has to do, or exact names as `select:name,name`."),
  limit: z.int().min(1).max(foundMax).optional().describe(`Definitions to answer with. Default ${foundDefault}.`),
});

export type ToolSearchInput = z.infer<typeof toolSearchInput>;

/** What WebFetch is asked with. Apart from the declaration, which loads the implementation. */
import { z } from "zod";

/** Characters of text that one call shows. */
export const pageCharsMax = 40_000;

export const webFetchInput = z.strictObject({
  url: z
    .string()
    .min(1)
    .max(2_048)
    .refine((url) => /^https?:\/\//i.test(url) && URL.canParse(url), "is not an http or https address")
    .describe("The address, http or https."),
  offset: z
    .int()
    .min(0)
    .max(10_000_000)
    .optional()
    .describe("Character to begin at; default 0. A cut answer names it."),
  prompt: z.string().max(4_000).optional().describe("Not needed: the text comes back as it is, for you to read."),
});

export type WebFetchInput = z.infer<typeof webFetchInput>;

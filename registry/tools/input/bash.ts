/** What Bash is asked with, and its limits. Apart from the declaration, which loads the implementation. */
import { z } from "zod";

/** Milliseconds a command gets when the call names no `timeout`, and at most. */
export const commandMsDefault = 120_000;
export const commandMsMax = 600_000;

export const bashInput = z.strictObject({
  command: z
    .string()
    .min(1)
    .max(32_768)
    .refine((text) => !text.includes("\0"), "contains a NUL character")
    .describe("The command, as bash understands it."),
  timeout: z
    .int()
    .min(1)
    .max(commandMsMax)
    .optional()
    .describe(`Milliseconds after which it is stopped. Default ${commandMsDefault}, at most ${commandMsMax}.`),
  description: z.string().max(1_000).optional().describe("What the command does, in a few words, for people."),
});

export type BashInput = z.infer<typeof bashInput>;

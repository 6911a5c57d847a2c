/** What Note, Remember and Recall are asked. Plain words only: what hides from a reader, and what looks like a secret, stops here. */
import { z } from "zod";
import {
  FACT_CHARS_MAX,
  PATH_CHARS_MAX,
  QUOTE_CHARS_MAX,
  TOPIC_CHARS_MAX,
  topicSchema,
} from "../../../machines/memory-item.ts";
import { hiddenCharacter } from "../../hidden-characters.ts";
import { secretIn } from "../../memory/secret-text.ts";

const plain = (charsMax: number) =>
  z
    .string()
    .min(1)
    .max(charsMax)
    .superRefine((text, context) => {
      const hidden = hiddenCharacter(text);
      const secret = secretIn(text);
      if (text.trim() === "") context.addIssue({ code: "custom", message: "it says nothing" });
      if (hidden !== null) context.addIssue({ code: "custom", message: `it holds a hidden character, ${hidden.name}` });
      if (secret !== null) {
        const message = `it holds what looks like ${secret}: secrets are not remembered, say where it is kept instead`;
        context.addIssue({ code: "custom", message });
      }
    });

const topic = topicSchema.describe("What it is about, in a few words with hyphens: build, release-process.");
const fact = plain(FACT_CHARS_MAX).describe("One sentence that stands by itself.");
const line = z.strictObject({
  path: z.string().min(1).max(PATH_CHARS_MAX),
  line: z.int().min(1),
  quote: plain(QUOTE_CHARS_MAX),
});
const replaces = z
  .string()
  .regex(/^[fm]_[0-9a-f]{16}$/)
  .optional()
  .describe("Id of what it takes the place of.");

export const noteInput = z.strictObject({
  topic,
  fact,
  source: line.optional().describe("A line of the workspace that bears it out, word for word."),
  replaces,
});

export const rememberInput = z.strictObject({
  topic,
  fact,
  source: z
    .union([line, z.strictObject({ result: z.string().min(1).max(200) }), z.strictObject({ person: z.literal(true) })])
    .describe("A line of the workspace, a verified result of this run, or a person: then one is asked."),
  replaces,
});

export const recallInput = z.strictObject({
  topic: z.string().min(1).max(TOPIC_CHARS_MAX).optional().describe("All that is known of one topic."),
  words: z.string().min(1).max(200).optional().describe("Looked for in all of it."),
  marked: z
    .boolean()
    .optional()
    .describe("Also what was kept by agents that had read strangers' words: you have then read them too."),
});

export type NoteInput = z.infer<typeof noteInput>;
export type RememberInput = z.infer<typeof rememberInput>;
export type RecallInput = z.infer<typeof recallInput>;

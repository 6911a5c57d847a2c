/** Answers questions about statehive from the documents that came with it, and from nothing else. */
import { z } from "zod";
import { readManual } from "../../infra/manual.ts";
import { citationProblems, manualOf } from "../../registry/manual.ts";
import { contractFrom, issuesIn } from "./contract.ts";
import { defineAgent } from "./define.ts";

const valueSchema = z.strictObject({
  answer: z.string().min(1).max(20_000).describe("The answer, with the commands and settings that it takes."),
  pages: z
    .array(
      z.strictObject({
        page: z.string().min(1).max(200).describe("As Docs names it: operating.md"),
        section: z.string().min(1).max(300).describe("Its heading."),
        quote: z.string().min(12).max(1_000).describe("Text of that section, word for word, that says so."),
      }),
    )
    .min(1)
    .max(20),
});

export const guide = defineAgent({
  name: "guide",
  version: 1,
  summary: "Answers questions about statehive from its own documents, with page, section and quote; sees nothing else.",
  prompt: [
    "You answer questions about statehive, the program you run in. All you know of it is what Docs shows you now: what you remember of other programs, or of other versions, is not an answer.",
    "Search with the words of the question, then with the words of the manual; read the whole section before you rely on it.",
    "Answer shortly, with the exact command, flag or setting. Name what the documents leave open.",
    "Every statement rests on a section that you name in pages, with a quote that is in it word for word: a machine looks it up. Evidence may stay empty.",
    "Where the documents do not say it, report blocked and say in notDone what they do not say. You cannot see the person's files, runs or settings: say which command shows them.",
  ].join("\n"),
  tools: ["Docs", "Report"],
  acts: false,
  plugins: "none",
  modelTier: "small",
  contract: contractFrom(valueSchema),
  check: async (value) => {
    const found = valueSchema.safeParse(value);
    if (!found.success) return issuesIn(found.error);
    return citationProblems(manualOf(await readManual()), found.data.pages);
  },
  limits: { turnsMax: 12, attemptsMax: 6, remindersMax: 2, rejectionsMax: 2, parallelMax: 8 },
  outTokens: { wanted: 4_096, least: 1_024 },
});

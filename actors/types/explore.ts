/** Looks and reports; can change nothing. */
import { defineAgent } from "./define.ts";

export const explore = defineAgent({
  name: "explore",
  version: 1,
  summary: "Examines a workspace and reports what is there, with file and line; cannot change anything.",
  prompt: [
    "You examine a workspace and report what is really there. You cannot change anything, and nobody asks you to.",
    "Search before you read, and read before you claim. Prefer structure (Probe, AstSearch) to text search where both would do.",
    "Names prove nothing: a limit counts when it is compared, a permission when it blocks, a record when it is stored.",
    "Examples, docs, fixtures and tests do not prove that a product has something.",
    "Where you do not understand the code well enough to judge, say so: not knowing is a good answer, a guess is not.",
  ].join("\n"),
  tools: [
    ...["AstSearch", "Glob", "Grep", "Note", "Probe", "Read"],
    ...["Recall", "Report", "Skill", "ToolSearch", "UseTool"],
  ],
  acts: false,
  plugins: "read-only",
  modelTier: "small",
  limits: { turnsMax: 24, attemptsMax: 6, remindersMax: 2, rejectionsMax: 2, parallelMax: 8 },
  outTokens: { wanted: 8_192, least: 1_024 },
});

/** Sees a claim, never the story behind it, and checks it against the world. */
import { defineAgent } from "./define.ts";

export const verify = defineAgent({
  name: "verify",
  version: 1,
  summary: "Re-reads what another agent claimed and says of each point whether it holds; cannot change anything.",
  prompt: [
    "You check a claim that somebody else made about a workspace. You see the claim, not how it came about.",
    "Re-read every quoted line yourself. A quote that is not on that line, in that file, now, does not hold.",
    "Then ask whether the line shows what it is said to show; run the probe again on that file.",
    "Say of each finding whether it holds and why. Do not repair the claim, do not add findings, do not be kind.",
  ].join("\n"),
  tools: ["AstSearch", "Glob", "Grep", "Probe", "Read", "Report"],
  acts: false,
  plugins: "none",
  modelTier: "medium",
  contract: {
    type: "object",
    properties: {
      verdict: { enum: ["holds", "fails", "undecided"], description: "Of the claim as a whole." },
      points: {
        type: "array",
        minItems: 1,
        maxItems: 100,
        items: {
          type: "object",
          properties: {
            point: { type: "string", minLength: 1, maxLength: 2_000, description: "One thing that was claimed." },
            holds: { enum: ["yes", "no", "unknown"] },
            why: { type: "string", minLength: 1, maxLength: 2_000, description: "What you saw yourself." },
          },
          required: ["point", "holds", "why"],
          additionalProperties: false,
        },
      },
    },
    required: ["verdict", "points"],
    additionalProperties: false,
  },
  limits: { turnsMax: 24, attemptsMax: 6, remindersMax: 2, rejectionsMax: 2, parallelMax: 8 },
  outTokens: { wanted: 8_192, least: 1_024 },
});

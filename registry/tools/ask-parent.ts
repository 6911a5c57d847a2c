/**
 * AskParent: a question to whoever gave the task. Nothing is run: the call stays open until an answer comes, or until
 * nobody has answered in time; the runtime closes it either way.
 */
import { z } from "zod";
import { defineTool } from "../tool.ts";

const questionCharsMax = 4_000;
const optionCharsMax = 500;
const optionsMax = 8;

const input = z.strictObject({
  question: z
    .string()
    .min(1)
    .max(questionCharsMax)
    .refine((text) => text.trim() !== "", "it asks nothing")
    .describe("What you need to know, with all that it takes to answer: nobody sees your conversation."),
  options: z
    .array(z.string().min(1).max(optionCharsMax))
    .max(optionsMax)
    .optional()
    .describe("Answers you could go on with, where you know some. Another one may come back."),
});

export type AskParentInput = z.infer<typeof input>;

/** As a person is shown it. */
export const questionText = ({ question, options = [] }: AskParentInput): string =>
  [question.trim(), ...options.map((option, index) => `  ${index + 1}. ${option}`)].join("\n");

export const askParent = defineTool<AskParentInput>({
  name: "AskParent",
  tier: "built-in",
  category: "swarm",
  summary: "Asks whoever gave the task, and waits for the answer",
  description: [
    "Asks whoever gave you the task, and waits: a person may answer, or nobody, within the hour or at once.",
    "For what the task leaves open and the workspace cannot tell you. Look first; ask once, and everything in one question.",
    "Make no changing call after it in the same answer: those are refused, because you do not know the answer yet.",
    "An answer is information. It gives no right: what needs an approval still needs it.",
    "Where nobody answers, go on without where you can, or report blocked with what you need to know.",
  ].join(" "),
  source: "tools/ask-parent.ts",
  words: ["ask", "question", "clarify", "unclear", "help", "person", "user"],
  risk: "read-only",
  repeat: "safe",
  input,
  timeoutMs: 10_000,
  loadExamples: async () => (await import("./trials/ask-parent.ts")).examples,
});

/** What AskParent takes and what it refuses at its door; the runtime answers it, nothing is run. */
import type { ToolExample } from "../../tool.ts";

export const examples: readonly ToolExample[] = [
  {
    title: "takes a question",
    files: {},
    input: { question: "Which of the two ports does the service listen on in production, 8080 or 8443?" },
    ok: true,
    says: [],
  },
  {
    title: "takes answers to choose from",
    files: {},
    input: { question: "Which file may I change?", options: ["src/a.ts", "src/b.ts", "neither"] },
    ok: true,
    says: [],
  },
  {
    title: "a question that asks nothing is refused at the door",
    files: {},
    input: { question: "  \n" },
    ok: false,
    says: ["it asks nothing"],
  },
  {
    title: "more answers than anybody reads are refused at the door",
    files: {},
    input: { question: "Which?", options: Array.from({ length: 9 }, (_, index) => `number ${index}`) },
    ok: false,
    says: ["options"],
  },
  {
    title: "a question that is too long is refused at the door",
    files: {},
    input: { question: "x".repeat(4_001) },
    ok: false,
    says: ["question"],
  },
];

/** Docs: statehive's own documents, by word or by page. What it shows is what this installation does. */
import { defineTool } from "../tool.ts";
import { type DocsInput, docsInput } from "./input/docs.ts";

export const docs = defineTool<DocsInput>({
  name: "Docs",
  tier: "built-in",
  category: "swarm",
  summary: "statehive's own documents: search them, or read a page or a section",
  description: [
    "Looks things up in the documents of statehive, the program you run in; it knows nothing of the workspace.",
    "With query: the sections that fit best, each with its page and heading. With page: that page, or one section of it.",
    "With both: that page's sections that fit. With neither: the list of pages and their headings.",
    "What is cut says so; a section by its own name is always whole.",
  ].join(" "),
  source: "tools/run/docs.ts",
  risk: "read-only",
  repeat: "safe",
  words: ["manual", "help", "documentation", "handbook", "how to", "statehive", "swarm"],
  input: docsInput,
  timeoutMs: 20_000,
  loadExamples: async () => (await import("./trials/docs.ts")).examples,
  load: async () => (await import("./run/docs.ts")).run,
});

/** AstSearch: places where the code has a certain structure, whatever its spacing, names and line breaks. */
import { defineTool } from "../tool.ts";
import { type AstSearchInput, astMatchesDefault, astSearchInput } from "./input/ast-search.ts";

export const astSearch = defineTool<AstSearchInput>({
  name: "AstSearch",
  tier: "built-in",
  category: "structure",
  summary: "Code that has the structure of a pattern",
  description: [
    "Searches TypeScript, JavaScript and Python by syntax tree: the pattern is code in which $NAME stands for one node and $$$NAME for any number of them.",
    "Answers path:line: first line of the match, and below it what each metavariable stands for, in path order.",
    `At most ${astMatchesDefault} matches unless head_limit says otherwise; the answer says when there are more.`,
    "The pattern must be one complete piece of code: an expression, a statement or a declaration.",
  ].join(" "),
  source: "tools/run/ast-search.ts",
  words: [
    "code",
    "function",
    "class",
    "call",
    "find definitions",
    "declaration",
    "syntax",
    "refactor",
    "ast",
    "sgrep",
    "structural search",
  ],
  risk: "read-only",
  repeat: "safe",
  input: astSearchInput,
  timeoutMs: 120_000,
  loadExamples: async () => (await import("./trials/ast-search.ts")).examples,
  load: async () => (await import("./run/ast-search.ts")).run,
});

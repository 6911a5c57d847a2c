/** What Docs promises, as calls that can be made again, over a manual of two pages. */
import type { ManualPage } from "../../manual.ts";
import type { ToolExample } from "../../tool.ts";

const manual: readonly ManualPage[] = [
  { page: "permissions.md", text: "# Permissions\nWho may do what.\n\n## Rules\nDeny wins over allow.\n" },
  { page: "limits.md", text: "# Limits\nNothing is without end.\n\n## Turns\nFifty answers.\n" },
];

export const examples: readonly ToolExample[] = [
  {
    title: "a search shows the section that fits, with its page and heading",
    files: {},
    input: { query: "deny" },
    manual,
    ok: true,
    says: ["## permissions.md # Rules\nDeny wins over allow."],
  },
  {
    title: "a section is read by its name",
    files: {},
    input: { page: "limits#Turns" },
    manual,
    ok: true,
    says: ["## limits.md # Turns\nFifty answers."],
  },
  {
    title: "without a question the pages and their headings are listed",
    files: {},
    input: {},
    manual,
    ok: true,
    says: ["permissions.md: Permissions (Rules)", "limits.md: Limits (Turns)"],
  },
  {
    title: "a page that does not exist is refused with the names of those that do",
    files: {},
    input: { page: "nowhere.md" },
    manual,
    ok: false,
    says: ["There is no page nowhere.md", "permissions.md, limits.md"],
  },
  {
    title: "without a manual it says so",
    files: {},
    input: { query: "deny" },
    ok: false,
    says: ["not at hand here"],
  },
];

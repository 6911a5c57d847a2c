/** What AstSearch promises, as calls that can be made again. */
import type { ToolExample } from "../../tool.ts";

const tree = {
  "src/a.ts": "async function ask() {\n  return await client\n    .messages.create({ model }, 1);\n}\n",
  "src/b.tsx": "const c = client.messages.create();\n",
  "c.js": "client.messages.create(js)\n",
  "d.py": "client.messages.create(x, model='m')\n",
};

export const examples: readonly ToolExample[] = [
  {
    title: "finds the structure whatever its line breaks, with what each metavariable stands for",
    files: tree,
    input: { pattern: "$CLIENT.messages.create($$$ARGS)", language: "typescript" },
    ok: true,
    says: [
      "src/a.ts:2: client …\n    $CLIENT = client\n    $$$ARGS = { model }, 1",
      "src/b.tsx:1:",
      "[2 matches in 2 files; 2 typescript files searched.]",
    ],
  },
  {
    title: "reads Python by its own grammar",
    files: tree,
    input: { pattern: "$C.create($$$ARGS)", language: "python" },
    ok: true,
    says: ["d.py:1:", "$$$ARGS = x, model='m'"],
  },
  {
    title: "shows as many as it is told to, and says that there are more",
    files: { "a.js": "f(1);\nf(2);\n" },
    input: { pattern: "f($X)", language: "javascript", head_limit: 1 },
    ok: true,
    says: ["a.js:1: f(1)", "[1 are shown: narrow the search, or raise head_limit.]"],
  },
  {
    title: "a pattern of two statements is refused",
    files: tree,
    input: { pattern: "a(); b();", language: "javascript" },
    ok: false,
    says: ["more than one piece of code"],
  },
  {
    title: "what lies outside the workspace is refused",
    files: tree,
    input: { pattern: "$X", language: "javascript", path: ".." },
    ok: false,
    says: ["lies outside the workspace"],
  },
  {
    title: "an unknown language is refused at the door",
    files: {},
    input: { pattern: "x", language: "cobol" },
    ok: false,
    says: ["language"],
  },
];

/** What Note promises, as calls that can be made again. */
import type { ToolExample } from "../../tool.ts";

/** Put together here, so that no file of the package holds anything of that shape. */
const token = ["ghp", "0123456789abcdefghijABCDEFGHIJ012345"].join("_");

export const examples: readonly ToolExample[] = [
  {
    title: "a fact is kept for the run, under an id",
    files: { "a.txt": "one\n" },
    input: { topic: "build", fact: "The build needs Node 22." },
    memory: [],
    ok: true,
    says: ["Kept as f_", "for this run"],
  },
  {
    title: "where there is no memory, nothing is kept, and that is said",
    files: {},
    input: { topic: "build", fact: "The build needs Node 22." },
    ok: false,
    says: ["has no memory"],
  },
  {
    title: "what looks like a secret is not taken",
    files: {},
    input: { topic: "deploy", fact: `The token is ${token}.` },
    memory: [],
    ok: false,
    says: ["looks like a GitHub token"],
  },
  {
    title: "a topic is a name, not a text",
    files: {},
    input: { topic: "Do this now", fact: "It is so." },
    memory: [],
    ok: false,
    says: ["lowercase letters, digits and hyphens"],
  },
];

/** What Remember promises, as calls that can be made again. */
import type { ToolExample } from "../../tool.ts";

const source = { path: "Makefile", line: 1, quote: "check: lint test" };

export const examples: readonly ToolExample[] = [
  {
    title: "a fact with its line is kept for later runs, until a day",
    files: { Makefile: "check: lint test\n" },
    input: { topic: "checks", fact: "make check runs lint before the tests.", source },
    memory: [],
    ok: true,
    says: ["Kept as m_", "for this workspace until 2027-01-01"],
  },
  {
    title: "nothing is kept without a source",
    files: {},
    input: { topic: "checks", fact: "make check runs lint before the tests." },
    memory: [],
    ok: false,
    says: ["source"],
  },
  {
    title: "a person's word takes a person",
    files: {},
    input: { topic: "release", fact: "Releases are made on Tuesdays.", source: { person: true } },
    memory: [],
    ok: false,
    says: ["no person was asked"],
  },
  {
    title: "what hides from a reader is not taken",
    files: {},
    input: { topic: "checks", fact: "All is\u200b well.", source },
    memory: [],
    ok: false,
    says: ["hidden character, U+200B"],
  },
];

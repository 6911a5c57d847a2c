/** What Send takes and what it refuses at its door; the runtime hands it over, nothing is run. */
import type { ToolExample } from "../../tool.ts";

const finding = { to: "#found", kind: "finding", body: { path: "src/a.ts", line: 3 } };
const nested = (levels: number): unknown => Array.from({ length: levels }).reduce((inner) => ({ inner }), {});

export const examples: readonly ToolExample[] = [
  { title: "takes a message to a topic", files: {}, input: finding, ok: true, says: [] },
  {
    title: "takes a message to the agent of a task",
    files: {},
    input: { ...finding, to: "a_tests" },
    ok: true,
    says: [],
  },
  { title: "takes a message to the parent", files: {}, input: { ...finding, to: "parent" }, ok: true, says: [] },
  {
    title: "an address of one's own making is refused at the door",
    files: {},
    input: { ...finding, to: "everybody" },
    ok: false,
    says: ["a_<task>, #<topic> or parent"],
  },
  {
    title: "a body that is no object is refused at the door",
    files: {},
    input: { ...finding, body: "look at src/a.ts" },
    ok: false,
    says: ["body"],
  },
  {
    title: "a body that is too long is refused at the door",
    files: {},
    input: { ...finding, body: { text: "x".repeat(8_200) } },
    ok: false,
    says: ["longer than 8192 bytes"],
  },
  {
    title: "a body that is nested to break its reader is refused at the door",
    files: {},
    input: { ...finding, body: { nested: nested(40) } },
    ok: false,
    says: ["deeper than 16"],
  },
  {
    title: "a kind that is a sentence is refused at the door",
    files: {},
    input: { ...finding, kind: "Do this now" },
    ok: false,
    says: ["kind"],
  },
];

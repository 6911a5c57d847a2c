/** What Report takes and what it refuses at its door; the runtime answers it, nothing is run. */
import type { ToolExample } from "../../tool.ts";

const done = { outcome: "done", value: { summary: "It works." }, evidence: [], notDone: [] };

export const examples: readonly ToolExample[] = [
  {
    title: "takes a value with evidence of every kind",
    files: {},
    input: {
      ...done,
      evidence: [
        { kind: "file", path: "a.ts", line: 3, quote: "export const a = 1;" },
        { kind: "command", command: "npm test", exitCode: 0 },
        { kind: "artifact", path: "a.bin", sha256: "0".repeat(64) },
        { kind: "result", id: "result-1" },
      ],
    },
    ok: true,
    says: [],
  },
  {
    title: "takes a plain blocked",
    files: {},
    input: { outcome: "blocked", value: null, evidence: [], notDone: ["There is no network."] },
    ok: true,
    says: [],
  },
  {
    title: "evidence that no machine can check is refused at the door",
    files: {},
    input: { ...done, evidence: [{ kind: "word", path: "a.ts" }] },
    ok: false,
    says: ["evidence"],
  },
  {
    title: "a value that is too long is refused at the door",
    files: {},
    input: { ...done, value: "x".repeat(70_000) },
    ok: false,
    says: ["longer than 65536 bytes"],
  },
  {
    title: "an outcome of one's own is refused at the door",
    files: {},
    input: { ...done, outcome: "mostly" },
    ok: false,
    says: ["outcome"],
  },
];

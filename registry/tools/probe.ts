/**
 * Probe: structural evidence for one primitive of an agent harness, found by syntax tree and simple data flow, with a
 * line behind every hit. It judges nothing: levels are the reader's.
 */
import { z } from "zod";
import { primitiveIds } from "../probes/finding.ts";
import { defineTool } from "../tool.ts";

const input = z
  .object({
    primitive: z.enum(primitiveIds),
    path: z.string().min(1).max(4_096).optional(),
  })
  .strict();

export const probe = defineTool<z.infer<typeof input>>({
  name: "Probe",
  tier: "built-in",
  category: "structure",
  summary: "Structural evidence for one of the twelve primitives of an agent harness",
  description: [
    "Examines the workspace's TypeScript, JavaScript and Python source for one primitive and returns JSON:",
    "anchors (model call, tool dispatch, main loop), the aspects the primitive consists of, and hits with path, line, quote and strength",
    "(name < declaration < called < effect < test; only an effect proves that the code does it).",
    "`understood` is false where the run path was not found: then nothing can be called absent.",
    "With `path`, that one file is read again and examined afresh.",
    "Examples, docs, fixtures, vendored, generated and minified files and files over 1 MB are left out and counted in filesSkipped.",
  ].join(" "),
  source: "tools/run/probe.ts",
  words: ["harness", "evaluate", "primitives", "maturity", "architecture", "audit"],
  risk: "read-only",
  repeat: "safe",
  input,
  // A first pass over 5,000 files on a busy machine; later calls are answered from its facts.
  timeoutMs: 300_000,
  loadExamples: async () => (await import("./trials/probe.ts")).examples,
  load: async () => (await import("./run/probe.ts")).run,
});

/**
 * UseTool: a call of a found tool, for servers that take calls of declared tools only. It is unwrapped before anything
 * looks at it: judged, run, recorded and shown is the tool that it names. It has no rights and no implementation.
 */
import { z } from "zod";
import { defineTool } from "../tool.ts";

const input = z.strictObject({
  tool: z
    .string()
    .min(1)
    .max(256)
    .refine((name) => name !== "UseTool", "UseTool is not called through UseTool")
    .refine((name) => name !== "Report", "Report is called directly")
    .describe("Name of a tool that ToolSearch found."),
  input: z.record(z.string(), z.unknown()).describe("What it is called with: an object that fits its input schema."),
});

export type UseToolInput = z.infer<typeof input>;

export const useTool = defineTool<UseToolInput>({
  name: "UseTool",
  tier: "built-in",
  category: "swarm",
  summary: "Calls a tool that ToolSearch found",
  description: [
    "Calls a tool that ToolSearch found, with an input that fits the schema given there.",
    "It is judged, recorded and answered as a call of that tool. Not for Report, and not for itself.",
  ].join(" "),
  source: "tools/use-tool.ts",
  words: ["call", "invoke", "plugin", "mcp"],
  risk: "read-only",
  repeat: "safe",
  input,
  timeoutMs: 10_000,
  loadExamples: async () => (await import("./trials/use-tool.ts")).examples,
});

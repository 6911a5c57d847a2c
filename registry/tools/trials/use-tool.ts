/** What UseTool takes and what it refuses at its door; it is unwrapped before anything is run. */
import type { ToolExample } from "../../tool.ts";

export const examples: readonly ToolExample[] = [
  {
    title: "takes the name of a found tool and its input",
    files: {},
    input: { tool: "mcp__srv__echo", input: { text: "x" } },
    ok: true,
    says: [],
  },
  {
    title: "Report is refused at the door",
    files: {},
    input: { tool: "Report", input: {} },
    ok: false,
    says: ["Report is called directly"],
  },
  {
    title: "itself is refused at the door",
    files: {},
    input: { tool: "UseTool", input: {} },
    ok: false,
    says: ["UseTool is not called through UseTool"],
  },
  {
    title: "an input that is no object is refused at the door",
    files: {},
    input: { tool: "mcp__srv__echo", input: "text" },
    ok: false,
    says: ["input"],
  },
];

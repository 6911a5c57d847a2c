/** Whether the rules take one call for harmless: then nobody is asked about it, and it must be. */
import { decide } from "../../../registry/permission/decide.ts";
import type { ToolDeclaration } from "../../../registry/tool.ts";

/** In a workspace of no particular name, with nothing allowed or denied. */
export function onlyLooks(tool: ToolDeclaration, input: unknown): boolean {
  const parsed = tool.input.safeParse(input);
  if (!parsed.success) return false;
  const { risk } = decide({
    agentType: "check",
    actor: "",
    typeTools: [tool.name],
    deniedTools: [],
    tool,
    input: parsed.data,
    workspace: "/workspace",
    addDirs: [],
    mode: "edit",
    approve: "deny",
    sandbox: "full",
    isolated: false,
    rules: { allow: [], ask: [], deny: [] },
    grants: [],
    nowMs: 0,
  });
  return risk === "read-only";
}

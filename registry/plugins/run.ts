/** Runs one plugin tool: hands the call to the box, whose door knows the server. */
import type { Box } from "../box.ts";
import type { Plugin, PluginTool } from "../capabilities.ts";
import type { ToolOutput } from "../tool.ts";

/** Of one call, from asking the server on, in milliseconds: what MCP clients commonly grant. */
const CALL_MS = 60_000;

interface Context {
  readonly box: Pick<Box, "plugin">;
  readonly signal: AbortSignal;
}

export function runOf(plugin: Plugin, tool: PluginTool): (input: unknown, context: Context) => Promise<ToolOutput> {
  return async (input, { box, signal }) => {
    if (box.plugin === undefined) return { ok: false, text: "This worker cannot start plugin servers." };
    return box.plugin(plugin, tool, input, { signal, timeoutMs: CALL_MS });
  };
}

/**
 * A plugin's tool as the registry knows tools: its input is held to the schema that was approved, its risk and whether
 * it may be repeated are the operator's word. What its server says of itself lowers nothing.
 */
import { z } from "zod";
import type { Plugin, PluginTool } from "../capabilities.ts";
import type { ToolDeclaration } from "../tool.ts";
import { oneLineOf, visibleText } from "../visible-text.ts";
import { pluginToolName } from "./definition.ts";
import { extentOf } from "./json-extent.ts";
import { schemaProblems } from "./schema-fit.ts";
import { isRecord } from "./schema-shape.ts";

/** Of one call with what it takes to start its server, in milliseconds; the server itself has less. */
const WHOLE_MS = 120_000;
/** Of one input, in UTF-8 bytes, and how it may be nested. */
const INPUT_BYTES_MAX = 1024 * 1024;
const INPUT_EXTENT = { depth: 64, nodes: 50_000 };
const SUMMARY_CHARS_MAX = 100;

/** Pure; the implementation is loaded with the first call. */
export function pluginDeclaration(plugin: Plugin, tool: PluginTool): ToolDeclaration {
  const shown = oneLineOf(visibleText(tool.description)).trim();
  const load = async () => (await import("./run.ts")).runOf(plugin, tool);
  return {
    name: pluginToolName(plugin.server, tool.name),
    tier: "plugin",
    category: "plugin",
    summary: shown === "" ? `${tool.name} of plugin server ${plugin.server}` : summaryOf(shown),
    description: tool.description,
    source: `plugin server ${plugin.server}`,
    risk: tool.risk,
    repeat: tool.repeat,
    input: inputOf(tool),
    schema: tool.inputSchema,
    ...(tool.outputSchema === undefined ? {} : { outputSchema: tool.outputSchema }),
    words: [plugin.server, ...tool.name.split(/[_-]+/).filter((word) => word !== "")],
    timeoutMs: WHOLE_MS,
    ...(tool.repeat === "unsafe" ? { loadDeed: load } : { load }),
  };
}

const summaryOf = (text: string): string => {
  const first = /^.*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text;
  return first.length <= SUMMARY_CHARS_MAX ? first : `${first.slice(0, SUMMARY_CHARS_MAX - 1)}…`;
};

function inputOf({ inputSchema }: PluginTool): z.ZodType<unknown> {
  return z.unknown().superRefine((input, context) => {
    const say = (message: string): void => context.addIssue({ code: "custom", message });
    if (!isRecord(input)) return say("it must be an object");
    const { depth, nodes } = extentOf(input, INPUT_EXTENT);
    if (depth > INPUT_EXTENT.depth || nodes > INPUT_EXTENT.nodes) return say("it is too large, or nested too deeply");
    const bytes = Buffer.byteLength(JSON.stringify(input));
    if (bytes > INPUT_BYTES_MAX) return say(`it has ${bytes} bytes; at most ${INPUT_BYTES_MAX} are sent`);
    for (const problem of schemaProblems(inputSchema, input)) say(problem);
  });
}

/** Capabilities with many plugin tools, none of them anybody's: equal numbers give equal tools. */
import type { Capabilities, Plugin, PluginTool } from "../../registry/capabilities.ts";
import { NO_CAPABILITIES } from "../../registry/capabilities.ts";

const VERBS = ["list", "create", "update", "delete", "search", "export", "archive", "assign", "merge", "watch"];
const NOUNS = [
  "issues",
  "pull_requests",
  "branches",
  "invoices",
  "customers",
  "calendars",
  "documents",
  "deployments",
  "metrics",
  "alerts",
];
const SERVERS = ["tracker", "billing", "calendar", "drive", "cluster", "mail", "crm", "wiki", "build", "pager"];

const HASH = "0".repeat(64);

export function pluginTool(name: string, over: Partial<PluginTool> = {}): PluginTool {
  return {
    name,
    description: `Does ${name.replaceAll("_", " ")}.`,
    inputSchema: { type: "object", properties: {}, additionalProperties: false },
    hash: HASH,
    risk: "destructive",
    repeat: "unsafe",
    ...over,
  };
}

export const pluginOf = (server: string, tools: readonly PluginTool[], over: Partial<Plugin> = {}): Plugin => ({
  server,
  origin: "operator",
  scope: "",
  home: "/",
  start: { kind: "http", url: "http://127.0.0.1:1/mcp", headers: {} },
  startHash: HASH,
  tools: [...tools],
  ...over,
});

export const withPlugins = (...plugins: Plugin[]): Capabilities => ({ ...NO_CAPABILITIES, plugins });

/** Up to 1,000, a hundred of each server, with definitions as long as those of common servers: some 900 bytes. */
export function manyTools(count: number): Capabilities {
  const plugins = SERVERS.map((server) =>
    pluginOf(
      server,
      VERBS.flatMap((verb) => NOUNS.map((noun) => bigTool(server, verb, noun))),
    ),
  );
  let left = count;
  return withPlugins(
    ...plugins.flatMap((plugin) => {
      const tools = plugin.tools.slice(0, Math.max(0, left));
      left -= tools.length;
      return tools.length === 0 ? [] : [{ ...plugin, tools }];
    }),
  );
}

function bigTool(server: string, verb: string, noun: string): PluginTool {
  const what = noun.replaceAll("_", " ");
  const field = (type: string, description: string) => ({ type, description });
  return pluginTool(`${verb}_${noun}`, {
    description: `${verb} ${what} in ${server}. Answers with at most one page of ${what}; give the cursor of the last answer to go on. Fails where the account of ${server} has no right to ${verb} ${what}.`,
    inputSchema: {
      type: "object",
      properties: {
        project: field("string", `Project of ${server} whose ${what} are meant, by its key.`),
        filter: field("string", `Words that the ${what} must have in their title or text.`),
        limit: field("integer", `How many ${what} one answer holds, 1 to 100.`),
        cursor: field("string", "Where the last answer ended."),
        dry_run: field("boolean", `Say what ${verb} would do, and do nothing.`),
      },
      required: ["project"],
      additionalProperties: false,
    },
  });
}

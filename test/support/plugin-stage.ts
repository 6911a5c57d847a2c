/** Plugin servers as a worker has them, real processes in a real sandbox, and the hostile one of our own. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { type PluginHands, pluginHands } from "../../actors/runtime/plugin-hands.ts";
import { breaker } from "../../infra/breaker/breaker.ts";
import { ownUse } from "../../infra/breaker/use-gate.ts";
import type { Confinement } from "../../infra/bwrap/confine.ts";
import type { ConfiguredStart } from "../../infra/mcp/server-entry.ts";
import { startOf } from "../../infra/mcp/server-start.ts";
import { openServers, type Servers, type ServersOptions } from "../../infra/mcp/servers.ts";
import type { Plugin, PluginTool } from "../../registry/capabilities.ts";
import { approvedPlugins, type ToolWord } from "../../registry/plugins/approved.ts";
import { checkedList, pluginToolName } from "../../registry/plugins/definition.ts";
import { openTestSandbox } from "./sandbox.ts";
import { temporaryFolder } from "./workspace.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
export const hostileServer = fileURLToPath(new URL("./hostile-mcp/server.mjs", import.meta.url));
export const realServer = (name: string): string =>
  join(repository, "node_modules/@modelcontextprotocol", name, "dist/index.js");

export const stdio = (args: readonly string[], more: Partial<ConfiguredStart> = {}): ConfiguredStart =>
  ({ kind: "stdio", command: "node", args: [...args], env: {}, network: false, ...more }) as ConfiguredStart;

export interface Finding {
  readonly name: string;
  readonly text: string | null;
}

export interface PluginStage {
  readonly workspace: string;
  readonly servers: Servers;
  readonly confinement: Confinement | "off" | null;
  readonly hands: PluginHands;
  /** What was found to be other than approved. */
  readonly findings: Finding[];
  /** What a server lists now, all of it approved. */
  approved(start: ConfiguredStart, words?: Readonly<Record<string, ToolWord>>, server?: string): Promise<Plugin>;
  call(
    plugin: Plugin,
    tool: string,
    input?: unknown,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): ReturnType<PluginHands>;
}

const env = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/root", LANG: "C.UTF-8" };

export interface StageOptions extends Partial<ServersOptions> {
  /** Instead of the sandbox: none, by the operator's word. */
  readonly off?: boolean;
  readonly secluded?: readonly string[];
}

export async function openPluginStage({
  off = false,
  secluded = [],
  ...options
}: StageOptions = {}): Promise<PluginStage> {
  const workspace = temporaryFolder();
  const state = realpathSync(mkdtempSync(join(tmpdir(), "statehive-plugin-state-")));
  const confinement: Confinement | "off" | null = off
    ? "off"
    : (await openTestSandbox({ state, secluded, env })).confinement;
  const servers = openServers({
    confinement,
    env,
    searchPath: env.PATH,
    variableOf: () => undefined,
    variables: [],
    gate: ({ server }) => ownUse(breaker({ name: server, monotonicMs: () => performance.now() })),
    log: pino({ level: "silent" }),
    ...options,
  });
  onTestFinished(async () => {
    await servers.close();
    rmSync(state, { recursive: true, force: true });
  });
  const findings: Finding[] = [];
  const hands = pluginHands({
    servers,
    findings: {
      async found(_scope, name, definition) {
        findings.push({ name, text: definition?.text ?? null });
      },
      async misbehaved(_scope, name, reason) {
        findings.push({ name, text: reason });
      },
    },
  });
  return {
    workspace,
    servers,
    confinement,
    hands,
    findings,
    approved: (start, words = {}, server = "srv") => approve(servers, workspace, start, words, server),
    call: (plugin, tool, input = {}, { timeoutMs = 20_000, signal = new AbortController().signal } = {}) =>
      hands(
        { plugin, tool: toolOf(plugin, tool), input, timeoutMs, signal, place: { workspace, beside: [] } },
        async () => {},
      ),
  };
}

export function toolOf({ tools }: Plugin, name: string): PluginTool {
  const found = tools.find((tool) => tool.name === name);
  if (found === undefined) throw new Error(`no approved tool ${name}`);
  return found;
}

async function approve(
  servers: Servers,
  workspace: string,
  start: ConfiguredStart,
  words: Readonly<Record<string, ToolWord>>,
  id: string,
): Promise<Plugin> {
  const { hash: startHash, text: startText } = startOf({ start, home: workspace }, env.PATH);
  const common = { origin: "operator", scope: "", home: workspace, startHash } as const;
  const list = await servers.use({ server: id, start, ...common }, { workspace, beside: [] }, async (server) =>
    checkedList(id, (await server.tools()).raws),
  );
  const pins = list.tools.map(({ definition, hash, text }) => ({
    kind: "tool" as const,
    scope: "",
    name: pluginToolName(id, definition.name),
    hash,
    text,
    active: true,
  }));
  const started = { kind: "server", scope: "", name: id, hash: startHash, text: startText, active: true } as const;
  const { plugins } = approvedPlugins(
    [started, ...pins],
    [{ id, start: start as Plugin["start"], tools: words, ...common }],
  );
  const [plugin] = plugins;
  if (plugin === undefined) throw new Error(`nothing of ${id} could be approved: ${JSON.stringify(list.problems)}`);
  return plugin;
}

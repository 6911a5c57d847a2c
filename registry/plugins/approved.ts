/**
 * Which plugin tools a new run may draw from: those of servers whose start was approved exactly as it is, and of them the
 * definitions that were approved. No server is started for this. What is left out is left out with its reason.
 */
import type { Plugin, PluginTool, ServerStart } from "../capabilities.ts";
import { definitionFrom, pluginToolName } from "./definition.ts";

/** A pin of a server's start or of a tool's definition, as it stands. */
export interface ApprovedPin {
  readonly kind: "server" | "tool";
  readonly scope: string;
  readonly name: string;
  /** Of what was approved. */
  readonly hash: string;
  readonly text: string;
  /** False: drifted, or taken out. */
  readonly active: boolean;
}

/** What the operator says of one tool. */
export interface ToolWord {
  readonly risk?: PluginTool["risk"] | undefined;
  readonly repeat?: PluginTool["repeat"] | undefined;
}

/** A configured server with its start as it would be now. */
export interface StartedServer extends Pick<Plugin, "origin" | "scope" | "home"> {
  readonly id: string;
  readonly start: ServerStart;
  readonly startHash: string;
  readonly tools: Readonly<Record<string, ToolWord>>;
}

export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/** UTF-16 units of all definitions of one run: the document that holds them is read by every activation. */
const DEFINITIONS_CHARS_MAX = 4_000_000;
const CHECK = "`swarm tools check` shows what it would be, and --yes approves it";

/** Pure; in the order of the servers' ids. */
export function approvedPlugins(
  pins: readonly ApprovedPin[],
  servers: readonly StartedServer[],
): { readonly plugins: readonly Plugin[]; readonly excluded: readonly LeftOut[] } {
  const plugins: Plugin[] = [];
  const excluded: LeftOut[] = [];
  let room = DEFINITIONS_CHARS_MAX;
  for (const server of [...servers].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const reason = startReason(pins, server);
    if (reason !== null) {
      excluded.push({ name: server.id, reason });
      continue;
    }
    const { tools, left, chars } = toolsOf(pins, server);
    excluded.push(...left);
    if (chars > room) {
      excluded.push({
        name: server.id,
        reason: `the tools of the run's servers are too many: more than ${DEFINITIONS_CHARS_MAX} characters`,
      });
    } else if (tools.length === 0) {
      excluded.push({ name: server.id, reason: `none of its tools was approved: ${CHECK}` });
    } else {
      room -= chars;
      const { id, origin, scope, home, start, startHash } = server;
      plugins.push({ server: id, origin, scope, home, start, startHash, tools: [...tools] });
    }
  }
  return { plugins, excluded };
}

function startReason(pins: readonly ApprovedPin[], { id, scope, startHash }: StartedServer): string | null {
  const pin = pins.find((one) => one.kind === "server" && one.scope === scope && one.name === id);
  if (pin === undefined) return `nobody has approved how this server is started: ${CHECK}`;
  if (!pin.active) return "this server was taken out: it was found to be started otherwise than approved";
  return pin.hash === startHash ? null : `it is started otherwise than was approved: ${CHECK}`;
}

function toolsOf(
  pins: readonly ApprovedPin[],
  { id, scope, tools: words }: StartedServer,
): { tools: readonly PluginTool[]; left: readonly LeftOut[]; chars: number } {
  const prefix = pluginToolName(id, "");
  const own = pins.filter((pin) => pin.kind === "tool" && pin.scope === scope && pin.name.startsWith(prefix));
  const tools: PluginTool[] = [];
  const left: LeftOut[] = [];
  let chars = 0;
  for (const pin of [...own].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const made = definitionFrom(id, pin.text);
    if (!pin.active)
      left.push({ name: pin.name, reason: "its definition changed after it was approved: it was taken out" });
    else if (made === null || made.hash !== pin.hash || pluginToolName(id, made.definition.name) !== pin.name) {
      left.push({ name: pin.name, reason: `what was approved is no definition that this version takes: ${CHECK}` });
    } else {
      chars += pin.text.length;
      tools.push(pluginTool(made.definition, pin.hash, wordOf(words, made.definition.name)));
    }
  }
  return { tools, left, chars };
}

const wordOf = (words: Readonly<Record<string, ToolWord>>, name: string): ToolWord =>
  Object.hasOwn(words, name) ? (words[name] ?? {}) : {};

/** What nobody vouches for destroys, and is done once; what is vouched for as only looking may be looked at again. */
function pluginTool(
  {
    name,
    description,
    inputSchema,
    outputSchema,
    annotations,
  }: Pick<PluginTool, "name" | "description" | "inputSchema" | "outputSchema" | "annotations">,
  hash: string,
  { risk = "destructive", repeat }: ToolWord,
): PluginTool {
  return {
    name,
    description,
    inputSchema,
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(annotations === undefined ? {} : { annotations }),
    hash,
    risk,
    repeat: repeat ?? (risk === "read-only" ? "safe" : "unsafe"),
  };
}

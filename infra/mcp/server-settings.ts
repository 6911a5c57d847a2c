/**
 * The plugin servers that are configured: by the operator, and by what a workspace brings (`.mcp.json`, its own
 * swarm.config). Each entry by itself: what is wrong with one is told, with the way out, and the others keep working.
 */
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { readPlainFile } from "../plain-file.ts";
import { repeatedNames } from "./repeated-names.ts";
import { type ConfiguredServer, serverOf, type Tell } from "./server-entry.ts";

/** One file that names servers, unparsed. */
export interface ServerLayer {
  readonly file: string;
  readonly origin: "operator" | "workspace";
  readonly servers: Readonly<Record<string, unknown>>;
}

export interface McpSettings {
  /** In the order in which they count, later over earlier, the operator's over a workspace's. */
  readonly layers: readonly ServerLayer[];
  /** Names of the worker's variables that a workspace's servers may be given. */
  readonly variables: readonly string[];
}

export interface ServerProblem {
  readonly server: string;
  readonly file: string;
  /** Empty where it is about the whole entry. */
  readonly field: string;
  /** As written, shortened; a secret is not shown. */
  readonly value: string;
  readonly problem: string;
  readonly hint: string;
}

export interface ServerList {
  /** By id. */
  readonly servers: readonly ConfiguredServer[];
  readonly problems: readonly ServerProblem[];
}

const FILE_BYTES_MAX = 1024 * 1024;
const SERVERS_MAX = 50;
/** Never throws for what the files say. `workspace`: any path of it. */
export function configuredServers({ layers, variables }: McpSettings, workspace: string): ServerList {
  const home = realpathSync(workspace);
  const problems: ServerProblem[] = [];
  const found = new Map<string, ConfiguredServer | null>();
  const brought = workspaceFile(home, problems);
  const ordered = [
    ...layers.filter(({ origin }) => origin === "operator").reverse(),
    ...layers.filter(({ origin }) => origin === "workspace"),
    ...(brought === null ? [] : [brought]),
  ];
  for (const layer of ordered) {
    for (const [id, raw] of Object.entries(layer.servers)) {
      const tell = teller(problems, id === "" ? '""' : id, layer.file);
      const first = found.get(id);
      if (first !== undefined) {
        if (layer.origin === "workspace")
          tell("", raw, "another server of that name counts", "Give one of the two another name.");
        continue;
      }
      if (isOff(layer.origin, raw)) {
        found.set(id, null);
        continue;
      }
      const server = serverOf(id, raw, { ...layer, home, variables }, tell);
      if (server !== null && [...found.values()].filter((one) => one !== null).length >= SERVERS_MAX) {
        tell("", id, `more than ${SERVERS_MAX} servers are configured`, "Leave out what is not needed.");
      } else if (server !== null) found.set(id, server);
    }
  }
  const servers = [...found.values()].filter((one) => one !== null).sort((a, b) => (a.id < b.id ? -1 : 1));
  return { servers, problems };
}

/** An operator switches a server off by its name alone, whoever brings it. */
const isOff = (origin: ServerLayer["origin"], raw: unknown): boolean =>
  z.object({ disabled: z.literal(true) }).safeParse(raw).success &&
  (origin === "operator" ||
    z
      .object({ command: z.string() })
      .or(z.object({ url: z.string() }))
      .safeParse(raw).success);

function workspaceFile(home: string, problems: ServerProblem[]): ServerLayer | null {
  const file = join(home, ".mcp.json");
  const tell = teller(problems, "", file);
  try {
    // A link into somebody's home or to a device is no file of the workspace.
    if (dirname(realpathSync(file)) !== home) throw new Error("it is a link out of its folder");
    const text = readPlainFile(file, FILE_BYTES_MAX);
    const parsed = z.object({ mcpServers: z.custom<Record<string, unknown>>(isRecord) }).safeParse(JSON.parse(text));
    if (parsed.success)
      return { file, origin: "workspace", servers: onlyOnce(parsed.data.mcpServers, text, file, problems) };
    tell("mcpServers", "", "it is not an object of servers by name", 'Write {"mcpServers": {"name": {"command": …}}}.');
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return null;
    tell(
      "",
      "",
      cause instanceof Error ? cause.message.slice(0, 200) : "it cannot be read",
      "Mend the file, or remove it.",
    );
  }
  return null;
}

/** Of two servers with one name neither counts: a reader of the file sees one, and a parser takes the other. */
function onlyOnce(
  servers: Readonly<Record<string, unknown>>,
  text: string,
  file: string,
  problems: ServerProblem[],
): Readonly<Record<string, unknown>> {
  const repeated = repeatedNames(text, "mcpServers");
  for (const id of repeated) {
    teller(problems, id, file)("", "", "the file has more than one server of that name", "Leave one of them.");
  }
  return Object.fromEntries(Object.entries(servers).filter(([id]) => !repeated.includes(id)));
}

/** Not by `z.record`, which passes over a name like __proto__ in silence. */
const isRecord = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

const teller =
  (problems: ServerProblem[], server: string, file: string): Tell =>
  (field, value, problem, hint) => {
    const shown = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
    problems.push({
      server,
      file,
      field,
      value: shown.length > 100 ? `${shown.slice(0, 100)}…` : shown,
      problem,
      hint,
    });
  };

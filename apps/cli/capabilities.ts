/**
 * What a run made here and now may draw from beyond the built-in tools: what the configuration and the workspace bring,
 * as far as somebody approved it. No server is started for it.
 */
import type { FoundProfile } from "../../actors/discovery/profiles-at.ts";
import { approvedRows, openPinBook } from "../../actors/runtime/pin-book.ts";
import type { Config } from "../../infra/config.ts";
import { SwarmError } from "../../infra/errors.ts";
import { configuredServers, type ServerProblem } from "../../infra/mcp/server-settings.ts";
import { startOf } from "../../infra/mcp/server-start.ts";
import type { Pins } from "../../infra/pins.ts";
import type { Capabilities } from "../../registry/capabilities.ts";
import { isTakenAway } from "../../registry/permission/denied-tools.ts";
import { type ApprovedPin, approvedPlugins, type StartedServer } from "../../registry/plugins/approved.ts";
import { pluginToolName } from "../../registry/plugins/definition.ts";
import type { Excluded } from "../../registry/pool.ts";
import { approvedProfile, collectSkills } from "./collect-skills.ts";
import { nearestNames } from "./nearest-names.ts";

export interface Collected {
  readonly capabilities: Capabilities;
  /** What is there and is not taken, with the reason. */
  readonly left: readonly Excluded[];
}

export interface CollectFrom {
  readonly config: Config;
  /** Absolute, link-free. */
  readonly workspace: string;
  /** Null where there is no Redis: then nothing was approved. */
  readonly pins: Pins | null;
}

/** Only `agents` are taken over as profiles: those that the run is for, or all where somebody only looks. */
export async function collectCapabilities(
  { config, workspace, pins }: CollectFrom,
  agents: readonly FoundProfile[],
): Promise<Collected> {
  const rows = await approvedRows(openPinBook({ pins: pins ?? NO_PINS }));
  const { servers, problems } = configuredServers(config.mcp, workspace);
  const started = servers.map((server): StartedServer => {
    const { hash: startHash } = startOf(server, config.searchPath);
    const { id, origin, scope, home, start, tools } = server;
    return { id, origin, scope, home, start, startHash, tools };
  });
  const { plugins, excluded } = approvedPlugins(rows.filter(isPluginPin), started);
  const skills = await collectSkills(workspace, config, rows);
  return {
    capabilities: {
      v: 1,
      plugins: [...plugins],
      skills: [...skills.skills],
      profiles: agents.map((profile) => approvedProfile(profile, rows)),
    },
    left: [...problems.map(serverLeft), ...excluded, ...skills.left],
  };
}

const NO_PINS: Pins = {
  all: async () => [],
  get: async () => null,
  put: async () => false,
  changes: async () => 0,
};

type PinnedRow = Awaited<ReturnType<typeof approvedRows>>[number];
const isPluginPin = (row: PinnedRow): row is PinnedRow & ApprovedPin => row.kind === "server" || row.kind === "tool";

const serverLeft = ({ server, file, field, problem, hint }: ServerProblem): Excluded => {
  const name = [file, server, field].filter((part) => part !== "").join(" ");
  return { name, reason: `${problem}. ${hint}` };
};

/**
 * Names of plugin tools, or patterns of them, that nothing of the run is called by.
 * Throws SwarmError `usage.deny_tool`, exit 2: whoever takes a tool away wants to be sure that it is gone.
 */
export function checkDenied(deniedTools: readonly string[], { plugins }: Capabilities): void {
  const names = plugins.flatMap(({ server, tools }) => tools.map(({ name }) => pluginToolName(server, name)));
  const strangers = deniedTools.filter(
    (denied) => denied.startsWith("mcp__") && !names.some((name) => isTakenAway([denied], name)),
  );
  if (strangers.length === 0) return;
  const near = [...new Set(strangers.flatMap((one) => nearestNames(one, names)))];
  throw new SwarmError("usage.deny_tool", `--deny-tool ${strangers.join(", ")}: the run has no such tool of a plugin`, {
    exit: 2,
    hint: near.length === 0 ? "`swarm tools list` lists those that are approved." : `Did you mean ${near.join(", ")}?`,
  });
}

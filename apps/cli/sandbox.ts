/** The sandbox of this machine as the settings in force want it: opened by workers, shown by `swarm doctor`. */
import { dirname } from "node:path";
import { findBubblewrap } from "../../infra/bwrap/find.ts";
import { openSandbox, type Sandbox } from "../../infra/bwrap/sandbox.ts";
import type { Config } from "../../infra/config.ts";
import { type HostState, openHostState } from "../../infra/journal/host-state.ts";
import { privateFolder } from "../../infra/redis/private-folder.ts";
import { parseRedisUrl } from "../../infra/redis/redis-url.ts";
import { say } from "./say.ts";

/** What nothing that an agent starts may see: gates and copies, the data folder, and wherever our Redis listens. */
export const secludedFolders = (config: Config, state: HostState): string[] => [
  state.folder,
  config.dataDir,
  privateFolder(config.runtimeDir),
  ...socketPlace(config),
];

/** The folder of its socket: whatever it makes there anew is hidden as well. A folder of others is not ours to close. */
function socketPlace({ redisUrl, root }: Config): string[] {
  const { path } = redisUrl === undefined ? {} : parseRedisUrl(redisUrl).options;
  if (path === undefined) return [];
  const folder = dirname(path);
  const isShared = ["/tmp", "/run", "/var/run", "/var/tmp"].includes(folder) || `${root}/`.startsWith(`${folder}/`);
  return [isShared ? path : folder];
}

/**
 * Probes by a real run. `again`: fetch bubblewrap although that failed a moment ago.
 * @throws SwarmError `sandbox.bad_binary`, exit 2, where SWARM_BWRAP_BIN does not run.
 */
export function openOwnSandbox(config: Config, state: HostState, again = false): Promise<Sandbox> {
  const { off, network, bin, install } = config.sandbox;
  return openSandbox({
    off,
    network,
    bin,
    install,
    searchPath: config.searchPath,
    state: state.folder,
    secluded: secludedFolders(config, state),
    env: config.commandEnv,
    say,
    again,
  });
}

/**
 * Sees to it that this host has a bubblewrap, if it can; says so in a line where it fetched one.
 * @throws SwarmError `sandbox.bad_binary`, exit 2: a worker would end by it where nobody reads why.
 */
export async function fetchSandbox(config: Config): Promise<void> {
  const { off, bin, install } = config.sandbox;
  if (off || (bin === undefined && install === "never")) return;
  const { folder } = await openHostState(config.stateDirs);
  await findBubblewrap({ bin, install, searchPath: config.searchPath, state: folder, say });
}

/** One line for a person. */
export function sandboxLine({ level, reasons, by }: Sandbox): string {
  const why = reasons.length === 0 ? "" : `: ${reasons.join("; ")}`;
  return `sandbox: ${level}${by === null ? "" : ` by ${by}`}${why}`;
}

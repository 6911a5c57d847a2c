/** The plugin servers of this process, confined as the settings in force say: for workers, and for who looks at them. */
import { breaker } from "../../actors/runtime/breaker.ts";
import type { Sandbox } from "../../infra/bwrap/sandbox.ts";
import type { Config } from "../../infra/config.ts";
import type { Log } from "../../infra/log.ts";
import { openServers, type Servers } from "../../infra/mcp/servers.ts";

/** Failures in a row after which a server is left alone, and for how long, in milliseconds. */
const FAILURES_MAX = 3;
const COOLING_MS = 30_000;

/** Starts nothing yet. */
export const openPluginServers = (config: Config, { confinement }: Pick<Sandbox, "confinement">, log: Log): Servers =>
  openServers({
    confinement,
    env: config.commandEnv,
    searchPath: config.searchPath,
    variableOf: config.mcp.variableOf,
    variables: config.mcp.variables,
    breaker: (name) =>
      breaker({ name, failuresMax: FAILURES_MAX, coolingMs: COOLING_MS, monotonicMs: () => performance.now() }),
    log,
  });

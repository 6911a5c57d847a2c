/** The plugin servers of this process, confined as the settings in force say: for workers, and for who looks at them. */
import { breaker } from "../../infra/breaker/breaker.ts";
import { callGate, GATE } from "../../infra/breaker/call-gate.ts";
import { type BreakerRecords, memoryRecords } from "../../infra/breaker/records.ts";
import { ownUse, sharedUse, type UseGate } from "../../infra/breaker/use-gate.ts";
import type { Sandbox } from "../../infra/bwrap/sandbox.ts";
import type { Config } from "../../infra/config.ts";
import type { Log } from "../../infra/log.ts";
import { openServers, type Servers } from "../../infra/mcp/servers.ts";
import type { ServerSpec } from "../../infra/mcp/start-server.ts";

/** Failures in a row after which a server is left alone, and for how long at first and at most, in milliseconds. */
const FAILURES_MAX = 3;
const COOLING_MS = 30_000;
const COOLING_LAST_MS = 300_000;

/** Starts nothing yet. `records`: what all workers share of servers that they all reach; absent, each goes by what it sees. */
export function openPluginServers(
  config: Config,
  { confinement }: Pick<Sandbox, "confinement">,
  log: Log,
  records: BreakerRecords = memoryRecords(Date.now),
): Servers {
  const limits = { ...GATE, failuresMax: FAILURES_MAX, coolingFirstMs: COOLING_MS, coolingLastMs: COOLING_LAST_MS };
  const monotonicMs = (): number => performance.now();
  const shared = callGate({ records, monotonicMs, limits });
  // A process of its own belongs to this worker; an address is the same for everybody.
  const gate = ({ server, start, startHash }: ServerSpec): UseGate =>
    start.kind === "http"
      ? sharedUse(shared, `plugin:${server}@${startHash.slice(0, 12)}`)
      : ownUse(
          breaker({
            ...{ name: `plugin ${server}`, failuresMax: FAILURES_MAX, monotonicMs },
            ...{ coolingMs: COOLING_MS, coolingLastMs: COOLING_LAST_MS },
          }),
        );
  return openServers({
    confinement,
    env: config.commandEnv,
    searchPath: config.searchPath,
    variableOf: config.mcp.variableOf,
    variables: config.mcp.variables,
    gate,
    log,
  });
}

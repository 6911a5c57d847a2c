/**
 * The swarm on one line, for a status bar. The build joins all that it takes into one file, and the command line goes there
 * without reading anything else.
 */
import { findSwarm } from "../../infra/find-swarm.ts";
import { type SwarmStatus, swarmStatus } from "../../infra/redis/swarm-status.ts";

/** A bar that is asked every few seconds must not pile up processes. */
const TIMEOUT_MS = 1_000;

/** `reached`: the counts are Redis's. `none`: no server runs. `unknown`: there may be one, and it did not say. */
export type Seen =
  | { readonly redis: "reached"; readonly status: SwarmStatus }
  | { readonly redis: "none" }
  | { readonly redis: "unknown"; readonly why: string };

export async function printLine(): Promise<void> {
  process.stdout.write(`${lineOf(await look())}\n`);
}

/** Never throws. */
export async function look(): Promise<Seen> {
  try {
    const midnight = new Date();
    midnight.setHours(0, 0, 0, 0);
    const status = await swarmStatus(await findSwarm(), midnight.getTime(), TIMEOUT_MS);
    return status === null ? { redis: "none" } : { redis: "reached", status };
  } catch (cause) {
    return { redis: "unknown", why: cause instanceof Error ? cause.message : String(cause) };
  }
}

/** What is not there is not said; `-` where nothing is, `?` where nobody knows. */
export function lineOf(seen: Seen): string {
  if (seen.redis === "unknown") return "swarm: ?";
  const parts = seen.redis === "none" ? [] : partsOf(seen.status);
  return `swarm: ${parts.length === 0 ? "-" : parts.join(", ")}`;
}

/** What waits for a person stands first: a bar may be cut at its end. */
function partsOf({ running, parked, failed, approvals, ...status }: SwarmStatus): string[] {
  const counts: readonly [number, string][] = [
    [approvals, approvals === 1 ? "approval waits" : "approvals wait"],
    [running, "running"],
    [parked, "parked"],
    [failed, "failed"],
  ];
  const said = counts.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`]));
  const cost = costOf(status);
  const all = [...said, ...(cost === null ? [] : [said.length === 0 ? `idle, ${cost} today` : cost])];
  return all.length === 0 ? all : [...all, ...playedOf(status)];
}

/** Null where nothing was spent. A plus: some call has no price, so it was more. */
function costOf({ costUsd, costWhole }: Pick<SwarmStatus, "costUsd" | "costWhole">): string | null {
  if (costUsd === 0 && costWhole) return null;
  return `$${costUsd.toFixed(2)}${costWhole ? "" : "+"}`;
}

/** No model was asked: what is counted of these runs is no figure of a real one. */
function playedOf({ simulated, counted }: Pick<SwarmStatus, "simulated" | "counted">): string[] {
  if (simulated === 0) return [];
  return [simulated === counted ? "simulated" : `${simulated} of ${counted} runs simulated`];
}

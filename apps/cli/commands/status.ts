/**
 * `swarm status [--line]`: what the swarm is doing now. Made for status bars: it starts no server, waits for nobody
 * longer than a second, and always ends with 0; what it could not find out it says instead of a count.
 */
import { findSwarm } from "../../../infra/find-swarm.ts";
import { type SwarmStatus, swarmStatus } from "../../../infra/redis/swarm-status.ts";
import { harmless, printJson } from "../print.ts";

/** A bar that is asked every few seconds must not pile up processes. */
const TIMEOUT_MS = 1_000;

/** `reached`: the counts are Redis's. `none`: no server runs. `unknown`: there may be one, and it did not say. */
type Seen =
  | { readonly redis: "reached"; readonly status: SwarmStatus }
  | { readonly redis: "none" }
  | { readonly redis: "unknown"; readonly why: string };

export async function act(_args: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const seen = await look();
  if (flags.json === true) printJson({ v: 1, ...documentOf(seen), line: lineOf(seen) });
  else process.stdout.write(`${(flags.line === true ? [lineOf(seen)] : linesOf(seen)).join("\n")}\n`);
  return 0;
}

async function look(): Promise<Seen> {
  try {
    const midnight = new Date();
    midnight.setHours(0, 0, 0, 0);
    const status = await swarmStatus(await findSwarm(), midnight.getTime(), TIMEOUT_MS);
    return status === null ? { redis: "none" } : { redis: "reached", status };
  } catch (cause) {
    return { redis: "unknown", why: cause instanceof Error ? cause.message : String(cause) };
  }
}

const documentOf = (seen: Seen): object => {
  if (seen.redis !== "reached") return seen;
  const { costUsd, costWhole, ...status } = seen.status;
  return { redis: seen.redis, ...status, costUsd, costComplete: costWhole };
};

/** What is not there is not said; `-` where nothing is, `?` where nobody knows. */
function lineOf(seen: Seen): string {
  if (seen.redis === "unknown") return "swarm: ?";
  const parts = seen.redis === "none" ? [] : partsOf(seen.status);
  return `swarm: ${parts.length === 0 ? "-" : parts.join(", ")}`;
}

function partsOf({ running, parked, failed, approvals, ...status }: SwarmStatus): string[] {
  const counts: readonly [number, string][] = [
    [running, "running"],
    [parked, "parked"],
    [failed, "failed"],
    [approvals, approvals === 1 ? "approval waits" : "approvals wait"],
  ];
  const said = counts.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`]));
  const cost = costOf(status);
  return [...said, ...(cost === null ? [] : [said.length === 0 ? `idle, ${cost} today` : cost])];
}

/** Null where nothing was spent. A plus: some call has no price, so it was more. */
function costOf({ costUsd, costWhole }: Pick<SwarmStatus, "costUsd" | "costWhole">): string | null {
  if (costUsd === 0 && costWhole) return null;
  return `$${costUsd.toFixed(2)}${costWhole ? "" : "+"}`;
}

function linesOf(seen: Seen): string[] {
  if (seen.redis === "none") return [lineOf(seen), "no server runs for this folder; `swarm run` starts one"];
  if (seen.redis === "unknown") return [lineOf(seen), harmless(seen.why)];
  const { runs, cut } = seen.status;
  return [lineOf(seen), `${runs} runs looked at${cut ? ", the newest" : ""}; \`swarm ps\` lists them`];
}

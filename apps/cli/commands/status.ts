/**
 * `swarm status [--line]`: what the swarm is doing now. Made for status bars: it starts no server, waits for nobody
 * longer than a second, and always ends with 0; what it could not find out it says instead of a count.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findSwarm } from "../../../infra/find-swarm.ts";
import { lineOf, look, type Seen } from "../status-line.ts";

export async function act(_args: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const seen = await look();
  if (flags.line !== true && seen.redis === "reached" && seen.status.running > 0) await takeDownTheDead();
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ v: 1, ...documentOf(seen), line: lineOf(seen) })}\n`);
  } else {
    process.stdout.write(`${(flags.line === true ? [lineOf(seen)] : await linesOf(seen)).join("\n")}\n`);
  }
  return 0;
}

/** Opening the hive does it. A bar, which is asked all the time, only counts; and nobody's count fails because of this. */
async function takeDownTheDead(): Promise<void> {
  const { openHive } = await import("../hive.ts");
  await openHive().then(
    (hive) => hive.close(),
    () => {},
  );
}

const documentOf = (seen: Seen): object => {
  if (seen.redis !== "reached") return seen;
  const { costUsd, costWhole, ...status } = seen.status;
  return { redis: seen.redis, ...status, costUsd, costComplete: costWhole };
};

/** A server that was killed leaves its runs: whoever reads that there is nothing would give them up. */
async function withoutServer(): Promise<string> {
  const { dataDir } = await findSwarm();
  return existsSync(join(dataDir, "appendonlydir"))
    ? "no server runs for this folder, but its runs are kept; `swarm ps` starts one and lists them"
    : "no server runs for this folder; `swarm run` starts one";
}

async function linesOf(seen: Seen): Promise<string[]> {
  if (seen.redis === "none") return [lineOf(seen), await withoutServer()];
  if (seen.redis === "unknown") {
    const { harmless } = await import("../print.ts");
    return [lineOf(seen), harmless(seen.why)];
  }
  const { runs, cut, simulated } = seen.status;
  const played =
    simulated === 0 ? [] : ["SIMULATED: a server of ours plays the model of these runs; nobody was billed for them"];
  return [lineOf(seen), `${runs} runs looked at${cut ? ", the newest" : ""}; \`swarm ps\` lists them`, ...played];
}

/**
 * `swarm audit`: the permission decisions that were recorded: query, replay under another policy, meter; and what the
 * current policy says of calls that are written down.
 */
import { SwarmError } from "../../../infra/errors.ts";
import { oneOf } from "../flags.ts";
import { type Hive, openHive } from "../hive.ts";

type Work = (hive: Hive, flags: Record<string, unknown>) => Promise<number>;

const ACTIONS = ["query", "replay", "meter", "classify"] as const;

const WORK: Readonly<Record<Exclude<(typeof ACTIONS)[number], "classify">, () => Promise<Work>>> = {
  query: async () => (await import("../audit/query.ts")).query,
  replay: async () => (await import("../audit/replay.ts")).replayPolicy,
  meter: async () => (await import("../audit/meter.ts")).readMeter,
};

/** Flags that only one of them knows. */
const ONLY: Readonly<Record<string, string>> = {
  policy: "replay",
  failOn: "replay",
  workspace: "classify",
  jsonl: "classify",
};

export async function act([action]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const chosen = oneOf(action, "audit", ACTIONS) ?? "query";
  for (const [flag, owner] of Object.entries(ONLY)) {
    if (flags[flag] === undefined || owner === chosen) continue;
    const name = flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new SwarmError("usage.audit", `--${name} goes with ${owner}`, { exit: 2 });
  }
  // Runs nothing and needs no Redis.
  if (chosen === "classify") return (await import("../audit/classify.ts")).classify(flags);
  const work = await WORK[chosen]();
  const hive = await openHive();
  try {
    return await work(hive, flags);
  } finally {
    hive.close();
  }
}

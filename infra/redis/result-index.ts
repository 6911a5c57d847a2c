/** Finds a result over all runs in Redis. Its id is unique in its run only, so one that several runs have has to be named with its run. */
import type { Redis } from "ioredis";
import { SwarmError } from "../errors.ts";
import { callsOn } from "./calls.ts";
import type { Keys } from "./keys.ts";

export interface ResultPlace {
  readonly run: string;
  readonly result: string;
}

/** Runs that are asked in one go. */
const RUNS_AT_ONCE = 500;
const SHOWN = 5;

/** Every result of every run whose id begins so, the newest runs of a shard first. Archived runs are not among them. */
export async function resultsCalled(redis: Redis, keys: Keys, beginning: string): Promise<ResultPlace[]> {
  const call = callsOn(redis);
  const ofRun = async (run: string): Promise<ResultPlace[]> => {
    const names = await call("results", () => redis.hkeys(keys.run(run).results));
    return names.filter((result) => result.startsWith(beginning)).map((result) => ({ run, result }));
  };
  const found: ResultPlace[] = [];
  for (const tag of keys.shards) {
    const runs = await call("results", () => redis.zrevrange(keys.shard(tag).runs, 0, -1));
    for (let from = 0; from < runs.length; from += RUNS_AT_ONCE) {
      const some = runs.slice(from, from + RUNS_AT_ONCE);
      found.push(...(await Promise.all(some.map(ofRun))).flat());
    }
  }
  return found;
}

/** The one that an id, or the beginning of one, names among these. Throws SwarmError `result.unknown`, exit 2. Pure. */
export function onlyResult(id: string, found: readonly ResultPlace[]): ResultPlace {
  if (!/^res_[a-z0-9.-]{0,80}$/.test(id)) throw unknownResult(id, "that is no id of a result");
  const exact = found.filter(({ result }) => result === id);
  const fitting = exact.length > 0 ? exact : found.filter(({ result }) => result.startsWith(id));
  const [only, ...others] = fitting;
  if (only === undefined) throw unknownResult(id, "there is none of that id");
  if (others.length === 0) return only;
  const some = fitting.slice(0, SHOWN).map((one) => `${one.run}/${one.result}`);
  const more = fitting.length > SHOWN ? " …" : "";
  throw unknownResult(id, `it fits ${fitting.length} results: ${some.join(", ")}${more}`);
}

const unknownResult = (id: string, why: string): SwarmError =>
  new SwarmError("result.unknown", `result "${id}": ${why}`, {
    exit: 2,
    hint: "`swarm show RUN --json` names the results of a run. Where several runs have one of that id: swarm revoke RUN/RESULT, or --run RUN; @last is the newest run.",
  });

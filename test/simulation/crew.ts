/** The processes of a simulation: who there is, at which place, and who comes after those that die. */
import { type Address, memberOf } from "../../infra/store.ts";
import type { Faults } from "./faults.ts";
import type { Network } from "./faulty-store.ts";
import type { Hints } from "./hints.ts";
import type { imitation } from "./imitation.ts";
import type { Oracle } from "./oracle.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import { type SimWorker, startWorker } from "./worker.ts";

/** As many as there are runs at most: every shard is swept by every worker, and an empty one shows nothing. */
const SHARDS = ["s00", "s01"];
export const shardOf = (run: string): string => SHARDS[run.charCodeAt(run.length - 1) % SHARDS.length] as string;
export interface Crew {
  readonly random: Random;
  readonly time: Scheduler;
  readonly tell: (line: () => string) => void;
  readonly violation: (what: string) => void;
  readonly faults: Faults;
  readonly workers: SimWorker[];
  readonly network: Network;
  readonly queue: Hints;
  readonly performers: ReturnType<typeof imitation>;
  readonly watched: Oracle;
  readonly poisoned: Set<string>;
  readonly runs: number;
}

/** Two or three processes at one or two places; who dies is followed by another at the same place. */
export function hire({
  runs,
  random,
  time,
  workers,
  network,
  queue,
  performers,
  watched,
  poisoned,
  violation,
  tell,
  faults,
}: Crew): void {
  const places = random.chance(0.5) ? ["here", "there"] : ["here"];
  const count = random.between(places.length, 3);
  const unable = random.chance(0.2) && count > places.length;
  const gone = new Set<string>();
  let names = 0;
  const start = (place: string, able: boolean): void => {
    if (gone.has(place)) return;
    names += 1;
    const worker = startWorker({
      name: `w${names}`,
      place,
      able,
      store: watched.store,
      network,
      hints: () => queue,
      shards: SHARDS.slice(0, runs),
      shardOf,
      performers,
      isGone: (asked) => gone.has(asked),
      crashed: (dead) => {
        const at = workers.indexOf(dead);
        if (at >= 0) workers.splice(at, 1);
        time.at(random.between(200, 3_000), () => start(place, able));
      },
      problem: (what: string, cause: unknown, address: Address) => {
        if (!poisoned.has(memberOf(address)))
          violation(`${what} (${memberOf(address)}): ${String((cause as Error)?.stack ?? cause)}`);
      },
      trace: tell,
    });
    tell(() => `${worker.name} starts at ${place}${able ? "" : ", without access"}`);
    workers.push(worker);
    time.at(0, () => worker.start(), worker);
  };
  for (let n = 0; n < count; n += 1) start(places[n % places.length] as string, !(unable && n === count - 1));
  time.at(random.between(1_000, 8_000), () => {
    if (places.length < 2 || !faults.strikes("host gone")) return;
    tell(() => "the host there is gone for good");
    gone.add("there");
    for (const worker of workers.filter(({ place }) => place === "there")) worker.crash();
  });
}

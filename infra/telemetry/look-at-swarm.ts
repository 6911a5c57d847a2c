/** What is told of the swarm as a whole: how much waits, for how long, and which servers are left alone. */
import type { Redis } from "ioredis";
import { allBreakers } from "../redis/breakers.ts";
import type { Keys } from "../redis/keys.ts";
import { queueDepths } from "../redis/queue-depths.ts";
import type { GaugeName } from "./observe-swarm.ts";
import type { Look, Reading } from "./tracing.ts";

const STATES = { closed: 0, halfOpen: 1, open: 2 } as const;

/** Every worker tells the same of one swarm: take the last or the largest of them, never the sum. */
export function lookAtSwarm(redis: Redis, keys: Keys, types: readonly string[]): Look {
  return async () => {
    // Without a connection the client would keep the questions, and the export with them.
    if (redis.status !== "ready") throw new Error("no connection to Redis");
    const [{ ready, waiting, active, oldestMs }, { breakers }] = await Promise.all([
      queueDepths(redis, keys, types),
      allBreakers(redis, keys),
    ]);
    const lists = { ready, waiting, active };
    const depths = types.flatMap((type, at) =>
      Object.entries(lists).map(([state, list]) =>
        reading("swarm.queue.depth", list[at] ?? 0, { "gen_ai.agent.name": type, "swarm.queue.state": state }),
      ),
    );
    const ages = types.map((type, at) =>
      reading("swarm.queue.oldest", oldestMs[at] ?? 0, { "gen_ai.agent.name": type }),
    );
    const states = breakers.map(({ name, state }) =>
      reading("swarm.breaker.state", STATES[state], { "swarm.breaker.name": name }),
    );
    return [...depths, ...ages, ...states];
  };
}

const reading = (name: GaugeName, value: number, attributes: Reading["attributes"]): Reading => ({
  name,
  value,
  attributes,
});

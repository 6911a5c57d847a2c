/** How much lies before each of some actors, and what share of the budget each has: three small reads an actor, all at once. */
import type { Redis } from "ioredis";
import type { Keys } from "./keys.ts";
import { CAP, NO_LIMIT } from "./stored-actor.ts";

export interface ActorDepth {
  /** Messages that it has not taken yet. */
  readonly mail: number;
  /** Effects that are out. */
  readonly pending: number;
  /** Of its own share of the run's budget; null where it has none. */
  readonly tokensMax: number | null;
}

/** In the order of `actors`. Of a run that is erased, all of it is nothing. */
export function actorDepths(redis: Redis, keys: Keys, run: string, actors: readonly string[]): Promise<ActorDepth[]> {
  return Promise.all(
    actors.map(async (actor) => {
      const { mailbox, pending, snapshot } = keys.actor(run, actor);
      const [mail, effects, cap] = await Promise.all([
        redis.llen(mailbox),
        redis.hkeys(pending),
        redis.hget(snapshot, CAP),
      ]);
      const [tokensMax = NO_LIMIT] = cap?.split(" ") ?? [];
      return {
        mail,
        // A field with # holds what was reserved for the effect that is named before it.
        pending: effects.filter((field) => !field.includes("#")).length,
        tokensMax: tokensMax === NO_LIMIT ? null : Number(tokensMax),
      };
    }),
  );
}

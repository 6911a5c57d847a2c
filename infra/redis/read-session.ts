/** Reads an agent's session for people and archives; a claim brings it along by itself. */
import type { Redis } from "ioredis";
import type { Keys } from "./keys.ts";
import { SESSION, sessionTextFrom, sharedName } from "./stored-session.ts";

/** Null before it was assembled. Throws where what it shares with others is gone. */
export async function storedSession(redis: Redis, keys: Keys, run: string, actor: string): Promise<string | null> {
  const own = await redis.hgetBuffer(keys.actor(run, actor).snapshot, SESSION);
  if (own === null) return null;
  const name = sharedName(own);
  return sessionTextFrom(own, name === null ? null : await redis.hgetBuffer(keys.run(run).blobs, name));
}

/** Redis dies by SIGKILL and comes back over its append-only file, once at once, once after a while. */
import { setTimeout as pause } from "node:timers/promises";
import type { Profile } from "./profile.ts";

export const redis: Profile = {
  name: "redis",
  what: "kill -9 of Redis and restart over its append-only file, fsync always and everysec",
  fsync: ["always", "everysec"],
  async disturb({ arena: { server }, random, goesOn, rest, tell }) {
    do {
      await rest(300, 2_500);
      await server.kill9();
      tell("Redis killed");
      if (random.chance(0.6)) await pause(random.between(50, 2_500));
      await server.restart();
    } while (goesOn());
  },
};

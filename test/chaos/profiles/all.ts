/** Everything goes at once, as with a host that loses power: workers, Redis, at times the recorders too. */
import { setTimeout as pause } from "node:timers/promises";
import { signalProcess } from "../../../infra/redis/process-identity.ts";
import { orphansOf } from "../run-facts.ts";
import type { Profile } from "./profile.ts";

export const all: Profile = {
  name: "all",
  what: "all workers and Redis killed at once, in half of the cases commands and their recorders too; later all up again",
  fsync: ["always"],
  async disturb({ arena, random, goesOn, rest, tell }) {
    do {
      await rest(400, 3_000);
      const commandsToo = random.chance(0.5);
      for (const worker of arena.living()) worker.kill();
      await arena.server.kill9();
      if (commandsToo) for (const identity of orphansOf(arena)) signalProcess(identity, "SIGKILL");
      tell(commandsToo ? "everything killed, commands too" : "everything killed but commands");
      await pause(random.between(100, 2_000));
      // Up in any order.
      if (random.chance(0.5)) await arena.server.restart();
      const starting = Promise.allSettled([arena.startWorker(), arena.startWorker()]);
      if (!arena.server.runs()) await arena.server.restart();
      await starting;
    } while (goesOn());
  },
};

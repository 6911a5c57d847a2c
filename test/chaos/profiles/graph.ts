/** Workers, Redis or all of it die under graphs of writers, while results are taken back by whoever feels like it. */
import type { Profile } from "./profile.ts";

export const graph: Profile = {
  name: "graph",
  what: "graphs of writers in git trees; results revoked at random; SIGKILL of workers, Redis and of the commands that revoke",
  fsync: ["always"],
  plays: "graph",
  async disturb({ arena, random, goesOn, rest, tell }) {
    const starting: Promise<unknown>[] = [];
    const start = (): void => void starting.push(arena.startWorker().catch(() => {}));
    while (goesOn()) {
      await rest(300, 2_500);
      if (random.chance(0.2)) {
        await arena.server.kill9();
        tell("Redis killed");
        await rest(0, 1_000);
        await arena.server.restart();
        continue;
      }
      const victims = arena.living();
      if (victims.length < 2) start();
      if (victims.length > 0 && random.pick(victims).kill()) tell("worker killed");
    }
    await Promise.all(starting);
  },
};

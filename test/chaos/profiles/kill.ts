/** Workers die by SIGKILL, at any moment; others, or fresh ones, go on. */
import type { Profile } from "./profile.ts";

export const kill: Profile = {
  name: "kill",
  what: "SIGKILL of workers at random moments; at times none is left",
  fsync: ["always"],
  async disturb({ arena, random, goesOn, rest, tell }) {
    const starting: Promise<unknown>[] = [];
    // One that is killed before it was ready fails; one that ends by itself is found by the oracle.
    const start = (): void => void starting.push(arena.startWorker().catch(() => {}));
    while (goesOn()) {
      await rest(150, 1_200);
      const victims = arena.living();
      if (victims.length === 0 || random.chance(0.3)) start();
      if (victims.length === 0) continue;
      if (random.pick(victims).kill()) tell("worker killed");
      if (random.chance(0.6)) start();
    }
    await Promise.all(starting);
  },
};

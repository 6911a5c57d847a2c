/** A worker is frozen for longer than its lock lives, another takes over, and then the frozen one wakes up. */
import { signalProcess } from "../../../infra/redis/process-identity.ts";
import type { Profile } from "./profile.ts";

/** A lock lives 5 s and is looked for every second (infra/queue/queues.ts). In milliseconds. */
const PAST_THE_LOCK_MS = 6_500;

export const zombie: Profile = {
  name: "zombie",
  what: "SIGSTOP of a worker past its lock, takeover by another, SIGCONT",
  fsync: ["always"],
  async disturb({ arena, random, goesOn, rest, tell }) {
    do {
      await rest(100, 900);
      const [first, ...others] = arena.living();
      if (first === undefined) throw new Error("there is no worker to freeze");
      const frozen = others.length === 0 || random.chance(0.5) ? first : random.pick(others);
      signalProcess(frozen.identity, "SIGSTOP");
      tell("worker frozen");
      await new Promise((resolve) => setTimeout(resolve, random.between(PAST_THE_LOCK_MS, PAST_THE_LOCK_MS + 2_500)));
      signalProcess(frozen.identity, "SIGCONT");
    } while (goesOn());
  },
};

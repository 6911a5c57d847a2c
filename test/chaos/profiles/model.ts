/** The model's server is overloaded, broken, slow, or its stream is cut. */
import type { EntryInput } from "../../support/messages-double/script.ts";
import type { Profile } from "./profile.ts";

type Fault = NonNullable<EntryInput["fault"]>;

const faults: Readonly<Record<string, (afterEvents: number) => Fault>> = {
  "529": () => ({ kind: "status", status: 529, type: "overloaded_error" }),
  "500": () => ({ kind: "status", status: 500, type: "api_error" }),
  "429": () => ({ kind: "status", status: 429, type: "rate_limit_error", headers: { "retry-after": "1" } }),
  reset: () => ({ kind: "reset" }),
  "stream cut": (afterEvents) => ({ kind: "cut", afterEvents }),
  "stream ended early": (afterEvents) => ({ kind: "end", afterEvents }),
  "error in the stream": (afterEvents) => ({ kind: "error_event", afterEvents, type: "overloaded_error" }),
  slow: (afterEvents) => ({ kind: "pings", afterEvents, pings: 10, everyMs: 150 }),
};

/** Of a request to fail while the profile lasts. */
const PROBABILITY = 0.3;

export const model: Profile = {
  name: "model",
  what: "529, 500, 429, resets, cut and slow streams, three requests of ten",
  fsync: ["always"],
  async disturb({ arena, random, goesOn, rest, tell }) {
    arena.meddler = (_request, answer) => {
      if (!random.chance(PROBABILITY)) return null;
      const name = random.pick(Object.keys(faults));
      tell(name);
      return { ...answer, fault: faults[name]?.(random.below(4)) };
    };
    while (goesOn()) await rest(200, 500);
    arena.meddler = () => null;
  },
};

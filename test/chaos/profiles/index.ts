/** The catalogue of profiles. */
import { all } from "./all.ts";
import { graph } from "./graph.ts";
import { kill } from "./kill.ts";
import { model } from "./model.ts";
import { net } from "./net.ts";
import { power } from "./power.ts";
import type { Profile } from "./profile.ts";
import { redis } from "./redis.ts";
import { zombie } from "./zombie.ts";

/** Those that run unasked. */
export const profiles: readonly Profile[] = [kill, zombie, net, redis, all, model, graph];
/** Those that break what the product does not promise to survive: only by name. */
const extremes: readonly Profile[] = [power];

export function profileNamed(name: string): Profile {
  const known = [...profiles, ...extremes];
  const found = known.find((profile) => profile.name === name);
  if (found === undefined)
    throw new Error(`no profile ${name}; there are: ${known.map((profile) => profile.name).join(", ")}`);
  return found;
}

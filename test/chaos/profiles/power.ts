/** The host of Redis loses power under `everysec`: what was acknowledged in the last moment is gone from the file. */
import { readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Profile } from "./profile.ts";

/** Of the file's end, at most: a few commits. */
const LOST_BYTES_MAX = 6_000;

export const power: Profile = {
  name: "power",
  what: "Redis killed under everysec, and the end of its append-only file cut off, as after a loss of power",
  fsync: ["everysec"],
  losesAcknowledged: true,
  async disturb({ arena: { server }, random, goesOn, rest, tell }) {
    do {
      await rest(500, 3_000);
      await server.kill9();
      const folder = join(server.dir, "appendonlydir");
      const file = readdirSync(folder).find((name) => name.endsWith(".incr.aof"));
      if (file === undefined) throw new Error(`no append-only file in ${folder}`);
      const bytes = statSync(join(folder, file)).size;
      truncateSync(join(folder, file), Math.max(0, bytes - random.between(1, LOST_BYTES_MAX)));
      await server.restart();
      tell("acknowledged writes lost");
    } while (goesOn());
  },
};

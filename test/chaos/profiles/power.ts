/** The host of Redis loses power under `everysec`: what was acknowledged in the last moment is gone from the file. */
import { readdirSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Profile } from "./profile.ts";

/**
 * Cut only behind a whole transaction: Redis 7.0.15 leaves the beginning of a torn one in the file, writes on behind it,
 * and at its next start runs that beginning together with what follows.
 */
const EXEC = "*1\r\n$4\r\nEXEC\r\n";
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
      const text = readFileSync(join(folder, file), "latin1");
      const kept = text.lastIndexOf(EXEC, text.length - random.between(1, LOST_BYTES_MAX));
      truncateSync(join(folder, file), kept < 0 ? 0 : kept + EXEC.length);
      await server.restart();
      tell("acknowledged writes lost");
    } while (goesOn());
  },
};

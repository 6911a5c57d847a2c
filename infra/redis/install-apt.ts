/** The Redis that this system's own apt sources have, unpacked without root. */
import { basename } from "node:path";
import { type AptWish, unpackFromApt } from "../apt-unpack.ts";
import { SwarmError } from "../errors.ts";
import { copyServer } from "./installed-copy.ts";

const redis: AptWish = {
  packages: ["redis-server", "valkey-server", "redis"],
  parts: /^(redis|valkey)/,
  program: /^(valkey|redis)-server$/,
  script: basename(copyServer("")),
  failed: (step, said, cause) =>
    new SwarmError(
      "redis.install_failed",
      `The rootless install of Redis could not ${step}.${said.map((line) => `\n${line}`).join("")}`,
      {
        hint: "Check the network and /etc/apt, or install it with root: sudo apt-get install redis-server\nOr set REDIS_URL, or SWARM_REDIS_BIN.",
        retry: true,
        exit: 7,
        cause,
      },
    ),
};

/**
 * Fills `target` with the server, its missing libraries and a start script named `redis-server`. `work` is scratch
 * space that the caller removes. Throws `redis.install_failed` naming the step that failed and what to do about it.
 */
export const unpackRedis = (apt: string, dpkgDeb: string, work: string, target: string): Promise<void> =>
  unpackFromApt(redis, { apt, dpkgDeb }, work, target);

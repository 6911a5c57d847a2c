// Archives and erases, in a process of its own that may be killed, what is due in the Redis behind a socket: tidy-child
// <socket> <folder>. Loads everything first, says "ready", and begins when its input says so.
import { Redis } from "ioredis";
import { tidier } from "../../actors/runtime/retention.ts";
import { openLog } from "../../infra/log.ts";
import { keysFor } from "../../infra/redis/keys.ts";

const [, , path = "", dir = ""] = process.argv;
process.stdout.write("ready\n");
await new Promise((resolve) => process.stdin.once("data", resolve));
const redis = new Redis({ path, maxRetriesPerRequest: null });
redis.on("error", () => {});
const gone = await tidier({ redis, keys: keysFor("swarm"), afterMs: 0, dir, log: openLog("silent") }).tidy();
process.stdout.write(`gone ${gone}\n`);
process.exit(0);

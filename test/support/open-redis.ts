// Opens Redis in a process of its own, prints one JSON line (the endpoint, or the error), and then stays until it is
// killed or its input ends. Run by the tests of the embedded server: node --import tsx open-redis.ts '<settings>' [lockless].

import { SwarmError } from "../../infra/errors.ts";
import { openRedis, type RedisSettings } from "../../infra/redis/embedded.ts";

// "lockless" stands for a system without flock(1), which cannot be hidden from this process otherwise.
if (process.argv[3] === "lockless") Object.defineProperty(process, "platform", { value: "lockless" });

const settings = JSON.parse(process.argv[2] ?? "{}") as Omit<RedisSettings, "say">;
const said: string[] = [];

try {
  const endpoint = await openRedis({ ...settings, say: (line) => said.push(line) });
  process.stdout.write(`${JSON.stringify({ endpoint, said })}\n`);
} catch (error) {
  const { code, message, hint } = error instanceof SwarmError ? error : { code: "?", message: String(error), hint: "" };
  process.stdout.write(`${JSON.stringify({ error: { code, message, hint }, said })}\n`);
}
process.stdin.resume();

// Asks the gate of a resource in a process of its own, tells in a line of JSON what it was answered, and then stays with
// its call until it is killed: probe-child <socket> <prefix> <resource> <limits as JSON>.
import { Redis } from "ioredis";
import { callGate } from "../../infra/breaker/call-gate.ts";
import { redisRecords } from "../../infra/redis/breakers.ts";
import { keysFor } from "../../infra/redis/keys.ts";

const [, , path = "", prefix = "", resource = "", limits = "{}"] = process.argv;
const redis = new Redis({ path });
await redis.ping();
const gate = callGate({
  records: redisRecords(redis, keysFor(prefix), { answerMs: 5_000 }),
  monotonicMs: () => performance.now(),
  limits: JSON.parse(limits),
});
const asked = await gate.ask(resource, { by: `child-${process.pid}`, run: "r_child" });
process.stdout.write(`${JSON.stringify(asked)}\n`);
setInterval(() => {}, 60_000);

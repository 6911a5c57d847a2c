// Forks a run up to the script that would make it one: says "staged" there, and waits to be killed.
// Run by the fork tests: node --import tsx fork-until-staged.ts <socket> <source> <run> <at>
import { Redis } from "ioredis";
import { forkOf } from "../../actors/runtime/fork.ts";
import { machines } from "../../actors/types/index.ts";
import { createFork } from "../../infra/redis/fork-run.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { openReader } from "../../infra/redis/reader.ts";

const [path = "", source = "", run = "", at = ""] = process.argv.slice(2);
const redis = new Redis({ path });
const keys = keysFor("swarm");
const { written } = await forkOf(openReader(redis, keys), machines, {
  source,
  run,
  at: Number(at),
  changes: { deniedTools: [] },
});
redis.evalsha = () => {
  process.stdout.write("staged\n");
  return new Promise(() => {});
};
await createFork(redis, keys, written);

/** The tools with which the conformance suite looks into a Redis store. */
import type { Redis } from "ioredis";
import type { Keys } from "../../infra/redis/keys.ts";
import { unpacked } from "../../infra/redis/packed.ts";
import { openReader } from "../../infra/redis/reader.ts";
import { deadEntries } from "../../infra/redis/run-items.ts";
import type { Mail, Store } from "../../infra/store.ts";
import type { StoreUnderTest } from "./store-contract.ts";

/** Every key with the bytes of its value. */
export async function dumpOf(redis: Redis): Promise<Record<string, string>> {
  const names = (await redis.keys("*")).sort();
  const values = await Promise.all(names.map(async (name) => (await redis.dumpBuffer(name))?.toString("base64") ?? ""));
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
}

export function redisUnderTest(redis: Redis, bells: Redis, keys: Keys, store: Store): StoreUnderTest {
  const reader = openReader(redis, keys);
  const shardOf = (run: string) => keys.shard(keys.shardOf(run));
  return {
    store,
    shardOf: keys.shardOf,
    runRow: async (run) => (await reader.run(run))?.fields ?? {},
    async log(run) {
      return (await reader.log(run, 0)).map(({ firstSeq, member, body }) => ({ seq: firstSeq, member, body }));
    },
    async mailbox(run, actor) {
      return (await redis.lrange(keys.actor(run, actor).mailbox, 0, -1)).map((json) => JSON.parse(json) as Mail);
    },
    async money(run) {
      const row = await reader.budget(run);
      const amount = (field: string) => Number(row[field] ?? 0);
      return {
        tokens: amount("tokens"),
        nano: amount("nano"),
        heldTokens: amount("heldTokens"),
        heldNano: amount("heldNano"),
      };
    },
    async audit(run) {
      return (await redis.xrangeBuffer(keys.run(run).audit, "-", "+")).map(([, [, body]]) => unpacked(body as Buffer));
    },
    approvals: (run) => reader.approvals(run),
    actors: (run) => redis.hgetall(keys.run(run).actors),
    async listed(run, list) {
      const members = await redis.zrange(shardOf(run)[list], 0, -1);
      return members.filter((member) => member.startsWith(`${run}/`));
    },
    async timers(run) {
      return (await redis.zrange(shardOf(run).timers, 0, -1)).filter((timer) => timer.startsWith(`${run}/`));
    },
    ended: async (run) => (await redis.zscore(shardOf(run).ended, run)) !== null,
    async dead(run) {
      const letters = (await deadEntries(redis, keys, keys.shardOf(run))).map(({ fields }) => fields);
      return letters.filter(({ member }) => member?.startsWith(`${run}/`));
    },
    async raiseIncarnation(run) {
      await redis.hincrby(shardOf(run).incarnation, "number", 1);
    },
    async rungDuring(run, act) {
      const rung: string[] = [];
      const { bell } = shardOf(run);
      let heardAll: () => void = () => {};
      const done = new Promise<void>((resolve) => {
        heardAll = resolve;
      });
      // A bell may name the recipient's type too; who is meant is what counts.
      const listen = (_: string, message: string) =>
        message === "end" ? heardAll() : rung.push(message.split("/").slice(0, 2).join("/"));
      bells.on("message", listen);
      await bells.subscribe(bell);
      try {
        await act();
        // Channels keep their order: whoever has heard this has heard all before it.
        await redis.publish(bell, "end");
        await done;
      } finally {
        bells.off("message", listen);
        await bells.unsubscribe(bell);
      }
      return rung;
    },
    image: () => dumpOf(redis),
  };
}

/** The tools with which the conformance suite looks into a Redis store. */
import type { Redis } from "ioredis";
import type { Keys } from "../../infra/redis/keys.ts";
import { unpacked } from "../../infra/redis/packed.ts";
import type { Mail, Store } from "../../infra/store.ts";
import type { StoreUnderTest } from "./store-contract.ts";

/** Every key with the bytes of its value. */
export async function dumpOf(redis: Redis): Promise<Record<string, string>> {
  const names = (await redis.keys("*")).sort();
  const values = await Promise.all(names.map(async (name) => (await redis.dumpBuffer(name))?.toString("base64") ?? ""));
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
}

const paired = (flat: readonly string[]): Record<string, string> =>
  Object.fromEntries(flat.flatMap((field, index) => (index % 2 === 0 ? [[field, flat[index + 1] ?? ""]] : [])));

export function redisUnderTest(redis: Redis, bells: Redis, keys: Keys, store: Store): StoreUnderTest {
  const shardOf = (run: string) => keys.shard(keys.shardOf(run));
  return {
    store,
    shardOf: keys.shardOf,
    runRow: (run) => redis.hgetall(keys.run(run).run),
    async log(run) {
      const rows = await redis.xrange(keys.run(run).log, "-", "+");
      return rows.map(([id, flat]) => {
        const fields = paired(flat);
        return { seq: Number(id.split("-")[0]), member: fields.a ?? "", body: unpacked(fields.b ?? "") };
      });
    },
    async mailbox(run, actor) {
      return (await redis.lrange(keys.actor(run, actor).mailbox, 0, -1)).map((json) => JSON.parse(json) as Mail);
    },
    async money(run) {
      const row = await redis.hgetall(keys.run(run).budget);
      const amount = (field: string) => Number(row[field] ?? 0);
      return {
        tokens: amount("tokens"),
        nano: amount("nano"),
        heldTokens: amount("heldTokens"),
        heldNano: amount("heldNano"),
      };
    },
    async audit(run) {
      return (await redis.xrange(keys.run(run).audit, "-", "+")).map(([, flat]) => unpacked(paired(flat).b ?? ""));
    },
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
      const letters = (await redis.xrange(shardOf(run).dead, "-", "+")).map(([, flat]) => paired(flat));
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

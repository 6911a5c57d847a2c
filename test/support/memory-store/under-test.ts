/** The store in memory as the conformance suite wants to see it. */
import { keysFor } from "../../../infra/redis/keys.ts";
import type { Mail } from "../../../infra/store.ts";
import type { StoreUnderTest } from "../store-contract.ts";
import { type MemoryStoreOptions, memoryStore } from "./memory-store.ts";
import { amount, shardNamed } from "./state.ts";

export function memoryUnderTest(options: Partial<MemoryStoreOptions> = {}): StoreUnderTest {
  const { shardOf } = keysFor("memory");
  const heard: string[] = [];
  const { store, memory } = memoryStore({
    nowMs: Date.now,
    ring: (_, name) => heard.push(name.split("/").slice(0, 2).join("/")),
    ...options,
  });
  const ofRun = (run: string) => memory.runs.get(run);
  const shard = (run: string) => shardNamed(memory, shardOf(run));
  const isOf = (run: string) => (member: string) => member.startsWith(`${run}/`);
  return {
    store,
    shardOf,
    runRow: async (run) => Object.fromEntries(ofRun(run)?.fields ?? []),
    log: async (run) => (ofRun(run)?.log ?? []).map(({ firstSeq: seq, member, body }) => ({ seq, member, body })),
    mailbox: async (run, actor) =>
      (ofRun(run)?.snapshots.get(actor)?.mailbox ?? []).map((json) => JSON.parse(json) as Mail),
    money: async (run) => {
      const budget = ofRun(run)?.budget ?? new Map<string, string>();
      return {
        tokens: amount(budget, "tokens"),
        nano: amount(budget, "nano"),
        heldTokens: amount(budget, "heldTokens"),
        heldNano: amount(budget, "heldNano"),
      };
    },
    audit: async (run) => [...(ofRun(run)?.audit ?? [])],
    approvals: async (run) => Object.fromEntries(ofRun(run)?.approvals ?? []),
    actors: async (run) => Object.fromEntries(ofRun(run)?.actors ?? []),
    listed: async (run, list) => [...shard(run)[list].keys()].filter(isOf(run)),
    timers: async (run) => [...shard(run).timers.keys()].filter(isOf(run)).sort(),
    ended: async (run) => shard(run).ended.has(run),
    dead: async (run) => shard(run).dead.filter(({ member = "" }) => isOf(run)(member)),
    raiseIncarnation: async (run) => {
      shard(run).incarnation += 1;
    },
    rungDuring: async (_, act) => {
      heard.length = 0;
      await act();
      return [...heard];
    },
    image: async () => imageOf(memory),
  };
}

/** An actor of which nothing was ever written is not there; neither is an empty shard. */
const imageOf = (memory: ReturnType<typeof memoryStore>["memory"]): Record<string, string> => {
  const image: Record<string, string> = {};
  const write = (value: unknown): string => JSON.stringify(value, (_, one) => (one instanceof Map ? [...one] : one));
  for (const [name, { snapshots, ...run }] of memory.runs) {
    image[name] = write(run);
    for (const [actor, stored] of snapshots)
      if (stored.seen || stored.mailbox.length > 0) image[`${name}/${actor}`] = write(stored);
  }
  for (const [tag, one] of memory.shards) {
    const text = write(one);
    if (text !== write(shardNamed({ runs: new Map(), shards: new Map() }, tag))) image[tag] = text;
  }
  return image;
};

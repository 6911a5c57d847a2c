// Laws of changing a running run's budget, on a real Redis: it holds from the next reservation on, it is never taken below
// what is used, and whoever changes it whenever, what is spent and held is within what stands there.
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { openReader, type Reader } from "../../infra/redis/reader.ts";
import { type RunBudget, runBudget } from "../../infra/redis/run-budget.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { budgetFrom } from "../../infra/redis/stored-budget.ts";
import type { Grant, Store } from "../../infra/store.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";
import {
  agentOf,
  type Claimed,
  commitOf,
  committed,
  coordinatorOf,
  event,
  money,
  spawnedAgent,
  spent,
  startedRun,
  stepped,
} from "../support/given-commit.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { dumpOf } from "../support/store-contract-redis.ts";

const keys = keysFor("swarm");
let server: TestRedis;
let redis: Redis;
let other: Redis;
let store: Store;
let reader: Reader;
let budget: RunBudget;

beforeAll(async () => {
  server = await startRedis({ fsync: "everysec" });
  redis = new Redis(server.options);
  other = new Redis(server.options);
  store = redisStore(redis, keys);
  reader = openReader(redis, keys);
  // On a connection of its own, as a person's command is.
  budget = runBudget(other, keys);
});

afterAll(async () => {
  redis.disconnect();
  other.disconnect();
  await server.stop();
});

const asking = (id: string) => ({ effects: [{ id, json: "{}", reserve: money() }] });

/** Of 2,000 tokens 1,100 are held, which may cost 15,300 billionths of a dollar. */
async function held(limits: { tokensMax?: number; nanoUsdMax?: number } = { tokensMax: 2_000 }) {
  const { run, claim: boss } = await startedRun(store, { budget: limits });
  const { address, claim } = await spawnedAgent(store, run);
  await committed(store, commitOf(address, claim, asking("e1")));
  return { run, address, boss, claim: stepped(claim) };
}

async function changes(run: string): Promise<LoggedEvent[]> {
  const all: LoggedEvent[] = [];
  // What these tests commit is no log that could be read; notices are.
  const notices = {
    log: async (id: string, after: number) =>
      (await reader.log(id, after)).filter(({ member }) => member.endsWith("/-/-")),
  };
  for await (const entry of entriesOf(notices, run)) all.push(...entry.events);
  return all;
}

describe("a budget that is changed", () => {
  it.each([
    ["raised", 5_000, 1_000, "committed"],
    ["lowered", 1_400, 200, "committed"],
    ["lowered to what is held", 1_100, 0, "refused"],
  ])("holds from the next reservation on: %s", async (_, tokensMax, outTokens, kind) => {
    const { run, address, claim } = await held();
    const other = await spawnedAgent(store, run, "a_tell");
    const state = { tokensMax, nanoUsdMax: null, tokens: 0, heldTokens: 1_100, nanoUsd: 0, heldNanoUsd: 15_300 };
    expect(await budget.set(run, { tokensMax }, "ann")).toEqual({ kind: "set", state });
    const answer = await store.commit(commitOf(other.address, other.claim, asking("e2")));
    expect(answer).toMatchObject(
      kind === "committed" ? { kind, grants: [{ outTokens }] } : { kind, tokensLeft: 0, nanoUsdLeft: null },
    );
    // What was granted before stays granted.
    await committed(store, commitOf(address, claim, { by: { effect: "e1" }, settle: spent(1_100, 15_300) }));
  });

  it("is told once, in the run's log, with both limits and who did it", async () => {
    const { run } = await held({ tokensMax: 2_000 });
    const before = Number((await reader.run(run))?.fields.seq);
    await budget.set(run, { nanoUsdMax: 20_000 }, 'an"n');
    expect(await changes(run)).toEqual([
      {
        v: 1,
        seq: before + 1,
        at: expect.any(String),
        run,
        actor: "-",
        type: "budget.changed",
        by: 'an"n',
        tokensMax: 2_000,
        nanoUsdMax: 20_000,
      },
    ]);
    await budget.set(run, { tokensMax: 9_007_199_254_740_991 }, "ben");
    expect((await changes(run)).at(-1)).toMatchObject({ tokensMax: 9_007_199_254_740_991, nanoUsdMax: 20_000 });
  });

  it("to what it is already is not changed: nothing is written", async () => {
    const { run } = await held({ tokensMax: 2_000, nanoUsdMax: 30_000 });
    const before = await dumpOf(redis);
    for (const limits of [{ tokensMax: 2_000 }, { nanoUsdMax: 30_000 }, { tokensMax: 2_000, nanoUsdMax: 30_000 }]) {
      expect((await budget.set(run, limits, "ann")).kind).toBe("same");
    }
    expect(await dumpOf(redis)).toEqual(before);
  });

  it.each([
    ["tokens", { tokensMax: 1_099 }],
    ["money", { nanoUsdMax: 15_299 }],
    ["one of both", { tokensMax: 5_000, nanoUsdMax: 15_299 }],
  ])(
    "is never below what is spent and held, in %s: it says what that is, and nothing is written",
    async (_, limits) => {
      const { run } = await held();
      const before = await dumpOf(redis);
      const answer = await budget.set(run, limits, "ann");
      expect(answer).toMatchObject({ kind: "below", state: { heldTokens: 1_100, heldNanoUsd: 15_300 } });
      expect(await dumpOf(redis)).toEqual(before);
    },
  );

  it("counts what is spent as well as what is held", async () => {
    const { run, address, claim } = await held();
    await committed(
      store,
      commitOf(address, claim, { by: { effect: "e1" }, settle: spent(400, 900), ...asking("e2") }),
    );
    expect((await budget.set(run, { tokensMax: 1_499 }, "ann")).kind).toBe("below");
    expect(await budget.set(run, { tokensMax: 1_500 }, "ann")).toMatchObject({
      kind: "set",
      state: { tokens: 400, heldTokens: 1_100, nanoUsd: 900 },
    });
  });

  it("of a run that is over, or that there is not, stays: nothing is written", async () => {
    const { run, boss } = await held();
    await store.send(coordinatorOf(run), event("m1"));
    const end = { by: { mail: "m1" }, runEnd: { status: "exhausted", reasons: [] } };
    await committed(store, commitOf(coordinatorOf(run), boss, end));
    const before = await dumpOf(redis);
    expect(await budget.set(run, { tokensMax: 9_000 }, "ann")).toEqual({ kind: "ended", status: "exhausted" });
    expect(await budget.set("r_none", { tokensMax: 9_000 }, "ann")).toEqual({ kind: "no_run" });
    expect(await dumpOf(redis)).toEqual(before);
  });
});

interface Spender {
  readonly actor: string;
  claim: Claimed;
  mails: number;
  out: { readonly id: string; readonly grant: Grant }[];
}

const deed = fc.record({
  actor: fc.nat(2),
  settles: fc.boolean(),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  inTokens: fc.nat(300),
  wanted: fc.integer({ min: 1, max: 900 }),
});
type Deed = typeof deed extends fc.Arbitrary<infer Value> ? Value : never;
const change = fc.record(
  { tokensMax: fc.integer({ min: 1, max: 6_000 }), nanoUsdMax: fc.integer({ min: 1, max: 60_000 }) },
  { requiredKeys: [] },
);
const rounds = fc.array(
  fc.record({
    deeds: fc.uniqueArray(deed, { selector: ({ actor }) => actor, minLength: 1, maxLength: 3 }),
    changes: fc.array(change, { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 10 },
);

/** Limits and amounts of one moment. */
async function within(run: string): Promise<void> {
  const of = keys.run(run);
  const [[, limits] = [], [, row] = []] = (await other.multi().hgetall(of.budget).hgetall(of.run).exec()) ?? [];
  const now = budgetFrom(limits as Record<string, string>, row as Record<string, string>);
  const amount = (field: string) => Number(now[field]);
  expect(amount("tokens") + amount("heldTokens")).toBeLessThanOrEqual(amount("tokensMax"));
  expect(amount("nano") + amount("heldNano")).toBeLessThanOrEqual(amount("nanoMax"));
}

it("what is spent and held is never above the limits, whoever changes them while others reserve and settle", async () => {
  const told = { set: 0, below: 0, granted: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(rounds, async (plan) => {
      const { run } = await startedRun(store, { budget: { tokensMax: 3_000, nanoUsdMax: 30_000 } });
      const spenders = await Promise.all(
        ["a_one", "a_two", "a_three"].map(async (actor): Promise<Spender> => {
          const { claim } = await spawnedAgent(store, run, actor);
          await committed(store, commitOf(agentOf(run, actor), claim));
          return { actor, claim: stepped(claim), mails: 0, out: [] };
        }),
      );
      for (const { deeds, changes } of plan) {
        await Promise.all([
          ...deeds.map((one) => act(run, spenders[one.actor] as Spender, one)),
          ...changes.map(async (limits) => {
            const { kind } = await budget.set(run, limits, "ann");
            if (kind === "set" || kind === "below") told[kind] += 1;
          }),
          ...deeds.map(() => within(run)),
        ]);
        await within(run);
      }
    }),
    { numRuns: 60 },
  );
  expect(Math.min(...Object.values(told))).toBeGreaterThan(20);

  async function act(run: string, spender: Spender, { settles, share, inTokens, wanted }: Deed): Promise<void> {
    const address = agentOf(run, spender.actor);
    const first = settles ? spender.out[0] : undefined;
    spender.mails += 1;
    const mail = event(`${spender.actor}-${spender.mails}`);
    if (first === undefined) await store.send(address, mail);
    const effect = {
      id: `${spender.actor}.${spender.mails}`,
      json: "{}",
      reserve: { inTokens, outTokensWanted: wanted, outTokensLeast: 1, inNanoUsd: 3, outNanoUsd: 15 },
    };
    const base = commitOf(
      address,
      { ...spender.claim, mail: [mail] },
      first === undefined
        ? { effects: [effect] }
        : {
            by: { effect: first.id },
            settle: spent(Math.floor(first.grant.tokens * share), Math.floor(first.grant.nanoUsd * share)),
          },
    );
    let answer = await store.commit(base);
    if (answer.kind === "refused") {
      told.refused += 1;
      answer = await store.commit({ ...base, id: `${base.id}.again`, effects: [] });
    }
    if (answer.kind !== "committed") throw new Error(`not committed: ${JSON.stringify(answer)}`);
    spender.claim = { ...spender.claim, version: spender.claim.version + 1 };
    if (first !== undefined) spender.out = spender.out.slice(1);
    for (const grant of answer.grants) {
      told.granted += 1;
      spender.out.push({ id: effect.id, grant });
    }
  }
});

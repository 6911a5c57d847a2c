/** Laws of a run's money: what is granted is never more than what is left, and what was granted is given back once. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Commit, Grant } from "../../infra/store.ts";
import {
  agentOf,
  type Claimed,
  claimed,
  commitOf,
  committed,
  coordinatorOf,
  event,
  money,
  spawnedAgent,
  spent,
  startedRun,
  stepped,
} from "./given-commit.ts";
import type { Under } from "./store-contract.ts";

const asking = (id: string, changed: Parameters<typeof money>[0] = {}) => ({
  effects: [{ id, json: "{}", reserve: money(changed) }],
});

export function budgetLaws(under: Under): void {
  describe("a grant", () => {
    it.each([
      ["all that is wanted, where there is enough", { tokensMax: 1_100 }, 1_000],
      ["what is left in tokens, where that is less", { tokensMax: 700 }, 600],
      ["the least a call is worth, to the token", { tokensMax: 300 }, 200],
      ["what is left in money, rounded down", { nanoUsdMax: 300 + 15 * 500 + 14 }, 500],
      ["the smaller of both", { tokensMax: 700, nanoUsdMax: 300 + 15 * 450 }, 450],
      ["all that is wanted, where there is no limit", {}, 1_000],
    ])("is %s", async (_, budget, outTokens) => {
      const { store, money: moneyOf } = under();
      const { run } = await startedRun(store, { budget });
      const { address, claim } = await spawnedAgent(store, run);
      const { grants } = await committed(store, commitOf(address, claim, asking("e1")));
      const grant = { outTokens, tokens: 100 + outTokens, nanoUsd: 300 + 15 * outTokens };
      expect(grants).toEqual([grant]);
      expect(await moneyOf(run)).toEqual({ tokens: 0, nano: 0, heldTokens: grant.tokens, heldNano: grant.nanoUsd });
      expect((await claimed(store, address)).pending).toMatchObject([{ id: "e1", grant }]);
    });

    it.each([
      ["tokens", { tokensMax: 299 }, {}, { tokensLeft: 299, nanoUsdLeft: null }],
      ["money", { nanoUsdMax: 3_299 }, {}, { tokensLeft: null, nanoUsdLeft: 3_299 }],
      [
        "money, even for a call whose answer is free",
        { nanoUsdMax: 299 },
        { outNanoUsd: 0 },
        { tokensLeft: null, nanoUsdLeft: 299 },
      ],
      [
        "tokens for the prompt alone",
        { tokensMax: 50 },
        { outTokensLeast: 0, outTokensWanted: 0 },
        { tokensLeft: 50, nanoUsdLeft: null },
      ],
    ])(
      "is refused one below the least, says what is left, and nothing is written: %s",
      async (_, budget, changed, left) => {
        const { store, image } = under();
        const { run } = await startedRun(store, { budget });
        const { address, claim } = await spawnedAgent(store, run);
        const before = await image();
        expect(await store.commit(commitOf(address, claim, asking("e1", changed)))).toEqual({
          kind: "refused",
          ...left,
        });
        expect(await image()).toEqual(before);
      },
    );

    it("of one commit leaves less for the next of the same commit, and all are refused together", async () => {
      const { store, image } = under();
      const { run } = await startedRun(store, { budget: { tokensMax: 1_500 } });
      const { address, claim } = await spawnedAgent(store, run);
      const effects = ["e1", "free", "e2"].map((id) => ({ id, json: "{}", reserve: id === "free" ? null : money() }));
      const before = await image();
      const third = { id: "e3", json: "{}", reserve: money() };
      expect(await store.commit(commitOf(address, claim, { effects: [...effects, third] }))).toMatchObject({
        kind: "refused",
      });
      expect(await image()).toEqual(before);
      const { grants } = await committed(store, commitOf(address, claim, { effects }));
      expect(grants.map(({ outTokens }) => outTokens)).toEqual([1_000, 300]);
    });

    it("counts what other actors of the run hold and have spent", async () => {
      const { store } = under();
      const { run } = await startedRun(store, { budget: { tokensMax: 2_000 } });
      const look = await spawnedAgent(store, run, "a_look");
      const tell = await spawnedAgent(store, run, "a_tell");
      await committed(store, commitOf(look.address, look.claim, asking("e1")));
      const { grants } = await committed(store, commitOf(tell.address, tell.claim, asking("e2")));
      expect(grants).toMatchObject([{ outTokens: 800 }]);
      await committed(
        store,
        commitOf(look.address, stepped(look.claim), { by: { effect: "e1" }, settle: spent(1_000) }),
      );
      await committed(store, commitOf(tell.address, stepped(tell.claim), { by: { effect: "e2" }, settle: spent(900) }));
      await store.send(look.address, event("m2"));
      const broke = commitOf(look.address, { ...stepped(stepped(look.claim)), mail: [event("m2")] }, asking("e3"));
      expect(await store.commit(broke)).toEqual({ kind: "refused", tokensLeft: 100, nanoUsdLeft: null });
    });
  });
  settlingLaws(under);
  interleavings(under);
}

function settlingLaws(under: Under): void {
  describe("settling", () => {
    it("gives the grant back and charges what was used, before the next call is granted", async () => {
      const { store, money: moneyOf, runRow } = under();
      const { run } = await startedRun(store, { budget: { tokensMax: 1_100, nanoUsdMax: 100_000 } });
      const { address, claim } = await spawnedAgent(store, run);
      await committed(store, commitOf(address, claim, asking("e1")));
      const { grants } = await committed(
        store,
        commitOf(address, stepped(claim), { by: { effect: "e1" }, settle: spent(150, 4_000), ...asking("e2") }),
      );
      expect(grants).toEqual([{ outTokens: 850, tokens: 950, nanoUsd: 300 + 850 * 15 }]);
      expect(await moneyOf(run)).toEqual({ tokens: 150, nano: 4_000, heldTokens: 950, heldNano: 13_050 });
      expect(await runRow(run)).toMatchObject({ status: "running" });
    });

    it.each([
      ["an answer that settles", { by: { effect: "e1" }, settle: spent(400, 900) }, { tokens: 400, nano: 900 }],
      [
        "an answer that settles nothing: it is charged in full",
        { by: { effect: "e1" }, settle: null },
        { tokens: 1_100, nano: 15_300 },
      ],
      [
        "being dropped: nobody knows what it cost, so it is charged in full",
        { effectsDropped: ["e1"] },
        { tokens: 1_100, nano: 15_300 },
      ],
    ])("leaves nothing held, whichever way a paid effect ends: by %s", async (_, ending: Partial<Commit>, charged) => {
      const { store, money: moneyOf } = under();
      const { run } = await startedRun(store, { budget: { tokensMax: 9_000 } });
      const { address, claim } = await spawnedAgent(store, run);
      await store.send(address, event("m2"));
      await committed(store, commitOf(address, claim, asking("e1")));
      await committed(store, commitOf(address, { ...stepped(claim), mail: [event("m2")] }, ending));
      expect(await moneyOf(run)).toEqual({ ...charged, heldTokens: 0, heldNano: 0 });
    });

    it("leaves nothing held when an actor is quarantined in the middle of a paid call", async () => {
      const { store, money: moneyOf } = under();
      const { run } = await startedRun(store, { budget: { tokensMax: 9_000 } });
      const { address, claim } = await spawnedAgent(store, run);
      await committed(store, commitOf(address, claim, asking("e1")));
      await store.quarantine(address, "poison");
      expect(await moneyOf(run)).toEqual({ tokens: 1_100, nano: 15_300, heldTokens: 0, heldNano: 0 });
    });

    it("leaves nothing held when the run ends in the middle of a paid call, whoever ends it", async () => {
      const { store, money: moneyOf } = under();
      for (const poisoned of [false, true]) {
        const { run, claim: boss } = await startedRun(store, { budget: { tokensMax: 9_000 } });
        const { address, claim } = await spawnedAgent(store, run);
        await committed(store, commitOf(address, claim, asking("e1")));
        await store.send(coordinatorOf(run), event("m1"));
        if (poisoned) await store.quarantine(coordinatorOf(run), "poison");
        else
          await committed(
            store,
            commitOf(coordinatorOf(run), boss, { by: { mail: "m1" }, runEnd: { status: "cancelled", reasons: [] } }),
          );
        expect(await moneyOf(run)).toEqual({ tokens: 1_100, nano: 15_300, heldTokens: 0, heldNano: 0 });
      }
    });

    it("of a run without limits still counts", async () => {
      const { store, money: moneyOf } = under();
      const { run } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      await committed(store, commitOf(address, claim, asking("e1")));
      await committed(store, commitOf(address, stepped(claim), { by: { effect: "e1" }, settle: spent(70, 5) }));
      expect(await moneyOf(run)).toEqual({ tokens: 70, nano: 5, heldTokens: 0, heldNano: 0 });
    });
  });
}

interface Spender {
  readonly actor: string;
  claim: Claimed;
  mails: number;
  out: { readonly id: string; readonly grant: Grant }[];
}

/** What one actor does in one round. */
const deed = fc.record({
  actor: fc.nat(2),
  kind: fc.constantFrom("ask", "settle", "settle and ask", "drop", "lose"),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  calls: fc.integer({ min: 1, max: 3 }),
  inTokens: fc.nat(300),
  wanted: fc.integer({ min: 1, max: 900 }),
  least: fc.nat(100),
  inNanoUsd: fc.nat(5),
  outNanoUsd: fc.nat(20),
});
type Deed = typeof deed extends fc.Arbitrary<infer Value> ? Value : never;

function interleavings(under: Under): void {
  it("reservations of actors at work together never exceed a limit, and in the end nothing is held", async () => {
    const { store, money: moneyOf } = under();
    let granted = 0;
    let refused = 0;
    const scenario = fc.record({
      tokensMax: fc.option(fc.integer({ min: 500, max: 6_000 }), { nil: undefined }),
      nanoUsdMax: fc.option(fc.integer({ min: 1_000, max: 60_000 }), { nil: undefined }),
      rounds: fc.array(fc.uniqueArray(deed, { selector: ({ actor }) => actor, minLength: 1, maxLength: 3 }), {
        minLength: 1,
        maxLength: 12,
      }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ tokensMax, nanoUsdMax, rounds }) => {
        const budget = {
          ...(tokensMax === undefined ? {} : { tokensMax }),
          ...(nanoUsdMax === undefined ? {} : { nanoUsdMax }),
        };
        const { run } = await startedRun(store, { budget });
        const spenders = await Promise.all(
          ["a_one", "a_two", "a_three"].map(async (actor): Promise<Spender> => {
            const { claim } = await spawnedAgent(store, run, actor);
            await committed(store, commitOf(agentOf(run, actor), claim));
            return { actor, claim: stepped(claim), mails: 0, out: [] };
          }),
        );
        const within = async () => {
          const { tokens, nano, heldTokens, heldNano } = await moneyOf(run);
          expect(tokens + heldTokens).toBeLessThanOrEqual(tokensMax ?? Number.POSITIVE_INFINITY);
          expect(nano + heldNano).toBeLessThanOrEqual(nanoUsdMax ?? Number.POSITIVE_INFINITY);
          const out = spenders.flatMap((spender) => spender.out);
          expect(heldTokens).toBe(out.reduce((sum, { grant }) => sum + grant.tokens, 0));
          expect(heldNano).toBe(out.reduce((sum, { grant }) => sum + grant.nanoUsd, 0));
        };
        for (const round of rounds) {
          await Promise.all(round.map((one) => act(spenders[one.actor] as Spender, one)));
          await within();
        }
        for (const spender of spenders) {
          while (spender.out.length > 0) await act(spender, { ...(rounds[0]?.[0] as Deed), kind: "settle", share: 1 });
        }
        expect(await moneyOf(run)).toMatchObject({ heldTokens: 0, heldNano: 0 });

        async function act(spender: Spender, one: Deed): Promise<void> {
          const address = agentOf(run, spender.actor);
          const first = spender.out[0];
          const asks = one.kind === "ask" || one.kind === "settle and ask" || first === undefined;
          const byEffect =
            first !== undefined && (one.kind === "settle" || one.kind === "settle and ask" || one.kind === "lose");
          spender.mails += 1;
          const mail = event(`${spender.actor}-${spender.mails}`);
          if (!byEffect) await store.send(address, mail);
          const prefix = `${spender.actor}.${spender.mails}`;
          const base = commitOf(
            address,
            { ...spender.claim, mail: [mail] },
            {
              ...(byEffect ? { by: { effect: first.id } } : {}),
              settle:
                byEffect && one.kind !== "lose"
                  ? spent(Math.floor(first.grant.tokens * one.share), Math.floor(first.grant.nanoUsd * one.share))
                  : null,
              effectsDropped: one.kind === "drop" && first !== undefined ? [first.id] : [],
              effects: asks
                ? Array.from({ length: one.calls }, (_, n) => ({
                    id: `${prefix}:${n}`,
                    json: "{}",
                    reserve: {
                      inTokens: one.inTokens,
                      outTokensWanted: Math.max(one.wanted, one.least),
                      outTokensLeast: one.least,
                      inNanoUsd: one.inNanoUsd,
                      outNanoUsd: one.outNanoUsd,
                    },
                  }))
                : [],
            },
          );
          let commit = base;
          let answer = await store.commit(commit);
          if (answer.kind === "refused") {
            refused += 1;
            commit = { ...base, id: `${base.id}.again`, effects: [] };
            answer = await store.commit(commit);
          }
          if (answer.kind !== "committed") throw new Error(`not committed: ${JSON.stringify(answer)}`);
          granted += answer.grants.length;
          const gone = new Set([...(byEffect ? [first.id] : []), ...commit.effectsDropped]);
          spender.out = spender.out.filter(({ id }) => !gone.has(id));
          for (const [index, effect] of commit.effects.entries())
            spender.out.push({ id: effect.id, grant: answer.grants[index] as Grant });
          spender.claim = { ...spender.claim, version: spender.claim.version + 1 };
        }
      }),
      { numRuns: 60 },
    );
    expect(granted).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(20);
  });
}

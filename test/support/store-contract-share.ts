/** Laws of an actor's own share of the run's budget: what it is granted, and has used, is never more than that. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Address, BudgetLimits, Commit, CommitAnswer, Store } from "../../infra/store.ts";
import {
  agentOf,
  type Claimed,
  claimed,
  commitOf,
  committed,
  coordinatorOf,
  event,
  fresh,
  money,
  spent,
  startedRun,
  stepped,
} from "./given-commit.ts";
import type { Under } from "./store-contract.ts";

async function bornWith(
  store: Store,
  run: string,
  boss: Claimed,
  budget: BudgetLimits,
): Promise<{ address: Address; claim: Claimed; boss: Claimed }> {
  const address = agentOf(run, fresh("a"));
  const { actor, type } = address;
  const mail = event(fresh("m"));
  await store.send(coordinatorOf(run), mail);
  await committed(
    store,
    commitOf(coordinatorOf(run), boss, {
      by: { mail: mail.id },
      spawned: [{ actor, type, row: JSON.stringify({ type }), budget }],
      messages: [{ to: actor, type, mail: { id: fresh("i"), input: {} } }],
    }),
  );
  return { address, claim: await claimed(store, address), boss: stepped(boss) };
}

const asking = (id: string, changed: Parameters<typeof money>[0] = {}): Partial<Commit> => ({
  effects: [{ id, json: "{}", reserve: money(changed) }],
});

export function shareLaws(under: Under): void {
  describe("an actor with a share of the budget", () => {
    it.each([
      ["tokens", { tokensMax: 700 }, 600],
      ["money, rounded down", { nanoUsdMax: 300 + 15 * 500 + 14 }, 500],
      ["the smaller of both", { tokensMax: 700, nanoUsdMax: 300 + 15 * 450 }, 450],
      ["what is left of the run, where that is less", { tokensMax: 2_000 }, 800],
    ])("is granted what is left of it: %s", async (_, share, outTokens) => {
      const { store } = under();
      const { run, claim: boss } = await startedRun(store, { budget: { tokensMax: 900 } });
      const { address, claim } = await bornWith(store, run, boss, share);
      const { grants } = await committed(store, commitOf(address, claim, asking("e1")));
      expect(grants).toMatchObject([{ outTokens }]);
    });

    it("is refused beyond it, though the run has more, is told what is left, and others are not", async () => {
      const { store, image } = under();
      const { run, claim } = await startedRun(store, { budget: { tokensMax: 90_000 } });
      const poor = await bornWith(store, run, claim, { tokensMax: 1_100 });
      const rich = await bornWith(store, run, poor.boss, {});
      const { address } = poor;
      await committed(store, commitOf(address, poor.claim, asking("e1")));
      await committed(store, commitOf(address, stepped(poor.claim), { by: { effect: "e1" }, settle: spent(900) }));
      await store.send(address, event("m2"));
      const again = { ...stepped(stepped(poor.claim)), mail: [event("m2")] };
      const before = await image();
      expect(await store.commit(commitOf(address, again, asking("e2")))).toEqual({
        kind: "refused",
        tokensLeft: 200,
        nanoUsdLeft: null,
      });
      expect(await image()).toEqual(before);
      await committed(store, commitOf(rich.address, rich.claim, asking("e1")));
    });

    it("has used up what a dropped call, or one that it died of, may have cost", async () => {
      const { store } = under();
      const { run, claim: boss } = await startedRun(store);
      const { address, claim } = await bornWith(store, run, boss, { tokensMax: 2_000 });
      await store.send(address, event("m2"));
      await committed(store, commitOf(address, claim, asking("e1")));
      const next = { ...stepped(claim), mail: [event("m2")] };
      await store.send(address, event("m3"));
      await committed(store, commitOf(address, next, { effectsDropped: ["e1"] }));
      const last = commitOf(address, { ...stepped(next), mail: [event("m3")] }, asking("e2"));
      const { grants } = await committed(store, last);
      expect(grants).toMatchObject([{ outTokens: 800 }]);
    });

    it("never has more, however its calls come and end", async () => {
      const { store, money: moneyOf } = under();
      const act = fc.record({
        wanted: fc.integer({ min: 1, max: 900 }),
        end: fc.constantFrom("settled", "unsettled", "dropped", "none"),
        used: fc.integer({ min: 0, max: 1_000 }),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(act, { minLength: 1, maxLength: 8 }),
          fc.integer({ min: 300, max: 3_000 }),
          async (acts, tokensMax) => {
            const { run, claim } = await startedRun(store);
            const { address, claim: first } = await bornWith(store, run, claim, { tokensMax });
            let version = first.version;
            const mail = first.mail.map(({ id }) => id);
            const commit = async (changed: Partial<Commit>): Promise<CommitAnswer> => {
              const id = fresh("m");
              await store.send(address, event(id));
              mail.push(id);
              const by = changed.by ?? { mail: mail[0] ?? "" };
              const answer = await store.commit(commitOf(address, { ...first, version }, { ...changed, by }));
              if (answer.kind === "committed") version += 1;
              if (answer.kind === "committed" && "mail" in by) mail.shift();
              return answer;
            };
            const out: { id: string; tokens: number }[] = [];
            for (const [at, { wanted, end, used }] of acts.entries()) {
              const answer = await commit(asking(`e${at}`, { outTokensWanted: wanted, outTokensLeast: 1 }));
              if (answer.kind === "committed") out.push({ id: `e${at}`, tokens: answer.grants[0]?.tokens ?? 0 });
              else expect(answer.kind).toBe("refused");
              const one = end === "none" ? undefined : out.shift();
              if (one === undefined) continue;
              const settle = end === "settled" ? spent(Math.min(used, one.tokens)) : null;
              const ended = await commit(
                end === "dropped" ? { effectsDropped: [one.id] } : { by: { effect: one.id }, settle },
              );
              expect(ended.kind).toBe("committed");
            }
            const { tokens, heldTokens } = await moneyOf(run);
            expect(tokens + heldTokens).toBeLessThanOrEqual(tokensMax);
          },
        ),
        { numRuns: 40 },
      );
    });
  });
}

/** Laws of what is taken down of the dead: once for each claim that is over, and of nobody who has moved on. */
import { describe, expect, it } from "vitest";
import { type Address, memberOf, type Store } from "../../infra/store.ts";
import type { Death } from "../../infra/store-deaths.ts";
import {
  type Claimed,
  claimed,
  commitOf,
  committed,
  coordinatorOf,
  event,
  fresh,
  money,
  spawnedAgent,
  startedRun,
  stepped,
} from "./given-commit.ts";
import type { StoreUnderTest, Under } from "./store-contract.ts";

const lost = { type: "actor.lost", reason: "gone" };
const tool = '{"type":"tool.run","call":"c1","tool":"Bash","place":"here"}';

/** An agent that has begun an effect and whose holder dies. */
async function body(store: Store): Promise<{ run: string; boss: Claimed; address: Address; claim: Claimed }> {
  const { run, claim: boss } = await startedRun(store);
  const { address, claim } = await spawnedAgent(store, run);
  const effects = [{ id: `${run}/${address.actor}/0.1:0`, json: tool, reserve: null }];
  await committed(store, commitOf(address, claim, { effects }));
  return { run, boss, address, claim: stepped(claim) };
}

/** As whoever finds the body says it, who holds no claim. */
const deathOf = (address: Address, { fence, version }: Claimed, changed: Partial<Death> = {}): Death => ({
  ...{ address, fence, version, died: fence.epoch, event: JSON.stringify(lost), takenBy: null },
  ...changed,
});

/** As the next claim says it. */
const takeover = (address: Address, claim: Claimed, by = "w_2"): Death =>
  deathOf(address, claim, { died: claim.fence.epoch - 1, takenBy: by });

async function told({ log }: StoreUnderTest, run: string, after: number): Promise<unknown[]> {
  const rows = (await log(run)).filter(({ seq }) => seq > after);
  return rows.flatMap(({ body: text }) => (JSON.parse(text) as { events: unknown[] }).events);
}
const seqOf = async ({ runRow }: StoreUnderTest, run: string): Promise<number> => Number((await runRow(run)).seq);

export function deathLaws(under: Under): void {
  describe("a death", () => {
    findLaws(under);
    takeoverLaws(under);
    leaveLaws(under);
    remainsLaws(under);
  });
}

function findLaws(under: Under): void {
  it("is told once, signed by who died, however many find the body", async () => {
    const { store, log } = under();
    const { run, address, claim } = await body(store);
    const before = await seqOf(under(), run);
    const finds = await Promise.all([1, 2, 3].map(() => store.noteDeath(deathOf(address, claim))));
    const seq = before + 1;
    expect(finds).toEqual([
      { kind: "noted", seq },
      { kind: "again", seq },
      { kind: "again", seq },
    ]);
    expect(await told(under(), run, before)).toEqual([lost]);
    expect((await log(run)).at(-1)).toMatchObject({ seq, member: memberOf(address) });
    expect(await seqOf(under(), run)).toBe(seq);
  });

  it("takes nothing from who comes back: the claim that was taken for dead commits as before", async () => {
    const { store } = under();
    const { run, address, claim } = await body(store);
    const before = await seqOf(under(), run);
    await store.noteDeath(deathOf(address, claim));
    const answer = commitOf(address, claim, { by: { effect: `${run}/${address.actor}/0.1:0` } });
    expect((await committed(store, answer)).firstSeq).toBe(before + 2);
  });

  it("is none of who has moved on: another claim, a step, a fence, a quarantine, the run's end", async () => {
    const { store, image } = under();
    const moves: ((found: Awaited<ReturnType<typeof body>>) => Promise<unknown>)[] = [
      ({ address }) => claimed(store, address),
      async ({ address, claim, run }) =>
        committed(store, commitOf(address, claim, { by: { effect: `${run}/${address.actor}/0.1:0` } })),
      async ({ address, boss, run }) => {
        await store.send(coordinatorOf(run), event("m9"));
        const fenced = [{ actor: address.actor, type: address.type, reason: "why" }];
        await committed(store, commitOf(coordinatorOf(run), boss, { by: { mail: "m9" }, fenced }));
      },
      ({ address }) => store.quarantine(address, "poison"),
      async ({ boss, run }) => {
        await store.send(coordinatorOf(run), event("m9"));
        const runEnd = { status: "failed", reasons: [] };
        await committed(store, commitOf(coordinatorOf(run), boss, { by: { mail: "m9" }, runEnd }));
      },
    ];
    const answers: string[] = [];
    for (const move of moves) {
      const found = await body(store);
      await move(found);
      const before = await image();
      answers.push((await store.noteDeath(deathOf(found.address, found.claim))).kind);
      expect(await image()).toEqual(before);
    }
    expect(answers).toEqual(["moved", "moved", "moved", "moved", "ended"]);
    const { address, claim } = await body(store);
    expect(await store.noteDeath(deathOf({ ...address, run: fresh("r") }, claim))).toEqual({ kind: "no_run" });
  });
}

function takeoverLaws(under: Under): void {
  it("that nobody told is told by who takes the actor up, together with that; once, however often it is said", async () => {
    const { store } = under();
    const { run, address } = await body(store);
    const before = await seqOf(under(), run);
    const next = takeover(address, await claimed(store, address));
    expect(await store.noteDeath(next)).toEqual({ kind: "noted", seq: before + 1 });
    expect(await store.noteDeath(next)).toEqual({ kind: "again", seq: before + 1 });
    const recovered = { type: "actor.recovered", by: "w_2", lost: before + 1 };
    expect(await told(under(), run, before)).toEqual([lost, recovered]);
    expect(await seqOf(under(), run)).toBe(before + 2);
  });

  it("that somebody told stays one: who takes the actor up says only that, and of which death", async () => {
    const { store } = under();
    const { run, address, claim } = await body(store);
    const before = await seqOf(under(), run);
    await store.noteDeath(deathOf(address, claim));
    const next = takeover(address, await claimed(store, address));
    expect(await store.noteDeath(next)).toEqual({ kind: "noted", seq: before + 1 });
    expect(await store.noteDeath(next)).toEqual({ kind: "again", seq: before + 1 });
    const recovered = { type: "actor.recovered", by: "w_2", lost: before + 1 };
    expect(await told(under(), run, before)).toEqual([lost, recovered]);
  });

  it("of the one who took over is another", async () => {
    const { store } = under();
    const { run, address } = await body(store);
    const before = await seqOf(under(), run);
    const second = await claimed(store, address);
    await store.noteDeath(takeover(address, second, "w_2"));
    expect((await store.noteDeath(deathOf(address, second))).kind).toBe("noted");
    await store.noteDeath(takeover(address, await claimed(store, address), "w_3"));
    expect((await told(under(), run, before)).map((one) => (one as { type: string }).type)).toEqual([
      "actor.lost",
      "actor.recovered",
      "actor.lost",
      "actor.recovered",
    ]);
  });
}

function leaveLaws(under: Under): void {
  it("is none where the claim let go by itself: the log tells nothing, then or at the next claim", async () => {
    const { store } = under();
    const { run, address, claim } = await body(store);
    const before = await seqOf(under(), run);
    expect(await store.noteDeath(deathOf(address, claim, { event: null }))).toEqual({ kind: "noted", seq: 0 });
    expect(await store.noteDeath(deathOf(address, claim))).toEqual({ kind: "again", seq: 0 });
    expect(await store.noteDeath(takeover(address, await claimed(store, address)))).toEqual({ kind: "again", seq: 0 });
    expect(await told(under(), run, before)).toEqual([]);
    expect(await seqOf(under(), run)).toBe(before);
  });
}

function remainsLaws(under: Under): void {
  it("leaves what anybody may read: position, state, what was begun and what the run has spent and holds", async () => {
    const { store } = under();
    const { run } = await startedRun(store, { budget: { tokensMax: 5_000 } });
    const { address, claim } = await spawnedAgent(store, run);
    const asked = { id: `${run}/${address.actor}/0.1:0`, json: '{"type":"model.call"}', reserve: money() };
    const { firstSeq, grants } = await committed(
      store,
      commitOf(address, claim, { effects: [asked], core: '{"x":1}' }),
    );
    const remains = await store.remains(run, [address.actor, "a_nobody"]);
    expect(remains).toMatchObject({
      status: "running",
      seq: await seqOf(under(), run),
      budget: { tokensMax: "5000", heldTokens: String(grants[0]?.tokens) },
      actors: [
        {
          ...{ actor: address.actor, epoch: claim.fence.epoch, nonce: claim.fence.nonce, version: 1 },
          ...{ stepSeq: firstSeq, core: '{"x":1}', over: false, noted: 0 },
          pending: [{ id: asked.id, json: asked.json, held: false }],
        },
      ],
    });
    expect(remains?.actors).toHaveLength(1);
    await store.noteDeath(deathOf(address, stepped(claim)));
    expect((await store.remains(run, [address.actor]))?.actors[0]?.noted).toBe(claim.fence.epoch);
    await store.quarantine(address, "poison");
    expect((await store.remains(run, [address.actor]))?.actors[0]).toMatchObject({ over: true, pending: [] });
    expect(await store.remains(fresh("r"), [address.actor])).toBeNull();
  });
}

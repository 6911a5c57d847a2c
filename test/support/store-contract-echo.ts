/** Laws of calls that are sent again because their answer was lost, and of claims that outlived acknowledged writes. */
import { describe, expect, it } from "vitest";
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
  newRun,
  served,
  spawnedAgent,
  startedRun,
  stepped,
} from "./given-commit.ts";
import type { Under } from "./store-contract.ts";

export function echoLaws(under: Under): void {
  describe("a call whose answer was lost and that is sent again", () => {
    claimEchoLaws(under);
    otherEchoLaws(under);
  });
  incarnationLaws(under);
}

function claimEchoLaws(under: Under): void {
  it("a claim sent twice is one claim: the same answer, nothing written, counted once", async () => {
    const { store, image } = under();
    const { run } = await startedRun(store);
    await store.send(coordinatorOf(run), event("m1"));
    const first = await store.claim(coordinatorOf(run), "nonce-1", served);
    const before = await image();
    expect(await store.claim(coordinatorOf(run), "nonce-1", served)).toEqual(first);
    expect(await image()).toEqual(before);
    expect(first).toMatchObject({ kind: "claimed", claim: { claims: 1 } });
    expect(await claimed(store, coordinatorOf(run), "nonce-2")).toMatchObject({ claims: 2 });
  });

  it("a claim sent twice before the first commit is one claim too", async () => {
    const { store, image } = under();
    const run = fresh("r");
    await store.create(newRun(run));
    const first = await store.claim(coordinatorOf(run), "nonce-1", served);
    const before = await image();
    expect(await store.claim(coordinatorOf(run), "nonce-1", served)).toEqual(first);
    expect(await image()).toEqual(before);
  });

  it("the claim that holds may commit after its echo", async () => {
    const { store } = under();
    const { run } = await startedRun(store);
    await store.send(coordinatorOf(run), event("m1"));
    const claim = await claimed(store, coordinatorOf(run), "nonce-1");
    await store.claim(coordinatorOf(run), "nonce-1", served);
    await committed(store, commitOf(coordinatorOf(run), claim));
  });

  it("a claim sent again after another took the actor is a claim of its own", async () => {
    const { store } = under();
    const { run } = await startedRun(store);
    const epochs: number[] = [];
    for (const nonce of ["nonce-1", "nonce-2", "nonce-1"])
      epochs.push((await claimed(store, coordinatorOf(run), nonce)).fence.epoch);
    expect(epochs.map((epoch) => epoch - (epochs[0] ?? 0))).toEqual([0, 1, 2]);
  });

  it("a claim is told again which effects were never begun, and nobody after it is", async () => {
    const { store, image } = under();
    const { run } = await startedRun(store);
    const { address, claim } = await spawnedAgent(store, run);
    await store.hold(run, "park", "later");
    const effects = [{ id: "e1", json: "{}", reserve: money() }];
    await committed(store, commitOf(address, claim, { effects }));
    await store.hold(run, "resume", "");
    const first = await claimed(store, address, "nonce-1");
    expect(first.pending).toMatchObject([{ id: "e1", held: true }]);
    const before = await image();
    expect((await claimed(store, address, "nonce-1")).pending).toEqual(first.pending);
    expect(await image()).toEqual(before);
    expect((await claimed(store, address, "nonce-2")).pending).toEqual([{ ...first.pending[0], held: false }]);
    expect((await claimed(store, address, "nonce-1")).pending).toEqual([{ ...first.pending[0], held: false }]);
  });
}

function otherEchoLaws(under: Under): void {
  it("a commit is answered with its first answer, its grants too, though its run was parked since", async () => {
    const { store, image } = under();
    const { run } = await startedRun(store, { budget: { tokensMax: 5_000 } });
    const { address, claim } = await spawnedAgent(store, run);
    const commit = commitOf(address, claim, { effects: [{ id: "e1", json: "{}", reserve: money() }] });
    const first = await committed(store, commit);
    await store.hold(run, "park", "later");
    const before = await image();
    expect(await store.commit(commit)).toEqual({ ...first, held: true });
    expect(await image()).toEqual(before);
  });

  it("a quarantine takes one message, tells its coordinator once, and spares what has come since", async () => {
    const { store, image, mailbox } = under();
    const { run } = await startedRun(store);
    const { address } = await spawnedAgent(store, run);
    await store.send(address, event("innocent"));
    const claim = await claimed(store, address);
    await store.quarantine(address, "poison", claim.fence);
    const before = await image();
    await store.quarantine(address, "poison", claim.fence);
    await store.quarantine(address, "poison");
    expect(await image()).toEqual(before);
    expect(await mailbox(run, address.actor)).toEqual([event("innocent")]);
  });

  it("a quarantine by a claim that no longer holds changes nothing", async () => {
    const { store, image } = under();
    const { run } = await startedRun(store);
    const { address, claim: slow } = await spawnedAgent(store, run);
    const holder = await claimed(store, address);
    let before = await image();
    await store.quarantine(address, "poison", slow.fence);
    expect(await image()).toEqual(before);
    await committed(store, commitOf(address, holder));
    before = await image();
    await store.quarantine(address, "poison", { ...holder.fence, nonce: "another" });
    expect(await image()).toEqual(before);
  });

  it("a resume is told once and names the same actors again", async () => {
    const { store, log } = under();
    const { run } = await startedRun(store);
    await store.send(coordinatorOf(run), event("m1"));
    await store.hold(run, "park", "later");
    const before = await log(run);
    const first = await store.hold(run, "resume", "");
    const again = await store.hold(run, "resume", "");
    expect(first).toEqual({ kind: "done", actors: [coordinatorOf(run)] });
    expect(again).toEqual({ ...first, kind: "same" });
    expect(await log(run)).toHaveLength(before.length + 1);
  });

  it("stranded actors are retrieved once", async () => {
    const { store, image, shardOf } = under();
    const { run } = await startedRun(store);
    const { address } = await spawnedAgent(store, run);
    await store.claim(address, fresh("n"), { ...served, bindings: [] });
    expect(await store.retrieve(shardOf(run))).toEqual([address]);
    const before = await image();
    expect(await store.retrieve(shardOf(run))).toEqual([]);
    expect(await image()).toEqual(before);
  });
}

function incarnationLaws(under: Under): void {
  describe("where acknowledged writes may have been lost", () => {
    it("a claim from before can commit nothing; one from after can, and says so in its fence", async () => {
      const { store, image, raiseIncarnation } = under();
      const { run, claim: older } = await startedRun(store);
      await store.send(coordinatorOf(run), event("m1"));
      await raiseIncarnation(run);
      const before = await image();
      expect(await store.commit(commitOf(coordinatorOf(run), { ...older, mail: [event("m1")] }))).toEqual({
        kind: "fenced",
      });
      expect(await image()).toEqual(before);
      const newer = await claimed(store, coordinatorOf(run));
      expect(newer.fence.incarnation).toBeGreaterThan(older.fence.incarnation);
      await committed(store, commitOf(coordinatorOf(run), newer));
    });

    it("the echo of a claim from before is a claim of its own", async () => {
      const { store, raiseIncarnation } = under();
      const { run } = await startedRun(store);
      const older = await claimed(store, coordinatorOf(run), "nonce-1");
      await raiseIncarnation(run);
      const newer = await claimed(store, coordinatorOf(run), "nonce-1");
      expect(newer.fence.epoch).toBe(older.fence.epoch + 1);
      expect(newer.fence.incarnation).toBeGreaterThan(older.fence.incarnation);
    });

    it("a commit that was written before is still answered with its first answer", async () => {
      const { store, raiseIncarnation } = under();
      const { run, claim } = await startedRun(store);
      await store.send(coordinatorOf(run), event("m1"));
      const commit = commitOf(coordinatorOf(run), { ...claim, mail: [event("m1")] });
      const first = await committed(store, commit);
      await raiseIncarnation(run);
      expect(await store.commit(commit)).toEqual(first);
    });

    it("other shards go on undisturbed", async () => {
      const { store, shardOf, raiseIncarnation } = under();
      const { run, claim } = await startedRun(store);
      let other: { run: string; claim: Claimed };
      do other = await startedRun(store);
      while (shardOf(other.run) === shardOf(run));
      await raiseIncarnation(other.run);
      await store.send(agentOf(run), event("m0"));
      await store.send(coordinatorOf(run), event("m1"));
      const mine = { ...claim, mail: [event("m1")] };
      await committed(store, commitOf(coordinatorOf(run), mine));
      expect(stepped(mine).fence.incarnation).toBe(claim.fence.incarnation);
    });
  });
}

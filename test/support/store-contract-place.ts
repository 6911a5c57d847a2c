/** Laws of effects that were begun at one place and are asked about at another. */
import { describe, expect, it } from "vitest";
import { memberOf } from "../../infra/store.ts";
import {
  claimed,
  commitOf,
  committed,
  event,
  fresh,
  served,
  spawnedAgent,
  startedRun,
  stepped,
} from "./given-commit.ts";
import type { StoreUnderTest, Under } from "./store-contract.ts";

const begunAt = (id: string, place: string) => ({
  id,
  json: JSON.stringify({ type: "tool.run", place }),
  reserve: null,
});
const at = (place: string) => ({ ...served, place });

async function withEffects({ store }: StoreUnderTest, ...effects: ReturnType<typeof begunAt>[]) {
  const { run } = await startedRun(store);
  const { address, claim } = await spawnedAgent(store, run);
  await committed(store, commitOf(address, claim, { effects }));
  return { run, address, claim: stepped(claim) };
}

export function placeLaws(under: Under): void {
  describe("a claim from a place at which there is nothing to do", () => {
    it("names the place where there is, writes nothing, and leaves whoever is at it undisturbed", async () => {
      const { store, image, listed } = under();
      const { run, address, claim } = await withEffects(under(), begunAt("e1", "there"));
      const before = await image();
      for (let times = 0; times < 20; times += 1)
        expect(await store.claim(address, fresh("n"), at("here"))).toEqual({ kind: "elsewhere", place: "there" });
      expect(await image()).toEqual(before);
      expect(await listed(run, "ready")).toContain(memberOf(address));
      await committed(store, commitOf(address, claim, { by: { effect: "e1" } }));
    });

    it("is one like any other where it comes from that place, or from anywhere", async () => {
      const { store } = under();
      const { address } = await withEffects(under(), begunAt("e1", "there"));
      expect(await store.claim(address, fresh("n"), at("there"))).toMatchObject({ kind: "claimed" });
      expect(await store.claim(address, fresh("n"), served)).toMatchObject({ kind: "claimed", claim: { claims: 2 } });
    });

    it("takes the actor where it has mail, or an effect that may be carried out here", async () => {
      const { store } = under();
      const free = { id: "free", json: '{"type":"tool.run"}', reserve: null };
      for (const effects of [
        [begunAt("e1", "there"), free],
        [begunAt("e1", "there"), begunAt("e2", "here")],
      ]) {
        const { address } = await withEffects(under(), ...effects);
        expect(await store.claim(address, fresh("n"), at("here"))).toMatchObject({ kind: "claimed" });
      }
      const { address } = await withEffects(under(), begunAt("e1", "there"));
      await store.send(address, event("m1"));
      expect(await store.claim(address, fresh("n"), at("here"))).toMatchObject({ kind: "claimed" });
    });

    it("leaves an effect that was never begun to its place, which is told so", async () => {
      const { store } = under();
      const { run } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      await store.hold(run, "park", "later");
      await committed(store, commitOf(address, claim, { effects: [begunAt("e1", "there")] }));
      await store.hold(run, "resume", "");
      expect(await store.claim(address, fresh("n"), at("here"))).toEqual({ kind: "elsewhere", place: "there" });
      const answer = await store.claim(address, "nonce-1", at("there"));
      expect(answer).toMatchObject({ kind: "claimed", claim: { pending: [{ id: "e1", held: true }] } });
      expect(await store.claim(address, "nonce-1", at("there"))).toEqual(answer);
      expect((await claimed(store, address)).pending).toMatchObject([{ id: "e1", held: false }]);
    });
  });

  it("an actor that is taken from the stranded goes back on the list of those that need looking after", async () => {
    const { store, listed } = under();
    const { run } = await startedRun(store);
    const { address } = await spawnedAgent(store, run);
    await store.claim(address, fresh("n"), { ...served, bindings: [] });
    expect(await listed(run, "ready")).not.toContain(memberOf(address));
    await claimed(store, address);
    expect(await listed(run, "stranded")).toEqual([]);
    expect(await listed(run, "ready")).toContain(memberOf(address));
  });
}

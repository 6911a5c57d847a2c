/** Laws of unwinding a fenced actor: over the store in memory, with a host whose commands a test ends. */
import { describe, expect, it } from "vitest";
import type { ActivationDeps } from "../../../actors/runtime/activation-deps.ts";
import { unwind } from "../../../actors/runtime/unwinding.ts";
import { openLog } from "../../../infra/log.ts";
import { memberOf } from "../../../infra/store.ts";
import {
  commitOf,
  committed,
  coordinatorOf,
  event,
  fresh,
  served,
  spawnedAgent,
  startedRun,
} from "../../support/given-commit.ts";
import { memoryUnderTest } from "../../support/memory-store/under-test.ts";

/** An actor that was fenced with a command out that was begun `at` this place. */
async function fenced(at: string) {
  const under = memoryUnderTest();
  const { store } = under;
  const { run, claim: boss } = await startedRun(store);
  const { address, claim } = await spawnedAgent(store, run);
  const order = { type: "tool.run", call: "c", tool: "Bash", inputHash: "h", place: at };
  const id = `${run}/${address.actor}/0.1:0`;
  await committed(store, commitOf(address, claim, { effects: [{ id, json: JSON.stringify(order), reserve: null }] }));
  await store.send(coordinatorOf(run), event("m1"));
  const why = { actor: address.actor, type: address.type, reason: "so" };
  await committed(store, commitOf(coordinatorOf(run), boss, { by: { mail: "m1" }, fenced: [why] }));
  return {
    id,
    address,
    listed: async () => (await under.listed(run, "ready")).includes(memberOf(address)),
    /** Whoever comes by, on the host `here`. */
    async comesBy(world: Pick<ActivationDeps, "calledOff" | "handOver">) {
      const answer = await store.claim(address, fresh("n"), served);
      if (answer.kind !== "over") throw new Error(answer.kind);
      const effects = { cancel: () => false } as unknown as ActivationDeps["effects"];
      await unwind({ store, effects, place: "here", log: openLog("silent"), ...world }, address, answer.pending);
    },
  };
}

const never = (): Promise<boolean> => Promise.reject(new Error("nobody asked for that"));

describe("a fenced actor", () => {
  it("is looked after until what it had begun was ended for certain, and no longer", async () => {
    const { comesBy, listed, id } = await fenced("here");
    const asked: string[] = [];
    const calledOff = (ends: boolean) => (_: unknown, effect: string) => {
      asked.push(effect);
      return Promise.resolve(ends);
    };
    expect(await listed()).toBe(true);
    await comesBy({ calledOff: calledOff(false), handOver: never });
    expect(await listed()).toBe(true);
    await comesBy({ calledOff: calledOff(true), handOver: never });
    expect(await listed()).toBe(false);
    expect(asked).toEqual([id, id]);
  });

  it("whose command runs elsewhere is handed on to there; where that host is gone for good, it is given up", async () => {
    const { comesBy, listed } = await fenced("there");
    const places: string[] = [];
    const handOver = (goes: boolean) => (_: unknown, place: string) => {
      places.push(place);
      return Promise.resolve(goes);
    };
    await comesBy({ calledOff: never, handOver: handOver(true) });
    expect(await listed()).toBe(true);
    await comesBy({ calledOff: never, handOver: handOver(false) });
    expect(await listed()).toBe(false);
    expect(places).toEqual(["there", "there"]);
  });
});

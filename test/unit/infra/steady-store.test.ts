// A call that may help is repeated word for word, with growing pauses, within bounds; any other error is passed on.
import { describe, expect, it } from "vitest";
import { steadyStore } from "../../../infra/steady-store.ts";
import type { Store } from "../../../infra/store.ts";
import { StoreError, type StoreTrouble } from "../../../infra/store-error.ts";
import { agentOf } from "../../support/given-commit.ts";

const PATIENCE_MS = 30_000;

/** A store that meets what it is told to, over a clock that only moves by the pauses. */
function given(troubles: readonly (StoreTrouble | Error)[]) {
  let nowMs = 1_000;
  const asked: unknown[][] = [];
  const pauses: number[] = [];
  const told: string[] = [];
  const methods = new Proxy({} as Record<string, unknown>, {
    get:
      (_, method) =>
      async (...args: unknown[]) => {
        const trouble = troubles[asked.length];
        asked.push([method, ...args]);
        if (trouble instanceof Error) throw trouble;
        if (trouble !== undefined) throw new StoreError(trouble, "no");
        return { kind: "done" };
      },
  });
  const store = steadyStore(methods as unknown as Store, {
    log: {
      warn: (fields: { err: StoreError }) => told.push(fields.err.trouble),
      info: (fields: { was: string }) => told.push(`not ${fields.was}`),
    } as never,
    monotonicMs: () => nowMs,
    random: () => 1,
    after(delayMs, act) {
      pauses.push(delayMs);
      nowMs += delayMs;
      queueMicrotask(act);
    },
  });
  return { store, asked, pauses, told, pass: (ms: number) => (nowMs += ms) };
}

const address = agentOf("r");
const calls: Readonly<Record<keyof Store, unknown[]>> = {
  create: [{ run: "r" }],
  claim: [address, "nonce", {}],
  commit: [{ id: "c" }],
  reattached: [address, { epoch: 1, nonce: "n", incarnation: 0 }],
  look: [address],
  isWanted: [address],
  unwound: [address, ["r/a/0.1:0"]],
  send: [address, { id: "m" }],
  hold: ["r", "park", "why"],
  sweep: ["s00", 5],
  answer: [{ approval: "p" }],
  grants: ["r"],
  revoke: ["r", { id: "g", rule: "Bash" }, "ana", "why"],
  forget: [address],
  quarantine: [address, "why", { epoch: 1, nonce: "n", incarnation: 0 }],
  remains: ["r", ["a"]],
  noteDeath: [{ died: 1 }],
  briefs: ["r", ["a"]],
  results: ["r", ["a"]],
  facts: ["r"],
  retrieve: ["s00"],
};

describe("a steady store", () => {
  it.each(Object.entries(calls))("repeats %s word for word until it is answered", async (method, args) => {
    const { store, asked } = given(["timeout", "unreachable", "loading", "busy"]);
    const answer = await (store as unknown as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args);
    expect(answer).toEqual({ kind: "done" });
    expect(asked).toEqual(Array.from({ length: 5 }, () => [method, ...args]));
  });

  it.each(["readonly", "out_of_memory", "misconfigured", "forbidden", "broken"] as const)(
    "does not repeat what cannot help: %s",
    async (trouble) => {
      const { store, asked } = given([trouble]);
      await expect(store.look(address)).rejects.toMatchObject({ code: `store.${trouble}`, retry: false });
      expect(asked).toHaveLength(1);
    },
  );

  it("passes on what is no trouble of the store", async () => {
    const { store, asked, told } = given([new TypeError("a bug")]);
    await expect(store.look(address)).rejects.toThrow(TypeError);
    expect([asked.length, told]).toEqual([1, []]);
  });

  it("pauses twice as long each time, up to two seconds, and gives up after its patience", async () => {
    const { store, asked, pauses } = given(Array.from({ length: 1_000 }, () => "unreachable" as const));
    await expect(store.look(address)).rejects.toMatchObject({ code: "store.unreachable" });
    expect(pauses.slice(0, 7)).toEqual([50, 100, 200, 400, 800, 1_600, 2_000]);
    expect(Math.max(...pauses)).toBe(2_000);
    const sum = pauses.reduce((a, b) => a + b, 0);
    expect(sum).toBeGreaterThanOrEqual(PATIENCE_MS);
    expect(sum - (pauses.at(-1) ?? 0)).toBeLessThan(PATIENCE_MS);
    expect(asked).toHaveLength(pauses.length + 1);
  });

  it("gives up even where no time seems to pass, and stops asking when its breaker opens", async () => {
    let asked = 0;
    const look = async () => {
      asked += 1;
      throw new StoreError("busy", "no");
    };
    const store = steadyStore({ look } as unknown as Store, {
      log: { warn: () => {}, info: () => {} },
      monotonicMs: () => 0,
      after: (_, act) => queueMicrotask(act),
    });
    await expect(store.look(address)).rejects.toMatchObject({ code: "store.busy" });
    expect(asked).toBe(20);
    await expect(store.look(address)).rejects.toMatchObject({ code: "store.unreachable", retry: true });
    expect(asked).toBe(20);
  });

  it("is asked by one caller at a time once it has failed for all, and by all again when it answers", async () => {
    let nowMs = 0;
    let asked = 0;
    let isDown = true;
    const look = async () => {
      asked += 1;
      if (isDown) throw new StoreError("timeout", "no");
      return { kind: "done" };
    };
    const store = steadyStore({ look } as unknown as Store, {
      log: { warn: () => {}, info: () => {} },
      monotonicMs: () => nowMs,
      patienceMs: 0,
    });
    const all = () => Promise.allSettled(Array.from({ length: 30 }, () => store.look(address)));
    await all();
    const first = asked;
    nowMs += 1_000;
    await all();
    expect([first, asked - first]).toEqual([30, 1]);
    isDown = false;
    nowMs += 10_000;
    await store.look(address);
    expect((await all()).map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => "fulfilled"));
  });
});

describe("what it tells", () => {
  it("is one word per trouble, however many calls meet it, another after a while, and one when it is over", async () => {
    const { store, told, pass } = given([..."x".repeat(9)].map(() => "loading" as const));
    await Promise.all([store.look(address), store.look(address), store.look(address)]);
    expect(told).toEqual(["loading", "not loading"]);
    pass(31_000);
    await store.look(address);
    expect(told).toEqual(["loading", "not loading"]);
  });

  it("does not call a full memory over because something could still be read", async () => {
    const troubles = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? "out_of_memory" : undefined));
    const { store, told, pass } = given(troubles as StoreTrouble[]);
    for (let n = 0; n < 20; n += 1) await store.look(address).catch(() => {});
    expect(told).toEqual(["out_of_memory"]);
    pass(31_000);
    await store.look(address).catch(() => {});
    expect(told).toEqual(["out_of_memory", "out_of_memory"]);
  });
});

// A breaker around the uses of one thing: of this process alone, or of everybody who can reach it.
import { expect, it } from "vitest";
import { breaker } from "../../../../infra/breaker/breaker.ts";
import { callGate, GATE } from "../../../../infra/breaker/call-gate.ts";
import { memoryRecords } from "../../../../infra/breaker/records.ts";
import { ownUse, sharedUse, type Use, type UseGate } from "../../../../infra/breaker/use-gate.ts";

const LIMITS = { ...GATE, failuresMax: 3 };

async function used(gate: UseGate, well: boolean | null): Promise<void> {
  const use = await gate.enter();
  if (use.open) throw new Error("held back");
  await use.ended(well);
}

/** Two workers, and the hand of their clock. */
function workers(kind: "shared" | "own"): { gates: [UseGate, UseGate]; pass: (ms: number) => void } {
  let nowMs = 1_000;
  const monotonicMs = (): number => nowMs;
  const records = memoryRecords(monotonicMs);
  const gate = (): UseGate =>
    kind === "shared"
      ? sharedUse(callGate({ records, monotonicMs, limits: LIMITS }), "plugin:it")
      : ownUse(breaker({ name: "it", failuresMax: 3, monotonicMs }));
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { gates: [gate(), gate()], pass };
}

it("an address that fails for one worker is left alone by the other; a process of its own is not", async () => {
  for (const [kind, isOpen] of [
    ["shared", true],
    ["own", false],
  ] as const) {
    const { gates } = workers(kind);
    for (let at = 0; at < 3; at += 1) await used(gates[0], false);
    expect((await gates[0].enter()).open).toBe(true);
    expect((await gates[1].enter()).open, kind).toBe(isOpen);
  }
});

it.each(["shared", "own"] as const)("what says nothing of the other side is no failure: %s", async (kind) => {
  const { gates } = workers(kind);
  for (let at = 0; at < 20; at += 1) await used(gates[0], null);
  expect((await gates[0].enter()).open).toBe(false);
});

it.each(["shared", "own"] as const)(
  "after its rest one use tries, and its success lets all through: %s",
  async (kind) => {
    const { gates, pass } = workers(kind);
    for (let at = 0; at < 3; at += 1) await used(gates[0], false);
    pass(GATE.coolingFirstMs);
    const probe = (await gates[0].enter()) as Use;
    expect(probe.open).toBe(false);
    const second = await gates[0].enter();
    expect(second.open && second.waitMs).toBeGreaterThan(0);
    await probe.ended(true);
    expect((await gates[0].enter()).open).toBe(false);
  },
);

// What the next model call is held to cost: by the bytes that a tokenizer sees, whatever language they spell.
import { expect, it } from "vitest";
import { type Entry, textEntry } from "../../../actors/runtime/conversation.ts";
import { reserveFor } from "../../../actors/runtime/reserve.ts";
import type { RunRow } from "../../../actors/runtime/run-row.ts";
import { plainSession } from "../../support/plain-session.ts";

const run = { binding: "b" } as RunRow;
const reserve = reserveFor({
  access: () => ({ price: () => null }) as never,
  grants: async () => ({}) as never,
} as never);
const estimate = (entries: readonly Entry[]): number => {
  const reservation = reserve(run, plainSession(["Read"]), entries);
  if (reservation === null) throw new Error("nothing is reserved");
  return reservation.inTokens;
};
const answered: Entry = { role: "assistant", content: [{ type: "text", text: "ok" }], tokens: 1_000 };

it("text whose characters take three bytes is held to cost three times as much, not the same", () => {
  const grown = (text: string): number => estimate([answered, textEntry(text)]) - estimate([answered, textEntry("")]);
  expect(grown("字".repeat(800))).toBe(3 * grown("x".repeat(800)));
});

it("what was measured is taken as it is, and only what came since is estimated", () => {
  expect(estimate([textEntry("x".repeat(50_000)), answered])).toBe(1_000);
  expect(estimate([answered, textEntry("x")])).toBeGreaterThan(1_000);
});

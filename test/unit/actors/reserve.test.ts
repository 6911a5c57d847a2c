// What the next model call is held to cost: what the server told last, and a count of ours for what came since, as far
// off as it was before. Who is asked for more than a guess, and when.
import { beforeEach, expect, it } from "vitest";
import type { Left } from "../../../actors/runtime/budget-view.ts";
import { type Entry, textEntry } from "../../../actors/runtime/conversation.ts";
import { countedUnits, ratioOf } from "../../../actors/runtime/prompt-estimate.ts";
import { type Pricing, pricing } from "../../../actors/runtime/reserve.ts";
import type { RunRow } from "../../../actors/runtime/run-row.ts";
import { byBytes, o200k } from "../../../infra/model/token-count.ts";
import { plainSession } from "../../support/plain-session.ts";

const run = { binding: "b", config: { prices: null } } as RunRow;
const session = plainSession(["Read"]);
const bytes = byBytes(1);
const over = (more: Record<string, unknown> = {}, left: Left | null = null): Pricing =>
  pricing({
    access: () => ({ price: () => null, ...more }) as never,
    view: { known: () => undefined, look: async () => left, refresh: () => {} },
  });
const estimate = (entries: readonly Entry[], priced = over()): number => {
  const reservation = priced.reserve(run, session, entries);
  if (reservation === null) throw new Error("nothing is reserved");
  return reservation.inTokens;
};
const answered: Entry = { role: "assistant", content: [{ type: "text", text: "ok" }], tokens: 1_000 };
const grown = (last: Entry, text: string, priced = over({ tokenizer: bytes })): number =>
  estimate([last, textEntry(text)], priced) - estimate([last, textEntry("")], priced);

it("text whose characters take three bytes is held to cost three times as much, not the same", () => {
  const [wide, plain] = [grown(answered, "字".repeat(800)), grown(answered, "x".repeat(800))];
  expect(plain).toBeGreaterThan(800);
  expect(Math.abs(wide - 3 * plain)).toBeLessThanOrEqual(3);
});

it("what was measured is taken as it is, and only what came since is estimated", () => {
  expect(estimate([textEntry("x".repeat(50_000)), answered])).toBe(1_000);
  expect(estimate([answered, textEntry("x")])).toBeGreaterThan(1_000);
});

it("a count of ours that was half of what the server told is taken twice, and fifteen in a hundred more", () => {
  const text = "x".repeat(1_000);
  expect(grown({ ...answered, units: 1_000, model: "m" }, text)).toBe(1_150);
  expect(grown({ ...answered, units: 500, model: "m" }, text)).toBe(2_300);
});

it("figures of another model, or of two texts, correct nothing", () => {
  expect(ratioOf({ ...answered, units: 500, model: "another" }, "m")).toBeNull();
  expect(ratioOf({ ...answered, units: 500, model: "m-20260101" }, "m")).toBe(2);
  expect(ratioOf({ ...answered, units: 1, model: "m" }, "m")).toBe(4);
});

it("what one agent of a model was told holds for the first prompt of the next", () => {
  const priced = over({ tokenizer: bytes });
  const first = estimate([textEntry("x".repeat(1_000))], priced);
  estimate([{ ...answered, units: 2_000, model: "m" }], priced);
  expect(estimate([textEntry("x".repeat(1_000))], priced)).toBeLessThan(first / 2);
});

it("a count goes on from the last answer's, and never counts what it has counted", () => {
  let looks = 0;
  const tokenizer = {
    count(text: string) {
      looks += text.length;
      return { tokens: text.length, bytes: text.length, countedBytes: text.length };
    },
  };
  const long = textEntry("x".repeat(10_000));
  const first: Entry = { role: "assistant", content: [{ type: "text", text: "one" }], tokens: 9 };
  const units = countedUnits(session, [long], first, tokenizer);
  expect(units).toBeGreaterThan(10_000);
  looks = 0;
  const next = textEntry("y".repeat(50));
  const later: Entry = { role: "assistant", content: [{ type: "text", text: "two!" }] };
  expect(countedUnits(session, [long, { ...first, units }, next], later, tokenizer)).toBe(units + 54);
  expect(looks).toBe(54);
});

it("a text that is too long to count is held at 1.6 bytes a token where nobody looked", async () => {
  const tokenizer = await o200k.load();
  const { bytes: all, countedBytes, tokens } = tokenizer.count("word ".repeat(40_000));
  expect([all, countedBytes < 70_000, tokens > 10_000]).toEqual([200_000, true, true]);
  const priced = over({ tokenizer: o200k });
  expect(grown({ ...answered, units: 1_000, model: "m" }, "word ".repeat(40_000), priced)).toBeGreaterThan(
    (200_000 - countedBytes) / 1.6,
  );
});

it.each([
  ["a word without an end", "a".repeat(300_000), 65_536],
  ["a script that takes three bytes a character", "字".repeat(100_000), 3_300],
])("what it takes to count %s is bounded", async (_, text, countedMost) => {
  const { countedBytes, bytes: all } = (await o200k.load()).count(text);
  expect(all).toBe(300_000);
  expect(countedBytes).toBeGreaterThan(1_000);
  expect(countedBytes).toBeLessThanOrEqual(countedMost);
});

it("words that mean something to another vendor's models are text like any other", async () => {
  const { tokens } = (await o200k.load()).count("say <|endoftext|> and <|im_start|>");
  expect(tokens).toBeGreaterThan(8);
});

it("a tokenizer that is not loaded is waited for once, and a prompt is never priced without", async () => {
  let loaded = false;
  const late = {
    loaded: () => (loaded ? bytes.loaded() : null),
    load: async () => {
      loaded = true;
      return bytes.load();
    },
  };
  const priced = over({ tokenizer: late });
  expect(() => estimate([textEntry("x")], priced)).toThrow(/before its tokenizer is loaded/);
  await priced.ready(run);
  expect(priced.ready(run)).toBeNull();
  expect(estimate([textEntry("x")], priced)).toBeGreaterThan(0);
});

let asked = 0;
beforeEach(() => {
  asked = 0;
});
const counting = {
  tokenizer: bytes,
  count: async () => {
    asked += 1;
    return 5_000;
  },
};
const sharpened = (priced: Pricing, inTokens: number, refused = false): Promise<number | null> =>
  priced.sharpen(
    {
      run,
      runId: "r",
      session,
      entries: () => [textEntry("x".repeat(4_000))],
      reserve: { inTokens, outTokensWanted: 1, outTokensLeast: 1, inNanoUsd: 10, outNanoUsd: 10 },
    },
    refused,
  );

it("a server is asked for the first prompt of a model, and then only where the prompt is a large part of what is left", async () => {
  const priced = over(counting, { tokens: 100_000, nanoUsd: null });
  expect(await sharpened(priced, 1_000)).toBe(5_100);
  expect(await sharpened(priced, 24_000)).toBeNull();
  expect(asked).toBe(1);
  expect(await sharpened(priced, 26_000)).toBe(5_100);
  expect(asked).toBe(2);
});

it("money counts like tokens", async () => {
  const priced = over(counting, { tokens: null, nanoUsd: 100_000 });
  await sharpened(priced, 1);
  expect(await sharpened(priced, 2_400)).toBeNull();
  expect(await sharpened(priced, 2_600)).toBe(5_100);
});

it("where nothing is limited nobody is asked; before an agent is refused its server is", async () => {
  const priced = over(counting, { tokens: null, nanoUsd: null });
  expect(await sharpened(priced, 1_000_000)).toBeNull();
  expect(await sharpened(over(counting, null), 1_000_000)).toBeNull();
  expect(asked).toBe(0);
  expect(await sharpened(priced, 1_000_000, true)).toBe(5_100);
});

it("a server that cannot count leaves the guess as it is", async () => {
  const priced = over({ tokenizer: bytes, count: async () => null }, { tokens: 10, nanoUsd: null });
  expect(await sharpened(priced, 1_000)).toBeNull();
  expect(await sharpened(over({ tokenizer: bytes }, { tokens: 10, nanoUsd: null }), 1_000, true)).toBeNull();
});

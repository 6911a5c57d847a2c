/** How much a server may send: counted in windows, and nothing nests without an end. */
import { expect, it } from "vitest";
import { isTooDeep, meter } from "../../../../infra/mcp/meter.ts";

it("a message that nests too deeply is none, whatever its texts hold", () => {
  expect(isTooDeep(`${"[".repeat(201)}${"]".repeat(201)}`)).toBe(true);
  expect(isTooDeep(`${"[".repeat(200)}${"]".repeat(200)}`)).toBe(false);
  expect(isTooDeep(JSON.stringify({ text: `${"[{".repeat(500)}"\\` }))).toBe(false);
  expect(isTooDeep("[],".repeat(1_000))).toBe(false);
});

it("what is too much at once is not too much over time", () => {
  let nowMs = 0;
  const limits = meter(() => nowMs);
  const many = (): (string | null)[] => Array.from({ length: 2_000 }, () => limits.message());
  expect(many().filter((why) => why !== null)).toEqual([]);
  expect(limits.message()).toContain("more than 2000 messages");
  nowMs = 10_001;
  expect(many().filter((why) => why !== null)).toEqual([]);
});

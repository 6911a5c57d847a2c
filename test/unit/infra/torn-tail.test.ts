// Whether an append-only file ends inside a transaction, whatever stands in it and wherever it was cut.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { endsInTransaction } from "../../../infra/redis/torn-tail.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "statehive-torn-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const command = (...words: string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;

function endsIn(bytes: Buffer | string): boolean {
  const file = join(folder, "one.aof");
  writeFileSync(file, bytes);
  return endsInTransaction(file);
}

test("it does from behind the transaction's first word to before its last, at every byte, and nowhere else", () => {
  const before = `#TS:1700000000\r\n${command("SELECT", "0")}${command("set", "k", "v")}`;
  const [first, last] = [command("MULTI"), command("EXEC")];
  // What is written may look like anything, also like the end of a transaction.
  const inside = command("set", "a", "*1\r\n$4\r\nEXEC\r\n") + command("set", "b", "ü\r\n".repeat(3));
  const file = Buffer.from(before + first + inside + last + before);
  const from = Buffer.byteLength(before + first);
  const to = Buffer.byteLength(before + first + inside + last);
  const cuts = Array.from({ length: file.length + 1 }, (_, at) => at);
  expect(cuts.filter((at) => endsIn(file.subarray(0, at)))).toEqual(cuts.filter((at) => at >= from && at < to));
});

test("a transaction that is larger than what is read at once is seen to its end", () => {
  const large = command("set", "a", "x".repeat(3_000_000));
  const open = command("MULTI") + large + large;
  expect(endsIn(open)).toBe(true);
  expect(endsIn(open + command("EXEC"))).toBe(false);
  expect(endsIn(open.slice(0, -1_000_000))).toBe(true);
});

test("what is no such file is not taken for a whole one; an empty one is whole", () => {
  expect(endsIn("REDIS0011\u00fa\tredis-ver\r\n")).toBe(true);
  expect(endsIn("")).toBe(false);
});

// The answer keys are whole, and comparing with one counts what it says: exact, one level off, two levels off, unknown.

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { primitiveIds } from "../../../registry/probes/finding.ts";
import { compareWithKey, letters } from "../../evaluation-key/compare.ts";
import { type Key, type Level, levelsOf, readKey } from "../../evaluation-key/key.ts";

const keys = fileURLToPath(new URL("../../evaluation-key/keys", import.meta.url));
const names = readdirSync(keys);

const keyOf = (level: Level): Key => ({
  repository: "https://example.org/some/agent",
  commit: "0".repeat(40),
  languages: "Python",
  use: "tuned",
  readings: Object.fromEntries(
    primitiveIds.map((id) => [id, { level, reason: "read", evidence: ["a.py:1-3"] }]),
  ) as Key["readings"],
});

function written(document: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), "statehive-key-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "key.json");
  writeFileSync(file, JSON.stringify(document));
  return file;
}

test("there are keys, of both languages, and some were held out", async () => {
  const read = await Promise.all(names.map((name) => readKey(join(keys, name))));
  expect(read.length).toBeGreaterThanOrEqual(6);
  for (const language of ["TypeScript", "Python"]) {
    expect(read.filter(({ languages }) => languages.includes(language)).length).toBeGreaterThanOrEqual(2);
  }
  expect(read.filter(({ use }) => use === "held out").length).toBeGreaterThanOrEqual(2);
});

test.each(names)("%s names a line for every level above absent", async (name) => {
  const { readings } = await readKey(join(keys, name));
  const above = primitiveIds.filter((id) => readings[id].level === "present" || readings[id].level === "partial");
  expect(above.filter((id) => readings[id].evidence.length === 0)).toEqual([]);
});

test("a key with a primitive missing, an unknown level or no full commit is refused", async () => {
  const whole = keyOf("absent");
  await expect(readKey(written(whole))).resolves.toEqual(whole);
  const { "token-budget": _, ...readings } = whole.readings;
  await expect(readKey(written({ ...whole, readings }))).rejects.toThrow(/token-budget/);
  await expect(readKey(written({ ...whole, commit: "0a1b2c" }))).rejects.toThrow(/commit/);
  const odd = { ...whole.readings, "token-budget": { ...whole.readings["token-budget"], level: "maybe" } };
  await expect(readKey(written({ ...whole, readings: odd }))).rejects.toThrow(/level/);
});

test("present for absent, and absent for present, are errors of two levels; a neighbour is not", () => {
  const key = keyOf("partial");
  key.readings["tool-registry"].level = "absent";
  key.readings["session-persistence"].level = "present";
  const found = {
    ...levelsOf(key),
    "tool-registry": "present",
    "session-persistence": "absent",
    "token-budget": "present",
    "workflow-state": "absent",
  } as const;
  const { compared, exact, misses } = compareWithKey(key, found);
  expect([compared, exact]).toEqual([12, 8]);
  expect(misses.map(({ primitive, way, twoLevels }) => [primitive, way, twoLevels])).toEqual([
    ["tool-registry", "over", true],
    ["session-persistence", "under", true],
    ["workflow-state", "under", false],
    ["token-budget", "over", false],
  ]);
});

test("unknown where the key knows better is a miss, but no error of two levels; and so is the reverse", () => {
  const present = compareWithKey(keyOf("present"), { "tool-registry": "unknown" });
  expect(present).toMatchObject({ compared: 1, exact: 0, misses: [{ way: "unknown", twoLevels: false }] });
  const unknown = compareWithKey(keyOf("unknown"), { "tool-registry": "present", "token-budget": "unknown" });
  expect(unknown).toMatchObject({ compared: 2, exact: 1, misses: [{ way: "unknown", twoLevels: false }] });
});

test("what the analyst was not asked for is neither right nor wrong", () => {
  expect(compareWithKey(keyOf("present"), {})).toEqual({ compared: 0, exact: 0, misses: [] });
  expect(letters({ "tool-registry": "partial", "agent-type-system": "present" })).toBe("h----------p");
});

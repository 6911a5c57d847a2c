// What a settings file says wrongly is named with its field, the value that stands there, and what may stand there instead.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readConfigFile } from "../../../infra/config-schema.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { temporaryFolder } from "../../support/workspace.ts";

async function refused(given: unknown): Promise<{ message: string; hint: string }> {
  const file = join(temporaryFolder(), "swarm.config.json");
  writeFileSync(file, JSON.stringify(given));
  const error = await readConfigFile(file).then(
    () => null,
    (cause: unknown) => cause,
  );
  if (!(error instanceof SwarmError)) throw new Error(`not refused: ${JSON.stringify(given)}`);
  expect([error.code, error.exit]).toEqual(["config.invalid", 2]);
  return { message: error.message.replace(file, "FILE"), hint: error.hint ?? "" };
}

const price = { model: "m", input: 1, output: 1, write5m: 1, write1h: 1, read: 1 };

it.each([
  [{ compaction: 5 }, "compaction", "5"],
  [{ compaction: { atTokens: -1 } }, "compaction.atTokens", "-1"],
  [{ compaction: { everyTurns: 1.5 } }, "compaction.everyTurns", "1.5"],
  [{ compaction: { keepTurns: 1e9 } }, "compaction.keepTurns", "1000000000"],
  [{ compaction: { with: "magic" } }, "compaction.with", '"magic"'],
  [{ memory: true }, "memory", "true"],
  [{ memoryDays: 0 }, "memoryDays", "0"],
  [{ prices: {} }, "prices", "{}"],
  [{ prices: [{ ...price, input: "1" }] }, "prices.0.input", '"1"'],
  [{ prices: [{ model: "m" }] }, "prices.0.input", "missing"],
  [{ prices: [{ ...price, effectiveFrom: "soon" }] }, "prices.0.effectiveFrom", '"soon"'],
  [{ cacheDiagnostics: "yes" }, "cacheDiagnostics", '"yes"'],
])("%j is refused with its field and the value that stands there", async (given, field, value) => {
  const { message } = await refused(given);
  expect(message.startsWith(`FILE: ${field}: `)).toBe(true);
  expect(message.endsWith(`; it is ${value}`)).toBe(true);
});

it("a value without end is shown by its beginning", async () => {
  const { message } = await refused({ memory: "x".repeat(5_000) });
  expect(message.length).toBeLessThan(250);
});

it("what is wrong inside of a setting is answered with that setting's fields, an unknown one too", async () => {
  const fields = "Fields of compaction are: atTokens, everyTurns, keepTurns, with.";
  expect((await refused({ compaction: { atToken: 5 } })).hint).toBe(fields);
  expect((await refused({ compaction: { atTokens: -5 } })).hint).toBe(fields);
  expect((await refused({ prices: [{ ...price, cache: 1 }] })).hint).toContain("write5m, write1h, read");
  expect((await refused({ compactions: {} })).hint).toMatch(/^Fields are: .*compaction/);
});

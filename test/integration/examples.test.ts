/** The examples are programs, and they run. */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { expect, it } from "vitest";

const runExample = (file: string): string =>
  execFileSync(process.execPath, ["--import", "tsx", `examples/${file}`], { encoding: "utf8" });

it("every example ends well and says something", () => {
  const files = readdirSync("examples").filter((file) => file.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) expect(runExample(file).length).toBeGreaterThan(0);
});

it("walking a turn leads from birth to a result and a word to the parent", () => {
  const lines = runExample("walk-a-turn.ts").trim().split("\n");
  expect(lines[0]).toBe("born -> assembling [session.assemble]");
  expect(lines.at(-1)).toBe("result.verified -> completed [result.put, message.send]");
});

/**
 * Runs every test file that draws its inputs, with a seed that nobody had before; `--seed N` repeats one. Whatever else
 * is given goes to vitest. The exit status is vitest's.
 */
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { seedFrom } from "./test-seed.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values, positionals } = parseArgs({ options: { seed: { type: "string" } }, allowPositionals: true });
const seed = values.seed === undefined ? randomInt(2 ** 32 - 1) : seedFrom(values.seed);

const drawing = new Map<string, boolean>();

/** Whether the file, or one of ours that it imports, makes properties. */
function draws(file: string): boolean {
  const known = drawing.get(file);
  if (known !== undefined) return known;
  drawing.set(file, false); // imports may go round in a circle
  const text = readFileSync(file, "utf8");
  const imported = [...text.matchAll(/^(?:import|export|\}).* from "(\.[^"]+\.ts)";$/gm)]
    .map(([, path = ""]) => resolve(dirname(file), path))
    .filter((path) => path.startsWith(join(root, "test/")));
  const found = /^import .* from "fast-check";$/m.test(text) || imported.some(draws);
  drawing.set(file, found);
  return found;
}

const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts") && !file.includes("fixtures"))
  .map((file) => join("test", file))
  .filter((file) => draws(join(root, file)));
const say = (): void => void process.stderr.write(`seed ${seed}; again: npm run fuzz -- --seed ${seed}\n`);

say();
const vitest = join(root, "node_modules/vitest/vitest.mjs");
const { status } = spawnSync(process.execPath, [vitest, "run", ...files, ...positionals], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, SWARM_TEST_SEED: String(seed) },
});
say();
process.exitCode = status ?? 1;

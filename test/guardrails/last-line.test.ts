// The last line of a test run is read by scripts: it must count what happened, and never look better than the exit status.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const reporter = join(root, "test", "support", "last-line-reporter.ts");

const head = 'import { beforeAll, describe, expect, test } from "vitest";\n';

type Run = {
  readonly name: string;
  readonly retry?: number;
  /** Before the last line. */
  readonly flaky?: readonly string[];
  readonly code?: string;
  readonly other?: string;
  readonly setup?: string;
  readonly line: string;
  readonly status: number;
};

const runs: readonly Run[] = [
  {
    name: "tests that pass",
    code: 'test("a", () => {});\ntest("b", () => {});',
    line: "2 passed, 0 failed",
    status: 0,
  },
  {
    name: "one test of each kind",
    code: 'test("a", () => {});\ntest("b", () => expect(1).toBe(2));\ntest.skip("c", () => {});\ntest.todo("d");',
    line: "1 passed, 1 failed, 2 skipped",
    status: 1,
  },
  {
    name: "a test that passes at its second try",
    retry: 1,
    code: 'let tries = 0;\ndescribe("d", () => {\n  test("a", () => {\n    tries += 1;\n    if (tries === 1) throw new Error("bad luck\\nat length");\n  });\n});\ntest("b", () => {});',
    line: "2 passed, 0 failed",
    flaky: ["flaky: test/one.test.ts > d > a: bad luck"],
    status: 0,
  },
  {
    name: "a test that fails at its second try, too",
    retry: 1,
    code: 'test("a", () => expect(1).toBe(2));\ntest("b", () => {});',
    line: "1 passed, 1 failed",
    status: 1,
  },
  { name: "no test at all", line: "0 passed, 1 failed", status: 1 },
  { name: "only skipped tests", code: 'test.skip("a", () => {});', line: "0 passed, 1 failed, 1 skipped", status: 1 },
  { name: "a file that cannot be loaded", code: 'import "./absent.ts";', line: "0 passed, 1 failed", status: 1 },
  {
    name: "a describe that cannot be set up",
    code: 'describe("d", () => {\n  beforeAll(() => {\n    throw new Error("no");\n  });\n  test("a", () => {});\n});\ntest("b", () => {});',
    line: "1 passed, 1 failed, 1 skipped",
    status: 1,
  },
  {
    name: "an error outside of any test",
    code: 'test("a", async () => {\n  Promise.reject(new Error("stray"));\n  await new Promise((resolve) => setImmediate(resolve));\n});',
    line: "1 passed, 1 failed",
    status: 1,
  },
  {
    name: "a failed test, a describe that cannot be set up and a stray error",
    code: 'describe("d", () => {\n  beforeAll(() => {\n    throw new Error("no");\n  });\n  test("a", () => {});\n});\ntest("b", async () => {\n  Promise.reject(new Error("stray"));\n  await new Promise((resolve) => setImmediate(resolve));\n  expect(1).toBe(2);\n});',
    line: "0 passed, 3 failed, 1 skipped",
    status: 1,
  },
  {
    name: "a failed test and a file that breaks while it is read",
    code: 'test("a", () => expect(1).toBe(2));',
    other: 'throw new Error("no");',
    line: "0 passed, 2 failed",
    status: 1,
  },
  {
    name: "a global tear-down that fails the run",
    code: 'test("a", () => {});',
    setup: "export function teardown() {\n  process.exitCode = 3;\n}",
    line: "1 passed, 1 failed",
    status: 3,
  },
  {
    name: "a global set-up that fails",
    code: 'test("a", () => {});',
    setup: 'throw new Error("no");',
    line: "0 passed, 1 failed",
    status: 1,
  },
];

describe("the last line of a run", () => {
  test.each(runs)(
    "with $name says $line, and the exit status agrees",
    ({ code, other, setup, retry, line, flaky = [], status }) => {
      const folder = mkdtempSync(join(tmpdir(), "statehive-last-line-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
      mkdirSync(join(folder, "test"));
      const settings = { reporters: ["default", reporter], retry, ...(setup && { globalSetup: ["./setup.ts"] }) };
      writeFileSync(join(folder, "vitest.config.mjs"), `export default { test: ${JSON.stringify(settings)} };\n`);
      if (setup !== undefined) writeFileSync(join(folder, "setup.ts"), setup);
      if (code !== undefined) writeFileSync(join(folder, "test", "one.test.ts"), head + code);
      if (other !== undefined) writeFileSync(join(folder, "test", "other.test.ts"), other);

      const outcome = spawnSync(process.execPath, [vitest, "run"], { cwd: folder, encoding: "utf8" });

      const lines = outcome.stdout.trimEnd().split("\n");
      expect(lines.filter((one) => one.startsWith("flaky: "))).toEqual(flaky);
      expect(lines.slice(-1 - flaky.length)).toEqual([...flaky, line]);
      expect(outcome.status).toBe(status);
    },
  );
});

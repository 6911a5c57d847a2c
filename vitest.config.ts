// One vitest project per kind of test, by folder: a test's folder decides its limits and nothing else.
// Benchmarks are a program of their own (`npm run bench`), because no test may assert on speed.

import { defineConfig } from "vitest/config";

/**
 * Time limit of one test or hook, in milliseconds, by folder under `test/`: what only something that hangs exceeds. At a load
 * of 14 on two cores, tests with real processes took up to 80 s.
 */
const timeoutMsByFolder = {
  unit: 60_000,
  model: 120_000,
  contract: 120_000,
  integration: 300_000,
  simulation: 120_000,
  chaos: 300_000,
  guardrails: 180_000,
  e2e: 300_000,
};

/** How long a fact may take to come true, in milliseconds: two busy cores are slow. */
const POLL_MS = 25_000;

/**
 * Folders whose files share a process, which spares each of them loading the same modules: what they test lies in that
 * process and they leave nothing behind there, or it lies in processes of its own. Files of `integration` and `chaos` have
 * servers, connections and timers in theirs, which end with it also where a test failed.
 */
const inOneProcess = new Set(["unit", "model", "contract", "simulation", "e2e", "guardrails"]);

/**
 * Folders whose tests need real processes, and so the goodwill of a machine: there a failed test has a second try in CI,
 * and the end of the run names it. What fails in the others fails for good.
 */
const ofTheMachine = new Set(["integration", "guardrails", "e2e", "chaos"]);
const inCi = process.env.CI !== undefined && !["", "0", "false"].includes(process.env.CI);

/** Files whose `setup` and `teardown` run once around the whole run, not once per test file. */
const globalSetup: string[] = [];

export default defineConfig({
  test: {
    pool: "forks",
    // Nearly half of what they do is waiting for processes, locks and clocks.
    maxWorkers: 4,
    passWithNoTests: false,
    globalSetup,
    setupFiles: ["./test/support/property-seed.ts"],
    reporters: ["default", "./test/support/last-line-reporter.ts"],
    projects: Object.entries(timeoutMsByFolder).map(([folder, timeoutMs]) => ({
      extends: true as const,
      test: {
        name: folder,
        include: [`test/${folder}/**/*.test.ts`],
        exclude: ["**/fixtures/**"],
        isolate: !inOneProcess.has(folder),
        retry: inCi && ofTheMachine.has(folder) ? 1 : 0,
        testTimeout: timeoutMs,
        hookTimeout: timeoutMs,
        expect: { poll: { timeout: POLL_MS } },
      },
    })),
  },
});

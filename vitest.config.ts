// One vitest project per kind of test, by folder: a test's folder decides its time limit and nothing else.
// Benchmarks are a program of their own (`npm run bench`), because no test may assert on speed.

import { defineConfig } from "vitest/config";

/** Time limit of one test or hook, in milliseconds, by folder under `test/`. */
const timeoutMsByFolder = {
  unit: 30_000,
  model: 120_000,
  contract: 60_000,
  integration: 120_000,
  simulation: 120_000,
  chaos: 120_000,
  guardrails: 60_000,
  e2e: 120_000,
};

/**
 * Folders whose files share a process, which spares each of them loading the same modules: what they test lies in that
 * process, and they leave nothing behind there.
 */
const inOneProcess = new Set(["unit", "model", "contract", "simulation"]);

/** Files whose `setup` and `teardown` run once around the whole run, not once per test file. */
const globalSetup: string[] = [];

export default defineConfig({
  test: {
    pool: "forks",
    // A third of what they do is waiting for processes, locks and clocks.
    maxWorkers: 3,
    passWithNoTests: false,
    globalSetup,
    reporters: ["default", "./test/support/last-line-reporter.ts"],
    projects: Object.entries(timeoutMsByFolder).map(([folder, timeoutMs]) => ({
      extends: true as const,
      test: {
        name: folder,
        include: [`test/${folder}/**/*.test.ts`],
        exclude: ["**/fixtures/**"],
        isolate: !inOneProcess.has(folder),
        testTimeout: timeoutMs,
        hookTimeout: timeoutMs,
      },
    })),
  },
});

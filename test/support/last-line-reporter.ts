// Ends every test run with one line that a script can read: `N passed, N failed` and, when any, `, N skipped`.
// The line and the exit status never disagree: whatever makes the run fail is counted as a failure. Before that line stands
// each test that passed at its second try only, so that nobody overlooks it.

import { writeSync } from "node:fs";
import type { Reporter, TestCase, TestModule } from "vitest/node";

type Tally = { passed: number; failed: number; skipped: number };

/**
 * Printed from the process's `exit` event, because other reporters and a slow close of the workers may still write
 * after the run has ended. A run that never reported its end (a crashed start, a signal) counts as one failure.
 */
export default class LastLineReporter implements Reporter {
  #tally: Tally | undefined;
  #flaky: readonly string[] = [];

  onInit(): void {
    process.once("exit", (code) => {
      const tally = this.#tally ?? { passed: 0, failed: 0, skipped: 0 };
      const ranNothing = tally.passed + tally.failed === 0;
      if (tally.failed === 0 && (code !== 0 || ranNothing)) tally.failed = 1;
      if (tally.failed > 0 && code === 0) process.exitCode = 1;
      writeSync(1, [...this.#flaky, lastLine(tally)].map((line) => `${line}\n`).join(""));
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tally: Tally = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      // A file or a `describe` that could not be set up runs none of its tests: it is a failure all the same.
      tally.failed += module.errors().length;
      for (const suite of module.children.allSuites()) tally.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") tally.passed += 1;
        else if (state === "skipped") tally.skipped += 1;
        else tally.failed += 1;
      }
    }
    this.#tally = tally;
    this.#flaky = modules.flatMap((module) => [...module.children.allTests("passed")].flatMap(flakyLine));
  }
}

/** None for a test that passed at once. */
function flakyLine(test: TestCase): string[] {
  if (test.diagnostic()?.flaky !== true) return [];
  const [first] = test.result().errors ?? [];
  const message = (first?.message ?? "it does not say why").split("\n")[0];
  return [`flaky: ${test.module.relativeModuleId} > ${test.fullName}: ${message}`];
}

function lastLine({ passed, failed, skipped }: Tally): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}

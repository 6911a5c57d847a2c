/**
 * Runs one named test on a copy of the project in which one mechanism is switched off. The copy shares nothing that is
 * written with the original.
 */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Change, Named } from "./guarantee.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));
/** Not copied: made anew, shared by a link, or of no use to a test. */
const LEFT_OUT = new Set(["node_modules", "dist", ".git", ".swarm"]);
/** Longest that one test file may take, in milliseconds. */
const TEST_MS = 150_000;

export interface Seen {
  readonly passed: number;
  readonly failed: number;
  /** First words of the first failure. */
  readonly failure: string;
}

/** A folder of its own with everything but what was left out. Ends with {@link Copy.remove}. */
export interface Copy {
  readonly folder: string;
  remove(): void;
}

export function copyOfProject(): Copy {
  const folder = mkdtempSync(join(tmpdir(), "swarm-mutant-"));
  for (const name of readdirSync(root)) {
    if (!LEFT_OUT.has(name)) cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Applies the changes and gives back what undoes them. Throws where a text does not stand there exactly once. */
export function switchOff(folder: string, changes: readonly Change[]): () => void {
  const before = new Map<string, string>();
  for (const { file, find, replace } of changes) {
    const path = join(folder, file);
    const text = readFileSync(path, "utf8");
    const times = text.split(find).length - 1;
    if (times !== 1) throw new Error(`${file}: the text to change stands there ${times} times: ${find.slice(0, 80)}`);
    if (!before.has(path)) before.set(path, text);
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
  }
  return () => {
    for (const [path, text] of before) writeFileSync(path, text);
  };
}

/** Throws where the run did not come to an end by itself. */
export function runTest(folder: string, { file, title, built }: Named): Promise<Seen> {
  if (built === true)
    execFileSync(process.execPath, [join("test", "support", "build.mjs")], { cwd: folder, stdio: "ignore" });
  const vitest = join("node_modules", "vitest", "vitest.mjs");
  const pattern = title.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const report = join(folder, "mutant-report.json");
  const args = [vitest, "run", file, "-t", pattern, "--reporter=json", `--outputFile=${report}`];
  return new Promise((resolve, reject) => {
    // A group of its own: what a broken mechanism leaves running goes with the test that started it.
    const child = spawn(process.execPath, args, { cwd: folder, stdio: "ignore", detached: true });
    const end = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // Nothing of it is left.
      }
    };
    const patience = setTimeout(end, TEST_MS);
    process.once("exit", end);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(patience);
      process.off("exit", end);
      end();
      if (signal !== null) {
        // A mechanism whose loss makes everything wait for ever has been seen to be missing, too.
        resolve({ passed: 0, failed: 1, failure: `no end within ${TEST_MS / 1_000} s` });
        return;
      }
      try {
        resolve(seenIn(JSON.parse(readFileSync(report, "utf8")) as Report));
      } catch (cause) {
        reject(new Error(`${file}: vitest ended with ${code} and left no report`, { cause }));
      } finally {
        rmSync(report, { force: true });
      }
    });
  });
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly failureMessages: readonly string[] }[];
  }[];
}

function seenIn(report: Report): Seen {
  const failures = report.testResults.flatMap(({ status, message, assertionResults }) => {
    const told = assertionResults.flatMap(({ failureMessages }) => failureMessages);
    return told.length > 0 ? told : status === "failed" ? [message] : [];
  });
  const broken = report.numFailedTests === 0 && failures.length > 0 ? 1 : 0;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken,
    failure: (failures[0] ?? "").split("\n")[0]?.slice(0, 160) ?? "",
  };
}

/** A journal in a folder of its own, with the compiled recorder, and processes that use the compiled journal beside it. */
import { execFileSync, spawn } from "node:child_process";
import { chownSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { onTestFinished } from "vitest";
import type { Sandbox } from "../../infra/bwrap/sandbox.ts";
import { type HostState, openHostState } from "../../infra/journal/host-state.ts";
import { type Journal, openJournal } from "../../infra/journal/journal.ts";
import { openTestSandbox, type TestSandboxOptions } from "./sandbox.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
let dist: string | undefined;

/** Absolute path of a compiled module, of the same build whose command line is tested (`swarm-cli.ts`). */
export function builtModule(path: string): string {
  dist ??= builtFolder();
  return join(dist, path);
}

function builtFolder(): string {
  const given = process.env.SWARM_TEST_CLI;
  if (given !== undefined) return join(dirname(given), "../..");
  execFileSync(process.execPath, [join(root, "test/support/build.mjs")], { stdio: "inherit" });
  return join(root, "dist");
}

export interface TestJournal {
  readonly journal: Journal;
  readonly state: HostState;
  /** A folder to run commands in; gone when the test ends, like everything else. */
  readonly workspace: string;
  readonly sandbox: Sandbox | null;
}

export interface TestJournalOptions {
  /** Over what a command sees anyhow. */
  readonly env?: Readonly<Record<string, string>>;
  /** `off` where absent: commands run as they are. */
  readonly confined?: Omit<TestSandboxOptions, "state" | "env">;
  /** Who the workspace belongs to; needs root. */
  readonly owner?: number;
}

export async function openTestJournal({ env = {}, confined, owner }: TestJournalOptions = {}): Promise<TestJournal> {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "statehive-journal-")));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const workspace = realpathSync(mkdtempSync(join(home, "work-")));
  const state = await openHostState([join(home, "state")]);
  const recorder = builtModule("infra/journal/recorder.js");
  if (owner !== undefined) chownSync(workspace, owner, owner);
  const seen = { PATH: process.env.PATH ?? "", HOME: home, ...env };
  const sandbox =
    confined === undefined ? null : await openTestSandbox({ ...confined, env: seen, state: state.folder });
  const journal = openJournal({
    state,
    env: seen,
    recorder,
    confinement: sandbox === null ? "off" : sandbox.confinement,
    reasons: sandbox?.reasons,
  });
  return { journal, state, workspace, sandbox };
}

/** Runs a module's text in a process of its own; `gate` etc. are imported by URL. Resolves with what it printed. */
export function elsewhere(code: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
    });
    child.once("error", reject);
    child.once("close", () => resolve(said));
  });
}

export const moduleUrl = (path: string): string => pathToFileURL(builtModule(path)).href;

/** Lines of a file; none where there is no file. */
export function linesIn(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
}

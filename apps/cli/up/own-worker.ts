/** The worker that belongs to `swarm up`: begun again where it dies, ended with it, and gone by itself where `up` was killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";

/** Milliseconds before it is begun again: doubled with each that did not live. */
const AGAIN_MS = 500;
const AGAIN_MAX_MS = 30_000;
/** One that lived so long has lived. */
const LIVED_MS = 60_000;
/** In a row that did not live. */
const STARTS_MAX = 12;
/** Milliseconds that it gets to end its steps; past it it is killed, and its work is taken over later. */
const END_MS = 32_000;

export interface OwnWorker {
  stop(): Promise<void>;
}

export function ownWorker(dataDir: string, said: (line: string) => void): OwnWorker {
  const log = join(dataDir, "worker.log");
  let child: ChildProcess | null = null;
  let again: NodeJS.Timeout | null = null;
  let failed = 0;
  let stopped = false;
  const start = (): void => {
    const bornMs = performance.now();
    const born = begun(log);
    child = born;
    const over = (how: string): void => {
      if (child !== born) return;
      child = null;
      if (stopped) return;
      failed = performance.now() - bornMs > LIVED_MS ? 1 : failed + 1;
      if (failed >= STARTS_MAX) {
        said(`${failed} workers were started and none stayed alive; the last ended with ${how}. Their words: ${log}`);
        return;
      }
      said(`the worker ended with ${how}; another one is started. Its words: ${log}`);
      again = setTimeout(start, Math.min(AGAIN_MAX_MS, AGAIN_MS * 2 ** (failed - 1)));
    };
    born.once("error", (cause) => over(cause.message));
    born.once("exit", (code, signal) => over(signal ?? `status ${code}`));
  };
  start();
  return {
    async stop() {
      stopped = true;
      if (again !== null) clearTimeout(again);
      if (child !== null) await ended(child);
    },
  };
}

/** A session of its own: Ctrl-C reaches `up` alone, which ends it in order. Its stdin closes when `up` is gone, however. */
function begun(logPath: string): ChildProcess {
  const log = openSync(logPath, "a", 0o600);
  try {
    const entry = process.argv[1] as string;
    const child = spawn(process.execPath, [...process.execArgv, entry, "worker", "--with-parent"], {
      detached: true,
      stdio: ["pipe", log, log],
    });
    child.stdin?.on("error", () => {});
    return child;
  } finally {
    closeSync(log);
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    const late = setTimeout(() => child.kill("SIGKILL"), END_MS);
    child.once("exit", () => {
      clearTimeout(late);
      resolve();
    });
    child.kill("SIGTERM");
  });
}

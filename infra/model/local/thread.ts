/**
 * Runs the local Messages server in a worker thread, so that the analyst's CPU never delays this process's queue locks.
 * A thread that dies comes back at the same address with the same token; one that keeps dying stays down and says why.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { z } from "zod";
import { SwarmError } from "../../errors.ts";

/** More deaths than this within `restartWindowMs` (milliseconds) are no accident. */
const restartsMax = 3;
const restartWindowMs = 60_000;

/** Of the thread's JavaScript heap, in MB; beyond it the thread dies, not the process. */
const heapMbMax = 256;

/** Until the thread has to serve, in milliseconds. */
const startTimeoutMs = 30_000;

export interface LocalServerThreadOptions {
  /** The module whose export `brain` answers; default the local analyst. */
  readonly analystModuleUrl?: string | undefined;
  /** Told about every death. `final` means that it stays down: from then on, calls are refused. */
  readonly onDeath?: ((error: SwarmError, final: boolean) => void) | undefined;
}

export interface LocalServerThread {
  readonly baseUrl: string;
  readonly token: string;
  readonly close: () => Promise<void>;
}

/** The thread does not keep the process alive. @throws SwarmError `model.local_server` when it does not come up. */
export async function startLocalServerThread(options: LocalServerThreadOptions = {}): Promise<LocalServerThread> {
  const token = randomBytes(32).toString("base64url");
  const brainModuleUrl = options.analystModuleUrl ?? siblingUrl("analyst/brain");
  let closed = false;
  let deaths: number[] = [];
  let { worker, baseUrl } = await startWorker({ brainModuleUrl, token, port: 0 });
  const port = Number(new URL(baseUrl).port);

  const watch = (running: Worker) => {
    let cause: unknown;
    running.once("error", (error) => {
      cause = error;
    });
    running.once("exit", (exitCode) => {
      if (!closed) revive(died(cause ?? `exit code ${exitCode}`)).catch(raise);
    });
  };
  const revive = async (error: SwarmError): Promise<void> => {
    const now = Date.now();
    deaths = [...deaths.filter((at) => at > now - restartWindowMs), now];
    const final = deaths.length > restartsMax;
    options.onDeath?.(error, final);
    if (final) return;
    try {
      const next = await startWorker({ brainModuleUrl, token, port });
      worker = next.worker;
      if (closed) await worker.terminate();
      else watch(worker);
    } catch (failure) {
      if (!closed) await revive(died(failure));
    }
  };
  watch(worker);
  return {
    baseUrl,
    token,
    close: async () => {
      closed = true;
      await worker.terminate();
    },
  };
}

/** Reviving fails only by an `onDeath` that throws: a mistake of the caller, who has no other place to see it. */
function raise(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

async function startWorker(start: {
  readonly brainModuleUrl: string;
  readonly token: string;
  readonly port: number;
}): Promise<{ worker: Worker; baseUrl: string }> {
  const worker = new Worker(new URL(siblingUrl("thread-entry")), {
    workerData: start,
    // The analyst reads what hostile code produced; it needs none of this process's secrets.
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: heapMbMax },
    // What this process was started with (an --eval, an inspector, a loader) is not meant for the thread.
    execArgv: [],
  });
  try {
    const [message] = await once(worker, "message", { signal: AbortSignal.timeout(startTimeoutMs) });
    const { baseUrl } = z.object({ baseUrl: z.url() }).parse(message);
    worker.unref();
    return { worker, baseUrl };
  } catch (cause) {
    await worker.terminate();
    throw died(cause);
  }
}

function died(cause: unknown): SwarmError {
  if (cause instanceof SwarmError) return cause;
  const told = cause instanceof Error ? cause.message : String(cause);
  return new SwarmError("model.local_server", `the local model server died: ${told}`, {
    cause,
    retry: true,
    hint: "Set ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL to use a real model instead, and report this as a bug.",
  });
}

/** The thread is started from the build only: Node 20 loads no TypeScript into a worker thread, whatever loader the process has. */
function siblingUrl(name: string): string {
  const here = import.meta.url;
  if (here.endsWith(".js")) return new URL(`./${name}.js`, here).href;
  throw new SwarmError("model.local_server", "the worker thread runs from the build only", {
    hint: "Run the compiled program, or use startLocalServer in this process.",
  });
}

/** Starts a worker in a process of its own and asks it what it costs. What is started here ends with `stop`, or with us. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface WorkerSettings {
  readonly socket: string;
  /** Of the keys in Redis. */
  readonly prefix: string;
  /** Actor types that it hosts; all where absent. */
  readonly types?: readonly string[];
  readonly concurrency: number;
  /**
   * `turns`: performers that answer at once, the agents `held` at their first and last turn or not. `waitsFor`: the real
   * performers, over a model in the process whose first answer makes a call that somebody has to answer.
   */
  readonly work: { readonly turns: number; readonly held: boolean } | { readonly waitsFor: "approval" | "answer" };
}

export interface Told {
  /** Of all that it has done so far, in microseconds of user and system time. */
  readonly cpu: number;
  /** After two collections, but for the peak: the most that was resident since `forgetPeak`, looked at every 20 ms. */
  readonly memory: { readonly rssBytes: number; readonly heapBytes: number; readonly peakBytes: number };
  readonly forgetPeak: null;
  /** Activations under way. */
  readonly active: number;
  readonly gather: null;
  readonly go: readonly number[];
  readonly leave: null;
  readonly stop: null;
}

type What = keyof Told;
export type Asked =
  | { readonly id: number; readonly what: Exclude<What, "gather"> }
  | { readonly id: number; readonly what: "gather"; readonly agents: number };

export interface WorkerProcess {
  ask<Asks extends Exclude<What, "gather" | "stop">>(what: Asks): Promise<Told[Asks]>;
  /** As `Turns.gather`. */
  gather(agents: number): Promise<void>;
  stop(): Promise<void>;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (cause: Error) => void;
}

/** Resolves when the worker takes work. Rejects where it dies before. */
export async function startWorkerProcess(settings: WorkerSettings): Promise<WorkerProcess> {
  const file = fileURLToPath(new URL("worker-child.ts", import.meta.url));
  const child = fork(file, [JSON.stringify(settings)], { execArgv: [...process.execArgv, "--expose-gc"] });
  const { waiting, asks } = conversation(child);
  const killWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  child.once("exit", () => process.removeListener("exit", killWithUs));
  await new Promise((resolve, reject) => waiting.set(0, { resolve, reject }));
  return {
    ask: (what) => asks({ what }) as Promise<never>,
    async gather(agents) {
      await asks({ what: "gather", agents });
    },
    async stop() {
      const gone = once(child, "exit");
      await asks({ what: "stop" });
      await gone;
    },
  };
}

function conversation(child: ChildProcess): {
  readonly waiting: Map<number, Waiting>;
  readonly asks: (asked: { readonly what: What; readonly agents?: number }) => Promise<unknown>;
} {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  child.on("message", ({ id, value, broke }: { id: number; value: unknown; broke?: string }) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (broke === undefined) asked?.resolve(value);
    else asked?.reject(new Error(broke));
  });
  child.once("exit", (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`a benchmark's worker ended: ${code ?? signal}`));
  });
  return {
    waiting,
    asks: (asked) =>
      new Promise((resolve, reject) => {
        last += 1;
        waiting.set(last, { resolve, reject });
        child.send({ id: last, ...asked });
      }),
  };
}

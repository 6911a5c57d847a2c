/**
 * How long a run stands still when its worker is killed: from SIGKILL to the next commit, by a worker that was there
 * already (it looks after the dead of its host), and by one that is started by hand at once.
 */
import { Redis } from "ioredis";
import { eventually } from "../support/swarm-cli.ts";
import type { Arena, WorkerProcess } from "./arena.ts";
import { playOf } from "./reference-run.ts";

export interface Recovery {
  /** Milliseconds, one per kill. */
  readonly supervised: readonly number[];
  readonly alone: readonly number[];
}

export async function measureRecovery(arena: Arena, samples: number, say: (line: string) => void): Promise<Recovery> {
  await arena.endWorkers();
  const supervised: number[] = [];
  const alone: number[] = [];
  for (let index = 0; index < samples; index += 1) {
    supervised.push(await oneKill(arena, `s${index}`, true));
    alone.push(await oneKill(arena, `a${index}`, false));
  }
  const shown = (all: readonly number[]): string => all.map((ms) => ms.toFixed(0)).join(" ");
  say(`recovery, another worker alive: ${shown(supervised)} ms`);
  say(`recovery, a fresh worker: ${shown(alone)} ms`);
  return { supervised, alone };
}

async function oneKill(arena: Arena, key: string, supervised: boolean): Promise<number> {
  const { requests } = arena;
  arena.meddler = ({ turn, nth, key: of }, answer) =>
    of === key && turn === 1 && nth === 1 ? { ...answer, fault: { kind: "mute" } } : null;
  const victim = await arena.startWorker();
  const run = await arena.begin(playOf(key));
  if (run === null) throw new Error("the run could not be begun");
  await eventually("its call hangs", () => requests.some((one) => one.key === key && one.turn === 1));
  const rescuer = supervised ? await arena.startWorker() : null;
  const tookMs = await fromKillToCommit(arena, run, victim, () => rescuer ?? arena.startWorker());
  await eventually("the run ends", async () => (await arena.reader.run(run))?.fields.status === "completed");
  await arena.endWorkers();
  return tookMs;
}

async function fromKillToCommit(
  { server, keys }: Arena,
  run: string,
  victim: WorkerProcess,
  help: () => WorkerProcess | Promise<WorkerProcess>,
): Promise<number> {
  const log = keys.run(run).log;
  const watcher = new Redis(server.options);
  try {
    const [last] = await watcher.xrevrange(log, "+", "-", "COUNT", 1);
    if (last === undefined) throw new Error("the run has no log");
    const next = watcher.xread("BLOCK", 0, "STREAMS", log, last[0]);
    const killedMs = performance.now();
    victim.kill();
    const helping = help();
    await next;
    const tookMs = performance.now() - killedMs;
    await helping;
    return tookMs;
  } finally {
    watcher.disconnect();
  }
}

/** Nearest rank; NaN where there are no samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

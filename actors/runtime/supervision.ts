/**
 * Tells the swarm that this worker lives, and hands back the work of those on this host that do not: a killed worker's
 * jobs go on at once instead of waiting for their locks to run out.
 */
import { hostname } from "node:os";
import type { Log } from "../../infra/log.ts";
import type { Wakers } from "../../infra/queue/queues.ts";
import type { Hosts } from "../../infra/redis/hosts.ts";
import { identifyProcess, isAlive } from "../../infra/redis/process-identity.ts";
import type { WorkerRow, WorkerRows } from "../../infra/redis/workers.ts";
import { WORKER_TTL_MS } from "../../infra/redis/workers.ts";

export interface SupervisionDeps {
  readonly id: string;
  readonly types: readonly string[];
  readonly bindings: readonly string[];
  /** Names of the machines that have a queue here. */
  readonly machines: readonly string[];
  readonly rows: WorkerRows;
  readonly wakers: Pick<Wakers, "handBack">;
  readonly hosts: Pick<Hosts, "seen">;
  /** Of this host's gates; undefined where this process has none. */
  readonly place: string | undefined;
  readonly active: () => number;
  readonly log: Log;
}

export interface Supervision {
  /** Buries the dead of this host, then signs in. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const BEAT_MS = 1_000;
/** How often the processes of this host's other workers are looked at: cheap where it means reading a line of /proc each. */
const WATCH_MS = process.platform === "linux" ? 50 : BEAT_MS;
/** How often a host is said to live: its absence is counted in minutes. */
const HOST_BEAT_MS = 10_000;

export function supervision(deps: SupervisionDeps): Supervision {
  const { id, types, bindings, machines, rows, wakers, hosts, place, active, log } = deps;
  const host = hostname();
  const identity = identifyProcess(process.pid);
  if (identity === undefined) throw new Error("this process cannot tell its own start time");
  const startedAt = `${identity.bootId}/${identity.startTime}`;
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;

  const signIn = (): Promise<void> =>
    rows.put({
      id,
      host,
      pid: process.pid,
      startedAt,
      types: [...types],
      active: active(),
      bindings: [...bindings],
    });

  /** Other workers of this host, as of the last beat. */
  let peers: readonly WorkerRow[] = [];
  const lives = ({ pid, startedAt: started }: WorkerRow): boolean => {
    const [bootId = "", startTime = ""] = started.split("/");
    return isAlive({ pid, startTime, bootId });
  };

  const bury = async (): Promise<void> => {
    const all = (await rows.all()).filter((row) => row.id !== id);
    peers = all.filter((row) => row.host === host && lives(row));
    for (const row of all) {
      const here = row.host === host;
      if (peers.includes(row)) continue;
      // Elsewhere nobody can look; such a row is only taken off the list once it has long been silent.
      if (!here && row.silentMs < WORKER_TTL_MS * 4) continue;
      const handed = here ? await wakers.handBack(row.id, [...row.bindings, ...machines], place) : 0;
      await rows.remove(row.id);
      log.warn({ worker: row.id, pid: row.pid, jobs: handed }, "a worker died; its jobs were handed back");
    }
  };

  let hostSaidMs = Number.NEGATIVE_INFINITY;
  const sayHost = async (): Promise<void> => {
    if (place === undefined || performance.now() - hostSaidMs < HOST_BEAT_MS) return;
    await hosts.seen(place);
    hostSaidMs = performance.now();
  };

  const beat = async (): Promise<void> => {
    try {
      // The dead first: what they were at stands still.
      await Promise.all([bury(), signIn().then(sayHost)]);
    } catch (cause) {
      if (!stopped) log.warn({ err: cause }, "could not sign in; trying again");
    }
    if (!stopped) timer = setTimeout(() => void watchPeers(performance.now() + BEAT_MS), WATCH_MS);
  };

  /** Between two beats nothing is asked of Redis: whether a neighbour lives, this host knows. */
  const watchPeers = async (untilMs: number): Promise<void> => {
    if (performance.now() >= untilMs || !peers.every(lives)) return beat();
    if (!stopped) timer = setTimeout(() => void watchPeers(untilMs), WATCH_MS);
  };

  return {
    async start() {
      await bury();
      await beat();
    },
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      await rows.remove(id);
    },
  };
}

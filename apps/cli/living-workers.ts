/** Workers that are there: on this host their process is looked at, elsewhere their last sign of life. */
import { hostname } from "node:os";
import { isAlive } from "../../infra/redis/process-identity.ts";
import { WORKER_TTL_MS, type WorkerRow } from "../../infra/redis/workers.ts";
import type { Hive } from "./hive.ts";

export async function livingWorkers(hive: Pick<Hive, "workers">): Promise<WorkerRow[]> {
  return livingOf(await hive.workers.all());
}

export const livingOf = (signedIn: readonly WorkerRow[]): WorkerRow[] => signedIn.filter(lives);

function lives({ host, pid, startedAt, silentMs }: WorkerRow): boolean {
  if (host !== hostname()) return silentMs < WORKER_TTL_MS;
  const [bootId = "", startTime = ""] = startedAt.split("/");
  return isAlive({ pid, startTime, bootId });
}

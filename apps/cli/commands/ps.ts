/** `swarm ps`: runs, workers, and the breakers and rate limits that hold calls back. */
import { isSimulated } from "../../../actors/runtime/is-simulated.ts";
import { statusOf } from "../../../actors/runtime/run-document.ts";
import { allBreakers } from "../../../infra/redis/breakers.ts";
import type { WorkerRow } from "../../../infra/redis/workers.ts";
import { BREAKER_HEAD, breakerRows, LIMIT_HEAD, limitRows } from "../breaker-rows.ts";
import { type Hive, openHive } from "../hive.ts";
import { livingWorkers } from "../living-workers.ts";
import { printJson, printTable } from "../print.ts";

export async function act(_args: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const hive = await openHive();
  try {
    const living = await livingWorkers(hive);
    const runs = await Promise.all(
      (await hive.reader.runs()).map(async ({ run, fields }) => ({
        runId: run,
        ...(await statusOf(hive.reader, run, fields)),
        lost: await lostOf(hive, run, fields, living),
        agents: await hive.reader.agentCount(run),
        startedAt: new Date(Number(fields.createdAt)).toISOString(),
        updatedAt: await hive.reader.updatedAt(run),
        goal: fields.goal ?? "",
        simulated: await isSimulated(hive.reader, run, fields),
      })),
    );
    const workers = living.map(({ id, types, active }) => ({ id, types, active }));
    const known = await allBreakers(hive.redis, hive.keys);
    if (flags.json === true) {
      printJson({ v: 1, runs: runs.map(({ waits: _waits, ...run }) => run), workers, ...known });
      return 0;
    }
    printTable(
      ["RUN", "STATUS", "AGENTS", "STARTED", "GOAL"],
      runs.map((run) => [
        run.runId,
        run.waits ? "parked (approval)" : run.lost > 0 ? `${run.status} (${run.lost} found dead)` : run.status,
        String(run.agents),
        run.startedAt,
        run.simulated ? `SIMULATED: ${run.goal}` : run.goal,
      ]),
      "no runs yet: try `swarm evaluate .`",
    );
    process.stdout.write("\n");
    printTable(
      ["WORKER", "ACTIVE", "TYPES"],
      workers.map((worker) => [worker.id, String(worker.active), worker.types.join(" ")]),
      "no worker lives",
    );
    printKnown(BREAKER_HEAD, breakerRows(known));
    printKnown(LIMIT_HEAD, limitRows(known));
    return 0;
  } finally {
    hive.close();
  }
}

/** Actors that were found dead and that nobody has taken up. Where somebody lives who serves the run, that is nobody's. */
async function lostOf(
  { reader }: Hive,
  run: string,
  { status, hold, binding = "" }: Readonly<Record<string, string>>,
  living: readonly WorkerRow[],
): Promise<number> {
  if (status !== "running" || hold !== undefined) return 0;
  if (living.some(({ bindings }) => bindings.includes(binding))) return 0;
  return (await reader.actors(run)).filter(({ lost }) => lost !== null).length;
}

function printKnown(head: readonly string[], rows: string[][]): void {
  if (rows.length === 0) return;
  process.stdout.write("\n");
  printTable(head, rows, "");
}

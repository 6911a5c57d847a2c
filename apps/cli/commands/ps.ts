/** `swarm ps`: runs and workers. */
import { statusOf } from "../../../actors/runtime/run-document.ts";
import { openHive } from "../hive.ts";
import { livingWorkers } from "../living-workers.ts";
import { printJson, printTable } from "../print.ts";

export async function act(_args: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const hive = await openHive();
  try {
    const runs = await Promise.all(
      (await hive.reader.runs()).map(async ({ run, fields }) => ({
        runId: run,
        ...(await statusOf(hive.reader, run, fields)),
        agents: await hive.reader.agentCount(run),
        startedAt: new Date(Number(fields.createdAt)).toISOString(),
        updatedAt: await hive.reader.updatedAt(run),
        goal: fields.goal ?? "",
      })),
    );
    const workers = (await livingWorkers(hive)).map(({ id, types, active }) => ({ id, types, active }));
    if (flags.json === true) {
      printJson({ v: 1, runs: runs.map(({ waits: _waits, ...run }) => run), workers });
      return 0;
    }
    printTable(
      ["RUN", "STATUS", "AGENTS", "STARTED", "GOAL"],
      runs.map((run) => [
        run.runId,
        run.waits ? "parked (approval)" : run.status,
        String(run.agents),
        run.startedAt,
        run.goal,
      ]),
      "no runs yet: try `swarm evaluate .`",
    );
    process.stdout.write("\n");
    printTable(
      ["WORKER", "ACTIVE", "TYPES"],
      workers.map((worker) => [worker.id, String(worker.active), worker.types.join(" ")]),
      "no worker lives",
    );
    return 0;
  } finally {
    hive.close();
  }
}

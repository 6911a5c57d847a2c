/**
 * `swarm stop <id>`: parks a run; with `--cancel` it ends for good, or (`--task`) one of its tasks does, with what needs it.
 * Doing it twice is doing it once.
 */
import { stopRun } from "../../orders/stop-run.ts";
import { openHive } from "../hive.ts";
import { printJson } from "../print.ts";

export async function act([id = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const hive = await openHive();
  try {
    const run = await hive.reader.resolve(id);
    const did = await stopRun(hive, run, {
      cancel: flags.cancel === true,
      task: typeof flags.task === "string" ? flags.task : null,
      asker: askerOf(flags),
    });
    if (flags.json === true) printJson({ v: 1, runId: run, stopped: did });
    else
      process.stdout.write(
        did === "parked" ? `parked; running steps end within 30 s. resume: swarm resume ${run}\n` : `${did}: ${run}\n`,
      );
    return 0;
  } finally {
    hive.close();
  }
}

/** As the log tells it. */
function askerOf({ cancel, task }: Record<string, unknown>): string {
  return `\`swarm stop${cancel === true ? " --cancel" : ""}${typeof task === "string" ? " --task" : ""}\``;
}

/** `swarm resume <id>`: lets a parked run go on, brings an orphaned one back to life, and watches it to its end. */
import { shownStatus } from "../../../actors/runtime/run-document.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { printEvaluation, refuseBadFlags } from "../evaluate/print-evaluation.ts";
import { openHive } from "../hive.ts";
import { printJson } from "../print.ts";
import { eventPrinter } from "../print-event.ts";
import { watch } from "../watch.ts";
import { leaveToWorker, watchRun } from "./run.ts";

export async function act([id = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const hive = await openHive();
  try {
    const run = await hive.reader.resolve(id);
    const fields = (await hive.reader.run(run))?.fields ?? {};
    const binding = fields.binding ?? "";
    const status = shownStatus(fields);
    if (fields.kind === "evaluate") refuseBadFlags(flags);
    const afterSeq = flags.jsonl === true ? Number(fields.seq ?? 0) : 0;
    if (fields.hold !== undefined && status === "parked")
      await hive.store.hold(run, "resume", "asked by `swarm resume`");
    if (flags.detach === true) {
      if (flags.json === true) printJson({ v: 1, runId: run });
      else process.stdout.write(`${run}\n`);
      return await leaveToWorker(hive, binding);
    }
    if (fields.kind !== "evaluate") return await watchRun(hive, run, binding, flags, afterSeq);
    if (status !== "parked" && status !== "running") return await printEvaluation(hive, run, flags);
    const watched = await watch(hive, {
      run,
      binding,
      afterSeq,
      onEvent: flags.jsonl === true ? eventPrinter(hive) : null,
    });
    if (watched.error !== null) throw watched.error;
    return await printEvaluation(hive, run, flags);
  } catch (cause) {
    if (cause instanceof Error && cause.name === "ZodError") {
      throw new SwarmError("run.unreadable", `run "${id}" was written by another version`, { exit: 1, cause });
    }
    throw cause;
  } finally {
    hive.close();
  }
}

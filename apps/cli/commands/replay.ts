/** `swarm replay <id>`: folds the log again; exit 3 at the first difference, naming it. Calls no model and no tool. */
import { replay } from "../../../actors/runtime/replay.ts";
import { entriesOf } from "../../../actors/runtime/run-log.ts";
import { machines } from "../../../actors/types/index.ts";
import { wholeNumber } from "../flags.ts";
import { openHive } from "../hive.ts";
import { printJson, printTable } from "../print.ts";

export async function act([id = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const to = wholeNumber(flags.to, "--to", { min: 1, max: Number.MAX_SAFE_INTEGER });
  const hive = await openHive();
  try {
    const run = await hive.reader.resolve(id);
    const { steps, lastSeq, actors, mismatch } = await replay(entriesOf(hive.reader, run), machines, to);
    if (flags.json === true) {
      const shown = to === undefined ? actors.map(({ context: _, ...actor }) => actor) : actors;
      printJson({ v: 1, runId: run, equal: mismatch === null, steps, lastSeq, mismatch, actors: shown });
    } else if (mismatch === null) {
      process.stdout.write(`${steps} steps folded again up to event ${lastSeq}: every state hash is equal\n`);
      if (to !== undefined) {
        printTable(
          ["AGENT", "MACHINE", "VERSION", "STATE"],
          actors.map((actor) => [actor.actor, actor.machine, String(actor.version), actor.state]),
          "nobody was born yet",
        );
      }
    } else {
      process.stdout.write(
        `the fold and the log part at event ${mismatch.seq} (${mismatch.actor}, version ${mismatch.version}): ${mismatch.why}\n`,
      );
    }
    return mismatch === null ? 0 : 3;
  } finally {
    hive.close();
  }
}

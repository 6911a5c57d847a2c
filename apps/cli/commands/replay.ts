/** `swarm replay <id>`: folds the log again; exit 3 at the first difference, naming it. Calls no model and no tool. */
import { type Mismatch, replay } from "../../../actors/runtime/replay.ts";
import { entriesOf } from "../../../actors/runtime/run-log.ts";
import { type ShownMoment, shownMoment } from "../../../actors/runtime/shown-moment.ts";
import { machines } from "../../../actors/types/index.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { wholeNumber } from "../flags.ts";
import { openHive } from "../hive.ts";
import { harmless, printJson, printTable } from "../print.ts";

export async function act([id = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const to = wholeNumber(flags.to, "--to", { min: 1, max: Number.MAX_SAFE_INTEGER });
  const hive = await openHive();
  try {
    const run = await hive.reader.resolve(id);
    const lastStored = Number((await hive.reader.run(run))?.fields.seq ?? 0);
    if (to !== undefined && to > lastStored) {
      throw new SwarmError("usage.flag", `--to ${to}: run ${run} has the events 1 to ${lastStored}`, {
        exit: 2,
        hint: `\`swarm logs ${run}\` shows them.`,
      });
    }
    const replayed = await replay(entriesOf(hive.reader, run), machines, to);
    const { steps, lastSeq, actors, moment } = replayed;
    const mismatch = replayed.mismatch ?? cutShort(lastSeq, to ?? lastStored);
    const shown = shownMoment(moment);
    if (flags.json === true) {
      const states = actors.map(({ context: _, ...actor }) => actor);
      const document = { v: 1, runId: run, equal: mismatch === null, steps, lastSeq, mismatch };
      printJson(to === undefined ? { ...document, actors: states } : { ...document, ...shown });
    } else if (mismatch !== null) printMismatch(mismatch);
    else {
      process.stdout.write(`${steps} steps folded again up to event ${lastSeq}: equal in every step\n`);
      if (to !== undefined) printMoment(shown);
    }
    return mismatch === null ? 0 : 3;
  } finally {
    hive.close();
  }
}

/** A log that ends before its run does. One that grows meanwhile is longer, never shorter. */
function cutShort(lastSeq: number, wantedSeq: number): Mismatch | null {
  if (lastSeq >= wantedSeq) return null;
  const expected = `events up to ${wantedSeq}`;
  return {
    seq: lastSeq + 1,
    actor: "",
    version: 0,
    why: "the log ends early",
    expected,
    found: `the last is ${lastSeq}`,
  };
}

function printMismatch({ seq, actor, version, why, expected, found }: Mismatch): void {
  const who = version === 0 ? actor || "the run" : `${actor}, version ${version}`;
  process.stdout.write(
    `the fold and the log part at event ${seq} (${harmless(who)}): ${why}\n  expected ${harmless(expected)}\n  found    ${harmless(found)}\n`,
  );
}

function printMoment({ seq, at, ended, budget, actors }: ShownMoment): void {
  const end = ended === null ? "" : `; the run had ended: ${ended}`;
  process.stdout.write(
    `after event ${seq}, ${at}${end}\nspent: ${budget.tokens} tokens, ${(budget.nanoUsd / 1e9).toFixed(6)} USD; held: ${budget.heldTokens} tokens, ${(budget.heldNanoUsd / 1e9).toFixed(6)} USD\n\n`,
  );
  const listed = (items: readonly string[]): string => items.join(", ") || "-";
  printTable(
    ["AGENT", "MACHINE", "VERSION", "STATE", "SAID", "MAIL", "OUT", "TIMERS"],
    actors.map((one) => [
      one.actor,
      one.machine ?? "-",
      String(one.version),
      one.dead ? `${one.state ?? "unborn"} (dead)` : (one.state ?? "unborn"),
      String(one.transcript ?? "?"),
      listed(one.mail.map(({ type }) => type)),
      listed(one.pending.map(({ type }) => type)),
      listed(one.timers.map(({ id, leftMs }) => `${id} in ${leftMs} ms`)),
    ]),
    "nobody was born yet",
  );
}

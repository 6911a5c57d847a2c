/** `swarm logs <id>`: the events of a run, to read or as JSON lines; with --conversation the words that were said instead. */
import { entriesOf, followLog, type ReadEntry } from "../../../actors/runtime/run-log.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { type LoggedEvent, RUN_ENDINGS, runEventSchema } from "../../../machines/run-event.ts";
import { atLeast, isSaid, LEVELS, type Level } from "../event-weight.ts";
import { oneOf, wholeNumber } from "../flags.ts";
import { openHive } from "../hive.ts";
import { harmless } from "../print.ts";
import { eventPrinter } from "../print-event.ts";
import { printSaid } from "../said-lines.ts";

const known: ReadonlySet<string> = new Set(runEventSchema.options.map((option) => option.shape.type.value));

export async function act([id = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  refuseMixed(flags);
  const types = typesOf(flags.type);
  const level = (oneOf(flags.level, "--level", LEVELS) ?? "info") as Level;
  const since = wholeNumber(flags.since, "--since", { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? 0;
  const hive = await openHive();
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const show =
    flags.jsonl === true ? eventPrinter(hive) : (event: LoggedEvent) => process.stdout.write(`${line(event)}\n`);
  const print = ({ events }: ReadEntry): void => {
    for (const event of events) if (event.seq > since && isWanted(event)) show(event);
  };
  const isWanted = (event: LoggedEvent): boolean =>
    (types === null || types.has(event.type)) && atLeast(event, level) && !(flags.system === true && isSaid(event));
  try {
    const run = await hive.reader.resolve(id);
    if (flags.conversation === true) {
      await printSaid(hive.reader, run, flags.jsonl === true);
      return 0;
    }
    // An entry may begin before `since` and end after it; the longest commit tells far fewer events than this.
    const from = Math.max(0, since - 1_000);
    if (flags.follow !== true) {
      for await (const entry of entriesOf(hive.reader, run, from)) print(entry);
      return 0;
    }
    const goOn = async (): Promise<boolean> => (await hive.reader.run(run))?.fields.status === "running";
    for await (const entry of followLog(hive.reader, run, { afterSeq: from, signal: stop.signal, goOn })) {
      print(entry);
      if (entry.events.some(({ type }) => RUN_ENDINGS.has(type))) break;
    }
    return 0;
  } finally {
    hive.close();
  }
}

/** What was said has no events, and so none of their numbers, types and levels. */
function refuseMixed(flags: Record<string, unknown>): void {
  const others = ["system", "follow", "since", "type", "level"].filter((name) => flags[name] !== undefined);
  if (flags.conversation !== true || others.length === 0) return;
  throw new SwarmError("usage.logs", `--conversation does not go with --${others.join(", --")}`, {
    exit: 2,
    hint: "It prints the words as they are stored; the events that tell of them have numbers, types and levels.",
  });
}

function typesOf(value: unknown): ReadonlySet<string> | null {
  if (value === undefined) return null;
  const types = String(value).split(",");
  const strangers = types.filter((type) => !known.has(type));
  if (strangers.length === 0) return new Set(types);
  throw new SwarmError("usage.type", `--type "${strangers.join(",")}" is not an event type`, {
    exit: 2,
    hint: `Types are: ${[...known].join(", ")}.`,
  });
}

function line({ seq, at, actor, type, v: _v, run: _run, ...rest }: LoggedEvent): string {
  const facts = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return harmless(`${String(seq).padStart(5)} ${at.slice(11, 23)} ${actor} ${type} ${facts.join(" ")}`).slice(0, 500);
}

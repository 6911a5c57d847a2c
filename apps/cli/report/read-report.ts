/** Everything a report holds, read from a run and its log: documents, events, charts, and which transitions were taken. */
import { replay } from "../../../actors/runtime/replay.ts";
import { runDocument } from "../../../actors/runtime/run-document.ts";
import { entriesOf, type ReadEntry } from "../../../actors/runtime/run-log.ts";
import { machines } from "../../../actors/types/index.ts";
import { SwarmError } from "../../../infra/errors.ts";
import type { Reader } from "../../../infra/redis/reader.ts";
import { chartOf } from "../../../machines/chart.ts";
import { watchTaken } from "../../../machines/fold.ts";
import type { LoggedEvent } from "../../../machines/run-event.ts";
import type { ApiRun } from "../../server/api.ts";
import type { Scene } from "../../visualizer/chart-scene.ts";
import { fitting, type ReportData, shortened } from "../../visualizer/report-data.ts";

/** Characters of one text of the run's documents, at most; the log's are shorter. */
const DOCUMENT_TEXT_MAX = 50_000;

/** Throws SwarmError `run.gone`. */
export async function readReport(reader: Reader, run: string): Promise<ReportData> {
  const document = await documentOf(reader, run);
  const all: LoggedEvent[] = [];
  const { edgeNames, taken, mismatch } = await takenIn(kept(entriesOf(reader, run), all));
  const events = fitting(all);
  const caveats = [
    ...(document.simulated ? ["SIMULATED: a server of ours plays the model; nobody was billed."] : []),
    ...(events.length < all.length
      ? [`It has ${all.length} events; this file holds the first ${events.length}. swarm logs ${run} has them all.`]
      : []),
    ...(mismatch === null ? [] : [`From event ${mismatch} on nothing tells which transitions were taken.`]),
    ...(document.status === "running" ? ["The run was not over when this was written."] : []),
  ];
  return {
    v: 1,
    madeAt: new Date().toISOString(),
    run: shortened(document, DOCUMENT_TEXT_MAX) as ApiRun,
    events,
    scenes: await scenesOf(events),
    edgeNames,
    taken,
    caveat: caveats.join(" "),
  };
}

async function documentOf(reader: Reader, run: string): Promise<ApiRun> {
  const [document, row, updatedAt] = await Promise.all([
    runDocument(reader, run),
    reader.run(run),
    reader.updatedAt(run),
  ]);
  if (document === null || row === null) throw new SwarmError("run.gone", `run ${run} is gone`, { exit: 2 });
  const { goal = "", kind = "", model = "", createdAt, seq } = row.fields;
  const startedAt = new Date(Number(createdAt)).toISOString();
  return { ...document, goal, kind, model, startedAt, updatedAt, seq: Number(seq ?? 0) };
}

async function* kept(entries: AsyncIterable<ReadEntry>, events: LoggedEvent[]): AsyncGenerator<ReadEntry> {
  for await (const entry of entries) {
    events.push(...entry.events);
    yield entry;
  }
}

/** Folds the log again. What cannot be folded is still read: the events come from the same pass. */
async function takenIn(entries: AsyncIterable<ReadEntry>): Promise<{
  readonly edgeNames: string[];
  readonly taken: Record<string, number[]>;
  readonly mismatch: number | null;
}> {
  const places = new Map<string, number>();
  const taken: Record<string, number[]> = {};
  let step: number[] = [];
  const unwatch = [...machines.values()].map(({ machine }) =>
    watchTaken(machine, (edge) => {
      const place = places.get(edge) ?? places.size;
      places.set(edge, place);
      step.push(place);
    }),
  );
  try {
    const iterator = entries[Symbol.asyncIterator]();
    const shared: AsyncIterable<ReadEntry> = { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) };
    const { mismatch } = await replay(shared, machines, Number.POSITIVE_INFINITY, ({ entry }) => {
      taken[entry.raw.firstSeq] = step;
      step = [];
    });
    for (let rest = await iterator.next(); rest.done !== true; rest = await iterator.next());
    return { edgeNames: [...places.keys()], taken, mismatch: mismatch?.seq ?? null };
  } finally {
    for (const stop of unwatch) stop();
  }
}

/** Of the machines that are named in it and known here. The layout is 1.6 MB of code: loaded here and nowhere before. */
async function scenesOf(events: readonly LoggedEvent[]): Promise<Record<string, Scene>> {
  const names = new Set(events.flatMap((event) => ("machine" in event ? [event.machine] : [])));
  const { layOut } = await import("../../visualizer/lay-out.ts");
  const scenes: Record<string, Scene> = {};
  for (const name of names) {
    const machine = machines.get(name);
    if (machine !== undefined) scenes[name] = await layOut(chartOf(machine.machine));
  }
  return scenes;
}

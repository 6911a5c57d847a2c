/** What a turn costs early and late in a conversation: nothing that is already stored may be written again. */
import { newRunId } from "../../infra/ids.ts";
import { clearRuns, infoOf, openHive, runToEnd } from "./hive.ts";
import { shown, spreadOf, table } from "./sample.ts";
import type { BenchOptions } from "./steps.ts";

/** Turns around the 20th, the 200th and the 2,000th: a window, because one turn is too short to time. */
const WINDOWS = [
  { name: "turn 20", from: 11, to: 31 },
  { name: "turn 200", from: 191, to: 211 },
  { name: "turn 2,000", from: 1_991, to: 2_011 },
] as const;
const TURNS = 2_012;

interface Mark {
  readonly bytes: number;
  readonly cpuMicros: number;
  readonly atMs: number;
}

export async function flat({ rounds, say }: BenchOptions): Promise<void> {
  const marks = new Map<number, Mark>();
  const wanted: ReadonlySet<number> = new Set(WINDOWS.flatMap(({ from, to }) => [from, to]));
  const hive = await openHive({
    // With everysec the file may grow a little later than the commit is answered.
    fsync: "always",
    concurrency: 1,
    turns: TURNS,
    watcher: (_, turn) => (wanted.has(turn) ? mark(turn) : undefined),
  });
  async function mark(turn: number): Promise<void> {
    const bytes = await infoOf(hive.redis, "persistence", "aof_current_size");
    const { user, system } = process.cpuUsage();
    marks.set(turn, { bytes, cpuMicros: user + system, atMs: performance.now() });
  }
  const figures = WINDOWS.map(() => ({ bytes: [] as number[], cpuMicros: [] as number[], ms: [] as number[] }));
  try {
    for (let round = 0; round <= rounds; round += 1) {
      await runToEnd(hive, newRunId(), 1);
      await clearRuns(hive);
      if (round === 0) continue;
      for (const [index, { from, to }] of WINDOWS.entries()) {
        const [a, b] = [marks.get(from), marks.get(to)];
        if (a === undefined || b === undefined) throw new Error(`turn ${from} or ${to} was never reached`);
        const turns = to - from;
        figures[index]?.bytes.push((b.bytes - a.bytes) / turns);
        figures[index]?.cpuMicros.push((b.cpuMicros - a.cpuMicros) / turns);
        figures[index]?.ms.push((b.atMs - a.atMs) / turns);
      }
    }
  } finally {
    await hive.close();
  }
  say(`one agent, fsync always, a mean of 20 turns each; median [range] of ${rounds} rounds\n`);
  const rows = WINDOWS.map(({ name }, index) => [
    name,
    shown(spreadOf(figures[index]?.bytes ?? []), 0),
    shown(spreadOf(figures[index]?.cpuMicros ?? []), 0),
    shown(spreadOf(figures[index]?.ms ?? []), 2),
  ]);
  say(table(["around", "AOF bytes/turn", "Node µs/turn", "ms/turn"], rows));
}

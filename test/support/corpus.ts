/**
 * The golden corpus: logs of the real runtime, kept for ever, with the effects that each step ordered. A file is JSON
 * lines, a header first. Generations are never changed: what was stored once must fold to the same for good.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { replay } from "../../actors/runtime/replay.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import type { RawEntry } from "../../infra/redis/reader.ts";
import type { Machines } from "../../machines/catalogue.ts";
import type { Decision } from "../../machines/fold.ts";

export const CORPUS = fileURLToPath(new URL("../golden", import.meta.url));

export type Effects = Pick<Decision, "outside" | "inside" | "timersSet" | "timersCancelled">;

export interface GoldenLine {
  readonly seq: number;
  readonly atMs: number;
  readonly member: string;
  readonly grants: string | null;
  readonly body: { readonly state?: string; readonly machine?: string; readonly cause?: unknown };
  /** Null for what was no step. */
  readonly effects: Effects | null;
}

export interface GoldenLog {
  readonly generation: string;
  readonly name: string;
  readonly run: string;
  readonly lines: readonly GoldenLine[];
}

export function goldenLogs(): GoldenLog[] {
  const generations = readdirSync(CORPUS, { withFileTypes: true }).filter((one) => one.isDirectory());
  return generations.flatMap(({ name: generation }) =>
    readdirSync(join(CORPUS, generation))
      .filter((file) => file.endsWith(".jsonl"))
      .sort()
      .map((file) => {
        const [header = "", ...lines] = readFileSync(join(CORPUS, generation, file), "utf8")
          .trimEnd()
          .split("\n");
        const { v, run } = JSON.parse(header) as { v: number; run: string };
        if (v !== 1) throw new Error(`${generation}/${file}: version ${v} of the corpus is not known`);
        const name = file.replace(/\.jsonl$/, "");
        return { generation, name, run, lines: lines.map((line) => JSON.parse(line) as GoldenLine) };
      }),
  );
}

export const rawOf = ({ seq, atMs, member, grants, body }: GoldenLine): RawEntry => ({
  firstSeq: seq,
  atMs,
  member,
  body: JSON.stringify(body),
  grants,
});

/** Folds entries again; resolves with what each step ordered, by its first event, as JSON has it. */
export async function refolded(run: string, entries: readonly RawEntry[], machines: Machines) {
  const effects = new Map<number, Effects>();
  const reader = {
    log: (_: string, afterSeq: number) => Promise.resolve(entries.filter(({ firstSeq }) => firstSeq > afterSeq)),
  };
  const replayed = await replay(entriesOf(reader, run), machines, undefined, ({ entry, decision }) => {
    const { outside, inside, timersSet, timersCancelled } = decision;
    const told = JSON.stringify({ outside, inside, timersSet, timersCancelled });
    effects.set(entry.raw.firstSeq, JSON.parse(told) as Effects);
  });
  return { ...replayed, effects };
}

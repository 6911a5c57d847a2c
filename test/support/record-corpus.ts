/**
 * `npm run corpus -- <generation>`: plays runs on the real runtime that between them rest in every state of every
 * machine, and writes their logs to test/golden/<generation>. A generation that exists is kept: `--overwrite` is for one
 * that no release has been made with.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { agentTypes, machines } from "../../actors/types/index.ts";
import type { RawEntry, Reader } from "../../infra/redis/reader.ts";
import { CORPUS, type GoldenLine, refolded } from "./corpus.ts";
import { bookScenes } from "./corpus-books.ts";
import { playedOverHttp } from "./corpus-http.ts";
import { type Scene, scenes } from "./corpus-scenes.ts";
import { openMockedHive } from "./mocked-hive.ts";

const [generation] = process.argv.slice(2).filter((word) => !word.startsWith("-"));
if (generation === undefined || !/^[1-9]\d*$/.test(generation))
  throw new Error("which generation? A whole number from 1");
const dir = join(CORPUS, generation);
if (existsSync(dir) && !process.argv.includes("--overwrite")) {
  throw new Error(`generation ${generation} exists and is kept; record the next one`);
}
rmSync(dir, { recursive: true, force: true });
mkdirSync(dir, { recursive: true });

async function whole(reader: Pick<Reader, "log">, run: string): Promise<RawEntry[]> {
  const entries: RawEntry[] = [];
  for (;;) {
    const batch = await reader.log(run, lastOf(entries));
    if (batch.length === 0) return entries;
    entries.push(...batch);
  }
}
const lastOf = (entries: readonly RawEntry[]): number => {
  const last = entries.at(-1);
  return last === undefined ? 0 : last.firstSeq + (JSON.parse(last.body) as { events: unknown[] }).events.length - 1;
};

async function write(name: string, run: string, entries: readonly RawEntry[]): Promise<void> {
  const { mismatch, effects, steps } = await refolded(run, entries, machines);
  if (mismatch !== null) throw new Error(`${name} does not fold again: ${JSON.stringify(mismatch)}`);
  const lines = entries.map(
    ({ firstSeq, atMs, member, grants, body }): GoldenLine => ({
      seq: firstSeq,
      atMs,
      member,
      grants,
      body: JSON.parse(body) as GoldenLine["body"],
      effects: effects.get(firstSeq) ?? null,
    }),
  );
  writeFileSync(
    join(dir, `${name}.jsonl`),
    `${[{ v: 1, run }, ...lines].map((line) => JSON.stringify(line)).join("\n")}\n`,
  );
  process.stdout.write(`${name}: ${steps} steps\n`);
}

/** A hive each: a scene's worker must not take up another's actors. */
async function play(name: string, scene: Scene, type: string): Promise<void> {
  const hive = await openMockedHive();
  try {
    const run = await scene(hive, type);
    await write(name, run, await whole(hive.reader, run));
  } finally {
    await hive.close();
  }
}

for (const { name: type } of agentTypes) {
  for (const [name, scene] of Object.entries({ ...scenes, ...bookScenes })) await play(`${name}-${type}`, scene, type);
}
await playedOverHttp(write);

/**
 * A line beside every working tree of ours: whose it is and what it began with. It is written last, so a tree without one
 * is half made; and no agent reaches it, as anybody could write into the tree itself.
 */
import type { Dirent } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { createDurably, errnoOf, readIfThere } from "../journal/durable-file.ts";
import type { TreePlace } from "./isolation.ts";

const text = z.string().min(1);
const recordSchema = z.object({
  v: z.literal(1),
  run: text,
  /** Null: the run's own tree. */
  actor: text.nullable(),
  source: text,
  tree: text,
  gitDir: text,
  branch: text,
  base: text,
  /** Actor whose conflict the tree began with. */
  merging: text.nullable(),
  /** Names the store that the run lies in: another one's runs are none of our business. Null: nobody said. */
  store: text.nullable(),
});

export type TreeRecord = z.output<typeof recordSchema>;

const ENDING = ".json";
const recordBeside = ({ tree }: Pick<TreePlace, "tree">): string => `${tree}${ENDING}`;

export const putRecord = async (record: TreeRecord): Promise<void> => {
  await createDurably(recordBeside(record), JSON.stringify(record));
};

/** Null where there is none. Throws where something else lies there. */
export async function readRecord(place: Pick<TreePlace, "tree">): Promise<TreeRecord | null> {
  const found = await readIfThere(recordBeside(place));
  return found === null ? null : recordSchema.parse(JSON.parse(found));
}

/** Actors of this run that have a tree. */
export async function actorsWithTrees(run: TreePlace): Promise<readonly string[]> {
  const start = `${basename(run.tree)}.`;
  const names = (await namesIn(dirname(run.tree))).filter((name) => name.startsWith(start) && name.endsWith(ENDING));
  return names.map((name) => name.slice(start.length, -ENDING.length)).sort();
}

/**
 * Actors of this run of whom anything lies about: a tree, or what a death left of one in the making, which has no line beside
 * it yet. Git makes its own folder first, and keeps it locked until the tree is whole: nobody but us would ever take it away.
 */
export async function actorsWithRemains(run: TreePlace): Promise<readonly string[]> {
  const start = `${basename(run.tree)}.`;
  const folders = await Promise.all([dirname(run.tree), dirname(run.gitDir)].map(foldersIn));
  const halves = folders.flat().flatMap((name) => (name.startsWith(start) ? [name.slice(start.length)] : []));
  return [...new Set([...(await actorsWithTrees(run)), ...halves])].sort();
}

/** Records of runs' own trees in this folder that are older than `ageMs`; what is no record is passed over. */
export async function recordsOfRuns(folder: string, ageMs: number): Promise<readonly TreeRecord[]> {
  const records: TreeRecord[] = [];
  // The name of a run has no dot in it; that of an agent's tree has.
  for (const name of (await namesIn(folder)).filter((one) => /^[^.]+\.json$/.test(one))) {
    const tree = join(folder, name.slice(0, -ENDING.length));
    const [record, found] = await Promise.all([readRecord({ tree }).catch(() => null), stat(`${tree}${ENDING}`)]);
    if (record?.actor === null && record.tree === tree && Date.now() - found.mtimeMs > ageMs) records.push(record);
  }
  return records;
}

/** The tree, git's folder for it, and all that lies beside it; what of it is gone already is no failure. */
export async function dropTree(place: TreePlace): Promise<void> {
  await rm(place.tree, { recursive: true, force: true });
  await rm(place.gitDir, { recursive: true, force: true });
  const start = `${basename(place.tree)}.index`;
  const folder = dirname(place.tree);
  for (const name of await namesIn(folder)) {
    // Whoever was killed while it wrote a small file left its first half aside. With the run goes what lies aside for its agents:
    // the tree it was for may never have been made, so no other tree takes that along.
    const isAside = name.startsWith(`${basename(place.tree)}.`) && name.endsWith(".aside");
    const isOurs = name === start || name.startsWith(`${start}.`) || (isAside && !basename(place.tree).includes("."));
    if (isOurs) await rm(join(folder, name), { force: true });
  }
  await rm(recordBeside(place), { force: true });
}

const namesIn = async (folder: string): Promise<string[]> => (await entriesIn(folder)).map(({ name }) => name);

const foldersIn = async (folder: string): Promise<string[]> =>
  (await entriesIn(folder)).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

async function entriesIn(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return [];
    throw cause;
  }
}

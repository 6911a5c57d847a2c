/**
 * The memory of one workspace as files: one an item, made in one step and never changed, and one for each that was
 * forgotten. Whatever is killed when, an item is there whole or not at all; what was forgotten stays so, however late its
 * writer wakes up. Any number of writers work side by side: nothing is ever written over.
 */
import { lstat, readdir, realpath, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { type ForgottenReason, type MemoryItem, memoryItemFrom } from "../../machines/memory-item.ts";
import { SwarmError } from "../errors.ts";
import { createDurably, errnoOf, makeFolderDurably } from "../journal/durable-file.ts";
import { readPlainFile } from "../plain-file.ts";
import { type MemoryPlace, memoriesIn } from "./memory-place.ts";

/** Of one workspace. Beyond, the oldest are forgotten. */
export const ITEMS_MAX = 200;
/** Of one topic. */
export const TOPIC_ITEMS_MAX = 20;
export const BYTES_MAX = 256 * 1024;
/** One item with all it says: a file that is larger is none of ours. */
const ITEM_BYTES_MAX = 16 * 1024;
/** Of what was forgotten, the latest are kept: for people, and so that no late writer brings one back. */
const FORGOTTEN_MAX = 500;

export interface Kept {
  readonly items: readonly MemoryItem[];
  /** Files that are no items of ours, by their paths: somebody wrote there by hand, or a disk broke. */
  readonly unreadable: readonly string[];
}

export interface WorkspaceMemory {
  readonly folder: string;
  readonly place: MemoryPlace;
  /** Oldest first. Empty where nothing was ever kept. */
  all(): Promise<Kept>;
  /** What was forgotten, the latest first. */
  forgotten(): Promise<readonly MemoryItem[]>;
  /**
   * Idempotent by the item's id: what is there already is left as it is, and what was forgotten is not kept again.
   * `displaced`: what had to go for it.
   */
  keep(item: MemoryItem): Promise<{ readonly kept: boolean; readonly displaced: readonly MemoryItem[] }>;
  /** Null where it is not there, or was forgotten before: the first word counts. */
  forget(id: string, reason: ForgottenReason, why: string): Promise<MemoryItem | null>;
}

export interface WorkspaceMemoryOptions {
  /** Of this host's user; made by whoever opened it. */
  readonly stateFolder: string;
  readonly place: MemoryPlace;
  /** Milliseconds since the epoch. */
  readonly nowMs?: () => number;
}

export function workspaceMemory({ stateFolder, place, nowMs = Date.now }: WorkspaceMemoryOptions): WorkspaceMemory {
  const folder = join(memoriesIn(stateFolder), place.name);
  const itemsIn = join(folder, "items");
  const forgottenIn = join(folder, "forgotten");
  const all = async (): Promise<Kept> => {
    await checkOwn(folder);
    const [found, gone] = await Promise.all([itemsOf(itemsIn), namesIn(forgottenIn)]);
    const dead = new Set(gone);
    return { ...found, items: found.items.filter(({ id }) => !dead.has(`${id}.json`)).sort(byAge) };
  };
  const forget: WorkspaceMemory["forget"] = async (id, reason, why) => {
    const item = (await all()).items.find((one) => one.id === id);
    if (item === undefined) return null;
    const forgotten = { ...item, forgotten: { reason, at: isoOf(nowMs()), why: why.slice(0, 300) } };
    await makeFolderDurably(forgottenIn, stateFolder);
    const first = await createDurably(join(forgottenIn, `${id}.json`), JSON.stringify(forgotten));
    await rm(join(itemsIn, `${id}.json`), { force: true });
    await pruneForgotten(forgottenIn);
    return first ? forgotten : null;
  };
  return {
    folder,
    place,
    all,
    forget,
    async forgotten() {
      await checkOwn(folder);
      const { items } = await itemsOf(forgottenIn);
      return [...items].sort((a, b) => ((a.forgotten?.at ?? "") < (b.forgotten?.at ?? "") ? 1 : -1));
    },
    async keep(item) {
      await makeFolderDurably(itemsIn, stateFolder);
      await checkOwn(folder);
      await createDurably(join(folder, "workspace.json"), JSON.stringify({ v: 1, folder: place.top }));
      if ((await namesIn(forgottenIn)).includes(`${item.id}.json`)) return { kept: false, displaced: [] };
      await createDurably(join(itemsIn, `${item.id}.json`), JSON.stringify(item));
      const { items } = await all();
      // Somebody may have forgotten it between the two looks.
      if (!items.some(({ id }) => id === item.id)) {
        await rm(join(itemsIn, `${item.id}.json`), { force: true });
        return { kept: false, displaced: [] };
      }
      const displaced: MemoryItem[] = [];
      for (const old of beyond(items, item)) {
        const gone = await forget(old.id, "limit", "there was no room left for newer ones");
        if (gone !== null) displaced.push(gone);
      }
      return { kept: true, displaced };
    },
  };
}

const isoOf = (ms: number): string => new Date(ms).toISOString();
const byAge = (a: MemoryItem, b: MemoryItem): number => (a.at === b.at ? (a.id < b.id ? -1 : 1) : a.at < b.at ? -1 : 1);

/** The oldest that are too many: of the topic first, then of all. What was just kept is none of them. */
function beyond(items: readonly MemoryItem[], kept: MemoryItem): readonly MemoryItem[] {
  const others = items.filter(({ id }) => id !== kept.id);
  const ofTopic = others.filter(({ topic }) => topic === kept.topic);
  const gone = new Set(ofTopic.slice(0, Math.max(0, ofTopic.length + 1 - TOPIC_ITEMS_MAX)));
  const left = others.filter((one) => !gone.has(one));
  for (const old of left.slice(0, Math.max(0, left.length + 1 - ITEMS_MAX))) gone.add(old);
  let bytes = items.filter((one) => !gone.has(one)).reduce((sum, one) => sum + sizeOf(one), 0);
  for (const old of others) {
    if (bytes <= BYTES_MAX) break;
    if (gone.has(old)) continue;
    gone.add(old);
    bytes -= sizeOf(old);
  }
  return [...gone];
}

const sizeOf = (item: MemoryItem): number => Buffer.byteLength(JSON.stringify(item));

/** Whoever else could write there would speak to every agent of this workspace. */
async function checkOwn(folder: string): Promise<void> {
  const stats = await lstat(folder).catch((cause: unknown) => {
    if (errnoOf(cause) === "ENOENT") return null;
    throw cause;
  });
  if (stats === null) return;
  const isOwn = stats.isDirectory() && stats.uid === userInfo().uid && (stats.mode & 0o022) === 0;
  if (isOwn && (await realpath(folder)) === folder) return;
  throw new SwarmError("memory.folder", `${folder} is not a folder that you alone may write to`, {
    exit: 2,
    hint: `Look at what is in it, then remove it, or: chmod 700 ${folder}`,
  });
}

async function itemsOf(folder: string): Promise<Kept> {
  const items: MemoryItem[] = [];
  const unreadable: string[] = [];
  for (const name of await namesIn(folder)) {
    if (!name.endsWith(".json")) continue; // what a killed writer left aside
    const path = join(folder, name);
    const item = itemAt(path);
    if (item === "gone") continue;
    if (item !== null && `${item.id}.json` === name) items.push(item);
    else unreadable.push(path);
  }
  return { items, unreadable };
}

function itemAt(path: string): MemoryItem | "gone" | null {
  try {
    return memoryItemFrom(readPlainFile(path, ITEM_BYTES_MAX));
  } catch (cause) {
    return errnoOf(cause) === "ENOENT" ? "gone" : null;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return [];
    throw cause;
  }
}

async function pruneForgotten(folder: string): Promise<void> {
  const names = await namesIn(folder);
  if (names.length <= FORGOTTEN_MAX) return;
  const times = await Promise.all(
    names.map(async (name) => ({ name, ms: (await lstat(join(folder, name)).catch(() => null))?.mtimeMs ?? 0 })),
  );
  times.sort((a, b) => a.ms - b.ms);
  for (const { name } of times.slice(0, names.length - FORGOTTEN_MAX)) await rm(join(folder, name), { force: true });
}

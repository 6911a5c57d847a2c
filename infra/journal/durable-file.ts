/**
 * Small files that a crash leaves either whole or absent: written aside, synced, put in place in one step, and their
 * folder synced too. What these functions have answered, a power failure does not take back.
 */
import { constants } from "node:fs";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { newNonce } from "../ids.ts";

/** Puts a file where there is none, whole from its first moment. False: something is there; of many racers, one gets true. */
export async function createDurably(path: string, text: string): Promise<boolean> {
  const aside = await writeAside(path, text);
  try {
    await link(aside, path);
  } catch (cause) {
    if (errnoOf(cause) === "EEXIST") return false;
    throw cause;
  } finally {
    await rm(aside, { force: true });
  }
  await syncFolder(dirname(path));
  return true;
}

async function writeAside(path: string, text: string): Promise<string> {
  const aside = `${path}.${process.pid}.${newNonce()}.aside`;
  const file = await open(aside, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  return aside;
}

/** Makes a folder (0700) and those above it down to `above`, which exists, and syncs each that got a new entry. */
export async function makeFolderDurably(path: string, above: string): Promise<void> {
  if ((await mkdir(path, { recursive: true, mode: 0o700 })) === undefined) return;
  for (let folder = dirname(path); folder.startsWith(above); folder = dirname(folder)) await syncFolder(folder);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Null where there is no such file. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return null;
    throw cause;
  }
}

export function errnoOf(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
}

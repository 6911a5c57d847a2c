/**
 * Puts the files of a skill into its place, all of them or none: they are written into a fresh folder beside it, looked
 * at there, and come under their name by one rename. Nothing that is there already is touched.
 */
import { lstat, mkdir, mkdtemp, realpath, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SwarmError } from "../errors.ts";
import type { UnpackedFile } from "./zip.ts";

export interface NewSkill {
  /** Folder that holds skills; made where it is not there, never followed where it is a link. */
  readonly place: string;
  /** Of the new folder: one part of a path. */
  readonly name: string;
  /** Paths are relative, in their plain form, and below the folder. */
  readonly files: readonly UnpackedFile[];
  /** Looks at the whole folder under its name, before it counts. What it throws ends everything. */
  readonly check: (folder: string) => Promise<void>;
}

/** The folder. @throws SwarmError `skill.exists`, `skill.place`, exit 2, and what `check` throws */
export async function layOut({ place, name, files, check }: NewSkill): Promise<string> {
  await mkdir(place, { recursive: true });
  if ((await lstat(place)).isSymbolicLink()) {
    throw new SwarmError("skill.place", `${place} is a link; no skill is written through it`, {
      exit: 2,
      hint: "Put a folder in its place.",
    });
  }
  const real = await realpath(place);
  const target = join(real, name);
  if (await isThere(target)) throw exists(target);
  const fresh = await mkdtemp(join(real, ".adding-"));
  try {
    const folder = join(fresh, name);
    await mkdir(folder);
    for (const { path, bytes } of files) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      // Exclusively: two that fall together on this disk are no skill.
      await writeFile(file, bytes, { flag: "wx", mode: 0o644 });
    }
    await check(folder);
    if (await isThere(target)) throw exists(target);
    await rename(folder, target);
    return target;
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw cause;
  }
}

const exists = (target: string): SwarmError =>
  new SwarmError("skill.exists", `${target} is there already`, {
    exit: 2,
    hint: "Remove it first, or give the new skill another name (in its SKILL.md, and as its folder).",
  });

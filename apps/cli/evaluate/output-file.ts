/** A file the user named for output: checked before any work is done, written whole or not at all. */
import { accessSync, constants, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { SwarmError } from "../../../infra/errors.ts";

/** Throws SwarmError `usage.output_file`, exit 2, where the file could not be written in the end. */
export function writableFile(given: string, flag: string): string {
  const path = resolve(given);
  const refuse = (why: string): never => {
    throw new SwarmError("usage.output_file", `${flag} "${given}" ${why}`, {
      exit: 2,
      hint: `Give ${flag} a file in a folder that exists and may be written.`,
    });
  };
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory() === true) refuse("is a folder");
  // Writing whole means renaming over it: a device or a pipe would be gone, for everybody.
  if (there?.isFile() === false) refuse("is neither a file nor a new name");
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch {
    refuse("lies in a folder that does not exist or may not be written");
  }
  return path;
}

export function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}

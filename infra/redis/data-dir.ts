/** The folder of the embedded default: made private, kept out of git, and refused early when it cannot be written. */
import { constants } from "node:fs";
import { access, mkdir, realpath, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SwarmError } from "../errors.ts";

/** Makes the data dir (0700, with a `.gitignore` of `*`) and returns its real path. Throws `redis.data_dir_unwritable`. */
export async function ensureDataDir(dataDir: string): Promise<string> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    if (!(await stat(dataDir)).isDirectory()) throw new Error("it is not a folder");
    const real = await realpath(dataDir);
    await access(real, constants.R_OK | constants.W_OK | constants.X_OK);
    await ignoreInGit(real);
    return real;
  } catch (cause) {
    throw new SwarmError("redis.data_dir_unwritable", `The data dir ${dataDir} cannot be used: ${reason(cause)}.`, {
      hint: "Set SWARM_DATA_DIR to a folder that you can write, or set REDIS_URL to a Redis of your own.",
      exit: 7,
      cause,
    });
  }
}

async function ignoreInGit(dataDir: string): Promise<void> {
  try {
    await writeFile(join(dataDir, ".gitignore"), "*\n", { flag: "wx", mode: 0o600 });
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause;
  }
}

function reason(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const known: Readonly<Record<string, string>> = {
    EACCES: "permission denied",
    EPERM: "permission denied",
    EROFS: "the file system is read-only",
    ENOSPC: "the disk is full",
    EDQUOT: "the disk quota is used up",
    EEXIST: "a file is in its place",
    ENOTDIR: "a part of its path is a file",
    ENAMETOOLONG: "the path is too long",
    ELOOP: "its links lead in a circle",
  };
  return known[code] ?? (cause instanceof Error ? cause.message : String(cause));
}

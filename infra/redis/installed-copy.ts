/**
 * The server copy under `<data>/bin`, and the proof that this user put it there. The data dir lies in the workspace,
 * which may be a stranger's repository: a copy whose every byte is not pinned outside the workspace is never run.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, mkdir, readdir, readlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { SwarmError } from "../errors.ts";
import { probeBinary, type ServerBinary } from "./find-binary.ts";
import { privateFolder } from "./private-folder.ts";

/** A copy holds some dozens of files; more means that this is not one. */
const filesMax = 2_000;

export function copyFolder(dataDir: string): string {
  return join(dataDir, "bin");
}

/** The start script of a copy: it points the loader at the libraries that came with the server. */
export function copyServer(folder: string): string {
  return join(folder, "redis-server");
}

/** The copy of this data dir, if its bytes are pinned ones and it runs; otherwise undefined. */
export async function findCopy(dataDir: string, runtimeDir: string | undefined): Promise<ServerBinary | undefined> {
  const digest = await digestOf(copyFolder(dataDir));
  if (digest === undefined || !(await isPinned(digest, runtimeDir))) return undefined;
  const probe = await probeBinary(copyServer(copyFolder(dataDir)));
  return probe.ok ? probe.binary : undefined;
}

/**
 * Remembers, outside every workspace, that a copy of exactly these bytes was made by this user. It happens before the
 * copy is moved into place, so that a copy in place is never seen unpinned by another process.
 */
export async function pinCopy(folder: string, runtimeDir: string | undefined): Promise<void> {
  const digest = await digestOf(folder);
  if (digest === undefined) throw new Error(`no copy to pin in ${folder}`);
  let cause: unknown;
  for (const pins of pinFolders(runtimeDir)) {
    try {
      await mkdir(pins, { recursive: true, mode: 0o700 });
      await writeFile(join(pins, digest), "", { mode: 0o600 });
      return;
    } catch (error) {
      cause = error;
    }
  }
  throw new SwarmError(
    "redis.install_failed",
    "The installed Redis could not be pinned: no folder of yours is writable.",
    {
      hint: "Set HOME or XDG_RUNTIME_DIR to a folder that you can write.",
      exit: 7,
      cause,
    },
  );
}

/** Home first; the runtime folder for users without one, at the price of a new install after a reboot. */
function pinFolders(runtimeDir: string | undefined): readonly string[] {
  return [join(homedir(), ".local", "state", "statehive", "copies"), join(privateFolder(runtimeDir), "copies")];
}

async function isPinned(digest: string, runtimeDir: string | undefined): Promise<boolean> {
  for (const pins of pinFolders(runtimeDir)) {
    try {
      await access(join(pins, digest));
      return true;
    } catch {
      // Not in this folder: the next one decides.
    }
  }
  return false;
}

/** One hash over every path, link target and content below the folder; undefined when there is no folder to hash. */
async function digestOf(folder: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  let files = 0;
  const visit = async (current: string): Promise<void> => {
    const entries = await readdir(current, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      files += 1;
      if (files > filesMax) throw new Error(`more than ${filesMax} files`);
      const path = join(current, entry.name);
      hash.update(`\0${relative(folder, path)}\0`);
      if (entry.isDirectory()) await visit(path);
      else if (entry.isSymbolicLink()) hash.update(`link ${await readlink(path)}`);
      else if (entry.isFile()) hash.update(await digestOfFile(path));
      else throw new Error(`${path} is neither a file, a folder nor a link`);
    }
  };
  try {
    await visit(folder);
  } catch {
    return undefined;
  }
  return files === 0 ? undefined : hash.digest("hex");
}

async function digestOfFile(path: string): Promise<Buffer> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest();
}

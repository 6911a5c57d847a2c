/**
 * Writes one archive so that it is there whole or not at all: a private file beside it, synced, renamed over, the
 * folder synced. When the promise resolves, the archive survives a power failure as far as the disk keeps its word.
 */
import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { SwarmError } from "../errors.ts";
import { type ArchiveHeader, type ArchiveItem, archiveName, lineChain } from "./format.ts";

export interface Written {
  readonly file: string;
  readonly lines: number;
  readonly bytes: number;
  /** Over all lines, the last one included: what the end of the file must show. */
  readonly sha256: string;
}

/** Bytes gathered before they are written. */
const CHUNK_BYTES = 256 * 1024;
/** A leftover of a killed writer is taken away once it is older than this, in milliseconds. */
const STALE_MS = 60 * 60 * 1_000;
const TEMPORARY = ".tmp";

/** Throws SwarmError `archive.unwritable`; nothing is left behind then, and nothing was replaced. */
export async function writeArchive(
  dir: string,
  header: ArchiveHeader,
  items: AsyncIterable<ArchiveItem>,
): Promise<Written> {
  const file = join(dir, archiveName(header.run));
  const temporary = `${file}.${process.pid}-${randomBytes(4).toString("hex")}${TEMPORARY}`;
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await removeStale(dir);
    const written = await writeWhole(temporary, header, items);
    await rename(temporary, file);
    await syncFolder(dir);
    return { file, ...written };
  } catch (cause) {
    await unlink(temporary).catch(() => {});
    if (cause instanceof SwarmError || !isSystemError(cause)) throw cause;
    throw new SwarmError("archive.unwritable", `the archive ${file} cannot be written: ${cause.message}`, {
      cause,
      hint: "Make room, or name another folder: swarm archive --dir DIR. Nothing was deleted.",
    });
  }
}

const isSystemError = (cause: unknown): cause is NodeJS.ErrnoException => cause instanceof Error && "code" in cause;

async function writeWhole(
  path: string,
  header: ArchiveHeader,
  items: AsyncIterable<ArchiveItem>,
): Promise<Omit<Written, "file">> {
  const chain = lineChain();
  const counts = new Map<string, number>();
  let lines = 0;
  const handle = await open(path, "wx", 0o600);
  try {
    const out = gathered(handle);
    const put = async (data: unknown): Promise<void> => {
      lines += 1;
      await out.write(`${chain.next(data)}\n`);
    };
    await put(header);
    for await (const item of items) {
      counts.set(item.key, (counts.get(item.key) ?? 0) + 1);
      await put(item);
    }
    await put({ kind: "end", lines, items: [...counts] });
    const bytes = await out.end();
    await handle.sync();
    return { lines, bytes, sha256: chain.last() };
  } finally {
    await handle.close();
  }
}

function gathered(handle: FileHandle): { write(text: string): Promise<void>; end(): Promise<number> } {
  let waiting: string[] = [];
  let waitingBytes = 0;
  let bytes = 0;
  const flush = async (): Promise<void> => {
    await handle.appendFile(waiting.join(""), "utf8");
    bytes += waitingBytes;
    waiting = [];
    waitingBytes = 0;
  };
  return {
    async write(text) {
      waiting.push(text);
      waitingBytes += Buffer.byteLength(text);
      if (waitingBytes >= CHUNK_BYTES) await flush();
    },
    async end() {
      await flush();
      return bytes;
    },
  };
}

async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What a writer left that was killed. Young ones may belong to a writer at work. */
async function removeStale(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (!name.endsWith(TEMPORARY)) continue;
    const path = join(dir, name);
    const found = await stat(path).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > STALE_MS) await unlink(path).catch(() => {});
  }
}

/**
 * An append-only file that ends inside a transaction, as a power failure leaves it. Redis (measured with 7.0.15) forgets the
 * half transaction when it starts, and yet leaves its beginning in the file wherever the cut lies inside a command: what is
 * written behind it is taken for the rest of it at the next start. So whoever starts a server looks first, and before
 * anything is written the server writes the file anew.
 */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Redis } from "ioredis";
import { SwarmError } from "../errors.ts";

const FOLDER = "appendonlydir";
const MANIFEST = join(FOLDER, "appendonly.aof.manifest");
/** Files that are appended to, in the manifest's order: the last one is where the next write goes. */
const APPENDED = /^file (\S+) .*type i\s*$/gm;
const CHUNK_BYTES = 1 << 20;
const LOOK_MS = 20;
/** Writing a file of many gigabytes anew is work, not death. */
const REWRITE_MAX_MS = 30 * 60_000;

const markOf = (dataDir: string): string => join(dataDir, "redis.torn");

/** To be called while no server of this data dir runs. Leaves a mark that outlives whoever made it. */
export async function markTornTail(dataDir: string): Promise<void> {
  const file = appendedFile(dataDir);
  if (file === null || !endsInTransaction(file)) return;
  await writeFile(markOf(dataDir), "", { mode: 0o600 });
}

/** True where there was something to mend, which is mended then. Throws `redis.torn` where the server could not do it. */
export async function mendTornTail(dataDir: string, redis: Redis): Promise<boolean> {
  const mark = markOf(dataDir);
  if ((await stat(mark).catch(() => null)) === null) return false;
  const deadline = Date.now() + REWRITE_MAX_MS;
  await redis.bgrewriteaof().catch(() => {}); // somebody else has asked for it; what counts is told below
  for (;;) {
    const said = await redis.info("persistence");
    const field = (name: string): string | undefined => new RegExp(`^${name}:(\\S+)`, "m").exec(said)?.[1];
    const busy = field("aof_rewrite_in_progress") !== "0" || field("aof_rewrite_scheduled") !== "0";
    if (!busy && field("aof_last_bgrewrite_status") === "ok") break;
    if (!busy || Date.now() > deadline) throw notMended(dataDir);
    await pause(LOOK_MS);
  }
  await rm(mark, { force: true });
  return true;
}

const notMended = (dataDir: string): SwarmError =>
  new SwarmError(
    "redis.torn",
    `The append-only file of ${dataDir} ends inside a transaction, and Redis could not write it anew.`,
    {
      hint: `Look at ${join(dataDir, "redis.log")} (is the disk full?), then try again: nothing is written before.`,
      retry: true,
      exit: 7,
    },
  );

function appendedFile(dataDir: string): string | null {
  try {
    const name = [...readFileSync(join(dataDir, MANIFEST), "utf8").matchAll(APPENDED)].at(-1)?.[1];
    return name === undefined || name.includes("/") ? null : join(dataDir, FOLDER, name);
  } catch {
    return null; // a data dir without a file yet
  }
}

/** Whether a transaction is open where the file ends; of a file that is not understood, too. */
export function endsInTransaction(file: string): boolean {
  const input = new Input(file);
  try {
    let open = false;
    for (;;) {
      const head = input.line();
      if (head === null) return open;
      if (head.startsWith("#")) continue; // a time stamp
      const words = /^\*(\d+)$/.exec(head)?.[1];
      if (words === undefined) return true;
      const name = command(input, Number(words));
      if (name === null) return open;
      if (name === "MULTI") open = true;
      if (name === "EXEC") open = false;
    }
  } finally {
    input.close();
  }
}

const NAME_MAX = 16;

/** Its name in capitals; null where the file ends before it does. */
function command(input: Input, words: number): string | null {
  let name = "";
  for (let word = 0; word < words; word += 1) {
    const size = /^\$(\d+)$/.exec(input.line() ?? "")?.[1];
    if (size === undefined) return null;
    const text = input.skip(Number(size) + CRLF, word === 0 ? NAME_MAX : 0);
    if (text === null) return null;
    if (word === 0) name = text.slice(0, Number(size)).toUpperCase();
  }
  return name;
}

const CRLF = 2;
const LINE_MAX = 256;

/** A file from its beginning on, in large pieces. It is read at once: whoever looks has nothing else to do yet. */
class Input {
  private readonly file: number;
  private readonly chunk = Buffer.alloc(CHUNK_BYTES);
  private at = 0;
  private end = 0;

  constructor(path: string) {
    this.file = openSync(path, "r");
  }

  close(): void {
    closeSync(this.file);
  }

  /** Without its end; null where the file ends within it. Too long a one is no line of such a file: it is cut. */
  line(): string | null {
    let text = "";
    for (;;) {
      if (!this.fill()) return null;
      const found = this.chunk.subarray(this.at, this.end).indexOf(0x0a);
      const to = found < 0 ? this.end : this.at + found;
      if (text.length < LINE_MAX) text += this.chunk.toString("latin1", this.at, Math.min(to, this.at + LINE_MAX));
      this.at = found < 0 ? to : to + 1;
      if (found >= 0) return text.replace(/\r$/, "");
    }
  }

  /** So many bytes on, and the first `shown` of them; null where there are not so many. */
  skip(bytes: number, shown: number): string | null {
    let text = "";
    for (let left = bytes; left > 0; ) {
      if (!this.fill()) return null;
      const step = Math.min(left, this.end - this.at);
      if (text.length < shown)
        text += this.chunk.toString("latin1", this.at, this.at + Math.min(step, shown - text.length));
      this.at += step;
      left -= step;
    }
    return text;
  }

  private fill(): boolean {
    if (this.at < this.end) return true;
    this.at = 0;
    this.end = readSync(this.file, this.chunk, 0, CHUNK_BYTES, null);
    return this.end > 0;
  }
}

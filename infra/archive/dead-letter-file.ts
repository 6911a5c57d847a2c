/**
 * Dead letters that a shard has no more room for, appended to one file of JSON lines. They leave Redis only after they
 * are on disk, so a crash in between may write one twice and loses none.
 */
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import type { DeadEntry } from "../redis/run-items.ts";

const NAME = "dead-letters.jsonl";

/** Resolves once the lines are synced. Returns the file. */
export async function keepDeadLetters(dir: string, shard: string, letters: readonly DeadEntry[]): Promise<string> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, NAME);
  const handle = await open(file, "a+", 0o600);
  try {
    const { size } = await handle.stat();
    const lines = letters.map(({ id, fields }) => `${JSON.stringify({ v: 1, shard, id, fields })}\n`);
    // A line that a killed writer left torn must not swallow the next one.
    const torn = size > 0 && (await lastByte(handle, size)) !== 10;
    await handle.appendFile(`${torn ? "\n" : ""}${lines.join("")}`, "utf8");
    await handle.sync();
  } finally {
    await handle.close();
  }
  return file;
}

async function lastByte(handle: Awaited<ReturnType<typeof open>>, size: number): Promise<number | undefined> {
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0];
}

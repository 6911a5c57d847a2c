/**
 * What the start script wrote about the server it became: who it is and where it listens. It is a hint from a folder
 * that others may have filled, so it names a socket only if that lies in a private folder under the expected name.
 */
import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import { checkPrivateFolder } from "./private-folder.ts";
import { isAlive, type ProcessIdentity } from "./process-identity.ts";

export const recordVersion = "1";

export interface ServerRecord {
  readonly identity: ProcessIdentity;
  readonly socket: string;
}

/** By hand: a status bar asks every few seconds, and zod alone would cost it more than the answer. */
const RECORD = new RegExp(`^${recordVersion}\\n(\\d{1,10})\\n(.{1,100})\\n(.{1,200})\\n(.{1,200})$`);

export function recordPath(dataDir: string): string {
  return join(dataDir, "redis.server");
}

/** undefined when there is none, or when it is not one of ours. */
export async function readRecord(dataDir: string): Promise<ServerRecord | undefined> {
  const record = parseRecord(await readFile(recordPath(dataDir), "utf8").catch(() => ""));
  if (record === undefined || !/^[0-9a-f]{32}\.[0-9a-f]{8}\.sock$/.test(basename(record.socket))) return undefined;
  try {
    checkPrivateFolder(dirname(record.socket));
    return record;
  } catch {
    return undefined;
  }
}

export function parseRecord(text: string): ServerRecord | undefined {
  const [, pid, startTime = "", boot = "", socket = ""] = RECORD.exec(text.trimEnd()) ?? [];
  if (pid === undefined || !isAbsolute(socket)) return undefined;
  return { identity: { pid: Number(pid), startTime, bootId: boot }, socket };
}

/**
 * True when the recorded process lives and works in this very folder: a copied or restored data dir carries the record
 * of a server that writes somewhere else. Where that cannot be seen, the lock decides.
 */
export function worksIn(record: ServerRecord, dataDir: string): boolean {
  if (!isAlive(record.identity)) return false;
  if (process.platform !== "linux") return true;
  try {
    const there = statSync(`/proc/${record.identity.pid}/cwd`, { bigint: true });
    const here = statSync(dataDir, { bigint: true });
    return there.dev === here.dev && there.ino === here.ino;
  } catch {
    return false;
  }
}

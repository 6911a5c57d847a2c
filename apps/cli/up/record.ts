/**
 * Which process serves this data folder: one at a time, named so that its number can be trusted later. A record whose
 * process is gone counts for nothing, so that a server that was killed stands in nobody's way.
 */
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { newSecret, sha256 } from "../../../infra/ids.ts";
import { privateFolder } from "../../../infra/redis/private-folder.ts";
import { identifyProcess, isAlive, type ProcessIdentity } from "../../../infra/redis/process-identity.ts";

const recordSchema = z.object({
  v: z.literal(1),
  pid: z.int().min(1),
  startTime: z.string().max(100),
  bootId: z.string().max(200),
  /** Null until it listens. */
  url: z
    .string()
    .regex(/^http:\/\/(127\.\d+\.\d+\.\d+|\[::1\]):\d+\/$/)
    .nullable(),
});

export interface UpRecord {
  readonly identity: ProcessIdentity;
  readonly url: string | null;
}

export interface OwnRecord {
  /** From now on others find it there; `token` lets this user's own commands ask it for links. */
  listens(url: string, token: string): Promise<void>;
  release(): Promise<void>;
}

/** Rounds in which a dead record is put away and somebody else is faster. */
const ROUNDS_MAX = 10;

const recordPath = (dataDir: string): string => join(dataDir, "up.server");

/** Beside the sockets: outside of what anything that an agent starts may see. */
const tokenPath = (dataDir: string, runtimeDir: string | undefined): string =>
  join(privateFolder(runtimeDir), `${sha256(dataDir).slice(0, 32)}.up`);

/** Null where nobody serves. */
export async function servingNow(dataDir: string): Promise<UpRecord | null> {
  const record = await readRecord(recordPath(dataDir));
  return record !== null && isAlive(record.identity) ? record : null;
}

/** Null where it cannot be read: a server that is just beginning, or another user's. */
export async function tokenOf(dataDir: string, runtimeDir: string | undefined): Promise<string | null> {
  return await readFile(tokenPath(dataDir, runtimeDir), "utf8").catch(() => null);
}

/** Makes this process the one; otherwise says who is. `dataDir` is real and exists. */
export async function claimRecord(dataDir: string, runtimeDir: string | undefined): Promise<OwnRecord | UpRecord> {
  const path = recordPath(dataDir);
  const identity = identifyProcess(process.pid);
  if (identity === undefined) throw new Error("this process cannot name itself");
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    if (await placed(path, { identity, url: null })) return ownRecord(dataDir, runtimeDir, identity);
    const other = await readRecord(path);
    if (other !== null && isAlive(other.identity)) return other;
    await putAway(path);
  }
  throw new Error(`${path} changes hands all the time`);
}

/** The link appears with its whole content, for one claimant. */
async function placed(path: string, record: UpRecord): Promise<boolean> {
  const draft = await drafted(path, record);
  try {
    await link(draft, path);
    return true;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return false;
    throw cause;
  } finally {
    await rm(draft, { force: true });
  }
}

async function drafted(path: string, { identity, url }: UpRecord): Promise<string> {
  const draft = `${path}.${newSecret()}`;
  await writeFile(draft, JSON.stringify({ v: 1, ...identity, url }), { mode: 0o600, flag: "wx" });
  return draft;
}

/** Moved first and looked at then: what lay there may have been replaced by a living one in between. */
async function putAway(path: string): Promise<void> {
  const aside = `${path}.${newSecret()}`;
  try {
    await rename(path, aside);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return;
    throw cause;
  }
  const moved = await readRecord(aside);
  if (moved !== null && isAlive(moved.identity)) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

function ownRecord(dataDir: string, runtimeDir: string | undefined, identity: ProcessIdentity): OwnRecord {
  const path = recordPath(dataDir);
  const secret = tokenPath(dataDir, runtimeDir);
  return {
    async listens(url, token) {
      const draft = `${secret}.${newSecret()}`;
      await writeFile(draft, token, { mode: 0o600, flag: "wx" });
      await rename(draft, secret);
      await rename(await drafted(path, { identity, url }), path);
    },
    async release() {
      const now = await readRecord(path);
      if (now?.identity.pid !== identity.pid || now.identity.startTime !== identity.startTime) return;
      await rm(secret, { force: true });
      await rm(path, { force: true });
    },
  };
}

/** Null where there is none, or none of ours. */
async function readRecord(path: string): Promise<UpRecord | null> {
  try {
    const { pid, startTime, bootId, url } = recordSchema.parse(JSON.parse(await readFile(path, "utf8")));
    return { identity: { pid, startTime, bootId }, url };
  } catch {
    return null;
  }
}

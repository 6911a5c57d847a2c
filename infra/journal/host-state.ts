/**
 * This host's folder for what must outlive every worker and stay out of every tool's sight: the gates of unsafe effects
 * and what their commands left. Its id, drawn once, names the place where an effect was begun.
 */
import { lstat, mkdir, readlink, realpath } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { SwarmError } from "../errors.ts";
import { newNonce, shortHash } from "../ids.ts";
import { createDurably, makeFolderDurably, readIfThere } from "./durable-file.ts";

export interface HostState {
  /** The whole state folder, link-free: no tool may look into it. */
  readonly folder: string;
  /** Name of this host, random, the same for all its workers. */
  readonly place: string;
  /** Where the gates lie. */
  readonly gates: string;
}

/**
 * Opens the first of `candidates` that this user can have for themselves, making it (0700) where it is absent.
 * @throws SwarmError `state.unusable`, exit 2, naming each candidate and what is wrong with it.
 */
export async function openHostState(candidates: readonly string[]): Promise<HostState> {
  const wrong: string[] = [];
  for (const candidate of candidates) {
    const opened = await openIn(candidate).catch((cause: unknown) => {
      wrong.push(`${candidate}: ${cause instanceof Error ? cause.message : String(cause)}`);
      return null;
    });
    if (opened !== null) return opened;
  }
  throw new SwarmError("state.unusable", `There is no folder for this host's gates. ${wrong.join("; ")}.`, {
    exit: 2,
    hint: "Set SWARM_STATE_DIR to a folder on a local disk that belongs to you alone (mode 0700).",
  });
}

async function openIn(candidate: string): Promise<HostState> {
  await mkdir(candidate, { recursive: true, mode: 0o700 });
  const folder = await realpath(candidate);
  const found = await lstat(folder);
  if (!found.isDirectory()) throw new Error("it is not a folder");
  const { uid } = userInfo();
  if (found.uid !== uid) throw new Error(`it belongs to user ${found.uid}, not to you (${uid})`);
  if ((found.mode & 0o022) !== 0) {
    throw new Error(`other users may write there (mode ${(found.mode & 0o777).toString(8)})`);
  }
  const own = join(folder, await machineName());
  await makeFolderDurably(join(own, "gates"), folder);
  const idFile = join(own, "host-id");
  await createDurably(idFile, `h_${newNonce()}${newNonce()}`);
  const place = (await readIfThere(idFile)) ?? "";
  if (!/^h_[0-9a-z]{16}$/.test(place)) throw new Error(`${idFile} holds no host id`);
  return { folder, place, gates: join(own, "gates") };
}

/**
 * Tells machines apart that share one home folder, and containers that see other processes: what was begun in one of
 * them cannot be judged from another, where the same process numbers name strangers.
 */
async function machineName(): Promise<string> {
  const processes = await readlink("/proc/self/ns/pid").catch(() => "");
  return shortHash(`${hostname()}\n${processes}`);
}

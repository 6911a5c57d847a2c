/** The names under which a private server listens: one of each start, and one that stays. Made by whoever starts it. */
import { createHash, randomBytes } from "node:crypto";
import { readlinkSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { privateFolder } from "./private-folder.ts";

/**
 * Where a new server of this data dir listens: a name from the real path, and one part of chance for this start alone.
 * A server whose folder was deleted under it removes its socket when it ends, and must not meet its successor's.
 */
export function newSocket(realDataDir: string, runtimeDir: string | undefined): string {
  const name = createHash("sha256").update(realDataDir).digest("hex").slice(0, 32);
  return join(privateFolder(runtimeDir), `${name}.${randomBytes(4).toString("hex")}.sock`);
}

/**
 * One name for whichever server is alive: a link beside the sockets. A server that was killed comes back under a new
 * socket; connections that outlive it find it again under the same path.
 */
export function stableLink(socket: string): string {
  const link = socket.replace(/\.[0-9a-f]{8}\.sock$/, ".sock");
  if (link === socket) throw new Error(`not a socket of ours: ${socket}`);
  if (readlink(link) === socket) return link;
  const draft = `${link}.${randomBytes(4).toString("hex")}`;
  symlinkSync(socket, draft);
  renameSync(draft, link);
  return link;
}

function readlink(link: string): string | null {
  try {
    return readlinkSync(link);
  } catch {
    return null;
  }
}

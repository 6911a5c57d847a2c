/**
 * Says whether a data dir has a server, from three witnesses: the record it wrote, the process it names, and the lock.
 * Only when all three say no is it absent; silence alone never is.
 */
import { type Pulse, ping } from "./ping.ts";
import { isAlive } from "./process-identity.ts";
import { isHeld, type Lock } from "./server-lock.ts";
import { readRecord, type ServerRecord, worksIn } from "./server-record.ts";

export type Sighting =
  | { readonly state: "absent" }
  /** The lock is held, but nobody has said yet by whom. */
  | { readonly state: "unknown" }
  | { readonly state: "found"; readonly record: ServerRecord; readonly pulse: Pulse };

export async function findServer(dataDir: string, lock: Lock, pulseTimeoutMs: number): Promise<Sighting> {
  const record = await readRecord(dataDir);
  if (record !== undefined && worksIn(record, dataDir)) {
    return { state: "found", record, pulse: await ping(record.socket, pulseTimeoutMs) };
  }
  if (!(await isHeld(dataDir, lock))) return { state: "absent" };
  // A process that lives here but works in another folder came with a copied record: the holder has not written its own yet.
  if (record === undefined || isAlive(record.identity)) return { state: "unknown" };
  // The holder may be in a container of its own, where its process number means nothing here.
  const pulse = await ping(record.socket, pulseTimeoutMs);
  return pulse.state === "absent" ? { state: "unknown" } : { state: "found", record, pulse };
}

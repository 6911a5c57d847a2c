/** What a server promises about acknowledged writes, from the facts it states about itself. */
import type { ServerFacts } from "./server-check.ts";

export interface Promised {
  readonly guarantee: string;
  readonly holds: "yes" | "no" | "unknown";
  readonly because: string;
}

/** True where a restart of the server loses nothing that it has acknowledged. False where that is not known. */
export const syncsEveryWrite = (facts: ServerFacts): boolean => powerLoss(facts).holds === "yes" && !facts.promoted;

type Verdict = Pick<Promised, "holds" | "because">;

/** The rows of docs/guarantees.md under "Durability", in its order. */
export function durabilityOf(kind: "url" | "embedded", facts: ServerFacts): Promised[] {
  const server = `${facts.product} ${facts.version}, ${facts.mode}`;
  return [
    {
      guarantee: "a committed step survives the death of its worker",
      holds: "yes",
      because: "it is in Redis before anything acts on it",
    },
    { guarantee: "… and the death of Redis", ...serverDeath(facts) },
    { guarantee: "… and a power failure", ...powerLoss(facts) },
    {
      guarantee: "… and a failover to a replica",
      holds: "no",
      because: `replication is asynchronous; never promised (${server}, replicas: ${facts.connectedReplicas})`,
    },
    { guarantee: "steps lost by Redis are noticed after its restart", ...lossNoticed(facts) },
    {
      guarantee: "no second server writes the same data",
      ...(kind === "embedded"
        ? { holds: "yes", because: "the private server holds the lock of its data dir" }
        : { holds: "unknown", because: "that is up to whoever runs the server of REDIS_URL" }),
    },
    { guarantee: "no stored run is evicted", ...eviction(facts) },
  ];
}

function serverDeath({ aof }: ServerFacts): Verdict {
  if (aof === "unknown") return { holds: "unknown", because: "it does not say whether it keeps an append-only file" };
  if (aof === "off") return { holds: "no", because: "append-only file: off (appendonly no)" };
  return { holds: "yes", because: "append-only file: on; each write is in it before it is acknowledged" };
}

function powerLoss({ aof, fsync, syncsDuringRewrite }: ServerFacts): Verdict {
  if (aof === "off") return { holds: "no", because: "append-only file: off (appendonly no)" };
  if (fsync === "everysec") return { holds: "no", because: "appendfsync: everysec; up to two seconds may be lost" };
  if (fsync === "no" || fsync === "none") return { holds: "no", because: `appendfsync: ${fsync}` };
  if (aof === "unknown" || fsync === "unknown") {
    return {
      holds: "unknown",
      because: "it does not tell how it syncs (INFO without aof_enabled, or CONFIG forbidden)",
    };
  }
  if (syncsDuringRewrite === "no") {
    return { holds: "no", because: "appendfsync: always, but not during rewrites (no-appendfsync-on-rewrite yes)" };
  }
  if (syncsDuringRewrite === "unknown") {
    return { holds: "unknown", because: "appendfsync: always; whether during rewrites too, it does not tell" };
  }
  return { holds: "yes", because: "appendfsync: always, during rewrites too; the disk must do what fsync says" };
}

function lossNoticed({ runId }: ServerFacts): Verdict {
  if (runId === "") return { holds: "unknown", because: "it does not tell its run id" };
  return { holds: "yes", because: "its run id and replication id are compared at each connection" };
}

function eviction({ maxmemoryBytes, maxmemoryPolicy }: ServerFacts): Verdict {
  if (maxmemoryBytes === "unknown" || maxmemoryPolicy === "unknown") {
    return { holds: "unknown", because: "it does not tell maxmemory and maxmemory-policy" };
  }
  const limit = maxmemoryBytes === 0 ? "maxmemory: none" : `maxmemory: ${maxmemoryBytes} bytes`;
  // A server with a limit and another policy was refused at the door.
  return { holds: "yes", because: `${limit}; maxmemory-policy: ${maxmemoryPolicy}` };
}

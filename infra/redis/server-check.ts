/**
 * Decides whether a server may hold runs, and states as facts what it promises about durability. A server that would
 * lose or evict runs, or that is not what its address says, is refused before the first key is written.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { SwarmError } from "../errors.ts";
import { isOlder, oldestVersion } from "./find-binary.ts";
import { unsupported } from "./redis-url.ts";

export interface ServerFacts {
  /** What the server calls itself: redis, valkey, dragonfly… */
  readonly product: string;
  /** Redis version that it is or claims compatibility with. */
  readonly version: string;
  /** Changes with every start of the server; empty where it does not say. */
  readonly runId: string;
  /** Names the history that the server holds: changes with a start, and when a replica becomes a primary. */
  readonly replicationId: string;
  /** It was a replica of another server before: what that one acknowledged last may be missing. */
  readonly promoted: boolean;
  readonly mode: "standalone";
  readonly role: "master";
  readonly aof: "on" | "off" | "unknown";
  /** How often the append-only file is synced; "unknown" where CONFIG is forbidden; "none" without that file. */
  readonly fsync: "always" | "everysec" | "no" | "none" | "unknown";
  /** Whether it goes on syncing while it rewrites that file (`no-appendfsync-on-rewrite no`). */
  readonly syncsDuringRewrite: "yes" | "no" | "unknown";
  /** 0 means no limit. */
  readonly maxmemoryBytes: number | "unknown";
  readonly maxmemoryPolicy: string;
  readonly connectedReplicas: number;
}

const count = z.coerce.number().int().nonnegative();

/** The fields of INFO that decisions rest on; servers add and leave out many others. */
const infoFields = z.object({
  redis_version: z.string().regex(/^\d+\.\d+/),
  valkey_version: z.string().optional(),
  dragonfly_version: z.string().optional(),
  redis_mode: z.string().default("standalone"),
  cluster_enabled: z.string().default("0"),
  run_id: z.string().max(100).default(""),
  master_replid: z.string().max(100).default(""),
  master_replid2: z.string().max(100).default(""),
  role: z.string().default("master"),
  loading: z.string().default("0"),
  aof_enabled: z.enum(["0", "1"]).optional(),
  maxmemory: count.optional(),
  maxmemory_policy: z.string().optional(),
  connected_slaves: count.default(0),
});

const fsyncPolicy = z.enum(["always", "everysec", "no"]);

/**
 * Two commands over the given connection; their time limits are the connection's. Throws a SwarmError: `redis.not_redis`,
 * `redis.too_old`, `redis.cluster_unsupported`, `redis.sentinel_unsupported`, `redis.replica`, `redis.loading`,
 * `redis.eviction`, or what `redisError` makes of a failed command.
 */
export async function checkServer(redis: Redis): Promise<ServerFacts> {
  const where = describeConnection(redis);
  const text = await redis.info().catch((cause: unknown) => {
    throw redisError(cause, where);
  });
  const info = infoFields.safeParse(parseInfo(text));
  if (!info.success) throw notRedis(where, "its INFO does not read like one", info.error);
  const found = info.data;
  refuse(found, where);
  const synced = found.aof_enabled === "0" ? noSync : await syncOf(redis, where);
  const aof = found.aof_enabled === undefined ? "unknown" : found.aof_enabled === "1" ? "on" : "off";
  return {
    product: productOf(found),
    version: found.redis_version,
    runId: found.run_id,
    mode: "standalone",
    role: "master",
    replicationId: found.master_replid,
    promoted: /[^0]/.test(found.master_replid2),
    aof,
    ...synced,
    maxmemoryBytes: found.maxmemory ?? "unknown",
    maxmemoryPolicy: found.maxmemory_policy ?? "unknown",
    connectedReplicas: found.connected_slaves,
  };
}

function refuse(found: z.infer<typeof infoFields>, where: string): void {
  if (found.redis_mode === "sentinel") throw unsupported("sentinel", `${where} is a Redis Sentinel`);
  if (found.redis_mode === "cluster" || found.cluster_enabled === "1") {
    throw unsupported("cluster", `${where} is a node of a Redis Cluster`);
  }
  if (isOlder(found.redis_version, oldestVersion)) {
    throw refused("too_old", `${where} runs Redis ${found.redis_version}; ${oldestVersion} or newer is needed.`, {
      hint: "Upgrade it, or unset REDIS_URL for a private one.",
    });
  }
  if (found.role !== "master") {
    throw refused("replica", `${where} is a read-only replica.`, { hint: "Point REDIS_URL at its primary." });
  }
  if (found.loading !== "0") {
    throw refused("loading", `${where} is still loading its data.`, { hint: "Try again in a moment.", retry: true });
  }
  const policy = found.maxmemory_policy ?? "noeviction";
  if ((found.maxmemory ?? 0) > 0 && policy !== "noeviction") {
    throw refused("eviction", `${where} may evict keys (maxmemory-policy ${policy}): a run could vanish half-way.`, {
      hint: "Set it to noeviction: redis-cli CONFIG SET maxmemory-policy noeviction (and in its configuration file),\nor unset REDIS_URL for a private Redis.",
    });
  }
}

type Sync = Pick<ServerFacts, "fsync" | "syncsDuringRewrite">;

const noSync: Sync = { fsync: "none", syncsDuringRewrite: "no" };

/** CONFIG is often forbidden (managed services, access rules): then the answer is not known, which is no error. */
async function syncOf(redis: Redis, where: string): Promise<Sync> {
  try {
    // One pattern, because Redis 6 takes one only.
    const reply = z.array(z.string()).safeParse(await redis.config("GET", "*appendfsync*"));
    const setting = (name: string): unknown => {
      const at = reply.data?.indexOf(name) ?? -1;
      return at < 0 ? undefined : reply.data?.[at + 1];
    };
    const policy = fsyncPolicy.safeParse(setting("appendfsync"));
    const pauses = z.enum(["yes", "no"]).safeParse(setting("no-appendfsync-on-rewrite"));
    return {
      fsync: policy.success ? policy.data : "unknown",
      syncsDuringRewrite: pauses.success ? (pauses.data === "no" ? "yes" : "no") : "unknown",
    };
  } catch (cause) {
    if (cause instanceof Error && cause.name === "ReplyError")
      return { fsync: "unknown", syncsDuringRewrite: "unknown" };
    throw redisError(cause, where);
  }
}

function productOf(found: z.infer<typeof infoFields>): string {
  if (found.valkey_version !== undefined) return "valkey";
  return found.dragonfly_version === undefined ? "redis" : "dragonfly";
}

function parseInfo(text: unknown): Record<string, string> {
  if (typeof text !== "string") return {};
  const lines = text.split(/\r?\n/).filter((line) => !line.startsWith("#") && line.includes(":"));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
}

/**
 * Turns whatever a connection or command failed with into one clear error. The client's own text is kept as the cause;
 * credentials are in neither, because servers do not repeat them and `where` holds none.
 */
export function redisError(cause: unknown, where: string): SwarmError {
  if (cause instanceof SwarmError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const reply = /(?:^|: )(NOAUTH|WRONGPASS|NOPERM|DENIED|LOADING)\b/.exec(message)?.[1];
  if (reply === "NOAUTH") {
    return refused("auth", `${where} wants a password (NOAUTH).`, { hint: passwordHint, cause });
  }
  if (reply === "WRONGPASS" || /invalid password/.test(message)) {
    return refused("auth", `${where} refused the user name or password (WRONGPASS).`, { hint: passwordHint, cause });
  }
  if (reply === "NOPERM") {
    return refused("forbidden", `${where} forbids this user a command that is needed (NOPERM): ${message}`, {
      hint: "Give the user the rights ~* &* +@all, or use another one.",
      cause,
    });
  }
  if (reply === "DENIED") {
    return refused("forbidden", `${where} runs in protected mode and refuses this machine (DENIED).`, {
      hint: "Set a password there and put it into REDIS_URL, or connect from the same machine.",
      cause,
    });
  }
  if (/DB index is out of range/.test(message)) {
    return new SwarmError("redis.bad_url", `${where} has no database of that number.`, {
      hint: "Use database 0.",
      exit: 2,
      cause,
    });
  }
  if (/^(DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CERT_|ERR_TLS_|ERR_SSL_|EPROTO)/.test(code)) {
    return refused("tls", `The encrypted connection to ${where} failed (${code}).`, {
      hint: "rediss:// needs a server that speaks TLS; for a certificate of your own set NODE_EXTRA_CA_CERTS.",
      cause,
    });
  }
  if (/^Protocol error/.test(message) || (reply === undefined && /ERR unknown command/i.test(message))) {
    return notRedis(where, "it answers in another protocol", cause);
  }
  if (/timed out/i.test(message) && code !== "ETIMEDOUT")
    return notRedis(where, "it accepted the connection and then said nothing", cause);
  return refused("unreachable", `${where} cannot be reached (${code === "" ? message : code}).`, {
    hint: "Check that it runs and that REDIS_URL is right, or unset REDIS_URL for a private Redis.",
    retry: true,
    cause,
  });
}

const passwordHint = "Put it into REDIS_URL: redis://user:password@host:port (special characters percent-encoded).";

function notRedis(where: string, why: string, cause: unknown): SwarmError {
  return refused("not_redis", `${where} is not a Redis that we can talk to: ${why}.`, {
    hint: "Check host and port of REDIS_URL, or unset it for a private Redis.",
    cause,
  });
}

function refused(
  code: string,
  message: string,
  details: { readonly hint: string; readonly retry?: boolean; readonly cause?: unknown },
): SwarmError {
  return new SwarmError(`redis.${code}`, message, { ...details, exit: 7 });
}

/** For people; holds no credentials. */
export function describeConnection(redis: Redis): string {
  const { path, host, port } = redis.options;
  return path === undefined ? `Redis at ${host}:${port}` : `Redis at ${path}`;
}

/** Parses REDIS_URL into connection options, once. A password never appears in an error, a log line or a description. */
import { isIP } from "node:net";
import type { RedisOptions } from "ioredis";
import { SwarmError } from "../errors.ts";

export interface RedisAddress {
  readonly options: RedisOptions;
  /** For people: address and database without credentials. */
  readonly describe: string;
}

const DATABASE_MAX = 1_000_000;
const isDatabase = (text: string): boolean => /^\d{1,7}$/.test(text) && Number(text) <= DATABASE_MAX;

/** Of what stands behind `?`: each at most once, and nothing else. */
const PARAMETERS: Readonly<Record<string, (text: string) => boolean>> = {
  db: isDatabase,
  family: (text) => text === "4" || text === "6",
};

/**
 * `redis://`, `rediss://` (TLS) and `unix:///path.sock?db=0`. Throws `redis.bad_url` (exit 2), or
 * `redis.sentinel_unsupported` / `redis.cluster_unsupported` for addresses that only those can mean.
 */
export function parseRedisUrl(text: string): RedisAddress {
  refuseUntested(text);
  // The URL standard knows no credentials without a host, so a socket's empty host gets a name while it is parsed.
  const named = text.replace(/^unix:\/\/([^/@]*@)?\//i, (_, user = "") => `unix://${user}socket/`);
  const url = URL.canParse(named) ? new URL(named) : undefined;
  if (url === undefined) throw badUrl("it is not a URL");
  for (const [name, value] of url.searchParams) {
    if (PARAMETERS[name]?.(value) !== true)
      throw badUrl("it has a parameter that is not understood (known: db, family)");
  }
  const family = url.searchParams.get("family");
  const given = url.searchParams.get("db");
  const queryDb = given === null ? undefined : Number(given);
  const credentials = {
    ...(url.username === "" ? {} : { username: decode(url.username) }),
    ...(url.password === "" ? {} : { password: decode(url.password) }),
  };
  if (url.protocol === "unix:") {
    if (url.host !== "socket" || url.pathname.length < 2)
      throw badUrl("a socket is written unix:///path/to/redis.sock");
    const path = decode(url.pathname);
    return { options: { path, db: queryDb ?? 0, ...credentials }, describe: `unix://${path}` };
  }
  if (url.protocol !== "redis:" && url.protocol !== "rediss:")
    throw badUrl("it must begin with redis://, rediss:// or unix://");
  if (url.hostname === "") throw badUrl("the host is missing");
  const db = queryDb ?? databaseOf(url.pathname);
  const host = decode(url.hostname).replace(/^\[(.*)\]$/, "$1");
  const port = url.port === "" ? 6379 : Number(url.port);
  const tls = url.protocol === "rediss:" ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {};
  return {
    options: {
      host,
      port,
      db,
      ...credentials,
      ...tls,
      ...(family === null ? {} : { family: family === "6" ? 6 : 4 }),
    },
    describe: `${url.protocol}//${url.hostname}:${port}/${db}`,
  };
}

function databaseOf(pathname: string): number {
  const text = pathname.replace(/^\//, "");
  if (text === "") return 0;
  if (!isDatabase(text)) throw badUrl("the database is not a number (redis://host:6379/0)");
  return Number(text);
}

function refuseUntested(text: string): void {
  if (/^[a-z+-]*sentinel[a-z+-]*:/i.test(text)) throw unsupported("sentinel", "REDIS_URL names Redis Sentinel");
  const hosts = /^[a-z+]+:\/\/(?:[^@/]*@)?([^/?#]*)/i.exec(text)?.[1] ?? "";
  if (/^[a-z+-]*cluster[a-z+-]*:/i.test(text) || hosts.includes(",")) {
    throw unsupported("cluster", "REDIS_URL names several servers (Redis Cluster)");
  }
}

/** Also used for servers that turn out to be one of these. */
export function unsupported(kind: "sentinel" | "cluster", what: string): SwarmError {
  return new SwarmError(`redis.${kind}_unsupported`, `${what}, which is not supported yet.`, {
    hint: "Use one standalone Redis (REDIS_URL=redis://host:6379), or unset REDIS_URL for a private one.",
    exit: 7,
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badUrl("it has a broken % escape");
  }
}

function badUrl(why: string): SwarmError {
  return new SwarmError("redis.bad_url", `REDIS_URL cannot be used: ${why}.`, {
    hint: "Write redis://[user:password@]host[:port][/database], rediss:// for TLS, or unix:///path/to/redis.sock. Unset it for a private Redis.",
    exit: 2,
  });
}

/** One short-lived connection for questions at the door: it never retries, never waits without limit, never prints. */
import { Redis, type RedisOptions } from "ioredis";
import { redisError } from "./server-check.ts";

const connectTimeoutMs = 5_000;
const replyTimeoutMs = 5_000;

/** Connects, asks, closes. Whatever goes wrong below arrives as a SwarmError that names `where`. */
export async function connectOnce<Answer>(
  { username, password, db, ...options }: RedisOptions,
  where: string,
  ask: (redis: Redis) => Promise<Answer>,
): Promise<Answer> {
  const redis = new Redis({
    ...options,
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    commandTimeout: replyTimeoutMs,
    retryStrategy: () => null,
    reconnectOnError: () => false,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    disableClientInfo: true,
  });
  // A failure between connect and the first reply is only emitted; the command then fails with "Connection is closed".
  let emitted: unknown;
  redis.on("error", (error: unknown) => {
    emitted ??= error;
  });
  try {
    await redis.connect();
    // Asked for by ourselves: the client would send the next command at once, whose NOAUTH hides the WRONGPASS.
    if (typeof password === "string") await logIn(redis, username, password);
    if (db !== undefined && db !== 0) await redis.select(db);
    const answer = await ask(redis);
    if (emitted !== undefined) throw redisError(emitted, where);
    return answer;
  } catch (cause) {
    const closed = cause instanceof Error && /Connection is closed/.test(`${cause.message} ${messageOfCause(cause)}`);
    throw redisError(closed && emitted !== undefined ? emitted : cause, where);
  } finally {
    redis.disconnect();
  }
}

/** A server without a password takes everybody, also those who bring one. */
async function logIn(redis: Redis, username: string | null | undefined, password: string): Promise<void> {
  try {
    await (username ? redis.auth(username, password) : redis.auth(password));
  } catch (cause) {
    if (!(cause instanceof Error && /no password is set|without any password/.test(cause.message))) throw cause;
  }
}

function messageOfCause(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : "";
}

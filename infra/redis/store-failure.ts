/** Tells from whatever a connection, a command or a script failed with what is wrong with the server. */
import { SwarmError } from "../errors.ts";
import { StoreError, type StoreTrouble } from "../store-error.ts";

/** First words of the server's refusals. What is not listed is a mistake in a script or in what is stored. */
const replies: Readonly<Record<string, StoreTrouble>> = {
  LOADING: "loading",
  BUSY: "busy",
  TRYAGAIN: "busy",
  UNBLOCKED: "busy",
  READONLY: "readonly",
  MASTERDOWN: "readonly",
  OOM: "out_of_memory",
  MISCONF: "misconfigured",
  NOREPLICAS: "misconfigured",
  CLUSTERDOWN: "misconfigured",
  NOAUTH: "forbidden",
  WRONGPASS: "forbidden",
  NOPERM: "forbidden",
};

/** Codes of the door check (`server-check.ts`). */
const doorCodes: Readonly<Record<string, StoreTrouble>> = {
  "redis.unreachable": "unreachable",
  "redis.tls": "unreachable",
  "redis.loading": "loading",
  "redis.replica": "readonly",
  "redis.auth": "forbidden",
  "redis.forbidden": "forbidden",
};

/** Redis 6 tells what a script was refused behind the place in the script. */
const inner = /@user_script: ?\d+: -?([A-Z]{3,})\b/;
const outer = /^-?([A-Z]+)\b/;

export function storeErrorFrom(cause: unknown, what: string, where: string): StoreError {
  if (cause instanceof StoreError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof SwarmError) {
    const reply = troubleOf(cause.cause);
    return new StoreError(reply ?? doorCodes[cause.code] ?? "misconfigured", message, { cause });
  }
  const trouble = troubleOf(cause);
  if (trouble !== null) return new StoreError(trouble, `${where} refuses "${what}": ${message}`, { cause });
  if (isReply(cause)) {
    return new StoreError("broken", `"${what}" fails at ${where}: ${message}`, { cause });
  }
  return new StoreError("unreachable", `${where} cannot be reached for "${what}": ${message}`, { cause });
}

export const isNoScript = (cause: unknown): boolean =>
  isReply(cause) && (cause as Error).message.startsWith("NOSCRIPT");

const isReply = (cause: unknown): boolean => cause instanceof Error && cause.name === "ReplyError";

function troubleOf(cause: unknown): StoreTrouble | null {
  if (!isReply(cause)) return null;
  const { message } = cause as Error;
  return replies[(inner.exec(message) ?? outer.exec(message))?.[1] ?? ""] ?? null;
}

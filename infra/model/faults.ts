/**
 * Gives every fault of a model call its name: what happened, whether the same request may succeed later, and when the
 * server wants to see it. Texts of servers are hostile: they are cut, and credentials in them are masked.
 */
import { APIConnectionError, APIConnectionTimeoutError, APIError } from "@anthropic-ai/sdk";
import { isRecord } from "./message.ts";
import type { FailureReason } from "./outcome.ts";

const faultMessageCharactersMax = 2_000;

/** Five minutes, in milliseconds: a server that asks for more gets asked again sooner; whoever retries has its own limits. */
const retryAfterMsMax = 300_000;

export interface Fault {
  readonly reason: FailureReason;
  readonly retry: boolean;
  readonly retryAfterMs?: number;
  readonly message: string;
  readonly requestId?: string | null;
}

/** A fault that this room found itself, on its way through the SDK; it never leaves the room. */
export class CallFault extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message);
    this.name = "CallFault";
    this.fault = fault;
  }
}

const reasonByType: Readonly<Record<string, FailureReason>> = {
  overloaded_error: "overloaded",
  rate_limit_error: "rate_limited",
  api_error: "server_error",
  timeout_error: "server_error",
  invalid_request_error: "invalid_request",
  authentication_error: "authentication",
  permission_error: "permission",
  not_found_error: "not_found",
  request_too_large: "too_large",
  billing_error: "billing",
};

const reasonByStatus: Readonly<Record<number, FailureReason>> = {
  401: "authentication",
  402: "billing",
  403: "permission",
  404: "not_found",
  408: "server_error",
  409: "server_error",
  413: "too_large",
  429: "rate_limited",
  529: "overloaded",
};

const passing: ReadonlySet<FailureReason> = new Set(["overloaded", "rate_limited", "server_error", "cut", "idle"]);

/**
 * Classifies what the SDK threw. An error event inside a stream has no status: its type decides. A connection that
 * never came to be is `refused_connection`; one that broke is `cut`.
 *
 * @returns null when the error is none of a server or a network, but a mistake of ours that must stay visible.
 */
export function faultOf(error: unknown, nowMs: number): Fault | null {
  if (error instanceof CallFault) return error.fault;
  if (error instanceof SyntaxError) return malformed("an event of the stream is not JSON", true);
  if (error instanceof APIConnectionTimeoutError) return silent("the server did not begin to answer in time");
  if (error instanceof APIConnectionError) return networkFault(error) ?? broken("no known reason");
  if (error instanceof APIError) return serverFault(error, nowMs);
  return networkFault(error);
}

export function malformed(message: string, retry: boolean): Fault {
  return { reason: "malformed", retry, message };
}

export function silent(message: string): Fault {
  return { reason: "idle", retry: true, message };
}

/** `message` within its limit, on one line, with `secrets` and anything that looks like a key masked. */
export function safeText(message: string, secrets: readonly string[]): string {
  let text = message.slice(0, 4 * faultMessageCharactersMax);
  for (const secret of secrets) if (secret !== "") text = text.replaceAll(secret, "[masked]");
  return text
    .replace(/\bsk-[\w-]{8,}/g, "[masked]")
    .replace(/\p{Cc}+/gu, " ")
    .slice(0, faultMessageCharactersMax);
}

function serverFault(error: APIError, nowMs: number): Fault {
  const { status } = error;
  if (status !== undefined && status >= 300 && status < 400)
    return malformed(`the server redirects (${status}); requests are never sent on, so set the final base URL`, false);
  const reason = reasonOf(status, typeof error.type === "string" ? error.type : "");
  const wish = error.headers?.get("x-should-retry");
  const retryAfterMs = retryAfter(error.headers, nowMs);
  return {
    reason,
    retry: wish === "true" || (wish !== "false" && passing.has(reason)),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    message: serverText(error),
    requestId: error.requestID ?? null,
  };
}

/** A telling status decides; where it is vague (400, 500, 503) or absent, the envelope's type does. */
function reasonOf(status: number | undefined, type: string): FailureReason {
  const byStatus = status === undefined ? undefined : reasonByStatus[status];
  return byStatus ?? reasonByType[type] ?? (status === undefined || status >= 500 ? "server_error" : "invalid_request");
}

function serverText(error: APIError): string {
  const body: unknown = error.error;
  const inner = isRecord(body) && isRecord(body.error) ? body.error.message : undefined;
  const text = typeof inner === "string" ? inner : error.message;
  return error.status === undefined ? `the stream reported: ${text}` : `${error.status}: ${text}`;
}

function retryAfter(headers: Headers | undefined, nowMs: number): number | undefined {
  const inMs = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (inMs >= 0) return Math.min(Math.ceil(inMs), retryAfterMsMax);
  const wish = headers?.get("retry-after")?.trim() ?? "";
  const ms = /^\d+(\.\d+)?$/.test(wish) ? Number(wish) * 1_000 : Date.parse(wish) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(Math.ceil(ms), 0), retryAfterMsMax);
}

const neverConnected: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function networkFault(error: unknown): Fault | null {
  const chain = causes(error);
  const codes = chain.flatMap((link) => (isRecord(link) && typeof link.code === "string" ? [link.code] : []));
  const told = `${codes[0] ?? "no code"}: ${chain.at(-1) instanceof Error ? (chain.at(-1) as Error).message : "unknown"}`;
  if (codes.some((code) => neverConnected.has(code)) || codes.some(isTlsFault))
    return { reason: "refused_connection", retry: true, message: `no connection to the model server (${told})` };
  if (codes.some((code) => code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT"))
    return silent(`the connection fell silent (${told})`);
  const ended = chain.some((link) => link instanceof TypeError && /^(terminated|fetch failed)$/.test(link.message));
  return ended || codes.some((code) => /^(UND_ERR_(SOCKET|RES)|ECONN|EPIPE|ETIMEDOUT|HPE_)/.test(code))
    ? broken(told)
    : null;
}

function broken(told: string): Fault {
  return { reason: "cut", retry: true, message: `the connection broke (${told})` };
}

function isTlsFault(code: string): boolean {
  return /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_)/.test(code);
}

/** The error and its causes, at most eight: a cause may be a circle. */
function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let link = error; link instanceof Error && chain.length < 8; link = link.cause) {
    chain.push(link);
    if (link instanceof AggregateError) chain.push(...link.errors.slice(0, 4));
  }
  return chain;
}

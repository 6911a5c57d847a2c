/**
 * The one way to a model: the official SDK over streaming HTTP, one attempt per call. Whatever a server or a network
 * does comes back as an outcome; waiting and trying again belong to the statechart's timers.
 */
import Anthropic, { APIError } from "@anthropic-ai/sdk";
import type { TracerProvider } from "@opentelemetry/api";
import { breaker } from "../breaker/breaker.ts";
import type { LimitsSaid } from "../breaker/pacing.ts";
import { SwarmError } from "../errors.ts";
import { Assembly } from "./assembly.ts";
import { type CountPrompt, promptCounter } from "./count-prompt.ts";
import { CallFault, type Fault, faultOf, safeText } from "./faults.ts";
import { type CallGuard, guardCall } from "./guard.ts";
import { type Failed, type ModelDelta, type ModelOutcome, noUsage } from "./outcome.ts";
import { limitsFrom } from "./rate-limits.ts";
import { betasOf, type ModelRequest, type RequestBody, requestBody } from "./request.ts";
import { parseStreamEvent } from "./stream-event.ts";

const defaultBaseUrl = "https://api.anthropic.com";

/** 32 MB: the Messages API's own limit of a request; a larger one is not even sent. */
const requestBytesMax = 32 * 1024 * 1024;

/** Node's longest timer, in milliseconds; a longer one would fire at once. */
const timerMsMax = 2_147_483_647;

/** Failures in a row after which nobody asks for a count, and for how long, in milliseconds. */
const COUNTING = { failuresMax: 3, coolingMs: 60_000 };

export interface ModelClientOptions {
  /** Of any server that speaks the Messages API; default the official one. */
  readonly baseUrl?: string | undefined;
  /** At most one of the two. Without either, a server of one's own gets the bearer token `none`. */
  readonly apiKey?: string | undefined;
  readonly authToken?: string | undefined;
  /** The longest silence between two pieces of an answer, in milliseconds. Pings count as signs of life. */
  readonly idleTimeoutMs: number;
  /** The longest wait for the first byte of an answer, in milliseconds. */
  readonly firstByteTimeoutMs: number;
  /** Whether its server is asked why it could not read its cache. Default: the official one is, others are not. */
  readonly diagnostics?: boolean | undefined;
  /** Takes the SDK's own spans, without what was said; absent: there are none, whatever the environment says. */
  readonly tracerProvider?: TracerProvider | undefined;
}

export interface ModelClient {
  /**
   * One attempt, billed anew each time: there is no idempotency key. Resolves for everything that a server, a network
   * or the signal can do; rejects only for mistakes of the caller (two tools of one name, an `onDelta` that throws).
   */
  readonly call: (request: ModelRequest, options: ModelCallOptions) => Promise<ModelOutcome>;
  /** Free; see {@link promptCounter}. Absent: its server is not to be asked. */
  readonly count?: CountPrompt;
}

export interface ModelCallOptions {
  readonly signal: AbortSignal;
  /** Called in order with each shown piece; for display, never for decisions. */
  readonly onDelta?: ((delta: ModelDelta) => void) | undefined;
}

/** @throws SwarmError when there is no credential for the official API, there are two, or the base URL is none. */
export function createModelClient(options: ModelClientOptions): ModelClient {
  const credential = credentialOf(options);
  const sdk = new Anthropic({
    ...credential,
    baseURL: checkedBaseUrl(options.baseUrl),
    maxRetries: 0,
    timeout: Math.min(options.firstByteTimeoutMs + 60_000, timerMsMax),
    // Its debug level prints bodies; what is worth logging is in the outcome.
    logLevel: "off",
    openTelemetry: tracingOf(options.tracerProvider),
    // A redirect would carry the conversation to a host that nobody configured.
    fetchOptions: { redirect: "manual" },
    // The SDK lets ANTHROPIC_CUSTOM_HEADERS win over a token; the token of this client is the one that was meant.
    ...("authToken" in credential && { defaultHeaders: { authorization: `Bearer ${credential.authToken}` } }),
  });
  const secrets = Object.values(credential).filter((secret) => secret !== anonymousToken);
  const { diagnostics = isOfficial(options.baseUrl) } = options;
  const { host } = new URL(checkedBaseUrl(options.baseUrl));
  return {
    count: promptCounter(sdk, breaker({ name: `count:${host}`, ...COUNTING, monotonicMs: () => performance.now() })),
    call: async ({ previousMessage, ...request }, { signal, onDelta }) => {
      const body = requestBody(
        diagnostics && previousMessage !== undefined ? { ...request, previousMessage } : request,
      );
      const bytes = Buffer.byteLength(JSON.stringify(body));
      if (bytes > requestBytesMax) return outcomeOf(newAttempt(), tooLarge(bytes), secrets);
      const guard = guardCall(signal, options);
      try {
        const { attempt, thrown } = await send(sdk, body, betasOf(request), guard, onDelta);
        // A message that is whole is the answer, whatever became of the connection after it.
        const fault = attempt.assembly.complete ? null : (guard.fault() ?? faultAtEnd(thrown));
        return outcomeOf(attempt, fault, secrets);
      } finally {
        guard.release();
      }
    },
  };
}

interface Attempt {
  readonly assembly: Assembly;
  sent: boolean;
  /** Whether the answer's headers were seen, and were good. */
  accepted: boolean;
  requestId: string | null;
  firstTokenMs: number | null;
  limits: LimitsSaid | null;
}

function newAttempt(): Attempt {
  return { assembly: new Assembly(), sent: false, accepted: false, requestId: null, firstTokenMs: null, limits: null };
}

async function send(
  sdk: Anthropic,
  body: RequestBody,
  betas: readonly string[],
  guard: CallGuard,
  onDelta: ModelCallOptions["onDelta"],
): Promise<{ attempt: Attempt; thrown: unknown }> {
  const attempt = newAttempt();
  const { assembly } = attempt;
  const sentAt = performance.now();
  try {
    // The body is canonical and wider than the SDK's types, for blocks go back as they came.
    const params = body as unknown as Anthropic.MessageCreateParamsStreaming;
    const headers = betas.length === 0 ? {} : { headers: { "anthropic-beta": betas.join() } };
    const options = { signal: guard.signal, middleware: [guard.middleware], ...headers };
    attempt.sent = !guard.signal.aborted;
    const { data: stream, request_id, response } = await sdk.messages.create(params, options).withResponse();
    attempt.limits = limitsFrom(response.headers, Date.now());
    attempt.accepted = true;
    attempt.requestId = request_id ?? null;
    for await (const raw of stream) {
      const event = parseStreamEvent(raw);
      const delta = event && assembly.add(event);
      if (assembly.complete) guard.lastWords();
      if (!delta) continue;
      attempt.firstTokenMs ??= performance.now() - sentAt;
      onDelta?.(delta);
    }
    return { attempt, thrown: null };
  } catch (thrown) {
    if (thrown instanceof APIError && thrown.headers) attempt.limits = limitsFrom(thrown.headers, Date.now());
    return { attempt, thrown };
  }
}

/** The SDK ends its iteration without a word when the body ends early; that silence is a fault like any other. */
function faultAtEnd(thrown: unknown): Fault {
  if (thrown === null) return { reason: "cut", retry: true, message: "the answer ended without message_stop" };
  const fault = faultOf(thrown, Date.now());
  if (fault === null) throw thrown;
  return fault;
}

function outcomeOf(attempt: Attempt, fault: Fault | null, secrets: readonly string[]): ModelOutcome {
  const { assembly, firstTokenMs, requestId } = attempt;
  if (fault !== null) return failed(attempt, fault, secrets);
  try {
    const message = assembly.message();
    const usage = assembly.usage();
    const told = {
      ...(firstTokenMs !== null && { firstTokenMs }),
      ...(attempt.limits !== null && { limits: attempt.limits }),
    };
    return { kind: "answered", message, usage, requestId, ...told };
  } catch (thrown) {
    if (!(thrown instanceof CallFault)) throw thrown;
    return failed(attempt, thrown.fault, secrets);
  }
}

function failed(
  { assembly, sent, accepted, requestId, limits }: Attempt,
  fault: Fault,
  secrets: readonly string[],
): Failed {
  const brokenOff = fault.reason === "cut" || fault.reason === "idle" || fault.reason === "aborted";
  return {
    kind: "failed",
    reason: fault.reason,
    retry: fault.retry,
    ...(fault.retryAfterMs !== undefined && { retryAfterMs: fault.retryAfterMs }),
    message: safeText(fault.message, secrets),
    requestId: (fault.requestId ?? requestId)?.slice(0, 200) ?? null,
    usage: assembly.started ? assembly.usage() : noUsage,
    mayBeBilled: accepted || (sent && brokenOff),
    ...(limits !== null && { limits }),
    ...(assembly.partialText !== "" && { partialText: assembly.partialText }),
  };
}

function tooLarge(bytes: number): Fault {
  const message = `the request has ${bytes} bytes, more than the ${requestBytesMax} that the Messages API takes`;
  return { reason: "too_large", retry: false, message };
}

/** No header of ours goes to whoever serves the model. */
const tracingOf = (tracerProvider: TracerProvider | undefined) =>
  tracerProvider === undefined
    ? false
    : { tracerProvider, propagation: false, traces: { contentMode: "metadata_only" as const } };

const anonymousToken = "none";

const isOfficial = (baseUrl: string | undefined): boolean =>
  new URL(checkedBaseUrl(baseUrl)).hostname === new URL(defaultBaseUrl).hostname;

/** Exactly one credential, always given explicitly: left alone, the SDK would search the environment and the home directory for one. */
function credentialOf(options: ModelClientOptions): { apiKey: string } | { authToken: string } {
  const { apiKey, authToken, baseUrl } = options;
  if (apiKey && authToken)
    throw new SwarmError("model.two_credentials", "both an API key and an auth token are given for the model", {
      hint: "Keep one of ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN.",
      exit: 4,
    });
  if (apiKey) return { apiKey };
  if (authToken) return { authToken };
  if (baseUrl) return { authToken: anonymousToken };
  throw new SwarmError("model.no_credential", "no credential for the model", {
    hint: "Set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL to a server of your own that speaks the Messages API.",
    exit: 4,
  });
}

function checkedBaseUrl(baseUrl: string | undefined): string {
  const text = baseUrl || defaultBaseUrl;
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new SwarmError("model.bad_base_url", "the base URL of the model is not an http or https address", {
    hint: "Set ANTHROPIC_BASE_URL to something like http://127.0.0.1:11434.",
    exit: 2,
  });
}

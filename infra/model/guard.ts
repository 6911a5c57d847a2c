/**
 * Stands between the SDK and the socket for one call: a watchdog over silence (the SDK's timeout ends at the headers),
 * a cap on what a server may send, and a look at what kind of answer it is before anybody parses it.
 */
import type { Middleware } from "@anthropic-ai/sdk";
import { CallFault, type Fault, malformed, silent } from "./faults.ts";

/** Half an hour, in milliseconds: pings keep a call alive, and a server may ping for ever. */
const callMsMax = 1_800_000;
/** How long a server may keep the connection open after `message_stop`, in milliseconds. */
const lastWordsMs = 1_000;
/** 64 MiB of events: hundreds of times the longest answer a model can give today. */
const streamBytesMax = 64 * 1024 * 1024;
/** Of an error body; the rest is dropped, for only its message is wanted. */
const errorBytesMax = 64 * 1024;

export interface CallGuard {
  /** Aborts when the caller does, when the watchdog fires, or when an answer outgrows its cap. */
  readonly signal: AbortSignal;
  /** For the SDK's request options. */
  readonly middleware: Middleware;
  /** Why the guard ended the call; null while it has not. */
  readonly fault: () => Fault | null;
  /** The message is whole: the server gets a moment to end the answer, so that the connection can be used again. */
  readonly lastWords: () => void;
  /** Must be called when the call is over, however it ended: it holds a timer and a listener. */
  readonly release: () => void;
}

/** Both limits in milliseconds of silence: until the first byte of the answer's body, and between any two pieces after it. */
export function guardCall(
  caller: AbortSignal,
  limits: { readonly firstByteTimeoutMs: number; readonly idleTimeoutMs: number },
): CallGuard {
  const controller = new AbortController();
  let found: Fault | null = null;
  const end = (fault: Fault) => {
    found ??= fault;
    controller.abort();
  };
  const onCaller = () => end({ reason: "aborted", retry: false, message: "the call was aborted" });
  const watch = (timeoutMs: number, phase: string) =>
    setTimeout(() => end(silent(`nothing came for ${timeoutMs} ms ${phase}`)), timeoutMs);
  let timer = watch(limits.firstByteTimeoutMs, "before the first byte");
  const whole = setTimeout(() => end(silent(`no end after ${callMsMax} ms`)), callMsMax);
  let finished = false;
  const onBytes = () => {
    if (finished) return;
    clearTimeout(timer);
    timer = watch(limits.idleTimeoutMs, "in the middle of the answer");
  };
  if (caller.aborted) onCaller();
  else caller.addEventListener("abort", onCaller, { once: true });
  return {
    signal: controller.signal,
    middleware: async (request, next) => guardResponse(await next(request), onBytes, end),
    fault: () => found,
    lastWords: () => {
      finished = true;
      clearTimeout(timer);
      timer = watch(lastWordsMs, "after the answer");
    },
    release: () => {
      clearTimeout(timer);
      clearTimeout(whole);
      caller.removeEventListener("abort", onCaller);
    },
  };
}

function guardResponse(response: Response, onBytes: () => void, end: (fault: Fault) => void): Response {
  if (response.body === null) return response;
  const { status, statusText, headers } = response;
  if (response.ok && !isEventStream(headers)) {
    const kind = headers.get("content-type") ?? "no content type";
    throw new CallFault(
      malformed(`the server answered ${status} with ${kind.slice(0, 100)} instead of an event stream`, false),
    );
  }
  const body = response.ok
    ? response.body.pipeThrough(capped(streamBytesMax, onBytes, () => end(tooMuch())))
    : response.body.pipeThrough(truncated(errorBytesMax, onBytes));
  return new Response(body, { status, statusText, headers });
}

function isEventStream(headers: Headers): boolean {
  return headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() === "text/event-stream";
}

function tooMuch(): Fault {
  return malformed(`the answer is larger than ${streamBytesMax} bytes`, false);
}

/** Every piece counts as a sign of life, pings too: a model may think for minutes before it speaks. */
function capped(bytesMax: number, onBytes: () => void, exceeded: () => void): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform: (piece, output) => {
      bytes += piece.byteLength;
      onBytes();
      if (bytes > bytesMax) exceeded();
      else output.enqueue(piece);
    },
  });
}

function truncated(bytesMax: number, onBytes: () => void): TransformStream<Uint8Array, Uint8Array> {
  let left = bytesMax;
  return new TransformStream({
    transform: (piece, output) => {
      onBytes();
      output.enqueue(piece.subarray(0, left));
      left -= Math.min(left, piece.byteLength);
      if (left === 0) output.terminate();
    },
  });
}

/** Messages of the Model Context Protocol over streamable HTTP, within the same limits as over pipes. */
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { isTooDeep, MESSAGE_BYTES_MAX, type Meter } from "./meter.ts";

/** Of an answer that is an error. */
const ERROR_BYTES_MAX = 64 * 1024;
/** How often a server may close its stream of notices and have it opened again, a minute. */
const STREAMS_MAX = 6;
const MINUTE_MS = 60_000;
const NEWLINE = 10;
const RETURN = 13;

export interface HttpOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function httpTransport({ url, headers }: HttpOptions, limits: Meter, broke: (why: string) => void): Transport {
  let over = false;
  const end = (why: string): void => {
    if (over) return;
    over = true;
    broke(why);
    inner.close().catch(() => {});
  };
  const inner = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { ...headers } },
    fetch: boundedFetch(limits, end),
    reconnectionOptions: {
      initialReconnectionDelay: 1_000,
      maxReconnectionDelay: 10_000,
      reconnectionDelayGrowFactor: 2,
      maxRetries: 2,
    },
  });
  return metered(inner as Transport, limits, end);
}

/** Counts what arrives, and passes on what the protocol layer sets on it. */
function metered(inner: Transport, limits: Meter, end: (why: string) => void): Transport {
  const outer: Transport = {
    async start() {
      inner.onmessage = (message) => {
        const why = limits.message();
        if (why !== null) end(why);
        else outer.onmessage?.(message);
      };
      inner.onerror = (cause) => {
        const why = limits.strange(cause.message.slice(0, 60));
        if (why !== null) end(why);
        outer.onerror?.(cause);
      };
      inner.onclose = () => outer.onclose?.();
      await inner.start();
    },
    send: (message, options) => inner.send(message, options),
    close: () => inner.close(),
    setProtocolVersion: (version) => inner.setProtocolVersion?.(version),
  };
  return outer;
}

/** Nothing is followed to another origin (the transport sees to it), nothing is read without an end. */
function boundedFetch(
  limits: Meter,
  end: (why: string) => void,
): (url: string | URL, init?: RequestInit) => Promise<Response> {
  let streams = 0;
  let sinceMs = performance.now();
  return async (url, init) => {
    if (init?.method === "GET") {
      if (performance.now() - sinceMs > MINUTE_MS) {
        streams = 0;
        sinceMs = performance.now();
      }
      streams += 1;
      // As if the server had no such stream: nobody opens it again and again on its word.
      if (streams > STREAMS_MAX) return new Response(null, { status: 405 });
    }
    const response = await fetch(url, init);
    const { status, statusText, headers, body } = response;
    if (body === null) return response;
    const isStream = headers.get("content-type")?.toLowerCase().startsWith("text/event-stream") === true && response.ok;
    const content = isStream
      ? body.pipeThrough(eventsWithin(limits, end))
      : await wholeText(body, response.ok, limits, end);
    return new Response(content, { status, statusText, headers: plainHeaders(headers) });
  };
}

/** The body is decoded by now. */
function plainHeaders(headers: Headers): Headers {
  const plain = new Headers(headers);
  plain.delete("content-encoding");
  plain.delete("content-length");
  return plain;
}

async function wholeText(
  body: ReadableStream<Uint8Array>,
  ok: boolean,
  limits: Meter,
  end: (why: string) => void,
): Promise<string> {
  const bytesMax = ok ? MESSAGE_BYTES_MAX : ERROR_BYTES_MAX;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    const why =
      limits.bytes(chunk.length) ?? (bytes > bytesMax ? `one of its messages has more than ${bytesMax} bytes` : null);
    if (why !== null) {
      end(why);
      throw new Error(why);
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (!isTooDeep(text)) return text;
  end("one of its messages is nested too deeply");
  throw new Error("one of its messages is nested too deeply");
}

/** Events end with an empty line; what has none is one event. */
function eventsWithin(limits: Meter, end: (why: string) => void): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  let lineBytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      for (const byte of chunk) {
        bytes += 1;
        if (byte === NEWLINE) {
          if (lineBytes === 0) bytes = 0;
          lineBytes = 0;
        } else if (byte !== RETURN) lineBytes += 1;
      }
      const why =
        limits.bytes(chunk.length) ??
        (bytes > MESSAGE_BYTES_MAX ? `one of its messages has more than ${MESSAGE_BYTES_MAX} bytes` : null);
      if (why === null) controller.enqueue(chunk);
      else {
        end(why);
        controller.error(new Error(why));
      }
    },
  });
}

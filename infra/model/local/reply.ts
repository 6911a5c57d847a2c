/** The HTTP side of the local Messages server: bodies in under a limit, documents and the API's error envelopes out. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { encodeEvent, errorEnvelope } from "./wire.ts";

/** 32 MB, like the official server. */
const bodyBytesMax = 32 * 1024 * 1024;

/** A refusal in the words of the API. */
export class RequestError extends Error {
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.name = "RequestError";
    this.status = status;
    this.type = type;
  }
}

/** @throws RequestError 413 or 400 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request);
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new RequestError(400, "invalid_request_error", "the body is not JSON");
  }
}

/** @throws RequestError 413 without reading further than the limit. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    bytes += piece.byteLength;
    if (bytes > bodyBytesMax)
      throw new RequestError(413, "request_too_large", `the body is larger than ${bodyBytesMax} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

export function sendJson(response: ServerResponse, status: number, document: unknown): void {
  const text = JSON.stringify(document);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

/**
 * Tells the client: by status where the headers are not out yet, by an error event in a running stream. An error that
 * is not a RequestError is a fault of the brain or of this server; its message goes along, for the only client is ours.
 */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.destroyed) return;
  const { status, type, message } =
    error instanceof RequestError
      ? error
      : { status: 500, type: "api_error", message: error instanceof Error ? error.message : "unknown error" };
  const envelope = errorEnvelope(type, message, String(response.getHeader("request-id") ?? ""));
  if (response.headersSent) {
    response.end(encodeEvent(envelope));
    return;
  }
  // A body that was not read to its end would be taken for the next request.
  if (status === 413 || status === 401) response.setHeader("connection", "close");
  if (status === 405) response.setHeader("allow", "POST");
  sendJson(response, status, envelope);
}

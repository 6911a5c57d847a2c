/**
 * A Messages server on the loopback interface with a brain behind it instead of a model: same HTTP, same events, same
 * errors, so that the runtime needs no special case. Its usage figures are local estimates (bytes/3.5) and its cache
 * is simulated; whoever shows them says so.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerMessage, messageId } from "./answer.ts";
import type { Brain, BrainAnswer } from "./brain.ts";
import { AnsweredPrompts } from "./diagnosis.ts";
import { brainRequest, type MessagesRequest, parseCountRequest, parseMessagesRequest } from "./messages-request.ts";
import { PrefixCache, promptOf } from "./prefix-cache.ts";
import { RequestError, readJson, sendError, sendJson } from "./reply.ts";
import { asksForSummary, summaryOf, withSummary } from "./summary.ts";
import { encodeEvent, messageDocument, messageRest, messageStart, ping } from "./wire.ts";

/** Between two pings while the brain thinks, in milliseconds. */
const pingEveryMs = 5_000;

/** More connections than a worker has concurrent calls. */
const connectionsMax = 512;

export interface LocalServerOptions {
  readonly brain: Brain;
  /** Default 0: any free port. */
  readonly port?: number | undefined;
  /** Default: 32 random bytes. Given again only to stand in for a server that died. */
  readonly token?: string | undefined;
  /** For the simulated cache only. */
  readonly nowMs?: (() => number) | undefined;
}

export interface LocalServer {
  readonly baseUrl: string;
  /** Every request must carry it, as bearer token or `x-api-key`: other users of this machine share the loopback interface. */
  readonly token: string;
  /** Breaks running answers off. */
  readonly close: () => Promise<void>;
}

interface SimulatedCache {
  readonly prefixes: PrefixCache;
  readonly answered: AnsweredPrompts;
}

/** Rejects when the port is taken. */
export async function startLocalServer(options: LocalServerOptions): Promise<LocalServer> {
  const token = options.token ?? randomBytes(32).toString("base64url");
  const cache = { prefixes: new PrefixCache(options.nowMs), answered: new AnsweredPrompts() };
  const server = createServer((request, response) => {
    respond(request, response, options.brain, cache, token).catch((error: unknown) => sendError(response, error));
  });
  server.maxConnections = connectionsMax;
  // Longer than a client keeps an idle socket, so that no request meets a connection that is just being closed.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    token,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  brain: Brain,
  cache: SimulatedCache,
  token: string,
): Promise<void> {
  response.setHeader("request-id", `req_${randomBytes(12).toString("hex")}`);
  checkToken(request, token);
  const path = new URL(request.url ?? "/", "http://localhost").pathname;
  if (path !== "/v1/messages" && path !== "/v1/messages/count_tokens")
    throw new RequestError(404, "not_found_error", "no such path");
  if (request.method !== "POST") throw new RequestError(405, "invalid_request_error", "only POST");
  const body = await readJson(request);
  if (path === "/v1/messages") await answer(parseMessagesRequest(body), response, brain, cache);
  else sendJson(response, 200, { input_tokens: promptOf(parseCountRequest(body)).tokens });
}

async function answer(
  request: MessagesRequest,
  response: ServerResponse,
  brain: Brain,
  cache: SimulatedCache,
): Promise<void> {
  const prompt = promptOf(request);
  const usage = cache.prefixes.charge(prompt);
  const id = messageId(prompt);
  const diagnostics = cache.answered.diagnose(request.diagnostics?.previous_message_id, prompt);
  cache.answered.keep(id, prompt);
  const think = async () => ({
    ...answerMessage(request, prompt, usage, await spoken(brain, request)),
    diagnostics,
  });
  if (!request.stream) {
    sendJson(response, 200, messageDocument(await think()));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  const start = { id, model: request.model, usage: { ...usage, output_tokens: 1 }, diagnostics };
  response.write(encodeEvent(messageStart(start)));
  const pings = setInterval(() => response.write(encodeEvent(ping)), pingEveryMs);
  try {
    response.end(
      messageRest(await think())
        .map(encodeEvent)
        .join(""),
    );
  } finally {
    clearInterval(pings);
  }
}

/** A summary is no brain's to write: it is the same whoever thinks here. */
function spoken(brain: Brain, request: MessagesRequest): BrainAnswer | Promise<BrainAnswer> {
  const seen = withSummary(brainRequest(request));
  return asksForSummary(seen) ? summaryOf(seen) : brain(seen);
}

function checkToken(request: IncomingMessage, token: string): void {
  const { authorization, "x-api-key": apiKey } = request.headers;
  const bearer = authorization?.match(/^Bearer +(\S+)$/i)?.[1];
  const given = typeof apiKey === "string" ? apiKey : (bearer ?? "");
  if (!timingSafeEqual(digest(given), digest(token)))
    throw new RequestError(401, "authentication_error", "the token of this server is required");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/**
 * A Messages server for tests, over real HTTP and real sockets: it plays a script, keeps every request byte for byte,
 * and fails in all the ways that servers and networks do. It refuses illegal conversations like the local server,
 * whose wire code it shares; the faults exist only here.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { messageId } from "../../../infra/model/local/answer.ts";
import { AnsweredPrompts } from "../../../infra/model/local/diagnosis.ts";
import {
  type MessagesRequest,
  parseCountRequest,
  parseMessagesRequest,
} from "../../../infra/model/local/messages-request.ts";
import { estimateTokens, PrefixCache, type Prompt, promptOf } from "../../../infra/model/local/prefix-cache.ts";
import { RequestError, readBody, sendError, sendJson } from "../../../infra/model/local/reply.ts";
import {
  messageDocument,
  messageRest,
  messageStart,
  type WireBlock,
  type WireMessage,
} from "../../../infra/model/local/wire.ts";
import { addedUp, type Billed, billedFor, NOTHING_BILLED } from "./billed.ts";
import { BoundBlocks, signatureOf } from "./bound-blocks.ts";
import { type Entry, type EntryInput, entrySchema } from "./script.ts";
import { play } from "./stage.ts";

export interface Served {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As it came over the wire. */
  readonly body: string;
  /** As the answer names it. */
  readonly requestId: string;
  /** What a provider would bill for it. */
  readonly billed: Billed;
  /** How the exchange ended; null while it runs. `client` means that the client went away first. */
  readonly ended: "server" | "client" | null;
  /** Resolves when `ended` is known. */
  readonly end: Promise<"server" | "client">;
}

export interface MessagesDouble {
  readonly baseUrl: string;
  /** Requests to `/v1/messages`, in the order of their arrival. */
  readonly served: readonly Served[];
  /** Lets go of all held answers, and of those that would be. */
  readonly release: () => void;
  /** Sum over everything that was said so far. */
  readonly billed: () => Billed;
  /** Requests to `/v1/messages/count_tokens`. */
  readonly countsAsked: () => number;
  /** Adds to the end of the script. */
  readonly script: (...entries: readonly EntryInput[]) => void;
  readonly close: () => Promise<void>;
}

/** Decides per request; `null` leaves it to the script. */
export type Director = (request: MessagesRequest, index: number) => EntryInput | null;

export interface MessagesDoubleOptions {
  readonly entries?: readonly EntryInput[];
  readonly director?: Director;
  readonly port?: number;
  /** False: it knows no `count_tokens`, like many servers of one's own. */
  readonly counts?: boolean;
  /** For the simulated cache. */
  readonly nowMs?: () => number;
}

export async function startMessagesDouble(options: MessagesDoubleOptions = {}): Promise<MessagesDouble> {
  const served: Served[] = [];
  const entries: (Entry & { left: number })[] = [];
  const cache = new PrefixCache(options.nowMs);
  const answered = new AnsweredPrompts();
  const bound = new BoundBlocks();
  let countsAsked = 0;
  let arrived = 0;
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const script = (...more: readonly EntryInput[]) => {
    for (const entry of more.map((input) => entrySchema.parse(input)))
      entries.push({ ...entry, left: entry.times === "always" ? Number.POSITIVE_INFINITY : entry.times });
  };
  script(...(options.entries ?? []));

  const messages = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await readBody(request)).toString("utf8");
    const one = record(request, response, body);
    const index = served.push(one) - 1;
    const parsed = parseMessagesRequest(JSON.parse(body));
    bound.check(parsed, String(request.headers["anthropic-beta"] ?? ""));
    const directed = options.director?.(parsed, index);
    const entry = directed ? entrySchema.parse(directed) : nextEntry(entries, body);
    if (entry.delayMs > 0) await wait(entry.delayMs);
    if (entry.held) await released;
    for (const [name, value] of Object.entries(entry.headers)) response.setHeader(name, value);
    const prompt = promptOf(parsed);
    const diagnostics = answered.diagnose(parsed.diagnostics?.previous_message_id, prompt);
    const message = { ...wireMessage(entry, parsed, prompt, cache), diagnostics };
    answered.keep(message.id, prompt);
    bound.keep(message.content, parsed);
    const events = [messageStart(message), ...messageRest(message)].map(scripted(entry));
    one.billed = billedFor(entry, events);
    if (!parsed.stream && !entry.fault) return sendJson(response, 200, messageDocument(message));
    await play(entry, events, response);
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    // Counted as they come: two that come at once are two.
    response.setHeader("request-id", `req_double_${path === "/v1/messages" ? arrived++ : arrived}`);
    if (path === "/__served")
      return sendJson(
        response,
        200,
        served.map(({ end: _, ...rest }) => rest),
      );
    if (path === "/v1/messages") return await messages(request, response);
    if (path === "/v1/messages/count_tokens") countsAsked += 1;
    if (path !== "/v1/messages/count_tokens" || options.counts === false)
      throw new RequestError(404, "not_found_error", "no such path");
    const counted = parseCountRequest(JSON.parse((await readBody(request)).toString("utf8")));
    sendJson(response, 200, { input_tokens: promptOf(counted).tokens });
  };
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => sendError(response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    served,
    release,
    billed: () => served.map(({ billed }) => billed).reduce(addedUp, NOTHING_BILLED),
    countsAsked: () => countsAsked,
    script,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Recorded = { -readonly [K in keyof Served]: Served[K] };

function record(request: IncomingMessage, response: ServerResponse, body: string): Recorded {
  const one: Recorded = {
    path: request.url ?? "",
    headers: request.headers,
    body,
    requestId: String(response.getHeader("request-id")),
    billed: NOTHING_BILLED,
    ended: null,
    end: new Promise((resolve) => {
      response.once("close", () => {
        one.ended = response.writableFinished ? "server" : "client";
        resolve(one.ended);
      });
    }),
  };
  return one;
}

/** The first entry that fits and is not used up. A script that has run out is an error of the test, told as such. */
function nextEntry(entries: readonly (Entry & { left: number })[], body: string): Entry {
  const entry = entries.find((candidate) => candidate.left > 0 && body.includes(candidate.when ?? ""));
  if (entry === undefined)
    throw new RequestError(400, "invalid_request_error", "the double's script has no more entries");
  entry.left -= 1;
  return entry;
}

function wireMessage(entry: Entry, request: MessagesRequest, prompt: Prompt, cache: PrefixCache): WireMessage {
  const id = messageId(prompt);
  const content = entry.content.map((block, index): WireBlock => {
    if (block.type === "compaction") return { ...block, signature: signatureOf(block.content) };
    if (block.type !== "tool_use") return block;
    const { cutInputJson, ...call } = block;
    return {
      ...call,
      id: call.id ?? `toolu_${id.slice(4)}_${index}`,
      ...(cutInputJson !== undefined && { cutInputJson }),
    };
  });
  const asksTool = content.some((block) => block.type === "tool_use");
  return {
    id,
    model: entry.model ?? request.model,
    content,
    stopReason: entry.stopReason ?? (asksTool ? "tool_use" : request.compaction ? "compaction" : "end_turn"),
    usage: { ...cache.charge(prompt), output_tokens: estimateTokens(JSON.stringify(entry.content)) },
  };
}

/** Overlays what the script says about usage and stop details on the events that carry them. */
function scripted(entry: Entry) {
  return (event: ReturnType<typeof messageStart>): ReturnType<typeof messageStart> => {
    if (event.type === "message_start" && entry.usage)
      return { ...event, message: { ...(event.message as object), usage: entry.usage } };
    if (event.type !== "message_delta") return event;
    return {
      ...event,
      delta: {
        ...(event.delta as object),
        ...(entry.stopDetails !== undefined && { stop_details: entry.stopDetails }),
      },
      ...(entry.usage && { usage: entry.usage }),
    };
  };
}

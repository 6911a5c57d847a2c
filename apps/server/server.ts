/**
 * The server of one swarm: its page, its API, its event streams and its queues, on this machine's own address and for
 * nobody who was not let in. It only looks and passes orders on: killed at any moment, nothing is lost and nothing locked.
 */
import { createServer, type Server } from "node:http";
import { isIPv4 } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import { actorTypes, machines } from "../../actors/types/index.ts";
import { SwarmError } from "../../infra/errors.ts";
import { newSecret } from "../../infra/ids.ts";
import type { Reader } from "../../infra/redis/reader.ts";
import { tellingEvents } from "../../infra/telemetry/traced-event.ts";
import type { Hive } from "../cli/hive.ts";
import type { LinkMade } from "./api-orders.ts";
import { approvalRoutes } from "./approvals.ts";
import { type Board, openBoard } from "./board.ts";
import { counterOf } from "./counts.ts";
import { eventRoutes } from "./events.ts";
import { letIn, onlyLetIn, onlyOurName, onlyOurPage, securityHeaders } from "./gate.ts";
import { keptReads } from "./kept-reads.ts";
import { letterRoutes } from "./letters.ts";
import { actorMoments } from "./moments.ts";
import { pageRoutes } from "./page.ts";
import { noSuch, problemAnswer, Refusal } from "./problem.ts";
import { pulseOf } from "./pulse.ts";
import { queueHistory } from "./queue-history.ts";
import { BODY_MAX, bodyOf } from "./request.ts";
import { runOrderRoutes } from "./run-orders.ts";
import { runViews } from "./run-view.ts";
import { runRoutes } from "./runs.ts";
import { openSessions, type Sessions } from "./sessions.ts";
import type { Bound, Stage } from "./stage.ts";
import { openStreams } from "./streams.ts";
import { swarmRoutes } from "./swarm.ts";

export interface ServerOptions {
  readonly hive: Hive;
  /** 0: any that is free. */
  readonly port: number;
  /** A loopback address. */
  readonly address: string;
  /** Folder with the page's built files. */
  readonly page: string;
  /** File that sessions are kept in, by their hashes. */
  readonly sessions: string;
  readonly nowMs?: () => number;
  /** Milliseconds in which the reader of a stream has to take what it was sent. */
  readonly stallMs?: number;
}

export interface RunningServer {
  readonly port: number;
  /** Without a token. */
  readonly url: string;
  /** Of the first link, and good for scripts as long as the server runs. */
  readonly token: string;
  /** Another link that lets one browser in, once. */
  link(): string;
  /** Ends streams and connections at once; orders that were begun are Redis's by then. */
  close(): Promise<void>;
}

const STALL_MS = 30_000;
/** Connections at once; a browser has six. */
const CONNECTIONS_MAX = 256;

/** Throws SwarmError `up.not_loopback`, `up.port_taken`, exit 2. */
export async function openServer(options: ServerOptions): Promise<RunningServer> {
  const { address } = options;
  const hive = { ...options.hive, reader: inSmallPieces(options.hive.reader) };
  if (!isLoopback(address)) throw notLoopback(address);
  const bearer = newSecret();
  const sessions = openSessions(options.sessions, options.nowMs ?? Date.now);
  sessions.link(bearer);
  const closing = new AbortController();
  const pulse = pulseOf(hive.redis);
  const counts = counterOf(hive);
  const stallMs = options.stallMs ?? STALL_MS;
  const views = runViews(hive.reader);
  const stage: Stage = {
    ...{ hive, pulse, counts, views },
    moments: actorMoments(hive.reader, machines, views),
    kept: keptReads(hive),
    streams: openStreams({
      reader: hive.reader,
      tell: tellingEvents(hive.config.telemetry),
      pulse,
      counts,
      closing: closing.signal,
      stallMs,
      log: hive.log,
    }),
    queues: queueHistory(hive, actorTypes),
    startedAt: new Date().toISOString(),
  };
  const board = openBoard(hive, actorTypes);
  let port = options.port;
  const url = (): string => `http://${address.includes(":") ? `[${address}]` : address}:${port}/`;
  const link = (): string => `${url()}?token=${sessions.link()}`;
  const app = appOf(stage, board, { sessions, bearer, port: () => port, page: options.page, link });
  const listen = getRequestListener(app.fetch);
  const server = createServer({ maxHeaderSize: 16 * 1024 }, (asked, answer) => {
    // It answers whatever was thrown; what breaks behind that breaks one connection.
    listen(asked, answer).catch(() => answer.destroy());
  });
  server.maxConnections = CONNECTIONS_MAX;
  const close = async (): Promise<void> => {
    closing.abort();
    stage.queues.stop();
    await ended(server);
    await Promise.allSettled([sessions.settle(), board.close()]);
    pulse.close();
  };
  try {
    port = await listening(server, options.port, address);
  } catch (cause) {
    await close();
    throw cause;
  }
  return { port, url: url(), token: bearer, link, close };
}

/** Entries of a log that are read, and then taken to pieces, before others have their turn. */
const PIECE = 100;

/** Whoever reads a whole log here holds nobody up for longer than a piece takes. */
const inSmallPieces = (reader: Reader): Reader => ({
  ...reader,
  log: (run, afterSeq, max = PIECE) => reader.log(run, afterSeq, max),
});

interface AppOptions {
  readonly sessions: Sessions;
  readonly bearer: string;
  readonly port: () => number;
  readonly page: string;
  readonly link: () => string;
}

function appOf(stage: Stage, board: Board, options: AppOptions): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<Bound>();
  app.use("*", securityHeaders());
  app.use("*", onlyOurName(options));
  app.use("*", onlyOurPage(options));
  app.use("*", letIn(options));
  app.use("*", onlyLetIn(options));
  app.use("*", bodyLimit({ maxSize: BODY_MAX, onError: tooLong }));
  app.route("/", pageRoutes(options.page));
  app.route("/queues", board.routes);
  const routes = [runRoutes, eventRoutes, runOrderRoutes, approvalRoutes, letterRoutes, swarmRoutes];
  for (const routesOf of routes) app.route("/api", routesOf(stage));
  app.post("/api/link", async (c) => {
    await bodyOf(c, z.strictObject({}));
    return c.json<LinkMade>({ v: 1, url: options.link() });
  });
  app.notFound((c) => problemAnswer(c, noSuch("address of that name"), stage.hive.log));
  app.onError((cause, c) => problemAnswer(c, cause, stage.hive.log));
  return app;
}

const tooLong = (): never => {
  throw new Refusal(413, "request.too_long", `an order has ${BODY_MAX} bytes at most`);
};

/** In numbers: what only looks like an address would be looked up as a name, and lie anywhere. */
const isLoopback = (address: string): boolean => (isIPv4(address) && address.startsWith("127.")) || address === "::1";

const notLoopback = (address: string): SwarmError =>
  new SwarmError(
    "up.not_loopback",
    `"${address}" is not an address of this machine alone, and nothing else is served`,
    {
      exit: 2,
      hint: "Leave it at 127.0.0.1. From elsewhere come over SSH: ssh -L PORT:127.0.0.1:PORT HOST, and open the link there.",
    },
  );

function listening(server: Server, port: number, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      if (cause.code !== "EADDRINUSE") {
        reject(
          new SwarmError("up.no_port", `port ${port} of ${address} cannot be listened on: ${cause.code}`, {
            cause,
            exit: 2,
          }),
        );
        return;
      }
      const hint = "Choose another one: swarm up --port N; --port 0 takes any that is free.";
      reject(
        new SwarmError("up.port_taken", `port ${port} of ${address} is taken by another program`, {
          exit: 2,
          hint,
          cause,
        }),
      );
    });
    server.listen({ port, host: address, exclusive: true }, () => {
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : port);
    });
  });
}

function ended(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) {
      resolve();
      return;
    }
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

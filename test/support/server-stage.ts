/** The real server over a real Redis, with a mocked world of agents beside it; requests are made as a browser makes them. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Hive as OpenedHive, openHive } from "../../apps/cli/hive.ts";
import { openServer, type RunningServer, type ServerOptions } from "../../apps/server/server.ts";
import { readConfig } from "../../infra/config.ts";
import { type Hive, openMockedHive } from "./mocked-hive.ts";

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  json<Document = Record<string, unknown>>(): Document;
}

/** By hand, because fetch neither sends a foreign Host nor an Origin of one's own. */
export function ask(port: number, path: string, { method = "GET", headers = {}, body }: Asked = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      answer.on("end", () => {
        const { statusCode = 0, headers: got } = answer;
        resolve({ status: statusCode, headers: got, text, json: () => JSON.parse(text) as never });
      });
      answer.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

export interface Told {
  readonly event: string;
  readonly id: string | null;
  readonly data: Record<string, unknown>;
}

export interface Stream {
  readonly told: readonly Told[];
  readonly status: Promise<number>;
  /** Resolves when the other side ended it, or it was closed. */
  readonly over: Promise<void>;
  close(): void;
}

/** Reads an event stream to the letter, as a browser would. */
export function follow(port: number, path: string, headers: Readonly<Record<string, string>>): Stream {
  const told: Told[] = [];
  let rest = "";
  const sent = request({
    host: "127.0.0.1",
    port,
    path,
    headers: { Accept: "text/event-stream", ...headers },
    agent: false,
  });
  let close = (): void => {};
  const over = new Promise<void>((resolve) => {
    close = () => {
      sent.destroy();
      resolve();
    };
    sent.once("error", () => resolve());
    sent.once("close", () => resolve());
  });
  const status = new Promise<number>((resolve, reject) => {
    sent.once("error", reject);
    sent.once("response", (answer) => {
      resolve(answer.statusCode ?? 0);
      answer.on("error", () => {});
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        const parts = (rest + chunk).split("\n\n");
        rest = parts.pop() ?? "";
        for (const part of parts) {
          const message = messageFrom(part);
          if (message !== null) told.push(message);
        }
      });
    });
  });
  status.catch(() => {});
  sent.end();
  return { told, status, over, close };
}

function messageFrom(part: string): Told | null {
  const fields = new Map(
    part.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
  );
  const data = fields.get("data");
  if (data === undefined) return null;
  return { event: fields.get("event") ?? "message", id: fields.get("id") ?? null, data: JSON.parse(data) as never };
}

export interface ServerStage {
  readonly swarm: Hive;
  readonly hive: OpenedHive;
  readonly server: RunningServer;
  readonly home: string;
  /** With the bearer. */
  get(path: string): Promise<Answered>;
  post(path: string, order: unknown): Promise<Answered>;
  readonly bearer: { readonly Authorization: string };
  /** Lets a browser in; its cookie, as it is sent. */
  enter(): Promise<string>;
  /** Ends the server and begins another one at the same port, as `swarm up` would. */
  again(): Promise<void>;
  close(): Promise<void>;
}

export async function openServerStage(over: Partial<ServerOptions> = {}): Promise<ServerStage> {
  const home = mkdtempSync(join(tmpdir(), "swarm-server-"));
  const swarm = await openMockedHive();
  const page = join(home, "page");
  const { mkdirSync } = await import("node:fs");
  mkdirSync(page);
  writeFileSync(join(page, "index.html"), "<!doctype html><title>page</title>");
  const env = { REDIS_URL: `unix://${swarm.server.socket}`, SWARM_DATA_DIR: join(home, "data"), HOME: home };
  const hive = await openHive("silent", await readConfig(home, env));
  const begin = (port: number): Promise<RunningServer> =>
    openServer({ hive, port, address: "127.0.0.1", page, sessions: join(home, "up.sessions"), ...over });
  let server = await begin(0);
  const authorised = () => ({ Authorization: `Bearer ${server.token}` });
  return {
    swarm,
    hive,
    home,
    get server() {
      return server;
    },
    get bearer() {
      return authorised();
    },
    get: (path) => ask(server.port, path, { headers: authorised() }),
    post: (path, order) =>
      ask(server.port, path, {
        method: "POST",
        headers: { ...authorised(), "Content-Type": "application/json" },
        body: JSON.stringify(order),
      }),
    async enter() {
      const { pathname, search } = new URL(server.link());
      const { headers } = await ask(server.port, `${pathname}${search}`);
      return String(headers["set-cookie"]?.[0]).split(";")[0] as string;
    },
    async again() {
      const { port } = server;
      await server.close();
      server = await begin(port);
    },
    async close() {
      await server.close();
      hive.close();
      await swarm.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

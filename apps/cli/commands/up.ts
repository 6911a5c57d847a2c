/**
 * `swarm up`: Redis, one worker and the server, in the foreground until it is told to end. One for a data folder: a second
 * one says where the first is, with a link of its own.
 */

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { readConfig } from "../../../infra/config.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { ensureDataDir } from "../../../infra/redis/data-dir.ts";
import { openServer, type RunningServer } from "../../server/server.ts";
import { wholeNumber } from "../flags.ts";
import { type Hive, openHive } from "../hive.ts";
import { printJson } from "../print.ts";
import { say } from "../say.ts";
import { toldToEnd } from "../told-to-end.ts";
import { detached, failure, tellStarter } from "../up/detach.ts";
import { openBrowser } from "../up/open-browser.ts";
import { type OwnWorker, ownWorker } from "../up/own-worker.ts";
import { claimRecord, type OwnRecord, servingNow, tokenOf, type UpRecord } from "../up/record.ts";

/** Tried first, so that an address stays the same from one day to the next. */
const PORT = 7_420;
/** Milliseconds that a server which is just starting gets until it listens, and one that listens until it answers. */
const BEGIN_MS = 30_000;
const LINK_MS = 5_000;

interface Wish {
  /** Null: {@link PORT}, or another one where that is taken. */
  readonly port: number | null;
  readonly address: string;
  readonly open: boolean;
  readonly json: boolean;
  readonly worker: boolean;
}

export async function act(_args: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const wish: Wish = {
    port: wholeNumber(flags.port, "--port", { min: 0, max: 65_535 }) ?? null,
    address: flags.listen === undefined || flags.listen === "localhost" ? "127.0.0.1" : String(flags.listen),
    open: flags.open === true,
    json: flags.json === true,
    worker: flags.worker !== false,
  };
  const config = await readConfig();
  const dataDir = await ensureDataDir(config.dataDir);
  if (flags.detach === true) return await detach(wish, dataDir, config.runtimeDir);
  try {
    const claimed = await claimRecord(dataDir, config.runtimeDir);
    if ("identity" in claimed) return await another(claimed, wish, dataDir, config.runtimeDir);
    return await serve(claimed, wish, dataDir);
  } catch (cause) {
    if (cause instanceof SwarmError) tellStarter(failure(cause));
    throw cause;
  }
}

async function detach(wish: Wish, dataDir: string, runtimeDir: string | undefined): Promise<number> {
  const { port, address, worker } = wish;
  const running = await servingNow(dataDir);
  if (running !== null) return await another(running, wish, dataDir, runtimeDir);
  const args = [
    ...["--listen", address],
    ...(port === null ? [] : ["--port", String(port)]),
    ...(worker ? [] : ["--no-worker"]),
  ];
  const word = await detached(args, dataDir);
  await show(word.url, { ...word }, wish, dataDir);
  say("it goes on by itself; swarm down ends it");
  return 0;
}

async function serve(record: OwnRecord, wish: Wish, dataDir: string): Promise<number> {
  const told = toldToEnd(["SIGHUP", "SIGINT", "SIGTERM"]);
  let hive: Hive | null = null;
  let server: RunningServer | null = null;
  let worker: OwnWorker | null = null;
  try {
    hive = await openHive("info");
    server = await opened(hive, wish, dataDir);
    await record.listens(server.url, server.token);
    worker = wish.worker ? ownWorker(dataDir, (line) => say(`swarm: ${line}`)) : null;
    const url = `${server.url}?token=${server.token}`;
    const word = { v: 1, url, port: server.port, pid: process.pid, redis: hive.endpoint.describe, worker: wish.worker };
    if (!tellStarter({ up: word })) {
      await show(url, word, wish, dataDir);
      say(words(hive, wish));
    }
    return await told;
  } finally {
    await server?.close();
    await worker?.stop();
    await record.release();
    hive?.close();
  }
}

/** The port that was asked for, or none; where none was, the usual one, or any. */
async function opened(hive: Hive, { port, address }: Wish, dataDir: string): Promise<RunningServer> {
  const page = fileURLToPath(new URL("../../../page", import.meta.url));
  const options = { hive, address, page, sessions: join(dataDir, "up.sessions") };
  try {
    return await openServer({ ...options, port: port ?? PORT });
  } catch (cause) {
    if (port !== null || !(cause instanceof SwarmError) || cause.code !== "up.port_taken") throw cause;
    return await openServer({ ...options, port: 0 });
  }
}

function words({ endpoint }: Hive, { worker }: Wish): string {
  const shared = endpoint.kind === "url" ? "; it serves runs of others on that Redis as well" : "";
  const whose = worker ? `one worker belongs to this command${shared}` : "no worker is started";
  return `the link lets one browser in, once. Redis: ${endpoint.describe}; ${whose}. Ctrl-C ends both; runs stay, and go on with the next worker`;
}

/** stdout is the link alone. */
async function show(url: string, word: object, { json, open }: Wish, dataDir: string): Promise<void> {
  if (json) printJson(word);
  else process.stdout.write(`${url}\n`);
  if (open && !(await openBrowser(url, dataDir))) say("swarm: no browser could be started; open the link by hand");
}

/** Where the one that serves is, with a link that it made for whoever asked. */
async function another(
  running: UpRecord,
  wish: Wish,
  dataDir: string,
  runtimeDir: string | undefined,
): Promise<number> {
  const { pid } = running.identity;
  const begunMs = performance.now();
  let now: UpRecord | null = running;
  while (now !== null && now.url === null && performance.now() - begunMs < BEGIN_MS) {
    await pause(100);
    now = await servingNow(dataDir);
  }
  const place = now?.url ?? null;
  const url = place === null ? null : await linkFrom(place, await tokenOf(dataDir, runtimeDir));
  if (url === null) {
    const where = place === null ? "and does not listen yet" : `at ${place}, and gives no link`;
    throw new SwarmError("up.running", `process ${pid} serves this data folder already, ${where}`, {
      hint: `Its link was printed when it began. swarm down ends it: ${dataDir}`,
      retry: true,
    });
  }
  const word = { v: 1, url, pid, running: true };
  if (!tellStarter({ up: word })) {
    await show(url, word, wish, dataDir);
    say(`process ${pid} serves this data folder already: ${place} (this is a new link; swarm down ends it)`);
  }
  return 0;
}

const linkSchema = z.object({ v: z.literal(1), url: z.string().regex(/^http:\/\/[^\s"<>]+$/) });

async function linkFrom(url: string, token: string | null): Promise<string | null> {
  if (token === null) return null;
  try {
    const answer = await fetch(`${url}api/link`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: "{}",
      signal: AbortSignal.timeout(LINK_MS),
    });
    return linkSchema.parse(await answer.json()).url;
  } catch {
    return null;
  }
}

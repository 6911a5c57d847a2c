/**
 * A real TCP proxy before a real Redis: it can cut, refuse, delay, and lose or hold the reply of any chosen command,
 * so that a test breaks the wire exactly where a law says that nothing may depend on it.
 *
 *   const proxy = await startTcpProxy({ path: server.socket });      // or { host, port }
 *   const redis = new Redis(proxy.options);                          // REDIS_URL for a process: proxy.url
 *   proxy.cut();                        resets every connection; what the server has already received still runs
 *   proxy.refuse(); proxy.accept();     new connections are reset until accepted again
 *   proxy.delayMs = 200;                each command and each reply arrives so much later, in order
 *   proxy.upstream = { path };          where new connections lead: a failover is this and a cut()
 *   proxy.loseReplies(2, isScript("commit"));   the next two commits run, their replies do not arrive, the link is cut
 *   proxy.decide = (command) => …       the fate of each command, before the server sees it; may be async, which holds
 *                                       back this connection only. Kill "before the n-th script" from here.
 *   proxy.answered = (command) => …     the server has run it, its reply is not forwarded yet: kill "after" from here
 *   proxy.received("commit")            how many arrived, by command name or script name; without a name: all
 *   await proxy.close();
 *
 * Fates: "pass"; "cut": the server never sees it and the connection is reset; "lose": the server runs it, then the
 * connection is reset instead of its reply; "stall": the server runs it, and its reply and all after it on that
 * connection are held until release() or a cut. Replies are paired with commands by order, so a connection that
 * subscribes, and everything the server pushes, passes unjudged (but is delayed and cut like all else).
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { scriptText } from "../../infra/redis/scripts.ts";

export type Fate = "pass" | "cut" | "lose" | "stall";
export type Upstream = { readonly path: string } | { readonly host: string; readonly port: number };

export interface SeenCommand {
  /** In lower case: `evalsha`, `info`. */
  readonly name: string;
  /** Name of the product's Lua script that EVAL or EVALSHA runs, such as `commit`; null for all else. */
  readonly script: string | null;
  readonly args: readonly string[];
  /** Counts all commands of all connections of this proxy, from 1. */
  readonly number: number;
}

export interface TcpProxy {
  readonly port: number;
  readonly url: string;
  readonly options: { readonly host: string; readonly port: number };
  upstream: Upstream;
  delayMs: number;
  decide: (command: SeenCommand) => Fate | Promise<Fate>;
  answered: (command: SeenCommand) => void | Promise<void>;
  /** Open connections. */
  connections(): number;
  received(name?: string): number;
  loseReplies(count: number, which?: (command: SeenCommand) => boolean): void;
  cut(): void;
  refuse(): void;
  accept(): void;
  release(): void;
  close(): Promise<void>;
}

export const isScript =
  (name: string) =>
  (command: SeenCommand): boolean =>
    command.script === name;

export async function startTcpProxy(upstream: Upstream): Promise<TcpProxy> {
  const links = new Set<Link>();
  const counts = new Map<string, number>();
  let total = 0;
  let refusing = false;
  const count = (name: string): void => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  const note = (args: readonly string[]): SeenCommand => {
    const name = (args[0] ?? "").toLowerCase();
    const script = scriptOf(name, args[1]);
    total += 1;
    count(name);
    if (script !== null) count(script);
    return { name, script, args, number: total };
  };
  const server = createServer({ noDelay: true }, (client) => {
    if (refusing) {
      client.on("error", () => {});
      client.resetAndDestroy();
      return;
    }
    const link = new Link(client, proxy, note, () => links.delete(link));
    links.add(link);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const proxy: TcpProxy = {
    port,
    url: `redis://127.0.0.1:${port}`,
    options: { host: "127.0.0.1", port },
    upstream,
    delayMs: 0,
    decide: () => "pass",
    answered: () => {},
    connections: () => links.size,
    received: (name) => (name === undefined ? total : (counts.get(name) ?? 0)),
    loseReplies(left, which = () => true) {
      let losing = left;
      const before = proxy.decide;
      const decide: TcpProxy["decide"] = (command) => {
        if (losing === 0 || !which(command)) return before(command);
        losing -= 1;
        if (losing === 0 && proxy.decide === decide) proxy.decide = before;
        return "lose";
      };
      proxy.decide = decide;
    },
    cut: () => {
      for (const link of links) link.cut();
    },
    refuse: () => {
      refusing = true;
    },
    accept: () => {
      refusing = false;
    },
    release: () => {
      for (const link of links) link.release();
    },
    async close() {
      refusing = true;
      for (const link of links) link.cut();
      server.close();
      await once(server, "close");
    },
  };
  return proxy;
}

/** One client's connection and the one to the server behind it. Each direction keeps its order whatever is awaited. */
class Link {
  private readonly client: Socket;
  private readonly server: Socket;
  private readonly proxy: TcpProxy;
  private readonly note: (args: readonly string[]) => SeenCommand;
  private readonly unanswered: { readonly command: SeenCommand; readonly fate: Fate }[] = [];
  private toServer: Promise<void> = Promise.resolve();
  private toClient: Promise<void> = Promise.resolve();
  private held: Buffer[] | null = null;
  private subscribed = false;

  constructor(client: Socket, proxy: TcpProxy, note: (args: readonly string[]) => SeenCommand, gone: () => void) {
    this.client = client;
    this.proxy = proxy;
    this.note = note;
    this.server = connect({ ...proxy.upstream, noDelay: true } as NetConnectOpts);
    for (const side of [client, this.server]) side.on("error", () => this.cut());
    this.server.on("close", () => this.cut());
    client.on("close", () => {
      this.server.destroy();
      gone();
    });
    onFrames(client, (frame) => {
      const atMs = performance.now();
      this.toServer = this.toServer.then(() => this.forward(frame, atMs));
    });
    onFrames(this.server, (frame) => {
      const atMs = performance.now();
      this.toClient = this.toClient.then(() => this.giveBack(frame, atMs));
    });
  }

  cut(): void {
    if (!this.client.destroyed) this.client.resetAndDestroy();
    this.server.destroy();
  }

  release(): void {
    const { held } = this;
    this.held = null;
    for (const frame of held ?? []) this.client.write(frame);
  }

  private async forward(frame: Buffer, atMs: number): Promise<void> {
    await this.lateness(atMs);
    if (this.client.destroyed) return;
    const command = this.note(argumentsOf(frame));
    const fate = await this.proxy.decide(command);
    if (fate === "cut") this.cut();
    if (this.client.destroyed) return;
    if (/^p?subscribe$/.test(command.name)) this.subscribed = true;
    if (!this.subscribed) this.unanswered.push({ command, fate });
    this.server.write(frame);
  }

  private async giveBack(frame: Buffer, atMs: number): Promise<void> {
    await this.lateness(atMs);
    const isPush = frame[0] === 0x3e;
    const answered = isPush ? undefined : this.unanswered.shift();
    if (answered !== undefined) {
      await this.proxy.answered(answered.command);
      if (answered.fate === "lose") this.cut();
      if (answered.fate === "stall") this.held ??= [];
    }
    if (this.client.destroyed) return;
    if (this.held === null) this.client.write(frame);
    else this.held.push(frame);
  }

  private async lateness(atMs: number): Promise<void> {
    const leftMs = atMs + this.proxy.delayMs - performance.now();
    if (this.proxy.delayMs > 0 && leftMs > 0) await pause(leftMs);
  }
}

function onFrames(socket: Socket, take: (frame: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = frameEnd(rest, 0); end > 0; end = frameEnd(rest, 0)) {
      take(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  });
}

/** Where the protocol's value that begins at `from` ends; -1 where it is not complete yet. Both RESP versions. */
function frameEnd(buffer: Buffer, from: number): number {
  const line = buffer.indexOf("\r\n", from);
  if (line < 0) return -1;
  const kind = String.fromCharCode(buffer[from] ?? 0);
  const length = Number(buffer.toString("latin1", from + 1, line));
  if ("$=!".includes(kind)) {
    const end = length < 0 ? line + 2 : line + 2 + length + 2;
    return end <= buffer.length ? end : -1;
  }
  if (!"*~>%|".includes(kind)) return line + 2;
  // An attribute is followed by the value it describes.
  const values = "%|".includes(kind) ? length * 2 + (kind === "|" ? 1 : 0) : length;
  let end = line + 2;
  for (let left = values; left > 0 && end > 0; left -= 1) end = frameEnd(buffer, end);
  return end;
}

function argumentsOf(frame: Buffer): string[] {
  if (frame[0] !== 0x2a) return frame.toString("utf8").trim().split(" ");
  const args: string[] = [];
  let at = frame.indexOf("\r\n") + 2;
  while (at < frame.length) {
    const line = frame.indexOf("\r\n", at);
    const length = Number(frame.toString("latin1", at + 1, line));
    args.push(frame.toString("utf8", line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
  return args;
}

const scriptsFolder = new URL("../../infra/redis/scripts/", import.meta.url);
const scriptNames = new Map(
  readdirSync(scriptsFolder)
    .filter((file) => file.endsWith(".lua"))
    .map((file) => file.slice(0, -".lua".length))
    .map((script) => [scriptText(script).sha, script]),
);

function scriptOf(name: string, text: string | undefined): string | null {
  if (text === undefined || !/^eval(sha)?(_ro)?$/.test(name)) return null;
  return scriptNames.get(name.startsWith("evalsha") ? text : sha1(text)) ?? null;
}

function sha1(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}

/**
 * A few reads from Redis over one connection, without a client library: all commands are written at once, their answers
 * are taken in order, and then it is closed. For whoever must be quick and asks little; everything else has `connect.ts`.
 */
import { connect, type Socket } from "node:net";

/** What `redis-url.ts` makes of an address. */
export interface AskAddress {
  readonly path?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly family?: number | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly db?: number | undefined;
  readonly tls?: object | undefined;
}

export type Reply = string | number | null | readonly Reply[];

export interface Asker {
  /**
   * One answer a command, in their order. `as`: how bytes become text; latin1 keeps them as they are. Throws where the
   * server refuses one, is gone, or takes too long.
   */
  ask(commands: readonly (readonly string[])[], as?: "utf8" | "latin1"): Promise<readonly Reply[]>;
  close(): void;
}

/** Bytes of all answers together, at most. */
const BYTES_MAX = 16 * 1024 * 1024;

/** `timeoutMs` is for everything, from the connection to the last answer. Throws where nobody answers. */
export async function openAsker(address: AskAddress, timeoutMs: number): Promise<Asker> {
  const { username, password, db = 0 } = address;
  const wire = new Wire(await socketTo(address), timeoutMs);
  const hello: string[][] = [];
  if (password !== undefined) hello.push(["AUTH", ...(username === undefined ? [] : [username]), password]);
  if (db !== 0) hello.push(["SELECT", String(db)]);
  await wire.ask(hello);
  return wire;
}

/** Still connecting: what is written to it waits, and a failure is its first event. */
async function socketTo({ path, host, port, family, tls }: AskAddress): Promise<Socket> {
  const where =
    path === undefined
      ? { host: host ?? "127.0.0.1", port: port ?? 6379, ...(family === undefined ? {} : { family }) }
      : { path };
  return tls === undefined ? connect(where) : (await import("node:tls")).connect({ ...where, ...tls });
}

class Wire implements Asker {
  private buffer: Buffer = Buffer.alloc(0);
  private bytes = 0;
  private wanted = 0;
  private as: "utf8" | "latin1" = "utf8";
  private replies: Reply[] = [];
  private done: ((replies: readonly Reply[]) => void) | null = null;
  private fail: ((cause: unknown) => void) | null = null;
  private broken: unknown = null;
  private readonly socket: Socket;
  private readonly patience: NodeJS.Timeout;

  constructor(socket: Socket, timeoutMs: number) {
    this.socket = socket;
    this.patience = setTimeout(() => this.end(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    socket.on("error", (cause) => this.end(cause));
    socket.on("close", () => this.end(new Error("the connection was closed")));
    socket.on("data", (chunk) => this.take(chunk));
  }

  ask(commands: readonly (readonly string[])[], as: "utf8" | "latin1" = "utf8"): Promise<readonly Reply[]> {
    if (this.broken !== null) return Promise.reject(this.broken as Error);
    if (commands.length === 0) return Promise.resolve([]);
    this.wanted = commands.length;
    this.as = as;
    this.replies = [];
    return new Promise((done, fail) => {
      this.done = done;
      this.fail = fail;
      this.socket.write(commands.map(encoded).join(""));
    });
  }

  close(): void {
    this.end(new Error("it was closed"));
  }

  private take(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes > BYTES_MAX) {
      this.end(new Error(`more than ${BYTES_MAX} bytes of answers`));
      return;
    }
    this.buffer = this.buffer.length === 0 ? chunk : Buffer.concat([this.buffer, chunk]);
    try {
      let at = 0;
      while (this.replies.length < this.wanted) {
        const read = replyAt(this.buffer, at, this.as);
        if (read === null) break;
        this.replies.push(read.reply);
        at = read.end;
      }
      this.buffer = this.buffer.subarray(at);
    } catch (cause) {
      this.end(cause);
      return;
    }
    if (this.replies.length === this.wanted) this.done?.(this.replies);
  }

  private end(cause: unknown): void {
    clearTimeout(this.patience);
    this.broken ??= cause;
    this.socket.destroy();
    this.fail?.(this.broken);
  }
}

const encoded = (words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;

interface Read {
  readonly reply: Reply;
  readonly end: number;
}

/** How deep lists may lie in lists: none of ours is deeper than one. */
const DEPTH_MAX = 4;

/** Null where it is not all there yet. Throws what the server calls an error, and on what no server says. */
function replyAt(buffer: Buffer, at: number, as: "utf8" | "latin1", depth = 0): Read | null {
  const line = buffer.indexOf("\r\n", at);
  if (line < 0) return null;
  const kind = String.fromCharCode(buffer[at] ?? 0);
  const said = buffer.toString("utf8", at + 1, line);
  const end = line + 2;
  if (kind === "+") return { reply: said, end };
  if (kind === "-") throw new Error(said);
  const count = Number(said);
  if (!Number.isSafeInteger(count) || depth > DEPTH_MAX) throw new Error("an answer that no Redis gives");
  if (kind === ":") return { reply: count, end };
  if (count < 0 && (kind === "$" || kind === "*")) return { reply: null, end };
  if (kind === "$") {
    const last = end + count;
    return buffer.length < last + 2 ? null : { reply: buffer.toString(as, end, last), end: last + 2 };
  }
  if (kind !== "*") throw new Error("an answer that no Redis gives");
  return listAt(buffer, end, count, as, depth);
}

function listAt(buffer: Buffer, from: number, count: number, as: "utf8" | "latin1", depth: number): Read | null {
  const items: Reply[] = [];
  let at = from;
  while (items.length < count) {
    const read = replyAt(buffer, at, as, depth + 1);
    if (read === null) return null;
    items.push(read.reply);
    at = read.end;
  }
  return { reply: items, end: at };
}

/** Messages of the Model Context Protocol over the pipes of a process, one a line, within limits. */
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { type JSONRPCMessage, JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js";
import { isTooDeep, MESSAGE_BYTES_MAX, type Meter } from "./meter.ts";
import type { ServerProcess } from "./server-process.ts";

/** What a server that does not read may leave unread, in bytes. */
const UNREAD_BYTES_MAX = 8 * 1024 * 1024;
const NEWLINE = 10;

/** `broke` is told once, why; whoever made the process ends it. */
export function stdioTransport(server: ServerProcess, limits: Meter, broke: (why: string) => void): Transport {
  let over = false;
  let held: Buffer[] = [];
  let heldBytes = 0;
  const transport: Transport = {
    async start() {
      server.stdout.on("data", (chunk: Buffer) => take(chunk));
      server.gone.then(
        (how) => end(how),
        () => {},
      );
    },
    async send(message) {
      if (over) throw new Error("the server is gone");
      if (server.stdin.writableLength > UNREAD_BYTES_MAX) {
        end("it does not read what it is sent");
        throw new Error("the server does not read what it is sent");
      }
      server.stdin.write(`${JSON.stringify(message)}\n`);
    },
    async close() {
      end(null);
    },
  };

  const end = (why: string | null): void => {
    if (over) return;
    over = true;
    held = [];
    server.stdout.removeAllListeners("data").resume();
    if (why !== null) broke(why);
    transport.onclose?.();
  };

  const take = (chunk: Buffer): void => {
    const tooMuch = limits.bytes(chunk.length);
    if (tooMuch !== null) {
      end(tooMuch);
      return;
    }
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0 && !over; at = chunk.indexOf(NEWLINE, from)) {
      const line = Buffer.concat([...held, chunk.subarray(from, at)]);
      held = [];
      heldBytes = 0;
      from = at + 1;
      if (line.length > MESSAGE_BYTES_MAX) end(tooLong);
      else deliver(line.toString("utf8"));
    }
    if (over || from >= chunk.length) return;
    held.push(chunk.subarray(from));
    heldBytes += chunk.length - from;
    if (heldBytes > MESSAGE_BYTES_MAX) end(tooLong);
  };

  const deliver = (line: string): void => {
    if (line.trim() === "") return;
    const message = messageFrom(line);
    const why = message === null ? limits.strange(JSON.stringify(line.slice(0, 60))) : limits.message();
    if (why !== null) end(why);
    else if (message !== null) transport.onmessage?.(message);
  };
  return transport;
}

const tooLong = `one of its messages has more than ${MESSAGE_BYTES_MAX} bytes`;

/** Null where a line is no message. */
function messageFrom(line: string): JSONRPCMessage | null {
  if (isTooDeep(line)) return null;
  try {
    return JSONRPCMessageSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

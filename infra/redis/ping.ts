/**
 * Asks what stands behind a unix socket, without a client: silence, loading and absence are different answers, because
 * only absence may ever lead to starting a server.
 */
import { connect } from "node:net";

export type Pulse =
  | { readonly state: "live" }
  /** It reads its append-only file, runs a long script, or is otherwise busy: it lives. */
  | { readonly state: "busy"; readonly said: string }
  /** Connected, but no word within the time: stopped, overloaded, or blocked on its disk. It may live. */
  | { readonly state: "silent" }
  /** It answered, but not as our server does. */
  | { readonly state: "strange"; readonly said: string }
  /** Nobody listens at that path. */
  | { readonly state: "absent" };

const replyBytesMax = 1024;

/** One PING over its own connection. Never throws. */
export async function ping(socket: string, timeoutMs: number): Promise<Pulse> {
  const reply = await command(socket, "PING", timeoutMs);
  return typeof reply === "string" ? judge(reply) : reply;
}

/**
 * Sends one inline command and returns the first line of the answer, or why there is none: "silent" also when the
 * server closes the connection, as it does on SHUTDOWN.
 */
export function command(
  socket: string,
  line: string,
  timeoutMs: number,
): Promise<string | { readonly state: "silent" | "absent" }> {
  return new Promise((resolve) => {
    let reply = "";
    const connection = connect(socket);
    const end = (answer: string | { readonly state: "silent" | "absent" }): void => {
      clearTimeout(timer);
      connection.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end({ state: "silent" }), timeoutMs);
    connection.on("connect", () => connection.write(`${line}\r\n`));
    connection.on("data", (chunk) => {
      reply += chunk.toString("latin1");
      if (reply.includes("\r\n") || reply.length > replyBytesMax) end(reply.split("\r\n")[0]?.slice(0, 200) ?? "");
    });
    // A full backlog (EAGAIN) is a living, overwhelmed server; a reset is one that is just ending.
    connection.on("error", (error) => {
      const code = "code" in error ? String(error.code) : "";
      end({ state: code === "EAGAIN" || code === "ECONNRESET" || code === "EPIPE" ? "silent" : "absent" });
    });
    connection.on("close", () => end({ state: "silent" }));
  });
}

function judge(said: string): Pulse {
  if (said === "+PONG") return { state: "live" };
  // MISCONF: the disk refuses the append-only file; the server lives, and its next command says so to the caller.
  if (said.startsWith("-MISCONF")) return { state: "live" };
  if (/^-(LOADING|BUSY|MASTERDOWN)\b/.test(said)) return { state: "busy", said };
  return { state: "strange", said };
}

/** Plays one entry of the double's script onto one connection, fault included. */
import type { ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { encodeEvent, errorEnvelope, ping, type WireEvent } from "../../../infra/model/local/wire.ts";
import type { Entry, Fault } from "./script.ts";

/** Resolves when the double has said all it will say; a silent connection stays open until the client leaves. */
export async function play(entry: Entry, events: readonly WireEvent[], response: ServerResponse): Promise<void> {
  const { fault } = entry;
  if (fault?.kind === "mute") return;
  if (fault?.kind === "reset") {
    response.socket?.destroy();
    return;
  }
  if (fault?.kind === "html") {
    response.writeHead(200, { "content-type": "text/html" }).end("<html><body>Please log in.</body></html>");
    return;
  }
  if (fault?.kind === "status") {
    playStatus(fault, response);
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  const before = fault && "afterEvents" in fault ? fault.afterEvents : events.length;
  for (const event of events.slice(0, before)) await say(response, encodeEvent(event));
  if (fault) await playInStream(fault, events.slice(before), response);
  else response.end();
}

function playStatus(fault: Fault & { kind: "status" }, response: ServerResponse): void {
  const requestId = String(response.getHeader("request-id") ?? "");
  const body = fault.body ?? JSON.stringify(errorEnvelope(fault.type, fault.message, requestId));
  const contentType = fault.body === undefined ? "application/json" : "text/plain";
  response.writeHead(fault.status, { "content-type": contentType, ...fault.headers }).end(body);
}

type StreamFault = Exclude<Fault, { kind: "mute" | "reset" | "html" | "status" }>;

async function playInStream(fault: StreamFault, rest: readonly WireEvent[], response: ServerResponse): Promise<void> {
  switch (fault.kind) {
    case "cut":
      response.socket?.destroy();
      return;
    case "end":
      response.end();
      return;
    case "error_event":
      response.end(encodeEvent(errorEnvelope(fault.type, fault.message, "")));
      return;
    case "raw":
      response.end(fault.text + rest.map(encodeEvent).join(""));
      return;
    case "pings":
      for (let said = 0; said < fault.pings && !response.destroyed; said += 1) {
        await say(response, encodeEvent(ping));
        await wait(fault.everyMs);
      }
      response.end(rest.map(encodeEvent).join(""));
      return;
    case "flood":
      await say(response, "data: ");
      while (!response.destroyed) await say(response, "x".repeat(1024 * 1024));
      return;
    case "silence":
    case "linger":
      return;
  }
}

/** Resolves once the bytes have left this process, so that a fault which follows cannot overtake them. */
function say(response: ServerResponse, text: string): Promise<void> {
  return new Promise((resolve) => {
    response.once("close", resolve);
    response.write(text, () => {
      response.off("close", resolve);
      resolve();
    });
  });
}

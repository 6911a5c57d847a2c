/**
 * Event streams. Each reads the log from its own place as fast as its reader takes it: nothing is kept for a slow one, and
 * one that takes nothing at all is cut. A stream survives a restart of Redis and says so; a browser survives a restart of ours.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import { UnreadableEntryError } from "../../actors/runtime/run-log.ts";
import type { Log } from "../../infra/log.ts";
import type { Reader } from "../../infra/redis/reader.ts";
import type { TellEvent } from "../../infra/telemetry/traced-event.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";
import type { HiveNews } from "./api.ts";
import type { Counter } from "./counts.ts";
import { Refusal } from "./problem.ts";
import type { Pulse } from "./pulse.ts";
import { type Tail, tailOf } from "./tail.ts";

export interface StreamDeps {
  readonly reader: Reader;
  readonly tell: TellEvent;
  readonly pulse: Pulse;
  readonly counts: Counter;
  /** Ends with the server. */
  readonly closing: AbortSignal;
  readonly log: Pick<Log, "error">;
  /** Milliseconds in which a reader has to take what it was sent. */
  readonly stallMs: number;
}

export interface Place {
  readonly run: string;
  readonly after: number;
}

/** At once, over all browsers and scripts. */
export const STREAMS_MAX = 32;
/** Runs that one stream tells of. */
export const RUNS_MAX = 8;
/** Milliseconds between two looks at a log that is at its end. */
const LOOK_MS = 200;
const COMMENT_EVERY_MS = 15_000;
const COUNT_EVERY_MS = 2_000;
/** Characters that are written at once, and one event more. */
const PIECE_CHARS = 32 * 1024;
/** Milliseconds after which a browser comes back. */
const RETRY_MS = 1_000;

export interface Streams {
  /** `hive`: tells of the swarm too. `id`: what a place in these logs is called. */
  tell(
    c: Context<{ Bindings: HttpBindings }>,
    places: readonly Place[],
    how: { readonly hive: boolean; readonly id: (tails: readonly Tail[], at: Place) => string },
  ): Response;
  open(): number;
}

export function openStreams(deps: StreamDeps): Streams {
  let open = 0;
  return {
    open: () => open,
    tell(c, places, { hive, id }) {
      if (open >= STREAMS_MAX) {
        throw new Refusal(429, "streams.full", `${STREAMS_MAX} streams are open already`, {
          retry: true,
          hint: "Close a tab, or a script that follows.",
        });
      }
      open += 1;
      const { outgoing } = c.env;
      c.header("X-Accel-Buffering", "no");
      return streamSSE(c, async (stream) => {
        const ended = new AbortController();
        stream.onAbort(() => ended.abort());
        const signal = AbortSignal.any([ended.signal, deps.closing]);
        const send = async (text: string): Promise<void> => {
          const stalled = setTimeout(() => {
            ended.abort();
            outgoing.destroy();
          }, deps.stallMs);
          await stream.write(text);
          clearTimeout(stalled);
        };
        try {
          await told({
            deps,
            send,
            signal,
            tails: places.map(({ run, after }) => tailOf(deps.reader, run, after, deps.tell)),
            hive,
            id,
          });
        } catch (cause) {
          // Its reader comes back and asks again from the same place.
          deps.log.error({ err: cause }, "an event stream broke off");
        } finally {
          open -= 1;
        }
      });
    },
  };
}

interface Telling {
  readonly deps: StreamDeps;
  readonly send: (text: string) => Promise<void>;
  readonly signal: AbortSignal;
  readonly tails: Tail[];
  readonly hive: boolean;
  readonly id: (tails: readonly Tail[], at: Place) => string;
}

async function told(telling: Telling): Promise<void> {
  const { deps, send, signal, hive } = telling;
  await send(`retry: ${RETRY_MS}\n\n`);
  let spokeMs = performance.now();
  let countedMs = Number.NEGATIVE_INFINITY;
  let news = "";
  while (!signal.aborted) {
    if (hive && performance.now() - countedMs > (news.startsWith(deps.pulse.state()) ? COUNT_EVERY_MS : 0)) {
      countedMs = performance.now();
      const fresh = await newsOf(deps);
      if (fresh.key !== news) await send(message(fresh.body, { event: "hive" }));
      news = fresh.key;
    }
    const any = deps.pulse.state() === "up" && (await moved(telling));
    if (any) spokeMs = performance.now();
    if (performance.now() - spokeMs > COMMENT_EVERY_MS) {
      await send(": still here\n\n");
      spokeMs = performance.now();
    }
    if (!any) await pause(LOOK_MS, undefined, { signal }).catch(() => {});
  }
}

/** True where there was something to tell. */
async function moved({ deps, send, signal, tails, id }: Telling): Promise<boolean> {
  let any = false;
  for (const tail of [...tails]) {
    if (signal.aborted) return any;
    try {
      const events = await tail.next((question) => deps.pulse.ask(question));
      if (events.length === 0) continue;
      any = true;
      for (const text of inPieces(events, (event) => id(tails, { run: tail.run, after: event.seq }))) await send(text);
    } catch (cause) {
      if (cause instanceof UnreadableEntryError) {
        tails.splice(tails.indexOf(tail), 1);
        await send(message({ runId: tail.run, seq: cause.seq, message: cause.message }, { event: "unreadable" }));
        continue;
      }
      // Redis went away in the middle of the question: it is asked again from the same place.
      if (!(cause instanceof Refusal)) throw cause;
    }
  }
  return any;
}

/** Small ones: a reader that is slow is found out by the first that it does not take. */
function* inPieces(events: readonly LoggedEvent[], id: (event: LoggedEvent) => string): Generator<string> {
  let piece = "";
  for (const event of events) {
    piece += message(event, { id: id(event) });
    if (piece.length < PIECE_CHARS) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}

async function newsOf({ pulse, counts }: StreamDeps): Promise<{ readonly key: string; readonly body: HiveNews }> {
  const counted = pulse.state() === "up" ? await counts() : null;
  const redis = pulse.state();
  return {
    key: `${redis} ${JSON.stringify(counted)}`,
    body: { v: 1, now: new Date().toISOString(), redis, counts: counted },
  };
}

function message(data: LoggedEvent | object, { id, event }: { readonly id?: string; readonly event?: string }): string {
  // JSON holds no line break, so one line is enough.
  const lines = [...(event === undefined ? [] : [`event: ${event}`]), `data: ${JSON.stringify(data)}`];
  return `${[...lines, ...(id === undefined ? [] : [`id: ${id}`])].join("\n")}\n\n`;
}

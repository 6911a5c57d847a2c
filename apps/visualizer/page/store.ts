/**
 * What is open on the page and where its cursor stands, as signals. One cursor moves everything: null is live, a number is
 * the moment after that event. Events come in bursts, so the picture is made anew once per frame at most.
 */
import { batch, computed, signal } from "@preact/signals";
import type { LoggedEvent } from "../../../machines/run-event.ts";
import type { ApiRun } from "../../server/api.ts";
import { Lanes } from "./lanes.ts";
import { RunFold, type RunMoment } from "./run-fold.ts";
import type { Mailbox, Source, SourceError } from "./source.ts";

export interface OpenRun {
  readonly id: string;
  readonly fold: RunFold;
  readonly lanes: Lanes;
  readonly stop: () => void;
}

export const open = signal<OpenRun | null>(null);
/** Grows whenever events came. */
export const growth = signal(0);
export const connection = signal<"loading" | "live" | "lost" | "over">("loading");
export const trouble = signal<SourceError | null>(null);
/** The document of the open run; asked for again as its log grows. */
export const runFacts = signal<ApiRun | null>(null);
/** As they are now: the log tells of mail only when it is taken. */
export const mailboxes = signal<ReadonlyMap<string, Mailbox>>(new Map());
export const cursor = signal<number | null>(null);
/** Actor whose chart and context are shown; null: the one that moved last. */
export const chosen = signal<string | null>(null);

export const moment = computed<RunMoment | null>(() => {
  const run = open.value;
  if (run === null || growth.value < 0) return null;
  return cursor.value === null ? run.fold.now() : run.fold.at(cursor.value);
});

/** Number of the newest event. */
export const newest = computed(() => (growth.value >= 0 ? (open.value?.fold.seq ?? 0) : 0));

/** Event that the page stands at. */
export const here = computed(() => cursor.value ?? newest.value);

/** Who is looked at: the chosen one, else who spoke last at this moment. */
export const watched = computed<string | null>(() => {
  if (chosen.value !== null) return chosen.value;
  const events = open.value?.fold.events ?? [];
  // What the runtime itself tells (parked, resumed) was said by nobody.
  for (let seq = here.value; seq >= 1; seq--) if (events[seq - 1]?.actor !== "-") return events[seq - 1]?.actor ?? null;
  return null;
});

const FACTS_EVERY_MS = 3_000;

export function openRun(source: Source, id: string): void {
  if (open.peek()?.id === id) return;
  closeRun();
  const fold = new RunFold();
  const lanes = new Lanes();
  let waiting: LoggedEvent[] = [];
  let frame = 0;
  let facts: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  const askFacts = (): void => {
    facts = undefined;
    source.run(id).then(
      (told) => {
        if (!ended) runFacts.value = told;
        if (!ended && told.status === "running" && !source.frozen) askMail();
      },
      (cause: SourceError) => {
        if (!ended) trouble.value = cause;
      },
    );
  };
  const askMail = (): void => {
    source.mailboxes(id).then(
      (told) => {
        if (!ended) mailboxes.value = told;
      },
      // The run itself tells what is wrong; without mail the list is still right.
      () => {
        if (!ended) mailboxes.value = new Map();
      },
    );
  };
  const settle = (): void => {
    frame = 0;
    const events = waiting;
    waiting = [];
    for (const event of events) lanes.take(event);
    if (fold.take(events) === 0) return;
    growth.value = growth.peek() + 1;
    facts ??= setTimeout(askFacts, FACTS_EVERY_MS);
  };
  const unfollow = source.follow(id, {
    onEvents: (events) => {
      waiting.push(...events);
      frame ||= requestAnimationFrame(settle);
    },
    onState: (state, problem) =>
      batch(() => {
        connection.value = state;
        if (problem !== undefined) trouble.value = problem;
        else if (state === "live") trouble.value = null;
      }),
  });
  askFacts();
  const stop = (): void => {
    ended = true;
    cancelAnimationFrame(frame);
    clearTimeout(facts);
    unfollow();
  };
  batch(() => {
    cursor.value = null;
    chosen.value = null;
    runFacts.value = null;
    mailboxes.value = new Map();
    trouble.value = null;
    open.value = { id, fold, lanes, stop };
    growth.value = 0;
  });
}

export function closeRun(): void {
  open.peek()?.stop();
  open.value = null;
}

/** `to` past the newest event, or at it: live again. */
export function moveCursor(to: number): void {
  const last = newest.peek();
  cursor.value = to >= last ? null : Math.max(1, to);
}

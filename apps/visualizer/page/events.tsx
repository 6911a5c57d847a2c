/** The events around the cursor: what was told, by whom, when. Only those in sight are in the document. */
import { useSignal } from "@preact/signals";
import type { LoggedEvent } from "../../../machines/run-event.ts";
import { Block } from "./long.tsx";
import type { RunFold } from "./run-fold.ts";
import { cursor, here, moveCursor, newest, open, watched } from "./store.ts";
import { plain, timeOfDay } from "./words.ts";

/** Events that are listed at once, before and after the cursor. */
const BEFORE = 60;
const AFTER = 4;

export function Events() {
  const all = useSignal(true);
  const run = open.value;
  if (run === null) return null;
  const at = here.value;
  const listed = eventsAround(run.fold, at, newest.value, all.value ? null : watched.value);
  const current = run.fold.events[at - 1];
  return (
    <div class="events">
      <label class="bar">
        <input
          type="checkbox"
          checked={!all.value}
          onChange={(event) => {
            all.value = !event.currentTarget.checked;
          }}
        />{" "}
        only of the agent looked at
      </label>
      {current !== undefined && (
        <Block text={JSON.stringify(factsOf(current), null, 2)} lines={12} label={`Event ${at}`} />
      )}
      <ol class="event-list">
        {listed.map((event) => (
          <li key={event.seq}>
            <button
              type="button"
              class={event.seq === at ? "is-here" : ""}
              aria-current={event.seq === at}
              onClick={() => moveCursor(event.seq)}
            >
              <span class="num">{event.seq}</span>
              <span class="quiet">{timeOfDay(run.fold.times[event.seq - 1] ?? 0)}</span>
              <span class="what">{plain(event.type)}</span>
              <span class="quiet">{plain(event.actor)}</span>
              <span class="line">{plain(lineOf(event)).slice(0, 160)}</span>
            </button>
          </li>
        ))}
      </ol>
      {cursor.value === null && newest.value > BEFORE && <p class="quiet">Earlier ones: move the slider.</p>}
    </div>
  );
}

/** Newest first. */
function eventsAround(fold: RunFold, at: number, last: number, actor: string | null): LoggedEvent[] {
  if (actor === null) return fold.events.slice(Math.max(0, at - BEFORE), Math.min(last, at + AFTER)).reverse();
  const place = fold.ownBy(actor, at);
  const seqs = fold.ownOf(actor).slice(Math.max(0, place - BEFORE), place + AFTER);
  return seqs.flatMap((seq) => fold.events[seq - 1] ?? []).reverse();
}

function factsOf({ v: _v, run: _run, ...facts }: LoggedEvent): object {
  return facts;
}

function lineOf({ v: _v, run: _r, seq: _s, at: _a, actor: _w, type: _t, ...facts }: LoggedEvent): string {
  return Object.entries(facts)
    .map(
      ([key, value]) => `${key} ${(typeof value === "string" ? value : (JSON.stringify(value) ?? "")).slice(0, 120)}`,
    )
    .join("  ");
}

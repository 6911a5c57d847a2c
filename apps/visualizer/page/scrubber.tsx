/** One cursor over the log: it moves the tree, the chart, the context and the timeline together, live or in the past. */
import { RUN_ENDINGS } from "./states.ts";
import { cursor, here, moment, moveCursor, newest, open, watched } from "./store.ts";
import { clock, dateTime, plain } from "./words.ts";

export function Scrubber() {
  const run = open.value;
  const last = newest.value;
  const at = here.value;
  const live = cursor.value === null;
  const event = run?.fold.events[at - 1];
  const shown = moment.value;
  const over = run !== null && last > 0 && RUN_ENDINGS.has(run.fold.events[last - 1]?.type ?? "");
  const step = (by: number): void => moveCursor(at + by);
  return (
    <section class={`scrubber ${live ? "is-live" : "is-past"}`} aria-label="Moment of the run">
      <button
        type="button"
        aria-label="First event"
        title="first event"
        onClick={() => moveCursor(1)}
        disabled={last === 0}
      >
        |◂
      </button>
      <button
        type="button"
        aria-label="Last step of this agent before"
        title="step back, of the agent looked at"
        onClick={() => toStep(-1)}
      >
        ◂◂
      </button>
      <button
        type="button"
        aria-label="One event back"
        title="one event back (key ,)"
        onClick={() => step(-1)}
        disabled={at <= 1}
      >
        ◂
      </button>
      <input
        type="range"
        min={1}
        max={Math.max(1, last)}
        value={at}
        aria-label="Event"
        aria-valuetext={`event ${at} of ${last}${event === undefined ? "" : `: ${event.type}`}`}
        onInput={(input) => moveCursor(Number(input.currentTarget.value))}
      />
      <button
        type="button"
        aria-label="One event on"
        title="one event on (key .)"
        onClick={() => step(1)}
        disabled={live}
      >
        ▸
      </button>
      <button
        type="button"
        aria-label="Next step of this agent"
        title="step on, of the agent looked at"
        onClick={() => toStep(1)}
        disabled={live}
      >
        ▸▸
      </button>
      <button
        type="button"
        class="live"
        aria-pressed={live}
        onClick={() => moveCursor(Number.POSITIVE_INFINITY)}
        title="the newest moment (key l)"
      >
        {over ? (live ? "● end" : "to the end") : live ? "● live" : "go live"}
      </button>
      <output class="moment" aria-live="off">
        <b>
          {at}
          <span class="quiet"> / {last}</span>
        </b>
        {event !== undefined && (
          <>
            <span class="what">{plain(event.type)}</span>
            <span class="quiet">{plain(event.actor)}</span>
            <span class="quiet" title={dateTime(run?.fold.times[at - 1] ?? 0)}>
              {clock((run?.fold.times[at - 1] ?? 0) - (shown?.startedMs ?? 0))}
            </span>
          </>
        )}
      </output>
    </section>
  );
}

/** To the event before, or after, that the watched actor wrote and that changed its state. */
function toStep(way: 1 | -1): void {
  const run = open.peek();
  const actor = watched.peek();
  if (run === null || actor === null) return;
  for (let seq = here.peek() + way; seq >= 1 && seq <= run.fold.seq; seq += way) {
    const event = run.fold.events[seq - 1];
    if (event?.actor === actor && (event.type === "agent.state" || seq === 1)) {
      moveCursor(seq);
      return;
    }
  }
  moveCursor(way < 0 ? 1 : Number.POSITIVE_INFINITY);
}

/** Keys that work wherever nobody writes. */
export function onPageKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    target.matches("input, textarea, select") ||
    open.peek() === null
  )
    return;
  const keys: Readonly<Record<string, () => void>> = {
    ",": () => moveCursor(here.peek() - 1),
    ".": () => moveCursor(here.peek() + 1),
    "<": () => toStep(-1),
    ">": () => toStep(1),
    l: () => moveCursor(Number.POSITIVE_INFINITY),
  };
  keys[event.key]?.();
}

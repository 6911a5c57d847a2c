/**
 * Actors by state over time, on one canvas as large as what is in sight, however many there are. By events instead of by
 * time, hours in which nothing happened take no room.
 */
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { type Lane, stretches } from "./lanes.ts";
import type { RunMoment } from "./run-fold.ts";
import { Scroller } from "./scroller.tsx";
import type { Mood } from "./states.ts";
import { MOOD_WORDS, MOODS } from "./states.ts";
import { chosen, cursor, growth, here, moment, moveCursor, newest, open, watched } from "./store.ts";
import { windowOf } from "./windowed.ts";
import { clock, plain } from "./words.ts";

const ROW = 18;
const LABEL = 150;
const AXIS = 20;

export function Timeline() {
  const byEvent = useSignal(false);
  const top = useSignal(0);
  const size = useSignal({ width: 600, height: 160 });
  const box = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const watcher = new ResizeObserver(() => {
      size.value = { width: element.clientWidth, height: element.clientHeight };
    });
    watcher.observe(element);
    return () => watcher.disconnect();
  }, []);
  const run = open.value;
  // Read here, so that the canvas is painted again when any of them moves.
  const at = { cursor: cursor.value, here: here.value, moment: moment.value, watched: watched.value };
  const lanes = run?.lanes.lanes ?? [];
  const axis = axisOf(byEvent.value);
  const { width, height } = size.value;
  const scale = (value: number): number => LABEL + ((value - axis.from) / (axis.to - axis.from)) * (width - LABEL - 8);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context === null || context === undefined) return;
    paint(context, { lanes, top: top.value, width, height, axis, scale, byEvent: byEvent.value, ...at });
  });
  const onClick = (event: MouseEvent): void => {
    const area = canvas.current?.getBoundingClientRect();
    if (area === undefined || run === null) return;
    const [x, y] = [event.clientX - area.left, event.clientY - area.top];
    const lane = lanes[Math.floor((y + top.value - AXIS) / ROW)];
    if (lane !== undefined && y > AXIS) chosen.value = lane.actor;
    if (x < LABEL) return;
    const value = axis.from + ((x - LABEL) / (width - LABEL - 8)) * (axis.to - axis.from);
    moveCursor(byEvent.value ? Math.round(value) : eventAt(run.fold.times, value));
  };
  return (
    <div class="timeline">
      <div class="bar">
        <label>
          <input
            type="checkbox"
            checked={byEvent.value}
            onChange={(event) => {
              byEvent.value = event.currentTarget.checked;
            }}
          />{" "}
          collapse idle time
        </label>
        <ul class="legend" aria-label="Colours">
          {MOODS.map((mood) => (
            <li key={mood} class={`state mood-${mood}`}>
              <i aria-hidden="true" /> {MOOD_WORDS[mood]}
            </li>
          ))}
        </ul>
      </div>
      <Scroller
        class="timeline-box"
        box={box}
        label="Timeline of the agents; the list of agents tells the same"
        onScroll={(to) => {
          top.value = to;
        }}
      >
        <div style={{ height: `${lanes.length * ROW + AXIS}px` }}>
          <canvas ref={canvas} onClick={onClick} style={{ width: `${width}px`, height: `${height}px` }} />
        </div>
      </Scroller>
    </div>
  );
}

interface Axis {
  readonly from: number;
  readonly to: number;
}

function axisOf(byEvent: boolean): Axis {
  const run = open.value;
  if (byEvent) return { from: 1, to: Math.max(2, newest.value) };
  const from = run?.fold.times[0] ?? 0;
  return { from, to: Math.max(from + 1, growth.value >= 0 ? (run?.fold.times.at(-1) ?? from) : from) };
}

/** Number of the last event at or before that time. */
function eventAt(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) <= time) low = middle + 1;
    else high = middle;
  }
  return Math.max(1, low);
}

interface Picture {
  readonly lanes: readonly Lane[];
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly axis: Axis;
  readonly scale: (value: number) => number;
  readonly byEvent: boolean;
  readonly cursor: number | null;
  readonly here: number;
  readonly moment: RunMoment | null;
  readonly watched: string | null;
}

function paint(context: CanvasRenderingContext2D, picture: Picture): void {
  const { canvas } = context;
  const { lanes, top, width, height, axis, scale, byEvent } = picture;
  const dots = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * dots) || canvas.height !== Math.round(height * dots)) {
    canvas.width = Math.round(width * dots);
    canvas.height = Math.round(height * dots);
  }
  const style = getComputedStyle(canvas);
  const colour = (name: string): string => style.getPropertyValue(name);
  const colours = Object.fromEntries(MOODS.map((mood) => [mood, colour(`--mood-${mood}`)])) as Record<Mood, string>;
  context.setTransform(dots, 0, 0, dots, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = `11px ${style.fontFamily}`;
  context.textBaseline = "middle";
  const { first, end } = windowOf(lanes.length, ROW, top - AXIS, height);
  const run = open.peek();
  for (let index = first; index < end; index++) {
    const lane = lanes[index];
    if (lane === undefined) continue;
    const y = AXIS + index * ROW - top;
    const actor = run === null || picture.moment === null ? undefined : run.fold.actorAt(picture.moment, lane.actor);
    context.fillStyle = lane.actor === picture.watched ? colour("--text") : colour("--quiet");
    context.fillText(plain(actor?.task || actor?.type || lane.actor).slice(0, 24), 6, y + ROW / 2, LABEL - 12);
    for (const { start, end: stop, mood } of stretches(lane, byEvent ? lane.seqs : lane.times, axis.from, axis.to)) {
      const x = scale(start);
      context.fillStyle = colours[mood];
      context.fillRect(x, y + 3, Math.max(2, scale(stop) - x), ROW - 6);
    }
  }
  paintAxis(context, picture, colour);
}

const TICKS = 6;

function paintAxis(context: CanvasRenderingContext2D, picture: Picture, colour: (name: string) => string): void {
  const { width, height, axis, scale, byEvent } = picture;
  context.fillStyle = colour("--panel");
  context.fillRect(0, 0, width, AXIS);
  context.fillStyle = colour("--quiet");
  for (let tick = 0; tick <= TICKS; tick++) {
    const value = axis.from + ((axis.to - axis.from) * tick) / TICKS;
    const words = byEvent ? String(Math.round(value)) : clock(value - axis.from);
    context.textAlign = tick === TICKS ? "right" : "left";
    context.fillText(words, scale(value), AXIS / 2);
    context.fillRect(scale(value), AXIS - 3, 1, 3);
  }
  context.textAlign = "left";
  const run = open.peek();
  const at = byEvent ? picture.here : (run?.fold.times[picture.here - 1] ?? axis.to);
  context.fillStyle = colour(picture.cursor === null ? "--live" : "--accent");
  context.fillRect(Math.round(scale(at)) - 1, 0, 2, height);
}

/**
 * Progress on a terminal: a picture that redraws itself in place, at most ten times a second. However the process
 * ends, the cursor is visible again.
 */
import { stripVTControlCharacters } from "node:util";
import pc from "picocolors";
import { type FrameOptions, frameOf, lastFrameOf } from "./frame.ts";
import { width } from "./printable.ts";
import type { Progress, ProgressOptions } from "./progress.ts";
import { emptyTree, grown, type RunTree } from "./tree.ts";

const frameMs = 100;
const rowsFallback = 24;
/** Lines that wait while somebody is asked, at most; the oldest go. */
const notesMax = 200;
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const csi = "\u001b[";
const hideCursor = `${csi}?25l`;
const showCursor = `${csi}?25h`;
/** Between these a terminal that knows them shows nothing half-drawn; others pass over them. */
const beginFrame = `${csi}?2026h`;
const endFrame = `${csi}?2026l`;
const clearBelow = `${csi}J`;
const clearLineEnd = `${csi}K`;
const up = (lines: number): string => (lines > 0 ? `${csi}${lines}A\r` : "\r");

export function openLive({ stream, colors, columns }: ProgressOptions): Progress {
  const paint = pc.createColors(colors);
  let tree = emptyTree;
  let drawn: readonly number[] = [];
  let drawnColumns = columns();
  let tick = 0;
  let changed = true;
  let ended = false;
  let held = false;
  const notes = openNotes();

  const write = (text: string): void => {
    if (stream.writable) stream.write(text);
  };
  /** A terminal that was made narrower has wrapped what was drawn: it takes more rows than it had lines. */
  const rowsDrawn = (): number => {
    const now = Math.max(1, columns());
    return drawn.reduce((rows, line) => rows + Math.max(1, Math.ceil(line / now)), 0);
  };
  const draw = (above: string, picture: (tree: RunTree, options: FrameOptions) => string[] = frameOf): void => {
    const rows = stream.rows > 0 ? stream.rows : rowsFallback;
    const lines = picture(tree, { colors: paint, columns: Math.max(20, columns()), rows, nowMs: Date.now(), tick });
    const body = lines.map((line) => `${line}${clearLineEnd}\n`).join("");
    const back = up(Math.min(rowsDrawn(), rows - 1));
    // What a terminal wrapped it remembers as one line until it is erased; otherwise erasing first would flicker.
    const wipe = drawnColumns === columns() ? "" : clearBelow;
    write(`${beginFrame}${hideCursor}${back}${wipe}${above}${body}${clearBelow}${endFrame}`);
    drawnColumns = columns();
    drawn = lines.map((line) => width(stripVTControlCharacters(line)));
    changed = false;
  };
  const beat = (): void => {
    tick += 1;
    if (!held && (changed || tree.end === null)) draw("");
  };
  const timer = setInterval(beat, frameMs);
  timer.unref();
  const guard = guardCursor(write, () => {
    // While this process stands still others write below the picture: go on beneath that, not over it.
    drawn = [];
  });

  return {
    event: (event) => {
      const next = grown(tree, event);
      changed ||= next !== tree;
      tree = next;
    },
    know: (more) => {
      tree = { ...tree, ...more };
      changed = true;
    },
    note: (line) => {
      notes.add(line);
      // Nothing comes between a question and its answer.
      if (!held && !ended) draw(notes.taken());
    },
    hold: () => {
      if (held || ended) return;
      draw("");
      held = true;
      write(showCursor);
    },
    goOn: () => {
      if (!held) return;
      held = false;
      // What was asked and answered stays where it is; the picture goes on below it.
      drawn = [];
      draw(notes.taken());
    },
    end: () => {
      if (ended) return;
      if (held) drawn = [];
      draw(notes.taken(), lastFrameOf);
      ended = true;
      clearInterval(timer);
      guard.release();
      write(showCursor);
    },
  };
}

/** What was said while somebody was asked, until it can stand above a picture again. */
function openNotes() {
  let lines: string[] = [];
  let lost = 0;
  return {
    add(line: string): void {
      lines.push(line);
      if (lines.length <= notesMax) return;
      lines.shift();
      lost += 1;
    },
    taken(): string {
      const all = lost === 0 ? lines : [`… ${lost} lines before these are left out`, ...lines];
      lines = [];
      lost = 0;
      return all.map((line) => `${line}${clearLineEnd}\n`).join("");
    },
  };
}

interface CursorGuard {
  release(): void;
}

/**
 * Shows the cursor again when the process exits, and before a signal that nobody else listens for takes it down.
 * While it is stopped by the keyboard the shell has its cursor too; the next picture hides it again.
 */
function guardCursor(write: (text: string) => void, leavePicture: () => void): CursorGuard {
  const show = (): void => write(showCursor);
  const onSignal = (signal: NodeJS.Signals): void => {
    show();
    // With our listener the default of ending the process is off: where it is the only one, do what it would have done.
    if (process.listenerCount(signal) > 1) return;
    release();
    process.kill(process.pid, signal);
  };
  const onStop = (): void => {
    show();
    leavePicture();
    process.kill(process.pid, "SIGSTOP");
  };
  const release = (): void => {
    process.off("exit", show);
    process.off("SIGTSTP", onStop);
    for (const signal of signals) process.off(signal, onSignal);
  };
  process.on("exit", show);
  process.on("SIGTSTP", onStop);
  for (const signal of signals) process.on(signal, onSignal);
  return { release };
}

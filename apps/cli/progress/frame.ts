/**
 * One picture of a run for a terminal: as many lines as there is room for, what matters first. Trouble and work are
 * shown before what is done, and what is done collapses into one line. Pure.
 */
import type { Colors } from "picocolors/types.js";
import { burnOf } from "../../../actors/runtime/burn.ts";
import { clip, padEnd, printable, width } from "./printable.ts";
import { counted, isBad, type RunTree, type TaskNode, waitingTasks } from "./tree.ts";
import { clock, doing, minutesWords, reason, tookMs, work } from "./words.ts";

export interface FrameOptions {
  readonly colors: Colors;
  readonly columns: number;
  /** Lines there are, the cursor's own included. */
  readonly rows: number;
  readonly nowMs: number;
  /** Counts up with every picture, for what moves. */
  readonly tick: number;
}

/** More lines than this are no picture but a wall. */
const linesMax = 24;
const spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;

interface Drawing extends FrameOptions {
  readonly nameColumns: number;
}

const nameOf = ({ task, attempt }: Pick<TaskNode, "task" | "attempt">): string =>
  printable(`${task}${attempt > 1 ? ` #${attempt}` : ""}`);

/** As wide as the longest name takes, within bounds: what is said of a task needs the room more than its name. */
function drawingOf(tree: RunTree, options: FrameOptions): Drawing {
  const most = Math.max(12, Math.min(34, Math.floor(options.columns * 0.42)));
  const names = [...tree.tasks.map(nameOf), ...tree.graph.map(({ id }) => printable(id))];
  const longest = names.reduce((columns, name) => (columns < most ? Math.max(columns, width(name)) : columns), 12);
  return { ...options, nameColumns: Math.min(most, longest) };
}

/** Lines, each narrower than the screen, so that none of them wraps; at most `rows` - 1, at least one. */
export function frameOf(tree: RunTree, asked: FrameOptions): string[] {
  const options = drawingOf(tree, asked);
  const room = Math.max(1, Math.min(linesMax, options.rows - 1));
  const head = headLine(tree, options);
  if (room === 1) return [head];
  const foot = footLines(tree, options).slice(0, room >= 6 ? 2 : 0);
  const space = room - 1 - foot.length;
  const tasks = taskLines(tree, options, space);
  return [head, ...tasks, ...waitingLines(tree, options, space - tasks.length), ...foot];
}

const fitted = (options: FrameOptions, text: string): string => clip(text, options.columns - 1);

function headLine(tree: RunTree, options: FrameOptions): string {
  const { colors: c, nowMs, tick } = options;
  const { verified, bad, working, waiting } = counted(tree);
  const mark = tree.end === null ? (tree.parked === null ? (spinner[tick % spinner.length] ?? "") : "‖") : "■";
  const counts = [
    `${verified}/${tree.tasksTotal} verified`,
    ...(bad > 0 ? [`${bad} ended badly`] : []),
    ...(working > 0 ? [`${working} working`] : []),
    ...(waiting > 0 ? [`${waiting} ${tree.end === null ? "waiting" : "never started"}`] : []),
  ].join(" · ");
  const elapsed = tree.startedAtMs === 0 ? "" : clock((tree.end === null ? nowMs : tree.lastAtMs) - tree.startedAtMs);
  const text =
    tree.run === ""
      ? "starting"
      : `${tree.run}  ${counts}  ${elapsed}${spent(tree)}${tree.end === null ? burning(tree, nowMs) : ""}`;
  return c.bold(fitted(options, `${mark} ${text}`));
}

const spent = ({ spent: { tokens, nanoUsd } }: RunTree): string =>
  `${tokens > 0 ? `  ${count(tokens)} tokens` : ""}${nanoUsd > 0 ? `, ${(nanoUsd / 1e9).toFixed(4)} USD` : ""}`;

/** How fast it goes, and when that ends. */
function burning({ recent, limits, spent: { tokens, nanoUsd }, startedAtMs }: RunTree, nowMs: number): string {
  const left = {
    tokens: limits.tokensMax === null ? null : Math.max(0, limits.tokensMax - tokens),
    usd: limits.nanoUsdMax === null ? null : Math.max(0, limits.nanoUsdMax - nanoUsd) / 1e9,
  };
  const burn = burnOf(recent, { nowMs, sinceMs: startedAtMs, left });
  if (burn === null) return "";
  const end = burn.minutesLeft === null ? "" : `, budget ends in ${minutesWords(burn.minutesLeft)}`;
  return ` (${count(Math.round(burn.tokensPerMinute))}/min${end})`;
}

/** Short, and steady in width while it counts. */
const count = (tokens: number): string =>
  tokens < 10_000 ? String(tokens) : tokens < 1e6 ? `${Math.round(tokens / 1_000)}k` : `${(tokens / 1e6).toFixed(1)}M`;

function footLines(tree: RunTree, options: FrameOptions): string[] {
  const { colors: c } = options;
  const open = Object.entries(tree.breakers).map(([name, state]) => `breaker ${name} is ${state}`);
  const stops = tree.parked === null ? [] : [`parked: ${tree.parked}`];
  const troubles = [...stops, ...open, ...(tree.trouble === null ? [] : [tree.trouble])];
  return troubles.map((line) => c.yellow(fitted(options, `  ${printable(line)}`)));
}

/** What stays on the screen when nobody watches any longer: how it came out, and what ended badly. */
export function lastFrameOf(tree: RunTree, asked: FrameOptions): string[] {
  const options = drawingOf(tree, asked);
  const bad = tree.tasks.filter(isBad).slice(0, Math.max(0, options.rows - 2));
  const stops = tree.parked === null ? [] : footLines({ ...tree, breakers: {}, trouble: null }, options);
  return [headLine(tree, options), ...bad.map((node) => taskLine(node, options, tree)), ...stops];
}

/** Bad ends first, then who works, then the latest that are done; the rest is counted. */
function taskLines(tree: RunTree, options: Drawing, room: number): string[] {
  const bad = tree.tasks.filter(isBad);
  const working = tree.tasks.filter(({ outcome }) => outcome === null);
  const done = tree.tasks
    .filter(({ outcome }) => outcome === "verified")
    .sort((left, right) => (right.settledAtMs ?? 0) - (left.settledAtMs ?? 0));
  const ranked = [...bad, ...working, ...done];
  const all = ranked.length <= room;
  const shown = all ? ranked : ranked.slice(0, Math.max(0, room - 1));
  const hidden = ranked.slice(shown.length);
  const lines = inOrder(tree, shown).map((node) => taskLine(node, options, tree));
  return hidden.length === 0 ? lines : [...lines, hiddenLine(hidden, options)].slice(0, room);
}

/** Where there is room left: what waits, and for whom. */
function waitingLines(tree: RunTree, options: Drawing, room: number): string[] {
  const waiting = waitingTasks(tree);
  if (room <= 0 || waiting.length === 0) return [];
  const shown = waiting.length <= room ? waiting : waiting.slice(0, room - 1);
  const lines = shown.map(({ task, needs, lost }) => {
    const why = lost ? "will not start: stands on" : needs.length === 0 ? "waits for its turn" : "waits for";
    return `  · ${nameColumn(printable(task), options)}  ${[why, needs.join(", ")].join(" ").trimEnd()}`;
  });
  const more = waiting.length - shown.length;
  if (more > 0) lines.push(`  … ${more} more waiting`);
  return lines.map((line) => options.colors.dim(fitted(options, line)));
}

const nameColumn = (name: string, { nameColumns }: Drawing): string => padEnd(clip(name, nameColumns), nameColumns);

/** Those shown stand in the order of the plan, so that a line does not jump while it is watched. */
const inOrder = (tree: RunTree, shown: readonly TaskNode[]): TaskNode[] => {
  const chosen = new Set(shown);
  return tree.tasks.filter((node) => chosen.has(node));
};

function hiddenLine(hidden: readonly TaskNode[], options: FrameOptions): string {
  const done = hidden.filter(({ outcome }) => outcome === "verified").length;
  const working = hidden.filter(({ outcome }) => outcome === null).length;
  const bad = hidden.length - done - working;
  const parts = [
    ...(done > 0 ? [`${done} more verified`] : []),
    ...(working > 0 ? [`${working} more working`] : []),
    ...(bad > 0 ? [`${bad} more ended badly`] : []),
  ];
  return options.colors.dim(fitted(options, `  … ${parts.join(", ")}`));
}

function taskLine(node: TaskNode, options: Drawing, tree: RunTree): string {
  const { colors: c, nowMs } = options;
  const took = clock(tookMs(node, tree.end === null ? nowMs : tree.lastAtMs));
  const name = nameColumn(nameOf(node), options);
  if (node.outcome === "verified") return c.dim(fitted(options, `  ✓ ${name}  ${work(node)}, ${took}`));
  if (node.outcome !== null)
    return c.red(fitted(options, `  ✗ ${name}  ${node.outcome}: ${reason(node.reasons, "no reason was given")}`));
  const detail = node.turns + node.toolCalls > 0 ? ` · ${work(node)}` : "";
  return fitted(options, `  ${spinnerOf(tree, options)} ${name}  ${doing(node)}${detail}, ${took}`);
}

const spinnerOf = (tree: RunTree, { tick }: FrameOptions): string =>
  tree.parked === null ? (spinner[tick % spinner.length] ?? "") : "‖";

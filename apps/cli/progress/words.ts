/** The words and figures that both kinds of progress use. */
import { printable } from "./printable.ts";
import type { RunTree, TaskNode } from "./tree.ts";

/** `0.4 s`, `12 s`, `3:07`, `1:02:09`: short, and steady in width while it counts. */
export function clock(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3_600);
  const rest = `${hours > 0 ? two(Math.floor((whole % 3_600) / 60)) : Math.floor(whole / 60)}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

const states: Readonly<Record<string, string>> = {
  routed: "waiting for a worker",
  awaitingApproval: "waiting for approval",
  waiting: "waiting for an answer",
  backingOff: "waiting to ask again",
  reminding: "thinking",
  settling: "executing",
  resting: "waits to be tried again",
  replanning: "waits for another plan",
  conflict: "conflicts with what others changed",
  stopped: "stopped; to be begun again",
};

/** What an agent is doing: what it asks, the tools it runs, else its state, with what its coordinator said of it. */
export function doing({ tools, state, asks, note }: TaskNode): string {
  if (asks !== "") return printable(`asks: ${asks}`);
  const running = [...new Set(Object.values(tools))];
  if (running.length > 0) return printable(running.join(", "));
  const last = state.split(".").at(-1) ?? state;
  return printable(`${states[last] ?? last}${note === "" ? "" : `: ${note}`}`);
}

/** `3 turns, 5 tools`; a single turn or tool is one. */
export function work({ turns, toolCalls }: TaskNode): string {
  const count = (value: number, one: string): string => `${value} ${value === 1 ? one : `${one}s`}`;
  return `${count(turns, "turn")}, ${count(toolCalls, "tool")}`;
}

export const tookMs = ({ startedAtMs, settledAtMs }: TaskNode, nowMs: number): number =>
  Math.max(0, (settledAtMs ?? nowMs) - startedAtMs);

export const reason = (reasons: readonly string[], fallback: string): string => printable(reasons[0] ?? fallback);

export const modelName = ({ model }: RunTree): string => printable(model);

export const minutesWords = (minutes: number): string =>
  minutes < 1 ? "less than a minute" : minutes < 120 ? `${Math.round(minutes)} min` : `${Math.round(minutes / 60)} h`;

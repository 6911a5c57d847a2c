/** Figures and times as the page writes them. Text from runs goes through `plain`: nothing in it can hide or turn around. */

import { printable, spelled } from "../../cli/progress/printable.ts";
import { clock } from "../../cli/progress/words.ts";

export { clock };

/** One line. */
export const plain = printable;

/** Several lines, each with whatever could lie spelled out; tabs as blanks. */
export const plainLines = (text: string): string =>
  text.replaceAll("\r\n", "\n").replaceAll("\t", "  ").split("\n").map(spelled).join("\n");

/** `812`, `12.4k`, `3.1M`. */
export function short(value: number): string {
  if (value < 1_000) return String(Math.round(value));
  if (value < 999_500) return `${trimmed(value / 1_000)}k`;
  return `${trimmed(value / 1_000_000)}M`;
}

const trimmed = (value: number): string => (value < 99.95 ? value.toFixed(1) : Math.round(value).toString());

/** US dollars; more places where there is little. `atLeast`: some of it has no price. */
export function usd(nanoUsd: number, atLeast = false): string {
  const dollars = nanoUsd / 1e9;
  const places = dollars === 0 ? 2 : dollars < 0.01 ? 5 : dollars < 1 ? 4 : 2;
  return `${atLeast ? "≥ " : ""}$${dollars.toFixed(places)}`;
}

/** Share of the input that was read from the cache, in percent; null where nobody told, or nothing was asked. */
export function cacheShare(of: {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly cacheTold?: boolean;
}): number | null {
  const all = of.input + of.cacheRead + of.cacheWrite;
  return all === 0 || of.cacheTold === false ? null : Math.round((100 * of.cacheRead) / all);
}

/** `claude-sonnet-4-5-20250929` → `sonnet-4-5`: the whole name stands where the agent is looked at. */
export const shortModel = (model: string): string => model.replace(/^claude-/, "").replace(/-\d{8}$/, "");

export const timeOfDay = (ms: number): string => (ms === 0 ? "" : new Date(ms).toTimeString().slice(0, 8));

export const dateTime = (ms: number): string => {
  const date = new Date(ms);
  return `${date.toLocaleDateString("en-CA")} ${date.toTimeString().slice(0, 8)}`;
};

/** `thinking.calling` → `thinking › calling`. */
export const statePathWords = (path: string): string => path.replaceAll(".", " › ").replaceAll("+", " + ");

/** What a report says besides the judgement: which run it was, what it cost, and what was not looked at. */
import type { RunDocument } from "../../../actors/runtime/run-document.ts";
import type { Evaluation } from "./assess.ts";

/** Files that were left out for one reason; `paths` names the first of them. */
export interface SkippedFiles {
  readonly why: string;
  readonly count: number;
  readonly paths: readonly string[];
}

export interface ReportFacts {
  readonly runId: string;
  /** When the run ended, as ISO 8601; absent where it is not known. */
  readonly endedAt?: string;
  readonly usage: RunDocument["usage"];
  /** From the start of the run to its end, pauses included; absent where it is not known. */
  readonly tookMs?: number;
  readonly skipped?: readonly SkippedFiles[];
}

const isLocal = ({ analyst }: Pick<Evaluation, "analyst">): boolean => analyst === "local";

/** Whose judgement this is: it stands on the face of every report. */
export const analystLine = (evaluation: Pick<Evaluation, "analyst">): string =>
  isLocal(evaluation)
    ? "Judged by the local structural analyst. No model was asked: it reads the shape of the code, not its intent, and its token figures are local estimates."
    : `Judged by agents on ${evaluation.analyst}. Every line below was read again by machine, and by an agent that saw the claim only.`;

const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${grouped(count)} ${count === 1 ? one : many}`;

/** `12 s`, `4 min 05 s`, `2 h 03 min`. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return ms < 9_950 ? `${(Math.max(0, ms) / 1_000).toFixed(1)} s` : `${seconds} s`;
  const two = (value: number): string => String(value).padStart(2, "0");
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3_600)} h ${two(Math.floor((seconds % 3_600) / 60))} min`;
}

/** One line: calls, tokens, money, time. Estimates are called so. */
export function usageLine(evaluation: Pick<Evaluation, "analyst">, { usage, tookMs }: ReportFacts): string {
  const time = tookMs === undefined ? [] : [duration(tookMs)];
  const tokens = plural(usage.totalTokens, "token");
  if (isLocal(evaluation))
    return [
      `${plural(usage.modelCalls, "turn")} of the local analyst`,
      `about ${tokens} (estimated, free)`,
      ...time,
    ].join(" · ");
  const cost = usage.costUsd === null ? "cost unknown (no price for this model)" : `$${usage.costUsd.toFixed(4)}`;
  const cached = usage.cacheReadTokens > 0 ? [`${grouped(usage.cacheReadTokens)} of them read from cache`] : [];
  return [plural(usage.modelCalls, "model call"), [tokens, ...cached].join(", "), cost, ...time].join(" · ");
}

/** The beginning that most of the primitives' reasons share, up to its colon, so that it need be said once only. */
export function sharedOpening(whys: readonly string[]): string {
  const openings = whys.map((why) => /^.{10,160}?: /s.exec(why)?.[0] ?? "");
  const counted = new Map<string, number>();
  for (const opening of openings) if (opening !== "") counted.set(opening, (counted.get(opening) ?? 0) + 1);
  const [best] = [...counted].sort((left, right) => right[1] - left[1]);
  return best !== undefined && best[1] >= 2 ? best[0] : "";
}

/** A reason without the shared opening, its first letter large again. */
export function withoutOpening(why: string, opening: string): string {
  if (opening === "" || !why.startsWith(opening)) return why;
  const rest = why.slice(opening.length);
  return rest.slice(0, 1).toUpperCase() + rest.slice(1);
}

/** What a report holds, as one JSON document inside its file. Bounded; nothing in it can end the element that holds it. */
import type { LoggedEvent } from "../../machines/run-event.ts";
import type { ApiRun } from "../server/api.ts";
import type { Scene } from "./chart-scene.ts";

export interface ReportData {
  readonly v: 1;
  readonly madeAt: string;
  readonly run: ApiRun;
  /** From the first on, without gaps; long texts in them are cut. */
  readonly events: readonly LoggedEvent[];
  /** By `id@version#hash`. */
  readonly scenes: Readonly<Record<string, Scene>>;
  /** Names of transitions, and for the first event of a commit those that its step took, as places in that list. */
  readonly edgeNames: readonly string[];
  readonly taken: Readonly<Record<string, readonly number[]>>;
  /** What was left out, in words; "" for nothing. */
  readonly caveat: string;
}

/** Characters of one text inside an event, at most. */
export const TEXT_MAX = 2_000;
/** Characters of all events as JSON, at most: what a browser opens without complaint. */
const EVENTS_CHARS_MAX = 24_000_000;

/** Deep; what is longer ends in `…` and says how much is missing. */
export function shortened(value: unknown, max = TEXT_MAX): unknown {
  if (typeof value === "string")
    return value.length <= max
      ? value
      : `${value.slice(0, max)}… (${value.length - max} characters are not in this file)`;
  if (Array.isArray(value)) return value.map((one) => shortened(one, max));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shortened(one, max)]));
}

/** As many from the beginning as fit. */
export function fitting(events: readonly LoggedEvent[], charsMax = EVENTS_CHARS_MAX): LoggedEvent[] {
  const kept: LoggedEvent[] = [];
  let chars = 0;
  for (const event of events) {
    const one = shortened(event) as LoggedEvent;
    chars += JSON.stringify(one).length + 1;
    if (chars > charsMax) break;
    kept.push(one);
  }
  return kept;
}

/** JSON that may stand in a `script` element: no `<`, and no line end that JavaScript knows and JSON does not. */
export const embedded = (data: ReportData): string =>
  JSON.stringify(data).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");

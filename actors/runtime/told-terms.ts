/** What an agent is told of the terms it works under: a line each, and why earlier attempts at its task did not count. Pure. */
import type { TaskTerms } from "../../machines/effect.ts";

const EARLIER_MAX = 5;
const EARLIER_CHARS_MAX = 1_000;

/** Lines for its first message; none where nothing is set. */
export function toldTerms({ deadlineMs, budget, topics, earlier }: TaskTerms): string[] {
  const shares = [
    ...(deadlineMs === null ? [] : [inTime(deadlineMs)]),
    ...(budget?.tokensMax === undefined ? [] : [`${budget.tokensMax} tokens`]),
    ...(budget?.nanoUsdMax === undefined ? [] : [`${(budget.nanoUsdMax / 1e9).toFixed(2)} USD`]),
  ];
  return [
    ...(shares.length === 0
      ? []
      : [`For this task you have ${shares.join(" and ")}, from its beginning; what comes after does not count.`]),
    ...(topics.length === 0
      ? []
      : [
          `You hear ${topics.map((topic) => `#${topic}`).join(", ")}: what others post there is told to you between steps.`,
        ]),
    ...(earlier.length === 0
      ? []
      : ["Earlier attempts at this task did not count: why stands under `earlier` in the task. Do not repeat them."]),
  ];
}

/** The latest, cut; what is left out is said. */
export function toldEarlier({ earlier }: Pick<TaskTerms, "earlier">): { earlier?: string[] } {
  if (earlier.length === 0) return {};
  const left = earlier.length - EARLIER_MAX;
  const told = earlier.slice(-EARLIER_MAX).map((reason) => reason.slice(0, EARLIER_CHARS_MAX));
  return { earlier: left > 0 ? [`(${left} more before these)`, ...told] : told };
}

function inTime(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 1_000)} seconds`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} minutes`;
  return `${(ms / 3_600_000).toFixed(1)} hours`;
}

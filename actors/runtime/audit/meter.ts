/**
 * The meter against approval fatigue: how often people were asked, how fast they answered, and how many of their answers
 * came faster than anybody reads. Rows in any order, one at a time.
 */
import { type AuditRow, kindOf } from "./audit-row.ts";

/** A yes in less than this was not read, we say; nobody has measured it, and it is meant to be too low rather than too high. Ours. */
export const WAVED_THROUGH_MS = 2_000;
/** Latencies that a median is taken of; of more than anybody can have answered, those are left out. */
const LATENCIES_MAX = 100_000;

export interface Metered {
  /** Calls that were decided about. */
  readonly calls: number;
  /** Of them, those that a person was asked about. */
  readonly prompts: number;
  /** Null where there were no calls. */
  readonly promptsPer100: number | null;
  readonly allowed: number;
  readonly denied: number;
  readonly expired: number;
  /** Of a person's answers, in milliseconds; null where there were none. */
  readonly medianMs: number | null;
  /** Allowed in less than {@link WAVED_THROUGH_MS}. */
  readonly wavedThrough: number;
}

export interface MeterReading extends Metered {
  readonly byAgentType: Readonly<Record<string, Metered>>;
  readonly byRule: Readonly<Record<string, Metered>>;
}

export interface Meter {
  take(row: AuditRow): void;
  read(): MeterReading;
}

export function meter(): Meter {
  const all = tally();
  const byType = new Map<string, Tally>();
  const byRule = new Map<string, Tally>();
  /** Answers whose question has not come by yet, and questions whose answer has not: by the call they are about. */
  const answers = new Map<string, AuditRow>();
  const asked = new Map<string, string>();
  const tallyOf = (map: Map<string, Tally>, key: string): Tally => {
    const known = map.get(key) ?? tally();
    map.set(key, known);
    return known;
  };
  return {
    take(row) {
      const kind = kindOf(row);
      const call = `${row.run}/${row.actor}/${row.call}/${row.inputHash}`;
      if (kind === "decision") {
        for (const one of [all, tallyOf(byType, row.agentType), tallyOf(byRule, row.rule)]) one.decision(row);
        if (row.decision !== "ask") return;
        const answer = answers.get(call);
        if (answer === undefined) asked.set(call, row.rule);
        else tallyOf(byRule, row.rule).answer(answer);
        answers.delete(call);
      } else if (kind === "answer") {
        for (const one of [all, tallyOf(byType, row.agentType)]) one.answer(row);
        const rule = asked.get(call);
        if (rule === undefined) answers.set(call, row);
        else tallyOf(byRule, rule).answer(row);
        asked.delete(call);
      }
    },
    read: () => ({ ...all.read(), byAgentType: readings(byType), byRule: readings(byRule) }),
  };
}

interface Tally {
  decision(row: AuditRow): void;
  answer(row: AuditRow): void;
  read(): Metered;
}

function tally(): Tally {
  const counts = { calls: 0, prompts: 0, allowed: 0, denied: 0, expired: 0, wavedThrough: 0 };
  const latencies: number[] = [];
  return {
    decision({ decision }) {
      counts.calls += 1;
      if (decision === "ask") counts.prompts += 1;
    },
    answer({ decision, answeredBy, latencyMs }) {
      if (answeredBy === "expiry") {
        counts.expired += 1;
        return;
      }
      if (decision === "allow") counts.allowed += 1;
      else counts.denied += 1;
      if (latencyMs === undefined) return;
      if (latencies.length < LATENCIES_MAX) latencies.push(latencyMs);
      if (decision === "allow" && latencyMs < WAVED_THROUGH_MS) counts.wavedThrough += 1;
    },
    read: () => ({
      ...counts,
      promptsPer100: counts.calls === 0 ? null : Math.round((counts.prompts / counts.calls) * 1_000) / 10,
      medianMs: median(latencies),
    }),
  };
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) return null;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

const readings = (map: ReadonlyMap<string, Tally>): Record<string, Metered> =>
  Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, one.read()]));

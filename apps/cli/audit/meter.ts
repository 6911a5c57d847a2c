/** `swarm audit meter`: how often people were asked, how fast they answered, and which rules their answers suggest. */

import { auditOf } from "../../../actors/runtime/audit/audit-log.ts";
import { type AuditRow, kindOf } from "../../../actors/runtime/audit/audit-row.ts";
import { type Metered, type MeterReading, meter, WAVED_THROUGH_MS } from "../../../actors/runtime/audit/meter.ts";
import {
  candidateRules,
  preview,
  type RuleProposal,
  type WithheldRule,
} from "../../../registry/permission/proposals.ts";
import type { PermissionQuestion } from "../../../registry/permission/question.ts";
import { plural } from "../evaluate/facts.ts";
import type { Hive } from "../hive.ts";
import { harmless, printJson, printTable } from "../print.ts";
import { say } from "../say.ts";
import { type AuditWish, onRun, runsOf, wishOf } from "./filters.ts";
import { recordedCalls } from "./recorded-calls.ts";

interface Suggestions {
  readonly proposals: readonly RuleProposal[];
  readonly withheld: readonly WithheldRule[];
}

export async function readMeter(hive: Hive, flags: Record<string, unknown>): Promise<number> {
  const wish = wishOf({ ...flags, json: true }, Date.now());
  const runs = await runsOf(hive, wish);
  const one = meter();
  for (const run of runs) {
    await onRun(wish, async () => {
      for await (const row of auditOf(hive.reader, run, wish)) one.take(row);
    });
  }
  const reading = one.read();
  const suggested = reading.allowed === 0 ? { proposals: [], withheld: [] } : await suggestionsFor(hive, runs, wish);
  if (flags.json === true) printJson({ v: 1, ...reading, wavedThroughMs: WAVED_THROUGH_MS, ...suggested });
  else print(reading, suggested);
  return 0;
}

/** Twice through history: once for what was approved, once to hold what that suggests against everything else. */
async function suggestionsFor(hive: Hive, runs: readonly string[], wish: AuditWish): Promise<Suggestions> {
  const answers = new Map<string, "allow" | "deny">();
  const approved: PermissionQuestion[] = [];
  const through = async (take: (run: string) => Promise<void>): Promise<void> => {
    for (const run of runs) await onRun(wish, () => take(run));
  };
  await through(async (run) => {
    // Newest first: an answer comes by before the question it answers.
    for await (const { row, recorded } of recordedCalls(hive, run, wish)) {
      if (kindOf(row) === "answer" && row.answeredBy !== "expiry" && row.decision !== "ask") {
        answers.set(callOf(row), row.decision);
      } else if (row.decision === "ask" && "question" in recorded && answers.get(callOf(row)) === "allow") {
        approved.push(recorded.question);
      }
    }
  });
  const held = preview(candidateRules(approved));
  await through(async (run) => {
    for await (const { row, recorded } of recordedCalls(hive, run, wish)) {
      if (!("question" in recorded)) continue;
      const { decision, risk } = row;
      held.take({ question: recorded.question, decision, risk, answer: answers.get(callOf(row)) ?? null });
    }
  });
  return held.read();
}

const callOf = ({ run, actor, call, inputHash }: AuditRow): string => `${run}/${actor}/${call}/${inputHash}`;

function print(reading: MeterReading, { proposals, withheld }: Suggestions): void {
  process.stdout.write(`${sentence(reading)}\n\n`);
  for (const [name, map] of [
    ["AGENT TYPE", reading.byAgentType],
    ["RULE", reading.byRule],
  ] as const) {
    printTable(
      [
        name,
        "CALLS",
        "PROMPTS",
        "PER 100",
        "ALLOWED",
        "DENIED",
        "EXPIRED",
        "MEDIAN",
        `UNDER ${WAVED_THROUGH_MS / 1_000} S`,
      ],
      Object.entries(map).map(([key, one]) => [key, ...cells(one)]),
      "nothing was decided",
    );
    process.stdout.write("\n");
  }
  for (const { rule, approvals, covers, asked } of proposals) {
    const counts = `approved ${approvals} times; it would cover ${covers} recorded calls, ${asked} of them asked about, none denied or destructive`;
    process.stdout.write(`${harmless(`proposed for permissions.allow: ${JSON.stringify(rule)}: ${counts}`)}\n`);
  }
  for (const { rule, denied, destructive } of withheld) {
    const why = `it would have covered ${denied} denied and ${destructive} destructive calls`;
    process.stdout.write(`${harmless(`not proposed: ${JSON.stringify(rule)}: ${why}`)}\n`);
  }
}

const cells = (one: Metered): string[] => [
  String(one.calls),
  String(one.prompts),
  one.promptsPer100 === null ? "-" : String(one.promptsPer100),
  String(one.allowed),
  String(one.denied),
  String(one.expired),
  one.medianMs === null ? "-" : seconds(one.medianMs),
  String(one.wavedThrough),
];

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

function sentence({ calls, prompts, promptsPer100, medianMs, wavedThrough, allowed }: Metered): string {
  const asked = `${plural(prompts, "prompt")} in ${plural(calls, "tool call")}${promptsPer100 === null ? "" : ` (${promptsPer100} per 100)`}`;
  const answered = medianMs === null ? "" : `; answered in ${seconds(medianMs)} (median)`;
  const waved =
    wavedThrough === 0
      ? ""
      : `; ${wavedThrough} of ${allowed} approvals in under ${WAVED_THROUGH_MS / 1_000} s: read them`;
  return `${asked}${answered}${waved}`;
}

/** One line behind a run in which somebody was asked; nothing otherwise. */
export async function sayMeter(hive: Hive, run: string): Promise<void> {
  const one = meter();
  for await (const row of auditOf(hive.reader, run)) one.take(row);
  const reading = one.read();
  if (reading.prompts > 0) say(`${sentence(reading)}. More: swarm audit meter --run ${run}`);
}

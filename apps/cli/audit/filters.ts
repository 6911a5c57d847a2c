/** What `swarm audit` is asked for, out of its flags: runs, time, and which rows. What does not fit is refused by name. */
import type { AuditFilter } from "../../../actors/runtime/audit/audit-log.ts";
import type { AuditRow } from "../../../actors/runtime/audit/audit-row.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { oneOf, wholeNumber } from "../flags.ts";
import type { Hive } from "../hive.ts";
import { say } from "../say.ts";

/** Rows that people are shown where they do not say how many. */
const SHOWN_DEFAULT = 100;
const LIMIT_MAX = 10_000_000;

export interface AuditWish extends AuditFilter {
  /** Null: every run. */
  readonly run: string | null;
  /** Infinity where there is none. */
  readonly limit: number;
}

/** Throws SwarmError `usage.*`, exit 2. */
export function wishOf(flags: Record<string, unknown>, nowMs: number): AuditWish {
  const limit = wholeNumber(flags.limit, "--limit", { min: 1, max: LIMIT_MAX });
  const wants = rowsWanted(flags);
  return {
    run: typeof flags.run === "string" ? flags.run : null,
    limit: limit ?? (flags.json === true ? Number.POSITIVE_INFINITY : SHOWN_DEFAULT),
    ...timeOf(flags.since, "--since", nowMs, "sinceMs"),
    ...timeOf(flags.until, "--until", nowMs, "untilMs"),
    wants,
  };
}

function rowsWanted(flags: Record<string, unknown>): (row: AuditRow) => boolean {
  const wanted = [
    ["decision", oneOf(flags.decision, "--decision", ["allow", "ask", "deny"])],
    ["handler", oneOf(flags.handler, "--handler", ["interactive", "coordinator", "worker"])],
    ["risk", oneOf(flags.risk, "--risk", ["read-only", "mutating", "destructive", "unknown"])],
    ["agentType", text(flags.type)],
    ["tool", text(flags.tool)],
  ] as const;
  const agent = text(flags.agent);
  const rule = text(flags.rule);
  return (row) =>
    wanted.every(([field, value]) => value === undefined || row[field] === value) &&
    (agent === undefined || row.actor.startsWith(agent)) &&
    (rule === undefined || row.rule.includes(rule));
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function timeOf<Key extends string>(value: unknown, flag: string, nowMs: number, key: Key): { [K in Key]?: number } {
  if (value === undefined) return {};
  const [, amount, unit] = /^(\d{1,9})([smhd])$/.exec(String(value)) ?? [];
  const at = unit === undefined ? Date.parse(String(value)) : nowMs - Number(amount) * (UNITS[unit] as number);
  const isDate = unit !== undefined || /^\d{4}-\d\d-\d\d/.test(String(value));
  if (isDate && Number.isFinite(at)) return { [key]: Math.max(0, at) } as { [K in Key]?: number };
  throw new SwarmError("usage.flag", `${flag} "${String(value)}" is no time`, {
    exit: 2,
    hint: `Give ${flag} a date (2026-01-31, 2026-01-31T12:00:00Z) or how long ago: 30s, 15m, 2h, 7d.`,
  });
}

/** The runs that are meant, newest first. */
export async function runsOf(hive: Hive, { run }: AuditWish): Promise<readonly string[]> {
  return run === null ? await hive.reader.runIds() : [await hive.reader.resolve(run)];
}

/**
 * Works on one run. Where all runs are meant, one whose archive is not on this host is said and passed over; one that was
 * asked for by name is refused.
 */
export async function onRun(wish: AuditWish, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (wish.run !== null || !(cause instanceof SwarmError) || cause.code !== "archive.missing") throw cause;
    say(`swarm: passed over: ${cause.message}`);
  }
}

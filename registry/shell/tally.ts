/** What is found of one call adds up here: the worst risk counts, and nothing that was found is taken back. */
import type { Finding } from "./program.ts";
import type { ShellPart, ShellPath, ShellRisk } from "./verdict.ts";

const ranks: Readonly<Record<ShellRisk, number>> = { "read-only": 0, mutating: 1, destructive: 2, unknown: 3 };

export function isWorse(one: ShellRisk, other: ShellRisk): boolean {
  return ranks[one] > ranks[other];
}

export interface Tally {
  risk: ShellRisk;
  rule: string;
  reason: string;
  readonly paths: ShellPath[];
  readonly hosts: string[];
  readonly loses: string[];
  readonly parts: ShellPart[];
  complete: boolean;
  roots: readonly string[] | null;
  /** A wrapper of which nothing is to be said: what it starts stands in its place. */
  isTransparent: boolean;
  takesLines: boolean;
}

export function startTally(name: string | null): Tally {
  return {
    risk: "read-only",
    rule: `shell.${name ?? "?"}`,
    reason: "",
    paths: [],
    hosts: [],
    loses: [],
    parts: [],
    complete: true,
    roots: null,
    isTransparent: false,
    takesLines: false,
  };
}

export function add(tally: Tally, rule: string, finding: Finding | undefined): void {
  if (finding === undefined) return;
  tally.paths.push(...(finding.paths ?? []));
  tally.hosts.push(...(finding.hosts ?? []));
  tally.loses.push(...(finding.loses ?? []));
  if (finding.risk === undefined || !isWorse(finding.risk, tally.risk)) return;
  tally.risk = finding.risk;
  tally.rule = finding.rule ? `${rule}.${finding.rule}` : rule;
  tally.reason = finding.reason ?? tally.reason;
}

/**
 * Rules that repeated approvals suggest, for a person to adopt or not: the narrowest that covers what was approved, each
 * held against all recorded calls first. One that would have let through what was denied, or what destroys, is never proposed.
 */
import { posix } from "node:path";
import { allowedBy } from "./fits.ts";
import type { DecisionRisk, PermissionQuestion } from "./question.ts";
import { PermissionRuleError } from "./rule-error.ts";
import { type Subject, subjectOf } from "./subject.ts";

/** Approvals of one shape that make a habit. Ours: twice is chance. */
const HABIT_APPROVALS = 3;
/** Rules that are proposed at once. */
const PROPOSALS_MAX = 10;
/** Approved calls that are looked at, the newest ones. */
const APPROVED_MAX = 2_000;

export interface RecordedCall {
  readonly question: PermissionQuestion;
  readonly decision: "allow" | "ask" | "deny";
  readonly risk: DecisionRisk;
  /** What a person said, where one was asked and did. */
  readonly answer: "allow" | "deny" | null;
}

export interface RuleProposal {
  readonly rule: string;
  /** Approvals that suggest it. */
  readonly approvals: number;
  /** Recorded calls that it covers; of them, those that a person was asked about. */
  readonly covers: number;
  readonly asked: number;
}

/** Why a rule that would have covered a habit is not proposed. */
export interface WithheldRule {
  readonly rule: string;
  readonly denied: number;
  readonly destructive: number;
}

interface Candidate {
  readonly rule: string;
  readonly approvals: number;
}

/** Pure: what the approved calls have in common, in the grammar of the rules. */
export function candidateRules(approved: readonly PermissionQuestion[]): Candidate[] {
  const groups = new Map<string, Subject[]>();
  for (const question of approved.slice(0, APPROVED_MAX)) {
    const subject = subjectOf(question);
    if (!isHarmlessEnough(subject.risk)) continue;
    for (const shape of shapesOf(subject)) groups.set(shape, [...(groups.get(shape) ?? []), subject]);
  }
  const found = [...groups].flatMap(([shape, subjects]): Candidate[] => {
    if (subjects.length < HABIT_APPROVALS) return [];
    const rule = ruleFor(shape, subjects);
    return rule !== null && subjects.every((subject) => covers(rule, subject))
      ? [{ rule, approvals: subjects.length }]
      : [];
  });
  const once = new Map(found.map((one) => [one.rule, one]));
  // A stable sort: of equals the narrower stays in front.
  return [...once.values()].sort((a, b) => b.approvals - a.approvals);
}

export interface Preview {
  take(call: RecordedCall): void;
  read(): { readonly proposals: readonly RuleProposal[]; readonly withheld: readonly WithheldRule[] };
}

/** Holds candidates against history, one recorded call at a time. */
export function preview(candidates: readonly Candidate[]): Preview {
  const counts = candidates.map(({ rule, approvals }) => ({
    rule,
    approvals,
    covers: 0,
    asked: 0,
    denied: 0,
    destructive: 0,
  }));
  return {
    take({ question, decision, risk, answer }) {
      const subject = counts.length === 0 ? null : subjectOf(question);
      for (const count of counts) {
        if (subject === null || !covers(count.rule, subject)) continue;
        count.covers += 1;
        if (decision === "ask") count.asked += 1;
        if (decision === "deny" || answer === "deny") count.denied += 1;
        if (!isHarmlessEnough(risk) || !isHarmlessEnough(subject.risk)) count.destructive += 1;
      }
    },
    read() {
      const isClean = ({ denied, destructive }: WithheldRule): boolean => denied === 0 && destructive === 0;
      const proposals = counts.filter((count) => isClean(count) && count.covers > 0);
      return {
        proposals: narrowest(proposals).slice(0, PROPOSALS_MAX),
        withheld: counts
          .filter((count) => !isClean(count))
          .map(({ rule, denied, destructive }) => ({ rule, denied, destructive })),
      };
    },
  };
}

/** Of rules that cover the same calls the first one, which is the narrower. */
function narrowest(counts: readonly (RuleProposal & WithheldRule)[]): RuleProposal[] {
  const plain = counts.map(({ rule, approvals, covers: covered, asked }) => ({
    rule,
    approvals,
    covers: covered,
    asked,
  }));
  return plain.filter(
    (one, at) => !plain.slice(0, at).some((other) => other.approvals === one.approvals && other.covers === one.covers),
  );
}

/** Nobody gets used to saying yes to these by our help. */
const isHarmlessEnough = (risk: DecisionRisk): boolean => risk === "read-only" || risk === "mutating";

function covers(rule: string, subject: Subject): boolean {
  try {
    return allowedBy([rule], subject) !== null;
  } catch (cause) {
    // Made from what a model wrote: where it is no rule, there is none.
    if (cause instanceof PermissionRuleError) return false;
    throw cause;
  }
}

/** What a call has in common with others like it, the narrowest first. */
function shapesOf(subject: Subject): string[] {
  const { tool, shell, hosts } = subject;
  if (shell !== null) {
    const [only, ...others] = shell.verdict.parts;
    const command = shell.command.trim();
    const exact = `command ${command}`;
    if (only === undefined || others.length > 0 || !shell.verdict.complete) return [exact];
    const [program, word] = only.words;
    return word === undefined || !/^[a-z][\w:-]*$/i.test(word) ? [exact] : [exact, `words ${program} ${word}`];
  }
  if (tool === "Write" || tool === "Edit") {
    const path = pathOf(subject);
    return path === null ? [] : [`path ${tool} ${path}`, `folder ${tool} ${posix.dirname(path)}`];
  }
  const [host] = hosts;
  if (tool === "WebFetch") return host === undefined ? [] : [`host ${host.toLowerCase()}`];
  return tool.startsWith("mcp__") ? [`tool ${tool}`] : [];
}

/** Relative to the workspace; null where it leads out of it. */
function pathOf({ input, question }: Subject): string | null {
  if (typeof input.file_path !== "string") return null;
  const path = posix.relative(question.workspace, posix.resolve(question.workspace, input.file_path));
  return path === "" || path === ".." || path.startsWith("../") ? null : path;
}

/** Null where the grammar has no rule that says exactly this. */
function ruleFor(shape: string, subjects: readonly Subject[]): string | null {
  const [kind = "", rest = ""] = [shape.slice(0, shape.indexOf(" ")), shape.slice(shape.indexOf(" ") + 1)];
  // A star in what was approved would become a wildcard.
  if (rest.includes("*") || /[\n\r]/.test(rest)) return null;
  switch (kind) {
    case "command":
      return `Bash(${rest})`;
    case "words":
      return wordsRule(subjects);
    case "path":
    case "folder": {
      const [tool = "", path = ""] = [rest.slice(0, rest.indexOf(" ")), rest.slice(rest.indexOf(" ") + 1)];
      if (/[[\]?!\\#]/.test(path) || path === ".") return null;
      return kind === "path" ? `${tool}(/${path})` : `${tool}(/${path}/**)`;
    }
    case "host":
      return `WebFetch(domain:${rest.replace(/:\d+$/, "")})`;
    default:
      return rest;
  }
}

/**
 * Words that make many a program destroy. A rule that ends in a star lets them follow, although nobody ever approved
 * them; where one of them would, no such rule is suggested. Ours, and no boundary: the rule is a person's to adopt.
 */
const SHARP = "--force -f --hard --delete -D -d --prune --mirror --all -rf --no-verify --exec".split(" ");

const isSharp = (words: string, { question }: Subject): boolean =>
  SHARP.some((sharp) => subjectOf({ ...question, input: { command: `${words} ${sharp} x` } }).risk === "destructive");

/** The words that all of them begin with: at least the program and what it is told to do. */
function wordsRule(subjects: readonly Subject[]): string | null {
  const all = subjects.map(({ shell }) => shell?.verdict.parts[0]?.words ?? []);
  const texts = new Set(subjects.map(({ shell }) => shell?.command.trim()));
  // One text alone has its exact rule.
  if (texts.size < 2) return null;
  const [first = []] = all;
  let length = 0;
  while (length < first.length && all.every((words) => words[length] === first[length])) length += 1;
  const common = first.slice(0, length);
  if (length < 2 || !common.every((word) => /^[\w@%+=:,./-]+$/.test(word))) return null;
  const words = common.join(" ");
  // What reaches out can carry anything behind the words that were seen.
  const reachesOut = subjects.some(({ hosts }) => hosts.length > 0);
  return reachesOut || isSharp(words, subjects[0] as Subject) ? null : `Bash(${words}:*)`;
}

/**
 * From what the agents left behind to what is reported. Only what a verify agent confirmed is a finding; a level is
 * never higher than its confirmed findings carry, and whatever did not end verified is `unknown`, with the reason.
 */
import type { Envelope } from "../../../machines/brief.ts";
import type { TaskStatus } from "../../../machines/task-status.ts";
import type { PrimitiveId } from "../../../registry/probes/finding.ts";
import {
  type ExploreValue,
  exploreValueSchema,
  type Finding,
  isAnchor,
  type Level,
  verifyValueSchema,
} from "./finding.ts";
import { exploreTask, verifyTask } from "./graph.ts";
import { recommended, type Step, stepFor } from "./next-steps.ts";
import { primitives } from "./primitives.ts";
import type { Comparison, SecondOpinion } from "./second-opinion.ts";

export interface Rejected {
  readonly finding: Finding;
  readonly why: string;
}

export interface AssessedPrimitive {
  readonly id: PrimitiveId;
  readonly level: Level;
  /** 0 absent or unknown · 1 partial · 2 present · 3 and tested · 4 and on by default and visible to operators. */
  readonly maturity: number;
  readonly confidence: ExploreValue["confidence"];
  readonly findings: readonly Finding[];
  readonly why: string;
  readonly next: string;
  readonly rejected: readonly Rejected[];
  /** The level that was claimed, where verification lowered it. */
  readonly claimed?: Level;
  /** Why nothing could be said, where an agent failed. */
  readonly problem?: string;
  /** What the local analyst says, where a model was asked. */
  readonly local?: SecondOpinion;
}

export interface Evaluation {
  readonly target: string;
  /** `local` or the id of the model that was asked. */
  readonly analyst: string;
  /** Models that answered, as they named themselves. More than one, or another than asked for, is worth a look. */
  readonly answeredBy: readonly string[];
  readonly primitives: readonly AssessedPrimitive[];
  readonly summary: Readonly<Record<Level, number>> & { readonly findings: number; readonly rejected: number };
  /** Every recommended step, the leanest first. */
  readonly next: readonly Step[];
  /** With the local analyst, where a model was asked. */
  readonly comparison?: Comparison;
}

export interface TaskOutcome {
  readonly status: TaskStatus;
  readonly reasons: readonly string[];
}

export interface AssessInput {
  readonly target: string;
  readonly analyst: string;
  /** Every result of the run, failed and rejected ones included, in any order. */
  readonly envelopes: readonly Envelope[];
  /** The coordinator's tasks by id. Primitives without an explore task were not asked for. */
  readonly tasks: Readonly<Record<string, TaskOutcome>>;
}

export function assess({ target, analyst, envelopes, tasks }: AssessInput): Evaluation {
  const verified = new Map(
    envelopes.filter(({ status }) => status === "verified").map((envelope) => [envelope.task, envelope]),
  );
  const asked = primitives.filter(({ id }) => tasks[exploreTask(id)] !== undefined);
  const assessed = asked.map(({ id }) => assessOne(id, verified, tasks));
  const count = (level: Level): number => assessed.filter((primitive) => primitive.level === level).length;
  return {
    target,
    analyst,
    answeredBy: [...new Set(envelopes.flatMap(({ model }) => model ?? []))].sort(),
    primitives: assessed,
    summary: {
      present: count("present"),
      partial: count("partial"),
      absent: count("absent"),
      unknown: count("unknown"),
      findings: assessed.reduce((sum, { findings }) => sum + findings.length, 0),
      rejected: assessed.reduce((sum, { rejected }) => sum + rejected.length, 0),
    },
    next: recommended(assessed),
  };
}

function assessOne(
  id: PrimitiveId,
  verified: ReadonlyMap<string, Envelope>,
  tasks: AssessInput["tasks"],
): AssessedPrimitive {
  const explored = reportedBy(exploreTask(id), exploreValueSchema, id, verified, tasks);
  if (typeof explored === "string") return unjudged(id, `It was not explored: ${explored}`);
  const checked = reportedBy(verifyTask(id), verifyValueSchema, id, verified, tasks);
  if (typeof checked === "string") {
    const count = explored.findings.length;
    const left =
      count === 0
        ? ""
        : ` ${count === 1 ? "1 finding was" : `${count} findings were`} not checked, so none is reported.`;
    return unjudged(id, `It was explored, but the claim was not verified: ${checked}.${left}`);
  }
  const { kept, rejected } = sorted(explored.findings, checked.verdicts);
  const level = levelCarried(explored, kept, checked.holds);
  const lowered = level !== explored.level;
  return {
    id,
    level,
    maturity: maturityCarried(level, explored.maturity, kept),
    confidence: lowered ? "low" : explored.confidence,
    findings: level === "unknown" ? [] : kept,
    why: lowered ? whyLowered(explored, level, rejected.length, checked.why) : explored.why,
    next: stepFor(id, level, lowered ? undefined : explored.next),
    rejected,
    ...(lowered && { claimed: explored.level }),
  };
}

/** The value of a task that ended verified, or why there is none, in words without a full stop. */
function reportedBy<Value extends { primitive: PrimitiveId }>(
  task: string,
  schema: { safeParse(value: unknown): { success: true; data: Value } | { success: false } },
  id: PrimitiveId,
  verified: ReadonlyMap<string, Envelope>,
  tasks: AssessInput["tasks"],
): Value | string {
  const outcome = tasks[task];
  if (outcome === undefined) return `the run has no task ${task}`;
  if (outcome.status !== "verified") return `${task} ${inWords[outcome.status]}${because(outcome.reasons)}`;
  const envelope = verified.get(task);
  if (envelope === undefined) return `the result of ${task} is missing from the run`;
  const parsed = schema.safeParse(envelope.value);
  if (!parsed.success) return `the result of ${task} does not have the agreed form`;
  return parsed.data.primitive === id ? parsed.data : `${task} reported on ${parsed.data.primitive} instead`;
}

const inWords: Readonly<Record<Exclude<TaskStatus, "verified">, string>> = {
  planned: "was never started",
  running: "did not come to an end",
  resting: "was waiting to be tried again",
  joining: "was not joined to the run's work",
  reading: "was not read to the end",
  replanning: "failed, and was to be planned anew",
  replaced: "was replaced by other tasks",
  skipped: "was skipped",
  rejected: "gave a report that verification refused",
  failed: "failed",
  exhausted: "ran out of its limits",
  cancelled: "was cancelled",
};

const reasonsMax = 3;
const because = (reasons: readonly string[]): string =>
  reasons.length === 0 ? "" : ` (${reasons.slice(0, reasonsMax).join("; ").slice(0, 600)})`;

const unjudged = (id: PrimitiveId, problem: string): AssessedPrimitive => ({
  id,
  level: "unknown",
  maturity: 0,
  confidence: "low",
  findings: [],
  why: problem.endsWith(".") ? problem : `${problem}.`,
  next: stepFor(id, "unknown", undefined, true),
  rejected: [],
  problem: problem.endsWith(".") ? problem : `${problem}.`,
});

type Verdicts = readonly { readonly index: number; readonly holds: boolean; readonly why: string }[];

/** A finding is kept when it has verdicts and every one of them says that it holds. */
function sorted(findings: readonly Finding[], verdicts: Verdicts): { kept: Finding[]; rejected: Rejected[] } {
  const kept: Finding[] = [];
  const rejected: Rejected[] = [];
  for (const [index, finding] of findings.entries()) {
    const own = verdicts.filter((verdict) => verdict.index === index);
    const against = own.find(({ holds }) => !holds);
    if (own.length > 0 && against === undefined) kept.push(finding);
    else rejected.push({ finding, why: against?.why ?? "its verify agent said nothing about it" });
  }
  return { kept, rejected };
}

const isStatement = ({ probe }: Finding): boolean => probe.startsWith("statement:");
const isTest = ({ probe, strength }: Finding): boolean => strength === "test" || probe.startsWith("test-");
/** Says something about the primitive itself: neither where the harness runs nor what its documents say. */
const isAbout = (finding: Finding): boolean =>
  !isAnchor(finding) && !isStatement(finding) && finding.strength !== "name";
/** May be an effect. The local analyst names no strengths; there the verify agent's `holds` stands for them. */
const mayBeEffect = (finding: Finding): boolean =>
  isAbout(finding) && !isTest(finding) && (finding.strength === undefined || finding.strength === "effect");

/** The highest level, up to the claimed one, that the kept findings carry. */
function levelCarried({ level }: ExploreValue, kept: readonly Finding[], holds: boolean): Level {
  switch (level) {
    case "present":
      if (holds && kept.some(mayBeEffect)) return "present";
      return kept.some(isAbout) ? "partial" : "unknown";
    case "partial":
      return kept.some(isAbout) ? "partial" : "unknown";
    case "absent":
      return holds && kept.length > 0 ? "absent" : "unknown";
    case "unknown":
      return "unknown";
  }
}

function maturityCarried(level: Level, claimed: number, kept: readonly Finding[]): number {
  if (level === "partial") return 1;
  if (level !== "present") return 0;
  return kept.some(isTest) ? Math.max(2, claimed) : 2;
}

function whyLowered({ level: claimed }: ExploreValue, level: Level, fell: number, why: string | undefined): string {
  const lost = fell === 0 ? "" : `; ${fell === 1 ? "1 finding" : `${fell} findings`} did not hold when read again`;
  const said = why === undefined || why === "" ? "" : ` (${why})`;
  return `Claimed as ${claimed}, but verification does not carry that${said}${lost}. What is left makes it ${level}.`;
}

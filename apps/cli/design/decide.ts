/**
 * From answers to decisions: pure, from tables. What is skipped names every single answer that would bring it back, and
 * each of them does: triggers are found by deciding again, not written down beside the rules.
 */
import { type PrimitiveId, primitiveIds } from "../../../registry/probes/finding.ts";
import { type ContradictionId, contradictionsIn } from "./contradictions.ts";
import { type Answers, completed, holds, isAsked, type QuestionId, questions } from "./questions.ts";
import { rules, type WantedLevel } from "./rules.ts";

export interface Trigger {
  readonly question: QuestionId;
  readonly answer: string;
  /** "a session outlives its process" */
  readonly until: string;
}

export interface Decision {
  readonly id: PrimitiveId;
  readonly decision: "build" | "skip";
  /** What an evaluation has to find at least; null where it is skipped. */
  readonly level: WantedLevel | null;
  /** What the answers gave as reasons, the ones for the highest level first. */
  readonly reasons: readonly string[];
  /** Single answers that bring it back, or ask for more of it; empty where there is no more to ask for. */
  readonly triggers: readonly Trigger[];
}

export interface Decisions {
  /** To every question that was asked, and to no other. */
  readonly answers: Answers;
  readonly primitives: readonly Decision[];
  /** What is to be built, in this order. */
  readonly order: readonly PrimitiveId[];
  readonly contradictions: readonly { readonly id: ContradictionId; readonly says: string }[];
}

const height: Readonly<Record<WantedLevel, number>> = { partial: 1, present: 2 };

/** Lean first: what every harness rests on, what makes it visible, what pays once sessions last, pools, types. */
const buildOrder: readonly PrimitiveId[] = [
  "tool-registry",
  "permission-system",
  "token-budget",
  "session-persistence",
  "two-level-verification",
  "streaming-events",
  "system-event-log",
  "workflow-state",
  "transcript-compaction",
  "permission-audit-trail",
  "tool-pool-assembly",
  "agent-type-system",
];

/** `given` may be incomplete: the lean answer stands for what is missing. */
export function decide(given: Answers): Decisions {
  const answers = completed(given);
  const primitives = primitiveIds.map((id): Decision => {
    const { level, reasons } = wantedOf(id, answers);
    return {
      id,
      decision: level === null ? "skip" : "build",
      level,
      reasons: level === null ? [skippedBecause(id, answers)] : reasons,
      triggers: triggersOf(id, answers, level),
    };
  });
  const built = new Set(primitives.filter(({ decision }) => decision === "build").map(({ id }) => id));
  return {
    answers,
    primitives,
    order: buildOrder.filter((id) => built.has(id)),
    contradictions: contradictionsIn(answers).map(({ id, says }) => ({ id, says })),
  };
}

/** What was answered plainly is not overruled by a rule; whether it can be meant is asked by a contradiction. */
const isWaived = (id: PrimitiveId, { permissions }: Answers): boolean =>
  permissions === "none" && id === "permission-system";

function wantedOf(
  id: PrimitiveId,
  answers: Answers,
): { readonly level: WantedLevel | null; readonly reasons: readonly string[] } {
  const fitting = isWaived(id, answers)
    ? []
    : rules
        .filter((rule) => rule.primitive === id && holds(rule.when, answers))
        .sort((left, right) => height[right.level] - height[left.level]);
  return { level: fitting[0]?.level ?? null, reasons: fitting.map(({ because }) => because) };
}

const skippedBecause = (id: PrimitiveId, answers: Answers): string =>
  isWaived(id, answers) ? "you answered that nothing decides before a call acts" : "nothing in the answers asks for it";

/** Other answers to one question; those that only differ in a question that follows from it count with its lean answer. */
function triggersOf(id: PrimitiveId, answers: Answers, level: WantedLevel | null): Trigger[] {
  const now = level === null ? 0 : height[level];
  if (now === height.present) return [];
  return questions.flatMap((question) => {
    if (!isAsked(question, answers)) return [];
    return question.options.flatMap(({ id: answer, until }): Trigger[] => {
      if (answers[question.id] === answer) return [];
      const wanted = wantedOf(id, completed({ ...answers, [question.id]: answer })).level;
      return wanted !== null && height[wanted] > now ? [{ question: question.id, answer, until }] : [];
    });
  });
}

/** Their answers stand side by side; of all other questions a later answer includes what an earlier one brings back. */
const sideBySide: ReadonlySet<QuestionId> = new Set(["runs", "permissions"]);

/** "a session outlives its process; or …"; the empty text where there are none. */
export function untilWords(triggers: readonly Trigger[]): string {
  const told = triggers.filter(
    ({ question }, index) =>
      sideBySide.has(question) || triggers.findIndex((other) => other.question === question) === index,
  );
  return told.map(({ until }) => until).join("; or ");
}

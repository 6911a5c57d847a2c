/**
 * The walk through the questions, whoever is asked: one at a time, a contradiction as soon as it is there, every answer
 * kept before the next question. It ends when nothing is open, or where whoever is asked goes away.
 */
import type { GivenAnswers } from "./answers.ts";
import { type ContradictionId, contradictionsIn } from "./contradictions.ts";
import { type Answers, isAsked, nextQuestion, type QuestionId, type questionNamed, questions } from "./questions.ts";

type Asked = ReturnType<typeof questionNamed>;

export interface Respondent {
  /** An option's id; null: goes away. `number`: of this question, from 1. */
  answer(question: Asked, number: number): Promise<string | null>;
  /** `keep`: it is meant so; a question: to be answered again; null: goes away. */
  challenge(says: string, questions: readonly QuestionId[]): Promise<"keep" | QuestionId | null>;
}

/** Answers and challenges of one walk, at most: far more than a person gives. */
const STEPS_MAX = 500;

/** Null where it was left unfinished; what was answered is kept then. */
export async function walk(
  begun: GivenAnswers,
  respondent: Respondent,
  keep: (given: GivenAnswers) => void,
): Promise<GivenAnswers | null> {
  let answers = stillAsked(begun.answers);
  let confirmed: readonly ContradictionId[] = begun.confirmed;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const open = contradictionsIn(answers).find(({ id }) => !confirmed.includes(id));
    const question = open === undefined ? nextQuestion(answers) : null;
    if (open !== undefined) {
      const choice = await respondent.challenge(open.says, open.questions);
      if (choice === null) return null;
      if (choice === "keep") confirmed = [...confirmed, open.id];
      else answers = stillAsked({ ...answers, [choice]: undefined } as Answers);
    } else if (question !== null) {
      const answer = await respondent.answer(question, Object.keys(answers).length + 1);
      if (answer === null) return null;
      answers = stillAsked({ ...answers, [question.id]: answer });
    } else return { answers, confirmed };
    keep({ answers, confirmed });
  }
  return null;
}

/** Without answers to what is not asked any more: they could change nothing, and would mislead who reads them. */
function stillAsked(answers: Answers): Answers {
  const left: Partial<Record<QuestionId, string>> = {};
  for (const question of questions) {
    const answer = answers[question.id];
    if (answer !== undefined && isAsked(question, left as Answers)) left[question.id] = answer;
  }
  return left as Answers;
}

/**
 * What agents say to each other and ask their parent, handed on by the coordinator: addressed, bounded, and only from and
 * to agents that are at work. Whoever is fenced, dead or done says nothing any more.
 */
import { questionCall } from "./approval-calls.ts";
import type { CoordinatorEvent } from "./coordinator-event.ts";
import { INSIDE_EFFECTS_MAX } from "./effect.ts";
import { running, type Task, taskAt, typeOf } from "./task-graph.ts";
import { type Ledger, type MessageOrder, owing, type Question } from "./task-ledger.ts";

/** Questions that wait for an answer, at most: the next one is answered at once, by nobody. */
export const QUESTIONS_MAX = 100;
/** Messages between agents of one run, at most: past it they are told in the log, and handed to nobody. */
export const POSTS_MAX = 1_000;
/** Tool under whose name somebody is asked. */
const QUESTION_TOOL = "AskParent";

type Fact<Type extends CoordinatorEvent["type"]> = Extract<CoordinatorEvent, { type: Type }>;

export function asked(ledger: Ledger, { question, actor, text }: Fact<"question.asked">): Ledger {
  const task = taskAt(ledger.tasks, actor);
  if (task === undefined || ledger.questions.some((one) => one.question === question)) return ledger;
  if (ledger.questions.length >= QUESTIONS_MAX)
    return owing(ledger, { messages: [answerTo(task, question, null, "coordinator", "too many questions are open")] });
  return { ...ledger, questions: [...ledger.questions, { question, actor, text }] };
}

/** What became of the question that was put: somebody is asked, or it is answered already. */
export function put(ledger: Ledger, event: Fact<"question.open" | "question.closed">): Ledger {
  const free: Ledger = { ...ledger, errand: null };
  const question = free.questions.find((one) => one.question === event.question);
  const task = question === undefined ? undefined : taskAt(free.tasks, question.actor);
  if (question === undefined || task === undefined) return free;
  if (event.type === "question.open")
    return owing(withOpen(free, question), {
      approvals: [{ call: questionCall(question.question), tool: QUESTION_TOOL }],
    });
  return closed(free, question, answerTo(task, question.question, null, "coordinator", event.reason));
}

const withOpen = (ledger: Ledger, { question, actor }: Question): Ledger => ({
  ...ledger,
  questions: ledger.questions.map((one) => (one.question === question ? { question, actor, open: true } : one)),
});

/** The question that somebody was asked under this name. */
export const questionAsked = ({ questions }: Ledger, call: string): Question | undefined =>
  questions.find((one) => one.open === true && questionCall(one.question) === call);

/** A yes carries the answer in its reason; a no is an answer too: there is none. */
export function questionAnswered(
  ledger: Ledger,
  { call, allowed, reason = "", by = "" }: Fact<"approval.answered">,
): Ledger {
  const question = questionAsked(ledger, call);
  const task = question === undefined ? undefined : taskAt(ledger.tasks, question.actor);
  if (question === undefined || task === undefined) return ledger;
  const answer = allowed ? reason || "yes" : null;
  return closed(ledger, question, answerTo(task, question.question, answer, by, reason));
}

const closed = (ledger: Ledger, { question }: Question, message: MessageOrder): Ledger =>
  owing({ ...ledger, questions: ledger.questions.filter((one) => one.question !== question) }, { messages: [message] });

const answerTo = (task: Task, question: string, answer: string | null, by: string, reason: string): MessageOrder => ({
  to: task.actor ?? "",
  toType: typeOf(task),
  event: { type: "question.answered", question, answer, by, reason },
});

/** Questions of those who are not at work any more are nobody's. */
export function withoutStrangers(ledger: Ledger): Ledger {
  if (ledger.questions.length === 0) return ledger;
  const questions = ledger.questions.filter(({ actor }) => taskAt(ledger.tasks, actor) !== undefined);
  return questions.length === ledger.questions.length ? ledger : { ...ledger, questions };
}

/** Whom a message reaches: the agent that is at the task it names, or all who hear its topic; never who sent it. */
export function postOrders(ledger: Ledger, event: Fact<"post.sent">): MessageOrder[] {
  const { from, to } = event;
  if (ledger.posts >= POSTS_MAX || taskAt(ledger.tasks, from) === undefined) return [];
  return running(ledger.tasks)
    .filter((task) => task.actor !== from && (to.startsWith("#") ? hears(task, to) : isAt(task, to)))
    .slice(0, INSIDE_EFFECTS_MAX)
    .map((task) => ({
      to: task.actor ?? "",
      toType: typeOf(task),
      event: { ...event, type: "post.delivered" },
    }));
}

/** An agent is addressed by its task's first one too: who writes does not know how many were tried. */
const isAt = ({ id, actor }: Task, to: string): boolean => actor === to || to === `a_${id}`;

/** With or without the mark that tells a topic from an agent. */
const hears = ({ topics = [] }: Task, topic: string): boolean =>
  topics.includes(topic) || topics.includes(topic.slice(1));

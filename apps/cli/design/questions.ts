/**
 * What `swarm design` asks, as data: each question with its answers, the lean one first and taken where nothing is said,
 * and when it is asked at all. A question that could change no decision is not asked.
 */

export interface Option {
  readonly id: string;
  readonly label: string;
  /** As the trigger that brings something back: "skip until …". */
  readonly until: string;
}

interface Question {
  readonly id: string;
  readonly ask: string;
  readonly options: readonly [Option, ...Option[]];
  /** Asked where one of these holds; absent: always. Names earlier questions only. */
  readonly when?: readonly Readonly<Record<string, readonly string[]>>[];
}

const option = <Id extends string>(id: Id, label: string, until: string): Option & { readonly id: Id } => ({
  id,
  label,
  until,
});

/** Where something acts, several agents share what may act, or decisions have to be shown, something has to decide. */
const acting = [{ effects: ["workspace", "world"] }, { agents: ["kinds", "swarm"] }, { audit: ["yes"] }] as const;

export const questions = [
  {
    id: "runs",
    ask: "What runs it?",
    options: [
      option("cli", "a command that a person starts and watches", "a person starts it by hand"),
      option("ci", "a job that nobody watches (CI, cron)", "it runs as a job that nobody watches"),
      option("service", "a service that is always there", "it becomes a service"),
    ],
  },
  {
    id: "users",
    ask: "Who uses it?",
    options: [
      option("me", "you alone", "only you use it"),
      option("team", "people you know", "a team uses it"),
      option("public", "anybody, customers", "strangers or customers use it"),
    ],
  },
  {
    id: "agents",
    ask: "How many agents?",
    options: [
      option("one", "one agent", "one agent does it all"),
      option("kinds", "several kinds with different rights, one at a time", "two kinds of work need different rights"),
      option("swarm", "several at the same time", "several agents work at the same time"),
    ],
  },
  {
    id: "session",
    ask: "How long does a session live?",
    options: [
      option("minutes", "minutes; a new one begins empty", "sessions last minutes"),
      option("hours", "hours, within one process", "sessions last for hours"),
      option("days", "days; it outlives its process", "a session outlives its process"),
    ],
  },
  {
    id: "crash",
    ask: "What happens after a crash in the middle?",
    options: [
      option("again", "it is started again from the beginning", "starting over is good enough"),
      option("continue", "it goes on where it stood", "work has to go on where a crash left it"),
    ],
    when: [{ session: ["minutes", "hours"] }],
  },
  {
    id: "effects",
    // Not the least comes first here: a tool that is forgotten would leave the permissions out.
    ask: "What can its tools change?",
    options: [
      option("workspace", "files that version control can bring back", "a tool writes files"),
      option("none", "nothing; they only read", "its tools only read"),
      option(
        "world",
        "more: a shell, the network, mail, money, other people's data",
        "a tool can do what cannot be undone",
      ),
    ],
  },
  {
    id: "untrusted",
    ask: "Whose words does the model read?",
    options: [
      option("own", "yours and your team's", "it reads your own words only"),
      option("strangers", "also what strangers wrote: web pages, mail, issues", "it reads what strangers wrote"),
    ],
  },
  {
    id: "audit",
    ask: "Must you be able to show later who allowed what, or who saw what?",
    options: [
      option("no", "no", "nobody asks who allowed what"),
      option("yes", "yes", "somebody has to be shown who allowed what"),
    ],
  },
  {
    id: "permissions",
    ask: "What decides before a call acts?",
    options: [
      option("ask", "a person confirms each call", "a person should confirm calls"),
      option("rules", "rules by tool and argument: allow, ask, deny", "rules should decide about calls"),
      option("none", "nothing", "nothing has to decide about calls"),
    ],
    when: acting,
  },
  {
    id: "tools",
    ask: "How many tools does it have?",
    options: [
      option("few", "up to 5", "it has up to 5 tools"),
      option("some", "6 to 15", "it has more than 5 tools"),
      option("many", "more than 15, or plugins", "it has more than 15 tools"),
    ],
    // Kinds of agents ask for the registry and for pools already.
    when: [{ agents: ["one"] }],
  },
  {
    id: "money",
    ask: "What does a model call that nobody wanted cost?",
    options: [
      option("fixed", "nothing: a flat price, or a model of your own", "calls have a flat price"),
      option("metered", "your own money", "calls are paid one by one"),
      option("billed", "somebody else's: customers are charged for use", "customers are charged for use"),
    ],
  },
  {
    id: "results",
    ask: "Who looks at a result before it counts?",
    options: [
      option("read", "a person reads each", "a person reads each result"),
      option("unread", "nobody; something goes on with it", "results are used unread"),
    ],
  },
  {
    id: "machines",
    ask: "On how many machines or processes does one piece of work run?",
    options: [
      option("one", "one", "one process does all of it"),
      option("several", "several", "one piece of work is shared by several processes"),
    ],
    when: [{ runs: ["service"] }, { agents: ["swarm"] }],
  },
] as const satisfies readonly Question[];

type Asked = (typeof questions)[number];
export type QuestionId = Asked["id"];
type OptionId<Id extends QuestionId> = Extract<Asked, { id: Id }>["options"][number]["id"];

/** Holds where each question named has one of the answers named. */
export type Condition = { readonly [Id in QuestionId]?: readonly OptionId<Id>[] };

export type Answers = { readonly [Id in QuestionId]?: OptionId<Id> };

export const holds = (condition: Readonly<Record<string, readonly string[]>>, answers: Answers): boolean =>
  Object.entries(condition).every(([id, wanted]) => wanted.includes(answers[id as QuestionId] ?? ""));

export const questionNamed = (id: QuestionId): Asked => {
  const found = questions.find((question) => question.id === id);
  if (found === undefined) throw new Error(`no question is called ${id}`);
  return found;
};

/** Whether it is asked after the answers before it. */
export const isAsked = (question: Asked, answers: Answers): boolean =>
  !("when" in question) || question.when.some((condition) => holds(condition, answers));

/** The next one that is asked and has no answer; null at the end. */
export function nextQuestion(answers: Answers): Asked | null {
  return questions.find((question) => answers[question.id] === undefined && isAsked(question, answers)) ?? null;
}

/** One answer to each question that is asked, the lean one where none is given, and none to the others. */
export function completed(given: Answers): Answers {
  const answers: Partial<Record<QuestionId, string>> = {};
  for (const question of questions) {
    if (isAsked(question, answers as Answers)) answers[question.id] = given[question.id] ?? question.options[0].id;
  }
  return answers as Answers;
}

export const labelOf = (id: QuestionId, answer: string): string =>
  questionNamed(id).options.find((one) => one.id === answer)?.label ?? answer;

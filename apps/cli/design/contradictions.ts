/**
 * Answers that do not go together, as data. None is forbidden: each is challenged once, and stands where whoever answers
 * says so by its name.
 */
import { type Answers, type Condition, holds, type QuestionId } from "./questions.ts";

export interface Contradiction {
  readonly id: string;
  readonly when: Condition;
  readonly says: string;
  /** Questions to answer otherwise, the likeliest first. */
  readonly questions: readonly [QuestionId, ...QuestionId[]];
}

export const contradictions = [
  {
    id: "swarm-without-permissions",
    when: { agents: ["kinds", "swarm"], permissions: ["none"] },
    says: "Several agents, and nothing decides before a call acts: any of them can do whatever one of them can.",
    questions: ["permissions", "agents"],
  },
  {
    id: "irreversible-without-permissions",
    when: { effects: ["world"], permissions: ["none"] },
    says: "Its tools can do what cannot be undone, and nothing can stop a call.",
    questions: ["permissions", "effects"],
  },
  {
    id: "strangers-without-permissions",
    when: { untrusted: ["strangers"], effects: ["workspace", "world"], permissions: ["none"] },
    says: "It reads what strangers wrote and acts on it, and nothing stands between their words and a call.",
    questions: ["permissions", "untrusted"],
  },
  {
    id: "audit-without-permissions",
    when: { audit: ["yes"], permissions: ["none"] },
    says: "You must show who allowed what, but nothing allows or denies anything.",
    questions: ["permissions", "audit"],
  },
  {
    id: "nobody-to-ask",
    when: { runs: ["ci"], permissions: ["ask"] },
    says: "A person is to confirm each call of a job that nobody watches: it would wait, or never act.",
    questions: ["permissions", "runs"],
  },
  {
    id: "twice-what-cannot-be-undone",
    when: { crash: ["again"], effects: ["world"], results: ["unread"] },
    says: "After a crash it starts over, with nobody looking, and does again what cannot be undone.",
    questions: ["crash", "effects", "results"],
  },
  {
    id: "swarm-for-one",
    when: { agents: ["swarm"], users: ["me"], session: ["minutes"] },
    says: "A swarm for one person's work of minutes: it costs a store, a budget and a record that one agent does not need.",
    questions: ["agents", "session"],
  },
] as const satisfies readonly Contradiction[];

export type ContradictionId = (typeof contradictions)[number]["id"];
export const contradictionIds = contradictions.map(({ id }) => id) as [ContradictionId, ...ContradictionId[]];

export const contradictionsIn = (answers: Answers): readonly (typeof contradictions)[number][] =>
  contradictions.filter(({ when }) => holds(when, answers));

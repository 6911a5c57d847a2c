/** Lines on what became of tasks: supervision, joins, checks, plans, questions, revocations. Pure. */
import type { LoggedEvent } from "../../../machines/run-event.ts";
import type { Handlers } from "./on-event.ts";
import { printable } from "./printable.ts";
import { clock } from "./words.ts";

type Decided = Extract<LoggedEvent, { type: "supervision.decided" }>;

const DECISIONS: Readonly<Record<Decided["decision"], string>> = {
  retry: "is tried again",
  "other-type": "goes to another type of agent",
  "other-model": "goes to another model",
  again: "is begun again",
  replan: "is to be planned anew",
  "give-up": "is given up",
  escalate: "is given up, and the run with it",
};

/** Names that are told one by one. */
const NAMED = 5;
const some = (names: readonly string[]): string =>
  names.length > NAMED ? `${names.slice(0, NAMED).join(", ")} and ${names.length - NAMED} more` : names.join(", ");
const because = (reasons: readonly string[]): string => (reasons[0] === undefined ? "" : `: ${reasons[0]}`);

export const taskNews: Handlers<string> = {
  "supervision.decided": ({ task, decision, attempt, reason, delayMs }) => {
    const when = delayMs === undefined ? "" : ` in ${clock(delayMs)} (attempt ${attempt})`;
    return printable(`${task} ${DECISIONS[decision]}${when}: ${reason}`);
  },
  "task.joined": ({ task, commit, files }) =>
    commit === null ? `${task}: changed nothing` : `${task}: ${filesIn(files)} joined to the run's work`,
  "task.conflicted": ({ task, files }) =>
    printable(`${task}: conflicts with what others changed in ${some(files)}; another agent resolves it`),
  "workspace.rebuilt": ({ commits }) => `the run's work was put together again, from ${commits} joined tasks`,
  "workspace.collected": ({ files, branch }) =>
    printable(files === 0 ? "nothing was changed in the run's tree" : `${filesIn(files)} changed, on branch ${branch}`),
  "workspace.merged": ({ branch }) => printable(`branch ${branch} is merged`),
  "workspace.left": ({ reason }) => printable(`not merged: ${reason}`),
  "proposal.made": ({ task, tasks, accept, reason, why }) => {
    const what = `${task} proposes ${tasks.length} ${tasks.length === 1 ? "task" : "tasks"} (${some(tasks.map(({ id }) => id))})`;
    const goes = { allow: "taken", ask: "waits for approval", deny: `refused: ${reason}` }[accept];
    return printable(`${what}, ${goes}: ${why}`);
  },
  "proposal.refused": ({ task, problems }) => printable(`${task}: no plan that could be run${because(problems)}`),
  "verdict.read": ({ of, task, holds, reasons }) =>
    printable(`${of}: ${holds ? "holds" : "does not hold"}, says ${task}${holds ? "" : because(reasons)}`),
  "result.revoked": ({ result, task, root, reason, by }) => {
    const why = root === result ? `by ${by}: ${reason}` : `it stands on ${root}`;
    return printable(`${task}: ${result} is revoked, ${why}`);
  },
  "actor.fenced": ({ fenced, reason }) => printable(`${fenced} is stopped: ${reason}`),
  "question.asked": ({ actor, text }) => printable(`${actor} asks: ${text}`),
  "question.answered": ({ question, answer, by, reason }) =>
    printable(
      answer === null
        ? `nobody answers ${askerOf(question)}: ${reason}`
        : `${askerOf(question)} is answered by ${by}: ${answer}`,
    ),
  "letter.written": ({ letter, task, reasons }) =>
    printable(`${task} lies among the dead letters${because(reasons)}. swarm dlq show ${letter}`),
};

/** A question is named after its agent, the turn and the call; people know the agent. */
const askerOf = (question: string): string => question.split(":")[0] ?? question;

const filesIn = (count: number): string => `${count} ${count === 1 ? "file" : "files"}`;

/** What a demo run came to, read from its log and nothing else: what did not happen is not told. Pure. */
import type { LoggedEvent } from "../../../machines/run-event.ts";
import { harmless } from "../print.ts";
import type { Struck } from "./strike.ts";

type Of<Type extends LoggedEvent["type"]> = Extract<LoggedEvent, { type: Type }>;

const all = <Type extends LoggedEvent["type"]>(events: readonly LoggedEvent[], type: Type): Of<Type>[] =>
  events.filter((event): event is Of<Type> => event.type === type);

const seconds = (from: string, to: string): string => ((Date.parse(to) - Date.parse(from)) / 1_000).toFixed(1);

/** One paragraph for each thing that happened, in the order of the story. */
export function retold(events: readonly LoggedEvent[], struck: Struck | null): readonly string[] {
  return [
    ...planned(events),
    ...sideBySide(events),
    ...refused(events),
    ...sentBack(events),
    ...killed(events, struck),
    ...asked(events),
    ...broughtHome(events),
  ].map(harmless);
}

function planned(events: readonly LoggedEvent[]): string[] {
  return all(events, "proposal.made").map(
    ({ tasks, why }) =>
      `The plan agent, which can change nothing, proposed ${tasks.length} tasks: ${tasks.map(({ id, agentType }) => `${id} (${agentType})`).join(", ")}. ${why}`,
  );
}

function sideBySide(events: readonly LoggedEvent[]): string[] {
  const joined = all(events, "task.joined").filter(({ commit }) => commit !== null);
  if (joined.length === 0) return [];
  const order = joined.map(({ task, commit }) => `${task} (${commit?.slice(0, 8)})`).join(", then ");
  return [`Each agent that changes files worked in a git tree of its own; their work was joined in order: ${order}.`];
}

function refused(events: readonly LoggedEvent[]): string[] {
  return all(events, "permission.decided")
    .filter(({ decision }) => decision === "deny")
    .map(
      ({ actor, tool, rule }) =>
        `${actor} called ${tool} and was refused by ${rule}: nothing was run. (The demo had planted an order to agents in notes.md.)`,
    );
}

function sentBack(events: readonly LoggedEvent[]): string[] {
  return all(events, "message.started")
    .filter(({ from }) => from === "report_rejected")
    .map(
      ({ actor, reasons = [] }) =>
        `${actor} reported, was not believed, and its report went back: ${reasons.join("; ")}.`,
    );
}

function killed(events: readonly LoggedEvent[], struck: Struck | null): string[] {
  if (struck === null) return [];
  const ends = events.filter((event) => "effect" in event && event.effect === struck.effect);
  const intended = all(events, "tool.intended").find(({ effect }) => effect === struck.effect);
  const finished = ends.filter(({ type }) => type === "tool.finished");
  const begun = all(events, "tool.intended").filter(
    ({ actor, tool }) => actor === intended?.actor && tool === intended?.tool,
  );
  const how =
    finished.length === 1 && begun.length === 1 && intended !== undefined
      ? `the command went on without it, another worker took its end from the journal, and it ran once (${seconds(intended.at, finished[0]?.at ?? intended.at)} s)`
      : `its end is in the log: ${ends.map(({ type }) => type).join(", ")}`;
  return [
    `The worker (process ${struck.pid}) was killed with SIGKILL while ${intended?.tool ?? "a tool"} ran: ${how}.`,
  ];
}

function asked(events: readonly LoggedEvent[]): string[] {
  const answers = new Map(all(events, "approval.answered").map((event) => [event.approval, event]));
  return all(events, "approval.requested").map(({ approval, tool, reason }) => {
    const answer = answers.get(approval);
    const said = answer === undefined ? "nobody answered" : `${answer.allowed ? "yes" : "no"}, said ${answer.by}`;
    return `One question was asked, for ${tool} (${reason}): ${said}.`;
  });
}

function broughtHome(events: readonly LoggedEvent[]): string[] {
  return [
    ...all(events, "workspace.merged").map(({ commit }) => `All of it is merged: commit ${commit.slice(0, 8)}.`),
    ...all(events, "workspace.left").map(({ reason }) => `The work was left on its branch: ${reason}.`),
  ];
}

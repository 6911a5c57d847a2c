/** What can be done about a dead letter: send it back to work, or forget it; and how one is told. */
import { SwarmError } from "../../infra/errors.ts";
import type { DeadLetter, DeadLetters, Requeue, RequeueAnswer } from "../../infra/redis/dead-letters.ts";

export interface Requeued {
  readonly as: Requeue["as"];
  readonly task: string;
}

/** `to`: type of the agent that its task is given to; undefined: whoever died, or the same type. Throws SwarmError, exit 2. */
export async function requeueLetter(
  letters: DeadLetters,
  letter: DeadLetter,
  to: string | undefined,
): Promise<Requeued> {
  const task = (await letters.taskOf(letter)) ?? "";
  const same = letter.kind === "actor" && (to === undefined || to === letter.address.type);
  const order: Requeue = same ? { as: "back", task } : { as: "reroute", task, agentType: to ?? letter.address.type };
  const problem = problemOf(letter, task, await letters.requeue(letter, order));
  if (problem !== null) throw problem;
  return { as: order.as, task };
}

/** Throws SwarmError `dlq.gone`, exit 2. */
export async function dropLetter(letters: DeadLetters, letter: DeadLetter): Promise<void> {
  if ((await letters.drop(letter)) === "gone") throw goneMeanwhile(letter);
}

/** As `--json` and the server tell it. `max`: characters of a body. */
export const letterDocument = (
  { id, address, atMs, entry: _entry, mail, pending, state, ...rest }: DeadLetter,
  max: number,
) => ({
  id,
  runId: address.run,
  agent: address.actor === "-" ? null : address.actor,
  agentType: address.type,
  at: new Date(atMs).toISOString(),
  state: state === "" ? null : (JSON.parse(state) as unknown),
  ...rest,
  mail: mail === null ? null : cut(mail, max),
  pending: pending.map((effect) => ({ id: effect.id, order: cut(effect.json, max) })),
});

export const cut = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max)}… (${text.length} characters)`;

/** Null where it went back to work. */
function problemOf(letter: DeadLetter, task: string, answer: RequeueAnswer): SwarmError | null {
  const { run, actor } = letter.address;
  const refused = (code: string, message: string, hint: string, retry = false): SwarmError =>
    new SwarmError(code, message, { exit: 2, hint, retry });
  const drop = `Drop it: swarm dlq drop ${letter.id}`;
  switch (answer.kind) {
    case "requeued":
    case "again":
      return null;
    case "gone":
      return goneMeanwhile(letter);
    case "over":
      return refused(
        "dlq.over",
        `${actor} was taken out of its life for good: it goes on no more`,
        `Give its task to a new agent: swarm dlq requeue ${letter.id} --to TYPE. ${drop}`,
      );
    case "no_run":
      return refused("run.gone", `run ${run} is gone`, drop);
    case "ended":
      return refused(
        "run.ended",
        `run ${run} has ended already: ${answer.status}; a requeue starts nothing in it`,
        `Branch off before its end: swarm fork ${run} --at N (swarm logs ${run} shows N), or start it anew. ${drop}`,
      );
    case "not_failed":
      if (answer.status === "running" && answer.actor === actor) {
        return refused("dlq.not_taken", `run ${run} has not taken notice of the death yet`, "Try again.", true);
      }
      return refused(
        "dlq.not_failed",
        `task "${task}" of run ${run} is ${answer.status || "unknown"} now, not failed`,
        drop,
      );
  }
}

const goneMeanwhile = ({ id }: DeadLetter): SwarmError =>
  new SwarmError("dlq.gone", `dead letter ${id} was requeued or dropped meanwhile`, {
    exit: 2,
    hint: "swarm dlq list",
  });

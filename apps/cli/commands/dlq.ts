/**
 * `swarm dlq`: dead letters, each an actor that killed whoever activated it or a task that used up its supervision: list, show,
 * requeue, drop.
 */
import { agentTypes } from "../../../actors/types/index.ts";
import { SwarmError } from "../../../infra/errors.ts";
import {
  type DeadLetter,
  type DeadLetters,
  deadLettersOf,
  type Requeue,
  type RequeueAnswer,
} from "../../../infra/redis/dead-letters.ts";
import { memberOf } from "../../../infra/store.ts";
import { oneOf } from "../flags.ts";
import { openHive } from "../hive.ts";
import { harmless, printJson, printTable } from "../print.ts";

/** Characters of a body that are shown; `--json` shows more. */
const BODY_SHOWN = 400;
const BODY_SHOWN_JSON = 64_000;

const ACTIONS = ["list", "show", "requeue", "drop"] as const;

export async function act([action, id = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const chosen = oneOf(action, "dlq", ACTIONS) as (typeof ACTIONS)[number];
  if (flags.to !== undefined && chosen !== "requeue") {
    throw new SwarmError("usage.dlq", "--to goes with requeue", { exit: 2 });
  }
  const to = oneOf(
    flags.to,
    "--to",
    agentTypes.map(({ name }) => name),
  );
  const hive = await openHive();
  try {
    const letters = deadLettersOf(hive.redis, hive.keys);
    const json = flags.json === true;
    if (chosen === "list") return list(await letters.list(), json);
    const letter = await letters.find(id);
    if (chosen === "show") return show(letter, json);
    return chosen === "drop" ? await drop(letters, letter, json) : await requeue(letters, letter, to, json);
  } finally {
    hive.close();
  }
}

function list(letters: readonly DeadLetter[], json: boolean): number {
  if (json) printJson({ v: 1, letters: letters.map((letter) => documentOf(letter, BODY_SHOWN)) });
  else
    printTable(
      ["LETTER", "DIED", "RUN", "AGENT", "TYPE", "REASON"],
      letters.map(({ id, atMs, address, task, reason }) => [
        id,
        new Date(atMs).toISOString(),
        address.run,
        task === null ? address.actor : `task ${task.id}`,
        address.type,
        reason,
      ]),
      "no dead letters",
    );
  return 0;
}

function show(letter: DeadLetter, json: boolean): number {
  if (json) {
    printJson({ v: 1, ...documentOf(letter, BODY_SHOWN_JSON) });
    return 0;
  }
  const { id, task } = letter;
  const lines = [
    ...(task === null ? actorLines(letter) : taskLines(letter, task)),
    `again: swarm dlq requeue ${id} [--to TYPE]   for good: swarm dlq drop ${id}`,
  ];
  process.stdout.write(`${lines.map(harmless).join("\n")}\n`);
  return 0;
}

const actorLines = (letter: DeadLetter): string[] => {
  const { id, address, reason, claims, state, machine, version, atMs, mail, pending } = letter;
  return [
    `letter ${id}: ${memberOf(address)}`,
    `died ${new Date(atMs).toISOString()}: ${reason}`,
    `state ${state === "" ? "none yet" : state} of ${machine === "" ? "no machine yet" : machine}, version ${version}; ${claims} claims`,
    `head mail: ${mail === null ? "none" : cut(mail, BODY_SHOWN)}`,
    ...pending.map((effect) => `pending ${effect.id}: ${cut(effect.json, BODY_SHOWN)}`),
  ];
};

const taskLines = (
  { id, address: { run, actor, type }, atMs }: DeadLetter,
  task: NonNullable<DeadLetter["task"]>,
): string[] => [
  `letter ${id}: task ${task.id} of run ${run}`,
  `given up ${new Date(atMs).toISOString()} after ${task.attempts} attempt${task.attempts === 1 ? "" : "s"}`,
  actor === "-" ? `for ${type}; nobody was sent` : `last tried by ${actor} (${type}): swarm show ${run}`,
  ...task.reasons.map((reason) => `because ${cut(reason, BODY_SHOWN)}`),
];

const cut = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max)}… (${text.length} characters)`;

const documentOf = ({ id, address, atMs, entry: _entry, mail, pending, state, ...rest }: DeadLetter, max: number) => ({
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

async function drop(letters: DeadLetters, letter: DeadLetter, json: boolean): Promise<number> {
  if ((await letters.drop(letter)) === "gone") throw goneMeanwhile(letter);
  if (json) printJson({ v: 1, id: letter.id, runId: letter.address.run, did: "dropped" });
  else process.stdout.write(`dropped: ${letter.id}\n`);
  return 0;
}

async function requeue(
  letters: DeadLetters,
  letter: DeadLetter,
  to: string | undefined,
  json: boolean,
): Promise<number> {
  const task = (await letters.taskOf(letter)) ?? "";
  const same = letter.kind === "actor" && (to === undefined || to === letter.address.type);
  const order: Requeue = same ? { as: "back", task } : { as: "reroute", task, agentType: to ?? letter.address.type };
  const problem = problemOf(letter, task, await letters.requeue(letter, order));
  if (problem !== null) throw problem;
  const { id, address } = letter;
  if (json) printJson({ v: 1, id, runId: address.run, did: "requeued", as: order.as, task, to: to ?? address.type });
  else if (order.as === "back") process.stdout.write(`${address.actor} goes on as it died: ${address.run}\n`);
  else process.stdout.write(`task ${task} goes to a new ${order.agentType} agent: ${address.run}\n`);
  return 0;
}

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

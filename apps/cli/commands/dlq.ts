/**
 * `swarm dlq`: dead letters, each an actor that killed whoever activated it or a task that used up its supervision: list, show,
 * requeue, drop.
 */
import { agentTypes } from "../../../actors/types/index.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { type DeadLetter, type DeadLetters, deadLettersOf } from "../../../infra/redis/dead-letters.ts";
import { memberOf } from "../../../infra/store.ts";
import { cut, dropLetter, letterDocument, requeueLetter } from "../../orders/dead-letter.ts";
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
  if (json) printJson({ v: 1, letters: letters.map((letter) => letterDocument(letter, BODY_SHOWN)) });
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
    printJson({ v: 1, ...letterDocument(letter, BODY_SHOWN_JSON) });
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

async function drop(letters: DeadLetters, letter: DeadLetter, json: boolean): Promise<number> {
  await dropLetter(letters, letter);
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
  const { as, task } = await requeueLetter(letters, letter, to);
  const { id, address } = letter;
  if (json) printJson({ v: 1, id, runId: address.run, did: "requeued", as, task, to: to ?? address.type });
  else if (as === "back") process.stdout.write(`${address.actor} goes on as it died: ${address.run}\n`);
  else process.stdout.write(`task ${task} goes to a new ${to ?? address.type} agent: ${address.run}\n`);
  return 0;
}

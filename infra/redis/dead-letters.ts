/**
 * Dead letters: actors that were taken out of circulation and tasks that used up their supervision, with all it takes to judge
 * them, send them back, or forget them.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { SwarmError } from "../errors.ts";
import { type Address, addressFrom, COORDINATOR_ACTOR, COORDINATOR_TYPE, memberOf } from "../store.ts";
import { mailText } from "./commit-arguments.ts";
import type { Keys } from "./keys.ts";
import { type DeadEntry, deadEntries } from "./run-items.ts";
import { scriptsOn } from "./scripts.ts";

export interface DeadLetter {
  readonly id: string;
  /** Its entry in the stream of its shard. */
  readonly entry: string;
  /** `task`: nobody died; every attempt that it was given failed. */
  readonly kind: "actor" | "task";
  /** Of a task whoever tried last; its actor is `-` where nobody was ever born. */
  readonly address: Address;
  /** The task that used up its supervision; null where an actor died. */
  readonly task: { readonly id: string; readonly attempts: number; readonly reasons: readonly string[] } | null;
  readonly reason: string;
  /** Claims without a commit that it took. */
  readonly claims: number;
  /** State it died in, as its machine names it: JSON; "" where it never took a step. */
  readonly state: string;
  /** `id@version`; "" before the first step. */
  readonly machine: string;
  readonly version: number;
  readonly atMs: number;
  /** The message at the head of its mailbox, as it lay there; null where there was none. */
  readonly mail: string | null;
  readonly pending: readonly { readonly id: string; readonly json: string }[];
}

export type Requeue =
  /** The actor as it died: its state, its head message, its unanswered effects. */
  | { readonly as: "back"; readonly task: string }
  /** Its task, by a new agent of another type, from the beginning. */
  | { readonly as: "reroute"; readonly task: string; readonly agentType: string };

export type RequeueAnswer =
  /** `over`: the actor itself was fenced for good meanwhile; only its task can go on. */
  | { readonly kind: "requeued" | "again" | "gone" | "no_run" | "over" }
  | { readonly kind: "ended"; readonly status: string }
  /** The run does not hold the task as failed. */
  | { readonly kind: "not_failed"; readonly status: string; readonly actor: string };

export interface DeadLetters {
  /** Newest first. */
  list(): Promise<readonly DeadLetter[]>;
  /** By id or a unique beginning of it. Throws SwarmError `dlq.unknown`, exit 2. */
  find(id: string): Promise<DeadLetter>;
  /** Task of the dead actor; null where its run is gone, or it had none. */
  taskOf(letter: DeadLetter): Promise<string | null>;
  requeue(letter: DeadLetter, order: Requeue): Promise<RequeueAnswer>;
  drop(letter: DeadLetter): Promise<"dropped" | "again" | "gone">;
}

export function deadLettersOf(redis: Redis, keys: Keys): DeadLetters {
  const scripts = scriptsOn(redis);
  const list = async (): Promise<DeadLetter[]> => {
    const shards = await Promise.all(keys.shards.map((shard) => deadEntries(redis, keys, shard)));
    return shards
      .flat()
      .map(letterFrom)
      .sort((a, b) => b.atMs - a.atMs);
  };
  return {
    list,
    find: async (id) => found(id, await list()),
    async taskOf({ task, address: { run, actor } }) {
      if (task !== null) return task.id;
      const row = await redis.hget(keys.run(run).actors, actor);
      return row === null ? null : ((JSON.parse(row) as { task?: string }).task ?? null);
    },
    requeue: (letter, order) => requeue(scripts.requeue, keys, letter, order),
    async drop({ id, entry, address }) {
      const { run, actor } = address;
      const ofRun = keys.run(run);
      const [answer] = await scripts.drop(
        [ofRun.run, ofRun.log, keys.shard(keys.shardOf(run)).dead, ofRun.sent],
        [entry, id, memberOf(address), notice({ type: "letter.dropped", letter: id, died: actor })],
      );
      return answer === "OK" ? "dropped" : answer === "AGAIN" ? "again" : "gone";
    },
  };
}

const notice = (event: Readonly<Record<string, unknown>>): string => JSON.stringify({ v: 1, events: [event] });

async function requeue(
  script: ReturnType<typeof scriptsOn>["requeue"],
  keys: Keys,
  { id, entry, address, kind }: DeadLetter,
  order: Requeue,
): Promise<RequeueAnswer> {
  if (kind === "task" && order.as === "back") throw new Error("nobody died who could be put back");
  const { run, actor } = address;
  const { task } = order;
  const back = order.as === "back";
  const agentType = back ? address.type : order.agentType;
  const ofRun = keys.run(run);
  const ofActor = keys.actor(run, actor);
  const shard = keys.shard(keys.shardOf(run));
  const boss = keys.actor(run, COORDINATOR_ACTOR);
  const mailId = `requeue:${id}`;
  const event = { type: "task.requeued", task, actor: back ? actor : null, agentType };
  const [answer, ...rest] = await script(
    [
      ofRun.run,
      ofRun.log,
      shard.dead,
      ofActor.snapshot,
      ofActor.mailbox,
      ofActor.pending,
      shard.ready,
      boss.mailbox,
      boss.snapshot,
      ofRun.sent,
    ],
    [
      entry,
      id,
      memberOf(address),
      task,
      memberOf({ run, actor: COORDINATOR_ACTOR, type: COORDINATOR_TYPE }),
      mailText({ id: mailId, event }),
      notice({ type: "letter.requeued", letter: id, task, agentType, to: back ? actor : null }),
      shard.bell,
      order.as,
      mailId,
    ],
  );
  return requeueAnswer(String(answer), rest.map(String));
}

function requeueAnswer(answer: string, [first = "", second = ""]: readonly string[]): RequeueAnswer {
  switch (answer) {
    case "OK":
      return { kind: "requeued" };
    case "AGAIN":
      return { kind: "again" };
    case "ENDED":
      return { kind: "ended", status: first };
    case "TASK":
      return { kind: "not_failed", status: first, actor: second };
    case "GONE":
      return { kind: "gone" };
    case "OVER":
      return { kind: "over" };
    default:
      return { kind: "no_run" };
  }
}

const taskSchema = z.object({ attempts: z.int(), reasons: z.array(z.string()) });

/** Throws where the entry is not one that `quarantine.lua` or `commit-rare.lua` writes. */
function letterFrom({ id: entry, fields }: DeadEntry): DeadLetter {
  const { id, member = "", mail = "", pending = "[]", reason = "", claims, state = "", machine = "", version } = fields;
  return {
    id: id ?? entry,
    entry,
    kind: fields.kind === "task" ? "task" : "actor",
    address: addressFrom(member),
    task:
      fields.kind === "task" ? { id: fields.task ?? "", ...taskSchema.parse(JSON.parse(fields.order ?? "{}")) } : null,
    reason,
    claims: Number(claims ?? 0),
    state,
    machine,
    version: Number(version ?? 0),
    atMs: Number(entry.split("-")[0]),
    mail: mail === "" ? null : mail,
    pending: pendingFrom(pending),
  };
}

/** A flat list of id and order. What was reserved is no effect. */
function pendingFrom(text: string): { id: string; json: string }[] {
  const list = JSON.parse(text) as readonly string[];
  return list.flatMap((id, index) =>
    index % 2 === 0 && !id.includes("#") ? [{ id, json: list[index + 1] ?? "" }] : [],
  );
}

function found(id: string, letters: readonly DeadLetter[]): DeadLetter {
  const fitting = id === "" ? [] : letters.filter((letter) => letter.id.startsWith(id));
  const only = fitting.find((letter) => letter.id === id) ?? (fitting.length === 1 ? fitting[0] : undefined);
  if (only !== undefined) return only;
  const why = fitting.length === 0 ? "no dead letter has that id" : `it fits ${fitting.length} dead letters`;
  throw new SwarmError("dlq.unknown", `dead letter "${id}": ${why}`, {
    exit: 2,
    hint: "`swarm dlq list` lists them; ids may be cut short as long as they are unique.",
  });
}

/** What is left of an actor, read without a claim; and what is taken down of a death, by one script each. */
import type { Redis } from "ioredis";
import {
  type Address,
  COORDINATOR_ACTOR,
  COORDINATOR_TYPE,
  type Fence,
  type Mail,
  memberOf,
  type Store,
} from "../store.ts";
import type { ActorRemains, Death, DeathAnswer } from "../store-deaths.ts";
import type { Call } from "./calls.ts";
import { mailText } from "./commit-arguments.ts";
import type { Keys } from "./keys.ts";
import type { Scripts } from "./scripts.ts";
import { unknownAnswer } from "./store-answers.ts";
import { FENCED, HEAD, headFrom, pendingFrom } from "./stored-actor.ts";
import { budgetFrom } from "./stored-budget.ts";
import { LOST, notedIn } from "./stored-death.ts";

export interface DeathDeps {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly scripts: Pick<Scripts, "lost" | "quarantine">;
  readonly call: Call;
}

export function deathsOf({
  redis,
  keys,
  scripts,
  call,
}: DeathDeps): Pick<Store, "remains" | "noteDeath" | "quarantine"> {
  return {
    remains: (run, actors) =>
      call("remains", async () => {
        const ofRun = keys.run(run);
        // The actors last: what the run's row tells of is never later than they are.
        const [row, limits, ...left] = await Promise.all([
          redis.hgetall(ofRun.run),
          redis.hgetall(ofRun.budget),
          ...actors.map((actor) => actorRemains(redis, keys, run, actor)),
        ]);
        if (row.status === undefined || row.stub !== undefined) return null;
        return {
          status: row.status,
          seq: Number(row.seq ?? 0),
          budget: budgetFrom(limits, row),
          actors: left.filter((one) => one !== null),
        };
      }),
    noteDeath: (death) => noteDeath(scripts, keys, death),
    quarantine: (address, ...why) => quarantine(scripts, keys, address, ...why),
  };
}

/** "version first-sequence-number …": where its last step stands in the log. */
const LAST_STEP = /^\d+ (\d+) /;

async function actorRemains(redis: Redis, keys: Keys, run: string, actor: string): Promise<ActorRemains | null> {
  const { snapshot, pending } = keys.actor(run, actor);
  const [fields, out] = await Promise.all([
    redis.hmget(snapshot, "epoch", "nonce", HEAD, FENCED, "dead", LOST),
    redis.hgetall(pending),
  ]);
  const [epoch = null, nonce = null, head = null, fenced = null, dead = null, lost = null] = fields;
  if (epoch === null && head === null) return null;
  return {
    actor,
    epoch: Number(epoch ?? 0),
    nonce: nonce ?? "",
    ...headFrom(head),
    stepSeq: Number(LAST_STEP.exec(head ?? "")?.[1] ?? 0),
    pending: pendingFrom({ run, actor }, out),
    over: fenced !== null || dead !== null,
    noted: notedIn(lost),
  };
}

async function noteDeath(
  scripts: Pick<Scripts, "lost">,
  keys: Keys,
  { address, fence, version, died, event, takenBy }: Death,
): Promise<DeathAnswer> {
  const { run, log } = keys.run(address.run);
  const { snapshot } = keys.actor(address.run, address.actor);
  const answer = await scripts.lost(
    [run, log, snapshot],
    [
      memberOf(address),
      fence.epoch,
      fence.nonce,
      version,
      died,
      event ?? "",
      takenBy === null ? "" : JSON.stringify(takenBy),
    ],
  );
  switch (answer[0]) {
    case "OK":
      return { kind: "noted", seq: Number(answer[1]) };
    case "AGAIN":
      return { kind: "again", seq: Number(answer[1]) };
    case "MOVED":
      return { kind: "moved" };
    case "NORUN":
      return { kind: "no_run" };
    case "ENDED":
      return { kind: "ended", status: String(answer[1]) };
    default:
      throw unknownAnswer("lost", answer);
  }
}

async function quarantine(
  scripts: Pick<Scripts, "quarantine">,
  keys: Keys,
  address: Address,
  reason: string,
  fence?: Fence,
  known: object = {},
): Promise<void> {
  const { run, actor } = address;
  const ofRun = keys.run(run);
  const ofActor = keys.actor(run, actor);
  const shard = keys.shard(keys.shardOf(run));
  const coordinator = { run, actor: COORDINATOR_ACTOR, type: COORDINATOR_TYPE };
  const died = { type: "agent.died", died: actor, reason, ...known };
  const mail: Mail = { id: `died:${actor}`, event: { type: "agent.died", actor, reason } as { type: string } };
  await scripts.quarantine(
    [
      ofRun.run,
      ofRun.log,
      ofActor.mailbox,
      ofActor.pending,
      shard.ready,
      shard.dead,
      keys.actor(run, COORDINATOR_ACTOR).mailbox,
      shard.ended,
      ofActor.snapshot,
    ],
    [
      memberOf(address),
      run,
      actor,
      memberOf(coordinator),
      mailText(mail),
      JSON.stringify({ v: 1, events: [died] }),
      JSON.stringify({ v: 1, events: [died, { type: "run.failed", reasons: [reason] }] }),
      reason,
      shard.bell,
      fence?.epoch ?? "",
      fence?.nonce ?? "",
    ],
  );
}

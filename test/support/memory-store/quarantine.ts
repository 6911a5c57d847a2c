/** QUARANTINE in memory: see `infra/redis/scripts/quarantine.lua`. */
import { createHash } from "node:crypto";
import { type Address, COORDINATOR_ACTOR, COORDINATOR_TYPE, type Fence, memberOf } from "../../../infra/store.ts";
import { type Inside, mailText } from "./inside.ts";
import { ofShare } from "./rare.ts";
import { actorNamed, charge, chargeAll, type StoredActor, type StoredRun, shardNamed } from "./state.ts";

export function quarantine(inside: Inside, address: Address, reason: string, fence?: Fence, known: object = {}): void {
  const { memory, nowMs, ring, shardOf } = inside;
  const run = memory.runs.get(address.run);
  const status = run?.fields.get("status");
  if (run === undefined || status === undefined) return;
  const shard = shardNamed(memory, shardOf(address.run));
  const member = memberOf(address);
  if (status !== "running") {
    shard.ready.delete(member);
    return;
  }
  const actor = actorNamed(run, address.actor);
  if (fence !== undefined && (actor.epoch !== fence.epoch || actor.nonce !== fence.nonce)) return;
  if (actor.fenced !== null || (actor.seen && actor.epoch === actor.quarantined)) return;
  shard.ready.delete(member);
  actor.seen = true;
  actor.epoch += 1;
  actor.quarantined = actor.epoch;
  const head = actor.mailbox.shift() ?? "";
  for (const { grant } of actor.pending.values()) {
    if (grant === null) continue;
    charge(run.budget, grant);
    ofShare(actor, grant);
  }
  const now = nowMs();
  const letter = `d_${createHash("sha1").update(`${member} ${actor.epoch}`).digest("hex").slice(0, 12)}`;
  shard.dead.push(letterOf({ letter, member, head, reason, now }, actor));
  actor.dead = letter;
  actor.pending.clear();
  const died = { type: "agent.died", died: address.actor, reason, ...known };
  if (address.actor === COORDINATOR_ACTOR) {
    chargeAll(run.budget);
    tell(run, member, [died, { type: "run.failed", reasons: [reason] }], now);
    run.fields
      .set("status", "failed")
      .set("endedAt", String(now))
      .set("reasons", JSON.stringify([reason]));
    shard.ended.set(address.run, now);
    return;
  }
  tell(run, member, [died], now);
  const coordinator = { run: address.run, actor: COORDINATOR_ACTOR, type: COORDINATOR_TYPE };
  const event = { type: "agent.died", actor: address.actor, reason } as { type: string };
  actorNamed(run, COORDINATOR_ACTOR).mailbox.push(mailText({ id: `died:${address.actor}`, event }));
  shard.ready.set(memberOf(coordinator), now);
  ring(shardOf(address.run), memberOf(coordinator));
}

interface Facts {
  readonly letter: string;
  readonly member: string;
  readonly head: string;
  readonly reason: string;
  readonly now: number;
}

/** Everything needed to look at it, requeue it or drop it. */
function letterOf({ letter, member, head, reason, now }: Facts, actor: StoredActor): Readonly<Record<string, string>> {
  const pending = [...actor.pending].flatMap(([id, { json, grant, held, found }]) => [
    id,
    json,
    ...(grant === null ? [] : [`${id}#grant`, `${grant.outTokens} ${grant.tokens} ${grant.nanoUsd}`]),
    ...(held === null ? [] : [`${id}#held`, held]),
    ...(found === 0 ? [] : [`${id}#found`, String(found)]),
  ]);
  const state = actor.core === null ? undefined : (JSON.parse(actor.core) as { value?: unknown }).value;
  return {
    id: letter,
    member,
    mail: head,
    pending: JSON.stringify(pending),
    reason,
    claims: String(actor.claims),
    state: state === undefined ? "" : JSON.stringify(state),
    machine: actor.machine ?? "",
    version: String(actor.version),
    at: String(now),
  };
}

function tell(run: StoredRun, member: string, events: readonly object[], atMs: number): void {
  const last = Number(run.fields.get("seq")) + events.length;
  run.fields.set("seq", String(last));
  const body = JSON.stringify({ v: 1, events });
  run.log.push({ firstSeq: last - events.length + 1, atMs, member, body, grants: null });
}

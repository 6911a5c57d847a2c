/** CLAIM in memory: see `infra/redis/scripts/claim.lua`. */
import { type Address, type ClaimAnswer, memberOf, type PendingEffect, type Served } from "../../../infra/store.ts";
import { type Inside, MAIL_BATCH } from "./inside.ts";
import { actorNamed, type StoredActor, shardNamed } from "./state.ts";

/** A claim may find an effect for other reasons than a death: so many finds count as one claim without a commit. */
const FINDS_OF_A_CLAIM = 3;

export function claim(inside: Inside, address: Address, nonce: string, served: Served): ClaimAnswer {
  const { memory, shardOf, nowMs, flaws } = inside;
  const run = memory.runs.get(address.run);
  const shard = shardNamed(memory, shardOf(address.run));
  const member = memberOf(address);
  // A quarantined actor stays out until it is requeued.
  if (run === undefined || (run.snapshots.get(address.actor)?.dead ?? null) !== null) {
    shard.ready.delete(member);
    return { kind: "no_run" };
  }
  const actor = actorNamed(run, address.actor);
  if (actor.fenced !== null) {
    const pending = [...actor.pending].map(([id, { json, grant }]) => ({ id, json, grant, held: false }));
    if (pending.length === 0) {
      shard.ready.delete(member);
      actor.mailbox.length = 0;
    }
    return { kind: "over", reason: actor.fenced, pending };
  }
  const lacking = lacks(run.fields.get("binding"), actor.machine, served);
  if (lacking !== null) {
    shard.ready.delete(member);
    shard.stranded.set(member, Math.floor(nowMs() / 1000));
    return { kind: "stranded", ...lacking };
  }
  const held = run.fields.has("hold");
  const echo = actor.nonce === nonce && actor.incarnation === shard.incarnation && flaws.noClaimEcho !== true;
  const place = echo || held ? null : elsewhere(actor, served.place);
  if (place !== null) return { kind: "elsewhere", place };
  if (!echo) {
    if (shard.stranded.delete(member)) shard.ready.set(member, nowMs());
    actor.seen = true;
    actor.epoch += 1;
    if (held || (actor.mailbox.length === 0 && actor.pending.size === 0)) actor.claims = 0;
    else {
      actor.claims = actor.claimsAt === actor.version ? actor.claims + 1 : 1;
      for (const effect of actor.pending.values()) {
        effect.found += 1;
        actor.claims = Math.max(actor.claims, Math.floor(effect.found / FINDS_OF_A_CLAIM));
      }
    }
    actor.claimsAt = actor.version;
    actor.nonce = nonce;
    actor.incarnation = shard.incarnation;
  }
  return {
    kind: "claimed",
    claim: {
      fence: { epoch: actor.epoch, nonce, incarnation: shard.incarnation },
      run: Object.fromEntries(run.fields),
      version: actor.version,
      machine: actor.machine,
      core: actor.core,
      rows: new Map(actor.rows),
      mail: actor.mailbox.slice(0, MAIL_BATCH),
      mailTotal: actor.mailbox.length,
      pending: told(actor, nonce, held, echo),
      session: actor.session,
      transcript: [...actor.transcript],
      claims: actor.claims,
    },
  };
}

function lacks(binding: string | undefined, machine: string | null, served: Served) {
  if (binding === undefined || !served.bindings.includes(binding))
    return { lacks: "binding" as const, name: binding ?? "" };
  if (machine !== null && !served.machines.includes(machine)) return { lacks: "machine" as const, name: machine };
  return null;
}

/** Where all there is to do was begun; null where there is something to do here. */
function elsewhere({ mailbox, pending }: StoredActor, here: string | undefined): string | null {
  if (here === undefined || here === "" || mailbox.length > 0) return null;
  let place: string | null = null;
  for (const { json } of pending.values()) {
    const at = (JSON.parse(json) as { place?: string }).place;
    if (at === undefined || at === here) return null;
    place ??= at;
  }
  return place;
}

/** Effects marked as never begun count as begun from this claim on; it alone is told that they were not. */
function told(actor: StoredActor, nonce: string, held: boolean, echo: boolean): PendingEffect[] {
  const pending: PendingEffect[] = [];
  for (const [id, effect] of actor.pending) {
    const mark = effect.held;
    if (mark === "1" && !held && !echo) effect.held = nonce;
    const forgotten = mark !== null && mark !== "1" && mark !== nonce;
    if (forgotten && !echo) effect.held = null;
    pending.push({ id, json: effect.json, grant: effect.grant, held: mark !== null && !forgotten });
  }
  return pending;
}

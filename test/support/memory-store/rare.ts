/** What few commits carry, in memory: see `infra/redis/scripts/commit-rare.lua`. Also shares of the budget, and `unwound`. */
import { fencedResult, letterFields, opened, sharesOf, withdrawnRow } from "../../../infra/redis/commit-arguments.ts";
import { type Address, type Commit, memberOf } from "../../../infra/store.ts";
import { resultId } from "../../../machines/effect.ts";
import { revokedEnvelope } from "../../../machines/revoked-envelope.ts";
import type { Inside } from "./inside.ts";
import { actorNamed, add, charge, type StoredActor, type StoredRun, type StoredShard, shardNamed } from "./state.ts";

interface Amounts {
  readonly tokens: number;
  readonly nanoUsd: number;
}

const NO_SHARE: Amounts = { tokens: Number.POSITIVE_INFINITY, nanoUsd: Number.POSITIVE_INFINITY };

/** What the actor may still have of its own share. */
export function shareLeft({ cap, pending }: StoredActor, released: Amounts, settled: Amounts): Amounts {
  if (cap === null) return NO_SHARE;
  const held = [...pending.values()].flatMap(({ grant }) => grant ?? []);
  const sum = (of: (one: Amounts) => number): number => held.reduce((total, one) => total + of(one), 0);
  return {
    tokens:
      (cap.tokensMax ?? NO_SHARE.tokens) - cap.tokens - sum(({ tokens }) => tokens) + released.tokens - settled.tokens,
    nanoUsd:
      (cap.nanoUsdMax ?? NO_SHARE.nanoUsd) -
      cap.nanoUsd -
      sum(({ nanoUsd }) => nanoUsd) +
      released.nanoUsd -
      settled.nanoUsd,
  };
}

export function ofShare({ cap }: StoredActor, { tokens, nanoUsd }: Amounts): void {
  if (cap === null) return;
  cap.tokens += tokens;
  cap.nanoUsd += nanoUsd;
}

export function writeRare(inside: Inside, run: StoredRun, shard: StoredShard, one: Commit, atMs: number): void {
  const now = Math.floor(atMs);
  const revoke = (result: string, facts: { readonly reason: string; readonly by: string }): void => {
    const envelope = revokedEnvelope(run.results.get(result) ?? "", { ...facts, at: now });
    if (envelope !== null) run.results.set(result, envelope);
  };
  for (const order of one.fenced) {
    const address = { run: one.address.run, actor: order.actor, type: order.type };
    if (fence(inside, run, shard, address, order.reason, atMs))
      revoke(resultId(order.actor), fencedResult(order.reason));
    withdrawOf(run, shard, one.address.run, `${order.actor}/${order.type}`, order.reason, now);
  }
  for (const { result, ...facts } of one.revoked) revoke(result, facts);
  for (const { id, json } of one.letters) {
    const [letter, member, task, reason, order] = letterFields(one.address.run, id, json);
    shard.dead.push({ id: letter, kind: "task", member, task, reason, order, at: String(now) });
  }
  for (const { task, json } of one.briefs) run.briefs.set(task, json);
  for (const { actor, budget } of sharesOf(one)) {
    const born = actorNamed(run, actor);
    born.seen = true;
    born.cap = { ...budget, tokens: 0, nanoUsd: 0 };
  }
}

function fence(
  { ring, shardOf, flaws }: Inside,
  run: StoredRun,
  shard: StoredShard,
  address: Address,
  reason: string,
  now: number,
): boolean {
  const actor = actorNamed(run, address.actor);
  if (actor.fenced !== null) return false;
  actor.seen = true;
  actor.mailbox.length = 0;
  for (const [id, { json, grant }] of actor.pending) {
    if (grant !== null) charge(run.budget, grant);
    if (!json.includes('"place":')) actor.pending.delete(id);
  }
  for (const effect of actor.pending.values()) {
    effect.held = null;
    effect.found = 0;
  }
  if (flaws.idleFence !== true) {
    actor.fenced = reason;
    actor.epoch += 1;
  }
  if (actor.pending.size > 0) shard.ready.set(memberOf(address), now);
  else shard.ready.delete(memberOf(address));
  ring(shardOf(address.run), `${address.run}/${address.actor}`);
  return true;
}

function withdrawOf(run: StoredRun, shard: StoredShard, id: string, member: string, reason: string, now: number): void {
  for (const [field, facts] of run.approvals) {
    const approval = /^(.*)#s$/s.exec(field)?.[1];
    if (approval === undefined || /^\d+ \d+ \S+ (\S+) /.exec(facts)?.[1] !== member) continue;
    if (run.approvals.has(`${approval}#a`)) continue;
    run.approvals.set(`${approval}#a`, `${opened(withdrawnRow(reason))},"at":${now}}`);
    shard.timers.delete(`${id}/${member}|approval:${approval}|0`);
    add(run.fields, "asking", -1);
  }
}

export function isWanted({ memory }: Inside, id: string, actor: string): boolean {
  const run = memory.runs.get(id);
  return run?.fields.get("status") === "running" && (run.snapshots.get(actor)?.fenced ?? null) === null;
}

export function unwound({ memory, shardOf }: Inside, address: Address, effects: readonly string[]): void {
  const actor = memory.runs.get(address.run)?.snapshots.get(address.actor);
  if (actor === undefined || actor.fenced === null) return;
  for (const id of effects) actor.pending.delete(id);
  if (actor.pending.size > 0) return;
  const shard = shardNamed(memory, shardOf(address.run));
  shard.ready.delete(memberOf(address));
  shard.stranded.delete(memberOf(address));
  actor.mailbox.length = 0;
}

/** COMMIT in memory: see `infra/redis/scripts/commit.lua`. Everything is judged before the first write. */
import { type Commit, type CommitAnswer, type Grant, memberOf, type Reservation } from "../../../infra/store.ts";
import { StoreError } from "../../../infra/store-error.ts";
import { ask } from "./approvals.ts";
import { type Inside, mailText } from "./inside.ts";
import { ofShare, shareLeft, writeRare } from "./rare.ts";
import { actorNamed, add, amount, charge, chargeAll, type StoredActor, type StoredRun, shardNamed } from "./state.ts";

const NOTHING: Grant = { outTokens: 0, tokens: 0, nanoUsd: 0 };

export function commit(inside: Inside, one: Commit): CommitAnswer {
  const { memory, shardOf, flaws } = inside;
  if (one.events < 1) throw new StoreError("broken", "EVENTLESS a commit tells at least one event");
  const run = memory.runs.get(one.address.run);
  const status = run?.fields.get("status");
  if (run === undefined || status === undefined) return { kind: "no_run" };
  const actor = actorNamed(run, one.address.actor);
  if (flaws.noCommitId !== true && actor.last?.id === one.id) return again(run, actor, one);
  const refusal = refused(inside, run, actor, one);
  if (refusal !== null) {
    leak(inside, run, one);
    return refusal;
  }
  const money = moneyFor(inside, run, actor, one);
  if ("kind" in money) return money;
  return write({ inside, run, actor, one, ...money, now: inside.nowMs(), tag: shardOf(one.address.run) });
}

function again(run: StoredRun, actor: StoredActor, one: Commit): CommitAnswer {
  return {
    kind: "committed",
    firstSeq: actor.last?.firstSeq ?? 0,
    mailLeft: actor.mailbox.length,
    held: run.fields.has("hold"),
    runStatus: run.fields.get("status") ?? "",
    transcriptLength: actor.last?.length ?? 0,
    grants: one.effects.flatMap(({ id, reserve }) =>
      reserve === null ? [] : [actor.pending.get(id)?.grant ?? NOTHING],
    ),
  };
}

function refused({ memory, shardOf, flaws }: Inside, run: StoredRun, actor: StoredActor, one: Commit) {
  const status = run.fields.get("status") as string;
  if (status !== "running" && flaws.noEnd !== true) return { kind: "ended", status } as const;
  if (flaws.noFence !== true) {
    const { epoch, nonce } = one.fence;
    if (!actor.seen || actor.epoch !== epoch) return { kind: "fenced" } as const;
    if (actor.nonce !== nonce && flaws.noNonce !== true) return { kind: "fenced" } as const;
    if (actor.incarnation !== shardNamed(memory, shardOf(one.address.run)).incarnation)
      return { kind: "fenced" } as const;
  }
  if (actor.version !== one.version) return { kind: "conflict", version: actor.version } as const;
  if (flaws.noCause === true) return null;
  const there =
    "mail" in one.by
      ? actor.mailbox[0]?.startsWith(`{"id":${JSON.stringify(one.by.mail)}`) === true
      : actor.pending.has(one.by.effect);
  return there ? null : ({ kind: "gone" } as const);
}

/** What flawed stores do for a commit that they then refuse. */
function leak({ flaws, nowMs }: Inside, run: StoredRun, one: Commit): void {
  if (flaws.unfencedReserve === true) {
    for (const { reserve } of one.effects)
      if (reserve !== null) add(run.budget, "heldTokens", reserve.inTokens + reserve.outTokensWanted);
  }
  if (flaws.unfencedSettle === true && one.settle !== null) add(run.budget, "tokens", one.settle.tokens);
  if (flaws.unfencedAudit === true) run.audit.push(...one.audit);
  if (flaws.unfencedLog === true) tell(run, one, null, nowMs());
}

interface Money {
  readonly grants: readonly (Grant & { readonly effect: string })[];
  readonly released: { readonly tokens: number; readonly nanoUsd: number };
  readonly settled: { readonly tokens: number; readonly nanoUsd: number };
}

/** What this cause settles is free again before what it asks for is granted. */
function moneyFor({ flaws }: Inside, run: StoredRun, actor: StoredActor, one: Commit): Money | CommitAnswer {
  const held = "effect" in one.by ? (actor.pending.get(one.by.effect)?.grant ?? null) : null;
  const released = held ?? NOTHING;
  const settled = one.settle ?? released;
  const { budget } = run;
  const left = (limit: string, spent: string, out: string, back: number): number =>
    budget.has(limit) && flaws.noLimit !== true
      ? amount(budget, limit) - amount(budget, spent) - amount(budget, out) + back
      : Number.POSITIVE_INFINITY;
  const share = shareLeft(actor, released, settled);
  let tokensLeft = Math.min(left("tokensMax", "tokens", "heldTokens", released.tokens - settled.tokens), share.tokens);
  let nanoLeft = Math.min(left("nanoMax", "nano", "heldNano", released.nanoUsd - settled.nanoUsd), share.nanoUsd);
  const grants: (Grant & { effect: string })[] = [];
  for (const { id, reserve } of one.effects) {
    if (reserve === null) continue;
    const outTokens = affordable(reserve, tokensLeft, nanoLeft);
    if (outTokens < reserve.outTokensLeast)
      return { kind: "refused", tokensLeft: leftOrNull(tokensLeft), nanoUsdLeft: leftOrNull(nanoLeft) };
    const tokens = reserve.inTokens + outTokens;
    const nanoUsd = reserve.inTokens * reserve.inNanoUsd + outTokens * reserve.outNanoUsd;
    tokensLeft -= tokens;
    nanoLeft -= nanoUsd;
    grants.push({ effect: id, outTokens, tokens, nanoUsd });
  }
  return { grants, released, settled };
}

function affordable(reserve: Reservation, tokensLeft: number, nanoLeft: number): number {
  const { inTokens, outTokensWanted, inNanoUsd, outNanoUsd } = reserve;
  const prompt = inTokens * inNanoUsd;
  let out = Math.min(outTokensWanted, tokensLeft - inTokens);
  if (prompt > nanoLeft) out = -1;
  if (outNanoUsd > 0) out = Math.min(out, Math.floor((nanoLeft - prompt) / outNanoUsd));
  return out;
}

const leftOrNull = (left: number): number | null => (left === Number.POSITIVE_INFINITY ? null : Math.max(0, left));

interface Writing extends Money {
  readonly inside: Inside;
  readonly run: StoredRun;
  readonly actor: StoredActor;
  readonly one: Commit;
  readonly now: number;
  readonly tag: string;
}

function write(writing: Writing): CommitAnswer {
  const { inside, run, actor, one, grants, now, tag } = writing;
  const said = actor.transcript.length;
  const told = grants.map(({ effect, outTokens, tokens, nanoUsd }) => `${effect} ${outTokens} ${tokens} ${nanoUsd}`);
  const firstSeq = tell(run, one, told.length === 0 ? null : told.join(","), now);
  if (one.machine !== null && one.machine !== "") actor.machine = one.machine;
  actor.version = one.version + 1;
  actor.last = { id: one.id, firstSeq, length: said };
  actor.core = one.core;
  for (const [row, json] of one.rows) actor.rows.set(row, json);
  actor.transcript.push(...one.transcript);
  if (one.session !== null && one.session !== "") actor.session = one.session;
  if ("mail" in one.by) actor.mailbox.shift();
  else actor.pending.delete(one.by.effect);
  ofShare(actor, writing.settled);
  settle(writing);
  order(writing);
  deliver(writing);
  writeRare(inside, run, shardNamed(inside.memory, tag), one, now);
  const shard = shardNamed(inside.memory, tag);
  if (actor.mailbox.length === 0 && actor.pending.size === 0) shard.ready.delete(memberOf(one.address));
  else relist(shard.ready, memberOf(one.address), now);
  if (one.runEnd !== null) {
    chargeAll(run.budget);
    run.fields.set("status", one.runEnd.status).set("endedAt", String(now));
    run.fields.set("reasons", JSON.stringify(one.runEnd.reasons));
    shard.ended.set(one.address.run, now);
  }
  return {
    kind: "committed",
    firstSeq,
    mailLeft: actor.mailbox.length,
    held: run.fields.has("hold"),
    runStatus: run.fields.get("status") as string,
    transcriptLength: said,
    grants: grants.map(({ outTokens, tokens, nanoUsd }) => ({ outTokens, tokens, nanoUsd })),
  };
}

/** One that is on the list is put there anew only when its time is as old as this, in milliseconds. */
const FRESH_MS = 500;

function relist(ready: Map<string, number>, member: string, now: number): void {
  const listed = ready.get(member);
  if (listed === undefined || now - listed > FRESH_MS) ready.set(member, now);
}

/** Draws the sequence numbers of its events and appends the entry. */
function tell(run: StoredRun, one: Commit, grants: string | null, atMs: number): number {
  const last = Number(run.fields.get("seq")) + one.events;
  run.fields.set("seq", String(last));
  const firstSeq = last - one.events + 1;
  run.log.push({ firstSeq, atMs, member: memberOf(one.address), body: one.entry, grants });
  return firstSeq;
}

function settle({ run: { budget }, one, grants, released, settled }: Writing): void {
  add(
    budget,
    "heldTokens",
    grants.reduce((sum, { tokens }) => sum + tokens, -released.tokens),
  );
  add(
    budget,
    "heldNano",
    grants.reduce((sum, { nanoUsd }) => sum + nanoUsd, -released.nanoUsd),
  );
  add(budget, "tokens", settled.tokens);
  add(budget, "nano", settled.nanoUsd);
  if (one.settle === null) return;
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, calls, unpriced } = one.settle;
  const counters = {
    input: inputTokens,
    output: outputTokens,
    cacheRead: cacheReadTokens,
    cacheWrite: cacheWriteTokens,
  };
  for (const [field, by] of Object.entries({ ...counters, calls, unpriced })) add(budget, field, by);
}

function order({ inside: { flaws }, run, actor, one, grants }: Writing): void {
  const held = run.fields.has("hold") && flaws.noHeldMark !== true ? "1" : null;
  for (const { id, json } of one.effects) {
    const found = grants.find(({ effect }) => effect === id);
    const grant =
      found === undefined ? null : { outTokens: found.outTokens, tokens: found.tokens, nanoUsd: found.nanoUsd };
    actor.pending.set(id, { json, grant, held, found: 0 });
  }
  for (const id of one.effectsDropped) {
    const grant = actor.pending.get(id)?.grant ?? null;
    if (grant !== null && flaws.leakyDrop !== true) {
      charge(run.budget, grant);
      ofShare(actor, grant);
    }
    actor.pending.delete(id);
  }
}

function deliver({ inside, run, one, now, tag }: Writing): void {
  const { memory, ring, flaws } = inside;
  const shard = shardNamed(memory, tag);
  const member = memberOf(one.address);
  for (const { actor, row } of one.spawned) run.actors.set(actor, row);
  for (const { to, type, mail } of one.messages) {
    actorNamed(run, to).mailbox.push(mailText(mail));
    if (flaws.noReady !== true) shard.ready.set(`${one.address.run}/${to}/${type}`, now);
    ring(tag, `${one.address.run}/${to}`);
  }
  for (const { id, armedBy } of one.timersCancelled) shard.timers.delete(`${member}|${id}|${armedBy}`);
  if (flaws.noTimers !== true)
    for (const { id, delayMs, armedBy } of one.timersSet) shard.timers.set(`${member}|${id}|${armedBy}`, now + delayMs);
  for (const { id, json } of one.results) run.results.set(id, json);
  run.audit.push(...one.audit);
  ask(inside, run, shard, one, now);
}

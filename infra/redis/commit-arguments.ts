/** Lays a commit out as the flat list that `scripts/commit.lua` reads. The order here and there is one contract. */
import { type InsideEffect, resultId } from "../../machines/effect.ts";
import type { Address, BudgetLimits, Commit, Mail } from "../store.ts";
import { COORDINATOR_ACTOR, memberOf } from "../store.ts";
import type { Keys } from "./keys.ts";
import { laidStep, laidText } from "./packed.ts";
import { shortened } from "./shortened.ts";
import { laidRow, NO_LIMIT, storedEntry, storedId, storedOrder } from "./stored-actor.ts";
import { type LaidSession, laidSession } from "./stored-session.ts";
import type { Argument } from "./wire.ts";

/** A mail is recognised by how it begins, so its id comes first. */
export const mailText = ({ id, ...rest }: Mail): string => JSON.stringify({ id, ...rest });
const mailOpening = (id: string): string => `{"id":${JSON.stringify(id)}`;

/** JSON whose closing brace the script writes, behind what only it knows: the time. */
export const opened = (fields: Readonly<Record<string, unknown>>): string => JSON.stringify(fields).slice(0, -1);

interface Names {
  readonly keys: readonly string[];
  readonly base: string;
  readonly bell: string;
  readonly member: string;
}

/** The same for all commits of one activation, which all bear the same address. */
const known = new WeakMap<Keys, WeakMap<Address, Names>>();

function namesOf(keys: Keys, address: Address): Names {
  const ofKeys = known.get(keys) ?? new WeakMap<Address, Names>();
  known.set(keys, ofKeys);
  const before = ofKeys.get(address);
  if (before !== undefined) return before;
  const names = {
    keys: keyList(keys, address),
    base: keys.base(address.run),
    bell: keys.shard(keys.shardOf(address.run)).bell,
    member: memberOf(address),
  };
  ofKeys.set(address, names);
  return names;
}

export const commitKeys = (keys: Keys, { address }: Commit): readonly string[] => namesOf(keys, address).keys;

function keyList(keys: Keys, { run, actor }: Address): readonly string[] {
  const ofRun = keys.run(run);
  const ofActor = keys.actor(run, actor);
  const shard = keys.shard(keys.shardOf(run));
  return [
    ofRun.run,
    ofRun.log,
    ofActor.snapshot,
    ofActor.transcript,
    ofActor.mailbox,
    ofActor.pending,
    ofRun.budget,
    ofRun.results,
    ofRun.audit,
    ofRun.actors,
    shard.ready,
    shard.timers,
    shard.ended,
    shard.incarnation,
    ofRun.blobs,
    ofRun.approvals,
  ];
}

export function commitArguments(keys: Keys, commit: Commit): Argument[] {
  const { address, fence, by, settle, runEnd } = commit;
  const names = namesOf(keys, address);
  const session = commit.session === null ? null : laidSession(commit.session);
  const args: Argument[] = [
    commit.id,
    fence.epoch,
    fence.nonce,
    commit.version,
    names.base,
    names.bell,
    names.member,
    "mail" in by ? "mail" : "effect",
    "mail" in by ? mailOpening(by.mail) : storedId(address, by.effect),
    laidStep(storedEntry(address, commit.entry)),
    commit.events,
    shortened(commit.core),
    commit.machine ?? "",
    session?.own ?? "",
    runEnd?.status ?? "",
    runEnd === null ? "" : JSON.stringify(runEnd.reasons),
    settle?.tokens ?? 0,
    settle?.nanoUsd ?? 0,
    settle === null
      ? ""
      : `${settle.inputTokens} ${settle.outputTokens} ${settle.cacheReadTokens} ${settle.cacheWriteTokens} ${settle.calls} ${settle.unpriced}`,
  ];
  const list = <Item>(items: readonly Item[], fields: (item: Item) => readonly Argument[]): void => {
    args.push(items.length);
    for (const item of items) for (const field of fields(item)) args.push(field);
  };
  list(commit.rows.size === 0 ? [] : [...commit.rows], ([field, json]) => [field, laidRow(field, json)]);
  list(commit.transcript, (entry) => [laidText(entry)]);
  list(commit.messages, ({ to, type, mail }) => [to, type, mailText(mail)]);
  list(commit.spawned, ({ actor, type, row }) => [actor, type, row]);
  list(commit.timersSet, ({ id, delayMs, armedBy }) => [id, delayMs, armedBy]);
  list(commit.timersCancelled, ({ id, armedBy }) => [id, armedBy]);
  list(commit.effects, (effect) => effectFields(address, effect));
  list(commit.effectsDropped, (id) => [storedId(address, id)]);
  list(commit.results, ({ id, json }) => [id, json]);
  list(commit.audit, (json) => [laidStep(json)]);
  list(blobsOf(commit, session), (blob) => blob);
  list(commit.approvals, ({ id, json, call, hash, ttlMs, audit }) => [
    id,
    laidStep(json),
    call,
    hash,
    ttlMs,
    opened(audit),
  ]);
  list(commit.withdrawn, ({ id, reason }) => [id, opened(withdrawnRow(reason))]);
  if (isRare(commit)) {
    list(commit.fenced, fencedFields);
    list(commit.revoked, ({ result, reason, by }) => [result, opened({ reason, by })]);
    list(commit.letters, ({ id, json }) => letterFields(address.run, id, json));
    list(commit.briefs, ({ task, json }) => [task, laidText(json)]);
    list(sharesOf(commit), ({ actor, budget }) => [actor, budget.tokensMax ?? NO_LIMIT, budget.nanoUsdMax ?? NO_LIMIT]);
  }
  return args;
}

const fencedFields = ({ actor, type, reason }: Commit["fenced"][number]): readonly Argument[] => [
  ...[actor, type, reason],
  opened(withdrawnRow(reason)),
  resultId(actor),
  opened(fencedResult(reason)),
];

const effectFields = (address: Address, { id, json, reserve }: Commit["effects"][number]): readonly Argument[] =>
  reserve === null
    ? [storedId(address, id), storedOrder(json), "", "", "", "", ""]
    : [
        storedId(address, id),
        storedOrder(json),
        reserve.inTokens,
        reserve.outTokensWanted,
        reserve.outTokensLeast,
        reserve.inNanoUsd,
        reserve.outNanoUsd,
      ];

const NO_BLOBS: readonly (readonly Argument[])[] = [];

function blobsOf({ blobs }: Commit, session: LaidSession | null): readonly (readonly Argument[])[] {
  const shared = session?.shared ?? null;
  if (blobs.length === 0 && shared === null) return NO_BLOBS;
  const texts = blobs.map(({ sha256, text }) => [sha256, laidText(text)]);
  return shared === null ? texts : [...texts, [shared.name, shared.laid]];
}

/** What few commits carry; the others do not even bring its counts. */
const isRare = (commit: Commit): boolean =>
  commit.fenced.length + commit.revoked.length + commit.letters.length + commit.briefs.length > 0 ||
  sharesOf(commit).length > 0;

const NONE: readonly Share[] = [];

interface Share {
  readonly actor: string;
  readonly budget: BudgetLimits;
}

/** Newborn actors that may have only so much of the run's budget. */
export function sharesOf({ spawned }: Commit): readonly Share[] {
  if (spawned.length === 0) return NONE;
  return spawned.flatMap(({ actor, budget = {} }) =>
    budget.tokensMax === undefined && budget.nanoUsdMax === undefined ? [] : [{ actor, budget }],
  );
}

/** What is stored of an approval that nobody needs to answer any more; the store adds the time. */
export const withdrawnRow = (reason: string) => ({ status: "withdrawn", by: "run", reason });

/** What is stored of a result whose agent was taken out before anybody counted it. */
export const fencedResult = (reason: string) => ({
  reason: `its agent was taken out: ${reason}`,
  by: COORDINATOR_ACTOR,
});

/** Id, member, task, reason and order. Where nobody was ever born for the task, `-` stands in the actor's place. */
export function letterFields(run: string, id: string, json: string): [string, string, string, string, string] {
  const { actor, agentType, task, reasons } = JSON.parse(json) as Extract<InsideEffect, { type: "letter.put" }>;
  return [id, memberOf({ run, actor: actor ?? "-", type: agentType }), task, reasons.join("; "), json];
}

/** Lays a commit out as the flat list that `scripts/commit.lua` reads. The order here and there is one contract. */
import type { Commit, Mail } from "../store.ts";
import { memberOf } from "../store.ts";
import type { Keys } from "./keys.ts";
import { packed } from "./packed.ts";
import { shortened } from "./shortened.ts";
import { storedEntry, storedId, storedOrder } from "./stored-actor.ts";

type Argument = string | number | Buffer;

/** A mail is recognised by how it begins, so its id comes first. */
export const mailText = ({ id, ...rest }: Mail): string => JSON.stringify({ id, ...rest });
const mailOpening = (id: string): string => `{"id":${JSON.stringify(id)}`;

/** JSON whose closing brace the script writes, behind what only it knows: the time. */
export const opened = (fields: Readonly<Record<string, unknown>>): string => JSON.stringify(fields).slice(0, -1);

export function commitKeys(keys: Keys, { address: { run, actor } }: Commit): string[] {
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
    ofActor.session,
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
  const args: Argument[] = [
    commit.id,
    fence.epoch,
    fence.nonce,
    commit.version,
    keys.base(address.run),
    keys.shard(keys.shardOf(address.run)).bell,
    memberOf(address),
    "mail" in by ? "mail" : "effect",
    "mail" in by ? mailOpening(by.mail) : storedId(address, by.effect),
    packed(storedEntry(address, commit.entry)),
    commit.events,
    shortened(commit.core),
    commit.machine ?? "",
    packed(commit.session ?? ""),
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
    for (const item of items) args.push(...fields(item));
  };
  list([...commit.rows], (row) => row);
  list(commit.transcript, (entry) => [packed(entry)]);
  list(commit.messages, ({ to, type, mail }) => [to, type, mailText(mail)]);
  list(commit.spawned, ({ actor, type, row }) => [actor, type, row]);
  list(commit.timersSet, ({ id, delayMs, armedBy }) => [id, delayMs, armedBy]);
  list(commit.timersCancelled, ({ id, armedBy }) => [id, armedBy]);
  list(commit.effects, ({ id, json, reserve }) =>
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
        ],
  );
  list(commit.effectsDropped, (id) => [storedId(address, id)]);
  list(commit.results, ({ id, json }) => [id, json]);
  list(commit.audit, (json) => [packed(json)]);
  list(commit.blobs, ({ sha256, text }) => [sha256, packed(text)]);
  list(commit.approvals, ({ id, json, call, hash, ttlMs, audit }) => [id, json, call, hash, ttlMs, opened(audit)]);
  list(commit.withdrawn, ({ id, reason }) => [id, opened({ status: "withdrawn", by: "run", reason })]);
  return args;
}

/**
 * The one place that builds Redis keys and channel names. All keys of a run carry their shard's hash tag, so that one
 * script can touch every actor of a run, on a cluster too.
 */
import { fnv1a } from "../../machines/fnv1a.ts";

/** Shards a prefix is spread over. Changing it orphans every stored run. */
const SHARDS = 64;

export interface RunKeys {
  readonly run: string;
  readonly log: string;
  readonly budget: string;
  readonly results: string;
  readonly audit: string;
  readonly actors: string;
  readonly briefs: string;
  /** Texts too long for a conversation, by their SHA-256, and what sessions have in common (`stored-session.ts`). */
  readonly blobs: string;
  /** Ids of messages that came from outside, for dedupe. */
  readonly sent: string;
  /** What somebody was asked about, and what became of it. */
  readonly approvals: string;
  /** Rights given while it ran, and those taken back. */
  readonly grants: string;
}

export interface ActorKeys {
  readonly snapshot: string;
  readonly transcript: string;
  readonly mailbox: string;
  readonly pending: string;
}

export interface ShardKeys {
  readonly ready: string;
  readonly stranded: string;
  readonly timers: string;
  readonly dead: string;
  readonly runs: string;
  readonly ended: string;
  /** The server process this shard was last seen on, and how often another history may have taken its place. */
  readonly incarnation: string;
  /** Held by the process that archives and erases this shard's ended runs; expires by itself. */
  readonly tidying: string;
  /** Channel that names recipients as they get mail: `run/actor` where the sender wakes them itself, `run/actor/type` where a worker must. */
  readonly bell: string;
}

export interface Keys {
  readonly prefix: string;
  /** Every shard's tag, `s00` … `s63`. */
  readonly shards: readonly string[];
  shardOf(run: string): string;
  shard(tag: string): ShardKeys;
  /** Start of every key of the run; scripts add `:<actor>:mailbox` for recipients. */
  base(run: string): string;
  run(run: string): RunKeys;
  actor(run: string, actor: string): ActorKeys;
  readonly workers: string;
  /** Place → when a worker of it was last seen. */
  readonly hosts: string;
  /** What was approved: tools, servers, skills, profiles, a field each. */
  readonly pins: string;
  /** Names of the breakers that are known, by when they are forgotten; and the record of one. */
  readonly breakers: string;
  breaker(name: string): string;
  readonly bellPattern: string;
}

export function keysFor(prefix: string): Keys {
  const shards = Array.from({ length: SHARDS }, (_, index) => `s${String(index).padStart(2, "0")}`);
  const shardOf = (run: string): string => shards[fnv1a(run) % SHARDS] as string;
  const base = (run: string): string => `${prefix}:{${shardOf(run)}}:${run}`;
  const shardBase = (tag: string): string => `${prefix}:{${tag}}`;
  return {
    prefix,
    shards,
    shardOf,
    base,
    shard: (tag) => ({
      ready: `${shardBase(tag)}:ready`,
      stranded: `${shardBase(tag)}:stranded`,
      timers: `${shardBase(tag)}:timers`,
      dead: `${shardBase(tag)}:dead`,
      runs: `${shardBase(tag)}:runs`,
      ended: `${shardBase(tag)}:ended`,
      incarnation: `${shardBase(tag)}:incarnation`,
      tidying: `${shardBase(tag)}:tidying`,
      bell: `${shardBase(tag)}:bell`,
    }),
    run: (run) => ({
      run: base(run),
      log: `${base(run)}:log`,
      budget: `${base(run)}:budget`,
      results: `${base(run)}:results`,
      audit: `${base(run)}:audit`,
      actors: `${base(run)}:actors`,
      briefs: `${base(run)}:briefs`,
      blobs: `${base(run)}:blobs`,
      sent: `${base(run)}:sent`,
      approvals: `${base(run)}:approvals`,
      grants: `${base(run)}:grants`,
    }),
    // The names that every step writes are short: each is in the append-only file several times a turn.
    actor: (run, actor) => ({
      snapshot: `${base(run)}:${actor}:s`,
      transcript: `${base(run)}:${actor}:t`,
      mailbox: `${base(run)}:${actor}:mailbox`,
      pending: `${base(run)}:${actor}:p`,
    }),
    workers: `${prefix}:{d}:workers`,
    hosts: `${prefix}:{d}:hosts`,
    pins: `${prefix}:{d}:pins`,
    breakers: `${prefix}:{d}:breakers`,
    breaker: (name) => `${prefix}:{d}:breaker:${name}`,
    bellPattern: `${prefix}:{s*}:bell`,
  };
}

/** What the store in memory holds: the same rows that the scripts keep in Redis, as maps and lists. */
import type { Grant } from "../../../infra/store.ts";

export interface StoredEffect {
  readonly json: string;
  readonly grant: Grant | null;
  /** "1": ordered while its run was parked. A nonce: the first claim since the resume, the only one that is told so. */
  held: string | null;
  /** Claims that found it unanswered. */
  found: number;
}

export interface StoredActor {
  epoch: number;
  nonce: string | null;
  incarnation: number;
  version: number;
  /** The last commit and what its first answer said. */
  last: { readonly id: string; readonly firstSeq: number; readonly length: number } | null;
  machine: string | null;
  core: string | null;
  readonly rows: Map<string, string>;
  /** Null before the first claim. */
  claimsAt: number | null;
  claims: number;
  /** Epoch at which it was taken out of circulation. */
  quarantined: number | null;
  /** Its dead letter. */
  dead: string | null;
  /** Why it is over for good. */
  fenced: string | null;
  /** The claim that is known to be over, the event that tells so (0: it let go), and the epoch of who took the actor up. */
  lost: { readonly died: number; readonly seq: number; readonly taker: number } | null;
  /** Its share of the run's budget, and what it has used of it. */
  cap: { readonly tokensMax?: number; readonly nanoUsdMax?: number; tokens: number; nanoUsd: number } | null;
  /** True once anything of its snapshot was written. */
  seen: boolean;
  readonly mailbox: string[];
  readonly pending: Map<string, StoredEffect>;
  session: string | null;
  readonly transcript: string[];
}

export interface LogLine {
  readonly firstSeq: number;
  readonly atMs: number;
  readonly member: string;
  readonly body: string;
  readonly grants: string | null;
}

export interface StoredRun {
  readonly fields: Map<string, string>;
  readonly budget: Map<string, string>;
  readonly briefs: Map<string, string>;
  readonly results: Map<string, string>;
  /** Actors with their rows. */
  readonly actors: Map<string, string>;
  readonly sent: Map<string, number>;
  readonly log: LogLine[];
  readonly audit: string[];
  /** Fields of the hash, as Redis has them. */
  readonly approvals: Map<string, string>;
  readonly grants: Map<string, string>;
  readonly snapshots: Map<string, StoredActor>;
}

export interface StoredShard {
  /** Member → milliseconds, as in a sorted set. */
  readonly ready: Map<string, number>;
  readonly stranded: Map<string, number>;
  readonly timers: Map<string, number>;
  readonly ended: Map<string, number>;
  readonly dead: Readonly<Record<string, string>>[];
  incarnation: number;
}

export interface Memory {
  /** Ended runs keep their mailboxes; runs that never were may have them too, so the row says whether a run exists. */
  readonly runs: Map<string, StoredRun>;
  readonly shards: Map<string, StoredShard>;
}

export const emptyMemory = (): Memory => ({ runs: new Map(), shards: new Map() });

export function shardNamed(memory: Memory, tag: string): StoredShard {
  const known = memory.shards.get(tag);
  if (known !== undefined) return known;
  const made: StoredShard = {
    ready: new Map(),
    stranded: new Map(),
    timers: new Map(),
    ended: new Map(),
    dead: [],
    incarnation: 0,
  };
  memory.shards.set(tag, made);
  return made;
}

export const emptyRun = (): StoredRun => ({
  fields: new Map(),
  budget: new Map(),
  briefs: new Map(),
  results: new Map(),
  actors: new Map(),
  sent: new Map(),
  log: [],
  audit: [],
  approvals: new Map(),
  grants: new Map(),
  snapshots: new Map(),
});

/** Makes an empty one where there is none: reading a key that does not exist is no error in Redis either. */
export function actorNamed(run: StoredRun, name: string): StoredActor {
  const known = run.snapshots.get(name);
  if (known !== undefined) return known;
  const made: StoredActor = {
    epoch: 0,
    nonce: null,
    incarnation: 0,
    version: 0,
    last: null,
    machine: null,
    core: null,
    rows: new Map(),
    claimsAt: null,
    claims: 0,
    quarantined: null,
    dead: null,
    fenced: null,
    lost: null,
    cap: null,
    seen: false,
    mailbox: [],
    pending: new Map(),
    session: null,
    transcript: [],
  };
  run.snapshots.set(name, made);
  return made;
}

/** Members with a score of at most `max`, lowest first, equal ones by name: ZRANGEBYSCORE. */
export function upTo(set: ReadonlyMap<string, number>, max: number, limit: number): string[] {
  const found: [string, number][] = [];
  for (const entry of set) if (entry[1] <= max) found.push(entry);
  if (found.length > 1) found.sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
  return found.slice(0, limit).map(([member]) => member);
}

export const amount = (budget: ReadonlyMap<string, string>, field: string): number => Number(budget.get(field) ?? "0");

/** HINCRBY; a field that was never touched stays absent where nothing is added. */
export function add(budget: Map<string, string>, field: string, by: number): void {
  if (by !== 0) budget.set(field, String(amount(budget, field) + by));
}

/** Nobody will settle it any more: what it may have cost is charged in full. */
export function charge(budget: Map<string, string>, grant: Grant): void {
  for (const [field, by] of [
    ["heldTokens", -grant.tokens],
    ["heldNano", -grant.nanoUsd],
    ["tokens", grant.tokens],
    ["nano", grant.nanoUsd],
  ] as const)
    add(budget, field, by);
}

/** A run ends: nobody will settle what is still out. */
export function chargeAll(budget: Map<string, string>): void {
  const grant = { outTokens: 0, tokens: amount(budget, "heldTokens"), nanoUsd: amount(budget, "heldNano") };
  charge(budget, grant);
}

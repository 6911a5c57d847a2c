/**
 * The store over Redis: each method is one script, so that a crash leaves either all of a step or nothing of it.
 */
import type { Redis } from "ioredis";
import { FACT_BRIEF } from "../../machines/memory-item.ts";
import {
  type Address,
  addressFrom,
  type ClaimAnswer,
  type HoldAnswer,
  type Mail,
  memberOf,
  type NewRun,
  type SendAnswer,
  type Served,
  type Store,
  type Sweep,
} from "../store.ts";
import { answersOf } from "./answers.ts";
import { type CallOptions, callsOn } from "./calls.ts";
import { commitArguments, commitKeys, mailText } from "./commit-arguments.ts";
import { deathsOf } from "./deaths.ts";
import { type IncarnationOptions, incarnations } from "./incarnation.ts";
import type { Keys } from "./keys.ts";
import { outsideMailText } from "./outside-mail.ts";
import { laidText } from "./packed.ts";
import { packedRows } from "./packed-hash.ts";
import { type Scripts, scriptsOn } from "./scripts.ts";
import { claimFrom, commitAnswer, overFrom, unknownAnswer } from "./store-answers.ts";
import { FENCED, storedId } from "./stored-actor.ts";
import type { Argument } from "./wire.ts";

/** Messages a claim brings along; the rest is fetched when these are used up. */
const MAIL_BATCH = 100;
/** Messages one mailbox may hold for a sender from outside. Actors of the run are bounded by what a commit may send. */
const MAILBOX_MAX = 10_000;
/** Stranded actors of one shard that a starting worker takes a look at. */
const RETRIEVE_MAX = 10_000;
/** Members one sweep of one shard looks at. */
const SWEEP_MAX = 200;

/** A sweep that is to name nobody: only what is due counts. */
const NEVER_IDLE_MS = 3_600_000;

export interface RedisStoreOptions extends CallOptions, IncarnationOptions {}

/** Every method may be called again with the same arguments after a StoreError: what was done is not done twice. */
export function redisStore(redis: Redis, keys: Keys, options: RedisStoreOptions = {}): Store {
  const call = callsOn(redis, options);
  const incarnation = incarnations(redis, keys, options);
  const scripts = scriptsOn(redis, { ...options, incarnation });
  return {
    create: (run) => create(scripts, keys, run),
    claim: (address, nonce, served) => claim(scripts, keys, address, nonce, served),
    commit: async (commit) =>
      commitAnswer(await scripts.commit(commitKeys(keys, commit), commitArguments(keys, commit))),
    look: ({ run, actor }) =>
      call("look", async () => {
        const { mailbox, snapshot } = keys.actor(run, actor);
        const [mail, [status, held], over] = await Promise.all([
          redis.lrange(mailbox, 0, MAIL_BATCH - 1),
          redis.hmget(keys.run(run).run, "status", "hold") as Promise<[string | null, string | null]>,
          redis.hexists(snapshot, FENCED),
        ]);
        return { mail, held: held !== null, over: over === 1, runStatus: status ?? "gone" };
      }),
    isWanted: ({ run, actor }) =>
      call("isWanted", async () => {
        const [status, over] = await Promise.all([
          redis.hget(keys.run(run).run, "status"),
          redis.hexists(keys.actor(run, actor).snapshot, FENCED),
        ]);
        return status === "running" && over === 0;
      }),
    async unwound(address, effects) {
      const { snapshot, pending, mailbox } = keys.actor(address.run, address.actor);
      const { ready, stranded } = keys.shard(keys.shardOf(address.run));
      const ended = effects.map((id) => storedId(address, id));
      await scripts.unwound([snapshot, pending, mailbox, ready, stranded], [memberOf(address), ...ended]);
    },
    send: (address, mail) => send(scripts, keys, address, mail),
    hold: (run, order, reason) => hold(scripts, keys, run, order, reason),
    async reattached({ run, actor }, { epoch, nonce }) {
      const { snapshot, pending } = keys.actor(run, actor);
      await scripts.reattached([snapshot, pending], [epoch, nonce]);
    },
    sweep: (shard, idleMs) => sweep(scripts, keys, shard, idleMs),
    ...answersOf({ redis, keys, scripts, call, sweep: (shard) => sweep(scripts, keys, shard, NEVER_IDLE_MS) }),
    ...deathsOf({ redis, keys, scripts, call }),
    forget: (address) =>
      call("forget", async () => {
        await redis.zrem(keys.shard(keys.shardOf(address.run)).ready, memberOf(address));
      }),
    briefs: (run, ids) => call("briefs", () => packedRows(redis, keys.run(run).briefs, ids)),
    results: (run, ids) => call("results", () => rows(redis, keys.run(run).results, ids)),
    facts: (run) => call("facts", () => factsIn(redis, keys.run(run).briefs)),
    retrieve: (shard) => call("retrieve", () => retrieve(redis, keys, shard)),
  };
}

async function retrieve(redis: Redis, keys: Keys, tag: string): Promise<Address[]> {
  const { stranded, ready } = keys.shard(tag);
  const members = await redis.zrange(stranded, 0, RETRIEVE_MAX - 1);
  if (members.length === 0) return [];
  // A crash between the two leaves the actor on both lists, never on none; whoever cannot serve it strands it anew.
  await redis.zadd(ready, ...members.flatMap((member) => [0, member]));
  await redis.zrem(stranded, ...members);
  return members.map(addressFrom);
}

async function create(scripts: Scripts, keys: Keys, run: NewRun): Promise<"created" | "exists"> {
  const { coordinator, fields, budget, briefs } = run;
  const ofRun = keys.run(run.run);
  const shard = keys.shard(keys.shardOf(run.run));
  const limits = {
    ...(budget.tokensMax === undefined ? {} : { tokensMax: String(budget.tokensMax) }),
    ...(budget.nanoUsdMax === undefined ? {} : { nanoMax: String(budget.nanoUsdMax) }),
  };
  const flat = (record: Readonly<Record<string, string>>, laid: (value: string) => Argument = (value) => value) => [
    Object.keys(record).length,
    ...Object.entries(record).flatMap(([field, value]) => [field, laid(value)]),
  ];
  const mail: Mail = { id: "start", input: run.input };
  const answer = await scripts.create(
    [
      ofRun.run,
      ofRun.budget,
      ofRun.briefs,
      ofRun.actors,
      keys.actor(run.run, coordinator.actor).mailbox,
      shard.ready,
      shard.runs,
    ],
    [
      run.run,
      memberOf(coordinator),
      shard.bell,
      coordinator.actor,
      JSON.stringify({ type: coordinator.type }),
      mailText(mail),
      ...flat(fields),
      ...flat(limits),
      ...flat(briefs, laidText),
    ],
  );
  if (answer[0] === "OK") return "created";
  if (answer[0] === "EXISTS") return "exists";
  throw unknownAnswer("create", answer);
}

async function claim(
  scripts: Scripts,
  keys: Keys,
  address: Address,
  nonce: string,
  served: Served,
): Promise<ClaimAnswer> {
  const ofActor = keys.actor(address.run, address.actor);
  const shard = keys.shard(keys.shardOf(address.run));
  const answer = await scripts.claim(
    [
      keys.run(address.run).run,
      ofActor.snapshot,
      ofActor.mailbox,
      ofActor.pending,
      keys.run(address.run).blobs,
      ofActor.transcript,
      shard.ready,
      shard.stranded,
      shard.incarnation,
    ],
    [nonce, memberOf(address), served.bindings.join(","), MAIL_BATCH, served.place ?? "", ...served.machines],
  );
  const kind = String(answer[0]);
  if (kind === "NORUN") return { kind: "no_run" };
  if (kind === "ELSEWHERE") return { kind: "elsewhere", place: String(answer[1]) };
  if (kind === "STRANDED") {
    return { kind: "stranded", lacks: String(answer[1]) as "binding" | "machine", name: String(answer[2]) };
  }
  if (kind === "OVER") return overFrom(answer, address);
  if (kind === "OK") return { kind: "claimed", claim: claimFrom(answer, address, nonce) };
  throw unknownAnswer("claim", [kind]);
}

async function send(scripts: Scripts, keys: Keys, address: Address, mail: Mail): Promise<SendAnswer> {
  const ofRun = keys.run(address.run);
  const ofActor = keys.actor(address.run, address.actor);
  const shard = keys.shard(keys.shardOf(address.run));
  const answer = await scripts.send(
    [ofRun.run, ofRun.sent, ofActor.mailbox, shard.ready, ofActor.snapshot],
    [mail.id, outsideMailText(mail), memberOf(address), shard.bell, MAILBOX_MAX],
  );
  switch (answer[0]) {
    case "OK":
      return { kind: "sent" };
    case "AGAIN":
      return { kind: "again" };
    case "ENDED":
      return { kind: "ended", status: String(answer[1]) };
    case "FULL":
      return { kind: "full", length: Number(answer[1]) };
    case "NORUN":
      return { kind: "no_run" };
    default:
      throw unknownAnswer("send", answer);
  }
}

async function hold(
  scripts: Scripts,
  keys: Keys,
  run: string,
  order: "park" | "resume",
  reason: string,
): Promise<HoldAnswer> {
  const ofRun = keys.run(run);
  const shard = keys.shard(keys.shardOf(run));
  const event = order === "park" ? { type: "run.parked", reason } : { type: "run.resumed" };
  const [kind, ...rest] = await scripts.hold(
    [ofRun.run, ofRun.log, ofRun.actors, shard.ready],
    [order, JSON.stringify({ v: 1, events: [event] }), run, keys.base(run), shard.bell],
  );
  if (kind === "NORUN") return { kind: "no_run" };
  if (kind === "ENDED") return { kind: "ended", status: String(rest[0]) };
  if (kind !== "OK" && kind !== "SAME") throw unknownAnswer("hold", [kind]);
  return { kind: kind === "OK" ? "done" : "same", actors: rest.map((member) => addressFrom(String(member))) };
}

async function sweep(scripts: Scripts, keys: Keys, tag: string, idleMs: number): Promise<Sweep> {
  const shard = keys.shard(tag);
  const [next, ...members] = await scripts.sweep(
    [shard.ready, shard.timers],
    [`${keys.prefix}:{${tag}}:`, idleMs, SWEEP_MAX, shard.bell],
  );
  return {
    wake: members.map((member) => addressFrom(String(member))),
    nextTimerMs: Number(next) < 0 ? null : Number(next),
  };
}

async function rows(redis: Redis, key: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const values = await redis.hmget(key, ...ids);
  return new Map(ids.flatMap((id, index) => (values[index] == null ? [] : [[id, values[index]] as const])));
}

/** Two looks: what is kept between them is seen by the next one. */
async function factsIn(redis: Redis, briefs: string): Promise<ReadonlyMap<string, string>> {
  const names = await redis.hkeys(briefs);
  return packedRows(
    redis,
    briefs,
    names.filter((name) => name.startsWith(FACT_BRIEF)),
  );
}

/**
 * Writes a forked run: first its rows, out of sight and with a time to live; last, in one script, the row that makes it
 * a run. Whoever dies in between leaves no half run, and what was staged goes by itself.
 */
import type { Redis } from "ioredis";
import { SwarmError } from "../errors.ts";
import type { ForkedActor, ForkedRun } from "../fork.ts";
import { memberOf } from "../store.ts";
import { callsOn } from "./calls.ts";
import { mailText } from "./commit-arguments.ts";
import type { Keys } from "./keys.ts";
import { asGiven } from "./latin1.ts";
import { packed, packedStep } from "./packed.ts";
import { scriptsOn } from "./scripts.ts";
import { CAP, capOf, FENCED, heldFields, snapshotFields } from "./stored-actor.ts";
import { laidSession, SESSION } from "./stored-session.ts";

/** How long staged keys live, in milliseconds: far longer than any fork takes, short beside any retention. */
const STAGED_MS = 3_600_000;
/** Characters sent in one go, at most, a single larger value excepted: Redis serves nobody else meanwhile. */
const BATCH_CHARS = 1_000_000;

type Command = readonly [name: string, key: string, ...args: (string | number | Buffer)[]];

/** Throws StoreError where Redis cannot be had, SwarmError `fork.lost` where staging took longer than it may. */
export async function createFork(redis: Redis, keys: Keys, fork: ForkedRun): Promise<void> {
  const call = callsOn(redis);
  const [seconds = 0] = await call("time", () => redis.time());
  const commands = [...runCommands(keys, fork, Number(seconds) * 1_000), ...actorsCommands(keys, fork)];
  for (const batch of batches(commands)) {
    await call("fork", async () => {
      const pipeline = redis.multi();
      for (const [name, key, ...args] of batch) pipeline.call(name, key, ...args);
      for (const key of new Set(batch.map(([, key]) => key))) pipeline.pexpire(key, STAGED_MS);
      // A batch that failed as a whole rejects; one whose single command failed answers with its error.
      for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
    });
  }
  await begin(redis, keys, fork, [...new Set(commands.map(([, key]) => key))]);
}

async function begin(redis: Redis, keys: Keys, fork: ForkedRun, staged: readonly string[]): Promise<void> {
  const { run, actors, log } = fork;
  const shard = keys.shard(keys.shardOf(run));
  const member = ({ actor, type }: ForkedActor): string => memberOf({ run, actor, type });
  const fields = Object.entries({ ...fork.fields, seq: String(log.reduce((sum, { events }) => sum + events, 0)) });
  const ready = actors.filter(({ mail, pending }) => mail.length + pending.length > 0).map(member);
  const timers = actors.flatMap((one) =>
    one.timers.flatMap(({ id, armedBy, delayMs }) => [`${member(one)}|${id}|${armedBy}`, Math.ceil(delayMs)]),
  );
  const [answer, key] = await scriptsOn(redis).fork(
    [keys.run(run).run, shard.ready, shard.timers, shard.runs],
    [
      run,
      shard.bell,
      staged.length,
      ...staged,
      fields.length,
      ...fields.flat(),
      ready.length,
      ...ready,
      timers.length / 2,
      ...timers,
    ],
  );
  // "EXISTS" is the echo of our own call: the id was drawn for this fork.
  if (answer !== "LOST") return;
  throw new SwarmError("fork.lost", `what was staged for run ${run} is gone: ${String(key)}`, {
    retry: true,
    hint: "Fork again.",
  });
}

function runCommands(keys: Keys, { run, budget, briefs, results, actors, log }: ForkedRun, atMs: number): Command[] {
  const ofRun = keys.run(run);
  const limits = {
    ...(budget.tokensMax === undefined ? {} : { tokensMax: String(budget.tokensMax) }),
    ...(budget.nanoUsdMax === undefined ? {} : { nanoMax: String(budget.nanoUsdMax) }),
  };
  let seq = 1;
  return [
    ...hash(ofRun.budget, Object.entries(limits)),
    ...hash(
      ofRun.briefs,
      Object.entries(briefs).map(([task, json]) => [task, packed(json)]),
    ),
    ...hash(ofRun.results, Object.entries(results)),
    ...hash(
      ofRun.actors,
      actors.map(({ actor, row }) => [actor, row]),
    ),
    ...log.map(({ member, body, events }): Command => {
      const first = seq;
      seq += events;
      return ["XADD", ofRun.log, `${first}-0`, "t", atMs, "a", member, "b", packedStep(body)];
    }),
  ];
}

function actorsCommands(keys: Keys, { run, actors }: ForkedRun): Command[] {
  return actors.flatMap(
    ({ actor, machine, version, core, rows, transcript, session, mail, pending, fenced, budget }) => {
      const of = keys.actor(run, actor);
      return [
        ...hash(of.snapshot, snapshotFields({ machine, version, core, rows })),
        ...hash(of.snapshot, fenced === null ? [] : [[FENCED, fenced]]),
        ...hash(of.snapshot, budget === null ? [] : [[CAP, capOf(budget)]]),
        ...transcript.map((entry): Command => ["RPUSH", of.transcript, packed(entry)]),
        ...(session === null ? [] : sessionCommands(of.snapshot, keys.run(run).blobs, session)),
        ...mail.map((one): Command => ["RPUSH", of.mailbox, mailText(one)]),
        ...hash(of.pending, heldFields({ run, actor }, pending)),
      ];
    },
  );
}

function sessionCommands(snapshot: string, blobs: string, session: string): Command[] {
  const { own, shared } = laidSession(session);
  return [
    ["HSET", snapshot, SESSION, asGiven(own)],
    ...(shared === null ? [] : [["HSET", blobs, shared.name, asGiven(shared.laid)] as Command]),
  ];
}

const hash = (key: string, fields: readonly (readonly [string, string | Buffer])[]): Command[] =>
  fields.map(([field, value]) => ["HSET", key, field, value]);

function* batches(commands: readonly Command[]): Generator<Command[]> {
  let batch: Command[] = [];
  let characters = 0;
  for (const command of commands) {
    const length = command.reduce<number>((sum, part) => sum + (typeof part === "number" ? 8 : part.length), 0);
    if (batch.length > 0 && characters + length > BATCH_CHARS) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(command);
    characters += length;
  }
  if (batch.length > 0) yield batch;
}

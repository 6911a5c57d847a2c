/** `swarm revoke <result-id>`: takes a verified result back, with all that stands on it, and says what that comes to. */
import { userInfo } from "node:os";
import { createInterface } from "node:readline/promises";
import { irreversibleEffects } from "../../../actors/runtime/irreversible.ts";
import { revokeResult } from "../../../actors/runtime/revoke-result.ts";
import { entriesOf } from "../../../actors/runtime/run-log.ts";
import { runConfigSchema } from "../../../actors/runtime/run-row.ts";
import { workOf } from "../../../actors/runtime/run-work.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { endedRevocations } from "../../../infra/redis/ended-revocations.ts";
import { onlyResult, resultsCalled } from "../../../infra/redis/result-index.ts";
import { COORDINATOR_ACTOR } from "../../../infra/store.ts";
import { envelopeSchema } from "../../../machines/brief.ts";
import type { LoggedEvent } from "../../../machines/run-event.ts";
import { type Hive, openHive } from "../hive.ts";
import { harmless, printJson } from "../print.ts";
import { awaited, type Taken } from "../revocation/awaited.ts";
import { type Fall, fallOf, isDoneAgain, tasksFrom } from "../revocation/fall.ts";
import { fallLines, type LastingEffect, type Merged, mergedOf, revokedLines } from "../revocation/lines.ts";
import { notVerified, refusal } from "../revocation/refusal.ts";
import { type RevocationWish, reasonOf, wishOf } from "../revocation/wish.ts";
import { say } from "../say.ts";
import { leaveToWorker } from "./run.ts";

/** How long a living coordinator is waited for, in milliseconds. */
const WAIT_MS = 10_000;

interface Place {
  readonly run: string;
  readonly result: string;
  readonly binding: string;
  readonly ended: boolean;
  readonly parked: boolean;
  /** Number of its last event. */
  readonly seq: number;
  readonly fall: Fall;
  readonly lasting: readonly LastingEffect[];
  /** The run's work that is in the folder it was for, the falling part among it. */
  readonly merged: Merged | null;
}

export async function act([id = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const wish = wishOf(id, flags);
  const hive = await openHive();
  try {
    const place = await placeOf(hive, wish);
    const { run: runId, result, ended, fall, lasting, merged } = place;
    if (wish.dryRun && wish.json) {
      const { redo } = wish;
      printJson({ v: 1, runId, result, did: "nothing", redo, ended, ...fall, merged, irreversible: lasting });
      return 0;
    }
    const lines = fallLines({ runId, result, redo: wish.redo, ended, merged }, fall, lasting).map(harmless);
    if (wish.dryRun) process.stdout.write(`${lines.join("\n")}\n`);
    if (wish.dryRun) return 0;
    if (!wish.yes) for (const line of lines) say(line);
    const reason = await agreed(wish);
    if (reason !== null) return await revoke(hive, place, { ...wish, reason });
    say("nothing was revoked");
    return 0;
  } finally {
    hive.close();
  }
}

async function placeOf(hive: Hive, wish: RevocationWish): Promise<Place> {
  const wanted = wish.run === null ? null : await hive.reader.resolve(wish.run);
  const found =
    wanted === null
      ? await resultsCalled(hive.redis, hive.keys, wish.result)
      : Object.keys(await hive.reader.results(wanted)).map((result) => ({ run: wanted, result }));
  const { run, result } = onlyResult(wish.result, found);
  const fields = (await hive.reader.run(run))?.fields ?? {};
  const { status = "", binding = "", hold, seq } = fields;
  const fall = fallOf(tasksFrom(await hive.reader.rows(run, COORDINATOR_ACTOR, "tasks")), result);
  const envelopes = Object.values(await hive.reader.results(run)).map((text) => envelopeSchema.parse(JSON.parse(text)));
  if (fall === null) throw notVerified({ run, result }, envelopes.find((one) => one.id === result)?.status ?? "gone");
  const fallen = new Set(fall.results.map((one) => one.result));
  const actors = new Set([
    ...fall.agents.map(({ agent }) => agent),
    ...envelopes.filter((one) => fallen.has(one.id)).map(({ actor }) => actor),
  ]);
  const work = await workOf(hive.reader, run, fields);
  const { isolation } = runConfigSchema.pick({ isolation: true }).parse(JSON.parse(fields.config ?? "{}"));
  const merged = mergedOf(work);
  const ownTrees = isolation !== null && merged === null;
  return {
    ...{ run, result, binding, fall },
    merged,
    ended: status !== "running",
    parked: hold !== undefined,
    seq: Number(seq ?? 0),
    lasting: await irreversibleEffects(eventsOf(hive, run), actors, { ownTrees }),
  };
}

async function* eventsOf({ reader }: Hive, run: string): AsyncGenerator<LoggedEvent> {
  for await (const { events } of entriesOf(reader, run)) yield* events;
}

/** The reason, once a person has agreed; null where they said no. Without a terminal both have to stand in flags. */
async function agreed({ yes, reason, json }: RevocationWish): Promise<string | null> {
  if (yes && reason !== null) return reason;
  const asks = !json && process.stdin.isTTY === true && process.stderr.isTTY === true;
  if (!asks) {
    const missing = [...(yes ? [] : ["--yes"]), ...(reason === null ? ["--reason TEXT"] : [])].join(" and ");
    throw new SwarmError("usage.revoke", `nothing was revoked: nobody can be asked here, so say it with ${missing}`, {
      exit: 2,
      hint: "Look first: swarm revoke RESULT --dry-run. The reason is told to whoever does the work again.",
    });
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  try {
    const why = reason ?? reasonOf(await lines.question("what is wrong with it? "));
    if (yes || /^y(es)?$/i.test((await lines.question("revoke it? [y/N] ")).trim())) return why;
    return null;
  } finally {
    lines.close();
  }
}

async function revoke(hive: Hive, place: Place, wish: RevocationWish & { readonly reason: string }): Promise<number> {
  const { run, result, seq, fall } = place;
  const { reason, redo } = wish;
  const by = userInfo().username;
  const ended = endedRevocations(hive.redis, hive.keys);
  const order = { run, result, reason, by, redo };
  const outcome = await revokeResult({ store: hive.store, reader: hive.reader, ended }, order);
  const problem = refusal({ run, result }, outcome);
  if (problem !== null) throw problem;
  if (outcome.kind === "already") {
    const { by: whose, reason: why, at } = outcome.revoked;
    say(`revoked already, by ${harmless(whose)} at ${new Date(at).toISOString()}: ${harmless(why)}`);
  }
  if (outcome.kind === "asked" || outcome.kind === "asked_before") {
    await leaveToWorker(hive, place.binding);
    const waitMs = place.parked ? 0 : WAIT_MS;
    const taken = await awaited(hive.reader, run, { result, afterSeq: outcome.kind === "asked" ? seq : 0, waitMs });
    if (taken === null) return printAsked(place, wish);
    const rows = tasksFrom(await hive.reader.rows(run, COORDINATOR_ACTOR, "tasks"));
    return printRevoked(place, { ...wish, redo: redo && isDoneAgain(rows, fall.task) }, taken, "revoked");
  }
  const results = outcome.kind === "revoked" ? outcome.results : fall.results;
  return printRevoked(place, wish, { results, stopped: [] }, outcome.kind);
}

function printAsked({ run, result, parked, fall, lasting }: Place, { json, reason, redo }: RevocationWish): number {
  const how = parked
    ? `run ${run} is parked: it is revoked when the run goes on: swarm resume ${run}`
    : `run ${run} was told; it is revoked as soon as a worker takes it up: swarm logs ${run} --type result.revoked`;
  if (json) {
    printJson({ v: 1, runId: run, result, did: "asked", reason, redo, hint: how, ...fall, irreversible: lasting });
  } else process.stdout.write(`asked: ${result}; ${how}\n`);
  return 0;
}

function printRevoked(place: Place, { json, reason, redo }: RevocationWish, taken: Taken, did: string): number {
  const { run: runId, result, ended, lasting, fall, merged } = place;
  const stopped = taken.stopped.map((agent) => ({
    agent,
    task: fall.agents.find((one) => one.agent === agent)?.task ?? "",
  }));
  if (json) {
    const { results } = taken;
    printJson({ v: 1, runId, result, did, reason, redo, ended, results, stopped, merged, irreversible: lasting });
    return 0;
  }
  const about = { runId, result, redo, ended, merged };
  const lines = revokedLines({ ...about, results: taken.results, stopped, irreversible: lasting });
  process.stdout.write(`${lines.map(harmless).join("\n")}\n`);
  return 0;
}

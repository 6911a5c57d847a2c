/** What must hold once everything has come to rest: the log against the state, the books against the world. */

import { type Replay, replay } from "../../actors/runtime/replay.ts";
import { type ReadEntry, readEntry } from "../../actors/runtime/run-log.ts";
import { machines } from "../../actors/types/index.ts";
import { approvalsFrom } from "../../infra/approval.ts";
import { resultId } from "../../machines/effect.ts";
import { RUN_ENDINGS, type RunEvent } from "../../machines/run-event.ts";
import { changeOf } from "../../machines/snapshot.ts";
import type { Memory, StoredRun } from "../support/memory-store/state.ts";
import { amount } from "../support/memory-store/state.ts";
import { FORGER } from "./client.ts";
import type { World } from "./gate.ts";
import { UNSAFE_TOOL } from "./imitation.ts";
import { type Books, hasEnded } from "./oracle.ts";

export interface Rest {
  readonly memory: Memory;
  readonly books: Books;
  readonly world: World;
  readonly runs: readonly string[];
  /** Actors into whose mailbox something deadly was put. */
  readonly poisoned: ReadonlySet<string>;
  /** Whether logs are read by schema and folded again; it costs as much as the rest of the simulation. */
  readonly deep: boolean;
  readonly violation: (what: string) => void;
}

export async function checkAtRest(rest: Rest): Promise<void> {
  for (const id of rest.runs) {
    const run = rest.memory.runs.get(id);
    if (run === undefined) {
      rest.violation(`${id} was never created`);
      continue;
    }
    const events = logHolds(id, run, rest);
    if (rest.deep) await replays(id, run, rest);
    mailWent(id, run, rest);
    nothingHeld(id, run, rest);
    worldAgrees(events, rest);
    auditHolds(id, run, rest);
    approvalsHold(id, run, events, rest);
    fencedCountNowhere(id, run, rest);
  }
  for (const [effect, times] of rest.world.byEffect)
    if (times > 1) rest.violation(`unsafe effect ${effect} happened ${times} times`);
  for (const [call, times] of rest.world.byCall)
    if (times > 1) rest.violation(`unsafe call ${call} happened ${times} times`);
  // Whoever lives in the same process as something deadly may die of it too often.
  for (const member of rest.books.quarantined)
    if (rest.poisoned.size === 0) rest.violation(`${member} was quarantined although nothing in it was deadly`);
}

/** Gapless, every commit in it, ended once. */
function logHolds(id: string, run: StoredRun, { violation, books }: Rest): RunEvent[] {
  const told: RunEvent[] = [];
  let next = 1;
  let steps = 0;
  for (const { firstSeq, body } of run.log) {
    if (firstSeq !== next) violation(`the log of ${id} goes on at ${firstSeq} after ${next - 1}`);
    const { events, cause } = JSON.parse(body) as { events: RunEvent[]; cause?: unknown };
    if (cause !== undefined) steps += 1;
    next = firstSeq + events.length;
    told.push(...events);
  }
  if (Number(run.fields.get("seq")) !== next - 1)
    violation(`${id} counts ${run.fields.get("seq")} events of ${next - 1}`);
  const endings = told.filter(({ type }) => RUN_ENDINGS.has(type)).map(({ type }) => type);
  const status = run.fields.get("status");
  if (endings.length !== 1 || endings[0] !== `run.${status}`)
    violation(`${id} is ${status} and its log ends with [${endings}]`);
  const written = books.commits.filter(({ address }) => address.run === id).length;
  if (written !== steps) violation(`${id} has ${steps} steps in its log for ${written} commits`);
  return told;
}

/** What an agent reported before it was fenced, and before anybody had heard of it, is no result. */
function fencedCountNowhere(id: string, run: StoredRun, { violation }: Rest): void {
  for (const [actor, { fenced }] of run.snapshots) {
    const envelope = fenced === null ? undefined : run.results.get(resultId(actor));
    if (envelope?.includes('"status":"verified"') === true)
      violation(`${actor} of ${id} was fenced, and its result counts`);
  }
}

/** Read by schema and folded again it gives every hash, and the states that are stored. */
async function replays(id: string, run: StoredRun, rest: Rest): Promise<void> {
  const again = await replay(each(run.log.map(readEntry)), machines);
  if (again.mismatch !== null) rest.violation(`the log of ${id} replays otherwise: ${JSON.stringify(again.mismatch)}`);
  stateIsInLog(id, run, again.moment, rest);
}

async function* each(entries: readonly ReadEntry[]): AsyncGenerator<ReadEntry> {
  yield* entries;
}

/** What is stored of every actor is what its entries lead to. */
function stateIsInLog(id: string, run: StoredRun, { actors }: Replay["moment"], { violation }: Rest): void {
  for (const [name, { core, rows, version, pending, machine, fenced }] of run.snapshots) {
    if (core === null) continue;
    const replayed = actors.get(name);
    const shape = machines.get(machine ?? "")?.shape;
    if (replayed?.state == null || shape === undefined || replayed.version !== version) {
      violation(`${id}/${name} is stored at version ${version}, its log leads to ${replayed?.version}`);
      continue;
    }
    const whole = changeOf(null, replayed.state, shape);
    const sameRows =
      whole.rowsSet.size === rows.size && [...whole.rowsSet].every(([row, json]) => rows.get(row) === json);
    if (whole.core !== core || !sameRows) violation(`${id}/${name} is not stored as its log says`);
    if (fenced !== null && pending.size > 0) violation(`${id}/${name} was fenced and has ${pending.size} effects out`);
    if (hasEnded(core) && pending.size > 0) violation(`${id}/${name} has ended with ${pending.size} effects out`);
  }
}

/** Every message was taken once, or lies where it was put, or with the dead letters. */
function mailWent(id: string, run: StoredRun, { books, memory, violation }: Rest): void {
  const taken = new Map<string, number>();
  const took = (key: string): void => {
    taken.set(key, (taken.get(key) ?? 0) + 1);
  };
  for (const { address, by } of books.commits)
    if (address.run === id && "mail" in by) took(`${address.actor} ${by.mail}`);
  for (const [name, { mailbox }] of run.snapshots)
    for (const text of mailbox) took(`${name} ${(JSON.parse(text) as { id: string }).id}`);
  for (const shard of memory.shards.values())
    for (const letter of shard.dead) {
      const [of, name] = (letter.member ?? "").split("/");
      if (of === id && letter.mail) took(`${name} ${(JSON.parse(letter.mail) as { id: string }).id}`);
    }
  for (const [key, ids] of books.delivered) {
    if (!key.startsWith(`${id}/`)) continue;
    // What was sent to an actor that is over is thrown away.
    if (books.fenced.has(key)) continue;
    const name = key.slice(id.length + 1);
    for (const mail of ids)
      if (taken.get(`${name} ${mail}`) !== 1)
        violation(`message ${mail} to ${key} is there ${taken.get(`${name} ${mail}`) ?? 0} times`);
  }
}

function nothingHeld(id: string, run: StoredRun, { violation }: Rest): void {
  const held = [amount(run.budget, "heldTokens"), amount(run.budget, "heldNano")];
  if (held[0] !== 0 || held[1] !== 0) violation(`${id} has ended and holds ${held[0]} tokens, ${held[1]} nano-USD`);
}

/** What the log says of unsafe effects is what happened to the world. */
function worldAgrees(events: readonly RunEvent[], { world, violation }: Rest): void {
  for (const event of events) {
    if (event.type === "tool.reconciled" && event.happened !== world.happened(event.effect))
      violation(`${event.effect} was reconciled as ${event.happened ? "happened" : "not happened"}; it is not so`);
    if ((event.type === "tool.finished" || event.type === "tool.failed") && event.tool === UNSAFE_TOOL)
      if (!world.happened(event.effect)) violation(`${event.effect} is told as ended and never happened`);
  }
}

function auditHolds(id: string, run: StoredRun, { books, violation }: Rest): void {
  const written = books.commits.filter(({ address }) => address.run === id).flatMap(({ audit }) => audit);
  // Those of answers are nobody's commit.
  const found = run.audit.filter((row) => !row.includes('"rule":"approval'));
  if (JSON.stringify(written) !== JSON.stringify(found))
    violation(`${id} has ${found.length} audit rows for ${written.length} in its commits`);
}

/** Each question has one answer at most, nobody's who saw something else; what ran without a yes was never asked about. */
function approvalsHold(id: string, run: StoredRun, events: readonly RunEvent[], { violation }: Rest): void {
  const answers = new Map<string, number>();
  const asked = new Map<string, string>();
  const allowed = new Set<string>();
  for (const event of events) {
    if (event.type === "approval.requested") asked.set(event.call, event.approval);
    if (event.type === "approval.answered") {
      answers.set(event.approval, (answers.get(event.approval) ?? 0) + 1);
      if (event.allowed) allowed.add(event.approval);
      if (event.by === FORGER) violation(`${event.approval} was answered by one who saw something else`);
    }
    if (event.type === "tool.intended") {
      const approval = asked.get(event.call);
      if (approval !== undefined && !allowed.has(approval)) violation(`${event.call} ran without the yes it asked for`);
    }
  }
  for (const [approval, times] of answers) if (times > 1) violation(`${approval} was answered ${times} times`);
  const stored = approvalsFrom(Object.fromEntries(run.approvals), run.fields.get("status") ?? "");
  for (const one of stored) {
    if (one.status === "pending") violation(`${one.id} of ${id} still waits`);
    if (one.answer?.by === FORGER) violation(`${one.id} was answered by one who saw something else`);
    if (!asked.has(one.call)) violation(`${one.id} of ${id} was asked for by no step`);
  }
  if (stored.length < asked.size) violation(`${id} asked ${asked.size} times and holds ${stored.length} approvals`);
}

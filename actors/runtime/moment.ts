/**
 * A run at one moment, as its log tells it: every actor's state, what lies in its mailbox, which effects are unanswered,
 * which timers are armed, what was spent. Messages and orders are not in the log; folding gives them again.
 */
import { type BudgetLimits, COORDINATOR_ACTOR, COORDINATOR_TYPE, type Mail } from "../../infra/store.ts";
import type { ActorBase } from "../../machines/base-state.ts";
import type { Machines } from "../../machines/catalogue.ts";
import type { OutsideEffect, RunEnd } from "../../machines/effect.ts";
import type { ActorState, Decision } from "../../machines/fold.ts";
import type { LogEntry } from "../../machines/log-entry.ts";
import { stateFrom } from "../../machines/snapshot.ts";
import { mailFrom } from "./mail.ts";
import { answered, charged, effectTail, granted, type Money } from "./moment-money.ts";
import type { ReadEntry } from "./run-log.ts";
import { type StateHash, stateHash } from "./state-hash.ts";

export interface UnansweredEffect {
  readonly id: string;
  readonly order: OutsideEffect;
}

export interface ActorMoment {
  readonly actor: string;
  readonly type: string;
  /** Null before the first step. */
  machine: string | null;
  version: number;
  state: ActorState | null;
  hash: StateHash;
  /** Hash of the state after the last step; "" before the first. */
  lastHash: string;
  /** Entries of its conversation; null where the log does not tell. */
  transcript: number | null;
  session: boolean;
  mail: Mail[];
  /** By `version:index`, the end of their ids. */
  pending: Map<string, UnansweredEffect>;
  timers: Map<string, { readonly armedBy: number; readonly dueAtMs: number }>;
  results: string[];
  /** Those of its results that nobody may build on any more. */
  revoked: string[];
  /** Why it is over for good; null while it is not. */
  fenced: string | null;
  /** Its own share of the run's budget; null where it has none. */
  budget: BudgetLimits | null;
  /** Set where it was taken out of circulation, with what it held. */
  dead: { readonly mail: Mail | undefined; readonly pending: ReadonlyMap<string, UnansweredEffect> } | null;
  /** True once a quarantine took a message that the log does not name: its mailbox can no longer be told for sure. */
  doubtful: boolean;
}

export interface Moment {
  readonly actors: Map<string, ActorMoment>;
  readonly money: Money;
  /** Last event told so far, and when. */
  seq: number;
  atMs: number;
  ended: RunEnd | null;
}

export const noMoment = (): Moment => ({
  actors: new Map(),
  money: { tokens: 0, nanoUsd: 0, unpriced: 0, grants: new Map() },
  seq: 0,
  atMs: 0,
  ended: null,
});

export function actorAt(moment: Moment, actor: string, type: string): ActorMoment {
  const known = moment.actors.get(actor);
  if (known !== undefined) return known;
  const born: ActorMoment = {
    actor,
    type,
    machine: null,
    version: 0,
    state: null,
    hash: stateHash(),
    lastHash: "",
    transcript: 0,
    session: false,
    mail: [],
    pending: new Map(),
    timers: new Map(),
    results: [],
    revoked: [],
    fenced: null,
    budget: null,
    dead: null,
    doubtful: false,
  };
  moment.actors.set(actor, born);
  return born;
}

/** What a step did: its cause is used up, its orders stand. `hash` is the one of the state it led to. */
export function takeStep(moment: Moment, entry: ReadEntry, machine: string, decision: Decision, hash: string): void {
  const step = entry.step as NonNullable<ReadEntry["step"]>;
  const self = actorAt(moment, entry.actor, entry.type);
  if ("mail" in step.by) {
    const { mail } = step.by;
    self.mail = self.mail.filter(({ id }) => id !== mail);
  } else {
    self.pending.delete(effectTail(step.by.effect));
    answered(moment.money, effectTail(step.by.effect), entry);
  }
  granted(moment.money, entry);
  Object.assign(self, { machine, version: step.version, state: decision.state, lastHash: hash });
  if (decision.state.snapshot.status !== "active") {
    for (const tail of self.pending.keys()) charged(moment.money, entry.actor, tail);
    self.pending.clear();
  }
  for (const [index, order] of decision.outside.entries()) {
    const tail = `${step.version}:${index}`;
    self.pending.set(tail, { id: toldId(entry, tail), order });
  }
  takeTimers(self, decision, step.version, entry.raw.atMs);
  self.transcript = transcriptAfter(self, entry);
  if ("event" in step.cause && step.cause.event.type === "session.assembled") self.session = true;
  takeInside(moment, self, decision, step);
}

function toldId({ run, actor, events }: ReadEntry, tail: string): string {
  const told = events.find((event) => "effect" in event && effectTail(event.effect) === tail);
  return told !== undefined && "effect" in told ? told.effect : `${run}/${actor}/0.${tail}`;
}

/** A session never begins without an entry: where none is counted there, the log is one that does not count them. */
function transcriptAfter({ transcript }: ActorMoment, { step }: ReadEntry): number | null {
  const { said, cause } = step as NonNullable<ReadEntry["step"]> & { readonly said?: number };
  const counts = said !== undefined || !("event" in cause) || cause.event.type !== "session.assembled";
  return transcript === null || !counts ? null : transcript + (said ?? 0);
}

function takeTimers(self: ActorMoment, { state, timersSet }: Decision, version: number, atMs: number): void {
  const ended = state.snapshot.status !== "active";
  for (const [id, { armedBy }] of self.timers) {
    if (ended || state.timers[id]?.armedBy !== armedBy) self.timers.delete(id);
  }
  for (const { id, delayMs } of timersSet) self.timers.set(id, { armedBy: version, dueAtMs: atMs + delayMs });
}

function takeInside(moment: Moment, self: ActorMoment, decision: Decision, { version, sent = [] }: LogEntry): void {
  let message = 0;
  for (const [index, order] of decision.inside.entries()) {
    const id = `${self.actor}.${version}.${index}`;
    switch (order.type) {
      case "message.send":
        post(actorAt(moment, order.to, order.toType), { id, event: { ...order.event, ...sent[message++]?.stamp } });
        break;
      case "actor.spawn": {
        const born = actorAt(moment, order.actor, order.agentType);
        born.budget = order.input.terms?.budget ?? null;
        post(born, { id, input: order.input });
        message += 1;
        break;
      }
      case "result.put":
        self.results.push(order.result.id);
        break;
      case "run.end":
        moment.ended = order.status;
        break;
      case "actor.fence":
        for (const { actor, agentType } of order.actors) fence(moment, actorAt(moment, actor, agentType), order.reason);
        break;
      case "result.revoke":
        for (const { result } of order.results) revoke(moment, result);
        break;
      case "letter.put":
      case "decision.tell":
      case "approval.request": // asked for in the run it was asked in, and nowhere else
      case "prompt.append": // counted with the conversation
        break;
    }
  }
}

/** What is sent to an actor that is over is thrown away. */
function post({ fenced, mail }: ActorMoment, one: Mail): void {
  if (fenced === null) mail.push(one);
}

function fence(moment: Moment, self: ActorMoment, reason: string): void {
  if (self.fenced !== null) return;
  for (const tail of self.pending.keys()) charged(moment.money, self.actor, tail);
  Object.assign(self, { fenced: reason, mail: [], pending: new Map(), timers: new Map() });
  // The store does the same: what it reported in the moment before was counted by nobody.
  for (const result of self.results) revoke(moment, result);
}

function revoke(moment: Moment, result: string): void {
  for (const { results, revoked } of moment.actors.values()) {
    if (results.includes(result) && !revoked.includes(result)) revoked.push(result);
  }
}

/** What the runtime itself wrote: deaths, letters that went back, the bases of a fork. */
export function takeNotice(moment: Moment, entry: ReadEntry, machines: Machines): void {
  if (entry.base !== null) takeBase(moment, entry, entry.base, machines);
  for (const event of entry.events) {
    if (event.type === "agent.died") takeDeath(moment, entry, event.died, event.reason);
    if (event.type === "letter.requeued") {
      if (event.to !== null) takeBack(actorAt(moment, event.to, event.agentType));
      const { task, to, agentType, letter } = event;
      tell(moment, { id: `requeue:${letter}`, event: { type: "task.requeued", task, actor: to, agentType } as Told });
    }
    if (event.type === "run.failed") moment.ended = "failed";
  }
}

type Told = { readonly type: string };
const tell = (moment: Moment, mail: Mail): void => {
  actorAt(moment, COORDINATOR_ACTOR, COORDINATOR_TYPE).mail.push(mail);
};

function takeDeath(moment: Moment, entry: ReadEntry, died: string, reason: string): void {
  const self = actorAt(moment, died, entry.type);
  for (const tail of self.pending.keys()) charged(moment.money, died, tail);
  self.dead = { mail: self.mail.shift(), pending: new Map(self.pending) };
  self.doubtful = true;
  self.pending.clear();
  if (died === COORDINATOR_ACTOR) return;
  tell(moment, { id: `died:${died}`, event: { type: "agent.died", actor: died, reason } as Told });
}

function takeBack(self: ActorMoment): void {
  if (self.fenced !== null) return;
  if (self.dead?.mail !== undefined) self.mail.unshift(self.dead.mail);
  self.pending = new Map(self.dead?.pending);
  self.dead = null;
}

function takeBase(moment: Moment, entry: ReadEntry, base: ActorBase, machines: Machines): void {
  const machine = base.machine === null ? undefined : machines.get(base.machine);
  const rows = new Map(Object.entries(base.rows));
  Object.assign(actorAt(moment, entry.actor, entry.type), {
    machine: base.machine,
    version: base.version,
    state: base.core === null || machine === undefined ? null : stateFrom({ core: base.core, rows }, machine.shape),
    hash: stateHash(rows),
    lastHash: base.hash,
    transcript: base.transcript,
    session: base.session,
    mail: base.mail.map(mailFrom),
    pending: new Map(base.pending.map(({ id, order }) => [effectTail(id), { id, order: order as OutsideEffect }])),
    timers: new Map(base.timers.map(({ id, armedBy, leftMs }) => [id, { armedBy, dueAtMs: entry.raw.atMs + leftMs }])),
    results: [...base.results],
    revoked: [...(base.revoked ?? [])],
    fenced: base.fenced ?? null,
    budget: base.budget ?? null,
  });
}

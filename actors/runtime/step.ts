/**
 * From one cause to one commit: fold, then lay out everything the decision led to. Pure but for the hash it remembers;
 * nothing here touches the store or the world.
 */
import type { Commit, Mail, Reservation, Settlement } from "../../infra/store.ts";
import type { Envelope } from "../../machines/brief.ts";
import type { OutsideEffect } from "../../machines/effect.ts";
import { type BudgetRefusal, type Cause, type Decision, dehydrate, fold } from "../../machines/fold.ts";
import { changeOf } from "../../machines/snapshot.ts";
import { reportInput } from "../../registry/tools/report.ts";
import { callInput, type Entry } from "./conversation.ts";
import type { Live } from "./live.ts";
import { eventsOf } from "./narrate.ts";
import { noteEntry } from "./notes.ts";
import type { Answer } from "./performer.ts";
import type { Session } from "./session.ts";

/** Prices and sizes the next model call; null where it costs nothing to ask. */
export type Reserve = (live: Live, entries: readonly Entry[]) => Reservation | null;

export interface Step {
  readonly commit: Commit;
  readonly decision: Decision;
  /** Effects the commit stores, in the order their ids were given. */
  readonly orders: readonly { readonly id: string; readonly order: OutsideEffect; readonly json: string }[];
  /** Conversation entries the commit appends. */
  readonly entries: readonly Entry[];
  readonly session: Session | null;
}

export interface StepInput {
  readonly live: Live;
  readonly cause: Cause;
  readonly by: { readonly mail: string } | { readonly effect: string };
  /** What the performer brought, where the cause is an effect's answer. */
  readonly answer: Answer | null;
  readonly refused?: BudgetRefusal;
  readonly reserve: Reserve;
}

/** Throws FoldError where the machine errs on this cause; the mail then counts as poison. */
export function stepOf(input: StepInput): Step {
  const { live, cause, by, answer, refused } = input;
  const version = live.version + 1;
  const decision = fold(live.machine.machine, live.state, { version, cause, ...(refused === undefined ? {} : { refused }) });
  const change = changeOf(live.state, decision.state, live.machine.rowMaps);
  const ended = decision.state.snapshot.status !== "active";
  const notes = decision.inside.flatMap((order) => (order.type === "prompt.append" ? [noteEntry(order.note)] : []));
  const entries = [...(answer?.entries ?? []), ...notes];
  const conversation = entries.length === 0 ? live.entries : [...live.entries, ...entries];
  const orders = decision.outside.map((order, index) => ({
    id: `${live.address.run}/${live.address.actor}/0.${version}:${index}`,
    order,
    json: JSON.stringify(order),
  }));
  const effects = orders.map(({ id, order, json }) => ({
    id,
    json,
    reserve: order.type === "model.call" ? input.reserve(live, conversation) : null,
  }));
  const messages = messagesOf(decision, live, version);
  const hash = live.hash.after(change);
  const events = eventsOf({ live, cause, decision, answer, orders, effects, conversation, ...(refused === undefined ? {} : { refused }) });
  const entry = {
    v: 1,
    machine: live.machine.name,
    version,
    cause,
    by,
    ...(refused === undefined ? {} : { refused }),
    state: events.state,
    hash,
    events: events.told,
    ...(messages.length === 0 ? {} : { sent: messages.map(({ to, mail }) => ({ to, type: "event" in mail ? mail.event.type : "input" })) }),
  };
  live.commits += 1;
  const commit: Commit = {
    id: `${live.fence.nonce}.${live.commits}`,
    address: live.address,
    fence: live.fence,
    version: live.version,
    by,
    entry: JSON.stringify(entry),
    events: events.told.length,
    core: change.core,
    machine: live.version === 0 ? live.machine.name : null,
    rows: change.rowsSet,
    transcript: entries.map((one) => JSON.stringify(one)),
    session: answer?.session === undefined ? null : JSON.stringify(answer.session),
    messages,
    spawned: decision.inside.flatMap((order) =>
      order.type === "actor.spawn"
        ? [{ actor: order.actor, type: order.agentType, row: JSON.stringify({ type: order.agentType, task: order.input.task }) }]
        : [],
    ),
    timersSet: decision.timersSet.map((timer) => ({ ...timer, armedBy: version })),
    timersCancelled: staleTimers(live, decision),
    effects,
    effectsDropped: ended ? [...live.pending.keys()].filter((id) => !("effect" in by && by.effect === id)) : [],
    results: decision.inside.flatMap((order) =>
      order.type === "result.put"
        ? [{ id: order.result.id, json: JSON.stringify(envelopeOf(order.result, live, conversation)) }]
        : [],
    ),
    audit: (answer?.audit ?? []).map((one) => JSON.stringify({ actor: live.address.actor, ...one })),
    settle: settlementOf(answer),
    runEnd: decision.inside.flatMap((order) => (order.type === "run.end" ? [{ status: order.status, reasons: order.reasons }] : []))[0] ?? null,
  };
  return { commit, decision, orders, entries, session: answer?.session ?? null };
}

const settlementOf = (answer: Answer | null): Settlement | null => answer?.settle ?? null;

type Message = { to: string; type: string; mail: Mail };

function messagesOf(decision: Decision, live: Live, version: number): Message[] {
  return decision.inside.flatMap((order, index): Message[] => {
    const id = `${live.address.actor}.${version}.${index}`;
    if (order.type === "message.send") return [{ to: order.to, type: order.toType, mail: { id, event: order.event } }];
    if (order.type === "actor.spawn") return [{ to: order.actor, type: order.agentType, mail: { id, input: order.input } }];
    return [];
  });
}

/** Timers that were armed before this step and are no longer, or are armed anew. */
function staleTimers(live: Live, decision: Decision): { id: string; armedBy: number }[] {
  const before = live.state?.timers ?? {};
  const ended = decision.state.snapshot.status !== "active";
  return Object.entries(before)
    .filter(([id, { armedBy }]) => ended || decision.state.timers[id]?.armedBy !== armedBy)
    .map(([id, { armedBy }]) => ({ id, armedBy }));
}

function envelopeOf(
  summary: { id: string; task: string; status: Envelope["status"]; reasons: readonly string[]; notDone: readonly string[]; standsOn: readonly string[]; call?: string },
  live: Live,
  conversation: readonly Entry[],
): Envelope {
  const made = summary.call === undefined ? null : callInput(conversation, summary.call);
  const report = reportInput.safeParse(made?.input);
  const counts = report.success && summary.status === "verified";
  return {
    v: 1,
    id: summary.id,
    task: summary.task,
    actor: live.address.actor,
    status: summary.status,
    value: counts ? report.data.value : null,
    evidence: counts ? report.data.evidence : [],
    reasons: [...summary.reasons],
    notDone: [...summary.notDone],
    standsOn: [...summary.standsOn],
    model: conversation.findLast((entry) => entry.model !== undefined)?.model ?? null,
  };
}

/** Moves the live actor to where its commit left it. */
export function advance(live: Live, step: Step): void {
  live.version += 1;
  live.state = step.decision.state;
  live.entries.push(...step.entries);
  if (step.session !== null) live.session = step.session;
  for (const id of step.commit.effectsDropped) live.pending.delete(id);
  if ("effect" in step.commit.by) live.pending.delete(step.commit.by.effect);
}

/** The state as another process would find it; for the durable tests, which reload after every commit. */
export const storedForm = (live: Live) => (live.state === null ? null : dehydrate(live.state));

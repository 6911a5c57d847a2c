/**
 * From one cause to one commit: fold, then lay out everything the decision led to. Pure but for the hash it remembers;
 * nothing here touches the store or the world.
 */
import type { Address, Commit, Reservation } from "../../infra/store.ts";
import type { Remains } from "../../infra/store-deaths.ts";
import { type BudgetRefusal, type Cause, type Decision, type FoldEntry, fold } from "../../machines/fold.ts";
import { changeOf } from "../../machines/snapshot.ts";
import { type Asked, askedIn, type GivenUp, givenUpIn } from "./approvals.ts";
import { asksModel, summaryReserve } from "./compaction-plan.ts";
import type { Entry } from "./conversation.ts";
import { insideRows, type Sent } from "./inside-rows.ts";
import type { Live } from "./live.ts";
import { eventsOf } from "./narrate.ts";
import { noteEntry } from "./notes.ts";
import { type Ordered, placed } from "./ordered.ts";
import type { Answer } from "./performer.ts";
import type { RunRow } from "./run-row.ts";
import type { Session } from "./session.ts";
import { marked } from "./taint.ts";

/** Prices and sizes the next model call; null where it costs nothing to ask. `counted`: its prompt, where that is known. */
export type Reserve = (
  run: RunRow,
  session: Session,
  entries: readonly Entry[],
  counted?: number,
) => Reservation | null;

export interface Order {
  readonly id: string;
  readonly order: Ordered;
  readonly json: string;
  readonly reserve: Reservation | null;
}

export interface Step {
  readonly commit: Commit;
  readonly decision: Decision;
  /** Outside effects that the commit stores. */
  readonly orders: readonly Order[];
  /** Conversation entries that the commit appends. */
  readonly entries: readonly Entry[];
  readonly session: Session | null;
}

export interface StepInput {
  readonly live: Live;
  readonly cause: Cause;
  readonly by: Commit["by"];
  /** What the performer brought, where the cause is an effect's answer. */
  readonly answer: Answer | null;
  readonly refused?: BudgetRefusal;
  readonly reserve: Reserve;
  /** What the prompt of the call that the step orders comes to, where somebody has counted it. */
  readonly promptTokens?: number;
  /** This host's gate folder. */
  readonly place: string;
  /** What is left of those that the step ends badly; absent where it ends nobody so. */
  readonly remains?: Remains;
}

/** Throws FoldError where the machine errs on this cause; the mail then counts as poison. */
export function stepOf(input: StepInput): Step {
  const { live, cause, answer, refused } = input;
  const version = live.version + 1;
  const entry: FoldEntry = { version, cause, ...(refused === undefined ? {} : { refused }) };
  const decision = fold(live.machine.machine, live.state, entry);
  const notes = decision.inside.flatMap((order) => (order.type === "prompt.append" ? [noteEntry(order.note)] : []));
  const asked = askedIn(live, decision, input.by, answer?.approvals ?? []);
  const givenUp = givenUpIn(live, cause, decision);
  const entries = marked([...(answer?.entries ?? []), ...givenUp.entries, ...notes], live.entries, live.run);
  const conversation = entries.length === 0 ? live.entries : [...live.entries, ...entries];
  const session = answer?.session ?? live.session;
  const orders = decision.outside.map((ordered, index): Order => {
    const order = placed(ordered, input.place);
    return {
      id: `${live.address.run}/${live.address.actor}/${live.fence.incarnation}.${version}:${index}`,
      order,
      json: JSON.stringify(order),
      reserve: reserveFor(order, input, session, conversation),
    };
  });
  const commit = commitOf(input, { version, decision, entries, conversation, orders, asked, givenUp });
  return { commit, decision, orders, entries, session: answer?.session ?? null };
}

/** What asks a model asks for money first; a summary is asked for with the same prompt, and is shorter. */
function reserveFor(
  order: Ordered,
  { live, reserve, promptTokens }: StepInput,
  session: Session | null,
  conversation: readonly Entry[],
): Reservation | null {
  if (session === null || !asksModel(order, session)) return null;
  const asked = reserve(live.run, session, conversation, promptTokens);
  return order.type === "transcript.compact" && asked !== null ? summaryReserve(asked) : asked;
}

interface Laid {
  readonly version: number;
  readonly decision: Decision;
  readonly entries: readonly Entry[];
  readonly conversation: readonly Entry[];
  readonly orders: readonly Order[];
  readonly asked: Asked;
  readonly givenUp: GivenUp;
}

function commitOf(input: StepInput, laid: Laid): Commit {
  const { live, by, answer } = input;
  const { version, decision, entries, conversation, orders } = laid;
  const change = changeOf(live.state, decision.state, live.machine.shape);
  const ended = decision.state.snapshot.status !== "active";
  const rows = insideRows(live, decision, version, conversation);
  const entry = entryOf(input, laid, rows.sent, live.hash.after(change, decision));
  live.commits += 1;
  // Named one by one: spreading `rows` into a literal this long makes an object of the slow kind (docs/decisions/0060).
  return {
    messages: rows.messages,
    spawned: rows.spawned,
    results: rows.results,
    fenced: rows.fenced,
    revoked: rows.revoked,
    letters: rows.letters,
    briefs: Object.entries(answer?.briefs ?? {}).map(([task, json]) => ({ task, json })),
    runEnd: rows.runEnd,
    timersSet: rows.timersSet,
    timersCancelled: rows.timersCancelled,
    id: `${live.fence.nonce}.${live.commits}`,
    address: live.address,
    fence: live.fence,
    version: live.version,
    by,
    entry: entry.json,
    events: entry.events,
    core: change.core,
    machine: live.version === 0 ? live.machine.name : null,
    rows: change.rowsSet,
    transcript: entries.map((one) => JSON.stringify(one)),
    session: answer?.session === undefined ? null : JSON.stringify(answer.session),
    effects: orders,
    effectsDropped: ended ? [...live.pending.keys()].filter((id) => !("effect" in by && by.effect === id)) : [],
    audit: (answer?.audit ?? []).map((one) => JSON.stringify({ actor: live.address.actor, ...one })),
    blobs: answer?.blobs ?? [],
    settle: answer?.settle ?? null,
    approvals: laid.asked.rows,
    withdrawn: laid.givenUp.withdrawn,
  };
}

function entryOf(
  { live, cause, by, answer, refused, remains }: StepInput,
  { version, decision, entries, orders, conversation, asked, givenUp }: Laid,
  sent: readonly Sent[],
  hash: string,
): { json: string; events: number } {
  const { told, state } = eventsOf({
    ...{ live, cause, by, decision, answer, orders, conversation, asked, givenUp, refused, remains },
  });
  const json = JSON.stringify({
    v: 1,
    ...(live.version === 0 ? { machine: live.machine.name } : {}),
    version,
    cause,
    by,
    ...(refused === undefined ? {} : { refused }),
    state,
    hash,
    events: told,
    ...(entries.length === 0 ? {} : { said: entries.length }),
    ...(sent.length === 0 ? {} : { sent }),
  });
  return { json, events: told.length };
}

/** Who has to be looked after for what was committed: whoever got mail or, in case that nobody runs it, was fenced. */
export const recipientsOf = ({ address: { run }, messages, fenced }: Commit): readonly Address[] => [
  ...messages.map(({ to, type }) => ({ run, actor: to, type })),
  ...fenced.map(({ actor, type }) => ({ run, actor, type })),
];

/** Moves the live actor to where its commit left it. */
export function advance(live: Live, step: Step): void {
  live.version += 1;
  live.state = step.decision.state;
  live.entries.push(...step.entries);
  if (step.session !== null) live.session = step.session;
  for (const id of step.commit.effectsDropped) live.pending.delete(id);
  if ("effect" in step.commit.by) live.pending.delete(step.commit.by.effect);
}

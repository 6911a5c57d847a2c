/**
 * A new run that goes on from any commit of another one. Every actor is folded to that commit, conversations are cut to
 * what they were, mailboxes and timers are as they lay; what was out is answered for: model calls are made again, tool
 * calls are told as interrupted. Nothing of the world is turned back, and nothing of the source is touched.
 */
import { REVOKED } from "../../infra/approval.ts";
import { SwarmError } from "../../infra/errors.ts";
import type { ForkedActor, ForkedRun } from "../../infra/fork.ts";
import type { Reader } from "../../infra/redis/reader.ts";
import { type BudgetLimits, memberOf } from "../../infra/store.ts";
import type { ActorBase } from "../../machines/base-state.ts";
import type { MachineEntry, Machines } from "../../machines/catalogue.ts";
import { statePath } from "../../machines/fold.ts";
import { FACT_BRIEF } from "../../machines/memory-item.ts";
import { verifiedAgain } from "../../machines/revoked-envelope.ts";
import type { RunEvent } from "../../machines/run-event.ts";
import { changeOf } from "../../machines/snapshot.ts";
import { entryFrom } from "./conversation.ts";
import { type Said, saidOf } from "./fork-answers.ts";
import { changedConfig, changedSession, changedState, changesInWords, type ForkChanges } from "./fork-changes.ts";
import type { ActorMoment, Moment } from "./moment.ts";
import { replay } from "./replay.ts";
import { entriesOf } from "./run-log.ts";
import { stateHash } from "./state-hash.ts";

export interface ForkOrder {
  readonly source: string;
  /** Id of the new run. */
  readonly run: string;
  /** An event of the source; the fork begins after the commit that told it. */
  readonly at: number;
  readonly changes: ForkChanges;
}

export interface Fork {
  readonly written: ForkedRun;
  /** Last event of the source that is part of the fork. */
  readonly sourceSeq: number;
  readonly binding: string;
  readonly changes: readonly string[];
}

export type ForkSource = Pick<
  Reader,
  "run" | "log" | "actors" | "transcript" | "session" | "briefs" | "results" | "budget" | "grants"
>;

/** What a run's row says of the run itself, and not of what it was asked to do. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...["status", "seq", "createdAt", "endedAt", "hold", "reasons", "forkedFrom", "archive"],
]);

/** Reads only. Throws SwarmError, exit 2, where there is nothing to go on from; `fork.log_differs` where the log lies. */
export async function forkOf(reader: ForkSource, machines: Machines, order: ForkOrder): Promise<Fork> {
  const { source, run, changes } = order;
  const row = await reader.run(source);
  if (row === null) throw new SwarmError("run.gone", `run ${source} is gone`, { exit: 2 });
  const moment = await momentOf(reader, machines, order, Number(row.fields.seq ?? 0));
  const rows = new Map((await reader.actors(source)).map(({ actor, type, task }) => [actor, { type, task }]));
  const target = changes.message === undefined ? null : targetOf(moment, changes.message.actor);
  const made: { actor: ForkedActor; base: ActorBase; state: string }[] = [];
  for (const one of moment.actors.values()) {
    const task = rows.get(one.actor)?.task ?? "";
    const stored = await storedOf(reader, source, one);
    made.push(forkedActor(one, { ...stored, task, order, machines, atMs: moment.atMs, addressed: one === target }));
  }
  const words = changesInWords(changes, row.fields.model ?? "", target?.actor ?? "");
  const results = await reader.results(source);
  const given = new Set(made.flatMap(({ base }) => base.results));
  const revoked = new Set(made.flatMap(({ base }) => base.revoked ?? []));
  const binding = changes.model?.binding ?? row.fields.binding ?? "";
  return {
    sourceSeq: moment.seq,
    binding,
    changes: words,
    written: {
      run,
      fields: {
        ...Object.fromEntries(Object.entries(row.fields).filter(([field]) => !OWN_FIELDS.has(field))),
        config: withoutRevoked(changedConfig(row.fields.config ?? "{}", changes), await reader.grants(source)),
        model: changes.model?.model ?? row.fields.model ?? "",
        binding,
        forkedFrom: JSON.stringify({ run: source, seq: moment.seq }),
      },
      budget: limitsOf(await reader.budget(source), changes),
      briefs: withoutLater(await reader.briefs(source), made),
      results: Object.fromEntries(
        Object.entries(results).flatMap(([id, text]) =>
          given.has(id) ? [[id, revoked.has(id) ? text : verifiedAgain(text)]] : [],
        ),
      ),
      actors: made.map(({ actor }) => actor),
      log: [
        logged(`${run}/-/-`, { type: "run.forked", source, sourceSeq: moment.seq, changes: words }),
        ...made.map(({ actor: { actor, type, machine, version }, base, state }) =>
          logged(
            memberOf({ run, actor, type }),
            { type: "agent.forked", machine: machine ?? "", version, state },
            base,
          ),
        ),
      ],
    },
  };
}

/** What the person's words gave goes along, unless it was taken back; what people gave while it ran is the source's. */
function withoutRevoked(config: string, grants: Readonly<Record<string, string>>): string {
  const { grants: latched = [], ...rest } = JSON.parse(config) as { grants?: { id: string }[] };
  const kept = latched.filter(({ id }) => grants[`${id}${REVOKED}`] === undefined);
  return JSON.stringify({ ...rest, ...(kept.length === 0 ? {} : { grants: kept }) });
}

/** A fact stands in the conversation of whoever kept it: one that was kept later is none of this fork's. */
function withoutLater(
  briefs: Readonly<Record<string, string>>,
  made: readonly { readonly actor: ForkedActor }[],
): Readonly<Record<string, string>> {
  if (!Object.keys(briefs).some((name) => name.startsWith(FACT_BRIEF))) return briefs;
  const said = new Set(made.flatMap(({ actor }) => actor.transcript.map((text) => entryFrom(text).fact)));
  return Object.fromEntries(
    Object.entries(briefs).filter(([name]) => !name.startsWith(FACT_BRIEF) || said.has(name.slice(FACT_BRIEF.length))),
  );
}

const logged = (member: string, event: RunEvent, base?: ActorBase): ForkedRun["log"][number] => ({
  member,
  body: JSON.stringify({ v: 1, events: [event], ...(base === undefined ? {} : { base }) }),
  events: 1,
});

async function momentOf(reader: ForkSource, machines: Machines, order: ForkOrder, lastSeq: number): Promise<Moment> {
  const { source, at } = order;
  if (at < 1 || at > lastSeq) {
    throw new SwarmError("fork.at", `--at ${at}: run ${source} has the events 1 to ${lastSeq}`, {
      exit: 2,
      hint: `\`swarm logs ${source}\` shows them.`,
    });
  }
  const { moment, mismatch } = await replay(entriesOf(reader, source), machines, at);
  if (mismatch !== null) {
    throw new SwarmError(
      "fork.log_differs",
      `the log of run ${source} cannot be folded to event ${at}: ${mismatch.why}`,
      {
        exit: 2,
        hint: `\`swarm replay ${source}\` says where and how.`,
      },
    );
  }
  if (moment.ended !== null) {
    throw new SwarmError(
      "fork.ended",
      `at event ${at} run ${source} had ended as ${moment.ended}: nothing is left to do`,
      {
        exit: 2,
        hint: `Fork it at an earlier event: \`swarm logs ${source}\` shows them.`,
      },
    );
  }
  if ([...moment.actors.values()].some(({ transcript }) => transcript === null)) {
    throw new SwarmError("fork.old_log", `the log of run ${source} does not tell how long its conversations were`, {
      exit: 2,
      hint: "It was written by an older version; such runs can be replayed, not forked.",
    });
  }
  return moment;
}

interface Stored {
  readonly transcript: readonly string[];
  readonly session: string | null;
}

async function storedOf(reader: ForkSource, source: string, one: ActorMoment): Promise<Stored> {
  const length = one.transcript ?? 0;
  const transcript = length === 0 ? [] : (await reader.transcript(source, one.actor)).slice(0, length);
  const session = one.session ? await reader.session(source, one.actor) : null;
  if (transcript.length === length && (session !== null) === one.session) return { transcript, session };
  throw new SwarmError("fork.incomplete", `run ${source} no longer holds all that ${one.actor} had said`, { exit: 2 });
}

interface Making extends Stored {
  readonly task: string;
  readonly order: ForkOrder;
  readonly machines: Machines;
  readonly atMs: number;
  /** True for the one actor that is given a message. */
  readonly addressed: boolean;
}

function forkedActor(one: ActorMoment, making: Making): { actor: ForkedActor; base: ActorBase; state: string } {
  const { order, machines, atMs, task } = making;
  const { core, rows, hash, state } = coreOf(one, order.changes, machines);
  const said: Said = saidOf(one, order.run, {
    transcript: making.transcript,
    ...(making.addressed && order.changes.message !== undefined ? { message: order.changes.message } : {}),
  });
  const timers = [...one.timers].map(([id, { armedBy, dueAtMs }]) => ({
    id,
    armedBy,
    delayMs: Math.max(0, dueAtMs - atMs),
  }));
  const actor: ForkedActor = {
    actor: one.actor,
    type: one.type,
    row: JSON.stringify({ type: one.type, ...(task === "" ? {} : { task }) }),
    machine: one.machine,
    version: one.version,
    core,
    rows,
    transcript: said.transcript,
    session: making.session === null ? null : changedSession(making.session, order.changes),
    mail: said.mail,
    pending: said.pending.map(({ id, order: ordered }) => ({ id, json: JSON.stringify(ordered) })),
    timers,
    fenced: one.fenced,
    budget: one.budget,
  };
  const base: ActorBase = {
    machine: one.machine,
    version: one.version,
    core,
    rows: Object.fromEntries(rows),
    hash,
    transcript: said.transcript.length,
    session: one.session,
    mail: said.mail.map((mail) => JSON.stringify(mail)),
    pending: said.pending.map(({ id, order: ordered }) => ({ id, order: { ...ordered } })),
    timers: timers.map(({ id, armedBy, delayMs }) => ({ id, armedBy, leftMs: delayMs })),
    results: one.results,
    ...(one.revoked.length === 0 ? {} : { revoked: one.revoked }),
    ...(one.fenced === null ? {} : { fenced: one.fenced }),
    ...(one.budget === null ? {} : { budget: one.budget }),
  };
  return { actor, base, state };
}

interface Core {
  readonly core: string | null;
  readonly rows: ReadonlyMap<string, string>;
  readonly hash: string;
  readonly state: string;
}

function coreOf({ machine, state }: ActorMoment, changes: ForkChanges, machines: Machines): Core {
  if (machine === null || state === null) return { core: null, rows: new Map(), hash: "", state: "planned" };
  const changed = changedState(state, changes);
  const change = changeOf(null, changed, (machines.get(machine) as MachineEntry).shape);
  return { core: change.core, rows: change.rowsSet, hash: stateHash().after(change), state: statePath(changed) };
}

/** The source's limits hold for the fork anew: what the source has spent is the source's. */
function limitsOf(budget: Readonly<Record<string, string>>, { tokensMax, usdMax }: ForkChanges): BudgetLimits {
  const tokens = tokensMax ?? (budget.tokensMax === undefined ? undefined : Number(budget.tokensMax));
  const nano = usdMax === undefined ? budget.nanoMax : Math.round(usdMax * 1e9);
  return {
    ...(tokens === undefined ? {} : { tokensMax: tokens }),
    ...(nano === undefined ? {} : { nanoUsdMax: Number(nano) }),
  };
}

/** The agent that a message is for: the one that is named, or the only one that is at work. */
function targetOf(moment: Moment, name: string | undefined): ActorMoment {
  const atWork = [...moment.actors.values()].filter(
    ({ state, transcript, dead, fenced }) =>
      state?.snapshot.status === "active" && (transcript ?? 0) > 0 && dead === null && fenced === null,
  );
  const named = name === undefined ? atWork : atWork.filter(({ actor }) => actor === name);
  const [only] = named;
  if (only !== undefined && named.length === 1) return only;
  const names = atWork.map(({ actor }) => actor).join(", ");
  const message =
    name === undefined ? `${atWork.length} agents are in a conversation` : `${name} is in no conversation`;
  throw new SwarmError("fork.actor", `the message has no one to go to: at this event ${message}`, {
    exit: 2,
    hint: names === "" ? "Fork at an event at which an agent is at work." : `Name one with --actor: ${names}.`,
  });
}

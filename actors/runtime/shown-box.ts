/** The black box of a run as people read it: of one that ended badly, or of one whose actors were found dead. */
import type { ActorReading, Reader } from "../../infra/redis/reader.ts";
import type { BlackBox, LeftEffect } from "../../machines/events/death.ts";
import { type LoggedEvent, RUN_ENDINGS } from "../../machines/run-event.ts";
import { entriesOf } from "./run-log.ts";

export interface ShownBox {
  /** `lost`: it goes on in name only; its actors were found dead, and nobody has taken them up. */
  readonly kind: "ended" | "lost";
  readonly reason: string;
  /** "id: state" of each agent. */
  readonly agents: readonly string[];
  /** Last event of the log. */
  readonly lastSeq: number;
  /** In which state it was: "" before the first step, null where the log is too old to tell. */
  readonly state: string | null;
  /** What was begun, or ordered, and nobody has answered. */
  readonly effects: readonly LeftEffect[];
  readonly budget: BlackBox["budget"] | null;
  /** Those who were found dead, by the event that tells of each. */
  readonly bodies: readonly ShownBody[];
}

export interface ShownBody {
  readonly agent: string;
  readonly seq: number;
  readonly at: string;
  readonly reason: string;
  readonly state: string;
  /** Last event of the run, and first one of its own last step, when it was found. */
  readonly lastSeq: number;
  readonly stepSeq: number;
  readonly effects: readonly LeftEffect[];
}

export interface BoxFacts {
  readonly status: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly actors: readonly ActorReading[];
  /** "id: state" of each. */
  readonly agents: readonly string[];
}

/** Events before the end that are read for it: the longest commit tells far fewer. */
const TAIL = 1_000;
const BAD: ReadonlySet<string> = new Set(["failed", "exhausted", "cancelled"]);

/** Null where nobody died. */
export async function shownBox(reader: Pick<Reader, "log">, run: string, facts: BoxFacts): Promise<ShownBox | null> {
  if (BAD.has(facts.status)) return endedBox(reader, run, facts);
  if (facts.status !== "running") return null;
  const found: Lost[] = [];
  for (const { lost } of facts.actors) {
    if (lost !== null) found.push(...(await lostAt(reader, run, lost)));
  }
  const [first] = found;
  if (first === undefined) return null;
  return {
    kind: "lost",
    reason: first.reason,
    agents: facts.agents,
    lastSeq: Number(facts.fields.seq ?? 0),
    state: first.state,
    effects: found.flatMap(({ effects }) => effects),
    budget: first.budget,
    bodies: found.map(({ actor: agent, seq, at, reason, state, lastSeq, stepSeq, effects }) => ({
      ...{ agent, seq, at, reason, state, lastSeq, stepSeq, effects },
    })),
  };
}

type Lost = Extract<LoggedEvent, { type: "actor.lost" }>;

async function lostAt(reader: Pick<Reader, "log">, run: string, seq: number): Promise<Lost[]> {
  for await (const { events } of entriesOf(reader, run, seq - 1)) {
    return events.filter((event): event is Lost => event.type === "actor.lost" && event.seq === seq);
  }
  return [];
}

type Ending = Extract<LoggedEvent, { type: "run.failed" | "run.exhausted" | "run.cancelled" }>;

async function endedBox(reader: Pick<Reader, "log">, run: string, { fields, agents, status }: BoxFacts) {
  let lastSeq = 0;
  let end: Ending | null = null;
  for await (const { events } of entriesOf(reader, run, Math.max(0, Number(fields.seq ?? 0) - TAIL))) {
    for (const event of events) {
      lastSeq = event.seq;
      if (RUN_ENDINGS.has(event.type)) end = event as Ending;
    }
  }
  const reasons = JSON.parse(fields.reasons ?? "[]") as string[];
  return {
    kind: "ended" as const,
    reason: reasons.join("; ") || `the run ended, ${status}, without a reason`,
    agents,
    lastSeq,
    state: end?.state ?? null,
    effects: end?.effects ?? [],
    budget: end?.budget ?? null,
    bodies: [],
  };
}

/**
 * What every call to a shared resource passes: asked before it, told after it. All workers go by one record, so that what
 * one of them finds out holds for all at their next call. Advisory: where the record cannot be had in time, each process
 * goes by what it knows itself, and no call is stopped or held for the lack of it.
 */
import type { BreakerInput } from "../../machines/breaker-machine.ts";
import { fnv1a } from "../../machines/fnv1a.ts";
import { type BreakerChange, breaker } from "./breaker.ts";
import type { LimitsSaid } from "./pacing.ts";
import {
  asked,
  type BreakerRecord,
  type Ended,
  ended,
  newRecord,
  pauseLeft,
  recordFrom,
  restLeft,
  type Step,
  textOf,
  troubleOf,
  wasWell,
} from "./record.ts";
import type { BreakerRecords } from "./records.ts";

/** One call, by a name of its own. */
export interface Asking {
  readonly by: string;
  readonly run: string;
  /** Input that no cache is likely to hold, in tokens. */
  readonly inputTokens?: number;
}

/** A call that was let through; it has to be told how it ended. */
export interface Ticket {
  readonly resource: string;
  readonly by: string;
  readonly run: string;
  readonly begunAtMs: number;
  /** It decides for all. */
  readonly probe: boolean;
  /** Whether anything ever went well there, as far as is remembered. */
  readonly wasWell: boolean;
}

export type Gate =
  | { readonly open: false; readonly ticket: Ticket; readonly seen: BreakerChange | null }
  | {
      readonly open: true;
      readonly name: string;
      readonly why: "open" | "paced";
      readonly waitMs: number;
      readonly reason: string | null;
      readonly seen: BreakerChange | null;
      /** It has been in trouble for longer than anybody is expected to wait. */
      readonly hopeless: boolean;
      readonly troubledMs: number;
    };

export interface CallEnd {
  readonly how: Ended["how"];
  readonly reason?: string;
  readonly said?: LimitsSaid;
  readonly retryAfterMs?: number;
}

export interface CallGate {
  /** `resource` names what is called, the same for all who share it. Never rejects, and takes half a second at most. */
  ask(resource: string, asking: Asking): Promise<Gate>;
  /** `waitMs`: how long this caller had better wait, because all have to; 0: nothing speaks for it. */
  tell(ticket: Ticket, end: CallEnd): Promise<Told>;
}

export interface Told {
  readonly seen: BreakerChange | null;
  readonly waitMs: number;
  /** As with a gate that is open. */
  readonly hopeless: boolean;
  readonly troubledMs: number;
}

export interface CallGateOptions {
  readonly records: BreakerRecords;
  readonly monotonicMs: () => number;
  /** Default {@link GATE}. */
  readonly limits?: BreakerInput;
  /** Default two hours. */
  readonly patienceMs?: number;
}

/** Five failures in a row, a first rest of 15 s, doubled up to 5 min: at most 21 calls an hour once nothing answers. */
export const GATE: BreakerInput = {
  failuresMax: 5,
  coolingFirstMs: 15_000,
  coolingLastMs: 300_000,
  probeMs: 60_000,
  memoryMs: 600_000,
};
const PATIENCE_MS = 2 * 3_600_000;
/** Others who write the same record at the same moment; past it the call goes by what it folded last. */
const SWAPS_MAX = 8;
/** Resources that one process remembers. */
const MIRRORS_MAX = 256;
/** A Redis that did not answer is not asked again for a moment, longer each time, in milliseconds. */
const BLIND_MS = 1_000;
const BLIND_LAST_MS = 30_000;

interface Mirror {
  record: BreakerRecord;
  /** The shared clock when it was last heard, and ours. */
  sharedMs: number;
  ownMs: number;
  /** One change at a time: calls of one process do not contend with each other. */
  turn: Promise<unknown>;
}

export function callGate({ records, monotonicMs, limits = GATE, patienceMs = PATIENCE_MS }: CallGateOptions): CallGate {
  const mirrors = new Map<string, Mirror>();
  const sight = breaker({
    ...{ name: "records", failuresMax: 1, coolingMs: BLIND_MS, coolingLastMs: BLIND_LAST_MS, monotonicMs },
  });
  const change = changer({ records, sight, monotonicMs, mirrors, limits });
  return {
    async ask(resource, { by, run, inputTokens = 0 }) {
      const unit = unitOf(by);
      const { answer, seen, atMs, record } = await change(resource, (before, atMs) =>
        asked(before, { by, run, needs: { inputTokens }, atMs, unit }),
      );
      const told = changeOf(resource, seen);
      if (answer.go) {
        const ticket = { resource, by, run, begunAtMs: atMs, probe: answer.probe, wasWell: wasWell(record) };
        return { open: false, ticket, seen: told };
      }
      const { why, waitMs, reason, troubledMs } = answer;
      const hopeless = troubledMs > patienceMs;
      return { open: true, name: resource, why, waitMs, reason, seen: told, hopeless, troubledMs };
    },
    async tell({ resource, by, run, begunAtMs }, end) {
      const unit = unitOf(`${by}/again`);
      const {
        answer,
        seen,
        record: now,
        atMs,
      } = await change(resource, (before, atMs) => {
        const after = ended(before, { by, run, atMs, begunAtMs, ...end });
        if (end.how !== "limited" && end.how !== "failed") return { ...after, answer: 0 };
        const restMs = restLeft(after.record, { atMs, unit });
        if (end.how !== "limited") return { ...after, answer: restMs };
        const { record, waitMs } = pauseLeft(after.record, { run, atMs, unit });
        return { record, answer: Math.max(waitMs, restMs), seen: after.seen };
      });
      const troubledMs = troubleOf(now, atMs);
      const hopeless = end.how !== "well" && troubledMs > patienceMs;
      return { seen: changeOf(resource, seen), waitMs: answer, hopeless, troubledMs };
    },
  };
}

interface Changed<Answer> extends Step<Answer> {
  readonly atMs: number;
}

type Change = <Answer>(
  name: string,
  step: (before: BreakerRecord, atMs: number) => Step<Answer>,
) => Promise<Changed<Answer>>;

/** Folds a fact into the shared record, or into this process's own copy where that cannot be had. */
function changer(parts: {
  readonly records: BreakerRecords;
  readonly sight: ReturnType<typeof breaker>;
  readonly monotonicMs: () => number;
  readonly mirrors: Map<string, Mirror>;
  readonly limits: BreakerInput;
}): Change {
  const { records, sight, monotonicMs, mirrors, limits } = parts;
  const mirrorOf = (name: string): Mirror => {
    const known = mirrors.get(name);
    if (known !== undefined) return known;
    const fresh = { record: newRecord(limits), sharedMs: Date.now(), ownMs: monotonicMs(), turn: Promise.resolve() };
    mirrors.set(name, fresh);
    for (const oldest of mirrors.keys()) {
      if (mirrors.size <= MIRRORS_MAX) break;
      mirrors.delete(oldest);
    }
    return fresh;
  };
  const shared = async <Answer>(
    name: string,
    mirror: Mirror,
    step: (before: BreakerRecord, atMs: number) => Step<Answer>,
  ): Promise<Changed<Answer>> => {
    let found = await records.read(name);
    for (let swaps = 1; ; swaps += 1) {
      const before = recordFrom(found.text) ?? newRecord(limits);
      const after = step(before, found.nowMs);
      Object.assign(mirror, { record: after.record, sharedMs: found.nowMs, ownMs: monotonicMs() });
      const answer = { ...after, atMs: found.nowMs };
      if (after.record === before || swaps > SWAPS_MAX) return answer;
      const other = await records.swap(name, found.text, textOf(after.record));
      if (other === null) return answer;
      found = other;
    }
  };
  const own = <Answer>(
    mirror: Mirror,
    step: (before: BreakerRecord, atMs: number) => Step<Answer>,
  ): Changed<Answer> => {
    const atMs = mirror.sharedMs + (monotonicMs() - mirror.ownMs);
    const after = step(mirror.record, atMs);
    mirror.record = after.record;
    return { ...after, atMs };
  };
  return (name, step) => {
    const mirror = mirrorOf(name);
    const turn = mirror.turn.then(async () => {
      if (sight.ask().open) return own(mirror, step);
      try {
        const changed = await shared(name, mirror, step);
        sight.tell(true);
        return changed;
      } catch {
        sight.tell(false); // said by the store itself, which everybody else waits for too
        return own(mirror, step);
      }
    });
    mirror.turn = turn.catch(() => {});
    return turn;
  };
}

const changeOf = (breakerName: string, seen: { from: string; to: string } | null): BreakerChange | null =>
  seen === null ? null : { breaker: breakerName, ...seen };

const unitOf = (text: string): number => fnv1a(text) / 0x1_0000_0000;

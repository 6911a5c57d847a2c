/**
 * The tool calls of one turn, and which of them may start now: read-only calls together up to a bound, all others
 * singly and in order; a waiting approval or an open question holds back only the changing calls behind it; once a
 * changing call failed, the rest of them are refused.
 */

export type CallRisk = "read-only" | "mutating" | "destructive";
export type CallRepeat = "safe" | "idempotent" | "unsafe";
/**
 * `unknown`: begun by a worker that is gone; `reconciling`: somebody is finding out. `waiting`: for a word of the parent,
 * which no box and no approval can give.
 */
export type CallStatus =
  | "judged"
  | "asking"
  | "waiting"
  | "running"
  | "unknown"
  | "reconciling"
  | "done"
  | "failed"
  | "refused"
  | "interrupted";

/** One call as the judge left it, and as it went on. */
export interface Call {
  readonly id: string;
  readonly tool: string;
  readonly inputHash: string;
  readonly risk: CallRisk;
  readonly repeat: CallRepeat;
  readonly status: CallStatus;
  /** The lost effect while the outcome is unknown, and where it was begun. */
  readonly lost?: { readonly effect: string; readonly place: string };
  /** What somebody is asked about under, where somebody is. */
  readonly approval?: string;
  /** True once somebody who was asked said yes to exactly this. */
  readonly approved?: true;
  /** Times it turned out never to have happened; absent before the first. */
  readonly missed?: number;
  /** What the parent is asked, or is to hand on: in the answer that made the call, and nowhere after it. */
  readonly question?: string;
  readonly post?: { readonly to: string; readonly kind: string; readonly body: unknown };
}

/** A call that its workers keep dying on before it happens is given up after so many. */
const MISSES_MAX = 3;

const ENDED: ReadonlySet<CallStatus> = new Set<CallStatus>(["done", "failed", "refused", "interrupted"]);

export const isEnded = (call: Call): boolean => ENDED.has(call.status);
export const allEnded = (calls: readonly Call[]): boolean => calls.every(isEnded);
export const someIn = (calls: readonly Call[], status: CallStatus): boolean =>
  calls.some((call) => call.status === status);

const isOut = ({ status }: Call): boolean => status === "running" || status === "unknown" || status === "reconciling";

/** Calls that may start now, in order. `parallelMax` bounds the read-only calls that run at once. */
export function startable(calls: readonly Call[], parallelMax: number): readonly Call[] {
  const running = calls.filter(isOut);
  let readers = running.filter((call) => call.risk === "read-only").length;
  const start: Call[] = [];
  // A changing call waits for every changing call before it; one that runs, asks or is unknown closes the door, and so
  // does an open question.
  let doorOpen = true;
  for (const call of calls) {
    // What was meant to follow an answer does not go before it.
    if (call.status === "waiting") doorOpen = false;
    if (call.risk === "read-only") {
      if (call.status === "judged" && readers < parallelMax) {
        start.push(call);
        readers += 1;
      }
    } else if (!isEnded(call)) {
      if (doorOpen && call.status === "judged") start.push(call);
      doorOpen = false;
    }
  }
  return start;
}

/**
 * Moves one call on, from a status it may be moved from. An answer to a call that did not ask, or an outcome of one that
 * was never started, changes nothing: null.
 */
export function moved(calls: readonly Call[], id: string, from: readonly CallStatus[], to: CallStatus): Call[] | null {
  const call = calls.find((one) => one.id === id);
  if (call === undefined || !from.includes(call.status)) return null;
  return calls.map((one) => (one === call ? { ...one, status: to } : one));
}

/** Somebody said yes: it is started like one that needed no asking, and bears the mark. */
export function withApproved(calls: readonly Call[], id: string): readonly Call[] {
  return calls.map((call) =>
    call.id === id && call.status === "asking" ? { ...call, status: "judged", approved: true } : call,
  );
}

/** Its worker is gone: nobody knows whether it happened. */
export function withUnknown(calls: readonly Call[], id: string, lost: NonNullable<Call["lost"]>): readonly Call[] {
  return calls.map((call) =>
    call.id === id && call.status === "running" ? { ...call, status: "unknown", lost } : call,
  );
}

export const withReconciling = (calls: readonly Call[]): readonly Call[] =>
  calls.map((call) => (call.status === "unknown" ? { ...call, status: "reconciling" } : call));

/** It never happened and never will under its old effect id: it may be made again, a few times. */
export function withMissed(calls: readonly Call[], id: string): readonly Call[] {
  const after = calls.map((call): Call => {
    if (call.id !== id || call.status !== "reconciling") return call;
    const { lost: _, ...rest } = call;
    const missed = (call.missed ?? 0) + 1;
    return { ...rest, missed, status: missed < MISSES_MAX ? "judged" : "interrupted" };
  });
  return after.some((call) => call.id === id && call.status === "interrupted") ? refuseBehind(after, id) : after;
}

export function withRunning(calls: readonly Call[], started: readonly Call[]): Call[] {
  const ids = new Set(started.map((call) => call.id));
  return calls.map((call) => (ids.has(call.id) ? { ...call, status: "running" as const } : call));
}

/** After a changing call failed, those behind it are refused: they were planned on a world that did not come about. */
export function refuseBehind(calls: readonly Call[], failed: string): Call[] {
  const at = calls.findIndex((call) => call.id === failed);
  if (at < 0 || calls[at]?.risk === "read-only") return [...calls];
  return calls.map((call, index) =>
    index > at && call.risk !== "read-only" && (call.status === "judged" || call.status === "asking")
      ? { ...call, status: "refused" as const }
      : call,
  );
}

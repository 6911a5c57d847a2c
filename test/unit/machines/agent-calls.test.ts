// Which calls of a turn may start: laws over every list of calls, and over every way in which they may end.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  allEnded,
  type Call,
  type CallStatus,
  isEnded,
  refuseBehind,
  startable,
  withRunning,
} from "../../../machines/agent-calls.ts";

const risks = ["read-only", "mutating", "destructive"] as const;
const statuses = [
  "judged",
  "asking",
  "running",
  "unknown",
  "reconciling",
  "done",
  "failed",
  "refused",
  "interrupted",
] as const;

const changes = (call: Call): boolean => call.risk !== "read-only";
const busy = (call: Call): boolean => ["running", "unknown", "reconciling"].includes(call.status);

const callsWith = (allowed: readonly CallStatus[]) =>
  fc
    .array(fc.record({ risk: fc.constantFrom(...risks), status: fc.constantFrom(...allowed) }), { maxLength: 8 })
    .map((made) =>
      made.map((one, index): Call => ({ ...one, id: `c${index}`, tool: "T", inputHash: "h", repeat: "safe" })),
    );
/** Changing calls are started in order, so only the first open one can be out. */
const inOrder = (calls: readonly Call[]): boolean =>
  calls.filter((call) => changes(call) && !isEnded(call)).every((call, index) => index === 0 || !busy(call));
const anyCalls = callsWith(statuses).filter(inOrder);
const bound = fc.integer({ min: 1, max: 4 });
const holds = (law: (calls: Call[], parallelMax: number) => void, from = anyCalls) =>
  fc.assert(fc.property(from, bound, law), { numRuns: 2_000 });

describe("what may start", () => {
  it("was judged, and waits for nobody's word", () => {
    holds((calls, max) => {
      expect(startable(calls, max).filter(({ status }) => status !== "judged")).toEqual([]);
    });
  });

  it("is named in order, each once", () => {
    holds((calls, max) => {
      const start = startable(calls, max);
      expect(start).toEqual(calls.filter((call) => start.includes(call)));
    });
  });

  it("never makes two changing calls run at once", () => {
    holds((calls, max) => {
      const atOnce = calls.filter((call) => changes(call) && busy(call));
      const more = startable(calls, max).filter(changes);
      if (more.length > 0) expect([...atOnce, ...more]).toHaveLength(1);
    });
  });

  it("never overtakes a changing call: all before it have ended", () => {
    holds((calls, max) => {
      for (const call of startable(calls, max).filter(changes)) {
        expect(calls.slice(0, calls.indexOf(call)).filter((one) => changes(one) && !isEnded(one))).toEqual([]);
      }
    });
  });

  it("never exceeds the bound on reads", () => {
    holds((calls, max) => {
      const reading = calls.filter((call) => !changes(call) && busy(call)).length;
      const more = startable(calls, max).filter((call) => !changes(call)).length;
      if (more > 0) expect(reading + more).toBeLessThanOrEqual(max);
    });
  });

  it("leaves no room unused: a read is held back by the bound alone, whatever asks, fails or changes", () => {
    holds((calls, max) => {
      const reads = calls.filter((call) => !changes(call));
      const waiting = reads.filter(({ status }) => status === "judged").length;
      const room = Math.max(0, max - reads.filter(busy).length);
      expect(startable(calls, max).filter((call) => !changes(call))).toHaveLength(Math.min(waiting, room));
    });
  });

  it("includes the first open changing call, where it is judged: an approval holds back only those behind it", () => {
    holds((calls, max) => {
      const first = calls.find((call) => changes(call) && !isEnded(call));
      const expected = first?.status === "judged" ? [first] : [];
      expect(startable(calls, max).filter(changes)).toEqual(expected);
    });
  });

  it("is something, wherever calls are open and none is running, unknown or asking", () => {
    holds(
      (calls, max) => {
        if (!allEnded(calls)) expect(startable(calls, max).length).toBeGreaterThan(0);
      },
      callsWith(["judged", "done", "failed", "refused", "interrupted"]),
    );
  });
});

describe("a whole turn, whatever order its calls end in", () => {
  it("runs every call that is not refused exactly once, and ends", () => {
    let ran = 0;
    let held = 0;
    fc.assert(
      fc.property(
        callsWith(["judged", "refused"]),
        bound,
        fc.infiniteStream(fc.nat(1_000)),
        fc.infiniteStream(fc.boolean()),
        (made, max, picks, outcomes) => {
          let calls: Call[] = made;
          const starts = new Map<string, number>();
          const failed = new Set<string>();
          for (let step = 0; !allEnded(calls); step += 1) {
            expect(step).toBeLessThan(100);
            const start = startable(calls, max);
            for (const { id } of start) starts.set(id, (starts.get(id) ?? 0) + 1);
            calls = withRunning(calls, start);
            const out = calls.filter(({ status }) => status === "running");
            expect(out.filter(changes).length).toBeLessThanOrEqual(1);
            expect(out.filter((call) => !changes(call)).length).toBeLessThanOrEqual(max);
            const one = out[(picks.next().value as number) % out.length] as Call;
            const ok = outcomes.next().value as boolean;
            calls = calls.map((call) => (call.id === one.id ? { ...call, status: ok ? "done" : "failed" } : call));
            if (!ok) {
              calls = refuseBehind(calls, one.id);
              failed.add(one.id);
            }
          }
          const firstFailure = calls.findIndex((call) => changes(call) && failed.has(call.id));
          for (const [index, call] of calls.entries()) {
            const dropped =
              made[index]?.status === "refused" || (firstFailure >= 0 && changes(call) && index > firstFailure);
            expect(starts.get(call.id) ?? 0, `${call.id} of ${JSON.stringify(made)}`).toBe(dropped ? 0 : 1);
            if (dropped) held += 1;
            else ran += 1;
          }
        },
      ),
      { numRuns: 1_000 },
    );
    expect(Math.min(ran, held)).toBeGreaterThan(500);
  });
});

describe("after a changing call failed", () => {
  it("those behind it that have not begun are refused; what came before, what reads and what has begun stays", () => {
    holds((calls) => {
      for (const [at, failed] of calls.entries()) {
        const after = refuseBehind(calls, failed.id);
        for (const [index, call] of calls.entries()) {
          const refused =
            changes(failed) && index > at && changes(call) && (call.status === "judged" || call.status === "asking");
          expect(after[index]).toEqual(refused ? { ...call, status: "refused" } : call);
        }
      }
    });
  });

  it("a call that nobody knows refuses nothing", () => {
    holds((calls) => {
      expect(refuseBehind(calls, "nobody")).toEqual(calls);
    });
  });
});

// What every call to a shared resource passes: whole swarms over hours of a clock that only moves when nobody is awake.
import { describe, expect, it } from "vitest";
import { type CallEnd, callGate, GATE, type Gate, type Ticket } from "../../../../infra/breaker/call-gate.ts";
import { type BreakerRecords, memoryRecords } from "../../../../infra/breaker/records.ts";

const HOUR_MS = 3_600_000;
const NAME = "model:test/m";

/** Workers that share one record, on one clock. */
function swarm(workers: number, { records }: { records?: (nowMs: () => number) => BreakerRecords } = {}) {
  const clock = { nowMs: 1_000_000 };
  const shared = (records ?? memoryRecords)(() => clock.nowMs);
  const gates = Array.from({ length: workers }, () => callGate({ records: shared, monotonicMs: () => clock.nowMs }));
  let calls = 0;
  const ask = (worker = 0, run = "r", inputTokens = 0): Promise<Gate> => {
    calls += 1;
    return (gates[worker % workers] as (typeof gates)[number]).ask(NAME, { by: `c${calls}`, run, inputTokens });
  };
  const enter = async (worker = 0, run = "r", inputTokens = 0): Promise<Ticket> => {
    const gate = await ask(worker, run, inputTokens);
    if (gate.open) throw new Error(`held back: ${gate.why}`);
    return gate.ticket;
  };
  const tell = (ticket: Ticket, end: CallEnd, worker = 0) =>
    (gates[worker % workers] as (typeof gates)[number]).tell(ticket, end);
  const failedTimes = async (times: number, worker = 0): Promise<void> => {
    for (let at = 0; at < times; at += 1)
      await tell(await enter(worker), { how: "failed", reason: "overloaded" }, worker);
  };
  return { clock, ask, enter, tell, failedTimes };
}

type Swarm = ReturnType<typeof swarm>;

/** Agents that call as soon as they may, until the clock has run so long. Resolves with the moments of their calls. */
async function agentsFor(
  { clock, ask, tell }: Swarm,
  {
    agents,
    forMs,
    end,
    afterMs = 0,
  }: { agents: number; forMs: number; end: (atMs: number) => CallEnd; afterMs?: number },
): Promise<{ callsMs: number[]; waitsMs: number[] }> {
  const due = Array.from({ length: agents }, (_, agent) => ({ agent, atMs: clock.nowMs }));
  const untilMs = clock.nowMs + forMs;
  const startMs = clock.nowMs;
  const callsMs: number[] = [];
  const waitsMs: number[] = [];
  for (;;) {
    due.sort((one, other) => one.atMs - other.atMs);
    const next = due[0] as { agent: number; atMs: number };
    if (next.atMs >= untilMs) return { callsMs, waitsMs };
    clock.nowMs = Math.max(clock.nowMs, next.atMs);
    const gate = await ask(next.agent, `r${next.agent % 4}`);
    if (gate.open) {
      waitsMs.push(gate.waitMs);
      next.atMs = clock.nowMs + gate.waitMs;
      continue;
    }
    callsMs.push(clock.nowMs - startMs);
    const told = await tell(gate.ticket, end(clock.nowMs), next.agent);
    next.atMs = clock.nowMs + Math.max(afterMs, told.waitMs);
  }
}

describe("a server that fails for ever", () => {
  it.each([
    ["one agent", 1],
    ["64 agents of 8 workers", 64],
  ])("is called at most 21 times an hour by a whole swarm: %s", async (_, agents) => {
    const { callsMs } = await agentsFor(swarm(8), {
      ...{ agents, forMs: HOUR_MS, afterMs: 100 },
      end: () => ({ how: "failed", reason: "overloaded" }),
    });
    expect(callsMs.length).toBeLessThanOrEqual(21);
    expect(callsMs.length).toBeGreaterThan(10);
    // It is not given up either: its last probe lies no longer back than the longest rest.
    expect(callsMs.at(-1)).toBeGreaterThan(HOUR_MS - GATE.coolingLastMs - 60_000);
  });

  it("that only refuses by its rate limit, is called no more often", async () => {
    const { callsMs } = await agentsFor(swarm(8), {
      ...{ agents: 64, forMs: HOUR_MS },
      end: () => ({ how: "limited", reason: "rate_limited", retryAfterMs: 1_000 }),
    });
    expect(callsMs.length).toBeGreaterThan(10);
    expect(callsMs.length).toBeLessThanOrEqual(40);
  });

  it("that swallows its probes without a word, is sent one a minute at most", async () => {
    const all = swarm(4);
    await all.failedTimes(5);
    const begun: number[] = [];
    for (const startMs = all.clock.nowMs; all.clock.nowMs - startMs < HOUR_MS; all.clock.nowMs += 1_000) {
      const gate = await all.ask(begun.length);
      if (!gate.open) begun.push(all.clock.nowMs);
    }
    expect(begun.length).toBeLessThanOrEqual(60);
    const gaps = begun.slice(1).map((atMs, index) => atMs - (begun[index] as number));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(GATE.probeMs);
  });
});

describe("what one worker finds out", () => {
  it("holds for all at their next call", async () => {
    const { failedTimes, ask } = swarm(2);
    await failedTimes(5, 0);
    expect(await ask(1)).toMatchObject({ open: true, why: "open", reason: "overloaded" });
  });

  it("needs all of its row: failures of several workers are one row", async () => {
    const all = swarm(2);
    await all.failedTimes(3, 0);
    await all.failedTimes(1, 1);
    expect((await all.ask(1)).open).toBe(false);
    await all.failedTimes(1, 1);
    expect((await all.ask(0)).open).toBe(true);
  });

  it("is one probe for all when it has cooled, and its success lets all through", async () => {
    const all = swarm(4);
    await all.failedTimes(5);
    all.clock.nowMs += GATE.coolingFirstMs;
    const gates = await Promise.all([0, 1, 2, 3].map((worker) => all.ask(worker)));
    const probes = gates.flatMap((gate) => (gate.open ? [] : [gate.ticket]));
    expect(probes).toMatchObject([{ probe: true }]);
    await all.tell(probes[0] as Ticket, { how: "well" }, 2);
    expect((await Promise.all([0, 1, 2, 3].map((worker) => all.ask(worker)))).map(({ open }) => open)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it("a prober that is never heard of again gives way, and one that was called off does at once", async () => {
    const all = swarm(2);
    await all.failedTimes(5);
    all.clock.nowMs += GATE.coolingFirstMs;
    await all.enter(0);
    expect((await all.ask(1)).open).toBe(true);
    all.clock.nowMs += GATE.probeMs;
    const second = await all.enter(1);
    expect(second.probe).toBe(true);
    await all.tell(second, { how: "gone" }, 1);
    expect((await all.enter(0)).probe).toBe(true);
  });

  it("is told to each run once, on whichever worker its calls are, and so is its end", async () => {
    const all = swarm(2);
    await all.failedTimes(4);
    const last = await all.tell(await all.enter(0, "a"), { how: "failed", reason: "overloaded" });
    expect(last.seen).toEqual({ breaker: NAME, from: "closed", to: "open" });
    expect((await all.ask(1, "b")).seen).toEqual({ breaker: NAME, from: "closed", to: "open" });
    expect((await all.ask(0, "b")).seen).toBeNull();
    all.clock.nowMs += GATE.coolingFirstMs;
    const probe = await all.enter(1, "a");
    const closed = await all.tell(probe, { how: "well" }, 1);
    expect(closed.seen).toEqual({ breaker: NAME, from: "halfOpen", to: "closed" });
    expect((await all.ask(1, "b")).seen).toEqual({ breaker: NAME, from: "open", to: "closed" });
    expect((await all.ask(0, "b")).seen).toBeNull();
  });

  it("is hopeless after two hours of it, not before", async () => {
    const all = swarm(1);
    await all.failedTimes(5);
    const startMs = all.clock.nowMs;
    const hopeless: (boolean | null)[] = [];
    for (const afterMs of [2 * HOUR_MS - 1_000, 2 * HOUR_MS + 1_000]) {
      all.clock.nowMs = startMs + afterMs;
      const probe = await all.ask(0);
      if (!probe.open) await all.tell(probe.ticket, { how: "failed", reason: "overloaded" });
      const gate = await all.ask(0);
      hopeless.push(gate.open ? gate.hopeless : null);
    }
    expect(hopeless).toEqual([false, true]);
  });
});

describe("where the record cannot be had", () => {
  const blind = (): BreakerRecords => ({
    read: () => Promise.reject(new Error("no Redis")),
    swap: () => Promise.reject(new Error("no Redis")),
  });

  it("no call is held back for it, and each process keeps a breaker of its own", async () => {
    const all = swarm(2, { records: blind });
    await all.failedTimes(5, 0);
    expect((await all.ask(0)).open).toBe(true);
    expect((await all.ask(1)).open).toBe(false);
    all.clock.nowMs += GATE.coolingFirstMs;
    expect(await all.ask(0)).toMatchObject({ open: false, ticket: { probe: true } });
  });

  it("it is not asked for with every call, and is gone by again when it is back", async () => {
    let asked = 0;
    let isDown = true;
    const records = (nowMs: () => number): BreakerRecords => {
      const memory = memoryRecords(nowMs);
      return {
        read(name) {
          asked += 1;
          return isDown ? Promise.reject(new Error("no Redis")) : memory.read(name);
        },
        swap: memory.swap,
      };
    };
    const all = swarm(1, { records });
    for (let at = 0; at < 100; at += 1) await all.ask();
    expect(asked).toBe(1);
    const { callsMs } = await agentsFor(all, {
      agents: 2,
      forMs: HOUR_MS,
      afterMs: 2_000,
      end: () => ({ how: "well" }),
    });
    expect(callsMs.length).toBeGreaterThan(3_000);
    expect(asked).toBeLessThanOrEqual(130);
    isDown = false;
    all.clock.nowMs += 60_000;
    const before = asked;
    await all.ask();
    await all.ask();
    expect(asked - before).toBe(2);
  });

  it("a record that nobody can read is begun anew", async () => {
    const texts = ['{"machine":"breaker@1"}', "[]", "no JSON", '{"machine":"breaker@2","snapshot":{"value":"gone"}}'];
    for (const text of texts) {
      const records = (nowMs: () => number): BreakerRecords => {
        const memory = memoryRecords(nowMs);
        return { ...memory, read: async (name) => ({ text: (await memory.read(name)).text ?? text, nowMs: nowMs() }) };
      };
      const all = swarm(1, { records });
      expect((await all.ask()).open, text).toBe(false);
    }
  });
});

describe("rate limits", () => {
  const limited = (retryAfterMs?: number): CallEnd => ({
    how: "limited",
    reason: "rate_limited",
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

  it("one refusal holds all workers back for as long as it says, and they come back one after the other", async () => {
    const all = swarm(8);
    const told = await all.tell(await all.enter(0), limited(10_000));
    expect(told.waitMs).toBeGreaterThanOrEqual(10_000);
    const gates = await Promise.all(Array.from({ length: 40 }, (_, at) => all.ask(at, `r${at % 4}`)));
    const waitsMs = gates.map((gate) => (gate.open ? gate.waitMs : 0));
    expect(gates.every((gate) => gate.open && gate.why === "paced")).toBe(true);
    expect(Math.min(...waitsMs)).toBeGreaterThanOrEqual(10_000);
    expect(Math.max(...waitsMs)).toBeGreaterThan(15_000);
    expect(Math.max(...waitsMs)).toBeLessThanOrEqual(45_000);
    // Not one second of the way back is crowded.
    const bySecond = new Map<number, number>();
    for (const waitMs of waitsMs) {
      const second = Math.floor(waitMs / 1_000);
      bySecond.set(second, (bySecond.get(second) ?? 0) + 1);
    }
    expect(Math.max(...bySecond.values())).toBeLessThanOrEqual(8);
  });

  it("a run with many agents is not ahead of a run with one", async () => {
    const all = swarm(2);
    await all.tell(await all.enter(0), limited(5_000));
    const many = await Promise.all(Array.from({ length: 60 }, () => all.ask(0, "many")));
    const one = await all.ask(1, "one");
    const waitOf = (gate: Gate): number => (gate.open ? gate.waitMs : 0);
    const faster = many.filter((gate) => waitOf(gate) < waitOf(one)).length;
    expect(faster).toBeLessThanOrEqual(2);
  });

  it("calls that were out together and are refused together are one failure, not a row of them", async () => {
    const all = swarm(4);
    const out = await Promise.all(Array.from({ length: 30 }, (_, at) => all.enter(at)));
    for (const [at, ticket] of out.entries()) {
      all.clock.nowMs += 1;
      await all.tell(ticket, limited(2_000), at);
    }
    expect(await all.ask(0)).toMatchObject({ open: true, why: "paced" });
    all.clock.nowMs += 3_000;
    expect((await all.ask(0)).open).toBe(false);
  });

  it("five pauses in a row without one good answer open the breaker", async () => {
    const all = swarm(1);
    for (let at = 0; at < 5; at += 1) {
      await all.tell(await all.enter(0), limited(500));
      all.clock.nowMs += 600;
    }
    expect(await all.ask(0)).toMatchObject({ open: true, why: "open", reason: "rate_limited" });
  });

  it("without a word of how long, a pause is longer each time", async () => {
    const all = swarm(1);
    const pauses: number[] = [];
    for (let at = 0; at < 4; at += 1) {
      const { waitMs } = await all.tell(await all.enter(0), limited());
      pauses.push(waitMs);
      all.clock.nowMs += waitMs + 1_000;
    }
    expect(pauses).toEqual(pauses.toSorted((one, other) => one - other));
    expect(pauses[3]).toBeGreaterThan(8 * 1_000);
  });

  it("where little is left, calls are held back before they are refused: no faster than it refills", async () => {
    const all = swarm(4);
    const said = { requests: { limit: 60, remaining: 2, resetMs: 58_000 } };
    await all.tell(await all.enter(0), { how: "well", said });
    const { callsMs } = await agentsFor(all, { agents: 20, forMs: 60_000, end: () => ({ how: "well" }), afterMs: 10 });
    // Two were left, and one a second comes back: 62 in a minute, not one more.
    expect(callsMs.length).toBeLessThanOrEqual(62);
    expect(callsMs.length).toBeGreaterThanOrEqual(30);
  });

  it("input that the cache holds counts for nothing: only what is new waits for tokens", async () => {
    const all = swarm(1);
    const said = { inputTokens: { limit: 100_000, remaining: 1_000, resetMs: 60_000 } };
    await all.tell(await all.enter(0), { how: "well", said });
    expect((await all.ask(0, "r", 500)).open).toBe(false);
    const large = await all.ask(0, "r", 40_000);
    // 39,500 are missing, and 1,650 a second come back.
    expect(large).toMatchObject({ open: true, why: "paced" });
    expect(large.open && large.waitMs).toBeGreaterThan(20_000);
    expect(large.open && large.waitMs).toBeLessThan(32_000);
  });

  it("a call larger than the whole limit goes when all of it is there, instead of never", async () => {
    const all = swarm(1);
    const said = { inputTokens: { limit: 1_000, remaining: 0, resetMs: 60_000 } };
    await all.tell(await all.enter(0), { how: "well", said });
    expect((await all.ask(0, "r", 5_000)).open).toBe(true);
    all.clock.nowMs += 65_000;
    expect((await all.ask(0, "r", 5_000)).open).toBe(false);
  });

  it("a limit that is half full or more is nobody's concern", async () => {
    const all = swarm(1);
    const said = { requests: { limit: 60, remaining: 30, resetMs: 30_000 } };
    await all.tell(await all.enter(0), { how: "well", said });
    const gates = await Promise.all(Array.from({ length: 100 }, () => all.ask(0)));
    expect(gates.every(({ open }) => !open)).toBe(true);
  });
});

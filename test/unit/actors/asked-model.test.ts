// One call behind its gate: what it tells the gate, what the run hears of it, and whose attempt a failure is.
import { describe, expect, it } from "vitest";
import { askModel, type GatedClient } from "../../../actors/runtime/asked-model.ts";
import { type Entry, textEntry } from "../../../actors/runtime/conversation.ts";
import { EffectAborted } from "../../../actors/runtime/performer.ts";
import { callGate, GATE } from "../../../infra/breaker/call-gate.ts";
import { memoryRecords } from "../../../infra/breaker/records.ts";
import { type Failed, type FailureReason, type ModelOutcome, noUsage } from "../../../infra/model/outcome.ts";
import type { ModelRequest } from "../../../infra/model/request.ts";

const failure = (reason: FailureReason, over: Partial<Failed> = {}): Failed => ({
  ...{ kind: "failed", reason, retry: true, message: reason, requestId: null, usage: noUsage, mayBeBilled: false },
  ...over,
});
const answer = (): ModelOutcome => ({ kind: "answered", message: {} as never, usage: noUsage, requestId: null });

type Client = (speak: () => void) => ModelOutcome | Promise<ModelOutcome>;

function stage() {
  const clock = { nowMs: 1_000_000 };
  const gate = callGate({ records: memoryRecords(() => clock.nowMs), monotonicMs: () => clock.nowMs });
  let calls = 0;
  const made: number[] = [];
  const ask = (client: Client, { entries = [] as Entry[], tokens = 0, run = "r" } = {}) => {
    calls += 1;
    const access: GatedClient = {
      client: {
        call: async (_, { onDelta }) => {
          made.push(clock.nowMs);
          return client(() => onDelta?.({ kind: "text", index: 0, text: "w" }));
        },
      },
      gate,
      resource: (model) => `model:test/${model}`,
    };
    return askModel(access, { model: "m" } as ModelRequest, {
      address: { run, actor: "a", type: "general" },
      ...{ effectId: `r/a/0.${calls}:0`, entries, signal: new AbortController().signal },
      grant: tokens === 0 ? null : { outTokens: 100, tokens: tokens + 100, nanoUsd: 0 },
    });
  };
  const opened = async (reason: FailureReason = "server_error"): Promise<void> => {
    for (let at = 0; at < GATE.failuresMax; at += 1) await ask(() => failure(reason));
  };
  return { clock, ask, made, opened };
}

describe("a failure", () => {
  it.each(["overloaded", "rate_limited"] as const)(
    "that the server calls its own, %s, is none of the agent's attempts",
    async (reason) => {
      const { ask } = stage();
      expect(await ask(() => failure(reason))).toMatchObject({ kind: "asked", counts: false });
    },
  );

  it.each(["server_error", "cut", "idle", "refused_connection"] as const)(
    "of one call, %s, is one of its attempts",
    async (reason) => {
      const { ask } = stage();
      expect(await ask(() => failure(reason))).toMatchObject({ kind: "asked", counts: true });
    },
  );

  it("of the probe is none, at a server that worked before; at one that never did, it is", async () => {
    for (const workedBefore of [true, false]) {
      const { ask, opened, clock } = stage();
      if (workedBefore) await ask(answer);
      await opened();
      clock.nowMs += GATE.coolingFirstMs;
      const probe = await ask(() => failure("server_error"));
      expect(probe).toMatchObject({ kind: "asked", counts: !workedBefore });
    }
  });

  it("that cannot pass says that the server is well", async () => {
    const { ask } = stage();
    for (let at = 0; at < 20; at += 1) {
      expect((await ask(() => failure("invalid_request", { retry: false }))).kind).toBe("asked");
    }
  });
});

describe("behind an open breaker", () => {
  it("nothing is sent, nothing is counted, and the wait is told", async () => {
    const { ask, opened, made } = stage();
    await opened();
    const before = made.length;
    const kept = await ask(answer, { run: "another" });
    expect(kept).toMatchObject({
      ...{ kind: "kept_back", reason: "breaker_open", retry: true },
      message: "breaker model:test/m is open; last it said server_error",
      told: [{ type: "breaker.changed", breaker: "model:test/m", from: "closed", to: "open" }],
    });
    expect(kept.kind === "kept_back" && kept.delayMs).toBeGreaterThanOrEqual(GATE.coolingFirstMs);
    expect(made.length).toBe(before);
  });

  it("an hour of overload costs no agent an attempt, and after two hours it ends by name", async () => {
    const { ask, clock } = stage();
    const startMs = clock.nowMs;
    let last = await ask(() => failure("overloaded"));
    let asked = 0;
    for (; clock.nowMs - startMs < 3 * 3_600_000; asked += 1) {
      if (last.kind === "kept_back") clock.nowMs += last.delayMs;
      else {
        expect(last.counts).toBe(false);
        if (last.outcome.kind === "failed" && !last.outcome.retry) break;
        clock.nowMs += Math.max(1_000, last.leastWaitMs);
      }
      last = await ask(() => failure("overloaded"));
    }
    const hours = (clock.nowMs - startMs) / 3_600_000;
    expect(hours).toBeGreaterThan(1.9);
    expect(hours).toBeLessThan(2.3);
    // The chart bears fifty that cost no attempt.
    expect(asked).toBeLessThan(50);
    const ended = last.kind === "asked" && last.outcome.kind === "failed" ? last.outcome.message : "";
    expect(ended).toMatch(/^model:test\/m has been in trouble for 2\.\d h, and nobody waits for it any longer/);
    expect(await ask(answer)).toMatchObject({
      kind: "kept_back",
      retry: false,
      message: expect.stringContaining("2."),
    });
  });

  it("the probe's first word lets the others through, before its last", async () => {
    const { ask, opened, clock } = stage();
    await opened();
    clock.nowMs += GATE.coolingFirstMs;
    const others: string[] = [];
    const probe = await ask(async (speak) => {
      others.push((await ask(answer)).kind);
      speak();
      await new Promise(setImmediate);
      others.push((await ask(answer)).kind);
      return answer();
    });
    expect(others).toEqual(["kept_back", "asked"]);
    expect(probe.told.map((event) => event.type === "breaker.changed" && event.to)).toContain("closed");
  });

  it("a probe that is called off, or breaks in our hands, leaves its place to the next", async () => {
    const { ask, opened, clock } = stage();
    await opened();
    clock.nowMs += GATE.coolingFirstMs;
    await expect(ask(() => failure("aborted", { retry: false }))).rejects.toBeInstanceOf(EffectAborted);
    await expect(ask(() => Promise.reject(new TypeError("ours")))).rejects.toThrow("ours");
    expect((await ask(answer)).kind).toBe("asked");
  });
});

describe("rate limits", () => {
  it("a refusal that says when holds the next attempt back at least as long, and the others too", async () => {
    const { ask } = stage();
    const refused = await ask(() => failure("rate_limited", { retryAfterMs: 7_000 }));
    expect(refused.kind === "asked" && refused.leastWaitMs).toBeGreaterThanOrEqual(7_000);
    const other = await ask(answer, { run: "other" });
    expect(other).toMatchObject({ kind: "kept_back", reason: "paced", retry: true });
    expect(other.kind === "kept_back" && other.delayMs).toBeGreaterThanOrEqual(7_000);
  });

  it("of a prompt, only what the last answer did not hold already counts", async () => {
    const { ask } = stage();
    const limits = { inputTokens: { limit: 100_000, remaining: 5_000, resetMs: 60_000 } };
    await ask(() => ({ ...answer(), limits }));
    const entries: Entry[] = [textEntry("task"), { ...textEntry("on it"), role: "assistant", tokens: 48_000 }];
    expect((await ask(answer, { tokens: 50_000, entries })).kind).toBe("asked");
    expect((await ask(answer, { tokens: 50_000 })).kind).toBe("kept_back");
  });
});

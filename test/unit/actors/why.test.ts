/** Laws of `swarm why`: each cause stands on facts alone, what has to be undone first stands first, and nothing is guessed. */
import { describe, expect, it } from "vitest";
import type { AgentFacts, WhyFacts } from "../../../actors/runtime/why/facts.ts";
import { logFacts } from "../../../actors/runtime/why/log-facts.ts";
import { type Cause, causesOf } from "../../../actors/runtime/why.ts";
import type { LeftEffect } from "../../../machines/events/death.ts";
import type { LoggedEvent } from "../../../machines/run-event.ts";

const NOW = Date.parse("2026-01-01T00:10:00.000Z");
const AT = "2026-01-01T00:09:00.000Z";
const nothing = { max: null, spent: 0, reserved: 0, left: null };

const agent = (changes: Partial<AgentFacts> = {}): AgentFacts => ({
  ...{ id: "a_1", type: "general", task: "t", state: "thinking.calling", ended: false, fenced: null },
  ...{ attempt: 0, reasons: [], questions: [], mail: 0, pending: [] },
  ...changes,
});

const modelCall = { id: "r_1/a_1/0.3:0", type: "model.call", tool: null };
const worker = { id: "w_1", types: ["general", "coordinator"], bindings: ["api-1"] };

const facts = (changes: Partial<WhyFacts> = {}): WhyFacts => ({
  ...{ run: "r_1", nowMs: NOW, status: "running", hold: null, reasons: [], binding: "api-1" },
  ...{ agents: [agent({ pending: [modelCall] })], tasks: [], approvals: [], timers: [], letters: [] },
  ...{ known: { breakers: [], limits: [] }, workers: [worker], ownWorkers: true, stranded: [] },
  budget: { tokens: nothing, usd: nothing },
  log: {
    since: new Map([["a_1", { seq: 7, at: AT }]]),
    begun: new Map([[modelCall.id, { seq: 8, at: AT }]]),
    ...{
      failed: new Map(),
      refused: new Map(),
      beforeRefusal: null,
      outOfTurns: null,
      lost: new Map(),
      plugins: new Map(),
      parked: null,
    },
  },
  ...changes,
});

const LATER = "2026-01-01T00:09:30.000Z";
const noBudget = { tokens: 0, nanoUsd: 0, heldTokens: 0, heldNanoUsd: 0, tokensMax: null, nanoUsdMax: null };

const death = (...effects: LeftEffect[]): LoggedEvent => ({
  ...{ v: 1, seq: 9, at: LATER, run: "r_1", actor: "a_1", type: "actor.lost", reason: "process 1 is gone" },
  ...{ foundBy: "process 2", state: "executing", lastSeq: 8, stepSeq: 7, effects, budget: noBudget },
});

async function* logOf(events: readonly LoggedEvent[]) {
  yield { raw: { firstSeq: 1 } as never, events };
}

const kinds = (causes: readonly Cause[]): string[] => causes.map(({ kind }) => kind);
const onlyOf = (given: WhyFacts, name: string | null = null): Cause => {
  const causes = causesOf(given, name);
  expect(causes).toHaveLength(1);
  return causes[0] as Cause;
};

const approval = {
  ...{ id: "p_1", agent: "a_1", tool: "Write", risk: "mutating", rule: "default", reason: "no rule allows it" },
  ...{ askedAt: AT, command: "swarm approve p_1" },
};

describe("what is due is told with what would do it", () => {
  it("a call that waits for a person names the approval, its rule and the word that lets it run", () => {
    const cause = onlyOf(facts({ agents: [agent({ state: "awaitingApproval" })], approvals: [approval] }));
    expect(cause).toMatchObject({
      kind: "person",
      agent: "a_1",
      since: AT,
      command: "swarm approve p_1",
      facts: ["p_1"],
    });
    expect(cause.text).toContain("Write, mutating: no rule allows it (default)");
  });

  it("where no worker lives it is said once for each agent that has something to do, and not for those that wait", () => {
    const idle = agent({ id: "a_2", state: "awaitingApproval" });
    const cause = onlyOf(facts({ workers: [], agents: [agent({ pending: [modelCall] }), idle] }));
    expect(cause).toMatchObject({ kind: "no-worker", agent: "a_1", command: "swarm resume r_1" });
    expect(cause.text).toContain("a model call before it");
  });

  it("on a Redis that was given, workers are started by hand: any where none lives, else one of the type that lacks", () => {
    expect(onlyOf(facts({ workers: [], ownWorkers: false })).command).toBe("swarm worker");
    const cause = onlyOf(facts({ workers: [{ ...worker, types: ["explore"] }], ownWorkers: false }));
    expect(cause).toMatchObject({ kind: "no-worker", command: "swarm worker general" });
    expect(cause.text).toContain("none serves general (they serve explore)");
  });

  it("a worker without the run's model access serves nobody of it", () => {
    const cause = onlyOf(facts({ workers: [{ ...worker, bindings: ["api-2"] }] }));
    expect(cause).toMatchObject({ kind: "no-worker", command: "swarm resume r_1" });
    expect(cause.text).toContain("api-1");
  });

  it("a stranded agent is told as stranded, and not as at work", () => {
    expect(onlyOf(facts({ stranded: ["a_1"] }))).toMatchObject({ kind: "stranded", command: "swarm resume r_1" });
  });

  it("an agent that was found dead is told first: what it was doing, since when, what nobody told it, and what goes on", async () => {
    const effect = {
      effect: "r_1/a_1/0.3:0",
      kind: "tool.run",
      tool: "Bash",
      status: "unknown",
      said: "nobody saw",
    } as const;
    const { lost } = await logFacts(logOf([death(effect)]));
    const log = { ...facts().log, lost };
    const busy = agent({ state: "executing", pending: [{ id: effect.effect, type: "tool.run", tool: "Bash" }] });
    const cause = onlyOf(facts({ log, agents: [busy], workers: [] }));
    expect(cause).toEqual({
      kind: "found-dead",
      agent: "a_1",
      text: `a_1 (general) was found dead in executing, where it had been since ${AT}: process 1 is gone. Nobody told it how this came out: a call of Bash, unknown (nobody saw); once a worker takes it up, it goes on where it stood`,
      since: LATER,
      command: "swarm resume r_1",
      facts: ["event 9", effect.effect],
    });
    // Died on a claim before its mail was read: there is work, only nobody counts it.
    expect(onlyOf(facts({ log, agents: [agent({ state: "executing" })], workers: [] })).command).toBe(
      "swarm resume r_1",
    );
    const asked = causesOf(facts({ log, agents: [busy], approvals: [{ ...approval, agent: "a_1" }] }), null);
    expect(kinds(asked)).toEqual(["found-dead", "person"]);
    expect(asked[0]).toMatchObject({ command: null, text: expect.stringContaining("a worker that serves it lives") });
  });

  it("a death is told until a worker has taken the agent up, and no longer", async () => {
    const recovered = { seq: 10, at: LATER, run: "r_1", actor: "a_1", type: "actor.recovered", by: "w_2", lost: 9 };
    const { lost } = await logFacts(logOf([death(), recovered as LoggedEvent]));
    expect([...lost.keys()]).toEqual([]);
    const again = { ...death(), seq: 11 } as LoggedEvent;
    const twice = await logFacts(logOf([death(), recovered as LoggedEvent, again]));
    expect(twice.lost.get("a_1")).toMatchObject({ seq: 11, reason: "process 1 is gone" });
  });

  it("a parked run stands before whatever its agents wait for", () => {
    const log = { ...facts().log, parked: { seq: 9, at: AT, reason: "asked by swarm stop" } };
    const causes = causesOf(facts({ status: "parked", hold: String(NOW), log, approvals: [approval] }), null);
    expect(kinds(causes)).toEqual(["parked", "person"]);
    expect(causes[0]).toMatchObject({ command: "swarm resume r_1", since: AT, facts: ["event 9"] });
    expect(causes[0]?.text).toBe("the run is parked: asked by swarm stop");
  });

  it("a dead letter is told while its task is open, with the order that sends it back, and not afterwards", () => {
    const letters = [{ id: "d_1", actor: "a_1", task: "t", reason: "claimed 5 times", atMs: NOW }];
    const dead = { agents: [agent({ fenced: "claimed 5 times" })], letters };
    const failed = facts({ ...dead, tasks: [{ id: "t", status: "failed", attempt: 1 }] });
    expect(onlyOf(failed)).toMatchObject({ kind: "quarantine", command: "swarm dlq requeue d_1" });
    expect(causesOf(facts({ ...dead, tasks: [{ id: "t", status: "verified", attempt: 2 }] }), null)).toEqual([]);
  });
});

describe("what only takes time has no command", () => {
  const backing = agent({ state: "thinking.backingOff", attempt: 2 });
  const timers = [{ actor: "a_1", id: "retry", dueMs: NOW + 4_000 }];

  it("a retry tells which attempt failed, of how many, why, and when the next one is made", () => {
    const failed = new Map([["a_1", { seq: 12, at: AT, reason: "overloaded", message: "529" }]]);
    const cause = onlyOf(facts({ agents: [backing], timers, log: { ...facts().log, failed } }));
    expect(cause).toMatchObject({ kind: "resting", command: null, since: AT, facts: ["event 12", "retry"] });
    expect(cause.text).toContain("failed attempt 2 at");
    expect(cause.text).toContain("overloaded: 529");
    expect(cause.text).toContain("2026-01-01T00:10:04.000Z (in 4 s)");
  });

  it("an open breaker of the run's own model stands before the retries that it causes; another's is nobody's business", () => {
    const open = (binding: string) => ({
      ...{ name: `model:host/m@${binding}`, state: "open" as const, failures: 5, sinceAt: AT, waitMs: 30_000 },
      reason: "529",
    });
    const known = { breakers: [open("api-2"), open("api-1")], limits: [] };
    const causes = causesOf(facts({ agents: [backing], timers, known }), null);
    expect(kinds(causes)).toEqual(["breaker", "resting"]);
    expect(causes[0]).toMatchObject({ since: AT, command: null, facts: ["model:host/m@api-1"] });
    expect(causes[0]?.text).toContain("after 5 failures in a row (529); it is tried again in 30 s");
  });

  it("a plugin server that is left alone is told of in runs that called it, and in no others", () => {
    const open = { state: "open" as const, failures: 3, sinceAt: AT, waitMs: 20_000, reason: "connection refused" };
    const known = { breakers: [{ name: "plugin:notes@0123456789ab", ...open }], limits: [] };
    const log = { ...facts().log, plugins: new Map([["notes", { seq: 30, at: AT }]]) };
    const causes = causesOf(facts({ known, log }), null);
    expect(kinds(causes)).toEqual(["breaker", "working"]);
    expect(causes[0]).toMatchObject({ since: AT, command: null, facts: ["plugin:notes@0123456789ab", "event 30"] });
    expect(causes[0]?.text).toContain(
      "notes is left alone after 3 failures in a row (connection refused); it is asked again in 20 s",
    );
    expect(kinds(causesOf(facts({ known }), null))).toEqual(["working"]);
    const others = { ...log, plugins: new Map([["note", { seq: 30, at: AT }]]) };
    expect(kinds(causesOf(facts({ known, log: others }), null))).toEqual(["working"]);
    const over = { known, log, agents: [agent({ state: "failed", ended: true })] };
    expect(causesOf(facts(over), null)).toEqual([]);
  });

  it("a used-up rate limit is told while it pauses calls", () => {
    const limit = (pausedMs: number) => ({ name: "model:host/m@api-1", pausedMs, waiting: 1 });
    const withLimit = (pausedMs: number) =>
      kinds(causesOf(facts({ known: { breakers: [], limits: [limit(pausedMs)] } }), null));
    expect(withLimit(2_000)).toEqual(["rate-limit", "working"]);
    expect(withLimit(0)).toEqual(["working"]);
  });

  it("an effect that is out is told with the time since it was begun", () => {
    const cause = onlyOf(facts());
    expect(cause).toMatchObject({ kind: "working", since: AT, facts: [modelCall.id, "event 8"] });
    expect(cause.text).toContain("a model call is out for 1 min");
  });

  it("a coordinator that watches names the tasks that it waits for, and those only", () => {
    const coordinator = agent({ id: "a_coordinator", type: "coordinator", state: "supervising.watching" });
    const tasks = [
      { id: "one", status: "running", attempt: 1 },
      { id: "two", status: "planned", attempt: 0 },
      { id: "three", status: "verified", attempt: 1 },
    ];
    const cause = onlyOf(facts({ agents: [coordinator], tasks }));
    expect(cause.kind).toBe("child");
    expect(cause.text).toContain("waits for 1 task: one (running, attempt 1)");
  });

  it("a question that nobody has answered is told with its words and the end of its patience", () => {
    const asking = agent({ state: "waiting", questions: ["which branch?"] });
    const cause = onlyOf(facts({ agents: [asking], timers }));
    expect(cause).toMatchObject({ kind: "question", command: null });
    expect(cause.text).toContain("until 2026-01-01T00:10:04.000Z at most: which branch?");
  });
});

describe("money and ends", () => {
  const tokens = (left: number) => ({ max: 1_000, spent: 1_000 - left, reserved: 0, left });

  it("a budget is told when a twentieth of it is left, with an order that raises it", () => {
    const little = facts({ budget: { tokens: tokens(50), usd: nothing } });
    expect(causesOf(little, null)[0]).toMatchObject({ kind: "budget", command: "swarm budget set r_1 --tokens 2000" });
    expect(kinds(causesOf(facts({ budget: { tokens: tokens(51), usd: nothing } }), null))).toEqual(["working"]);
  });

  it("an exhausted run is gone on with by a fork from before its budget was refused", () => {
    const log = { ...facts().log, beforeRefusal: 41 };
    const given = facts({
      status: "exhausted",
      reasons: ["budget: 3"],
      log,
      budget: { tokens: tokens(3), usd: nothing },
    });
    expect(onlyOf(given)).toMatchObject({ kind: "ended", command: "swarm fork r_1 --at 41 --max-tokens 2000" });
  });

  it("a run whose agent came to the end of its turns is gone on with by a fork from before that, with more of them", async () => {
    const base = { v: 1 as const, at: AT, run: "r_1", actor: "a_1" };
    const ended: LoggedEvent = {
      ...{ ...base, seq: 42, type: "result.rejected", result: "res_1", task: "t" },
      reasons: ["exhausted", "turns: all 24 used without a verified result"],
    };
    const log = await logFacts(
      (async function* () {
        yield {
          raw: { firstSeq: 40 } as never,
          events: [{ ...base, seq: 40, type: "agent.state", from: "a", to: "b" }, ended],
        };
      })(),
    );
    const given = { reasons: ["t: turns: all 24 used"], log, budget: { tokens: tokens(3), usd: nothing } };
    for (const status of ["exhausted", "failed"] as const) {
      const command = "swarm fork r_1 --at 39 --max-turns 48";
      expect(onlyOf(facts({ ...given, status }))).toMatchObject({ kind: "ended", command, facts: ["event 40"] });
    }
    expect(onlyOf(facts({ ...given, status: "completed" })).command).toBeNull();
    // Money that was refused is what stopped it: more turns alone would not help.
    const refused = { ...log, beforeRefusal: 41 };
    expect(onlyOf(facts({ ...given, status: "exhausted", log: refused })).command).toContain(
      "--at 41 --max-tokens 2000",
    );
  });

  it("of an ended run its agents hold nothing up any more", () => {
    const cause = onlyOf(facts({ status: "failed", reasons: ["it broke"], workers: [] }));
    expect(cause).toMatchObject({ kind: "ended", command: null, text: "it has ended, failed: it broke" });
  });
});

describe("an agent that is asked about by its name", () => {
  it("tells of its own end, which the run as a whole does not", () => {
    const done = agent({ state: "failed", ended: true, reasons: ["no report"] });
    expect(causesOf(facts({ agents: [done] }), null)).toEqual([]);
    expect(onlyOf(facts({ agents: [done] }), "a_1").text).toContain("has ended, failed: no report");
  });

  it("is not told what holds others up", () => {
    const other = agent({ id: "a_2", state: "awaitingApproval" });
    const given = facts({
      agents: [agent({ pending: [modelCall] }), other],
      approvals: [{ ...approval, agent: "a_2" }],
    });
    expect(kinds(causesOf(given, "a_1"))).toEqual(["working"]);
    expect(kinds(causesOf(given, "a_2"))).toEqual(["person"]);
  });

  it("says that nothing is known where it has no message, no effect and no timer, instead of a guess", () => {
    expect(kinds(causesOf(facts({ agents: [agent({ state: "paused" })] }), "a_1"))).toEqual(["unexplained"]);
  });

  it("is told of messages that changed nothing in its state, and of none that came before it", async () => {
    const at = AT;
    const base = { v: 1 as const, at, run: "r_1", actor: "a_1" };
    const late = (seq: number): LoggedEvent => ({ ...base, seq, type: "message.taken", cause: "x", changed: false });
    const moved: LoggedEvent = { ...base, seq: 2, type: "agent.state", from: "a", to: "b" };
    const log = await logFacts(logOf([late(1), moved, late(3), late(4)]));
    const cause = onlyOf(facts({ agents: [agent({ state: "waiting" })], log }), "a_1");
    expect(cause).toMatchObject({ kind: "refused-event", facts: ["event 3", "event 4"] });
  });
});

// What a run tells: every kind of event is read back as it was written, alone and in its log entry.
import { describe, expect, it } from "vitest";
import { logEntrySchema } from "../../../machines/log-entry.ts";
import { RUN_ENDINGS, type RunEvent, runEventSchema } from "../../../machines/run-event.ts";

const usage = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0 };
const call = { call: "c1", tool: "Read" };

/** One of each; a kind that is missing here does not compile, one that is wrong does not parse. */
const box = {
  state: "executing",
  lastSeq: 9,
  stepSeq: 7,
  effects: [{ effect: "r/a/0.2:0", kind: "tool.run", tool: "Bash", call: "c1", status: "unknown" as const, said: "?" }],
  budget: { tokens: 5, nanoUsd: 7, heldTokens: 0, heldNanoUsd: 0, tokensMax: null, nanoUsdMax: 9 },
};

const samples: { readonly [Type in RunEvent["type"]]: Extract<RunEvent, { type: Type }> } = {
  "run.started": { type: "run.started", goal: "look", kind: "run", tasks: 3, model: "m" },
  "run.parked": { type: "run.parked", reason: "Ctrl-C" },
  "run.resumed": { type: "run.resumed" },
  "command.matched": { type: "command.matched", query: "run", candidates: ["run"], choice: "run" },
  "task.routed": { type: "task.routed", task: "a", agentType: "explore", to: "a_a", reason: "free" },
  "agent.started": { type: "agent.started", agentType: "explore", task: "a", machine: "explore@1" },
  "agent.state": { type: "agent.state", from: "", to: "thinking.calling" },
  "result.revoked": { type: "result.revoked", result: "res_b", task: "b", root: "res_a", reason: "wrong", by: "ann" },
  "actor.fenced": { type: "actor.fenced", fenced: "a_c", reason: "it stands on res_a" },
  "supervision.decided": {
    type: "supervision.decided",
    task: "a",
    decision: "other-model",
    attempt: 2,
    reason: "the second attempt asks large",
    delayMs: 700,
  },
  "letter.written": { type: "letter.written", letter: "d_2", task: "a", reasons: ["three attempts failed"] },
  "task.joined": { type: "task.joined", task: "a", commit: "c0ffee", files: 2 },
  "task.conflicted": { type: "task.conflicted", task: "b", files: ["a.txt"], reason: "conflicts in a.txt" },
  "workspace.rebuilt": { type: "workspace.rebuilt", commits: 3 },
  "proposal.made": {
    type: "proposal.made",
    task: "plan",
    tasks: [{ id: "a", agentType: "explore", needs: [], why: "somebody has to look" }],
    drops: [],
    why: "look first",
    accept: "ask",
    reason: "somebody can be asked",
  },
  "proposal.refused": { type: "proposal.refused", task: "plan", problems: ["task a needs b, which does not exist"] },
  "verdict.read": { type: "verdict.read", task: "check", of: "a", holds: false, reasons: ["the line is not there"] },
  "question.asked": { type: "question.asked", question: "a_a:toolu_1", text: "which port?" },
  "question.answered": {
    type: "question.answered",
    question: "a_a:toolu_1",
    answer: null,
    by: "timer",
    reason: "nobody answered",
  },
  "message.posted": { type: "message.posted", post: "p1", from: "a_a", to: "#found", kind: "file", told: ["a_b"] },
  "memory.kept": {
    type: "memory.kept",
    tier: "workspace",
    item: "m_00000000000000aa",
    topic: "build",
    fact: "It takes a minute.",
    source: { kind: "file", path: "a.txt", line: 1, quote: "a minute", sha256: "0".repeat(64) },
    expiresAt: "2027-01-01T00:00:00.000Z",
    marked: false,
  },
  "memory.recalled": {
    type: "memory.recalled",
    by: "session",
    facts: ["f_00000000000000aa"],
    items: [],
    topics: ["build"],
    withheld: 0,
    bytes: 10,
  },
  "memory.forgotten": {
    type: "memory.forgotten",
    tier: "run",
    item: "f_00000000000000aa",
    topic: "build",
    reason: "source-changed",
    why: "line 1 of a.txt reads otherwise",
  },
  "message.unread": { type: "message.unread", posts: ["a_a:3:toolu_2"] },
  "run.forked": { type: "run.forked", source: "r_1", sourceSeq: 12, changes: ["model m"] },
  "agent.forked": { type: "agent.forked", machine: "explore@1", version: 3, state: "thinking.calling" },
  "actor.lost": { type: "actor.lost", reason: "no worker lives", foundBy: "process 7 on here", ...box },
  "actor.recovered": { type: "actor.recovered", by: "w_2", lost: 12 },
  "agent.ended": { type: "agent.ended", status: "failed", reason: "turns", ...box },
  "agent.died": { type: "agent.died", died: "a_a", reason: "poison" },
  "letter.requeued": { type: "letter.requeued", letter: "d_1", task: "a", agentType: "explore", to: null },
  "letter.dropped": { type: "letter.dropped", letter: "d_1", died: "a_a" },
  "context.loaded": { type: "context.loaded", sources: ["brief"], bytes: 10 },
  "registry.drifted": { type: "registry.drifted", tool: "Read", state: "quarantined", reasons: ["it wrote"] },
  "registry.built": { type: "registry.built", tools: ["Read"], excluded: [], hash: "h" },
  "message.taken": { type: "message.taken", cause: "agent.pause", changed: false },
  "message.started": { type: "message.started", from: "report_missing", bytes: 0 },
  "model.called": { type: "model.called", effect: "e", turn: 0, attempt: 0 },
  "model.answered": {
    type: "model.answered",
    effect: "e",
    turn: 0,
    stop: "tool_use",
    calls: 1,
    model: "m",
    request: "r",
    transcript: 4,
    usage,
  },
  "model.failed": {
    type: "model.failed",
    effect: "e",
    turn: 0,
    reason: "overloaded",
    message: "529",
    retry: true,
    usage: { ...usage, estimated: true },
  },
  "retry.scheduled": { type: "retry.scheduled", turn: 0, attempt: 1, delayMs: 500 },
  "breaker.changed": { type: "breaker.changed", breaker: "model", from: "closed", to: "open" },
  "tool.matched": { type: "tool.matched", ...call, query: "read", candidates: ["Read"], choice: null },
  "permission.decided": {
    type: "permission.decided",
    ...call,
    decision: "allow",
    risk: "read-only",
    rule: "r",
    reason: "because",
  },
  "tool.intended": { type: "tool.intended", effect: "e", ...call, input: { file_path: "a" } },
  "tool.finished": { type: "tool.finished", effect: "e", ...call, bytes: 1, tookMs: 2 },
  "tool.failed": { type: "tool.failed", effect: "e", ...call, bytes: 1, tookMs: 2 },
  "tool.refused": { type: "tool.refused", ...call, reason: "denied" },
  "tool.interrupted": { type: "tool.interrupted", effect: "e", ...call, reason: "its worker died" },
  "tool.reconciled": { type: "tool.reconciled", effect: "e", ...call, happened: true },
  "approval.requested": {
    type: "approval.requested",
    approval: "p_1",
    ...call,
    risk: "unknown",
    rule: "shell.unknown",
    reason: "nobody knows it",
    ttlMs: 1,
  },
  "approval.answered": {
    type: "approval.answered",
    approval: "p_1",
    call: "c1",
    allowed: true,
    by: "ana",
    reason: "",
    grant: { id: "g_1", rule: "Bash(make)", scope: "run" },
  },
  "approval.withdrawn": { type: "approval.withdrawn", approval: "p_1", call: "c1", reason: "its agent has ended" },
  "grants.given": { type: "grants.given", grants: [{ id: "g_1", rule: "Bash(make)", by: "goal", origin: "`make`" }] },
  "grants.revoked": { type: "grants.revoked", grant: "g_1", rule: "Bash(make)", by: "ana", reason: "" },
  "workspace.collected": { type: "workspace.collected", branch: "swarm/r", commit: "c0ffee", files: 2, diff: null },
  "workspace.merged": { type: "workspace.merged", branch: "swarm/r", commit: "c0ffee" },
  "workspace.left": { type: "workspace.left", reason: "conflicts in a.txt" },
  "budget.reserved": { type: "budget.reserved", effect: "e", tokens: 10, nanoUsd: null },
  "budget.settled": { type: "budget.settled", effect: "e", tokens: 10, nanoUsd: 5 },
  "budget.refused": { type: "budget.refused", tokensLeft: 3, nanoUsdLeft: null },
  "budget.changed": { type: "budget.changed", by: "ann", tokensMax: 3, nanoUsdMax: null },
  "compaction.started": { type: "compaction.started", effect: "e", turn: 3, by: "summary" },
  "compaction.done": {
    type: "compaction.done",
    effect: "e",
    turn: 3,
    by: "own",
    generation: 2,
    dropped: 4,
    tokensBefore: 900,
    tokensAfter: 300,
    transcript: 9,
  },
  "compaction.failed": { type: "compaction.failed", effect: "e", turn: 3, reason: "the server made no summary" },
  "result.reported": { type: "result.reported", call: "c1", outcome: "blocked" },
  "result.verified": { type: "result.verified", result: "res_a", task: "a" },
  "result.rejected": { type: "result.rejected", result: "res_a", task: "a", reasons: ["no such line"] },
  "run.completed": { type: "run.completed", reasons: [] },
  "run.failed": { type: "run.failed", reasons: ["a: failed"] },
  "run.exhausted": { type: "run.exhausted", reasons: ["a: exhausted"] },
  "run.cancelled": { type: "run.cancelled", reasons: ["enough"] },
};
const kinds = Object.keys(samples) as RunEvent["type"][];
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("an event of a run", () => {
  it.each(kinds)("%s is read back as it was written", (type) => {
    expect(runEventSchema.parse(throughJson(samples[type]))).toEqual(samples[type]);
  });

  it.each(kinds)("%s without one of its fields is refused", (type) => {
    const optional = new Set(["request", "grant", "input", "delayMs"]);
    for (const field of Object.keys(samples[type]).filter((name) => !optional.has(name))) {
      const { [field]: _, ...rest } = samples[type] as unknown as Record<string, unknown>;
      expect(runEventSchema.safeParse(rest).success, `${type} without ${field}`).toBe(false);
    }
  });

  it("of a kind nobody knows is refused, and so are amounts that are none", () => {
    for (const odd of [
      { type: "run.exploded" },
      {},
      null,
      { ...samples["budget.settled"], tokens: -1 },
      { ...samples["budget.settled"], tokens: 1.5 },
      { ...samples["permission.decided"], decision: "maybe" },
    ]) {
      expect(runEventSchema.safeParse(odd).success, JSON.stringify(odd)).toBe(false);
    }
  });

  it("ends a run where it is one of four, and nothing else does", () => {
    expect(kinds.filter((type) => RUN_ENDINGS.has(type))).toEqual([
      "run.completed",
      "run.failed",
      "run.exhausted",
      "run.cancelled",
    ]);
    expect(RUN_ENDINGS.size).toBe(4);
  });
});

describe("a log entry", () => {
  const entry = {
    v: 1,
    machine: "explore@1",
    version: 3,
    cause: { event: { type: "tool.finished", call: "c1", ok: true } },
    by: { effect: "r/a/0.2:0" },
    state: "thinking.calling",
    hash: "h",
    events: Object.values(samples),
    sent: [{ to: "a_coordinator", type: "task.settled" }],
  };

  it("keeps its cause whole, whichever of the three it is, and every kind of event", () => {
    for (const cause of [entry.cause, { input: { actor: "a" } }, { timer: "retry", armedBy: 2 }]) {
      expect(logEntrySchema.parse(throughJson({ ...entry, cause }))).toEqual({ ...entry, cause });
    }
    expect(
      logEntrySchema.parse(
        throughJson({ ...entry, by: { mail: "m1" }, refused: { tokensLeft: 0, nanoUsdLeft: null } }),
      ),
    ).toMatchObject({
      by: { mail: "m1" },
      refused: { tokensLeft: 0, nanoUsdLeft: null },
    });
  });

  it("of another format, without a cause's kind, or with a foreign event is refused", () => {
    for (const changed of [
      { v: 2 },
      { version: 0 },
      { cause: { event: {} } },
      { by: {} },
      { events: [{ type: "x" }] },
    ]) {
      expect(logEntrySchema.safeParse({ ...entry, ...changed }).success, JSON.stringify(changed)).toBe(false);
    }
  });
});

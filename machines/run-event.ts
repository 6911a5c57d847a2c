/**
 * Everything a run tells the world, as one versioned union. The command line, the page and `--jsonl` all read these
 * from the run's log; a commit carries its events, and the script numbers them without gaps.
 */
import { z } from "zod";

const usage = z.object({
  inputTokens: z.int().min(0),
  outputTokens: z.int().min(0),
  cacheReadTokens: z.int().min(0),
  cacheWriteTokens: z.int().min(0),
  /** True where the server told nothing of a cache: the two figures above are then unknown, not none. */
  cacheUntold: z.literal(true).optional(),
  /** True where the answer was cut and the figures are what the stream had shown. */
  estimated: z.boolean().optional(),
});

const money = { tokens: z.int().min(0), nanoUsd: z.int().min(0).nullable() };
const limit = z.int().min(1).nullable();
const call = { call: z.string(), tool: z.string() };
const outcome = {
  effect: z.string(),
  ...call,
  bytes: z.int(),
  tookMs: z.number().min(0),
  /** SHA-256 of the whole output, where the conversation holds only a part of it. */
  blob: z.string().optional(),
};
const decisionRisk = z.enum(["read-only", "mutating", "destructive", "unknown"]);
const ending = { reasons: z.array(z.string()) };

export const runEventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("run.started"), goal: z.string(), kind: z.string(), tasks: z.int(), model: z.string() }),
  /** First event of a run that goes on from the event `sourceSeq` of another one; `changes` says in words what is different. */
  z.object({ type: z.literal("run.forked"), source: z.string(), sourceSeq: z.int(), changes: z.array(z.string()) }),
  z.object({ type: z.literal("run.parked"), reason: z.string() }),
  z.object({ type: z.literal("run.resumed") }),
  z.object({
    type: z.literal("command.matched"),
    query: z.string(),
    candidates: z.array(z.string()),
    choice: z.string(),
  }),
  z.object({
    type: z.literal("task.routed"),
    task: z.string(),
    agentType: z.string(),
    to: z.string(),
    reason: z.string(),
  }),
  z.object({ type: z.literal("agent.started"), agentType: z.string(), task: z.string(), machine: z.string() }),
  /** An actor of a forked run, as it was in the source: under which machine, after how many steps, in which state. */
  z.object({ type: z.literal("agent.forked"), machine: z.string(), version: z.int(), state: z.string() }),
  z.object({ type: z.literal("agent.state"), from: z.string(), to: z.string() }),
  z.object({ type: z.literal("agent.died"), died: z.string(), reason: z.string() }),
  /** A dead letter went back to work: the same actor (`to` is it), or its task to a new agent (`to` is null). */
  z.object({
    type: z.literal("letter.requeued"),
    letter: z.string(),
    task: z.string(),
    agentType: z.string(),
    to: z.string().nullable(),
  }),
  z.object({ type: z.literal("letter.dropped"), letter: z.string(), died: z.string() }),
  z.object({
    type: z.literal("context.loaded"),
    sources: z.array(z.string()),
    bytes: z.int(),
    /** How commands are confined on the worker that put the session together. */
    sandbox: z.enum(["full", "partial", "none"]).optional(),
    /** Whom the agent asks, and what decided it: the run's one model, its tier's, the type itself, or the terms of this attempt. */
    model: z.string().optional(),
    modelBy: z.enum(["run", "tier", "type", "terms"]).optional(),
    /** How able a model its type wants. */
    tier: z.enum(["small", "medium", "large"]).optional(),
  }),
  z.object({
    type: z.literal("registry.built"),
    /** Those in the agent's prompt. */
    tools: z.array(z.string()),
    /** Those it may use besides, and finds by ToolSearch. Absent: none. */
    deferred: z.array(z.string()).optional(),
    excluded: z.array(z.string()),
    /** Why each of `excluded` is; `mcp__server__*` is all that the pool has not of a server. Absent in old logs. */
    reasons: z.array(z.object({ reason: z.string(), tools: z.array(z.string()) })).optional(),
    hash: z.string(),
  }),
  /** A tool that the run met is not what was approved, or not as it says: nobody runs it until somebody approves it again. */
  z.object({
    type: z.literal("registry.drifted"),
    tool: z.string(),
    state: z.enum(["drifted", "quarantined"]),
    reasons: z.array(z.string()),
  }),
  z.object({
    type: z.literal("message.started"),
    from: z.string(),
    bytes: z.int(),
    /** Why a report was sent back. */
    reasons: z.array(z.string()).optional(),
  }),
  /** A message, timer or answer that had nothing else to tell; `changed` is false where it came too late to matter. */
  z.object({ type: z.literal("message.taken"), cause: z.string(), changed: z.boolean() }),
  z.object({ type: z.literal("model.called"), effect: z.string(), turn: z.int(), attempt: z.int() }),
  z.object({
    type: z.literal("model.answered"),
    effect: z.string(),
    turn: z.int(),
    stop: z.string(),
    calls: z.int(),
    model: z.string(),
    request: z.string().optional(),
    /** Index of the answer in the actor's transcript, where its text stands. */
    transcript: z.int(),
    usage,
  }),
  z.object({
    type: z.literal("model.failed"),
    effect: z.string(),
    turn: z.int(),
    reason: z.string(),
    message: z.string(),
    retry: z.boolean(),
    usage,
  }),
  z.object({ type: z.literal("retry.scheduled"), turn: z.int(), attempt: z.int(), delayMs: z.number().min(0) }),
  z.object({ type: z.literal("breaker.changed"), breaker: z.string(), from: z.string(), to: z.string() }),
  z.object({
    type: z.literal("tool.matched"),
    ...call,
    query: z.string(),
    candidates: z.array(z.string()),
    choice: z.string().nullable(),
  }),
  z.object({
    type: z.literal("permission.decided"),
    ...call,
    decision: z.enum(["allow", "ask", "deny"]),
    risk: decisionRisk,
    rule: z.string(),
    reason: z.string(),
  }),
  z.object({ type: z.literal("tool.intended"), effect: z.string(), ...call, input: z.unknown() }),
  z.object({ type: z.literal("tool.finished"), ...outcome }),
  z.object({
    type: z.literal("tool.failed"),
    ...outcome,
    /** A command that was run unasked because it changes nothing, and it tried to. */
    misjudged: z.literal(true).optional(),
  }),
  z.object({ type: z.literal("tool.refused"), ...call, reason: z.string() }),
  z.object({ type: z.literal("tool.interrupted"), effect: z.string(), ...call, reason: z.string() }),
  z.object({ type: z.literal("tool.reconciled"), effect: z.string(), ...call, happened: z.boolean() }),
  z.object({
    type: z.literal("approval.requested"),
    approval: z.string(),
    ...call,
    risk: decisionRisk,
    rule: z.string(),
    reason: z.string(),
    /** Milliseconds in which it may be answered. */
    ttlMs: z.int().min(1),
  }),
  z.object({
    type: z.literal("approval.answered"),
    approval: z.string(),
    call: z.string(),
    allowed: z.boolean(),
    /** Name of a person; `timer` where nobody said anything in time. */
    by: z.string(),
    reason: z.string(),
    grant: z.object({ id: z.string(), rule: z.string(), scope: z.enum(["once", "agent", "run"]) }).optional(),
  }),
  /** Its call was given up: nobody needs to answer any more. */
  z.object({ type: z.literal("approval.withdrawn"), approval: z.string(), call: z.string(), reason: z.string() }),
  /** Rights that the run began with, and what in the person's own words gave them. */
  z.object({
    type: z.literal("grants.given"),
    grants: z.array(z.object({ id: z.string(), rule: z.string(), by: z.string(), origin: z.string() })),
  }),
  z.object({
    type: z.literal("grants.revoked"),
    grant: z.string(),
    rule: z.string(),
    by: z.string(),
    reason: z.string(),
  }),
  /** All that the run changed in its own working tree, as one commit; `diff` names the blob, null where there is none. */
  z.object({
    type: z.literal("workspace.collected"),
    branch: z.string(),
    commit: z.string(),
    files: z.int(),
    diff: z.string().nullable(),
  }),
  z.object({ type: z.literal("workspace.merged"), branch: z.string(), commit: z.string() }),
  z.object({ type: z.literal("workspace.left"), reason: z.string() }),
  z.object({ type: z.literal("budget.reserved"), effect: z.string(), ...money }),
  z.object({ type: z.literal("budget.settled"), effect: z.string(), ...money }),
  z.object({ type: z.literal("budget.refused"), tokensLeft: z.int(), nanoUsdLeft: z.int().nullable() }),
  /** A person gave the running run more, or less; null: no limit. */
  z.object({ type: z.literal("budget.changed"), by: z.string(), tokensMax: limit, nanoUsdMax: limit }),
  z.object({ type: z.literal("compaction.done"), dropped: z.int() }),
  z.object({ type: z.literal("result.reported"), call: z.string(), outcome: z.enum(["done", "blocked"]) }),
  z.object({ type: z.literal("result.verified"), result: z.string(), task: z.string() }),
  z.object({ type: z.literal("result.rejected"), result: z.string(), task: z.string(), reasons: z.array(z.string()) }),
  /** Nobody may build on it any more. `root` is the result that was found to be wrong: itself, or what it stands on. */
  z.object({
    type: z.literal("result.revoked"),
    result: z.string(),
    task: z.string(),
    root: z.string(),
    reason: z.string(),
    by: z.string(),
  }),
  /** An actor was taken out of its life; nothing that it says from here on counts. */
  z.object({ type: z.literal("actor.fenced"), fenced: z.string(), reason: z.string() }),
  /** What supervision decided after a task's attempt did not count. */
  z.object({
    type: z.literal("supervision.decided"),
    task: z.string(),
    decision: z.enum(["retry", "other-type", "other-model", "again", "replan", "give-up", "escalate"]),
    attempt: z.int(),
    reason: z.string(),
    delayMs: z.number().min(0).optional(),
  }),
  /** A task that used up its supervision lies among the dead letters under this id. */
  z.object({ type: z.literal("letter.written"), letter: z.string(), task: z.string(), reasons: z.array(z.string()) }),
  /** What an agent changed in a tree of its own is one commit of the run's; null where it changed nothing. */
  z.object({ type: z.literal("task.joined"), task: z.string(), commit: z.string().nullable(), files: z.int() }),
  z.object({
    type: z.literal("task.conflicted"),
    task: z.string(),
    files: z.array(z.string()),
    reason: z.string(),
  }),
  /** The run's tree was made once more, without the work of these tasks. */
  z.object({ type: z.literal("workspace.rebuilt"), commits: z.int() }),
  z.object({
    type: z.literal("proposal.made"),
    task: z.string(),
    tasks: z.array(z.object({ id: z.string(), agentType: z.string(), needs: z.array(z.string()), why: z.string() })),
    drops: z.array(z.string()),
    why: z.string(),
    accept: z.enum(["allow", "ask", "deny"]),
    reason: z.string(),
    /** What was changed on the way from the proposal to these tasks, and what could have been narrower. */
    notes: z.array(z.string()).optional(),
  }),
  z.object({ type: z.literal("proposal.refused"), task: z.string(), problems: z.array(z.string()) }),
  z.object({
    type: z.literal("verdict.read"),
    task: z.string(),
    of: z.string(),
    holds: z.boolean(),
    reasons: z.array(z.string()),
  }),
  z.object({ type: z.literal("question.asked"), question: z.string(), text: z.string() }),
  z.object({
    type: z.literal("question.answered"),
    question: z.string(),
    answer: z.string().nullable(),
    by: z.string(),
    reason: z.string(),
  }),
  z.object({
    type: z.literal("message.posted"),
    post: z.string(),
    from: z.string(),
    to: z.string(),
    kind: z.string(),
    /** Who was told; empty where nobody hears. */
    told: z.array(z.string()),
  }),
  /** What others posted to an agent that ended before it could be told. */
  z.object({ type: z.literal("message.unread"), posts: z.array(z.string()) }),
  z.object({ type: z.literal("run.completed"), ...ending }),
  z.object({ type: z.literal("run.failed"), ...ending }),
  z.object({ type: z.literal("run.exhausted"), ...ending }),
  z.object({ type: z.literal("run.cancelled"), ...ending }),
]);

export type RunEvent = z.infer<typeof runEventSchema>;
export type Usage = z.infer<typeof usage>;

export const RUN_ENDINGS: ReadonlySet<string> = new Set([
  "run.completed",
  "run.failed",
  "run.exhausted",
  "run.cancelled",
]);

/** An event as readers see it: numbered by the run, dated by Redis, signed by its actor. */
export type LoggedEvent = RunEvent & {
  readonly v: 1;
  readonly seq: number;
  readonly at: string;
  readonly run: string;
  readonly actor: string;
};

/** Events of the lives in a run: of itself, of its actors, of what they were born with, and of what they were told. */
import { z } from "zod";
import { box, boxIfKnown } from "./death.ts";

const ending = { reasons: z.array(z.string()) };
const badEnding = { ...ending, ...boxIfKnown };

export const lifeEvents = [
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
  /** An actor that kills whoever looks after it was taken out of circulation. */
  z.object({ type: z.literal("agent.died"), died: z.string(), reason: z.string(), ...boxIfKnown }),
  /** Last event of an agent that ends without a verified result, by its own machine's word. */
  z.object({
    type: z.literal("agent.ended"),
    status: z.enum(["rejected", "failed", "exhausted", "cancelled"]),
    reason: z.string(),
    ...box,
  }),
  /**
   * Whoever was at this actor is gone, and had begun what nobody has answered. Told once for each such death, by whoever finds
   * the body; no end: another worker may take the actor up, and then tells so.
   */
  z.object({ type: z.literal("actor.lost"), reason: z.string(), foundBy: z.string(), ...box }),
  /** A worker took an actor up that was lost; `lost` is the event that told of it. */
  z.object({ type: z.literal("actor.recovered"), by: z.string(), lost: z.int() }),
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
  /** An actor was taken out of its life; nothing that it says from here on counts. */
  z.object({ type: z.literal("actor.fenced"), fenced: z.string(), reason: z.string(), ...boxIfKnown }),
  /** A task that used up its supervision lies among the dead letters under this id. */
  z.object({ type: z.literal("letter.written"), letter: z.string(), task: z.string(), reasons: z.array(z.string()) }),
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
  z.object({ type: z.literal("run.failed"), ...badEnding }),
  z.object({ type: z.literal("run.exhausted"), ...badEnding }),
  z.object({ type: z.literal("run.cancelled"), ...badEnding }),
] as const;

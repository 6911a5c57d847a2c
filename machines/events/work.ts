/** Events of the work itself: results, what supervision made of them, proposals, and what came home to the workspace. */
import { z } from "zod";

export const workEvents = [
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
  /** What supervision decided after a task's attempt did not count. */
  z.object({
    type: z.literal("supervision.decided"),
    task: z.string(),
    decision: z.enum(["retry", "other-type", "other-model", "again", "replan", "give-up", "escalate"]),
    attempt: z.int(),
    reason: z.string(),
    delayMs: z.number().min(0).optional(),
  }),
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
] as const;

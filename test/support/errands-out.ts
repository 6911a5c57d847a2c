/** Performers of what a coordinator sends for, and of what makes a conversation shorter, in runs that never want it. */
import type { Performers } from "../../actors/runtime/performer.ts";

const never = (): Promise<never> => Promise.reject(new Error("no run here sends for that"));

export const noErrands = {
  "task.join": never,
  "workspace.rebuild": never,
  "proposal.prepare": never,
  "proposal.read": never,
  "verdict.read": never,
  "question.put": never,
  "transcript.compact": never,
} satisfies Partial<Performers>;

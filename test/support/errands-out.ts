/** Performers of what a coordinator sends for, in runs that never send for it. */
import type { Performers } from "../../actors/runtime/performer.ts";

const never = (): Promise<never> => Promise.reject(new Error("no run here sends for that"));

export const noErrands = {
  "task.join": never,
  "workspace.rebuild": never,
  "proposal.prepare": never,
  "proposal.read": never,
  "verdict.read": never,
  "question.put": never,
} satisfies Partial<Performers>;

/** What another policy would have decided on a recorded question. Pure; nothing is run, nobody is asked. */
import { decide } from "../../../registry/permission/decide.ts";
import type { PermissionDecision, PermissionQuestion } from "../../../registry/permission/question.ts";

/**
 * `widened`: it was asked about or denied, and would be allowed. `narrowed`: it was allowed, and would not be. `shifted`:
 * between asked and denied.
 */
export type PolicyChange = "same" | "widened" | "narrowed" | "shifted";

export interface Replayed {
  readonly now: PermissionDecision;
  readonly change: PolicyChange;
}

/** @throws PermissionRuleError where a rule of the question is none: whoever read it should have parsed it. */
export function replayed(before: PermissionDecision["decision"], question: PermissionQuestion): Replayed {
  const now = decide(question);
  return { now, change: changeOf(before, now.decision) };
}

function changeOf(before: PermissionDecision["decision"], now: PermissionDecision["decision"]): PolicyChange {
  if (before === now) return "same";
  if (now === "allow") return "widened";
  return before === "allow" ? "narrowed" : "shifted";
}

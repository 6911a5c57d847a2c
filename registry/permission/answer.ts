/** Turns what the rules say into what becomes of the call: a grant answers, a person is asked, or nobody can be. */
import { allowedBy } from "./fits.ts";
import { isConfined } from "./policy.ts";
import type { PermissionDecision, PermissionGrant } from "./question.ts";
import { parseRule } from "./rule.ts";
import type { Ruling } from "./ruling.ts";
import type { Subject } from "./subject.ts";

export function answered(subject: Subject, ruling: Ruling): PermissionDecision {
  const { risk, question } = subject;
  const { decision, rule, reason, touches } = ruling;
  const lost = touches === undefined || touches.length === 0 ? {} : { touches };
  if (decision !== "ask") return { decision, risk, rule, reason, handler: "worker", ...lost };
  const grant = question.grants.find((one) => answers(one, subject, ruling));
  if (grant !== undefined) {
    const given = `granted by ${grant.by} (${rule})`;
    return {
      decision: "allow",
      risk,
      rule: `grant ${grant.rule}`,
      reason: given,
      handler: "coordinator",
      grant: grant.id,
    };
  }
  if (question.approve === "ask") return { decision, risk, rule, reason, handler: "interactive", ...lost };
  if (question.approve === "allow-safe") {
    if (isSafe(subject)) {
      const safe = "the sandbox confines it to the workspace, and it destroys nothing";
      return { decision: "allow", risk, rule: "approve.allow-safe", reason: `${safe} (${rule})`, handler: "worker" };
    }
    const unsafe = `${reason}; nobody can be asked, and it is not safe enough to be allowed without`;
    return { decision: "deny", risk, rule, reason: unsafe, handler: "worker", ...lost };
  }
  return { decision: "deny", risk, rule, reason: `${reason}, and nobody can be asked`, handler: "worker", ...lost };
}

/** Goal and plan are texts that a person wrote, not answers that they gave to a question. */
const isPerson = ({ by }: PermissionGrant): boolean => by !== "goal" && by !== "plan";

function answers(grant: PermissionGrant, subject: Subject, { openTo = "any" }: Ruling): boolean {
  const { actor, nowMs } = subject.question;
  if (openTo === "nobody" || (openTo !== "any" && !isPerson(grant))) return false;
  if (grant.actor !== null && grant.actor !== actor) return false;
  if (grant.expiresAtMs !== null && grant.expiresAtMs <= nowMs) return false;
  if (openTo === "exact" && !isExact(grant.rule)) return false;
  return allowedBy([grant.rule], subject) !== null;
}

function isExact(text: string): boolean {
  const { spec } = parseRule(text, "allow");
  return spec.kind === "command" ? spec.bash.exact : spec.kind === "path" && spec.path.exact;
}

const isSafe = (subject: Subject): boolean =>
  subject.question.sandbox === "full" &&
  (subject.risk === "read-only" || subject.risk === "mutating") &&
  isConfined(subject);

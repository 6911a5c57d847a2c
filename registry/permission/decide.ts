/**
 * Answers one permission question, purely: deny wins, no rule opens what is protected, and what no rule knows is asked
 * where somebody can answer and denied where nobody can.
 */
import { answered } from "./answer.ts";
import { isTakenAway } from "./denied-tools.ts";
import { allowedBy, isBlindTo, takenAwayBy } from "./fits.ts";
import { byPolicy } from "./policy.ts";
import { criticalRemoval, protection } from "./protection.ts";
import type { PermissionDecision, PermissionQuestion } from "./question.ts";
import type { Ruling } from "./ruling.ts";
import { type Subject, subjectOf } from "./subject.ts";
import { narrowed } from "./taint.ts";

/** @throws PermissionRuleError where a rule or grant of the question is none: whoever latched it should have parsed it. */
export function decide(question: PermissionQuestion): PermissionDecision {
  const early = before(question);
  const subject = subjectOf(question);
  return answered(subject, early ?? narrowed(subject, capped(subject, ruling(subject))));
}

/** What needs no look at the call. */
function before({ agentType, typeTools, deniedTools, tool }: PermissionQuestion): Ruling | null {
  if (!typeTools.includes(tool.name)) {
    return { decision: "deny", rule: "type.tools", reason: `agents of type ${agentType} have no ${tool.name}` };
  }
  if (isTakenAway(deniedTools, tool.name)) {
    return { decision: "deny", rule: "run.denied-tools", reason: `${tool.name} is denied for this run` };
  }
  return null;
}

function ruling(subject: Subject): Ruling {
  const { rules, mode } = subject.question;
  if (mode !== "edit" && subject.changes) {
    return { decision: "deny", rule: `mode.${mode}`, reason: `the run is in mode ${mode}, which changes nothing` };
  }
  const denied = takenAwayBy(rules.deny, "deny", subject);
  if (denied !== null) {
    return { decision: "deny", rule: `config.deny ${denied.text}`, reason: "the configuration denies it" };
  }
  const closed = criticalRemoval(subject) ?? protection(subject);
  if (closed !== null) return closed;
  const asked = takenAwayBy(rules.ask, "ask", subject);
  if (asked !== null) {
    const reason = "the configuration wants a person to be asked";
    return { decision: "ask", rule: `config.ask ${asked.text}`, reason, openTo: "person" };
  }
  const allowed = allowedBy(rules.allow, subject);
  if (allowed === null) return byPolicy(subject);
  return (
    blindSpot(subject) ?? {
      decision: "allow",
      rule: `config.allow ${allowed.text}`,
      reason: "the configuration allows it",
    }
  );
}

/** Where nobody can tell which commands a text holds, nobody can tell that no rule speaks against one of them. */
function blindSpot(subject: Subject): Ruling | null {
  const { deny, ask } = subject.question.rules;
  if (!isBlindTo(deny, "deny", subject) && !isBlindTo(ask, "ask", subject)) return null;
  const reason = `whether a rule denies a part of it cannot be told: ${subject.shell?.verdict.reason ?? ""}`;
  return { decision: "ask", rule: "rules.unclear", reason, openTo: "any" };
}

/** What comes with a skill has its caller's rights at most, and uses none of them unseen. */
function capped({ question, tool }: Subject, found: Ruling): Ruling {
  if (question.tool.tier !== "skill" || found.decision !== "allow") return found;
  const reason = `${tool} comes with a skill: its caller may do this (${found.rule}), the skill asks first`;
  return { decision: "ask", rule: "tier.skill", reason, openTo: "any" };
}

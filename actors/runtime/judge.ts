/**
 * Judges every call of an answer before the machine sees it: does the tool exist, does the input parse, do the rules
 * allow it. The verdicts ride in the event, the audit in the same commit; nothing has run yet.
 */

import { shortHash } from "../../infra/ids.ts";
import { canonical } from "../../infra/model/canonical-json.ts";
import { type ContentBlock, type ToolUse, toolUsesOf } from "../../infra/model/message.ts";
import type { Call } from "../../machines/agent-calls.ts";
import type { ReportCall } from "../../machines/agent-event.ts";
import type { RunEvent } from "../../machines/run-event.ts";
import { withTaint } from "../../machines/taint.ts";
import { decide } from "../../registry/permission/decide.ts";
import type { DecisionRisk, PermissionDecision, PermissionQuestion } from "../../registry/permission/question.ts";
import { isOfType } from "../../registry/pool.ts";
import type { ToolDeclaration } from "../../registry/tool.ts";
import { toolNamed } from "../../registry/tools/index.ts";
import { report as reportTool } from "../../registry/tools/report.ts";
import type { AgentType } from "../types/define.ts";
import { ASKING_MAX, type Proposal } from "./approvals.ts";
import { type AuditEntry, type RuntimeRule, refusedEntry } from "./audit-entry.ts";
import { contractProblems } from "./contract-check.ts";
import { type Entry, toolResultEntry } from "./conversation.ts";
import { type Asked, type Given, questionOf } from "./permission-question.ts";
import type { RunRow } from "./run-row.ts";
import type { Session } from "./session.ts";
import { spoken, spokenAgainst } from "./spoken-calls.ts";
import { unwrapped } from "./unwrap.ts";

export interface Judgement {
  readonly calls: readonly Call[];
  readonly report: ReportCall | null;
  /** Results of the calls that were refused, for the model to read. */
  readonly entries: readonly Entry[];
  readonly told: readonly RunEvent[];
  readonly audit: readonly AuditEntry[];
  /** What somebody is asked about: one for each call that is `asking`. */
  readonly approvals: readonly Proposal[];
}

/** Calls one answer may make; what is beyond is refused. */
const CALLS_MAX = 64;

/** What a judgement needs to know of the run. */
type Judged = Pick<RunRow, "workspace" | "config">;

interface Around extends Given {
  readonly actor?: string;
  /** The tools of the run. Absent: the built-in ones. */
  readonly named?: (name: string) => ToolDeclaration | undefined;
}

/** Pure. */
export function judge(
  content: readonly ContentBlock[],
  type: AgentType,
  session: Session,
  run: Judged,
  given: Around = {},
): Judgement {
  const calls: Call[] = [];
  const entries: Entry[] = [];
  const told: RunEvent[] = [];
  const audit: AuditEntry[] = [];
  const approvals: Proposal[] = [];
  let report: ReportCall | null = null;

  const refuse = (use: ToolUse, reason: string): void => {
    entries.push(toolResultEntry(use.id, reason, false));
    told.push({ type: "tool.refused", call: use.id, tool: use.name, reason });
    calls.push({ ...callOf(use), status: "refused" });
  };

  const neverJudged = (use: ToolUse, rule: RuntimeRule, reason: string): void => {
    refuse(use, reason);
    const known = { agentType: type.name, policy: session.policy, inputHash: inputHashOf(use.input) };
    audit.push(refusedEntry(use, rule, reason, known));
  };

  for (const [index, made] of toolUsesOf(content).entries()) {
    const use = unwrapped(made);
    const offered = isInPool(session, use.name);
    told.push(matched(use, session, offered ? use.name : null));
    const found = toolOf(use, index, session, given);
    if ("rule" in found) {
      neverJudged(use, found.rule, found.reason);
      continue;
    }
    const { tool } = found;
    if (tool.name === "Report" && offered) {
      const verdict = judgeReport(use, session, report !== null);
      if ("problem" in verdict) neverJudged(use, "registry.input", verdict.problem);
      else {
        report = verdict.report;
        told.push({ type: "result.reported", call: use.id, outcome: report.outcome });
      }
      continue;
    }
    const parsed = tool.input.safeParse(use.input);
    // A tool that was not offered is judged whatever its input: the attempt belongs into the audit.
    if (offered && !parsed.success) {
      const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "input"}: ${issue.message}`);
      neverJudged(use, "registry.input", `the input does not fit ${tool.name}: ${problems.slice(0, 10).join("; ")}`);
      continue;
    }
    const question = questionOf(askedOf(type, session, tool, parsed.data ?? use.input, given.actor), run, given);
    const decision = limited(decide(question), offered, approvals.length, (found) =>
      spokenAgainst(tool.name, found, calls),
    );
    const { risk, rule, reason } = decision;
    told.push({
      type: "permission.decided",
      call: use.id,
      tool: tool.name,
      decision: decision.decision,
      risk,
      rule,
      reason,
    });
    audit.push(auditOf(use, decision, question, session));
    const call: Call = { ...callOf(use), risk: callRisk(risk), repeat: tool.repeat };
    if (decision.decision === "deny") refuse(use, `denied (${rule}): ${reason}`);
    else if (decision.decision === "allow") {
      const words = spoken(call, parsed.data);
      calls.push(words?.call ?? call);
      entries.push(...(words?.entries ?? []));
    } else {
      calls.push({ ...call, status: "asking" });
      approvals.push(proposalOf(use, decision, session));
    }
  }
  return { calls, report, entries, told, audit, approvals };
}

/** The tool that is called, or why that is no question for the rules. */
function toolOf(
  { name }: ToolUse,
  index: number,
  session: Session,
  { named = toolNamed, quarantined }: Around,
): { tool: ToolDeclaration } | { rule: RuntimeRule; reason: string } {
  if (index >= CALLS_MAX) {
    const reason = `more than ${CALLS_MAX} calls in one answer; make the rest in the next one`;
    return { rule: "registry.too-many-calls", reason };
  }
  const tool = named(name);
  if (tool === undefined) {
    return { rule: "registry.unknown-tool", reason: `there is no tool ${name}; there are: ${knownTo(session)}` };
  }
  const why = quarantined?.get(name);
  if (why === undefined || !isInPool(session, name)) return { tool };
  return { rule: "registry.quarantined", reason: `${name} is not what was approved, and is quarantined: ${why}` };
}

const askedOf = (type: AgentType, session: Session, tool: ToolDeclaration, input: unknown, actor = ""): Asked => ({
  agentType: type.name,
  actor,
  typeTools: isOfType(type, tool) ? [...type.tools, tool.name] : type.tools,
  deniedTools: session.deniedTools,
  tool,
  input,
});

/** What was never offered is not done, whatever the rules would say of it; nor is a person asked without end. */
function limited(
  found: PermissionDecision,
  offered: boolean,
  asking: number,
  wordsAgainst: (found: PermissionDecision) => { rule: string; reason: string } | null,
): PermissionDecision {
  const deny = (rule: string, reason: string): PermissionDecision => ({
    decision: "deny",
    risk: found.risk,
    rule,
    reason,
    handler: "worker",
  });
  if (found.decision === "deny") return found;
  if (!offered) return deny("session.not-offered", "this agent was not given that tool");
  const against = wordsAgainst(found);
  if (against !== null) return deny(against.rule, against.reason);
  if (found.decision === "ask" && asking >= ASKING_MAX) {
    return deny(
      "session.too-many-asked",
      `${asking} calls of this answer are asked about already; make the rest later`,
    );
  }
  return found;
}

/** What nobody understood is run like what destroys: alone, and after what was before it. */
const callRisk = (risk: DecisionRisk): Call["risk"] => (risk === "unknown" ? "destructive" : risk);

function auditOf(
  use: ToolUse,
  { decision, risk, rule, reason, handler, grant }: PermissionDecision,
  { agentType, sandbox, mode, taint }: PermissionQuestion,
  { policy }: Session,
): AuditEntry {
  const inputHash = inputHashOf(use.input);
  const row = { call: use.id, tool: use.name, agentType, handler, policy, inputHash, decision, risk, rule, reason };
  return { ...row, sandbox, mode, ...(grant === undefined ? {} : { grant }), ...withTaint(taint ?? []) };
}

function proposalOf(use: ToolUse, decision: PermissionDecision, { agentType, policy }: Session): Proposal {
  const { risk, rule, reason, touches = [] } = decision;
  const { id: call, name: tool, input } = use;
  return { call, tool, input, inputHash: inputHashOf(input), agentType, risk, rule, reason, touches, policy };
}

const callOf = (use: ToolUse): Call => ({
  id: use.id,
  tool: use.name,
  inputHash: inputHashOf(use.input),
  risk: "read-only",
  repeat: "safe",
  status: "judged",
});

/** What intent and performer compare: an input that changed in between is never run. */
export const inputHashOf = (input: unknown): string => shortHash(JSON.stringify(canonical(input)));

const isInPool = ({ tools, deferred }: Session, wanted: string): boolean =>
  tools.some(({ name }) => name === wanted) || deferred.includes(wanted);

const knownTo = ({ tools, deferred }: Session): string =>
  `${tools.map(({ name }) => name).join(", ")}${deferred.length === 0 ? "" : "; more are found by ToolSearch"}`;

const matched = (use: ToolUse, session: Session, choice: string | null): RunEvent => ({
  type: "tool.matched",
  call: use.id,
  tool: use.name,
  query: use.name,
  candidates: [...session.tools.map(({ name }) => name), ...session.deferred].filter(
    (name) => name.toLowerCase() === use.name.toLowerCase(),
  ),
  choice,
});

function judgeReport(use: ToolUse, session: Session, second: boolean): { report: ReportCall } | { problem: string } {
  if (second) return { problem: "only one Report per answer counts" };
  const parsed = reportTool.input.safeParse(use.input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "input"}: ${issue.message}`);
    return { problem: `the report does not fit its schema: ${problems.slice(0, 10).join("; ")}` };
  }
  const { outcome, notDone = [], value } = parsed.data;
  const problems = outcome === "done" ? contractProblems(session.contract, value) : [];
  if (problems.length > 0)
    return { problem: `the report's value does not fit the task's contract: ${problems.join("; ")}` };
  return { report: { call: use.id, outcome, notDone } };
}

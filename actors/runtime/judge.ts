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
import { decide, type PermissionDecision } from "../../registry/permission.ts";
import { toolNamed } from "../../registry/tools/index.ts";
import { report as reportTool } from "../../registry/tools/report.ts";
import type { AgentType } from "../types/define.ts";
import { contractProblems } from "./contract-check.ts";
import { type Entry, toolResultEntry } from "./conversation.ts";
import type { RunRow } from "./run-row.ts";
import type { Session } from "./session.ts";

export interface Judgement {
  readonly calls: readonly Call[];
  readonly report: ReportCall | null;
  /** Results of the calls that were refused, for the model to read. */
  readonly entries: readonly Entry[];
  readonly told: readonly RunEvent[];
  readonly audit: readonly AuditEntry[];
}

export interface AuditEntry extends PermissionDecision {
  readonly call: string;
  readonly tool: string;
  readonly agentType: string;
  readonly handler: "worker";
  readonly policy: string;
  readonly inputHash: string;
}

/** Calls one answer may make; what is beyond is refused. */
const CALLS_MAX = 64;

/** What a judgement needs to know of the run. */
type Judged = Pick<RunRow, "workspace" | "config">;

/** Pure. */
export function judge(content: readonly ContentBlock[], type: AgentType, session: Session, run: Judged): Judgement {
  const calls: Call[] = [];
  const entries: Entry[] = [];
  const told: RunEvent[] = [];
  const audit: AuditEntry[] = [];
  let report: ReportCall | null = null;

  const refuse = (use: ToolUse, reason: string): void => {
    entries.push(toolResultEntry(use.id, reason, false));
    told.push({ type: "tool.refused", call: use.id, tool: use.name, reason });
    calls.push({ ...callOf(use), status: "refused" });
  };

  for (const [index, use] of toolUsesOf(content).entries()) {
    const tool = toolNamed(use.name);
    const offered = session.tools.some(({ name }) => name === use.name);
    told.push(matched(use, session, offered ? use.name : null));
    if (index >= CALLS_MAX) {
      refuse(use, `more than ${CALLS_MAX} calls in one answer; make the rest in the next one`);
      continue;
    }
    if (tool === undefined) {
      refuse(use, `there is no tool ${use.name}; there are: ${session.tools.map(({ name }) => name).join(", ")}`);
      continue;
    }
    if (tool.name === "Report" && offered) {
      const verdict = judgeReport(use, session, report !== null);
      if ("problem" in verdict) refuse(use, verdict.problem);
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
      refuse(use, `the input does not fit ${tool.name}: ${problems.slice(0, 10).join("; ")}`);
      continue;
    }
    const decision = decide({
      agentType: type.name,
      typeTools: type.tools,
      deniedTools: session.deniedTools,
      tool,
      input: parsed.data ?? use.input,
      workspace: run.workspace,
      permissions: run.config.permissions,
    });
    const call = { ...callOf(use), risk: decision.risk, repeat: tool.repeat };
    told.push({ type: "permission.decided", call: use.id, tool: tool.name, ...decision });
    audit.push({
      call: use.id,
      tool: tool.name,
      agentType: type.name,
      handler: "worker",
      policy: session.policy,
      inputHash: call.inputHash,
      ...decision,
    });
    if (decision.decision === "deny") refuse(use, `denied (${decision.rule}): ${decision.reason}`);
    else calls.push(call);
  }
  return { calls, report, entries, told, audit };
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

const matched = (use: ToolUse, session: Session, choice: string | null): RunEvent => ({
  type: "tool.matched",
  call: use.id,
  tool: use.name,
  query: use.name,
  candidates: session.tools.map(({ name }) => name).filter((name) => name.toLowerCase() === use.name.toLowerCase()),
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

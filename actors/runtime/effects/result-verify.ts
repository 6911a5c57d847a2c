/**
 * Level one of verification: every piece of a report's evidence is looked at again, by machine. What cannot be looked
 * at does not hold.
 */
import type { Box } from "../../../registry/box.ts";
import { quoteHolds } from "../../../registry/quote.ts";
import { isBoxRefusal } from "../../../registry/refusal.ts";
import { type ReportEvidence, report as reportTool } from "../../../registry/tools/report.ts";
import { exitLine } from "../../../registry/tools/run/bash.ts";
import { callInput, type Entry } from "../conversation.ts";
import { type Answer, EffectAborted, type Performer } from "../performer.ts";

export interface ResultVerifyDeps {
  box(workspace: string, beside?: readonly string[]): Promise<Box>;
}

export function resultVerify({ box }: ResultVerifyDeps): Performer<"result.verify"> {
  return async (order, { entries, run, signal, effectId }) => {
    const made = callInput(entries, order.call);
    const report = reportTool.input.safeParse(made?.input);
    if (!report.success) return rejected(["the report is not in the conversation"]);
    const workspace = await box(run.workspace, run.config.addDirs);
    const reasons: string[] = [];
    for (const [index, evidence] of report.data.evidence.entries()) {
      if (signal.aborted) throw new EffectAborted(effectId);
      const problem = await problemOf(evidence, workspace, entries);
      if (problem !== null) reasons.push(`evidence[${index}]: ${problem}`);
    }
    return reasons.length > 0 ? rejected(reasons) : { event: { type: "result.verified" }, told: [] };
  };
}

const REASONS_MAX = 20;

const rejected = (reasons: readonly string[]): Answer => ({
  event: { type: "result.rejected", reasons: reasons.slice(0, REASONS_MAX) } as Answer["event"],
  told: [],
});

async function problemOf(evidence: ReportEvidence, box: Box, entries: readonly Entry[]): Promise<string | null> {
  switch (evidence.kind) {
    case "file": {
      const verdict = await quoteHolds(box, evidence);
      return verdict.holds ? null : `${evidence.path}:${evidence.line}: ${verdict.why}`;
    }
    case "command":
      return commandProblem(evidence, entries);
    case "artifact": {
      const now = await box.hash(evidence.path).catch(refusalText);
      if (typeof now === "string") return `artifact ${evidence.path}: ${now}`;
      if (now === null) return `artifact ${evidence.path}: there is no such file`;
      return now.sha256 === evidence.sha256 ? null : `artifact ${evidence.path}: its SHA-256 is ${now.sha256}`;
    }
    case "result":
      return `result ${evidence.id}: not among the results this task is built on`;
  }
}

function refusalText(cause: unknown): string {
  if (isBoxRefusal(cause)) return cause.message;
  throw cause;
}

/** What counts is what the journal's outcome made the runtime write into the conversation, not what the agent says. */
function commandProblem(
  { command, exitCode }: Extract<ReportEvidence, { kind: "command" }>,
  entries: readonly Entry[],
): string | null {
  const blocks = entries.flatMap(({ content }) => content);
  const calls = blocks.filter(
    ({ type, name, input }) =>
      type === "tool_use" && name === "Bash" && (input as { command?: unknown }).command === command,
  );
  const ends = blocks.flatMap(({ type, tool_use_id, content }) =>
    type === "tool_result" && calls.some(({ id }) => id === tool_use_id) ? [String(content).split("\n", 1)[0]] : [],
  );
  if (ends.includes(exitLine(exitCode))) return null;
  return ends.length === 0
    ? `no command "${command}" was run`
    : `command "${command}" did not end with ${exitLine(exitCode)} but: ${ends.join("; ")}`;
}

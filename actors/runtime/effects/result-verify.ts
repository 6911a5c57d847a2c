/**
 * Level one of verification: every piece of a report's evidence is looked at again, by machine. What cannot be looked
 * at does not hold.
 */
import type { Box } from "../../../registry/box.ts";
import { quoteHolds } from "../../../registry/quote.ts";
import { type ReportEvidence, report as reportTool } from "../../../registry/tools/report.ts";
import { callInput } from "../conversation.ts";
import { type Answer, EffectAborted, type Performer } from "../performer.ts";

export interface ResultVerifyDeps {
  box(workspace: string): Promise<Box>;
}

export function resultVerify({ box }: ResultVerifyDeps): Performer<"result.verify"> {
  return async (order, { entries, run, signal, effectId }) => {
    const made = callInput(entries, order.call);
    const report = reportTool.input.safeParse(made?.input);
    if (!report.success) return rejected(["the report is not in the conversation"]);
    const workspace = await box(run.workspace);
    const reasons: string[] = [];
    for (const [index, evidence] of report.data.evidence.entries()) {
      if (signal.aborted) throw new EffectAborted(effectId);
      const problem = await problemOf(evidence, workspace);
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

async function problemOf(evidence: ReportEvidence, box: Box): Promise<string | null> {
  switch (evidence.kind) {
    case "file": {
      const verdict = await quoteHolds(box, evidence);
      return verdict.holds ? null : `${evidence.path}:${evidence.line}: ${verdict.why}`;
    }
    case "command":
      return `no command "${evidence.command}" is in the journal: agents of this version run none`;
    case "artifact":
      return `artifact ${evidence.path}: agents of this version make none`;
    case "result":
      return `result ${evidence.id}: not among the results this task is built on`;
  }
}

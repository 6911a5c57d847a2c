/**
 * Two-level verification: results are checked before they are accepted, and tests assert that the harness's own guards
 * hold.
 */

import type { Finding } from "../finding.ts";
import type { PrimitiveProbes } from "../primitive.ts";
import type { FileFacts } from "../source/facts.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { resultChecks } from "./result-checks.ts";
import { resultVerdicts } from "./result-verdicts.ts";

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  yield* resultChecks(file, index);
  yield* resultVerdicts(file, index);
}

export const twoLevelVerification: PrimitiveProbes = {
  id: "two-level-verification",
  aspects: [
    { id: "result-check", required: true, text: "results are checked before acceptance" },
    { id: "guard-tests", required: true, text: "tests assert the invariants of the harness's guards" },
  ],
  probe,
  asserted:
    /den(y|ied|ies)|reject(s|ed)|(?<!(?:update|content|text|thinking|unknown|code|image|cache|tool|xml|search|diff|parse|markdown|text|quote|list|html)[ _]?)block(s|ed|_?list)\b|block_?list|budget|cost_?limit|exit_?cost|limit.{0,20}(exceed|reach)|exceed|permission|approval|guardrail|unsafe|dangerous|forbidden|not_?allowed|allowed_?to|travers|max_?(steps|turns|iterations|loops|rounds)|tripwire|unauthori[sz]ed|sandbox.{0,40}(?:escape|refus|forbid|restrict|outside)/i,
  assertedIn: /guardrail|permission|approv|polic(?:y|ies)|security|safety|budget|allow_?list|deny_?list|path_?guard/i,
  assertedAspect: "guard-tests",
  denied: /verification|guardrails/,
};

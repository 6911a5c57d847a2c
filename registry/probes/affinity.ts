/**
 * How near a line stands to the subject of a primitive, told by the names around it, and how likely a reader would look
 * for it in that room. Orders evidence of one strength; it never makes a finding nor takes one away.
 */

import type { PrimitiveId } from "./finding.ts";
import { type FileFacts, functionAt } from "./source/facts.ts";
import { worded } from "./source/query.ts";

const subjects: Readonly<Record<PrimitiveId, RegExp>> = {
  "tool-registry": /tools?(?![a-z])|registr|function|action|skill/i,
  "permission-system": /permission|approv|confirm|guard|polic|allow|den(?:y|ied)|consent|sandbox/i,
  "session-persistence": /session|histor|conversation|thread|transcript|checkpoint|resum|restor|messages|log_?manager/i,
  "workflow-state": /task|workflow|status|(?<![a-z])plan|phase|step|job|(?<![a-z])run(?![a-z])/i,
  "token-budget": /budget|cost|usage|token|spend|limit|turns/i,
  "streaming-events": /event|stream|emit|delta/i,
  "system-event-log": /event|(?<![a-z])log|telemetry|audit|trac|journal|recorder/i,
  "two-level-verification": /verif|valid|check|review|lint|guardrail|judge|critic|evaluat/i,
  "tool-pool-assembly": /tools?(?![a-z])|toolset|pool|(?<![a-z])modes?(?![a-z])/i,
  "transcript-compaction": /compact|summari|condens|trim|prun|compress|truncat|context|histor/i,
  "permission-audit-trail": /audit|approv|permission|decision|denial/i,
  "agent-type-system": /agent|profile|persona|(?<![a-z])modes?(?![a-z])|role/i,
};

/** Commands of a person, settings, set-up and the like: the harness is seldom told by them. */
const aside =
  /(?:^|\/)(?:cli|commands?|cmd|web|webui|www|admin|dashboards?|desktop|setup|onboard\w*|install\w*|settings|wizards?|telemetry|analytics|i18n|auth|oauth|billing|plugins\/(?:vscode|jetbrains|[\w-]*editor)|connectors?|integrations?)\/|(?:^|\/)(?:main|cli|doctor|setup|config|cmd_\w+|install\w*)\.\w+$/i;

/** 0 to 9, or down to -8 for what lies aside. */
export function affinityOf(primitive: PrimitiveId, file: FileFacts, offset: number): number {
  const subject = subjects[primitive];
  const fn = functionAt(file, offset);
  const end = file.text.indexOf("\n", offset);
  const line = file.text.slice(file.text.lastIndexOf("\n", offset) + 1, end < 0 ? undefined : end);
  const near =
    (subject.test(worded(file.path.split("/").slice(-2).join(" "))) ? 3 : 0) +
    (fn !== undefined && subject.test(worded(`${fn.name} ${fn.owner}`)) ? 3 : 0) +
    (subject.test(worded(line)) ? 3 : 0);
  return near - (aside.test(file.path) ? 8 : 0);
}

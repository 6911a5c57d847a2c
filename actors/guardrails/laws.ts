/** Every law of the guardrails, in the order in which they are told, and one look at all of them. */

import { breaker } from "../../infra/breaker/breaker.ts";
import { fold } from "../../machines/fold.ts";
import { judge } from "../runtime/judge.ts";
import { assemble } from "../runtime/session.ts";
import { marked } from "../runtime/taint.ts";
import { commandsConfined } from "./confined-law.ts";
import { deniedStaysDenied } from "./denied-law.ts";
import { destructiveAsked } from "./destructive-law.ts";
import { breakersOpen, exhaustionEnds } from "./endings-law.ts";
import { type Engine, FINDINGS_MAX, type Guarded, type Law, type Verdict } from "./law.ts";
import { modesChangeNothing, nobodyToAsk } from "./modes-law.ts";
import { protectedClosed, secretsUnread } from "./protected-law.ts";
import { strangersAsked } from "./taint-law.ts";
import { typesNarrow } from "./types-law.ts";

export const LAWS: readonly Law[] = [
  destructiveAsked,
  deniedStaysDenied,
  protectedClosed,
  secretsUnread,
  typesNarrow,
  modesChangeNothing,
  nobodyToAsk,
  commandsConfined,
  strangersAsked,
  exhaustionEnds,
  breakersOpen,
];

/** What runs use. */
export const ENGINE: Engine = { judge, assemble, marked, fold, breaker };

/** Pure: judges and folds, and carries nothing out. Throws where a probe is broken, which is a fault of ours. */
export function lookedAt(law: Law, guarded: Guarded, engine: Engine = ENGINE): Verdict {
  const { reason, findings, state } = law.look(guarded, engine);
  const cut = findings.slice(0, FINDINGS_MAX);
  const more = findings.length - cut.length;
  return {
    law: law.law,
    title: law.title,
    state: findings.length > 0 ? "fails" : (state ?? "holds"),
    reason: more > 0 ? `${reason}; ${more} more findings` : reason,
    findings: cut,
  };
}

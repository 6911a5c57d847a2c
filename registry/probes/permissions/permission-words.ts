/**
 * What the probes of permissions agree on: how an outcome is named, which rooms let people in and no tool call, and how
 * much a function has to do with letting a call through.
 */
import type { FileFacts, FunctionFact } from "../source/facts.ts";
import { textOf } from "../source/query.ts";

export const outcomeCompared =
  /(===?|\bis\b|\bin\b)\s*["'](allow(?:ed)?(?:[_-](?:once|always|session))?|ask|den(y|ied)|approved?|reject(ed)?|block(ed)?|prompt|forbid(den)?|human|confirm|yolo|ALLOW(?:ED)?|ASK|DEN(?:Y|IED)|APPROVED|REJECTED|BLOCKED)["']|\.(CONFIRMED|AWAITING_CONFIRMATION|Confirmed|ASK_USER|ALLOW|Allow|DENY|Deny|ASK|Ask|DENIED|Denied|APPROVED|Approved|REJECTED|Rejected|ALLOWED|Allowed)\b/;
const acting =
  /tool|command|cmd|bash|shell|exec|action|edit|patch|approv|permission|confirm|policy|hook|invocation|guard/i;
const asking =
  /approv|permission|confirm|den(?:y|ied)|should_?block|is_?blocked|\bblocked\b|decision|verdict|can_?use/i;

/** Rooms in which people, channels and accounts are let in, and no tool call. */
export const otherRooms =
  /(?:^|\/)(?:providers?|channels?|auth|oauth|authn?|authz|gateway|routers?|routes|telemetry|analytics|billing|memory|setup|onboard\w*|install\w*|updater?|login|account|webui|i18n|deploy|wizards?|connectors?|pairing|translat\w*|convert\w*|migrat\w*|adapters?|message[-_]\w*|render\w*|format\w*|display|desktop|electron|dev_?tools\w*)(?:\/|[._-][^/]*$)/i;

const denying =
  /den(?:y|ied)|reject|block|forbid|refus|declin|\bnever\b|disallow|(?:!|\bnot )\s*[\w.?]*(?:allow|approv|permit|permission|confirm|consent|authori[sz]ed)/i;
/** The kind of a message, a number of one, or what is there at all: true of a decision, and none. */
const aside =
  /(?:\.|\[["'])(?:type|kind|role|status_?code)["'\]]*\s*[!=]==?|_?ids?\b|^(?:not\s+|!)?[\w.?]+$|isinstance\([^()]*\b(?:str|list|dict|bool|int)\b|\btypeof\b|isArray|_is_string/i;

/** How well a condition reads as a denial, beside others: from -4 to 3. */
export function denialWeight(condition: string): number {
  return (
    (denying.test(condition) ? 3 : 0) -
    (aside.test(condition) ? 2 : 0) -
    (/\b(?:allow|approve)d?["']|ALWAYS|AUTO_?APPROVE|\.(?:ALLOW|APPROVE)/.test(condition) ? 2 : 0)
  );
}

/** How much a function has to do with letting a call through: 0 nothing, up to 9. */
export function aptness(file: FileFacts, fn: FunctionFact, condition: string): number {
  if (otherRooms.test(file.path)) return 0;
  const base = file.path.slice(file.path.lastIndexOf("/") + 1);
  const head = textOf(file, { start: fn.start, end: Math.min(fn.end, fn.start + 200) });
  const named = `${fn.name} ${fn.owner} ${base}`;
  if (!acting.test(`${named} ${head} ${condition}`)) return 0;
  return (
    1 +
    (outcomeCompared.test(condition) ? 4 : asking.test(condition) ? 3 : 0) +
    (/tool|command|cmd|action|invocation/i.test(`${fn.name} ${head} ${condition}`) ? 2 : 0) +
    (/permission|approv|policy|confirm|guard|scheduler|executor|run_?tool|execute|dispatch/i.test(named) ? 2 : 0)
  );
}

/**
 * What an agent loses that has read what nobody vouched for: the rights that were given before anybody knew what it would
 * read, for acts that reach out of the workspace or destroy. It may go on looking, and change what is reviewed or was
 * opened to it by name; the rest is asked. Pure: more marks never allow more.
 */
import { isSecret, type TaintMark } from "../../machines/taint.ts";
import { isConfined, REMEMBER } from "./policy.ts";
import type { PermissionQuestion } from "./question.ts";
import { parseRule } from "./rule.ts";
import type { Ruling } from "./ruling.ts";
import type { Subject } from "./subject.ts";

/** Whom the operator vouches for; their words mark nobody. */
export interface Trust {
  /** `host`, or `*.host` for every host below it. */
  readonly hosts: readonly string[];
  /** A plugin's server, or one of its tools as `mcp__server__tool`. */
  readonly plugins: readonly string[];
  /** Whether the workspace's own files are their person's words. */
  readonly repository: boolean;
}

export const NO_STRANGERS: Trust = { hosts: [], plugins: [], repository: true };

export const isTrustedHost = (host: string, { hosts }: Pick<Trust, "hosts">): boolean => {
  const name = host.toLowerCase().replace(/\.$/, "");
  return hosts.some((one) => (one.startsWith("*.") ? name.endsWith(one.slice(1)) : name === one));
};

/** What the rules said, made stricter by what the agent has read; never more lenient. */
export function narrowed(subject: Subject, ruling: Ruling): Ruling {
  const { taint = [] } = subject.question;
  const strangers = taint.filter((mark) => !isSecret(mark));
  if (strangers.length === 0 || ruling.decision === "deny") return ruling;
  const secret = taint.find(isSecret);
  const act = actOf(subject, secret !== undefined);
  const read = readBy("the agent has", strangers);
  if (act === null) return ruling.decision === "ask" ? { ...ruling, reason: `${ruling.reason}; ${read}` } : ruling;
  const why = `${act.why}; ${read}`;
  const bothRead = secret === undefined ? "" : `, and it has read a secret (${secret.label})`;
  // Whoever holds a secret and has read a stranger's words is asked about each time: no answer covers another address.
  const openTo = act.kind === "destroys" || secret === undefined ? "person" : "nobody";
  if (ruling.decision === "ask") {
    return {
      ...ruling,
      openTo: narrower(ruling.openTo ?? "any", openTo),
      reason: `${ruling.reason}; ${why}${bothRead}`,
    };
  }
  const kept = ruling.rule.replace(/^config\.allow /, "allow ");
  const reason = `${why}${bothRead}; ${kept} does not cover that`;
  return { decision: "ask", rule: `taint.${act.kind}`, reason, openTo, ...touched(subject) };
}

const ORDER = ["any", "person", "exact", "nobody"] as const;
type OpenTo = (typeof ORDER)[number];

const narrower = (one: OpenTo, other: OpenTo): OpenTo => (ORDER.indexOf(one) >= ORDER.indexOf(other) ? one : other);

const touched = ({ shell, hosts }: Subject): { touches?: readonly string[] } => {
  const touches = [...new Set([...(shell?.verdict.loses ?? []), ...hosts.filter((host) => host !== "*")])];
  return touches.length === 0 ? {} : { touches };
};

interface Act {
  readonly kind: "reaches-out" | "destroys" | "outlives";
  readonly why: string;
}

/** What of this call a stranger could want; null where there is nothing. */
function actOf(subject: Subject, holdsSecret: boolean): Act | null {
  if (subject.tool === REMEMBER) return { kind: "outlives", why: "it would outlive the run" };
  return reach(subject, holdsSecret) ?? destruction(subject);
}

function reach(subject: Subject, holdsSecret: boolean): Act | null {
  const { question, tool, shell, hosts } = subject;
  if (question.tool.tier === "plugin") return pluginReach(subject, holdsSecret);
  if (question.tool.category === "network") {
    const named = !holdsSecret && hosts.every((host) => isNamed(host, question));
    return named
      ? null
      : { kind: "reaches-out", why: `it would send to ${hosts.join(", ")} whatever the agent puts into the address` };
  }
  if (tool !== "Bash" || question.sandbox === "full") return null;
  if (!subject.changes && hosts.length === 0) return null;
  const where = hosts.length === 0 || hosts.includes("*") ? "the network" : hosts.join(", ");
  const why =
    shell !== null && hosts.length > 0
      ? `it reaches ${where}`
      : `it could reach ${where}, as nothing confines commands here`;
  return { kind: "reaches-out", why };
}

/** By a rule that says exactly this host, which nobody writes by chance, or by the operator's trust. */
function isNamed(host: string, { rules, trust = NO_STRANGERS }: PermissionQuestion): boolean {
  if (isTrustedHost(host, trust)) return true;
  const name = host.toLowerCase().replace(/\.$/, "");
  return rules.allow.some((text) => {
    const { spec } = parseRule(text, "allow");
    return spec.kind === "host" && spec.host === name;
  });
}

/** What only looks, by the operator's word, passes as before, unless it is told an address or could carry a secret. */
function pluginReach(subject: Subject, holdsSecret: boolean): Act | null {
  const { question, tool, risk, input } = subject;
  if (risk !== "read-only") return { kind: "reaches-out", why: `${tool} acts by a plugin, nobody knows where` };
  const address = addressIn(input, question.trust ?? NO_STRANGERS);
  if (address !== null) return { kind: "reaches-out", why: `${tool} is told the address ${address}` };
  return holdsSecret ? { kind: "reaches-out", why: `${tool} is told whatever the agent puts into its input` } : null;
}

/** Texts of an input that are looked at, in UTF-16 units as JSON. */
const INPUT_CHARS_MAX = 100_000;

function addressIn(input: Subject["input"], trust: Trust): string | null {
  const text = JSON.stringify(input) ?? "";
  if (text.length > INPUT_CHARS_MAX) return "(too long to be looked at)";
  for (const [found, host = ""] of text.matchAll(/[a-z][a-z0-9+.-]*:\\?\/\\?\/(?:[^\s/?#@"\\]*@)?([^\s/?#:"\\]+)/gi)) {
    if (!isTrustedHost(host, trust)) return found.slice(0, 100);
  }
  return null;
}

/** In a tree of the run's own, in the sandbox, it hits a copy that is looked at before it counts. Looking stays free. */
function destruction(subject: Subject): Act | null {
  const { risk, question, changes } = subject;
  if (!changes || (risk !== "destructive" && risk !== "unknown")) return null;
  if (question.isolated && isConfined(subject)) return null;
  return { kind: "destroys", why: risk === "unknown" ? "nobody can tell what it would do" : "it destroys" };
}

/** Marks that a reason names. */
const NAMED_MAX = 2;

/** In words, the first that was read first. */
export function readBy(who: string, marks: readonly TaintMark[]): string {
  const named = marks.slice(0, NAMED_MAX).map(inWords).join(" and ");
  const more = marks.length - NAMED_MAX;
  return `${who} read ${named}${more > 0 ? ` and ${more} more` : ""}, which nobody vouched for`;
}

const KIND: Readonly<Record<TaintMark["source"], string>> = {
  web: "",
  plugin: "what came from ",
  network: "what came over the network by ",
  dependency: "a package's file ",
  repository: "",
  secret: "",
};

export const inWords = ({ source, label, turn, via }: TaintMark): string =>
  `${KIND[source]}${label}${turn === undefined ? "" : ` at turn ${turn}`}${via === undefined ? "" : ` (by way of ${via})`}`;

/**
 * The second look, at the moment of use: links have led somewhere, and what was judged was only the name. Where it is
 * another file than the named one, the rules are asked anew, and nobody can be.
 */
import { decide } from "./decide.ts";
import { placeOf } from "./place.ts";
import { textToRun } from "./policy.ts";
import type { PermissionDecision, PermissionQuestion, RuleLists } from "./question.ts";
import { parseRule, type RuleList } from "./rule.ts";
import { subjectOf } from "./subject.ts";

/**
 * Why the file that a path really leads to must not be read or changed; null where it may. `real`: absolute or relative
 * to the workspace, links resolved.
 */
export function refusalAtUse(question: PermissionQuestion, access: "read" | "write", real: string): string | null {
  const { absolute } = placeOf(real, question, access);
  if (absolute === null) return "nobody can tell where it leads";
  const named = namedBy(question);
  if (named !== null && placeOf(named, question, access).absolute === absolute) return null;
  const { decision, reason } = access === "read" ? asRead(question, absolute) : asWritten(question, absolute);
  return decision === "allow" ? null : reason;
}

const namedBy = ({ input }: PermissionQuestion): string | null => {
  const { file_path: file, path } = (input ?? {}) as { file_path?: unknown; path?: unknown };
  if (typeof file === "string") return file;
  return typeof path === "string" ? path : null;
};

const asWritten = (question: PermissionQuestion, path: string): PermissionDecision =>
  decide({ ...question, input: { ...(question.input as object), file_path: path }, approve: "deny" });

/** Whatever tool looks, a file is read: rules about reading it hold for a search as well. */
function asRead(question: PermissionQuestion, path: string): PermissionDecision {
  const tool = { ...question.tool, name: "Read", tier: "built-in", category: "files", risk: "read-only" } as const;
  const rules = tool.name === question.tool.name ? question.rules : withoutTools(question.rules);
  return decide({
    ...question,
    tool,
    rules,
    typeTools: ["Read"],
    deniedTools: [],
    input: { file_path: path },
    approve: "deny",
  });
}

/** Without those that speak of a tool as a whole: the tool at work is another one, and was judged. */
function withoutTools({ allow, ask, deny }: RuleLists): RuleLists {
  const left = (texts: readonly string[], list: RuleList): readonly string[] =>
    texts.filter((text) => parseRule(text, list).spec.kind !== "tool");
  return { allow: left(allow, "allow"), ask: left(ask, "ask"), deny: left(deny, "deny") };
}

export interface CommandAtUse {
  readonly text: string;
  /** Files and folders that it reads, as far as they are named without a wildcard: their links are to be looked at. */
  readonly reads: readonly string[];
  /** It was let through because it changes nothing: then it needs nothing that it could change. */
  readonly looksOnly: boolean;
}

/** How a command runs that nobody has seen or written a rule for; null where somebody has: then it runs as it is. */
export function commandAtUse(question: PermissionQuestion): CommandAtUse | null {
  const subject = subjectOf(question);
  const text = textToRun(subject, decide(question));
  if (text === null) return null;
  const inside = subject.paths.filter(({ access, place }) => access === "read" && place.kind === "inside");
  const reads = inside.map(({ place }) => (place.absolute ?? "").replace(/\/[^/]*[*?[{].*$/, ""));
  return { text, reads: [...new Set(reads)], looksOnly: subject.risk === "read-only" && !subject.changes };
}

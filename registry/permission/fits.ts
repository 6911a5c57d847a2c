/**
 * Whether rules speak of a call. Rules that take away fit where any part of the call is meant; rules that allow only
 * where all of it is.
 */
import type { ShellPart } from "../shell/verdict.ts";
import { placeOf } from "./place.ts";
import { parseRule, type Rule, type RuleList } from "./rule.ts";
import type { Subject, TouchedPath } from "./subject.ts";

const READERS: ReadonlySet<string> = new Set(["Read", "Glob", "Grep", "AstSearch", "Probe"]);

/** The first rule of a list that takes something of this call away. @throws PermissionRuleError */
export function takenAwayBy(texts: readonly string[], list: "ask" | "deny", subject: Subject): Rule | null {
  return texts.map((text) => parseRule(text, list)).find((rule) => takesAway(rule, subject)) ?? null;
}

function takesAway(rule: Rule, subject: Subject): boolean {
  const { spec } = rule;
  if (rule.parameter !== null && rule.named.matches(subject.tool) && hasParameter(rule.parameter, subject)) return true;
  switch (spec.kind) {
    case "tool":
      return rule.named.matches(subject.tool);
    case "command":
      return subject.shell !== null && spec.bash.touches(subject.shell.command, subject.shell.verdict);
    case "path":
      return subject.paths.some((path) => rulesPath(rule, path, subject, true) && fitsPath(rule, path, subject, true));
    case "host":
      return [...subject.hosts, ...hostsWritten(subject)].some((host) => fitsHost(spec.host, host));
    case "agent":
      return rule.named.matches(subject.tool) && agentNames(subject).some(spec.name.matches);
    case "parameter":
      return false;
  }
}

/**
 * What allows the whole call, from rules of a configuration or of grants; null where some of it is not covered.
 * @throws PermissionRuleError
 */
export function allowedBy(texts: readonly string[], subject: Subject): Rule | null {
  const rules = texts.map((text) => parseRule(text, "allow"));
  const bare = rules.find((rule) => rule.spec.kind === "tool" && rule.named.matches(subject.tool));
  if (bare !== undefined) return bare;
  if (subject.tool === "Bash") return commandAllowedBy(rules, subject);
  return rules.find((rule) => allowsOther(rule, subject)) ?? null;
}

function allowsOther(rule: Rule, subject: Subject): boolean {
  const { spec } = rule;
  if (spec.kind === "host") return subject.hosts.length > 0 && subject.hosts.every((host) => fitsHost(spec.host, host));
  if (spec.kind === "agent") return rule.named.matches(subject.tool) && agentNames(subject).some(spec.name.matches);
  if (spec.kind !== "path" || subject.paths.length === 0) return false;
  return subject.paths.every((path) => rulesPath(rule, path, subject, false) && fitsPath(rule, path, subject, false));
}

/** The rule of the part that is not harmless by itself; an exact rule for the whole text stands for all of it. */
function commandAllowedBy(rules: readonly Rule[], subject: Subject): Rule | null {
  const { shell } = subject;
  if (shell === null) return null;
  const whole = rules.find(
    ({ spec }) => spec.kind === "command" && spec.bash.exact && spec.bash.fitsWhole(shell.command),
  );
  if (whole !== undefined) return whole;
  const { parts, complete } = shell.verdict;
  if (!complete || parts.length === 0) return null;
  const covers = parts.map((part) => rules.find((rule) => coversPart(rule, part, subject)) ?? null);
  const uncovered = parts.filter((_, at) => covers[at] === null);
  if (uncovered.some(({ risk }) => risk !== "read-only")) return null;
  // What only looks needs no rule of its own while it looks at what anybody may see.
  if (uncovered.length > 0 && !subject.paths.every((path) => isHarmless(path, rules, subject))) return null;
  const writes = subject.paths.filter(({ access, redirect }) => redirect && access === "write");
  if (!writes.every((path) => isHarmless(path, rules, subject))) return null;
  return covers.find((rule) => rule !== null) ?? null;
}

function coversPart({ spec }: Rule, part: ShellPart, { shell }: Subject): boolean {
  if (spec.kind !== "command") return false;
  const alone = shell?.verdict.parts.length === 1 && !shell.verdict.paths.some(({ redirect }) => redirect === true);
  // Quotes as the rule's author wrote them; for one call alone there is nothing else that the text could hold.
  const asWritten = alone && spec.bash.allowsPart({ ...part, text: shell.command.trim() });
  return spec.bash.allowsPart(part) || asWritten;
}

/** Reading inside, writing where an edit is allowed; `/dev/null` and its like. */
function isHarmless(path: TouchedPath, rules: readonly Rule[], subject: Subject): boolean {
  const { place, access, redirect } = path;
  if (place.kind === "open") return true;
  if (access === "read" && place.kind === "inside") return true;
  if (access === "write" && !redirect && place.kind === "inside") return true;
  return rules.some((rule) => {
    if (rule.spec.kind === "tool") return place.kind === "inside" && /^(Edit|Write)$/.test(rule.tool);
    return rulesPath(rule, path, subject, true) && fitsPath(rule, path, subject, false);
  });
}

/** Whether a rule for this tool has a say in this access: what is edited is written, what is searched is read. */
function rulesPath({ tool, spec }: Rule, { access }: TouchedPath, subject: Subject, commands: boolean): boolean {
  if (spec.kind !== "path" || (subject.shell !== null && !commands)) return false;
  if (tool === "Read") return access === "read" && (subject.shell !== null || READERS.has(subject.tool));
  if (access !== "write") return false;
  return subject.shell !== null || tool === "Edit" || subject.tool === tool;
}

function fitsPath({ spec }: Rule, { place, tree, written }: TouchedPath, subject: Subject, tightens: boolean): boolean {
  if (spec.kind !== "path") return false;
  const { question } = subject;
  // Nobody knows where it leads: a rule that takes away is not got round by that.
  const absolute =
    place.absolute ?? (tightens ? placeOf(place.parts.join("/") || written, question, "read").absolute : null);
  if (absolute === null) return false;
  if (spec.path.matches(absolute, question, tightens)) return true;
  // `secrets/**` is about what is in the folder; so is a search of the folder.
  return (
    tree &&
    spec.path.matches(`${absolute === "/" ? "" : absolute}/x`, question, tightens) &&
    absolute !== question.workspace
  );
}

function fitsHost(wanted: string, host: string): boolean {
  const name = host.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
  if (wanted === "*") return true;
  return wanted.startsWith("*.") ? name.endsWith(wanted.slice(1)) : name === wanted;
}

/** In the text of a command, whatever it does with them. */
const hostsWritten = ({ shell }: Subject): string[] =>
  [...(shell?.command ?? "").matchAll(/\b[a-z][a-z0-9+.-]*:\/\/(?:[^\s/?#@]*@)?([^\s/?#:'"\\)]+)/gi)].map(
    ([, host]) => host ?? "",
  );

const agentNames = ({ input }: Subject): string[] =>
  [input.subagent_type, input.agent_type, input.type, input.name].filter((name) => typeof name === "string");

function hasParameter({ name, value }: NonNullable<Rule["parameter"]>, { input }: Subject): boolean {
  const found = Object.hasOwn(input, name) ? input[name] : undefined;
  if (found === undefined || found === null) return false;
  return value.matches(typeof found === "string" ? found : JSON.stringify(found));
}

/** Rules about single commands or paths cannot be applied to a command that was not understood, nor those about hosts
 * to one that does not say where it reaches. */
export const isBlindTo = (texts: readonly string[], list: RuleList, { shell, hosts }: Subject): boolean =>
  shell !== null &&
  texts.some((text) => {
    const { kind } = parseRule(text, list).spec;
    if (kind === "host") return !shell.verdict.complete || hosts.includes("*");
    return (kind === "command" || kind === "path") && !shell.verdict.complete;
  });

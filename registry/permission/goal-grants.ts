/**
 * What a person's own words ask for, as rights: commands that they say to run, files that they say to edit. Read by a few
 * fixed forms from the goal and the tasks file, never from anything that a model or a file of the workspace says; what
 * the forms do not fit is simply asked about later.
 */
import { analyse } from "../shell/analyse.ts";
import type { ShellVerdict } from "../shell/verdict.ts";
import { commandRule, pathRule } from "./grant-rule.ts";

export interface GoalGrant {
  readonly rule: string;
  /** The words it was read from. */
  readonly words: string;
}

/** Rights that one text gives, at most. */
const GRANTS_MAX = 20;
const COMMAND_CHARS_MAX = 500;
/** Verbs that are looked at, and characters of a sentence before one: of longer ones nobody can say what they deny. */
const VERBS_MAX = 200;
const SENTENCE_CHARS_MAX = 600;

const RUN = /\b(?:run|runs|running|execute|executes|executing)\s+/giu;
/** Between the verb and what it speaks of. */
const ARTICLES = /^(?:(?:the|this|command|script|then|once|again|first|also)\s+)*/iu;
/** Where a command that stands in no quotes ends. */
const STOP =
  /[,;:!?`"'()\n]|\.(?=\s|$)|\s(?:and|then|to|so|until|before|after|but|or|for|if|when|whenever|in|on|with|without|again|once|every|each|which|that|as|because|while|from)\b/iu;
const EDIT = /\b(?:edit|edits|change|modify|update|fix|create|write|add|extend|rewrite|adjust|correct|append to)\s+/giu;
const BEFORE_PATH = /^(?:(?:the|a|an|new|file|files|called|named|in|to|and|,)\s+|,\s*)*/iu;
/** A name that says it is a file: it has an ending, or folders before it. */
const PATH =
  /^(?:`([^`\s]+)`|([\w.@+-]+(?:\/[\w.@+-]+)+\/?|[\w@+-][\w.@+-]*\.[A-Za-z][\w]{0,9}))(?=$|[\s,;:!?)]|\.(?=\s|$))/u;
/** Words after which what follows is what not to do. */
const NOT =
  /\b(?:do not|don't|dont|never|not|without|avoid|instead of|no longer|stop|rather than|must not|mustn't|cannot|can't|should not|shouldn't|nor|except)\b[^.;\n]*$/iu;

/** Pure. `workspace` is absolute. In the order of the text, each rule once. */
export function grantsFromGoal(text: string, workspace: string): readonly GoalGrant[] {
  const found = [...commandsIn(text, workspace), ...filesIn(text, workspace)].sort((a, b) => a.at - b.at);
  const once = new Map<string, GoalGrant>();
  for (const { rule, words } of found) if (!once.has(rule)) once.set(rule, { rule, words });
  return [...once.values()].slice(0, GRANTS_MAX);
}

type Found = GoalGrant & { readonly at: number };

function commandsIn(text: string, workspace: string): Found[] {
  return [...text.matchAll(RUN)].slice(0, VERBS_MAX).flatMap((verb) => {
    if (isDenied(text, verb.index)) return [];
    const from = verb.index + verb[0].length;
    const rest = text.slice(from);
    const behind = rest.slice(ARTICLES.exec(rest)?.[0].length ?? 0);
    return quoted(behind, rest).flatMap((command) => {
      const rule = command.length <= COMMAND_CHARS_MAX ? grantable(command, workspace) : null;
      return rule === null ? [] : [{ rule, words: `${verb[0].trim()} ${command}`, at: verb.index }];
    });
  });
}

/** Everything in backticks up to the end of the sentence; without, the words up to where the sentence turns. */
function quoted(behind: string, rest: string): string[] {
  if (!behind.startsWith("`")) {
    const end = STOP.exec(behind);
    return [(end === null ? behind : behind.slice(0, end.index)).trim()];
  }
  const listed =
    /^`[^`\n]+`(?:\s*(?:,|and|then|, then|, and)\s*`[^`\n]+`)*/iu.exec(rest.slice(rest.indexOf("`")))?.[0] ?? "";
  return [...listed.matchAll(/`([^`\n]+)`/gu)].map(([, command = ""]) => command.trim());
}

/** Only what is understood whole, changes something, and destroys nothing: the rest is free anyway, or asked about. */
function grantable(command: string, workspace: string): string | null {
  if (command === "") return null;
  const verdict = analyse(command, { cwd: workspace, workspace });
  return verdict.complete && verdict.risk === "mutating" && staysHere(verdict) ? commandRule(command) : null;
}

const staysHere = ({ hosts, paths }: ShellVerdict): boolean =>
  hosts.length === 0 &&
  paths.every(({ path, access }) => access === "read" || !/^[/~]|(?:^|\/)\.\.(?:\/|$)/.test(path));

function filesIn(text: string, workspace: string): Found[] {
  return [...text.matchAll(EDIT)].slice(0, VERBS_MAX).flatMap((verb) => {
    if (isDenied(text, verb.index)) return [];
    const found: Found[] = [];
    let rest = text.slice(verb.index + verb[0].length);
    for (;;) {
      rest = rest.slice(BEFORE_PATH.exec(rest)?.[0].length ?? 0);
      const match = PATH.exec(rest);
      const path = (match?.[1] ?? match?.[2])?.replace(/\.+$/, "");
      if (match === null || path === undefined) return found;
      const rule = isName(path) ? pathRule(path, workspace) : null;
      if (rule !== null)
        found.push({ rule, words: `${verb[0].trim()} ${path}`, at: verb.index + found.length / 1_000 });
      rest = rest.slice(match[0].length).replace(/^\s+/, "");
    }
  });
}

/** Relative and plain: who means a place elsewhere is asked. */
const isName = (path: string): boolean => !/^[/~]|(?:^|\/)\.\.(?:\/|$)|\/$|[*?[\]{}$]/.test(path);

function isDenied(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - SENTENCE_CHARS_MAX), at);
  const unbounded = before.length === SENTENCE_CHARS_MAX && !/[.;\n]/.test(before);
  return unbounded || NOT.test(before);
}

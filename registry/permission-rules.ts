/**
 * The rules a configuration may give, parsed: which commands may be run and which files changed. A command is allowed by
 * its exact text or not at all, because no prefix of a command says what the whole of it does.
 */
import { type GlobPattern, GlobPatternError, parseGlob } from "./glob-pattern.ts";

/** As a configuration has them, and as a run latches them. */
export interface PermissionLists {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** What a call is about to touch: a command's text, or a path relative to the workspace. */
export type Touched = { readonly command: string } | { readonly path: string };

export interface PermissionRule {
  readonly text: string;
  readonly tool: string;
  /** False where the rule speaks of something else. */
  readonly fits: (touched: Touched) => boolean;
}

/** Tools that rules may name in this version; everything else reads only, and needs no rule. */
const COMMAND_TOOLS: readonly string[] = ["Bash"];
const FILE_TOOLS: readonly string[] = ["Edit", "Write"];

export const GRAMMAR = "Bash · Bash(exact command) · Write · Write(glob) · Edit · Edit(glob)";

/** Why the text is no rule, for the person who wrote it. */
export class PermissionRuleError extends Error {
  override readonly name = "PermissionRuleError";
}

/** @throws PermissionRuleError */
export function parseRule(text: string): PermissionRule {
  const [, tool = "", inside] = /^([A-Za-z]+)(?:\(([\s\S]*)\))?$/.exec(text) ?? [];
  if (COMMAND_TOOLS.includes(tool)) {
    const command = inside?.trim();
    if (command === "") throw new PermissionRuleError("it names no command");
    return {
      text,
      tool,
      fits: (touched) => "command" in touched && (command ?? touched.command.trim()) === touched.command.trim(),
    };
  }
  if (FILE_TOOLS.includes(tool)) {
    const glob = inside === undefined ? null : globOf(inside);
    return { text, tool, fits: (touched) => "path" in touched && (glob === null || glob.matches(touched.path)) };
  }
  throw new PermissionRuleError("it is none of the rules of this version");
}

function globOf(text: string): GlobPattern {
  if (text.startsWith("!"))
    throw new PermissionRuleError('a leading "!" would turn the rule round; use the other list');
  try {
    return parseGlob(text);
  } catch (cause) {
    if (cause instanceof GlobPatternError) throw new PermissionRuleError(`its pattern is not one: ${cause.message}`);
    throw cause;
  }
}

/** Whether anything at all could allow this tool: without, a model is not even told of it. */
export function mayEverUse(lists: PermissionLists, tool: string): boolean {
  const denied = lists.deny.map(parseRule).some((rule) => rule.tool === tool && rule.text === tool);
  return !denied && lists.allow.map(parseRule).some((rule) => rule.tool === tool);
}

/** The rule that decides, deny before allow; null where none speaks of it. @throws PermissionRuleError */
export function decidingRule(
  lists: PermissionLists,
  tool: string,
  touched: Touched,
): { readonly rule: string; readonly allowed: boolean } | null {
  for (const [list, allowed] of [
    [lists.deny, false],
    [lists.allow, true],
  ] as const) {
    const rule = list.map(parseRule).find((one) => one.tool === tool && one.fits(touched));
    if (rule !== undefined) return { rule: rule.text, allowed };
  }
  return null;
}

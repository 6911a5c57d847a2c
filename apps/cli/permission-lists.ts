/**
 * The permission rules of the configuration, each checked: one that is none is refused by file, place, list and text,
 * and what does nothing is said. What comes out is what a run latches.
 */
import type { Config } from "../../infra/config.ts";
import { SwarmError } from "../../infra/errors.ts";
import type { ConfiguredRule, PermissionList } from "../../infra/permission-settings.ts";
import { contradictionsIn } from "../../registry/permission/contradictions.ts";
import { GRAMMAR, parseRule } from "../../registry/permission/rule.ts";
import { PermissionRuleError } from "../../registry/permission/rule-error.ts";

export const PERMISSION_LISTS: readonly PermissionList[] = ["allow", "ask", "deny"];

export interface Permissions extends Record<PermissionList, string[]> {
  /** What was found and does nothing, in words. */
  readonly notices: readonly string[];
}

/**
 * `workspace`: where a path that begins with a slash need not be written out. Throws SwarmError `config.permissions`,
 * exit 2.
 */
export function permissionsOf({ permissions }: Pick<Config, "permissions">, workspace?: string): Permissions {
  const notices = [...permissions.notices];
  const textsOf = (list: PermissionList): string[] =>
    permissions[list].filter((rule) => isOurs(list, rule, notices)).map((rule) => rooted(rule, workspace));
  const lists = { allow: textsOf("allow"), ask: textsOf("ask"), deny: textsOf("deny") };
  notices.push(
    ...contradictionsIn(lists).map(
      ({ text, wins, loses }) => `"${text}" stands in ${loses} and in ${wins}: ${wins} wins`,
    ),
  );
  return { ...lists, notices };
}

/** False for a rule about a tool that only the program knows for which it was written. */
function isOurs(list: PermissionList, { text, from, at, foreign }: ConfiguredRule, notices: string[]): boolean {
  try {
    parseRule(text, list);
    return true;
  } catch (cause) {
    if (!(cause instanceof PermissionRuleError)) throw cause;
    if (foreign && cause.strangeTool) {
      notices.push(`${from}:${at}: "${text}" is not taken: ${cause.message}`);
      return false;
    }
    throw new SwarmError("config.permissions", `${from}:${at}: permissions.${list}: "${text}": ${cause.message}`, {
      exit: 2,
      cause,
      hint: `Mend or remove it. Rules are: ${GRAMMAR}.`,
    });
  }
}

/** A path that begins with a slash counts from where the rule stands; a run may work elsewhere. */
function rooted({ text, base }: ConfiguredRule, workspace: string | undefined): string {
  if (base === workspace) return text;
  return text.replace(/^(Read|Edit|Write)\(\s*\/(?!\/)/, (_, tool: string) => `${tool}(/${base === "/" ? "" : base}/`);
}

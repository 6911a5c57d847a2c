/** The permission rules of the configuration, each checked: one that is none is refused by file, list and text. */
import type { Config, ConfiguredRule } from "../../infra/config.ts";
import { SwarmError } from "../../infra/errors.ts";
import { GRAMMAR, type PermissionLists, PermissionRuleError, parseRule } from "../../registry/permission-rules.ts";

/** Throws SwarmError `config.permissions`, exit 2. */
export function permissionsOf({ permissions }: Config): { allow: string[]; deny: string[] } {
  const textsOf = (list: keyof PermissionLists): string[] => permissions[list].map((rule) => checked(list, rule).text);
  return { allow: textsOf("allow"), deny: textsOf("deny") };
}

function checked(list: string, { text, from }: ConfiguredRule): ConfiguredRule {
  try {
    parseRule(text);
    return { text, from };
  } catch (cause) {
    if (!(cause instanceof PermissionRuleError)) throw cause;
    throw new SwarmError("config.permissions", `${from}: permissions.${list}: "${text}": ${cause.message}`, {
      exit: 2,
      cause,
      hint: `Mend or remove it. Rules are: ${GRAMMAR}; globs speak of paths in the workspace.`,
    });
  }
}

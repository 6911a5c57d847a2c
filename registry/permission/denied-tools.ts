/** Tools that a run's person took away, by name; `mcp__server`, or `mcp__server__*`, is everything of that server. */
import { textPattern } from "./text-pattern.ts";

export const isTakenAway = (deniedTools: readonly string[], name: string): boolean =>
  deniedTools.some((denied) => denied === name || pluginPattern(denied)?.(name) === true);

/** Null where the text is no pattern of plugin tools. */
export function pluginPattern(text: string): ((name: string) => boolean) | null {
  if (!text.startsWith("mcp__")) return null;
  return textPattern(/^mcp__(?:(?!__)[\w.-])+$/.test(text) ? `${text}__*` : text).matches;
}

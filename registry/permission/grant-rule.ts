/**
 * The rule that speaks of exactly one call, for whoever wants to give the right to make it again. Nothing is generalised
 * here: a star in a command is a star, not a pattern.
 */
import { posix } from "node:path";
import { parseRule } from "./rule.ts";

/** Null where no rule can speak of this call and of no other. */
export function exactRule(tool: string, input: unknown, workspace: string): string | null {
  const { command, file_path: path, url } = (input ?? {}) as Readonly<Record<string, unknown>>;
  if (tool === "Bash") return typeof command === "string" ? commandRule(command) : null;
  if (tool === "Write" || tool === "Edit") return typeof path === "string" ? pathRule(path, workspace) : null;
  if (tool === "WebFetch") return typeof url === "string" ? hostRule(url) : null;
  return null;
}

export function commandRule(command: string): string | null {
  const text = command.trim();
  const rule = `Bash(${text.replaceAll("*", "\\*")})`;
  const { spec } = parseRule(rule, "allow");
  // A backslash before a star, or whatever else reads otherwise as a rule: then there is no rule for it.
  return spec.kind === "command" && spec.bash.exact && spec.bash.fitsWhole(text) ? rule : null;
}

/** Inside the workspace only; what would be a pattern is no path. */
export function pathRule(path: string, workspace: string): string | null {
  const below = posix.relative(workspace, posix.resolve(workspace, path));
  if (below === "" || below === ".." || below.startsWith("../") || /[*?[\]{}\\()!]|\p{Cc}/u.test(below)) return null;
  return `Edit(./${below})`;
}

function hostRule(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const host = new URL(url).hostname.replace(/\.$/, "");
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(host) ? `WebFetch(domain:${host})` : null;
}

/**
 * The paths of `Read(…)` and `Edit(…)`: patterns as in a `.gitignore`, from the root (`//`), from home (`~/`), from
 * where the rule stands (`/`) or from the workspace. A pattern that names a folder speaks of everything in it.
 */
import { posix } from "node:path";
import { type GlobPattern, GlobPatternError, parseGlob } from "../glob-pattern.ts";
import { PermissionRuleError } from "./rule-error.ts";
import { globsMeet } from "./text-pattern.ts";

export interface PathPattern {
  /** `absolute` is normal and free of `.` and `..`. `tightens`: case does not matter where a rule takes away. */
  readonly matches: (absolute: string, folders: PatternFolders, tightens: boolean) => boolean;
  /** True where it can fit one path only. */
  readonly exact: boolean;
}

export interface PatternFolders {
  readonly workspace: string;
  readonly home?: string;
}

type Base = "root" | "home" | "workspace";

/** `/x` counts from the workspace here: whoever knows where the rule stands has made it `//…/x` before. */
export function pathPattern(source: string): PathPattern {
  if (source.startsWith("!")) {
    throw new PermissionRuleError('a leading "!" would turn the rule round; use the other list');
  }
  const { base, pattern, anchored } = partsOf(source);
  const name = pattern.replace(/\/$/, "");
  if (name === "") throw new PermissionRuleError("it names no path");
  const anyDepth = !anchored && !name.includes("/");
  const loose = matcher(name.toLowerCase(), anyDepth);
  const strict = matcher(name, anyDepth);
  // What `x/**` speaks of is in the folder, at any depth: the first name below it is enough to know.
  const wanted = [
    ...(anyDepth ? ["**"] : []),
    ...name
      .toLowerCase()
      .replace(/\/(\*\*\/)*\*\*$/, "/*")
      .split("/"),
  ];
  return {
    exact: anchored && !/[*?[{\\]/.test(name),
    matches: (absolute, folders, tightens) => {
      const below = belowBase(absolute, base, folders);
      if (below === null) return false;
      if (!tightens) return strict(below);
      const path = below.normalize("NFC").toLowerCase();
      return loose(path) || (/[*?[{]/.test(path) && mayMean(path.split("/"), wanted));
    },
  };
}

function partsOf(source: string): { base: Base; pattern: string; anchored: boolean } {
  if (source.startsWith("//")) return { base: "root", pattern: source.slice(2), anchored: true };
  if (source.startsWith("~/")) return { base: "home", pattern: source.slice(2), anchored: true };
  if (source.startsWith("/")) return { base: "workspace", pattern: source.slice(1), anchored: true };
  const named = source.replace(/^(\.\/)+/, "");
  return { base: "workspace", pattern: named, anchored: named !== source || named.replace(/\/$/, "").includes("/") };
}

function belowBase(absolute: string, base: Base, { workspace, home }: PatternFolders): string | null {
  const from = base === "root" ? "/" : base === "home" ? home : workspace;
  if (from === undefined) return null;
  const below = posix.relative(from, absolute);
  return below === "" || below === ".." || below.startsWith("../") ? null : below;
}

function matcher(pattern: string, anyDepth: boolean): (path: string) => boolean {
  const itself = globOf(anyDepth ? `**/${pattern}` : pattern);
  const within = globOf(anyDepth ? `**/${pattern}/**` : `${pattern}/**`);
  return (path) => itself.matches(path) || within.matches(path);
}

/** Whether a path with wildcards of its own may mean one that the pattern, or a folder that it names, fits. */
function mayMean(path: readonly string[], pattern: readonly string[]): boolean {
  let row = Array.from({ length: pattern.length + 1 }, (_, at) => pattern.slice(0, at).every((part) => part === "**"));
  if (row.at(-1) === true) return true;
  for (const part of path) {
    const next = [false];
    for (let at = 1; at <= pattern.length; at += 1) {
      const wanted = pattern[at - 1] ?? "";
      next[at] =
        wanted === "**"
          ? (row[at] ?? false) || (next[at - 1] ?? false)
          : (row[at - 1] ?? false) && globsMeet(withoutBraces(part), withoutBraces(wanted));
    }
    row = next;
    if (row.at(-1) === true) return true;
  }
  return false;
}

const withoutBraces = (glob: string): string => glob.replace(/\{[^}]*\}/g, "*");

function globOf(pattern: string): GlobPattern {
  try {
    return parseGlob(pattern);
  } catch (cause) {
    if (cause instanceof GlobPatternError) throw new PermissionRuleError(`its pattern is not one: ${cause.message}`);
    throw cause;
  }
}

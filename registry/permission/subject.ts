/**
 * What one call is about, worked out once for all rules: the paths and hosts it would touch, its command taken apart,
 * and its risk.
 */
import { analyse } from "../shell/analyse.ts";
import type { ShellVerdict } from "../shell/verdict.ts";
import type { ToolDeclaration } from "../tool.ts";
import { type Guard, guardOf } from "./guard.ts";
import { type Place, placeInShell, placeOf } from "./place.ts";
import type { DecisionRisk, PermissionQuestion } from "./question.ts";

export interface TouchedPath {
  readonly written: string;
  readonly access: "read" | "write";
  readonly place: Place;
  readonly guard: Guard | null;
  /** True for a redirection of a command. */
  readonly redirect: boolean;
  /** True where everything below it is meant as well. */
  readonly tree: boolean;
}

export interface Subject {
  readonly question: PermissionQuestion;
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Null for everything but Bash. */
  readonly shell: { readonly command: string; readonly verdict: ShellVerdict } | null;
  readonly paths: readonly TouchedPath[];
  readonly hosts: readonly string[];
  readonly risk: DecisionRisk;
  /** Whether it changes anything at all, secrets that it may give away aside. */
  readonly changes: boolean;
}

type Field = readonly [name: string, access: "read" | "write", shape: "path" | "tree" | "glob"];

/** Where the tools' inputs name files. Without one, a tree is the workspace. */
const FIELDS: Readonly<Record<string, readonly Field[]>> = {
  Read: [["file_path", "read", "path"]],
  Write: [["file_path", "write", "path"]],
  Edit: [["file_path", "write", "path"]],
  Glob: [["path", "read", "tree"]],
  Grep: [
    ["path", "read", "tree"],
    ["glob", "read", "glob"],
  ],
  AstSearch: [
    ["path", "read", "tree"],
    ["glob", "read", "glob"],
  ],
  Probe: [["path", "read", "tree"]],
};

export function subjectOf(question: PermissionQuestion): Subject {
  const input = isRecord(question.input) ? question.input : {};
  const { tool } = question;
  const shell = tool.name === "Bash" && typeof input.command === "string" ? shellOf(question, input.command) : null;
  const paths = shell === null ? pathsOf(question, input) : shellPaths(question, shell.verdict);
  const hosts = shell?.verdict.hosts ?? hostsOf(tool, input);
  const base = baseRisk(tool, shell?.verdict ?? null);
  return {
    question,
    tool: tool.name,
    input,
    shell,
    paths,
    hosts,
    risk: paths.map(riskOfPath).reduce(worse, base),
    changes: base !== "read-only",
  };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function shellOf({ workspace }: PermissionQuestion, command: string): Subject["shell"] {
  return { command, verdict: analyse(command, { cwd: workspace, workspace }) };
}

/** The risk of a plugin's tool is the operator's word, `destructive` where they gave none; never the plugin's own. */
function baseRisk(tool: ToolDeclaration, verdict: ShellVerdict | null): DecisionRisk {
  if (tool.tier === "plugin") return tool.risk;
  if (tool.name === "Bash") {
    if (verdict === null) return "unknown";
    // What is not re-emitted may be read otherwise by the shell than by us.
    const blind = verdict.risk === "read-only" && (verdict.emitted === null || verdict.hosts.length > 0);
    return blind ? "unknown" : verdict.risk;
  }
  if (tool.category === "network") return worse(tool.risk, "mutating");
  return tool.risk;
}

const ORDER: readonly DecisionRisk[] = ["read-only", "mutating", "destructive", "unknown"];

const worse = (one: DecisionRisk, other: DecisionRisk): DecisionRisk =>
  ORDER.indexOf(one) >= ORDER.indexOf(other) ? one : other;

/** What is given away, or left behind where it is run or believed, cannot be taken back. */
function riskOfPath({ access, place, guard }: TouchedPath): DecisionRisk {
  if (guard !== null || place.kind === "own")
    return access === "write" || guard?.secret !== false ? "destructive" : "read-only";
  if (place.kind === "inside" || place.kind === "open") return "read-only";
  return access === "write" ? "destructive" : "unknown";
}

function pathsOf(question: PermissionQuestion, input: Subject["input"]): TouchedPath[] {
  return (FIELDS[question.tool.name] ?? []).flatMap(([name, access, shape]) => {
    const value = input[name];
    if (typeof value !== "string") return shape === "tree" ? [touched(question, ".", access, shape)] : [];
    return [touched(question, value, access, shape)];
  });
}

function touched(
  question: PermissionQuestion,
  written: string,
  access: "read" | "write",
  shape: Field[2],
): TouchedPath {
  const glob = shape === "glob" ? written.replace(/^!/, "") : written;
  const place = placeOf(glob, question, access);
  // What a search leaves out it does not look at.
  const globs = shape === "glob";
  const guard = globs && written.startsWith("!") ? null : guardOf({ ...place, globs }, access);
  return { written, access, place, guard, redirect: false, tree: shape === "tree" };
}

/** The analysis has placed them: behind a `cd` too they count from where the line began. */
function shellPaths(question: PermissionQuestion, verdict: ShellVerdict): TouchedPath[] {
  return verdict.paths.map(({ path, access, redirect = false }) => {
    const place = placeInShell(path, question, access);
    const guard = guardOf({ ...place, globs: true }, access);
    return { written: path, access, place, guard, redirect, tree: false };
  });
}

function hostsOf(tool: ToolDeclaration, { url }: Subject["input"]): readonly string[] {
  if (tool.category !== "network") return [];
  if (typeof url !== "string" || !URL.canParse(url)) return ["*"];
  return [new URL(url).hostname.replace(/\.$/, "")];
}

/**
 * One rule of a configuration or of a grant, in the grammar that people know from Claude Code, parsed. A text that is no
 * rule is an error that says why; nothing is ever ignored.
 */
import { tools } from "../tools/index.ts";
import { type BashSpec, bashSpec } from "./bash-spec.ts";
import { type PathPattern, pathPattern } from "./path-pattern.ts";
import { PermissionRuleError } from "./rule-error.ts";
import { type TextPattern, textPattern } from "./text-pattern.ts";

export type RuleList = "allow" | "ask" | "deny";

export type RuleSpec =
  /** The tool as a whole. */
  | { readonly kind: "tool" }
  | { readonly kind: "command"; readonly bash: BashSpec }
  | { readonly kind: "path"; readonly path: PathPattern }
  | { readonly kind: "host"; readonly host: string }
  | { readonly kind: "agent"; readonly name: TextPattern }
  | { readonly kind: "parameter"; readonly name: string; readonly value: TextPattern };

export interface Rule {
  readonly text: string;
  /** As written; may hold stars in lists that take away. */
  readonly tool: string;
  readonly named: TextPattern;
  readonly spec: RuleSpec;
  /** Also read as `Tool(parameter:value)`, where the list may hold such. */
  readonly parameter: { readonly name: string; readonly value: TextPattern } | null;
}

/** Tools that a rule may name: those there are, and words of the grammar that are no tools of their own. */
const TOOLS: ReadonlySet<string> = new Set([...tools.map(({ name }) => name), "Agent", "AskParent"]);

export const GRAMMAR =
  "Tool · Bash(exact command) · Bash(git diff:*) · Bash(npm run *) · Read(glob) · Edit(glob) · Write(glob) · WebFetch(domain:host) · Agent(name) · mcp__server__tool · in ask and deny also Tool(parameter:value) and mcp__*";

const RULE = /^([A-Za-z*][\w.*-]*)(?:\(([\s\S]*)\))?$/;
const PARAMETER = /^([A-Za-z_][\w-]*):([\s\S]+)$/;

/** Rules of many runs in one worker; older ones are parsed anew. */
const KNOWN_MAX = 4_096;
const known = new Map<string, Rule>();

/** @throws PermissionRuleError */
export function parseRule(text: string, list: RuleList = "allow"): Rule {
  const key = `${list} ${text}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const rule = read(text, list);
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(key, rule);
  return rule;
}

function read(text: string, list: RuleList): Rule {
  const [, tool, inside] = RULE.exec(text) ?? [];
  if (tool === undefined) throw new PermissionRuleError("it is no rule");
  checkTool(tool, list);
  // `mcp__server` is everything of that server.
  const isServer = /^mcp__(?:(?!__)[\w.-])+$/.test(tool);
  const named = isServer ? serverOrTool(tool) : textPattern(tool);
  const parameter = inside === undefined || list === "allow" ? null : parameterOf(inside);
  return { text, tool, named, spec: specOf(tool, inside, list, parameter), parameter };
}

function serverOrTool(server: string): TextPattern {
  const below = textPattern(`${server}__*`);
  return { exact: false, matches: (name) => name === server || below.matches(name) };
}

function checkTool(tool: string, list: RuleList): void {
  const isPlugin = tool.startsWith("mcp__");
  if (tool.includes("*")) {
    if (list !== "allow" || /^mcp__(?:(?!__)[\w.-])+__[\w.*-]+$/.test(tool)) return;
    throw new PermissionRuleError("stars in a tool's name are for ask and deny, or behind mcp__server__");
  }
  if (isPlugin ? !/^mcp__[\w.-]+$/.test(tool) : !TOOLS.has(tool))
    throw new PermissionRuleError(strange(tool), { strangeTool: true });
}

function strange(tool: string): string {
  const near = [...TOOLS].find((name) => name.toLowerCase() === tool.toLowerCase());
  return near === undefined ? `there is no tool ${tool}` : `there is no tool ${tool}; did you mean ${near}?`;
}

function specOf(tool: string, inside: string | undefined, list: RuleList, parameter: Rule["parameter"]): RuleSpec {
  if (inside === undefined) return { kind: "tool" };
  if (inside.trim() === "")
    throw new PermissionRuleError(tool === "Bash" ? "it names no command" : "its brackets are empty");
  if (inside.trim() === "*") return { kind: "tool" };
  switch (tool) {
    case "Bash":
      return { kind: "command", bash: bashSpec(inside) };
    case "Read":
    case "Edit":
    case "Write":
      return { kind: "path", path: pathPattern(inside.trim()) };
    case "WebFetch":
      return hostSpec(inside.trim(), parameter);
    case "Agent":
      return parameter === null
        ? { kind: "agent", name: textPattern(inside.trim()) }
        : { kind: "parameter", ...parameter };
    default:
      if (parameter !== null) return { kind: "parameter", ...parameter };
      throw new PermissionRuleError(
        list === "allow" ? `what ${tool} is called with is for ask and deny to say` : "it is not parameter:value",
      );
  }
}

function hostSpec(inside: string, parameter: Rule["parameter"]): RuleSpec {
  const [, host] = /^domain:\s*((?:\*\.)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\*)$/.exec(inside) ?? [];
  if (host !== undefined) return { kind: "host", host: host.toLowerCase() };
  if (parameter !== null && parameter.name !== "domain") return { kind: "parameter", ...parameter };
  throw new PermissionRuleError("it is not domain:host");
}

function parameterOf(inside: string): Rule["parameter"] {
  const [, name, value] = PARAMETER.exec(inside.trim()) ?? [];
  return name === undefined || value === undefined || value === "*" ? null : { name, value: textPattern(value.trim()) };
}

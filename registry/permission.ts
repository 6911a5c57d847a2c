/**
 * Who may do what: pure rules over agent type, tool and input. Deny wins; a call that no rule knows is denied, because
 * the agents of this version work where nobody can be asked.
 */
import { posix } from "node:path";
import { decidingRule, type PermissionLists, type Touched } from "./permission-rules.ts";
import type { ToolDeclaration, ToolRisk } from "./tool.ts";

export interface PermissionQuestion {
  readonly agentType: string;
  /** Tools the agent's own machine allows. */
  readonly typeTools: readonly string[];
  /** Tools the run's person or configuration took away. */
  readonly deniedTools: readonly string[];
  readonly tool: ToolDeclaration;
  /** What the call asks for, as its tool parsed it. */
  readonly input: unknown;
  /** Absolute, link-free. */
  readonly workspace: string;
  /** Latched with the run. */
  readonly permissions: PermissionLists;
}

export interface PermissionDecision {
  readonly decision: "allow" | "deny";
  readonly risk: ToolRisk;
  readonly rule: string;
  readonly reason: string;
}

/** Changes with every change of a rule, so that an audit can say by which policy it was decided. */
export const POLICY_VERSION = "configured-1";

export function decide(question: PermissionQuestion): PermissionDecision {
  const { agentType, typeTools, deniedTools, tool } = question;
  const { risk, name } = tool;
  if (!typeTools.includes(name)) {
    return { decision: "deny", risk, rule: "type.tools", reason: `agents of type ${agentType} have no ${name}` };
  }
  if (deniedTools.includes(name)) {
    return { decision: "deny", risk, rule: "run.denied-tools", reason: `${name} is denied for this run` };
  }
  if (risk === "read-only" && tool.tier === "built-in") {
    return {
      decision: "allow",
      risk,
      rule: "built-in.read-only",
      reason: "reads inside the workspace, changes nothing",
    };
  }
  const touched = touchedBy(tool.name, question.input, question.workspace);
  const found = touched === null ? null : decidingRule(question.permissions, name, touched);
  if (found === null) {
    return { decision: "deny", risk, rule: "silence", reason: `no rule allows this ${name}, and nobody can be asked` };
  }
  return found.allowed
    ? { decision: "allow", risk, rule: `config.allow ${found.rule}`, reason: "the configuration allows it" }
    : { decision: "deny", risk, rule: `config.deny ${found.rule}`, reason: "the configuration denies it" };
}

/**
 * Null where nothing can be said. A path is judged by its text here, and once more where its links have led
 * ({@link mayChange}) before anything is touched.
 */
function touchedBy(tool: string, input: unknown, workspace: string): Touched | null {
  const { command, file_path: path } = (input ?? {}) as { command?: unknown; file_path?: unknown };
  if (tool === "Bash") return typeof command === "string" ? { command } : null;
  if (typeof path !== "string") return null;
  const relative = posix.relative(workspace, posix.resolve(workspace, path));
  return relative === "" || relative === ".." || relative.startsWith("../") ? null : { path: relative };
}

/** Whether the file that a path really leads to may be changed. `path` is relative to the workspace, links resolved. */
export function mayChange(permissions: PermissionLists, tool: string, path: string): boolean {
  return decidingRule(permissions, tool, { path })?.allowed === true;
}

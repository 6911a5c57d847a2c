/**
 * Who may do what: pure rules over agent type, tool and input. Deny wins; a call that no rule knows is denied, because
 * the agents of this version work where nobody can be asked.
 */
import type { ToolDeclaration, ToolRisk } from "./tool.ts";

export interface PermissionQuestion {
  readonly agentType: string;
  /** Tools the agent's own machine allows. */
  readonly typeTools: readonly string[];
  /** Tools the run's person or configuration took away. */
  readonly deniedTools: readonly string[];
  readonly tool: ToolDeclaration;
}

export interface PermissionDecision {
  readonly decision: "allow" | "deny";
  readonly risk: ToolRisk;
  readonly rule: string;
  readonly reason: string;
}

/** Changes with every change of a rule, so that an audit can say by which policy it was decided. */
export const POLICY_VERSION = "read-only-1";

export function decide({ agentType, typeTools, deniedTools, tool }: PermissionQuestion): PermissionDecision {
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
  return { decision: "deny", risk, rule: "silence", reason: `no rule allows ${name}, and nobody can be asked` };
}

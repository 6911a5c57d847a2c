/** A permission question with everything said but the call: what a test does not name is as an unattended run has it. */
import { decide } from "../../registry/permission/decide.ts";
import type { PermissionDecision, PermissionGrant, PermissionQuestion } from "../../registry/permission/question.ts";
import type { ToolDeclaration } from "../../registry/tool.ts";
import { toolNamed, tools } from "../../registry/tools/index.ts";

const WORKSPACE = "/work/project";
export const HOME = "/home/someone";

export type Circumstance = Partial<Omit<PermissionQuestion, "rules" | "tool" | "input">> & {
  readonly allow?: readonly string[];
  readonly askRules?: readonly string[];
  readonly deny?: readonly string[];
  readonly tier?: ToolDeclaration["tier"];
};

export function toolCalled(name: string): ToolDeclaration {
  const tool = toolNamed(name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return tool;
}

/** A tool that a plugin brings, with whatever it says of itself. */
export const pluginTool = (name: string, risk: ToolDeclaration["risk"] = "read-only"): ToolDeclaration => ({
  ...toolCalled("Glob"),
  name,
  tier: "plugin",
  risk,
});

export function question(tool: string | ToolDeclaration, input: unknown, given: Circumstance = {}): PermissionQuestion {
  const { allow = [], askRules = [], deny = [], tier, ...others } = given;
  const declared = typeof tool === "string" ? toolCalled(tool) : tool;
  return {
    agentType: "general",
    actor: "a_one",
    typeTools: [...tools.map(({ name }) => name), declared.name],
    deniedTools: [],
    tool: tier === undefined ? declared : { ...declared, tier },
    input,
    workspace: WORKSPACE,
    addDirs: [],
    mode: "edit",
    approve: "ask",
    sandbox: "none",
    isolated: false,
    rules: { allow, ask: askRules, deny },
    grants: [],
    nowMs: 1_000,
    home: HOME,
    ...others,
  };
}

export const decided = (tool: string | ToolDeclaration, input: unknown, given: Circumstance = {}): PermissionDecision =>
  decide(question(tool, input, given));

export const bash = (command: string, given: Circumstance = {}): PermissionDecision =>
  decided("Bash", { command }, given);

export const read = (path: string, given: Circumstance = {}): PermissionDecision =>
  decided("Read", { file_path: path }, given);

export const write = (path: string, given: Circumstance = {}): PermissionDecision =>
  decided("Write", { file_path: path, content: "x" }, given);

/** Decision and rule, which is what most laws are about. */
export const verdict = ({ decision, rule }: PermissionDecision): string => `${decision} ${rule}`;

export const grant = (rule: string, more: Partial<PermissionGrant> = {}): PermissionGrant => ({
  id: "g_one",
  rule,
  actor: null,
  by: "ada",
  atMs: 0,
  expiresAtMs: null,
  ...more,
});

/**
 * Why no policy could ever let a tool act: a model is not told of one that is always refused, because its place in the
 * prompt would cost money and tempt.
 */
import type { ToolDeclaration } from "../tool.ts";
import { REMEMBER } from "./policy.ts";
import type { PermissionQuestion } from "./question.ts";
import { parseRule, type Rule } from "./rule.ts";

export interface Circumstances
  extends Pick<PermissionQuestion, "rules" | "mode" | "approve" | "sandbox" | "isolated" | "grants"> {
  /** Commands may run without a sandbox: the worker's operator said so, by name. */
  readonly unconfined: boolean;
}

/** In words for people; null where some call of it could be allowed or asked about. @throws PermissionRuleError */
export function neverBecause(tool: ToolDeclaration, given: Circumstances): string | null {
  const { rules, mode, approve, sandbox, isolated, grants } = given;
  const { name } = tool;
  const denied = rules.deny
    .map((text) => parseRule(text, "deny"))
    .find(({ spec, named }) => spec.kind === "tool" && named.matches(name));
  if (denied !== undefined) return `the configuration denies it (${denied.text})`;
  const allows = [...rules.allow, ...grants.map(({ rule }) => rule)].map((text) => parseRule(text, "allow"));
  const isNamed = allows.some((rule) => speaksOf(rule, name));
  const isPlugin = tool.tier === "plugin";
  const isBash = name === "Bash" && !isPlugin;
  // A rule may come with a repository: without a sandbox it takes the operator's own word to run commands at all.
  if (isBash && sandbox === "none" && !given.unconfined) return "commands cannot be confined on this worker";
  // What only looks passes in every mode, and so do the harmless calls of a shell.
  const looks = isBash || tool.risk === "read-only";
  if (!looks && mode !== "edit") {
    return isPlugin
      ? `the run is in mode ${mode}, and the configuration does not say that it changes nothing`
      : `the run is in mode ${mode}, which changes nothing`;
  }
  // What it is allowed to by the policy depends on what its agent has read, and nobody knows that yet.
  const isPolicys = name === REMEMBER && tool.tier === "built-in";
  if ((looks && tool.tier === "built-in") || isPolicys || isNamed || approve === "ask") return null;
  const nobody = "no rule allows it, and nobody can be asked";
  if (isPlugin || tool.category === "network") return nobody;
  const confined = (approve === "allow-safe" && sandbox === "full") || (isolated && tool.tier === "built-in");
  return confined ? null : nobody;
}

/** What may be edited by its path may be written. */
const speaksOf = ({ tool, named, spec }: Rule, name: string): boolean =>
  named.matches(name) || (tool === "Edit" && name === "Write" && spec.kind === "path");

/**
 * The tool pool of one agent: what of all there is it may use, what of that stands in its prompt, and why it has not the
 * rest. Pure, and in one order: whoever puts the same agent together anywhere gets the same pool.
 */
import { type Circumstances, neverBecause } from "./permission/available.ts";
import { isTakenAway, pluginPattern } from "./permission/denied-tools.ts";
import type { ToolDeclaration } from "./tool.ts";

/** What a pool has to know of an agent type. */
export interface PoolType {
  readonly name: string;
  /** Every built-in tool it may ever use. */
  readonly tools: readonly string[];
  /** Those of `tools` whose definitions stand in the prompt; all where absent. */
  readonly firstClass?: readonly string[];
  readonly plugins?: "none" | "read-only" | "all";
  /** Narrows plugin tools to these, by name or pattern (`mcp__github__*`); absent: no narrower than `plugins`. */
  readonly pluginTools?: readonly string[];
}

export interface PoolQuestion {
  readonly type: PoolType;
  /** Everything there is for the run: built-in tools and those of its plugins. */
  readonly tools: readonly ToolDeclaration[];
  readonly circumstances: Circumstances;
  /** Taken away by the run's person. */
  readonly deniedTools: readonly string[];
  /** Name → why it cannot be used at all now: quarantined, its server not approved, nothing for it here. */
  readonly unavailable?: ReadonlyMap<string, string>;
}

export interface Excluded {
  readonly name: string;
  readonly reason: string;
}

export interface ToolPool {
  /** Their definitions stand in the prompt. */
  readonly offered: readonly ToolDeclaration[];
  /** May be used, and are found by ToolSearch. */
  readonly deferred: readonly ToolDeclaration[];
  readonly excluded: readonly Excluded[];
}

/** Never deferred: how a task ends, and how everything else is found. */
const ALWAYS_FIRST: ReadonlySet<string> = new Set(["Report", "Skill", "ToolSearch", "UseTool"]);
const FINDERS: ReadonlySet<string> = new Set(["ToolSearch", "UseTool"]);

const NOTHING_TO_FIND = "every tool of the pool stands in the prompt: there is nothing to find";
const NOTHING_FINDS = "it is found by ToolSearch, which this agent has not";

/** All three lists by name. @throws PermissionRuleError where a rule of the circumstances is none. */
export function toolPool(question: PoolQuestion): ToolPool {
  const excluded: Excluded[] = [];
  const usable: ToolDeclaration[] = [];
  for (const tool of [...question.tools].sort(byName)) {
    const reason = reasonAgainst(tool, question);
    if (reason === null) usable.push(tool);
    else excluded.push({ name: tool.name, reason });
  }
  const finds = usable.some(({ name }) => name === "ToolSearch");
  const isFirst = firstIn(question.type, finds);
  const later = usable.filter((tool) => !isFirst(tool));
  const out = (tool: ToolDeclaration): string | null => {
    if (!finds && tool.tier !== "built-in") return NOTHING_FINDS;
    return (later.length === 0 || !finds) && FINDERS.has(tool.name) ? NOTHING_TO_FIND : null;
  };
  for (const tool of usable) {
    const reason = out(tool);
    if (reason !== null) excluded.push({ name: tool.name, reason });
  }
  const left = usable.filter((tool) => out(tool) === null);
  return {
    offered: left.filter(isFirst),
    deferred: left.filter((tool) => !isFirst(tool)),
    excluded: excluded.sort(byName),
  };
}

/** Whether the type has it at all, whatever a run's circumstances are: the same answer for the pool and for the gate. */
export const isOfType = (type: PoolType, tool: ToolDeclaration): boolean => notOfType(type, tool) === null;

function notOfType({ name, tools, plugins = "none", pluginTools }: PoolType, tool: ToolDeclaration): string | null {
  if (tool.tier !== "plugin") return tools.includes(tool.name) ? null : `not a tool of ${name} agents`;
  if (plugins === "none") return `${name} agents use no tools of plugins`;
  if (plugins === "read-only" && tool.risk !== "read-only") {
    return `of plugins, ${name} agents use only tools that the operator vouches for as read-only`;
  }
  if (pluginTools !== undefined && !pluginTools.some((text) => pluginPattern(text)?.(tool.name) === true)) {
    return `${name} agents are narrowed to other tools of plugins`;
  }
  return null;
}

function reasonAgainst(
  tool: ToolDeclaration,
  { type, deniedTools, unavailable, circumstances }: PoolQuestion,
): string | null {
  const { name } = tool;
  const foreign = notOfType(type, tool);
  if (foreign !== null) return foreign;
  if (isTakenAway(deniedTools, name)) return "taken away for this run";
  return unavailable?.get(name) ?? neverBecause(tool, circumstances);
}

/** Where nothing finds the rest, every built-in tool is first-class. */
function firstIn({ firstClass }: PoolType, finds: boolean): (tool: ToolDeclaration) => boolean {
  return ({ name, tier }) => {
    if (ALWAYS_FIRST.has(name)) return true;
    if (firstClass === undefined || !finds) return tier === "built-in";
    return firstClass.includes(name);
  };
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;

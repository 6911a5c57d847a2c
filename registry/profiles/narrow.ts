/**
 * Which built-in type an agent file is made from, and what is left of its tools: never more than the type has. A file
 * that only looks is made from a type that can only look.
 */

/** A built-in agent type, as far as this has to know it. */
export interface BaseType {
  readonly name: string;
  readonly tools: readonly string[];
}

export interface Asked {
  /** Null: whatever the type has. */
  readonly tools: readonly string[] | null;
  readonly disallowed: readonly string[];
  /** It wants to change nothing, whatever its tools are. */
  readonly plans: boolean;
  /** Servers of plugins by name; null: it names none. */
  readonly servers: readonly string[] | null;
  /** It names skills that it works by. */
  readonly skilled: boolean;
}

export interface Narrowed {
  readonly base: string;
  readonly tools: readonly string[];
  /** Null: all that the base lets it find. */
  readonly pluginTools: readonly string[] | null;
  /** Tools that it names and nobody knows here. */
  readonly strange: readonly string[];
  /** Tools with a pattern: nothing here could hold it to that. */
  readonly patterns: readonly string[];
  /** Tools that exist, and its base has not. */
  readonly beyond: readonly string[];
}

/** How a task ends: whoever narrows an agent does not mean to take that. */
const END = "Report";
/** How the tools of plugins are found and called. */
const FINDERS = ["ToolSearch", "UseTool"];

/** @throws Error where `types` lacks the types that everything is made from. */
export function narrowed({ tools, disallowed, plans, servers, skilled }: Asked, types: readonly BaseType[]): Narrowed {
  const [general, explore] = [typeNamed(types, "general"), typeNamed(types, "explore")];
  const known = new Set(types.flatMap((type) => type.tools));
  const named = (tools ?? []).filter((name) => !name.startsWith("mcp__"));
  const patterns = named.filter((name) => name.includes("("));
  const whole = named.filter((name) => !name.includes("("));
  const wanted = tools === null || whole.includes("*") ? general.tools : whole;
  const taken = wanted.filter((name) => !isTaken(disallowed, name));
  const pluginTools = pluginsOf(tools, disallowed, servers);
  const looks = taken.filter((name) => general.tools.includes(name)).every((name) => explore.tools.includes(name));
  // Who names tools of plugins means to use them, and a type that only looks may use few of them.
  const onlyLooks = looks && tools !== null && pluginTools?.length === 0;
  const planner = types.find(({ name }) => name === "plan") ?? explore;
  const base = plans ? planner : onlyLooks ? explore : general;
  const withFinders = pluginTools === null || pluginTools.length > 0 ? FINDERS : [];
  const withSkills = skilled && !isTaken(disallowed, "Skill") ? ["Skill"] : [];
  const kept = new Set([...taken, END, ...withFinders, ...withSkills]);
  return {
    base: base.name,
    tools: base.tools.filter((name) => kept.has(name)).sort(),
    pluginTools,
    strange: whole.filter((name) => name !== "*" && !known.has(name)),
    patterns,
    beyond: tools === null ? [] : taken.filter((name) => known.has(name) && !base.tools.includes(name)),
  };
}

function typeNamed(types: readonly BaseType[], name: string): BaseType {
  const found = types.find((type) => type.name === name);
  if (found === undefined) throw new Error(`there is no agent type ${name} to make profiles from`);
  return found;
}

/** `Bash(rm:*)` takes all of Bash: a pattern that is not understood takes more, never less. */
const isTaken = (disallowed: readonly string[], name: string): boolean =>
  disallowed.some((one) => one === "*" || one === name || one.startsWith(`${name}(`));

/** Tools of plugins by name or server. Where some are taken away and none are named, none is the safe side. */
function pluginsOf(
  tools: readonly string[] | null,
  disallowed: readonly string[],
  servers: readonly string[] | null,
): readonly string[] | null {
  const named = (tools ?? []).filter((name) => name.startsWith("mcp__") && !name.includes("(")).map(asPattern);
  const ofServers = (servers ?? []).map((name) => `mcp__${name}__*`);
  const taken = disallowed.filter((name) => name.startsWith("mcp__") || name === "*");
  if (tools === null && servers === null) return taken.length === 0 ? null : [];
  const all = [...new Set([...named, ...ofServers])];
  return taken.length === 0 ? all : all.filter((one) => !taken.some((name) => overlaps(asPattern(name), one)));
}

/** `mcp__server` is all of that server. */
const asPattern = (name: string): string => (/^mcp__(?:(?!__)[\w.-])+$/.test(name) ? `${name}__*` : name);

/** Whether one can name something that the other names as well; in doubt it can. */
function overlaps(left: string, right: string): boolean {
  const [a, b] = [left.split("*")[0] ?? "", right.split("*")[0] ?? ""];
  return a.startsWith(b) || b.startsWith(a);
}

/**
 * What an actor may run, read off its chart: the states in which calls may be out carry it in their `meta`, all others
 * carry nothing. What no state of a chart names has no path in it, whatever a prompt, a rule or a person says.
 */
import type { AnyStateMachine } from "xstate";

/** `read-only`: those that the operator vouches for as such. */
export type PluginReach = "none" | "read-only" | "all";

export interface Rights {
  /** Built-in tools, by name. */
  readonly tools: readonly string[];
  readonly plugins: PluginReach;
}

export const NO_RIGHTS: Rights = { tools: [], plugins: "none" };

/** What is asked about: a tool by its declaration. */
export interface AskedTool {
  readonly name: string;
  readonly tier: "built-in" | "plugin" | "skill";
  readonly risk: "read-only" | "mutating" | "destructive";
}

/** What comes with a skill runs as the tool that it uses, so it is asked about like a built-in one. */
export function mayRun({ tools, plugins }: Rights, { name, tier, risk }: AskedTool): boolean {
  if (tier !== "plugin") return tools.includes(name);
  return plugins === "all" || (plugins === "read-only" && risk === "read-only");
}

type Node = AnyStateMachine["root"];

/** `path`: dotted, as `statePath` gives it. A state that the chart does not have carries nothing. */
export function rightsIn(machine: AnyStateMachine, path: string): Rights {
  let node: Node | undefined = machine.root;
  let found = rightsAt(node);
  for (const step of path.split(".")) {
    node = node?.states[step] as Node | undefined;
    found = rightsAt(node) ?? found;
  }
  return node === undefined ? NO_RIGHTS : (found ?? NO_RIGHTS);
}

/** What may run in any of its states. */
export function rightsOf(machine: AnyStateMachine): Rights {
  const all = nodesOf(machine.root).flatMap((node) => rightsAt(node) ?? []);
  return {
    tools: [...new Set(all.flatMap(({ tools }) => tools))],
    plugins: (["all", "read-only"] as const).find((reach) => all.some(({ plugins }) => plugins === reach)) ?? "none",
  };
}

const nodesOf = (node: Node): Node[] => [node, ...Object.values(node.states).flatMap((one) => nodesOf(one as Node))];

/** What the state itself says, and not what is around it; undefined where it says nothing. */
export function rightsAt(node: Node | undefined): Rights | undefined {
  const meta = node?.meta as Partial<Rights> | undefined;
  if (meta?.tools === undefined) return undefined;
  return { tools: meta.tools, plugins: meta.plugins ?? "none" };
}

/** Nobody gets what their agent type does not have, and whoever is made narrower is: by chart, by pool and by judge. */
import { type ChartState, chartOf } from "../../machines/chart.ts";
import { mayRun } from "../../machines/rights.ts";
import { isOfType } from "../../registry/pool.ts";
import type { ToolDeclaration } from "../../registry/tool.ts";
import type { AgentType } from "../types/define.ts";
import { type Finding, few, type Guarded, type GuardedAgent, type Law, OURS } from "./law.ts";
import { pluginCalls } from "./sample-input.ts";
import { type Circumstances, exampleCalls, openTrial, type Trial } from "./trial.ts";

/** These look, plan and check; that they could change something is a fault whatever they say of themselves. */
const LOOKERS: ReadonlySet<string> = new Set(["explore", "guide", "plan", "verify"]);
const REACH = ["none", "read-only", "all"] as const;

export const typesNarrow: Law = {
  law: "types-narrow",
  title: "no agent gets what its type or file leaves out",
  look(guarded, engine) {
    const trial = openTrial(guarded, engine);
    const { agents, capabilities } = guarded;
    const findings = agents.flatMap((agent) => [
      ...widened(agent, capabilities.all),
      ...changing(agent, capabilities.all),
      ...charted(agent),
      ...handed(agent, guarded, trial),
    ]);
    const files = agents.filter(({ base }) => base !== null).length;
    return {
      findings,
      reason: `${agents.length - files} types and ${files} agent files, ${capabilities.all.length} tools`,
    };
  },
};

const fixOf = ({ source }: GuardedAgent): string =>
  source === null ? OURS : `Do not use the agent file ${source} until this is mended; and please report it.`;

const wrong = (agent: GuardedAgent, what: string, why: string): Finding => ({ what, why, fix: fixOf(agent) });

/** A profile has what its base has, or less. */
function widened(agent: GuardedAgent, all: readonly ToolDeclaration[]): Finding[] {
  const { type, base } = agent;
  if (base === null) return [];
  const more = all.filter((tool) => isOfType(type, tool) && !isOfType(base, tool)).map(({ name }) => name);
  const rights = [...type.rights.tools].filter((tool) => !base.rights.tools.includes(tool));
  const reaches = REACH.indexOf(type.rights.plugins) > REACH.indexOf(base.rights.plugins);
  const limits = (Object.keys(base.limits) as (keyof AgentType["limits"])[]).filter(
    (limit) => (type.limits[limit] ?? 0) > (base.limits[limit] ?? 0),
  );
  const gained = [...more, ...rights, ...(reaches ? ["plugin tools"] : []), ...limits];
  if (gained.length === 0) return [];
  return [wrong(agent, `${type.name} has more than ${base.name}: ${few(gained)}`, "an agent file may only take away")];
}

/** Who is to change nothing has no tool that could, in any state. */
function changing(agent: GuardedAgent, all: readonly ToolDeclaration[]): Finding[] {
  const { type, base } = agent;
  if (type.acts && !LOOKERS.has(type.name) && !LOOKERS.has(base?.name ?? "")) return [];
  const able = all.filter((tool) => tool.risk !== "read-only" && (mayRun(type.rights, tool) || isOfType(type, tool)));
  if (able.length === 0) return [];
  const what = `${type.name} is to change nothing and has ${few(able.map(({ name }) => name))}`;
  return [wrong(agent, what, "its chart or its list of tools names them")];
}

const statesOf = (state: ChartState): ChartState[] => [state, ...state.states.flatMap(statesOf)];

/** What a chart lets run in some state is what the type, or its base, says it has. */
function charted(agent: GuardedAgent): Finding[] {
  const { type, base } = agent;
  const declared = base ?? type;
  const charts = statesOf(chartOf(type.machine.machine).root);
  const extra = charts.flatMap(({ id, tools }) =>
    (tools ?? []).filter((tool) => !declared.tools.includes(tool)).map((tool) => `${tool} in ${id}`),
  );
  if (extra.length === 0) return [];
  return [wrong(agent, `the chart of ${type.name} lets run: ${few(extra)}`, "its type does not name them")];
}

/** Every tool that it lacks, by its own name and behind UseTool, with rules that allow whatever rules can allow. */
function handed(agent: GuardedAgent, guarded: Guarded, trial: Trial): Finding[] {
  const { type } = agent;
  const servers = guarded.plugins.map(({ server }) => `mcp__${server}`);
  const rules = { allow: ["Bash", "Edit", "Write", "WebFetch", ...servers], ask: [], deny: [] };
  const run: Circumstances = { mode: "edit", approve: "allow-safe", sandbox: "full", isolated: true, rules };
  const { tools, deferred } = trial.sessionOf(type, run);
  const offered = new Set([...tools.map(({ name }) => name), ...deferred]);
  const got = [
    ...exampleCalls(guarded).filter(({ tool }) => !tool.startsWith("mcp__")),
    ...pluginCalls(guarded),
  ].filter((call) => {
    const tool = guarded.capabilities.named(call.tool);
    if (tool === undefined || (isOfType(agent.base ?? type, tool) && isOfType(type, tool))) return false;
    if (call.tool === "UseTool") return offered.has(call.tool);
    return offered.has(call.tool) || trial.askBoth(type, call, run).some(({ decision }) => decision !== "deny");
  });
  if (got.length === 0) return [];
  return [
    wrong(agent, `${type.name} is given ${few(got.map(({ tool }) => tool))}`, "it lacks them, and was not refused"),
  ];
}

/** `swarm agents list|show`: who can work here, and the chart each lives by. Runs nothing. */
import { resolve } from "node:path";
import { readConfig } from "../../../infra/config.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { chartOf } from "../../../machines/chart.ts";
import { otherMachines } from "../../visualizer/drawn-machines.ts";
import { agentDocument, agentRow } from "../agents/agent-document.ts";
import { agentNamed, type KnownAgent, knownAgents } from "../agents/known-agents.ts";
import { printAgent, printAgents, printProblems } from "../agents/print-agents.ts";
import { printJson } from "../print.ts";

export async function act([action = "", name]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  if (action === "list" && name === undefined) return list(flags);
  if (action === "show" && name !== undefined) return show(name, flags);
  const asked =
    action === "show"
      ? "show which agent?"
      : `there is no \`swarm agents ${action}${name === undefined ? "" : ` ${name}`}\``;
  throw new SwarmError("usage.agents", asked, {
    exit: 2,
    hint: "swarm agents list, or swarm agents show <type>",
  });
}

async function list(flags: Record<string, unknown>): Promise<number> {
  const drawing = ["svg", "mermaid"].find((flag) => flags[flag] === true);
  if (drawing !== undefined) throw usage(`--${drawing} draws one agent`, `swarm agents show <type> --${drawing}`);
  const { agents, problems } = await known(flags);
  const rows = agents.map(agentRow);
  const machines = otherMachines.map((one) =>
    agentRow({ ...one, kind: "machine", base: null, source: null, type: null }),
  );
  if (flags.json === true) printJson({ v: 1, agents: rows, machines, problems });
  else printAgents(rows, machines);
  printProblems(problems);
  return 0;
}

async function show(name: string, flags: Record<string, unknown>): Promise<number> {
  const forms = ["svg", "mermaid", "json"].filter((flag) => flags[flag] === true);
  if (forms.length > 1) throw usage(`--${forms.join(" and --")} exclude each other`, "Choose one of them.");
  const all = await known(flags);
  const agent = agentNamed(name, all);
  // Of its own file only: the others are told by `list`.
  printProblems(all.problems.filter(({ path }) => path === agent.source));
  if (flags.svg === true) process.stdout.write(await drawn(agent));
  else if (flags.mermaid === true) process.stdout.write(await inMermaid(agent));
  else if (flags.json === true) printJson(agentDocument(agent));
  else printAgent(agentDocument(agent));
  return 0;
}

const usage = (message: string, hint: string): SwarmError => new SwarmError("usage.flag", message, { exit: 2, hint });

async function known({ workspace }: Record<string, unknown>): ReturnType<typeof knownAgents> {
  const folder = resolve(String(workspace ?? "."));
  return knownAgents(await readConfig(), folder);
}

/** The layout is 1.6 MB of code: it is loaded for those who ask for a picture. */
async function drawn({ machine }: KnownAgent): Promise<string> {
  const [{ layOut }, { chartSvg }] = await Promise.all([
    import("../../visualizer/lay-out.ts"),
    import("../../visualizer/chart-svg.ts"),
  ]);
  return chartSvg(await layOut(chartOf(machine.machine)));
}

async function inMermaid({ machine }: KnownAgent): Promise<string> {
  const { chartMermaid } = await import("../../visualizer/chart-mermaid.ts");
  return chartMermaid(chartOf(machine.machine));
}

/** The pictures in `docs/charts`: what each of them has to be, from the machines as they are. */
import { fileURLToPath } from "node:url";
import { chartMermaid } from "../../apps/visualizer/chart-mermaid.ts";
import { chartSvg } from "../../apps/visualizer/chart-svg.ts";
import { drawnMachines } from "../../apps/visualizer/drawn-machines.ts";
import { layOut } from "../../apps/visualizer/lay-out.ts";
import { chartOf } from "../../machines/chart.ts";

export const CHARTS = fileURLToPath(new URL("../../docs/charts", import.meta.url));

/** File name → content: a picture and a Mermaid diagram of every machine, and the page that shows them. */
export const chartFiles = (): Promise<ReadonlyMap<string, string>> => {
  drawn ??= draw();
  return drawn;
};

/** Drawing all of them takes seconds: once per process. */
let drawn: Promise<ReadonlyMap<string, string>> | undefined;

async function draw(): Promise<ReadonlyMap<string, string>> {
  const files = new Map([["README.md", page()]]);
  for (const { name, machine } of drawnMachines) {
    const chart = chartOf(machine.machine);
    files.set(`${name}.svg`, chartSvg(await layOut(chart)));
    files.set(`${name}.mmd`, chartMermaid(chart));
  }
  return files;
}

function page(): string {
  const parts = drawnMachines.map(
    ({ name, summary, machine }) =>
      `## ${name}\n\n${summary} Version ${machine.machine.version}; as [Mermaid](${name}.mmd).\n\n![Statechart of ${name}](${name}.svg)\n`,
  );
  return `# Statecharts\n\n${HEAD}\n\n${parts.join("\n")}`;
}

const HEAD = [
  "Every machine of the swarm, drawn by `npm run charts` from the states that are folded. What is drawn is all that a",
  "machine can do: a transition that is not here does not exist. `swarm agents show <name> --svg` writes the same picture.",
].join("\n");

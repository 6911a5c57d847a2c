/** Agents for people: a table of all, or one in full. */
import type { ChartState } from "../../../machines/chart.ts";
import { type FileProblem, problemLine } from "../../../registry/file-problem.ts";
import { harmless, printTable } from "../print.ts";
import { printable, wrap } from "../progress/printable.ts";
import type { AgentDocument, AgentRow } from "./agent-document.ts";

const WIDTH = 100;
const LABEL = 12;

export function printAgents(rows: readonly AgentRow[], machines: readonly AgentRow[]): void {
  printTable(
    ["AGENT", "KIND", "MODEL", "TURNS", "CHANGES", "TOOLS", "SUMMARY"],
    rows.map((row) => [
      row.name,
      row.base === null ? row.kind : `${row.kind} of ${row.base}`,
      row.limits === null ? "none" : (row.modelTier ?? "the run's"),
      row.limits === null ? "-" : String(row.limits.turnsMax),
      row.mayChange ? "what rules allow" : "nothing",
      toolCount(row),
      row.summary,
    ]),
    "no agents",
  );
  const names = machines.map(({ name }) => name).join(", ");
  process.stdout.write(
    `\n\`swarm agents show <agent>\` tells all of one, --svg draws its machine. Also drawn: ${names}\n`,
  );
}

const toolCount = ({ tools, firstClass, plugins }: AgentRow): string => {
  const found = tools.length - firstClass.length;
  const parts = [String(firstClass.length), ...(found === 0 ? [] : [`${found} found`])];
  return plugins === "none" ? parts.join(" + ") : `${parts.join(" + ")} + plugins`;
};

/** On stderr, whatever else is asked for: a file that is passed over in silence is looked for a long time. */
export function printProblems(problems: readonly FileProblem[]): void {
  const dropped = problems.filter(({ weight }) => weight === "dropped");
  for (const problem of problems) {
    const what = problem.weight === "dropped" ? "not loaded" : "has no effect";
    process.stderr.write(`swarm: ${what}: ${printable(problemLine(problem))}\n`);
  }
  if (dropped.length > 0)
    process.stderr.write(`swarm: ${dropped.length} of the agent files that were found cannot be used\n`);
}

export function printAgent(agent: AgentDocument): void {
  const { limits, source, base } = agent;
  process.stdout.write(`${harmless(agent.name)}\n`);
  for (const line of wrap(printable(agent.summary), WIDTH)) process.stdout.write(`${line}\n`);
  process.stdout.write("\n");
  if (base !== null) row("base", `${base}: its machine and queue, and never more than its rights`);
  if (source !== null) row("file", source);
  if (limits !== null) {
    const { turnsMax, parallelMax, attemptsMax, remindersMax, rejectionsMax } = limits;
    row(
      "model",
      agent.modelTier === null ? "the run's" : `${agent.modelTier} (\`models.${agent.modelTier}\` says which)`,
    );
    row(
      "limits",
      `${turnsMax} turns; ${attemptsMax} attempts at a model call; ${parallelMax} reading calls at once; ${remindersMax} reminders to report; ${rejectionsMax} rejected reports`,
    );
    row(
      "changes",
      agent.mayChange ? "what rules, approvals and the mode of its run allow" : "nothing: no tool of its chart can",
    );
    row("in prompt", agent.firstClass.join(" "));
    const found = agent.tools.filter((tool) => !agent.firstClass.includes(tool));
    row("can find", `${found.join(" ") || "nothing else built in"}${PLUGINS[agent.plugins]}`);
    row(
      "reports",
      agent.contract === null
        ? "what its task asks for, else a summary"
        : `what its task asks for, else ${JSON.stringify(agent.contract)}`,
    );
  }
  row("machine", agent.machine);
  row("states", statesIn(agent.chart.root));
  if (agent.prompt === null) return;
  process.stdout.write("\nprompt\n");
  for (const line of agent.prompt.split("\n"))
    for (const part of wrap(printable(line), WIDTH - 2)) process.stdout.write(`  ${part}`.trimEnd().concat("\n"));
}

const PLUGINS = {
  none: "; no tools of plugins",
  "read-only": "; tools of plugins that the configuration vouches for as read-only",
  all: "; approved tools of plugins",
} as const;

function row(label: string, text: string): void {
  const [first = "", ...rest] = wrap(printable(text), WIDTH - LABEL);
  process.stdout.write(
    `${label.padEnd(LABEL)}${first}\n${rest.map((line) => `${" ".repeat(LABEL)}${line}\n`).join("")}`,
  );
}

/** Inner states in brackets behind the one that they are in. */
const statesIn = ({ states }: ChartState): string =>
  states.map((state) => (state.states.length === 0 ? state.name : `${state.name} (${statesIn(state)})`)).join(" ");

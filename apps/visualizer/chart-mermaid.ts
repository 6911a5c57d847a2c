/**
 * Writes a chart as a Mermaid state diagram, for places that draw those. Less than the picture: Mermaid has one kind of
 * line, so what the kinds of transitions are is said in words.
 */
import type { Chart, ChartAction, ChartEdge, ChartState } from "../../machines/chart.ts";

export function chartMermaid(chart: Chart): string {
  const names = namesOf(chart);
  const lines = [
    "---",
    `title: ${plain(`${chart.machine}, version ${chart.version}`)}`,
    "---",
    "stateDiagram-v2",
    ...inside(chart.root, chart, names, "  "),
    ...chart.edges.flatMap((edge) => arrows(edge, chart, names)),
    ...statesUnder(chart.root).flatMap(({ id, kind }) => (kind === "final" ? [`  ${names.get(id)} --> [*]`] : [])),
  ];
  return `${lines.join("\n")}\n`;
}

const statesUnder = (state: ChartState): ChartState[] => [state, ...state.states.flatMap(statesUnder)];

/** Mermaid's own names: letters, digits and underscores, no two alike, and none of its keywords. */
function namesOf({ root }: Chart): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const give = (state: ChartState, before: string): void => {
    let name = `${before}${state.name}`.replace(/[^A-Za-z0-9]/g, "_");
    if (KEYWORDS.has(name.toLowerCase())) name = `${name}_`;
    while (taken.has(name)) name = `${name}_`;
    taken.add(name);
    names.set(state.id, name);
    for (const child of state.states) give(child, state === root ? "" : `${name}_`);
  };
  give(root, "");
  return names;
}

const KEYWORDS = new Set(["state", "note", "end", "direction", "class", "classdef", "style", "click", "title", "hide"]);

/** What means something to Mermaid, or to the page it is on, becomes something that looks like it. */
const plain = (text: string): string =>
  text
    .replace(/[\r\n\t]+/g, " ")
    .replaceAll(";", ",")
    .replaceAll(":", "\u2236")
    .replaceAll("#", "\uff03")
    .replaceAll('"', "\u2033")
    .replaceAll("<", "\u2039")
    .replaceAll(">", "\u203a")
    .replaceAll("%%", "% %");

const anywhere = (name: string | undefined): string => `${name}_anywhere`;

function inside(state: ChartState, chart: Chart, names: ReadonlyMap<string, string>, indent: string): string[] {
  const name = names.get(state.id);
  const lines: string[] = [];
  const own = chart.edges.filter(({ from }) => from === state.id);
  if (own.some((edge) => leadsInto(edge, chart)) || (state === chart.root && own.some(({ to }) => to.length === 0))) {
    lines.push(`${indent}state "from anywhere in here" as ${anywhere(name)}`);
    if (state === chart.root) lines.push(...sayings(state, own, anywhere(name), indent));
  }
  if (state.initial !== null) lines.push(`${indent}[*] --> ${names.get(state.initial)}`);
  return [...lines, ...state.states.flatMap((child) => stateLines(child, chart, names, indent))];
}

function stateLines(state: ChartState, chart: Chart, names: ReadonlyMap<string, string>, indent: string): string[] {
  const name = names.get(state.id) as string;
  const own = chart.edges.filter(({ from }) => from === state.id);
  const said = sayings(state, own, name, indent);
  if (state.states.length === 0) return [`${indent}state "${plain(state.name)}" as ${name}`, ...said];
  const note = said.map((line) => line.slice(line.indexOf(" : ") + 3));
  return [
    `${indent}state "${plain(state.name)}" as ${name} {`,
    ...inside(state, chart, names, `${indent}  `),
    `${indent}}`,
    ...(note.length === 0
      ? []
      : [`${indent}note right of ${name}`, ...note.map((line) => `${indent}  ${line}`), `${indent}end note`]),
  ];
}

/** What stands in the box under its name. */
function sayings(state: ChartState, own: readonly ChartEdge[], name: string, indent: string): string[] {
  const texts = [
    ...(state.description === null ? [] : [state.description]),
    ...state.entry.map((action) => `entry ${action.name}`),
    ...state.exit.map((action) => `exit ${action.name}`),
    ...state.invokes.map((source) => `invoke ${source}`),
    ...own.filter(({ to }) => to.length === 0).map(label),
    ...(state.tools === null || state.tools.length === 0 ? [] : [`tools ${state.tools.join(", ")}`]),
    ...(state.plugins === null || state.plugins === "none" ? [] : [`plugins ${state.plugins}`]),
  ];
  return texts.map((text) => `${indent}${name} : ${plain(text)}`);
}

function arrows(edge: ChartEdge, chart: Chart, names: ReadonlyMap<string, string>): string[] {
  const from = names.get(edge.from);
  const source = leadsInto(edge, chart) ? anywhere(from) : from;
  return edge.to.map((to) => `  ${source} --> ${names.get(to)} : ${plain(label(edge))}`);
}

/** Mermaid breaks where a state leads to one that lies in it. */
function leadsInto({ from, to }: ChartEdge, { root }: Chart): boolean {
  const source = statesUnder(root).find(({ id }) => id === from);
  return source !== undefined && statesUnder(source).some(({ id }) => id !== from && to.includes(id));
}

function label({ cause, label: event, guard, actions, order }: ChartEdge): string {
  const waits = { event, timer: `after ${event}`, done: event, always: "always" }[cause];
  const asks = guard === null ? (order !== null && order > 1 ? " else" : "") : ` [${guard}]`;
  return `${waits}${asks}${actions.length === 0 ? "" : ` / ${actions.map(({ name }: ChartAction) => name).join(", ")}`}`;
}

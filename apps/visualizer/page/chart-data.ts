/** Which parts of a chart are lit: the states an actor is in, and the transitions that its last step took. Pure. */
import type { Chart, ChartEdge, ChartState } from "../../../machines/chart.ts";

/** Ids of the states of a path as the events tell it (`supervising.watching`, regions by `+`), outer ones included. */
export function statesOn(path: string, { root }: Chart): ReadonlySet<string> {
  const found = new Set<string>();
  if (path === "") return found;
  for (const region of path.split("+")) {
    // Regions after the first are told from where they part: their beginning is looked for anywhere in the chart.
    const names = region.split(".");
    const start = statesUnder(root).find((state) => state.states.some(({ name }) => name === names[0]));
    let state: ChartState | undefined = root.states.some(({ name }) => name === names[0]) ? root : start;
    for (const name of names) {
      state = state?.states.find((child) => child.name === name);
      if (state === undefined) break;
      found.add(state.id);
    }
  }
  return found;
}

const statesUnder = (state: ChartState): ChartState[] => [state, ...state.states.flatMap(statesUnder)];

export const edgeNamed = (chart: Chart, id: string): ChartEdge | undefined =>
  chart.edges.find((edge) => edge.id === id);

/** What the edge waits for, in words. */
export function causeWords({ cause, label }: ChartEdge): string {
  if (cause === "always") return "at once, whenever its guard holds";
  if (cause === "timer") return `after ${label}${/^\d+$/.test(label) ? " ms" : ""}`;
  if (cause === "done") return `when what is inside is ${label}`;
  return `event ${label}`;
}

/** Key of the line that an edge is drawn on: edges of one kind between two states share one. */
export const wireKey = (of: { readonly from: string; readonly to: string; readonly cause: string }): string =>
  `${of.from} ${of.to} ${of.cause}`;

export const wiresOf = (edge: ChartEdge): string[] =>
  edge.to.map((to) => wireKey({ from: edge.from, to, cause: edge.cause }));

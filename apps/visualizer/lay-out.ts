/**
 * Gives everything in a chart its place, by ELK. Takes some 100 ms to a second and 1.6 MB of code, so: import it only
 * where a chart is drawn, and lay out once per machine.
 */
import elk, { type ElkExtendedEdge, type ElkNode, type ElkShape } from "elkjs/lib/elk.bundled.js";
import type { Chart, ChartEdge, ChartState } from "../../machines/chart.ts";
import type { BoxKind, Place, Scene, SceneBox, SceneEdge } from "./chart-scene.ts";
import { anywhereText, boxText, type Content, labelText, START_SIZE } from "./chart-text.ts";

const CANVAS_OPTIONS: Readonly<Record<string, string>> = {
  "elk.algorithm": "layered",
  "elk.direction": "DOWN",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.json.shapeCoords": "ROOT",
  "elk.json.edgeCoords": "ROOT",
  "elk.randomSeed": "1",
  "elk.padding": "[top=0,left=0,bottom=0,right=0]",
};

const GROUP_OPTIONS: Readonly<Record<string, string>> = {
  "elk.spacing.nodeNode": "36",
  "elk.spacing.edgeNode": "18",
  "elk.spacing.edgeEdge": "14",
  "elk.spacing.edgeLabel": "6",
  "elk.layered.nodePlacement.strategy": "LINEAR_SEGMENTS",
  "elk.layered.thoroughness": "20",
  "elk.layered.spacing.nodeNodeBetweenLayers": "30",
  "elk.layered.spacing.edgeNodeBetweenLayers": "16",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "12",
};

interface Wire {
  readonly id: string;
  readonly edge: Omit<SceneEdge, "points" | "label">;
  readonly label: ReturnType<typeof labelText>;
  readonly source: string;
  readonly target: string;
  readonly forward: boolean;
}

interface Box {
  readonly state: string;
  readonly kind: BoxKind;
  readonly content: Content;
}

/** Deterministic. `place`: where ELK runs. Throws what ELK throws where it cannot place a chart. */
export async function layOut(chart: Chart, place: (graph: ElkNode) => Promise<ElkNode> = placedHere): Promise<Scene> {
  const plan = planOf(chart);
  const placed = await place({
    id: "canvas",
    layoutOptions: { ...CANVAS_OPTIONS },
    children: [plan.root],
    edges: plan.wires.map(elkEdge),
  });
  return sceneOf(placed, chart, plan);
}

/** For a command, which has nothing else to do meanwhile. */
const placedHere = (graph: ElkNode): Promise<ElkNode> => new elk.default().layout(graph);

interface Plan {
  readonly root: ElkNode;
  /** By the id of its node, outer before inner. */
  readonly boxes: ReadonlyMap<string, Box>;
  readonly wires: readonly Wire[];
}

function planOf(chart: Chart): Plan {
  const boxes = new Map<string, Box>();
  const wires: Wire[] = [];
  const states = statesUnder(chart.root);
  const orderOf = new Map(states.map(({ id }, index) => [id, index]));
  const leaving = chart.edges.filter(({ to }) => to.length > 0);
  const groups = new Map<string, ChartEdge[]>();
  for (const edge of leaving) {
    for (const to of edge.to) {
      const key = JSON.stringify([edge.from, to, edge.cause]);
      groups.set(key, [...(groups.get(key) ?? []), edge]);
    }
  }
  for (const [key, edges] of groups) {
    const [from, to, cause] = JSON.parse(key) as [string, string, ChartEdge["cause"]];
    wires.push({
      id: `wire${wires.length}`,
      edge: { cause, from, to },
      label: labelText(edges),
      source: isInside(to, from, chart.root) ? anywhere(from) : from,
      target: to,
      forward: (orderOf.get(from) ?? 0) < (orderOf.get(to) ?? 0),
    });
  }
  for (const { id, initial } of states) {
    if (initial === null) continue;
    const edge = { cause: "start", from: id, to: initial } as const;
    wires.push({ id: `wire${wires.length}`, edge, label: null, source: start(id), target: initial, forward: true });
  }
  const root = nodeOf(chart.root, chart, new Set(wires.map(({ source }) => source)), boxes);
  return { root, boxes, wires };
}

const start = (state: string): string => `start of ${state}`;
const anywhere = (state: string): string => `anywhere in ${state}`;

const statesUnder = (state: ChartState): ChartState[] => [state, ...state.states.flatMap(statesUnder)];

/** A line from a box to what lies in it would have to begin at the inside of its border: it begins in a box of its own. */
function isInside(inner: string, outer: string, root: ChartState): boolean {
  const found = statesUnder(root).find(({ id }) => id === outer);
  return found !== undefined && found.states.length > 0 && statesUnder(found).some(({ id }) => id === inner);
}

function nodeOf(state: ChartState, chart: Chart, sources: ReadonlySet<string>, boxes: Map<string, Box>): ElkNode {
  const own = chart.edges.filter(({ from }) => from === state.id);
  const staying = own.filter(({ to }) => to.length === 0);
  const content = boxText(state, staying, state === chart.root ? `version ${chart.version}` : "");
  boxes.set(state.id, { state: state.id, kind: kindOf(state, own, chart), content });
  if (state.states.length === 0) {
    const layoutOptions = state.kind === "final" ? { "elk.layered.layering.layerConstraint": "LAST" } : {};
    return { id: state.id, width: content.width, height: content.height, layoutOptions };
  }
  const children: ElkNode[] = [];
  if (state.initial !== null) {
    boxes.set(start(state.id), { state: state.id, kind: "start", content: NOTHING });
    children.push({ id: start(state.id), width: START_SIZE, height: START_SIZE });
  }
  if (sources.has(anywhere(state.id))) {
    const text = anywhereText();
    boxes.set(anywhere(state.id), { state: state.id, kind: "anywhere", content: text });
    children.push({ id: anywhere(state.id), width: text.width, height: text.height });
  }
  children.push(...state.states.map((child) => nodeOf(child, chart, sources, boxes)));
  return {
    id: state.id,
    children,
    layoutOptions: {
      ...GROUP_OPTIONS,
      "elk.padding": `[top=${content.height + 8},left=20,bottom=20,right=20]`,
      "elk.nodeSize.constraints": "MINIMUM_SIZE",
      "elk.nodeSize.minimum": `(${content.width},${content.height})`,
    },
  };
}

const NOTHING: Content = { width: START_SIZE, height: START_SIZE, lines: [], rows: [], rule: null, chips: [] };

function kindOf(state: ChartState, own: readonly ChartEdge[], chart: Chart): BoxKind {
  if (state === chart.root) return "frame";
  if (state.kind === "final") return "final";
  if (state.states.length > 0) return "group";
  return own.some(({ cause, guard }) => cause === "always" && guard === null) ? "passing" : "state";
}

/** What leads back is laid out the other way round, so that there are no circles left for ELK to break by its own taste. */
function elkEdge({ id, source, target, label, forward }: Wire): ElkExtendedEdge {
  return {
    id,
    sources: [forward ? source : target],
    targets: [forward ? target : source],
    labels:
      label === null
        ? []
        : [{ text: id, width: label.width, height: label.height, layoutOptions: { "elk.edgeLabels.inline": "true" } }],
  };
}

function sceneOf(placed: ElkNode, chart: Chart, { boxes, wires }: Plan): Scene {
  const nodes = new Map(nodesUnder(placed).map((node) => [node.id, node]));
  const drawn = new Map((placed.edges ?? []).map((edge) => [edge.id, edge]));
  return {
    width: Math.ceil(placed.width ?? 0),
    height: Math.ceil(placed.height ?? 0),
    boxes: [...boxes].map(([id, { state, kind, content }]): SceneBox => {
      const { lines, rows, rule, chips } = content;
      return { state, kind, ...placeOf(nodes.get(id)), lines, rows, rule, chips };
    }),
    edges: wires.map(({ id, edge, label, forward }): SceneEdge => {
      const { sections = [], labels = [] } = drawn.get(id) ?? {};
      const points = sections.flatMap(({ startPoint, bendPoints = [], endPoint }) => [
        startPoint,
        ...bendPoints,
        endPoint,
      ]);
      return {
        ...edge,
        points: (forward ? points : points.reverse()).map(({ x, y }) => ({ x: round(x), y: round(y) })),
        label: label === null ? null : { ...placeOf(labels[0]), rows: label.rows },
      };
    }),
    chart,
  };
}

const nodesUnder = (node: ElkNode): ElkNode[] => [node, ...(node.children ?? []).flatMap(nodesUnder)];

/** A tenth of a pixel is finer than anybody sees, and coarser than what could differ between two machines. */
const round = (pixels: number): number => Math.round(pixels * 10) / 10;

const placeOf = ({ x = 0, y = 0, width = 0, height = 0 }: ElkShape = {}): Place => ({
  x: round(x),
  y: round(y),
  width: round(width),
  height: round(height),
});

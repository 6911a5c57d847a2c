// Every machine's picture: complete, readable, safe to show, the same each time, and in docs/charts as it has to be.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Parser } from "htmlparser2";
import { beforeAll, describe, expect, test } from "vitest";
import { setup } from "xstate";
import { chartMermaid } from "../../../../apps/visualizer/chart-mermaid.ts";
import type { Place, Scene } from "../../../../apps/visualizer/chart-scene.ts";
import { chartSvg } from "../../../../apps/visualizer/chart-svg.ts";
import { FACES } from "../../../../apps/visualizer/chart-text.ts";
import { drawnMachines } from "../../../../apps/visualizer/drawn-machines.ts";
import { layOut } from "../../../../apps/visualizer/lay-out.ts";
import { textWidth } from "../../../../apps/visualizer/text-size.ts";
import { type Chart, type ChartState, chartOf } from "../../../../machines/chart.ts";
import { CHARTS, chartFiles } from "../../../support/chart-files.ts";

const statesIn = (state: ChartState): ChartState[] => [state, ...state.states.flatMap(statesIn)];

/** What an XML reader finds: attributes of elements, and text. Fails where an element is not closed. */
function read(svg: string): { elements: { name: string; attributes: Record<string, string> }[]; text: string } {
  const elements: { name: string; attributes: Record<string, string> }[] = [];
  const open: string[] = [];
  let text = "";
  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        open.push(name);
        elements.push({ name, attributes });
      },
      onclosetag: (name, implied) => {
        expect([open.pop(), implied && !svg.includes("/>")]).toEqual([name, false]);
      },
      ontext: (part) => {
        text += part;
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(svg);
  expect(open).toEqual([]);
  return { elements, text };
}

const overlap = (a: Place, b: Place): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const within = (inner: Place, outer: Place): boolean =>
  inner.x >= outer.x - 0.2 &&
  inner.y >= outer.y - 0.2 &&
  inner.x + inner.width <= outer.x + outer.width + 0.2 &&
  inner.y + inner.height <= outer.y + outer.height + 0.2;

/** Layout is heavy for a unit test: on a busy machine it takes seconds. */
const PATIENCE = { timeout: 60_000 };

describe("in docs/charts", PATIENCE, () => {
  test("each picture and diagram is that of the machine as it is now: else run `npm run charts`", async () => {
    const wanted = await chartFiles();
    expect(wanted.size).toBe(1 + 2 * drawnMachines.length);
    expect(existsSync(CHARTS) ? readdirSync(CHARTS).sort() : []).toEqual([...wanted.keys()].sort());
    const stale = [...wanted].filter(([name, content]) => readFileSync(join(CHARTS, name), "utf8") !== content);
    expect(stale.map(([name]) => name)).toEqual([]);
  });

  test("all of them are on one page, which the architecture leads to", async () => {
    const page = (await chartFiles()).get("README.md") ?? "";
    expect(drawnMachines.map(({ name }) => name).filter((name) => !page.includes(`](${name}.svg)`))).toEqual([]);
    expect(readFileSync(join(CHARTS, "../ARCHITECTURE.md"), "utf8")).toContain("](charts/README.md)");
  });

  test("every file of a machine is one that is drawn", () => {
    const machines = readdirSync(join(CHARTS, "../../machines")).filter((file) => file.endsWith("-machine.ts"));
    const drawn = new Set([...drawnMachines.map(({ name }) => name), "agent"]);
    expect(machines.length).toBeGreaterThan(2);
    expect(machines.filter((file) => !drawn.has(file.replace("-machine.ts", "")))).toEqual([]);
  });
});

describe.each(["explore", "coordinator", "breaker", "pin"])("the picture of %s", PATIENCE, (wanted) => {
  let chart: Chart;
  let scene: Scene;
  let svg: string;
  beforeAll(async () => {
    const drawn = drawnMachines.find(({ name }) => name === wanted);
    if (drawn === undefined) throw new Error(`no machine ${wanted}`);
    chart = chartOf(drawn.machine.machine);
    scene = await layOut(chart);
    svg = chartSvg(scene);
  }, PATIENCE.timeout);

  test("has each state and each transition in it, once", () => {
    const { elements } = read(svg);
    const valuesOf = (name: string) => elements.flatMap(({ attributes }) => attributes[name] ?? []).sort();
    const labelled = chart.edges.filter(
      ({ to, cause, guard, actions }) => to.length === 0 || cause !== "always" || guard !== null || actions.length > 0,
    );
    expect(valuesOf("data-state")).toEqual(
      statesIn(chart.root)
        .map(({ id }) => id)
        .sort(),
    );
    expect(valuesOf("data-edge")).toEqual(expect.arrayContaining(labelled.map(({ id }) => id)));
    expect(new Set(valuesOf("data-edge")).size).toBe(valuesOf("data-edge").length);
  });

  test("no label hides a state or another label, and no two states lie on each other", () => {
    const leaves = scene.boxes.filter(({ kind }) => kind !== "frame" && kind !== "group");
    const all: { name: string; place: Place }[] = [
      ...leaves.map((box) => ({ name: `${box.kind} ${box.state}`, place: box })),
      ...scene.edges.flatMap(({ label, from, to }) =>
        label === null ? [] : [{ name: `${from} to ${to}`, place: label }],
      ),
    ];
    expect(all.length).toBeGreaterThan(6);
    const hidden = all.flatMap((one, index) =>
      all
        .slice(index + 1)
        .flatMap((other) => (overlap(one.place, other.place) ? [`${one.name} and ${other.name}`] : [])),
    );
    expect(hidden).toEqual([]);
  });

  test("every state lies in the box of its parent, and every line of text in its own box", () => {
    const boxOf = (id: string) =>
      scene.boxes.find(({ state, kind }) => state === id && kind !== "start" && kind !== "anywhere");
    const outside = statesIn(chart.root).flatMap((state) =>
      state.states.filter((child) => {
        const [inner, outer] = [boxOf(child.id), boxOf(state.id)];
        return inner === undefined || outer === undefined || !within(inner, outer);
      }),
    );
    expect(outside).toEqual([]);
    const holders = [
      ...scene.boxes,
      ...scene.edges.flatMap(({ label }) => (label === null ? [] : [{ lines: [], ...label }])),
    ];
    const spilled = holders.flatMap(({ width, height, lines, rows }) =>
      [...lines, ...rows.flatMap((row) => row.lines)].filter(
        ({ y, spans }) => y > height || spans.some(({ x, text, tone }) => x + textWidth(text, FACES[tone]) > width),
      ),
    );
    expect(spilled).toEqual([]);
  });

  test("every line begins at its source and ends at its target", () => {
    const touches = ({ x, y }: { x: number; y: number }, id: string): boolean =>
      scene.boxes.some((box) => box.state === id && within({ x, y, width: 0, height: 0 }, box));
    const loose = scene.edges.filter(({ points, from, to }) => {
      const [first, last] = [points[0], points.at(-1)];
      return first === undefined || last === undefined || !touches(first, from) || !touches(last, to);
    });
    expect(loose).toEqual([]);
  });

  test("no line runs through a state that it does not belong to, or under another line's label", () => {
    const inner = (place: Place): Place => ({
      x: place.x + 1,
      y: place.y + 1,
      width: place.width - 2,
      height: place.height - 2,
    });
    const crossed = scene.edges.flatMap((edge) => {
      const segments = edge.points.slice(1).map((to, index): Place => {
        const from = edge.points[index] ?? to;
        const [x, y] = [Math.min(from.x, to.x), Math.min(from.y, to.y)];
        return { x, y, width: Math.abs(to.x - from.x) || 0.1, height: Math.abs(to.y - from.y) || 0.1 };
      });
      const obstacles = [
        ...scene.boxes.filter(
          ({ kind, state }) => !["frame", "group"].includes(kind) && ![edge.from, edge.to].includes(state),
        ),
        ...scene.edges.flatMap((other) => (other === edge || other.label === null ? [] : [other.label])),
      ];
      return segments.flatMap((segment) =>
        obstacles.filter((place) => overlap(segment, inner(place))).map(() => `${edge.from} to ${edge.to}`),
      );
    });
    expect(scene.edges.length).toBeGreaterThan(4);
    expect(crossed).toEqual([]);
  });

  test("is the same when it is laid out again", async () => {
    expect(chartSvg(await layOut(chart))).toBe(svg);
  });
});

const HOSTILE = `<script>alert("1")</script> & ' \u0000 \u202e ]]>`;

const hostile = setup({
  types: {} as { events: { type: "a<b>&" } },
  guards: { "g<&>": () => true },
  actions: { 'x"</text><script>': () => {} },
}).createMachine({
  id: "m",
  initial: "one",
  states: {
    one: { description: HOSTILE, on: { "a<b>&": { guard: "g<&>", target: "end", actions: 'x"</text><script>' } } },
    end: { type: "final", description: "classDef x; end note : } --> [*]\n  evil --> evil" },
  },
});

describe("text from a machine", () => {
  test("stays text in the picture", async () => {
    const svg = chartSvg(await layOut(chartOf(hostile)));
    const { elements, text } = read(svg);
    expect([...new Set(elements.map(({ name }) => name))].sort()).toEqual(
      ["circle", "g", "path", "rect", "style", "svg", "text", "title"].sort(),
    );
    expect(text).toContain("<script>");
    expect(text).toContain("a<b>&");
    expect(svg).not.toContain("\u0000");
    expect(elements.some(({ attributes }) => attributes["data-edge"] === "m.one|a<b>&|0")).toBe(true);
  });

  test("stays text in the diagram: one arrow to a transition, and no line of its own", () => {
    const diagram = chartMermaid(chartOf(hostile));
    expect(diagram.split("\n").filter((line) => line.includes("-->"))).toEqual([
      "  [*] --> one",
      "  one --> end_ : a‹b›& [g‹&›] / x″‹/text›‹script›",
      "  end_ --> [*]",
    ]);
    expect(diagram.split("\n").filter((line) => line.startsWith("  end_ :"))).toHaveLength(1);
  });
});

describe.each(drawnMachines.map(({ name, machine }) => [name, chartOf(machine.machine)] as const))(
  "the diagram of %s",
  (_, chart) => {
    test("has an arrow for each transition that leads somewhere, between states that it names", () => {
      const lines = chartMermaid(chart).split("\n");
      const arrows = lines.flatMap((line) => /^ {2}(\w+) --> (\w+) : /.exec(line) ?? []);
      const named = new Set(lines.flatMap((line) => / as (\w+)/.exec(line)?.[1] ?? []));
      expect(arrows.length / 3).toBe(chart.edges.flatMap(({ to }) => to).length);
      expect(arrows.filter((_one, index) => index % 3 !== 0 && !named.has(arrows[index] as string))).toEqual([]);
    });
  },
);

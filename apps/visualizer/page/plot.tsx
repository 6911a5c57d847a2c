/** One plot, by uPlot, which is loaded when the first plot is looked at. */
import { useEffect, useRef, useState } from "preact/hooks";
import type uPlotType from "uplot";
import type { Series } from "./series.ts";

export interface PlotProps {
  readonly title: string;
  readonly series: Series;
  /** Lines whose values stand on the other axis. */
  readonly right?: readonly string[];
  /** Each line holds those before it: it is filled down to them. */
  readonly stacked?: boolean;
  /** Seconds since 1970 where the cursor of the page stands; null: live. */
  readonly at: number | null;
  readonly unit?: string;
}

const HEIGHT = 160;

export function Plot({ title, series, right = [], stacked = false, at, unit = "" }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlotType | null>(null);
  const mark = useRef<number | null>(at);
  const [problem, setProblem] = useState("");
  mark.current = at;
  const names = series.lines.map(({ name }) => name).join();
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    let gone = false;
    let watcher: ResizeObserver | undefined;
    import("uplot").then(
      ({ default: UPlot }) => {
        if (gone) return;
        const options = optionsFor(element, series, { right, stacked, mark, unit });
        plot.current = new UPlot(options, dataOf(series), element);
        watcher = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
        watcher.observe(element);
      },
      (cause: Error) => setProblem(cause.message),
    );
    return () => {
      gone = true;
      watcher?.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [names]);
  useEffect(() => {
    plot.current?.setData(dataOf(series));
  }, [series, at]);
  const last = series.lines.map(({ name, values }) => `${name} ${round(values.at(-1) ?? null)}${unit}`).join(", ");
  return (
    <figure class="plot">
      <figcaption>
        {title} <span class="quiet">{last}</span>
      </figcaption>
      <div ref={box} role="img" aria-label={`${title}: ${last === "" ? "nothing yet" : `at the end ${last}`}`} />
      {problem !== "" && <p class="warn">The plot could not be loaded: {problem}</p>}
    </figure>
  );
}

const round = (value: number | null): string => (value === null ? "–" : String(Math.round(value * 10_000) / 10_000));

function dataOf({ times, lines }: Series): uPlotType.AlignedData {
  return [[...times], ...lines.map(({ values }) => [...values])];
}

interface Look {
  readonly right: readonly string[];
  readonly stacked: boolean;
  readonly mark: { readonly current: number | null };
  readonly unit: string;
}

function optionsFor(element: HTMLElement, { lines }: Series, { right, stacked, mark, unit }: Look): uPlotType.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const font = `11px ${style.fontFamily}`;
  const axis = {
    stroke: colour("--quiet"),
    font,
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  const hasRight = right.length > 0;
  return {
    width: Math.max(200, element.clientWidth),
    height: HEIGHT,
    legend: { show: true, live: true },
    cursor: { y: false },
    scales: { x: { time: true }, y: { range: fromZero }, ...(hasRight ? { right: { range: fromZero } } : {}) },
    axes: [
      { ...axis, size: 40 },
      { ...axis, size: 52, values: (_, ticks) => ticks.map((tick) => `${tick}${unit}`) },
      ...(hasRight ? [{ ...axis, side: 1 as const, scale: "right", size: 46, grid: { show: false } }] : []),
    ],
    series: [
      {},
      ...lines.map(({ name }, index) => ({
        label: name,
        scale: right.includes(name) ? "right" : "y",
        stroke: colour(`--plot-${(index % 6) + 1}`),
        width: 1.5,
        points: { show: false },
        ...(stacked ? { fill: `${colour(`--plot-${(index % 6) + 1}`)}33` } : {}),
      })),
    ],
    hooks: { draw: [(drawn) => drawMark(drawn, mark.current, colour("--accent"))] },
  };
}

const fromZero = (_: uPlotType, _min: number, max: number): [number, number] => [0, max > 0 ? max * 1.08 : 1];

function drawMark(plot: uPlotType, at: number | null, colour: string): void {
  if (at === null) return;
  const x = plot.valToPos(at, "x", true);
  plot.ctx.fillStyle = colour;
  plot.ctx.fillRect(Math.round(x) - 1, plot.bbox.top, 2, plot.bbox.height);
}

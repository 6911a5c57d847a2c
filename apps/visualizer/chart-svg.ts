/**
 * Writes a scene as SVG: one self-contained file that is readable as it is, light and dark, with nothing to run and
 * nothing to load. States and transitions carry their ids (`data-state`, `data-edge`), so that a page can light them.
 */
import { chartStyle } from "./chart-colours.ts";
import { legend } from "./chart-legend.ts";
import { pathOf, tipOf } from "./chart-line.ts";
import type { Line, Place, Row, Scene, SceneBox, SceneEdge } from "./chart-scene.ts";

const MARGIN = 16;

/** Plain text of an XML 1.0 document: what cannot stand in one becomes U+FFFD. */
const escaped = (text: string): string =>
  text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");

export function chartSvg(scene: Scene): string {
  const key = legend(scene);
  const width = Math.max(scene.width, key.width) + 2 * MARGIN;
  const height = scene.height + key.height + 2 * MARGIN;
  const title = `Statechart of ${scene.chart.machine}, version ${scene.chart.version}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${escaped(title)}</title>`,
    `<style>\n${chartStyle()}\n</style>`,
    `<g transform="translate(${MARGIN} ${MARGIN})">`,
    ...scene.boxes.map((box) => boxSvg(box)),
    ...scene.edges.map(wireSvg),
    ...scene.edges.map(labelSvg),
    `<g transform="translate(0 ${scene.height})">${key.svg}</g>`,
    `</g>`,
    `</svg>`,
    "",
  ]
    .filter((line) => line !== "")
    .concat("")
    .join("\n");
}

const at = ({ x, y }: { readonly x: number; readonly y: number }): string => `translate(${x} ${y})`;

const rect = (name: string, { x, y, width, height }: Place, radius: number): string =>
  `<rect class="${name}" x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}"/>`;

function boxSvg(box: SceneBox): string {
  const own = { x: 0, y: 0, width: box.width, height: box.height };
  const inside =
    box.kind === "start"
      ? `<circle class="dot" cx="${box.width / 2}" cy="${box.height / 2}" r="${box.width / 2}"/>`
      : [
          rect(box.kind, own, { frame: 14, group: 12, anywhere: box.height / 2 }[box.kind as string] ?? 9),
          box.kind === "final" ? rect("inner", shrunk(own, 3.5), 6) : "",
          box.rule === null ? "" : `<path class="rule" d="M0.6 ${box.rule}H${box.width - 0.6}"/>`,
          ...box.lines.map(lineSvg),
          ...box.rows.map((row) => `<g class="row event" data-edge="${escaped(row.edge)}">${rowSvg(row)}</g>`),
          ...box.chips.map((chip) => rect("chip", chip, 5) + toolSvg(chip)),
        ].join("");
  const names = box.kind === "start" || box.kind === "anywhere" ? "" : ` data-state="${escaped(box.state)}"`;
  return `<g${names} transform="${at(box)}">${inside}</g>`;
}

const shrunk = ({ x, y, width, height }: Place, by: number): Place => ({
  x: x + by,
  y: y + by,
  width: width - 2 * by,
  height: height - 2 * by,
});

const toolSvg = ({ x, y, width, text }: Place & { readonly text: string }): string =>
  `<text class="tool" x="${tenth(x + width / 2)}" y="${tenth(y + 12)}">${escaped(text)}</text>`;

const tenth = (value: number): number => Math.round(value * 10) / 10;

const lineSvg = ({ y, spans }: Line): string =>
  spans
    .map(({ tone, text, x }) =>
      tone === "order"
        ? `<circle class="badge" cx="${tenth(x + 6)}" cy="${tenth(y - 4)}" r="6.5"/><text class="order" x="${tenth(x + 6)}" y="${tenth(y - 0.8)}">${escaped(text)}</text>`
        : `<text class="${tone}" x="${tenth(x)}" y="${tenth(y)}">${escaped(text)}</text>`,
    )
    .join("");

const rowSvg = ({ lines }: Row): string => lines.map(lineSvg).join("");

const marks = ({ cause, from, to }: SceneEdge): string =>
  `class="${cause}" data-from="${escaped(from)}" data-to="${escaped(to)}"`;

function wireSvg(edge: SceneEdge): string {
  return `<g ${marks(edge)}><path class="wire" d="${pathOf(edge.points)}"/>${tipSvg(edge)}</g>`;
}

function tipSvg({ points }: SceneEdge): string {
  const tip = tipOf(points);
  return tip === "" ? "" : `<path class="tip" d="${tip}"/>`;
}

function labelSvg({ label, ...edge }: SceneEdge): string {
  if (label === null) return "";
  const rows = label.rows.map((row) => `<g class="row" data-edge="${escaped(row.edge)}">${rowSvg(row)}</g>`);
  return `<g ${marks({ ...edge, label })} transform="${at(label)}">${rect("pill", { ...label, x: 0, y: 0 }, 7)}${rows.join("")}</g>`;
}

/**
 * How a chart looks, light and dark, as the style sheet that stands in the picture. Written out colour by colour, without
 * variables, because programs other than browsers show these files too; nothing is loaded from anywhere.
 */
import type { Tone } from "./chart-scene.ts";
import { FACES } from "./chart-text.ts";

type Colours = Readonly<Record<keyof typeof LIGHT, string>>;

const LIGHT = {
  canvas: "#f6f8fb",
  edgeOfCanvas: "#d4dce8",
  group: "#eaf0f8",
  groupEdge: "#b9c8dd",
  state: "#ffffff",
  stateEdge: "#9fb2cb",
  final: "#eef1f5",
  finalEdge: "#5d6f8a",
  rule: "#e3e9f1",
  name: "#13233c",
  words: "#55657d",
  key: "#7b8aa1",
  event: "#1c4a8f",
  guard: "#5d6f8a",
  action: "#66768e",
  effect: "#0b7268",
  tool: "#33506f",
  chip: "#edf3fa",
  order: "#ffffff",
  pill: "#ffffff",
  line: "#5f7ba6",
  always: "#7c4ddb",
  timer: "#b3690a",
  done: "#0b7268",
} as const;

const DARK: Colours = {
  canvas: "#10161f",
  edgeOfCanvas: "#2a3648",
  group: "#161f2c",
  groupEdge: "#34455d",
  state: "#1d2836",
  stateEdge: "#4a6080",
  final: "#18212d",
  finalEdge: "#8fa3bf",
  rule: "#2b394c",
  name: "#eaf0f8",
  words: "#a3b2c7",
  key: "#8494ab",
  event: "#8fbcff",
  guard: "#a3b2c7",
  action: "#98a8be",
  effect: "#4fd1c1",
  tool: "#c3d3e8",
  chip: "#263548",
  order: "#10161f",
  pill: "#18212d",
  line: "#7f9cc9",
  always: "#b79bff",
  timer: "#f0b354",
  done: "#4fd1c1",
};

const SANS = `ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif`;
const MONO = `ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace`;

const tones = Object.keys(FACES) as Tone[];

const faces = (): string[] =>
  tones.map((tone) => {
    const { size, mono, bold = false } = FACES[tone];
    const weight = bold ? 600 : tone === "event" ? 600 : 400;
    return `.chart .${tone} { font: ${weight} ${size}px ${mono ? MONO : SANS}; white-space: pre; }`;
  });

const shapes = [
  `.chart .frame { stroke-width: 1; }`,
  `.chart .group, .chart .state, .chart .passing, .chart .final { stroke-width: 1.25; }`,
  `.chart .passing { stroke-dasharray: 4 3; }`,
  `.chart .inner { fill: none; stroke-width: 1; }`,
  `.chart .wire { fill: none; stroke-width: 1.5; stroke-linejoin: round; }`,
  `.chart .always .wire { stroke-dasharray: 6 4; }`,
  `.chart .timer .wire { stroke-dasharray: 1.5 4; stroke-width: 2; stroke-linecap: round; }`,
  `.chart .pill { stroke-width: 1; }`,
  `.chart .order { text-anchor: middle; }`,
  `.chart .tool { text-anchor: middle; }`,
];

const causes = ["event", "always", "timer", "done"] as const;

function coloured(colours: Colours): string[] {
  const lineOf = (cause: (typeof causes)[number]): string => (cause === "event" ? colours.line : colours[cause]);
  return [
    ...tones.map((tone) => `.chart .${tone} { fill: ${colours[tone]}; }`),
    `.chart .frame { fill: ${colours.canvas}; stroke: ${colours.edgeOfCanvas}; }`,
    `.chart .group { fill: ${colours.group}; stroke: ${colours.groupEdge}; }`,
    `.chart .state, .chart .passing { fill: ${colours.state}; stroke: ${colours.stateEdge}; }`,
    `.chart .final { fill: ${colours.final}; stroke: ${colours.finalEdge}; }`,
    `.chart .inner { stroke: ${colours.finalEdge}; }`,
    `.chart .anywhere { fill: none; stroke: ${colours.groupEdge}; }`,
    `.chart .rule { stroke: ${colours.rule}; }`,
    `.chart .chip { fill: ${colours.chip}; }`,
    `.chart .dot { fill: ${colours.name}; }`,
    `.chart .pill { fill: ${colours.pill}; }`,
    `.chart .start .wire { stroke: ${colours.name}; }`,
    `.chart .start .tip { fill: ${colours.name}; }`,
    ...causes.flatMap((cause) => [
      `.chart .${cause} .wire, .chart .${cause} .pill { stroke: ${lineOf(cause)}; }`,
      `.chart .${cause} .tip, .chart .${cause} .badge { fill: ${lineOf(cause)}; }`,
    ]),
    `.chart .timer .event { fill: ${colours.timer}; }`,
    `.chart .always .guard { fill: ${colours.always}; }`,
    `.chart .done .event { fill: ${colours.done}; }`,
  ];
}

/** Without a character that means something in XML. */
export const chartStyle = (): string =>
  [
    ...faces(),
    ...shapes,
    ...coloured(LIGHT),
    "@media (prefers-color-scheme: dark) {",
    ...coloured(DARK).map((rule) => `  ${rule}`),
    "}",
  ].join("\n");

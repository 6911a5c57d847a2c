/** What the lines and boxes of a chart mean: only those that are in it. */
import type { Scene } from "./chart-scene.ts";
import { FACES } from "./chart-text.ts";
import { textWidth } from "./text-size.ts";

interface Sample {
  readonly svg: string;
  readonly words: string;
}

const line = (cause: string): string =>
  `<g class="${cause}"><path class="wire" d="M0 8H30"/><path class="tip" d="M38 8L29.5 3.8L29.5 12.2Z"/></g>`;
const box = (kind: string): string => `<rect class="${kind}" x="2" y="1" width="34" height="14" rx="4"/>`;

const SAMPLES: readonly { readonly of: (scene: Scene) => boolean; readonly sample: Sample }[] = [
  { of: (scene) => has(scene, "event"), sample: { svg: line("event"), words: "when an event comes" } },
  { of: (scene) => has(scene, "always"), sample: { svg: line("always"), words: "at once, where [it holds]" } },
  { of: (scene) => has(scene, "timer"), sample: { svg: line("timer"), words: "after a time" } },
  { of: (scene) => has(scene, "done"), sample: { svg: line("done"), words: "when what is inside has ended" } },
  { of: (scene) => shows(scene, "passing"), sample: { svg: box("passing"), words: "never rests here" } },
  {
    of: (scene) => shows(scene, "final"),
    sample: {
      svg: `${box("final")}<rect class="inner" x="4.5" y="3.5" width="29" height="9" rx="2.5"/>`,
      words: "the end",
    },
  },
  {
    of: ({ chart }) => chart.edges.some(({ actions }) => actions.some(({ effect }) => effect)) || orders(chart.root),
    sample: { svg: `<text class="effect" x="8" y="12">▸ do</text>`, words: "orders an effect" },
  },
];

const has = ({ edges }: Scene, wanted: string): boolean => edges.some(({ cause }) => cause === wanted);
const shows = ({ boxes }: Scene, wanted: string): boolean => boxes.some(({ kind }) => kind === wanted);
const orders = (state: Scene["chart"]["root"]): boolean =>
  [...state.entry, ...state.exit].some(({ effect }) => effect) || state.states.some(orders);

const SAMPLE_WIDTH = 46;
const GAP = 26;
const ROW_HEIGHT = 26;

/** In rows no wider than the chart. */
export function legend(scene: Scene): { readonly svg: string; readonly width: number; readonly height: number } {
  let x = 4;
  let y = 14;
  let width = 0;
  const parts: string[] = [];
  for (const { sample } of SAMPLES.filter(({ of }) => of(scene))) {
    const own = SAMPLE_WIDTH + textWidth(sample.words, FACES.words);
    if (x > 4 && x + own > scene.width) {
      x = 4;
      y += ROW_HEIGHT;
    }
    parts.push(
      `<g transform="translate(${Math.round(x)} ${y})">${sample.svg}<text class="words" x="${SAMPLE_WIDTH}" y="12">${sample.words}</text></g>`,
    );
    x += own + GAP;
    width = Math.max(width, x - GAP);
  }
  return { svg: parts.join(""), width: Math.ceil(width), height: parts.length === 0 ? 0 : y + 20 };
}

/** What stands in the boxes and on the lines of a chart, and how much room it takes; where it goes is decided elsewhere. */
import type { ChartAction, ChartEdge, ChartState } from "../../machines/chart.ts";
import type { Line, Place, Row, Span, Tone } from "./chart-scene.ts";
import { type Face, LINE_HEIGHT, textWidth, wrapped } from "./text-size.ts";

export const FACES: Readonly<Record<Tone, Face>> = {
  name: { size: 14, mono: false, bold: true },
  words: { size: 11.5, mono: false },
  event: { size: 11.5, mono: true },
  guard: { size: 11, mono: true },
  action: { size: 10.5, mono: true },
  effect: { size: 10.5, mono: true },
  key: { size: 10.5, mono: false },
  tool: { size: 10, mono: true },
  order: { size: 9, mono: true, bold: true },
};

/** Side of a box to its text. */
const INSET = 12;
const WORDS_WIDTH = 216;
const ROW_WIDTH = 250;
const ROW_GAP = 5;
/** A number in its circle, with the gap behind it. */
const BADGE = 18;
const CHIP_PAD = 6;
const CHIP_GAP = 4;
const CHIP_HEIGHT = 17;

export interface Content {
  readonly width: number;
  readonly height: number;
  readonly lines: readonly Line[];
  readonly rows: readonly Row[];
  readonly rule: number | null;
  readonly chips: readonly (Place & { readonly text: string })[];
}

type Piece = readonly [Tone, string];

const lineOf = (pieces: readonly Piece[], left: number, y: number): { line: Line; width: number } => {
  const spans: Span[] = [];
  let x = left;
  for (const [tone, text] of pieces) {
    spans.push({ tone, text, x });
    x += tone === "order" ? BADGE : textWidth(text, FACES[tone]);
  }
  return { line: { y, spans }, width: x - left };
};

/** A column of lines that grows downwards and knows how wide it has become. */
class Column {
  readonly lines: Line[] = [];
  readonly left: number;
  bottom: number;
  width = 0;

  constructor(left: number, top: number) {
    this.left = left;
    this.bottom = top;
  }

  add(pieces: readonly Piece[], indent = 0): void {
    const tallest = Math.max(...pieces.map(([tone]) => FACES[tone].size));
    const { line, width } = lineOf(pieces, this.left + indent, this.bottom + tallest * 1.08);
    this.lines.push(line);
    this.bottom += tallest * LINE_HEIGHT;
    this.width = Math.max(this.width, width + indent);
  }
}

/** The box of a state: its name, what it is, what it orders, what may run in it, and what does not lead out of it. */
export function boxText(state: ChartState, staying: readonly ChartEdge[], note = ""): Content {
  const column = new Column(INSET, 8);
  column.add([["name", state.name], ...(note === "" ? [] : [["key", `   ${note}`] as const])]);
  if (state.description !== null) {
    for (const words of wrapped(state.description.split(/\s+/), WORDS_WIDTH, FACES.words))
      column.add([["words", words.join(" ")]]);
  }
  const head = column.bottom;
  column.bottom += 11;
  for (const [key, actions] of [
    ["entry", state.entry],
    ["exit", state.exit],
  ] as const) {
    for (const action of actions) column.add([["key", `${key}  `], actionPiece(action)]);
  }
  for (const source of state.invokes)
    column.add([
      ["key", "invoke  "],
      ["effect", source],
    ]);
  if (column.bottom > head + 11 && staying.length > 0) column.bottom += ROW_GAP;
  const rows = rowsOf(staying, INSET, column.bottom, column);
  column.bottom = rows.at(-1) === undefined ? column.bottom : bottomOf(rows);
  const chips = chipsOf(toolsOf(state), column);
  const below = column.bottom > head + 11;
  return {
    width: Math.max(column.width, ...chips.map(({ x, width }) => x + width - INSET)) + 2 * INSET,
    height: (below ? column.bottom : head) + 9,
    lines: column.lines,
    rows,
    rule: below ? head + 5 : null,
    chips,
  };
}

const bottomOf = (rows: readonly Row[]): number => {
  const last = rows.at(-1);
  return last === undefined ? 0 : last.top + last.height;
};

const PLUGINS = { none: [], "read-only": ["plugins that only look"], all: ["plugins"] } as const;

const toolsOf = ({ tools, plugins }: ChartState): readonly string[] => [
  ...(tools ?? []),
  ...PLUGINS[plugins ?? "none"],
];

function chipsOf(tools: readonly string[], column: Column): Content["chips"] {
  if (tools.length === 0) return [];
  column.bottom += ROW_GAP;
  column.add([["key", "tools that may run here"]]);
  column.bottom += 3;
  const chips: (Place & { text: string })[] = [];
  let x = INSET;
  for (const text of tools) {
    const width = textWidth(text, FACES.tool) + 2 * CHIP_PAD;
    if (x > INSET && x + width > INSET + WORDS_WIDTH) {
      x = INSET;
      column.bottom += CHIP_HEIGHT + CHIP_GAP;
    }
    chips.push({ x, y: column.bottom, width, height: CHIP_HEIGHT, text });
    x += width + CHIP_GAP;
  }
  column.bottom += CHIP_HEIGHT + 3;
  return chips;
}

const actionPiece = ({ name, effect }: ChartAction): Piece => (effect ? ["effect", `▸ ${name}`] : ["action", name]);

/** The label of a line: a row to each transition that it stands for. Null where there is nothing to say. */
export function labelText(edges: readonly ChartEdge[]): { width: number; height: number; rows: readonly Row[] } | null {
  if (edges.every((edge) => headOf(edge).length === 0 && edge.actions.length === 0)) return null;
  const column = new Column(0, 0);
  const rows = rowsOf(edges, 8, 4, column);
  return { width: column.width + 16, height: bottomOf(rows) + 4, rows };
}

function rowsOf(edges: readonly ChartEdge[], left: number, top: number, around: Column): Row[] {
  const rows: Row[] = [];
  let y = top;
  for (const edge of edges) {
    const column = new Column(left, y);
    const head = headOf(edge);
    if (head.length > 0) column.add(head);
    for (const texts of wrapped(edge.actions.map(actionText), ROW_WIDTH, FACES.action)) {
      const pieces = texts.map((text, index): Piece => {
        const tone = text.startsWith("▸") ? "effect" : "action";
        return [tone, index === 0 ? text : `  ${text}`];
      });
      column.add(pieces, edge.order === null ? 0 : BADGE);
    }
    around.width = Math.max(around.width, column.width);
    rows.push({ edge: edge.id, top: y, height: column.bottom - y, lines: column.lines });
    y = column.bottom + ROW_GAP;
  }
  return rows;
}

const actionText = ({ name, effect }: ChartAction): string => (effect ? `▸ ${name}` : `/ ${name}`);

/** A circled number, what it waits for, and what has to hold. */
function headOf({ cause, label, guard, order }: ChartEdge): Piece[] {
  const waits: Record<typeof cause, string> = { event: label, timer: `after ${label}`, done: label, always: "" };
  const asks = guard !== null ? `[${guard}]` : order === null || order === 1 ? "" : "else";
  const pieces: Piece[] = [];
  if (order !== null) pieces.push(["order", `${order}`]);
  if (waits[cause] !== "") pieces.push(["event", waits[cause]]);
  if (asks !== "") pieces.push(["guard", waits[cause] === "" ? asks : ` ${asks}`]);
  return pieces;
}

export const START_SIZE = 12;
const ANYWHERE = "from anywhere in here";

export function anywhereText(): Content {
  const column = new Column(10, 4);
  column.add([["key", ANYWHERE]]);
  return { width: column.width + 20, height: column.bottom + 4, lines: column.lines, rows: [], rule: null, chips: [] };
}

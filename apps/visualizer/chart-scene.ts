/**
 * A chart with a place for everything: boxes, lines and labels in pixels. Plain data, and equal charts give equal scenes,
 * so that it can be laid out once, sent anywhere, written as a file and compared.
 */
import type { Chart, ChartCause } from "../../machines/chart.ts";

export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What a run of text is, which decides its face and colour. */
export type Tone = "name" | "words" | "event" | "guard" | "action" | "effect" | "key" | "tool" | "order";

export interface Span {
  readonly tone: Tone;
  readonly text: string;
  /** Of its left end, from the left of what holds it. */
  readonly x: number;
}

/** One line of text; `y` is its baseline, from the top of what holds it. */
export interface Line {
  readonly y: number;
  readonly spans: readonly Span[];
}

/** Lines that stand for one transition. */
export interface Row {
  readonly edge: string;
  /** Of its first line, from the top of its label. */
  readonly top: number;
  readonly height: number;
  readonly lines: readonly Line[];
}

export type BoxKind = "frame" | "group" | "state" | "passing" | "final" | "start" | "anywhere";

export interface SceneBox extends Place {
  /** Of its state; the state it belongs to, for a `start` or an `anywhere`. */
  readonly state: string;
  readonly kind: BoxKind;
  readonly lines: readonly Line[];
  /** Transitions that lead nowhere: they stand in the box of their state. */
  readonly rows: readonly Row[];
  /** Where the part under the title begins, from the top; null where there is none. */
  readonly rule: number | null;
  /** One to a tool that may run here; its text is the span in the middle of it. */
  readonly chips: readonly (Place & { readonly text: string })[];
}

/** Transitions of one kind from one state to another: one line, one label, a row each. */
export interface SceneEdge {
  readonly cause: ChartCause | "start";
  readonly from: string;
  readonly to: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly label: (Place & { readonly rows: readonly Row[] }) | null;
}

export interface Scene {
  readonly width: number;
  readonly height: number;
  /** Outer before inner. */
  readonly boxes: readonly SceneBox[];
  readonly edges: readonly SceneEdge[];
  readonly chart: Chart;
}

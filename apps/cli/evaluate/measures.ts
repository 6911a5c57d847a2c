/** What an evaluation is measured by besides the rubric: the decisions of a design, and an earlier evaluation. */
import { type Harness, readHarness } from "../design/harness-file.ts";
import { type Against, against } from "./against.ts";
import type { Evaluation } from "./assess.ts";
import { type Baseline, readBaseline, type SinceBaseline, sinceBaseline } from "./baseline.ts";
import { plural } from "./facts.ts";
import { primitiveNamed } from "./primitives.ts";

export interface Measures {
  readonly harness: { readonly path: string; readonly harness: Harness } | null;
  readonly baseline: Baseline | null;
}

export interface Measured {
  readonly against: Against | null;
  readonly baseline: SinceBaseline | null;
}

export const UNMEASURED: Measured = { against: null, baseline: null };

/** @throws SwarmError exit 2 where a file that was named cannot be understood. Ask before any work is done. */
export const measuresOf = (flags: Record<string, unknown>): Measures => ({
  harness: flags.against === undefined ? null : readHarness(String(flags.against)),
  baseline: flags.baseline === undefined ? null : readBaseline(String(flags.baseline)),
});

export const measured = (evaluation: Evaluation, { harness, baseline }: Measures): Measured => ({
  against: harness === null ? null : against(evaluation, harness.path, harness.harness),
  baseline: baseline === null ? null : sinceBaseline(evaluation, baseline),
});

export interface MeasureRow {
  /** bad: it should not be so; good; plain. */
  readonly tone: "bad" | "good" | "plain";
  readonly id: Against["kept"][number];
  readonly says: string;
}

export interface MeasureSection {
  readonly title: string;
  readonly says: string;
  readonly rows: readonly MeasureRow[];
}

/** As sections of a report, the same for every form of it. */
export const sectionsOf = (measures: Measured): MeasureSection[] => [
  ...(measures.against === null ? [] : [againstSection(measures.against)]),
  ...(measures.baseline === null ? [] : [baselineSection(measures.baseline)]),
];

function againstSection({ path, breaches, unknown, unseen, beyond, kept }: Against): MeasureSection {
  const bad =
    breaches.length === 0
      ? "No decision is broken"
      : `${plural(breaches.length, "decision is", "decisions are")} broken`;
  return {
    title: "Against the design",
    says: `${bad}; ${kept.length} kept, ${unknown.length} not known. Decided in ${path}.`,
    rows: [
      ...breaches.map(({ id, wanted, found }) => row("bad", id, `breach: wanted ${wanted}, found ${found}`)),
      ...unknown.map((id) => row("plain", id, "unknown: nobody can say whether it is kept")),
      ...unseen.map((id) => row("plain", id, "to be built, but not part of this evaluation")),
      ...beyond.map((id) => row("plain", id, "there, though the design skips it")),
    ],
  };
}

function baselineSection({ path, otherAnalyst, better, worse, unclear, uncompared }: SinceBaseline): MeasureSection {
  const other = otherAnalyst === null ? "" : ` It was judged by ${otherAnalyst}: a change may be the judge's.`;
  const moved = ({ before, after }: (typeof better)[number]): string =>
    before.level === after.level
      ? `${after.level}, maturity ${before.maturity} → ${after.maturity}`
      : `${before.level} → ${after.level}`;
  return {
    title: "Since the baseline",
    says: `${better.length} better, ${worse.length} worse, ${unclear.length} unclear. Compared with ${path}.${other}`,
    rows: [
      ...worse.map((change) => row("bad", change.id, `worse: ${moved(change)}`)),
      ...better.map((change) => row("good", change.id, `better: ${moved(change)}`)),
      ...unclear.map((change) => row("plain", change.id, `unclear: ${moved(change)}`)),
      ...uncompared.map((id) => row("plain", id, "in one of the two only")),
    ],
  };
}

const row = (tone: MeasureRow["tone"], id: MeasureRow["id"], says: string): MeasureRow => ({ tone, id, says });

/** "Token budget: wanted present, found absent" */
export const rowWords = ({ id, says }: MeasureRow): string => `${primitiveNamed(id).title}: ${says}`;

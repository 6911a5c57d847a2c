/**
 * The report as text, for a terminal or a file: what was found and where, what was thrown out, what to do next. Every
 * string from the codebase or a model is made printable first, so that hostile source cannot draw on the screen.
 */
import type { Colors } from "picocolors/types.js";
import { clip, clipStart, padEnd, printable, width, wrap } from "../progress/printable.ts";
import type { AssessedPrimitive, Evaluation } from "./assess.ts";
import { comparisonWords, opinionWords } from "./comparison-words.ts";
import {
  analystLine,
  plural,
  type ReportFacts,
  type SkippedFiles,
  sharedOpening,
  usageLine,
  withoutOpening,
} from "./facts.ts";
import { type Finding, isAnchor, LEVELS, type Level } from "./finding.ts";
import { type Measured, rowWords, sectionsOf, UNMEASURED } from "./measures.ts";
import { type Step, stepsNow } from "./next-steps.ts";
import { primitiveNamed, type Tier } from "./primitives.ts";

export interface TextOptions {
  readonly colors: Colors;
  /** Width to fill; kept between 48 and 100. */
  readonly columns: number;
  readonly measured?: Measured;
}

interface Page {
  readonly c: Colors;
  readonly columns: number;
  readonly opening: string;
  /** Of the local analyst's reasons, where it stands beside a model. */
  readonly localOpening: string;
}

/** Findings shown for one primitive; the document has them all. */
const findingsShownMax = 3;
const anchorsShownMax = 3;
const rejectedShownMax = 2;
const stepsShownMax = 3;
const reasonLinesMax = 3;
const indent = "    ";

/** Pure. Ends with a line end. */
export function renderText(
  evaluation: Evaluation,
  facts: ReportFacts,
  { colors, columns, measured = UNMEASURED }: TextOptions,
): string {
  const page: Page = {
    c: colors,
    columns: Math.min(100, Math.max(48, columns)),
    opening: sharedOpening(evaluation.primitives.map(({ why }) => printable(why))),
    localOpening: sharedOpening(evaluation.primitives.map(({ local }) => printable(local?.why ?? ""))),
  };
  const lines = [
    ...heading(evaluation, page),
    ...measureLines(measured, page),
    ...runPath(evaluation, page),
    ...section("day one", evaluation, page),
    ...section("operational maturity", evaluation, page),
    ...nextSteps(evaluation, page),
    ...footer(evaluation, facts, page),
  ];
  return `${lines.join("\n")}\n`;
}

function heading(evaluation: Evaluation, { c, columns, opening }: Page): string[] {
  const { summary } = evaluation;
  const target = clipStart(printable(evaluation.target), columns - 14);
  const counts = LEVELS.filter((level) => summary[level] > 0).map((level) =>
    coloured(c, level, `${summary[level]} ${level}`),
  );
  const rejected = summary.rejected === 0 ? "none" : summary.rejected;
  const checked = `${plural(summary.findings, "finding")}, each read again and confirmed; ${rejected} rejected`;
  const basis = opening === "" ? "" : ` ${opening.replace(/: $/, ".")}`;
  return [
    "",
    c.bold(`Evaluation of ${target}`),
    "",
    counts.join(c.dim(" · ")),
    ...wrap(checked, columns).map((line) => c.dim(line)),
    "",
    ...wrap(`${analystLine(evaluation)}${basis}`, columns).map((line) => c.dim(line)),
    ...strangers(evaluation, columns).map((line) => c.yellow(line)),
    ...comparisonLines(evaluation, columns).map((line) => c.yellow(line)),
  ];
}

function comparisonLines(evaluation: Evaluation, columns: number): string[] {
  const words = comparisonWords(evaluation);
  return words === "" ? [] : ["", ...wrap(printable(words), columns)];
}

/** A model that answered in place of the one that was asked for must show. */
function strangers({ analyst, answeredBy }: Evaluation, columns: number): string[] {
  const others = analyst === "local" ? [] : answeredBy.filter((model) => model !== analyst);
  return others.length === 0 ? [] : wrap(`Answered by: ${printable(others.join(", "))}.`, columns);
}

function measureLines(measured: Measured, { c, columns }: Page): string[] {
  const paint = { bad: c.red, good: c.green, plain: c.dim };
  return sectionsOf(measured).flatMap(({ title, says, rows }) => [
    "",
    c.bold(title),
    ...wrap(printable(says), columns).map(c.dim),
    ...rows.flatMap((row) =>
      wrap(rowWords(row), columns - indent.length).map((line) => `${indent}${paint[row.tone](line)}`),
    ),
  ]);
}

/** Where an absence was looked for: said once, because every absent primitive rests on the same places. */
function runPath({ primitives }: Evaluation, page: Page): string[] {
  const anchors = distinctPlaces(primitives.flatMap(({ findings }) => findings.filter(isAnchor)));
  if (anchors.length === 0) return [];
  return [
    "",
    page.c.bold("Where the harness runs"),
    ...wrap("What is called absent below was looked for at these places.", page.columns).map(page.c.dim),
    ...evidenceLines(anchors.slice(0, anchorsShownMax), page),
  ];
}

function section(tier: Tier, { primitives }: Evaluation, page: Page): string[] {
  const inTier = primitives.filter(({ id }) => primitiveNamed(id).tier === tier);
  if (inTier.length === 0) return [];
  const title = tier === "day one" ? "Day one" : "Operational maturity";
  return ["", page.c.bold(title), ...inTier.flatMap((primitive) => ["", ...primitiveLines(primitive, page)])];
}

const marks: Readonly<Record<Level, string>> = { present: "●", partial: "◐", absent: "○", unknown: "?" };

function coloured(c: Colors, level: Level, text: string): string {
  const paint = { present: c.green, partial: c.yellow, absent: c.red, unknown: c.magenta }[level];
  return paint(text);
}

const titleColumns = 26;
/** Mark, title, level and bar with the blanks between and behind them. */
const headColumns = 2 + titleColumns + 1 + 9 + 1 + 4 + 1;

function primitiveLines(primitive: AssessedPrimitive, page: Page): string[] {
  const { c, columns } = page;
  const { level, maturity, confidence } = primitive;
  const bar = `${"■".repeat(maturity)}${"□".repeat(4 - maturity)}`;
  const said = level === "unknown" ? "" : `maturity ${maturity}, ${confidence} confidence`;
  const head = [
    `${coloured(c, level, marks[level])} ${c.bold(padEnd(primitiveNamed(primitive.id).title, titleColumns))}`,
    coloured(c, level, padEnd(level, 9)),
    coloured(c, level, bar),
    // Where there is no room for it the bar says the half of it.
    ...(said === "" || headColumns + width(said) > columns ? [] : [c.dim(said)]),
  ];
  return [
    head.join(" "),
    ...(level === "present" ? [] : reasonLines(primitive.why, page)),
    ...findingLines(primitive.findings, page),
    ...rejectedLines(primitive, page),
    ...localLines(primitive, page),
  ];
}

/** What the local analyst says otherwise, with its own lines: those where it looked in vain too. */
function localLines({ local }: AssessedPrimitive, page: Page): string[] {
  const words = local === undefined ? null : opinionWords(local);
  if (local === undefined || words === null) return [];
  const places = distinctPlaces(local.findings).slice(0, findingsShownMax);
  return [
    ...reasonLines(`${words}: ${withoutOpening(printable(local.why), page.localOpening)}`, page, page.c.yellow),
    ...evidenceLines(places, page),
  ];
}

function reasonLines(why: string, { c, columns, opening }: Page, paint = c.dim): string[] {
  const lines = wrap(withoutOpening(printable(why), opening), columns - indent.length);
  const shown = lines.slice(0, reasonLinesMax);
  const more = lines[reasonLinesMax];
  if (more !== undefined) shown.push(clip(`${shown.pop()} ${more}`, columns - indent.length));
  return shown.map((line) => `${indent}${paint(line)}`);
}

function findingLines(all: readonly Finding[], page: Page): string[] {
  const findings = distinctPlaces(all.filter((finding) => !isAnchor(finding)));
  const shown = findings.slice(0, findingsShownMax);
  const more = findings.length - shown.length;
  return [
    ...evidenceLines(shown, page),
    ...(more > 0 ? [`${indent}${page.c.dim(`and ${plural(more, "more line")}`)}`] : []),
  ];
}

/** Two probes may fire on one line; a reader needs it once. */
function distinctPlaces(findings: readonly Finding[]): Finding[] {
  const places = new Map<string, Finding>();
  for (const finding of findings) {
    const place = `${finding.path}:${finding.line}`;
    if (!places.has(place)) places.set(place, finding);
  }
  return [...places.values()];
}

/** Places in one column and quotes beside them; below them where paths are long, for a path cut short opens nothing. */
function evidenceLines(findings: readonly Finding[], { c, columns }: Page): string[] {
  const room = columns - indent.length;
  const whole = findings.map(({ path, line }) => `${printable(path)}:${line}`);
  const widest = Math.max(0, ...whole.map(width));
  const beside = widest <= room / 2;
  return findings.flatMap(({ quote }, index) => {
    const place = clipStart(whole[index] ?? "", room);
    const text = printable(quote.trim());
    if (beside) return [`${indent}${c.cyan(padEnd(place, widest))}  ${clip(text, room - widest - 2)}`];
    return [`${indent}${c.cyan(place)}`, `${indent}  ${clip(text, room - 2)}`];
  });
}

function rejectedLines({ rejected }: AssessedPrimitive, { c, columns }: Page): string[] {
  if (rejected.length === 0) return [];
  const shown = rejected.slice(0, rejectedShownMax).map(({ finding, why }) => {
    const place = clipStart(`${printable(finding.path)}:${finding.line}`, Math.floor(columns / 2));
    return clip(`✗ rejected ${place}: ${printable(why)}`, columns - indent.length);
  });
  const more = rejected.length - shown.length;
  return [...shown, ...(more > 0 ? [`✗ and ${more} more rejected`] : [])].map((line) => `${indent}${c.dim(line)}`);
}

function nextSteps({ next, summary }: Evaluation, page: Page): string[] {
  const { c, columns } = page;
  const steps = stepsNow(next, stepsShownMax);
  const unknown = next.filter(({ level }) => level === "unknown");
  const lines = steps.flatMap((step, index) => stepLines(step, index + 1, page));
  if (unknown.length > 0) {
    const names = unknown.map(({ primitive }) => primitiveNamed(primitive).title.toLowerCase()).join(", ");
    lines.push(
      ...wrap(`Not judged: ${names}. Unknown is no verdict; read these by hand.`, columns).map((line) => c.dim(line)),
    );
  }
  if (lines.length === 0 && summary.present > 0) lines.push("Nothing is missing. Keep the tests that say so.");
  return lines.length === 0 ? [] : ["", c.bold("Next steps, the leanest first"), "", ...lines];
}

function stepLines({ primitive, step, when }: Step, number: number, { c, columns }: Page): string[] {
  const head = `${number}. ${primitiveNamed(primitive).title}`;
  const text = [...(when === undefined ? [] : [`(${when})`]), printable(step)].flatMap((part) =>
    wrap(part, columns - 3),
  );
  return [c.bold(head), ...text.map((line) => `   ${line}`)];
}

const skippedShownMax = 4;
/** So few are named; of more, their number says enough. */
const skippedNamedMax = 2;

function skippedGroup({ why, count, paths }: SkippedFiles): string {
  const named = count <= skippedNamedMax && paths.length === count;
  return `${named ? paths.map(printable).join(", ") : count} (${printable(why)})`;
}

function footer(evaluation: Evaluation, facts: ReportFacts, { c, columns }: Page): string[] {
  const skipped = (facts.skipped ?? []).filter(({ count }) => count > 0);
  const shown = skipped.slice(0, skippedShownMax).map(skippedGroup);
  const rest = skipped.slice(skippedShownMax).reduce((sum, { count }) => sum + count, 0);
  const more = rest > 0 ? [`${rest} for other reasons`] : [];
  const notRead = shown.length === 0 ? [] : [`Files left out: ${[...shown, ...more].join(", ")}`];
  const way = `More: swarm show ${facts.runId} · swarm logs ${facts.runId} · --json · --html=FILE`;
  const notes = [...notRead, usageLine(evaluation, facts), way].flatMap((line) => wrap(line, columns));
  return ["", ...notes.map((line) => c.dim(line)), ""];
}

/**
 * From hits to a level, strictly by the rubric: present needs an effect for every required aspect; a declaration or a
 * call is partial; absent needs anchors and silence, or the repository's own word; everything else is unknown.
 */
import type { AnchorLine, Aspect, Examination, Hit } from "./examination.ts";
import { nextStep } from "./next-steps.ts";

export type Level = "present" | "partial" | "absent" | "unknown";
export type Confidence = "low" | "medium" | "high";

export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly quote: string;
  readonly probe: string;
}

export interface Judgement {
  readonly primitive: string;
  readonly level: Level;
  /** 0 absent or unknown, 1 partial, 2 present, 3 present and tested. Whether it is on by default (4) cannot be read off structure. */
  readonly maturity: number;
  readonly confidence: Confidence;
  readonly findings: readonly Finding[];
  readonly why: string;
  readonly next: string;
}

/** A reader looks at a few lines: one for each condition. */
const findingsMax = 6;
/** The aspect of the repository's own "we have none". */
const deniedAspect = "denied";

export function judge(examination: Examination): Judgement {
  const { primitive, aspects, hits, understood, anchors } = examination;
  const required = aspects.filter((aspect) => aspect.required);
  const missing = required.filter((aspect) => !isProved(aspect, hits));
  const level = levelOf(examination, missing);
  const tested = hits.some(({ strength }) => strength === "test");
  const findings =
    level === "absent"
      ? absenceFindings(hits, anchors)
      : level === "unknown"
        ? []
        : presenceFindings(level, aspects, hits);
  return {
    primitive,
    level,
    maturity: level === "present" ? (tested ? 3 : 2) : level === "partial" ? 1 : 0,
    confidence:
      level === "absent" && examination.doubts.length > 0
        ? "low"
        : confidenceOf(level, required, hits, anchors, understood),
    findings,
    why: whyOf(level, examination, missing),
    next: nextStep(primitive, level, missing[0]?.text),
  };
}

/** Whether enough hits at different lines prove the aspect. A test proves only an aspect that tests are about. */
export function isProved({ id, atLeast = 1 }: Aspect, hits: readonly Hit[]): boolean {
  const proving = hits.filter((hit) => hit.aspect === id && (hit.strength === "effect" || hit.strength === "test"));
  const different = new Set(proving.map((hit) => (id === "kinds" ? hit.probe : `${hit.path}:${hit.line}`)));
  return different.size >= atLeast;
}

/**
 * Whether the harness may be written in what was not read: a doubt stands and no fewer files are unread than were read. A
 * smaller doubt lowers the confidence alone. Measured over 53 answer keys: of 10 silences with a doubt the reader called
 * 6 absent and 4 partial, none unknown.
 */
function isBlind({ doubts, unread, filesScanned }: Examination): boolean {
  return doubts.length > 0 && Object.values(unread).reduce((sum, count) => sum + count, 0) >= filesScanned;
}

function levelOf(examination: Examination, missing: readonly Aspect[]): Level {
  const { aspects, hits, understood, anchors } = examination;
  const supporting = new Set(aspects.filter((aspect) => aspect.supporting).map(({ id }) => id));
  const known = new Set(aspects.map(({ id }) => id));
  const counted = hits.filter(
    (hit) =>
      known.has(hit.aspect) && hit.aspect !== deniedAspect && hit.strength !== "name" && !supporting.has(hit.aspect),
  );
  const denied = hits.some(({ aspect }) => aspect === deniedAspect);
  // Without a single anchor this is no harness, or one that was not recognised at all.
  if (anchors.length === 0 && !denied) return "unknown";
  if (missing.length === 0) return "present";
  if (denied && counted.every(({ strength }) => strength === "declaration" || strength === "test")) return "absent";
  // Where the run path was not found, a declaration may belong to anything.
  if (counted.some(({ strength }) => understood || strength === "effect")) return "partial";
  // Silence is absence only where most of what could speak was heard.
  return understood && !isBlind(examination) ? "absent" : "unknown";
}

function confidenceOf(
  level: Level,
  required: readonly Aspect[],
  hits: readonly Hit[],
  anchors: readonly AnchorLine[],
  understood: boolean,
): Confidence {
  if (level === "unknown" || !understood) return "low";
  const effects = hits.filter(({ strength }) => strength === "effect");
  if (level === "present")
    return required.every(({ id }) => effects.filter(({ aspect }) => aspect === id).length > 1) ? "high" : "medium";
  if (level === "partial") return effects.length > 0 ? "medium" : "low";
  return new Set(anchors.map(({ kind }) => kind)).size === 3 ? "medium" : "low";
}

/**
 * The best line for each condition. What is only declared is left out where something shows an effect, and what means
 * something only beside another condition where not all of them hold.
 */
function presenceFindings(level: Level, aspects: readonly Aspect[], hits: readonly Hit[]): Finding[] {
  const own = aspects.filter(
    ({ id, supporting }) => id !== deniedAspect && (level === "present" || supporting !== true),
  );
  const ordered = [...own.filter(({ required }) => required), ...own.filter(({ required }) => !required)];
  const ids = new Set(ordered.map(({ id }) => id));
  const strong = hits.some(({ strength, aspect }) => strength === "effect" && ids.has(aspect));
  const shown = strong ? hits.filter(({ strength }) => strength !== "declaration") : hits;
  const kept: Hit[] = [];
  const take = (hit: Hit): void => {
    // A line that says one thing twice is shown twice only where every condition needs its own.
    if (level === "present" || !kept.some(({ path, line }) => path === hit.path && line === hit.line)) kept.push(hit);
  };
  for (const aspect of ordered)
    if (aspect.required || kept.length === 0)
      for (const hit of distinct(aspect, shown).slice(0, aspect.atLeast ?? 1)) take(hit);
  // Tests raise what is present, and nothing else.
  const test = level === "present" && hits.find(({ strength, aspect }) => strength === "test" && aspect === "tested");
  const rounds = [...kept.slice(0, findingsMax - (test ? 1 : 0)), ...(test ? [test] : [])];
  return rounds.map(findingOf);
}

function distinct({ id }: Aspect, hits: readonly Hit[]): Hit[] {
  const seen = new Set<string>();
  return hits.filter((hit) => {
    const mark = id === "kinds" ? hit.probe : `${hit.path}:${hit.line}`;
    if (hit.aspect !== id || hit.strength === "name" || seen.has(mark)) return false;
    seen.add(mark);
    return true;
  });
}

function absenceFindings(hits: readonly Hit[], anchors: readonly AnchorLine[]): Finding[] {
  const denials = hits.filter(({ aspect }) => aspect === deniedAspect);
  const kinds = ["model-call", "tool-dispatch", "main-loop"] as const;
  const lines = kinds.flatMap((kind) => anchors.filter((anchor) => anchor.kind === kind).slice(0, 1));
  return [
    ...denials.map(findingOf),
    ...lines.map(({ path, line, quote, kind }) => ({ path, line, quote, probe: `anchor:${kind}` })),
  ];
}

function findingOf({ path, line, quote, probe }: Hit): Finding {
  return { path, line, quote, probe };
}

function whyOf(
  level: Level,
  { hits, understood, doubts, unread, aspects, filesScanned }: Examination,
  missing: readonly Aspect[],
): string {
  const read = `Local structural analysis of ${filesScanned} source files`;
  const proved = aspects.filter((aspect) => aspect.required && isProved(aspect, hits)).map(({ text }) => text);
  switch (level) {
    case "present":
      return `${read}: every condition shows an effect in the code (${proved.join("; ")}).`;
    case "partial": {
      const notes = [
        ...new Set(
          hits
            .filter(({ aspect, strength }) => aspect !== deniedAspect && strength !== "test" && strength !== "name")
            .map(({ note }) => note),
        ),
      ].slice(0, 4);
      return `${read}: found ${notes.join("; ") || "tests only"}; no effect found for: ${missing.map(({ text }) => text).join("; ")}.`;
    }
    case "absent":
      return hits.some(({ aspect }) => aspect === deniedAspect)
        ? `${read}: the repository says that it has none, and no effect contradicts it.`
        : `${read}: model call and run path were found, and no probe fired on them${doubts.length > 0 ? `, though ${doubts.join("; ")}` : ""}.`;
    case "unknown":
      if (filesScanned === 0) return `Local structural analysis: ${noSource(unread)}.`;
      return `${read}: ${understood ? `nothing conclusive fired, and that proves nothing: ${doubts.join("; ") || "what fired was too weak"}` : "no model call was recognised, so silence proves nothing"}.`;
  }
}

/** Says that there was nothing to read, and what there was instead. */
function noSource(unread: Readonly<Record<string, number>>): string {
  const found = Object.entries(unread)
    .sort(([, left], [, right]) => right - left)
    .slice(0, 6)
    .map(([extension, count]) => `${count} ${extension}`);
  return `no TypeScript, JavaScript or Python source found; found: ${found.join(", ") || "no source code in any known language"}`;
}

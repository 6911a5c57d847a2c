/**
 * Asks one primitive's probes of a workspace and puts what they found into one document: anchors, aspects, and hits
 * with the line each can be re-read at, best first.
 */
import { affinityOf } from "./affinity.ts";
import { assertionsIn, namesNearModel, probedIn } from "./asserting-tests.ts";
import { doubtsAbout } from "./doubts.ts";
import type { Aspect, Finding, Hit, PrimitiveId, Strength } from "./finding.ts";
import { catalogue } from "./index.ts";
import type { PrimitiveProbes } from "./primitive.ts";
import { placing } from "./run-path/anchor-order.ts";
import type { Anchor } from "./run-path/anchors.ts";
import { createBreath } from "./source/breath.ts";
import { type FileFacts, lineOf, quoteOf } from "./source/facts.ts";
import { isScreen } from "./source/scope.ts";
import type { Skipped, Workspace } from "./source/workspace.ts";
import type { WorkspaceIndex } from "./source/workspace-index.ts";
import { denialsOf } from "./statements.ts";

const hitsMax = 40;
const hitsPerAspectMax = 8;
const hitsPerFileAndAspectMax = 2;
const anchorsPerKindMax = 4;
/** A longer line is data, and no reader's evidence. */
const quoteCharsMax = 400;

export interface AnchorLine {
  readonly kind: Anchor["kind"];
  readonly path: string;
  readonly line: number;
  readonly quote: string;
  readonly note: string;
}

export interface Examination {
  readonly primitive: PrimitiveId;
  /** Set when only this file was examined again. */
  readonly path?: string;
  readonly filesScanned: number;
  readonly filesSkipped: readonly Skipped[];
  readonly languages: Readonly<Record<string, number>>;
  /** False where the run path was not found: then nothing may be called absent. */
  readonly understood: boolean;
  /** Why silence proves nothing here, although the run path was found; empty where it does. */
  readonly doubts: readonly string[];
  /** Files of product code in languages that the probes cannot read, by extension. */
  readonly unread: Readonly<Record<string, number>>;
  readonly anchors: readonly AnchorLine[];
  readonly aspects: readonly Aspect[];
  readonly hits: readonly Hit[];
  /** Hits before the cap. */
  readonly hitsFound: number;
}

interface Ranked {
  readonly file: FileFacts;
  readonly finding: Finding;
  readonly far: number;
  readonly onPath: boolean;
}

const rank: Readonly<Record<Strength, number>> = { effect: 4, test: 3, called: 2, declaration: 1, name: 0 };

/** `only` limits the examination to one file, whose facts the caller has just read. */
export async function examine(
  workspace: Workspace,
  primitive: PrimitiveId,
  signal: AbortSignal,
  only?: FileFacts,
): Promise<Examination> {
  const probes = catalogue[primitive];
  const { index } = workspace;
  const files = only ? [only] : workspace.files;
  const breathe = createBreath(signal);
  const ranked: Ranked[] = [];
  for (const file of files) {
    if (file.role !== "test") ranked.push(...productFindings(file, probes, index));
    await breathe();
  }
  const subjects = { probed: probedIn(choose(ranked, probes)), near: namesNearModel(index), whole: only === undefined };
  for (const file of files) {
    // A test of a screen asserts what is shown.
    if (file.role === "test" && !isScreen(file.path))
      ranked.push(...assertionsIn(file, probes, subjects).map((finding) => ({ file, finding, far: 0, onPath: false })));
    await breathe();
  }
  const chosen = choose(ranked, probes);
  const denials = only ? [] : denialHits(workspace, probes);
  return {
    primitive,
    ...(only && { path: only.path }),
    filesScanned: files.length,
    filesSkipped: only ? [] : workspace.skipped,
    languages: workspace.languages,
    understood: index.understood,
    doubts: doubtsAbout(workspace, primitive),
    unread: workspace.unread,
    anchors: anchorLines(index, only?.path),
    aspects: [...probes.aspects, deniedAspect],
    hits: [...chosen.map(hitOf), ...denials],
    hitsFound: ranked.length + denials.length,
  };
}

/** The aspect under which a repository's own "we have no X" appears. */
const deniedAspect: Aspect = { id: "denied", required: false, text: "the repository says itself that it has none" };

function productFindings(file: FileFacts, probes: PrimitiveProbes, index: WorkspaceIndex): Ranked[] {
  const far = index.farFromAnchors(file.path);
  // A package that neither calls a model nor uses one that does is no part of the harness.
  if (far >= 4 && index.anchors.length > 0) return [];
  if (isScreen(file.path)) return [];
  return [...probes.probe(file, index)].map((finding) => ({
    file,
    finding,
    far,
    onPath: index.onRunPath(file, finding.offset),
  }));
}

function choose(ranked: readonly Ranked[], { id, aspects }: PrimitiveProbes): Ranked[] {
  const needed = new Map(aspects.map(({ id, atLeast }) => [id, atLeast ?? 1]));
  const order = (one: Ranked) =>
    rank[one.finding.strength] * 100 -
    one.far * 5 +
    (one.onPath ? 5 : 0) +
    (one.finding.apt ?? 0) +
    affinityOf(id, one.file, one.finding.offset);
  const sorted = ranked
    .map((one) => ({ one, at: order(one) }))
    .sort((left, right) => right.at - left.at)
    .map(({ one }) => one);
  const seen = new Set<string>();
  const perAspect = new Map<string, number>();
  const chosen = sorted.filter(({ file, finding }) => {
    // One line may name several kinds of entry; for everything else a line proves an aspect once.
    const proof = finding.aspect === "kinds" ? finding.probe : finding.aspect;
    const line = `${proof} ${file.path}:${lineFor(file, finding.offset)}`;
    const inFile = `${finding.aspect} ${file.path}`;
    if (seen.has(line) || quoteOf(file, lineFor(file, finding.offset)).length > quoteCharsMax) return false;
    seen.add(line);
    perAspect.set(inFile, (perAspect.get(inFile) ?? 0) + 1);
    perAspect.set(finding.aspect, (perAspect.get(finding.aspect) ?? 0) + 1);
    return (
      (perAspect.get(inFile) ?? 0) <= Math.max(hitsPerFileAndAspectMax, 2 * (needed.get(finding.aspect) ?? 1)) &&
      (perAspect.get(finding.aspect) ?? 0) <= hitsPerAspectMax
    );
  });
  return chosen.slice(0, hitsMax);
}

/** A condition that starts on the next line is quoted from there: "if (" tells nobody anything. */
function lineFor(file: FileFacts, offset: number): number {
  const line = lineOf(file, offset);
  return /^(?:\}?\s*else\s+|el)?(?:if|while|for)?\s*\($/.test(quoteOf(file, line)) ? line + 1 : line;
}

function hitOf({ file, finding: { offset, ...rest } }: Ranked): Hit {
  const line = lineFor(file, offset);
  return {
    probe: rest.probe,
    aspect: rest.aspect,
    strength: rest.strength,
    path: file.path,
    line,
    quote: quoteOf(file, line),
    note: rest.note,
  };
}

function denialHits({ statements }: Workspace, probes: PrimitiveProbes): Hit[] {
  return denialsOf(statements, probes.denied).map(({ path, line, quote }) => ({
    probe: "statement:denied",
    aspect: deniedAspect.id,
    strength: "declaration",
    path,
    line,
    quote,
    note: "the repository says that it has none",
  }));
}

function anchorLines(index: WorkspaceIndex, path: string | undefined): AnchorLine[] {
  const kinds = ["model-call", "tool-dispatch", "main-loop"] as const;
  const placeOf = placing(index);
  return kinds.flatMap((kind) => {
    const ofKind = index.anchors.filter(
      (anchor) => anchor.kind === kind && (path === undefined || anchor.file.path === path),
    );
    return ofKind
      .map((anchor) => ({ anchor, place: placeOf(anchor) }))
      .sort((left, right) => left.place - right.place)
      .map(({ anchor }) => anchor)
      .filter(({ file, offset }) => quoteOf(file, lineOf(file, offset)).length <= quoteCharsMax)
      .slice(0, anchorsPerKindMax)
      .map(({ file, offset, note }) => {
        const line = lineOf(file, offset);
        return { kind, path: file.path, line, quote: quoteOf(file, line), note };
      });
  });
}

/**
 * One pass over a workspace: every source file is read through the box, parsed once and reduced to facts. What was
 * left out is counted by reason; nothing is passed over in silence, and no single file can hold up or break the pass.
 */
import { setImmediate as nextTick } from "node:timers/promises";
import type { Box, BoxEntry, BoxRefusalCode, BoxSkip } from "../../box.ts";
import { extract } from "./extract.ts";
import type { FileFacts } from "./facts.ts";
import { isUnreadLanguage, sourceLanguageOf } from "./languages.ts";
import { type Role, roleOf, roleOfSource, type SkipReason } from "./scope.ts";
import { indexWorkspace, type Package, type WorkspaceIndex } from "./workspace-index.ts";

/** Longer source files are generated or data: skipped and said. In bytes. */
const sourceBytesMax = 1_000_000;
/** Facts of at most so much source are kept in one pass, in UTF-16 units; about three times that in memory. */
const passCharsMax = 80_000_000;
const filesMax = 20_000;
const walkedMax = 100_000;
const parsedAtOnce = 4;
const pathsPerReasonMax = 5;

export interface Skipped {
  readonly why: SkipReason | BoxSkip["why"];
  readonly count: number;
  /** The first few, in walk order. */
  readonly paths: readonly string[];
}

/** A document in which a repository speaks about itself. */
export interface Statement {
  readonly path: string;
  readonly source: string;
}

export interface Workspace {
  readonly files: readonly FileFacts[];
  readonly skipped: readonly Skipped[];
  readonly languages: Readonly<Record<string, number>>;
  /** Product files in languages without a parser here, by extension. */
  readonly unread: Readonly<Record<string, number>>;
  readonly statements: readonly Statement[];
  readonly packages: readonly Package[];
  readonly index: WorkspaceIndex;
  /** Source characters held, in UTF-16 units. */
  readonly chars: number;
}

interface Tally {
  readonly skipped: Map<Skipped["why"], { count: number; paths: string[] }>;
  readonly languages: Record<string, number>;
}

/** What a walk found of interest: source, documents about the repository, manifests; and what it could not enter. */
export interface Listing {
  readonly entries: readonly BoxEntry[];
  readonly skips: readonly BoxSkip[];
}

/** Ignored files are no news and are not listed. */
export async function listSources(box: Box, signal: AbortSignal): Promise<Listing> {
  const entries: BoxEntry[] = [];
  const skips: BoxSkip[] = [];
  const onSkip = (skipped: BoxSkip): void => {
    if (skipped.why !== "ignored") skips.push(skipped);
  };
  for await (const entry of box.walk({ signal, filesMax: walkedMax, onSkip })) {
    const { path } = entry;
    if (sourceLanguageOf(path) || isUnreadLanguage(path) || isStatement(path) || isManifest(path)) entries.push(entry);
  }
  return { entries, skips };
}

/** @throws when the signal is aborted, and what the box throws for reasons other than one file. */
export async function readWorkspace(box: Box, { entries, skips }: Listing, signal: AbortSignal): Promise<Workspace> {
  const tally: Tally = { skipped: new Map(), languages: {} };
  for (const { why, path } of skips) skip(tally, why, path);
  const files: FileFacts[] = [];
  const statements: Statement[] = [];
  const packages: Package[] = [];
  let chars = 0;
  for (const entry of entries.filter(({ path }) => isStatement(path) || isManifest(path))) {
    const source = await readText(box, entry.path, signal);
    if (typeof source !== "string") continue;
    if (isStatement(entry.path)) statements.push({ path: entry.path, source });
    else packages.push(packageFrom(entry.path, source));
  }
  const sources = entries.filter(({ path }) => sourceLanguageOf(path) || isUnreadLanguage(path));
  for (let at = 0; at < sources.length; at += parsedAtOnce) {
    signal.throwIfAborted();
    const full = chars >= passCharsMax || files.length >= filesMax;
    const batch = sources.slice(at, at + parsedAtOnce);
    // Parsing runs on other threads: a few files at a time keep them busy.
    const results = await Promise.all(
      batch.map(async ({ path }) => (full ? "beyond the limit of one pass" : readFacts(box, path, signal))),
    );
    for (const [index, facts] of results.entries()) {
      if (typeof facts === "string") {
        skip(tally, facts, batch[index]?.path ?? "");
        continue;
      }
      files.push(facts);
      chars += facts.source.length;
      tally.languages[facts.language] = (tally.languages[facts.language] ?? 0) + 1;
    }
    // The worker renews its locks between files.
    await nextTick();
  }
  packages.sort((left, right) => left.folder.length - right.folder.length);
  return {
    files,
    statements,
    unread: unreadOf(sources),
    packages,
    index: await indexWorkspace(files, packages, signal),
    chars,
    languages: tally.languages,
    skipped: skippedOf(tally),
  };
}

/**
 * The workspace with one file as it was just read. Where its text did not change the known facts stand; where it did,
 * the anchors are found again, so that nothing stale is compared with it.
 */
export async function withFresh(
  workspace: Workspace,
  fresh: FileFacts,
  signal: AbortSignal,
): Promise<{ readonly workspace: Workspace; readonly file: FileFacts }> {
  const known = workspace.files.find(({ path }) => path === fresh.path);
  if (known?.source === fresh.source) return { workspace, file: known };
  const files = [...workspace.files.filter(({ path }) => path !== fresh.path), fresh];
  const index = await indexWorkspace(files, workspace.packages, signal);
  return { workspace: { ...workspace, files, index }, file: fresh };
}

/** The facts of one file read now, or why it has none. */
export async function readFacts(box: Box, path: string, signal: AbortSignal): Promise<FileFacts | SkipReason> {
  const role = roleOf(path);
  if (!isReadable(role)) return role;
  const language = sourceLanguageOf(path);
  if (language === undefined) return "unsupported language";
  const source = await readText(box, path, signal);
  if (typeof source !== "string") return source.why;
  const ownRole = language === "agent file" ? undefined : roleOfSource(source);
  if (ownRole) return ownRole;
  return extract(path, source, language, role);
}

function unreadOf(entries: readonly BoxEntry[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { path } of entries) {
    if (!isUnreadLanguage(path) || roleOf(path) !== "product") continue;
    const extension = path.slice(path.lastIndexOf(".")).toLowerCase();
    counts[extension] = (counts[extension] ?? 0) + 1;
  }
  return counts;
}

function isReadable(role: Role | SkipReason): role is Role {
  return role === "product" || role === "test";
}

async function readText(box: Box, path: string, signal: AbortSignal): Promise<string | { readonly why: SkipReason }> {
  try {
    const { bytes, truncated } = await box.read(path, { bytesMax: sourceBytesMax, signal });
    if (truncated) return { why: "too large" };
    if (bytes.includes(0)) return { why: "not text" };
    return new TextDecoder("utf-8").decode(bytes);
  } catch (cause) {
    signal.throwIfAborted();
    const refused = refusalCode(cause);
    if (refused) return { why: refused === "box.too_large" ? "too large" : "unreadable" };
    throw cause;
  }
}

/** The box has its own class of error; what it promises is the code. */
export function refusalCode(cause: unknown): BoxRefusalCode | undefined {
  const code: unknown = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" && code.startsWith("box.") ? (code as BoxRefusalCode) : undefined;
}

function skip(tally: Tally, why: Skipped["why"], path: string): void {
  const known = tally.skipped.get(why) ?? { count: 0, paths: [] };
  known.count += 1;
  if (known.paths.length < pathsPerReasonMax) known.paths.push(path);
  tally.skipped.set(why, known);
}

function skippedOf({ skipped }: Tally): Skipped[] {
  return [...skipped]
    .map(([why, { count, paths }]) => ({ why, count, paths }))
    .sort((left, right) => right.count - left.count);
}

function isStatement(path: string): boolean {
  return (
    /(^|\/)(readme|agents|claude|architecture)(\.md|\.rst|\.txt)?$/i.test(path) &&
    // The README of an example or a fixture speaks of something else.
    roleOf(path) === "product" &&
    path.split("/").length <= 3
  );
}

function isManifest(path: string): boolean {
  return /(^|\/)(package\.json|pyproject\.toml)$/.test(path);
}

function packageFrom(path: string, source: string): Package {
  const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  const name = /["']?name["']?\s*[:=]\s*["']([^"']+)["']/.exec(source)?.[1] ?? "";
  return { folder, name: path.endsWith(".toml") ? name.replaceAll("-", "_") : name };
}

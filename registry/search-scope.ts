/**
 * Which files a search looks at, and what it must say about those it did not: shared by Glob, Grep and AstSearch, so
 * that they mean the same by a path and a pattern.
 */
import type { Box, BoxEntry, BoxSkip } from "./box.ts";
import { type GlobPattern, GlobPatternError, parseGlob } from "./glob-pattern.ts";
import { readSource } from "./source-text.ts";
import type { ToolOutput } from "./tool.ts";

/** Reasons that a reader of the answer should know; what is ignored on purpose is not among them. */
const noted = {
  unreadable: "unreadable",
  link_outside: "links leading outside",
  link_loop: "links going round in a circle",
  too_deep: "folders too deep",
  bad_name: "names that are not valid text",
  not_a_file: undefined,
  ignored: undefined,
  too_many: undefined,
} satisfies Record<BoxSkip["why"], string | undefined>;

export interface Skips {
  readonly add: (skip: BoxSkip) => void;
  /** One bracketed sentence, or nothing. */
  readonly note: () => readonly string[];
}

export function countSkips(): Skips {
  const counts = new Map<BoxSkip["why"], number>();
  return {
    add: ({ why }) => counts.set(why, (counts.get(why) ?? 0) + 1),
    note: () => {
      const parts = [...counts].flatMap(([why, count]) => (noted[why] === undefined ? [] : [`${count} ${noted[why]}`]));
      const full = counts.has("too_many")
        ? ["[The workspace has more files than can be looked at; start deeper with path.]"]
        : [];
      return [...(parts.length > 0 ? [`[Not looked at: ${parts.sort().join(", ")}.]`] : []), ...full];
    },
  };
}

export interface Scope {
  /** Folder, relative to the root and without a slash at its end; "" for the root. */
  readonly folder: string;
  /** The path named one file, and only it is looked at. */
  readonly file?: BoxEntry;
}

/** @throws BoxRefusal */
export async function scopeOf(box: Box, path: string | undefined): Promise<Scope> {
  if (path === undefined) return { folder: "" };
  const entry = await box.stat(path);
  return entry.kind === "folder" ? { folder: entry.path } : { folder: "", file: entry };
}

/** The path as a pattern sees it: relative to the folder that the search starts from. */
export function belowFolder({ folder }: Scope, path: string): string {
  return folder === "" ? path : path.slice(folder.length + 1);
}

/** The pattern, or the answer that says why it cannot be used. */
export function globOrAnswer(pattern: string, options?: { anyDepth: boolean }): GlobPattern | ToolOutput {
  try {
    return parseGlob(pattern, options);
  } catch (error) {
    if (!(error instanceof GlobPatternError)) throw error;
    return {
      ok: false,
      text: `The glob pattern ${JSON.stringify(pattern.slice(0, 200))} cannot be used: ${error.message}.`,
    };
  }
}

export interface SearchedFile {
  readonly path: string;
  readonly text: string;
}

export interface FileSearch {
  /** In path order. */
  readonly files: AsyncIterable<SearchedFile>;
  readonly searched: () => number;
  /** What was left out, in bracketed sentences. */
  readonly notes: () => readonly string[];
}

export interface FileSearchOptions {
  readonly box: Box;
  readonly scope: Scope;
  /** Judges a path relative to the folder that the search starts from. */
  readonly wants: (path: string) => boolean;
  readonly bytesMax: number;
  readonly signal: AbortSignal;
}

/** Files read ahead of the one that is searched. */
const readAhead = 8;

export function searchFiles({ box, scope, wants, bytesMax, signal }: FileSearchOptions): FileSearch {
  const skips = countSkips();
  const left = new Map<string, number>();
  let searched = 0;
  const read = async ({ path, bytes }: BoxEntry) => {
    const source = bytes > bytesMax ? ({ why: "too large" } as const) : await readSource(box, path, bytesMax, signal);
    if ("why" in source) left.set(source.why, (left.get(source.why) ?? 0) + 1);
    else searched += 1;
    return "why" in source ? undefined : { path, text: source.text };
  };
  async function* files(): AsyncGenerator<SearchedFile> {
    const ahead: ReturnType<typeof read>[] = [];
    const next = async () => await ahead.shift();
    for await (const entry of entriesOf(box, scope, signal, skips)) {
      if (scope.file === undefined && !wants(belowFolder(scope, entry.path))) continue;
      const reading = read(entry);
      // Whoever waits for it sees the failure; nobody may be left who does when an earlier file failed.
      reading.catch(() => undefined);
      ahead.push(reading);
      const file = ahead.length > readAhead ? await next() : undefined;
      if (file) yield file;
    }
    while (ahead.length > 0) {
      const file = await next();
      if (file) yield file;
    }
  }
  return {
    files: files(),
    searched: () => searched,
    notes: () => {
      const parts = [...left].map(([why, count]) => `${count} ${why}`).sort();
      return [...(parts.length > 0 ? [`[Files not searched: ${parts.join(", ")}.]`] : []), ...skips.note()];
    },
  };
}

async function* entriesOf(box: Box, scope: Scope, signal: AbortSignal, skips: Skips): AsyncGenerator<BoxEntry> {
  if (scope.file) yield scope.file;
  else yield* box.walk({ under: scope.folder, signal, onSkip: skips.add });
}

/**
 * Judges one call: finds its row, takes it apart, fills the slots, adds what `inspect` finds and what it would start in
 * turn. Of all that is found the worst counts; what no table knows is `unknown`.
 */
import { emitWord, type OutputPiece } from "./emit.ts";
import { fillTemplate, judgeOperands, judgeRaises } from "./judge-operands.ts";
import { type Matched, matchCall } from "./match-options.ts";
import type { Finding, Program } from "./program.ts";
import { unknown } from "./program.ts";
import { cut, fill, writesCritical } from "./slot.ts";
import { add, isWorse, startTally, type Tally } from "./tally.ts";
import type { ShellPart, ShellPath, ShellRisk } from "./verdict.ts";
import { literalWord, type ShellWord, wordOf } from "./word.ts";

export interface CallContext {
  readonly programOf: (name: string) => Program | undefined;
  readonly rootsOf: (piece: OutputPiece) => readonly string[] | null;
  readonly outputText: (piece: OutputPiece) => string | null;
  /** Parts of a text that some shell would run. */
  readonly partsOf: (text: string) => Pick<CallJudgement, "parts" | "paths" | "hosts" | "loses">;
  /** Paths that the input's lines lie below; null where they are something else, or nobody knows. */
  readonly inputRoots: readonly string[] | null;
  /** Whether it reads from a pipe. */
  readonly hasInput: boolean;
  /** False behind a `cd` that does not lead downward. */
  readonly trustsFolder: boolean;
  readonly depth: number;
  /** Within a call that was found loosely: there one place is tried, or the places of places would be without number. */
  readonly isLoose?: boolean;
}

export interface CallJudgement {
  readonly risk: ShellRisk;
  readonly rule: string;
  readonly reason: string;
  /** Itself, then what it starts. */
  readonly parts: readonly ShellPart[];
  readonly paths: readonly ShellPath[];
  readonly hosts: readonly string[];
  readonly loses: readonly string[];
  readonly complete: boolean;
  /** As it is to run. */
  readonly words: readonly ShellWord[];
  /** Its input is lines, to be handed over with zero bytes in their place: xargs splits them at blanks otherwise. */
  readonly takesLines: boolean;
  /** Paths that its output's lines lie below. */
  readonly roots: readonly string[] | null;
}

const depthMax = 8;
const loosePlacesMax = 6;

export function judgeCall(words: readonly ShellWord[], context: CallContext): CallJudgement {
  const [first, ...rest] = words;
  const name = nameOf(first?.literal ?? null);
  const tally = startTally(name);
  if (first === undefined || name === null) {
    tally.complete = false;
    add(tally, "shell", unknown("which program would run is not certain", "uncertain-program"));
    return close(tally, words, words, context);
  }
  const program = context.programOf(name);
  if (program === undefined) {
    add(tally, "shell", unknown(`nothing is known here of ${cut(name)}`, "unknown-program"));
    tally.complete = rest.every(isCertain);
    tally.paths.push(...guessedPaths(rest));
    return close(tally, words, words, context);
  }
  const matched = matchCall(program, name, rest);
  if ("reason" in matched) {
    tally.rule = ["shell", name, ...matched.subcommands].join(".");
    add(tally, tally.rule, unknown(matched.reason, matched.rule));
    tally.complete = rest.every(isCertain);
    tally.paths.push(...guessedPaths(rest));
    if (program.wraps) wrapLoosely(rest, context, tally);
    return close(tally, words, words, context);
  }
  return judgeMatched(first, words, matched, context, tally);
}

/** `/usr/bin/x` is x; any other path is a program of its own. */
function nameOf(literal: string | null): string | null {
  return literal?.replace(/^\/(?:usr\/)?bin\/(?=[^/]+$)/, "") || null;
}

/** Of a call that no row matches: words and values that look like files, for the rules that protect some. */
function guessedPaths(words: readonly ShellWord[]): ShellPath[] {
  return words
    .map(({ shown }) => shown.replace(/^-[\w-]*[=@]?|^[\w-]+=@?|^@/, ""))
    .filter((text) => /^[^\s]{1,500}$/.test(text) && !text.includes("://") && /[./~]/.test(text))
    .map((path) => ({ path, access: "read" }));
}

function isCertain(word: ShellWord): boolean {
  return word.pieces.every(({ kind }) => kind === "text" || kind === "glob" || kind === "home");
}

function judgeMatched(
  first: ShellWord,
  words: readonly ShellWord[],
  matched: Matched,
  context: CallContext,
  tally: Tally,
): CallJudgement {
  const { row, call } = matched;
  const rule = ["shell", call.program, ...call.subcommands].join(".");
  tally.rule = rule;
  tally.reason = `${[call.program, ...call.subcommands].join(" ")} ${row.reason}`;
  tally.risk = row.risk;
  if (row.risk !== "read-only" && row.loses) tally.loses.push(fillTemplate(row.loses, matched, null));
  for (const [word, slot] of matched.values) add(tally, rule, fill(word, slot, context));
  judgeOperands(matched, context, tally, rule);
  judgeRaises(matched, tally, rule);
  if (row.readsFolder && !context.trustsFolder) {
    add(tally, rule, unknown("it obeys settings of a folder that the line went to", "folder"));
  }
  const found = row.inspect?.(call);
  add(tally, rule, found);
  const written = found?.paths?.flatMap(({ path, access }) => (access === "write" ? [path] : []));
  add(tally, rule, writesCritical(written ?? []));
  tally.roots = rootsOfOutput(matched, tally, found, context);
  const starts = row.wraps !== undefined && !(row.wrapsUnless && call.given(row.wrapsUnless));
  const emitted = starts ? wrap(first, matched, context, tally, rule) : [first, ...always(matched), ...matched.words];
  for (const nested of found?.calls ?? []) start(nested, context, tally, false);
  for (const line of found?.lines ?? []) {
    const seen = context.partsOf(line);
    tally.parts.push(...seen.parts);
    tally.paths.push(...seen.paths);
    tally.hosts.push(...seen.hosts);
    tally.loses.push(...seen.loses);
    tally.complete = false;
    add(tally, rule, unknown("it hands text to a shell", "shell-text"));
  }
  if (tally.risk === "unknown" && !call.operands.every(isCertain)) tally.complete = false;
  return close(tally, words, emitted, context);
}

function rootsOfOutput(
  { row, call }: Matched,
  tally: Tally,
  found: Finding | undefined,
  context: CallContext,
): readonly string[] | null {
  if (found?.roots !== undefined) return found.roots;
  const lists = row.lists === true || (typeof row.lists === "string" && call.given(row.lists));
  const read = tally.paths.filter(({ access }) => access === "read").map(({ path }) => path);
  if (lists) return read.some((path) => !path.startsWith("**/")) ? [...read, "."] : [".", ...read];
  return (typeof row.passes === "function" ? row.passes(call) : row.passes) && read.length === 0
    ? context.inputRoots
    : null;
}

/** Written back once: a line that holds them already is left as it is. */
function always({ row, words }: Matched): readonly ShellWord[] {
  const wanted = row.always ?? [];
  return wanted.every((text, index) => words[index]?.literal === text) ? [] : wanted.map(literalWord);
}

/** @returns the words as they are to run. */
function wrap(
  first: ShellWord,
  matched: Matched,
  context: CallContext,
  tally: Tally,
  rule: string,
): readonly ShellWord[] {
  const { row, call, words } = matched;
  const skipped = row.operands?.first?.length ?? 0;
  let inner = call.operands.slice(skipped);
  const own: ShellWord[] = words.slice(0, words.length - inner.length);
  if (row.wraps === "hidden") {
    wrapLoosely(inner, context, tally);
    return [first, ...words];
  }
  if (inner.length === 0) {
    if (row.wraps === "call") add(tally, rule, unknown("the program is missing", "operands"));
    return [first, ...words];
  }
  if (row.wraps === "xargs") {
    const mark = call.values("-d")[0];
    // Paths stay whole only where its input is cut at line ends or at zero bytes.
    const isWhole = mark === undefined || mark.literal === "\\n";
    inner = withInput(inner, call.values("-I")[0], isWhole ? context.inputRoots : null);
    if (context.inputRoots !== null && mark === undefined && !call.given("-0 --null")) {
      tally.takesLines = true;
      own.unshift(literalWord("-0"));
    }
  }
  tally.isTransparent = tally.risk === "read-only";
  const judged = start(inner, context, tally, true);
  return [first, ...own, ...judged.words];
}

/** The call as xargs makes it: paths of its input behind, or wherever the mark stands. */
function withInput(
  inner: readonly ShellWord[],
  mark: ShellWord | undefined,
  roots: readonly string[] | null,
): ShellWord[] {
  if (mark === undefined) return [...inner, wordOf([{ kind: "stand-in", value: "", roots, isPath: false }])];
  const text = mark.literal;
  if (text === null || text === "") return [wordOf([{ kind: "stand-in", value: "", roots: null, isPath: false }])];
  return inner.map((word) => {
    if (word.literal === null || !word.literal.includes(text)) return word;
    const pieces = word.literal
      .split(text)
      .flatMap((value, index) => [
        ...(index > 0 ? [{ kind: "stand-in", value: text, roots, isPath: false } as const] : []),
        ...(value === "" ? [] : [{ kind: "text", value } as const]),
      ]);
    return wordOf(pieces);
  });
}

function start(words: readonly ShellWord[], context: CallContext, tally: Tally, isRewritten: boolean): CallJudgement {
  if (context.depth >= depthMax) {
    tally.complete = false;
    add(tally, "shell", unknown("calls are nested very deep", "depth"));
    return close(startTally(null), words, words, context);
  }
  const judged = judgeCall(words, { ...context, depth: context.depth + 1 });
  tally.parts.push(...judged.parts);
  tally.paths.push(...judged.paths);
  tally.hosts.push(...judged.hosts);
  tally.loses.push(...judged.loses);
  tally.complete &&= judged.complete;
  tally.takesLines ||= judged.takesLines;
  if (isWorse(judged.risk, tally.risk) || tally.risk === "read-only") {
    tally.risk = judged.risk;
    tally.rule = judged.rule;
    tally.reason = judged.reason;
  }
  const isSame = judged.words.length === words.length && judged.words.every((word, index) => word === words[index]);
  if (!isRewritten && !isSame) add(tally, "shell", unknown("a name could turn out to be an option", "uncertain"));
  return judged;
}

/**
 * Where the wrapped call begins is not known: each word that names a program may begin it. That lists too much rather
 * than too little, for the rules that deny.
 */
function wrapLoosely(words: readonly ShellWord[], context: CallContext, tally: Tally): void {
  tally.complete = false;
  const named = words.flatMap(({ literal }, at) =>
    literal !== null && context.programOf(nameOf(literal) ?? "") !== undefined ? [at] : [],
  );
  const first = words.findIndex(({ head }) => head !== "" && !/^-|^[A-Za-z_]\w*=/.test(head));
  const placesMax = context.isLoose ? 1 : loosePlacesMax;
  for (const at of new Set([...(first < 0 ? [] : [first]), ...named].slice(0, placesMax))) {
    start(words.slice(at), { ...context, isLoose: true }, tally, false);
  }
}

function close(
  tally: Tally,
  given: readonly ShellWord[],
  words: readonly ShellWord[],
  context: CallContext,
): CallJudgement {
  const shown = given.filter((word) => word.shown !== "" || word.literal !== null);
  const { risk, rule, reason } = tally;
  const text = shown.map((word) => emitWord(word, context.outputText) ?? word.shown).join(" ");
  const part: ShellPart = { words: shown.map((word) => word.shown), text, risk, rule, reason };
  return { ...tally, parts: tally.isTransparent ? tally.parts : [part, ...tally.parts], words };
}

/** Whether an unquoted output that lists paths stands among its words. */
export function takesPathsFrom(
  { words }: { readonly words: readonly ShellWord[] },
  { rootsOf, programOf: find }: CallContext,
): boolean {
  if (find(words[0]?.literal ?? "")?.inert) return false;
  return words.some(({ pieces: [first] }) => first?.kind === "output" && !first.quoted && rootsOf(first) !== null);
}

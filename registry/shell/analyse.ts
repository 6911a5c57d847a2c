/**
 * The shell analysis: one line of text in, one verdict out. It is pure and runs nothing; what it does not understand is
 * `unknown`, and only what it understood to the last character is written back to be run.
 */
import { emitWord, isAppended, type OutputPiece } from "./emit.ts";
import { Folders, folderNamed, isDownward, pathFrom, type ShellPlace } from "./folders.ts";
import { type CallContext, type CallJudgement, judgeCall, takesPathsFrom } from "./judge-call.ts";
import {
  readLine,
  type ShellCall,
  type ShellChain,
  type ShellLine,
  type ShellPipeline,
  type ShellRedirect,
} from "./line.ts";
import { looseCalls } from "./loose-calls.ts";
import type { Finding } from "./program.ts";
import { unknown } from "./program.ts";
import { programOf } from "./programs/index.ts";
import { judgeRedirect } from "./redirect.ts";
import { isWorse } from "./tally.ts";
import { isTangled, tangled } from "./tangled.ts";
import type { ShellPart, ShellPath, ShellRisk, ShellVerdict } from "./verdict.ts";
import { literalWord, ShapeRefusal, type ShellWord } from "./word.ts";

/** Below this, a text that a shell would be handed is not taken apart any more. */
const textDepthMax = 3;
/** Folders that a line may turn out to be in. */
const foldersMax = 8;
const listedMax = 1_000;
/** Paths may hold blanks: with these before them they stay whole. Nothing else is ever set. */
const atLines = "IFS=$'\\n'; ";
const toZeroBytes = "tr '\\n' '\\0' | ";

/** Never throws. At most 10,000 characters are read; a longer text is `unknown`. Takes under 50 ms at that length. */
export function analyse(text: string, place: ShellPlace): ShellVerdict {
  return analyseText(text, place, 0);
}

function analyseText(text: string, place: ShellPlace, textDepth: number): ShellVerdict {
  if (isTangled(text)) return tangled(text);
  try {
    const splits = text.startsWith(atLines);
    return new Analysis(place, textDepth).verdict(readLine(splits ? text.slice(atLines.length) : text), splits);
  } catch (error) {
    if (!(error instanceof ShapeRefusal)) throw error;
    return refused(text, error, place, textDepth);
  }
}

/** What was not understood: the calls that can be found in it are listed all the same, for the rules that deny. */
function refused(text: string, { rule, message }: ShapeRefusal, place: ShellPlace, textDepth: number): ShellVerdict {
  const analysis = new Analysis(place, textDepth);
  const { parts, paths, hosts, loses } = analysis.loosely(looseCalls(text));
  return { risk: "unknown", rule, reason: message, parts, complete: false, emitted: null, paths, hosts, loses };
}

interface LineState {
  /** Folders it may be in, relative to where it began, or absolute. */
  readonly folders: readonly string[];
}

interface Outcome {
  readonly emitted: string | null;
  readonly roots: readonly string[] | null;
}

class Analysis {
  private readonly place: ShellPlace;
  private readonly folders: Folders;
  private readonly textDepth: number;
  private readonly parts: ShellPart[] = [];
  private readonly paths = new Map<string, ShellPath>();
  private readonly hosts = new Set<string>();
  private readonly loses = new Set<string>();
  private readonly outputs = new Map<OutputPiece, Outcome>();
  private complete = true;
  /** Outputs become words line by line, not at every blank. */
  private splitsAtLines = false;
  private worst: { risk: ShellRisk; rule: string; reason: string } | null = null;

  constructor(place: ShellPlace, textDepth: number) {
    this.place = place;
    this.folders = new Folders(place);
    this.textDepth = textDepth;
  }

  verdict(line: ShellLine, splitsAtLines: boolean): ShellVerdict {
    this.splitsAtLines = splitsAtLines;
    if (!this.folders.isInside("")) this.note("shell.folder", unknown("it would run outside of the workspace"));
    const { emitted } = this.readLine(line, { folders: [""] });
    const { risk, rule, reason } = this.worst ?? {
      risk: "read-only",
      rule: "shell.nothing",
      reason: "it runs nothing",
    };
    return {
      risk,
      rule,
      reason,
      parts: this.parts,
      complete: this.complete,
      emitted: this.splitsAtLines && emitted !== null ? `${atLines}${emitted}` : emitted,
      paths: [...this.paths.values()],
      hosts: [...this.hosts],
      loses: [...this.loses],
    };
  }

  loosely(calls: readonly (readonly ShellWord[])[]): Pick<ShellVerdict, "parts" | "paths" | "hosts" | "loses"> {
    for (const words of calls.slice(0, listedMax)) this.take(judgeCall(words, this.context(null, [""])), [""]);
    return { parts: this.parts, paths: [...this.paths.values()], hosts: [...this.hosts], loses: [...this.loses] };
  }

  private readLine(line: ShellLine, state: LineState): Outcome {
    let folders = state.folders;
    const texts: string[] = [];
    let roots: readonly string[] | null = null;
    let emits = true;
    for (const chain of line.chains) {
      const read = this.readChain(chain, folders);
      folders = this.joined(folders, read.folders);
      if (read.emitted === null) emits = false;
      else texts.push(read.emitted);
      roots = read.roots;
    }
    return { emitted: emits ? texts.join("; ") : null, roots: line.chains.length === 1 ? roots : null };
  }

  /** Where `&&` leads, the folder is where success leads; where `||` leads, where failure does. */
  private readChain(chain: ShellChain, folders: readonly string[]): Outcome & LineState {
    let [success, failure]: (readonly string[])[] = [folders, folders] as const;
    let text = "";
    let emits = true;
    let roots: readonly string[] | null = null;
    for (const [index, pipeline] of chain.pipelines.entries()) {
      const join = index === 0 ? null : (chain.joins[index - 1] ?? "&&");
      const from = (join === "||" ? failure : success) ?? folders;
      const read = this.readPipeline(pipeline, from);
      if (join === "||") success = this.joined(success ?? [], read.folders);
      else {
        failure = this.joined(index === 0 ? [] : (failure ?? []), from);
        success = read.folders;
      }
      if (read.emitted === null) emits = false;
      else text += join === null ? read.emitted : ` ${join} ${read.emitted}`;
      roots = read.isCd ? null : read.roots;
    }
    return {
      emitted: emits ? text : null,
      folders: this.joined(success ?? [], failure ?? []),
      roots: chain.joins.includes("||") ? null : roots,
    };
  }

  private readPipeline(
    pipeline: ShellPipeline,
    folders: readonly string[],
  ): Outcome & LineState & { readonly isCd: boolean } {
    const [only] = pipeline.calls;
    if (only && only.words[0]?.literal === "cd") {
      if (pipeline.calls.length === 1 && pipeline.prefix === "")
        return { ...this.changeFolder(only, folders), isCd: true };
      this.note("shell.cd", unknown("a folder is changed where it does not count", "pipeline"));
    }
    let text: string = pipeline.prefix;
    let roots: readonly string[] | null = null;
    let emits = true;
    for (const [index, call] of pipeline.calls.entries()) {
      const read = this.readCall(call, folders, roots, index > 0);
      if (read.emitted === null) emits = false;
      else text += index === 0 ? read.emitted : ` ${pipeline.joins[index - 1] ?? "|"} ${read.emitted}`;
      roots = pipeline.joins[index] === "|&" ? null : read.roots;
    }
    return { emitted: emits ? text : null, roots, folders, isCd: false };
  }

  private changeFolder(call: ShellCall, folders: readonly string[]): Outcome & LineState {
    const words = call.words.filter(({ literal }, index) => index > 0 && !(index === 1 && literal === "--"));
    const target = words.length === 1 && call.redirects.length === 0 ? folderNamed(words[0]) : null;
    if (target === null || target === undefined || target === "" || target.startsWith("-")) {
      const context = this.context(null, folders);
      this.take(judgeCall(call.words, context), folders);
      this.note("shell.cd", unknown("where the line goes to is not certain", "uncertain"));
      return { emitted: null, roots: null, folders };
    }
    const reached = folders.map((folder) => this.folders.enter(folder, target));
    const isOutside = reached.some((folder) => !this.folders.isInside(folder));
    const risk = isOutside ? "unknown" : "read-only";
    const reason = isOutside ? "it leaves the workspace" : "cd goes to a folder";
    const rule = isOutside ? "shell.cd.outside" : "shell.cd";
    // With ./ before it no CDPATH can lead elsewhere.
    const written = /^\.{0,2}(?:\/|$)/.test(target) ? target : `./${target}`;
    const emitted = `cd ${emitWord(literalWord(written), () => null) ?? ""}`;
    this.parts.push({ words: ["cd", target], text: emitted, risk, rule, reason });
    this.note(rule, { risk, reason });
    for (const folder of reached) this.path({ path: folder || ".", access: "read" });
    return { emitted, roots: null, folders: reached };
  }

  private readCall(
    call: ShellCall,
    folders: readonly string[],
    inputRoots: readonly string[] | null,
    hasInput: boolean,
  ): Outcome {
    for (const word of [...call.words, ...call.redirects.map(({ target }) => target)]) this.readOutputs(word, folders);
    const isRedirected = call.redirects.some(({ kind }) => kind === "read" || kind === "text");
    const context = this.context(isRedirected ? null : inputRoots, folders, hasInput || isRedirected);
    const judged = judgeCall(call.words, context);
    const redirects = this.readRedirects(call.redirects, context, folders);
    this.take(judged, folders, redirects.finding);
    const words = judged.words.filter((word) => !isAppended(word)).map((word) => emitWord(word, context.outputText));
    const emits = words.every((word) => word !== null) && redirects.text !== null;
    if (judged.risk !== "unknown" && takesPathsFrom(call, context)) this.splitsAtLines = true;
    const text = [...words, ...(redirects.text ?? [])].join(" ");
    return { emitted: emits ? (judged.takesLines ? `${toZeroBytes}${text}` : text) : null, roots: judged.roots };
  }

  /** What a substitution runs is judged first, in a shell of its own. */
  private readOutputs(word: ShellWord, folders: readonly string[]): void {
    for (const piece of word.pieces) {
      if (piece.kind === "output" || piece.kind === "process")
        this.outputs.set(piece, this.readLine(piece.line, { folders }));
    }
  }

  private readRedirects(
    redirects: readonly ShellRedirect[],
    context: CallContext,
    folders: readonly string[],
  ): { readonly text: readonly string[] | null; readonly finding: Finding | undefined } {
    const text: (string | null)[] = [];
    let worst: Finding | undefined;
    for (const redirect of redirects) {
      const target = emitWord(redirect.target, context.outputText);
      text.push(target === null ? null : `${redirect.operator}${redirect.kind === "copy" ? "" : " "}${target}`);
      const finding = judgeRedirect(redirect, context);
      for (const path of finding?.paths ?? []) this.locate({ ...path, redirect: true }, folders);
      for (const lost of finding?.loses ?? []) this.loses.add(lost);
      if (finding?.risk && (!worst?.risk || isWorse(finding.risk, worst.risk))) worst = finding;
    }
    return { text: text.includes(null) ? null : (text as string[]), finding: worst };
  }

  private context(inputRoots: readonly string[] | null, folders: readonly string[], hasInput = false): CallContext {
    return {
      programOf,
      inputRoots,
      hasInput,
      rootsOf: (piece) => this.outputs.get(piece)?.roots ?? null,
      outputText: (piece) => this.outputs.get(piece)?.emitted ?? null,
      partsOf: (text) => this.partsOf(text),
      trustsFolder: folders.every(isDownward),
      depth: 0,
    };
  }

  private partsOf(text: string): Pick<CallJudgement, "parts" | "paths" | "hosts" | "loses"> {
    if (this.textDepth >= textDepthMax) return { parts: [], paths: [], hosts: ["*"], loses: [] };
    return analyseText(text, this.place, this.textDepth + 1);
  }

  private take(judged: CallJudgement, folders: readonly string[], redirect?: Finding): void {
    const [first, ...others] = judged.parts;
    const raised = redirect?.risk && isWorse(redirect.risk, first?.risk ?? "read-only") ? redirect : null;
    const rule = `shell.redirect${raised?.rule ? `.${raised.rule}` : ""}`;
    if (first && raised?.risk) {
      this.parts.push({ ...first, risk: raised.risk, rule, reason: raised.reason ?? first.reason }, ...others);
    } else this.parts.push(...judged.parts);
    if (raised) this.note(rule, { ...raised, rule: "" });
    this.note(judged.rule, { risk: judged.risk, reason: judged.reason });
    for (const path of judged.paths) this.locate(path, folders);
    for (const host of judged.hosts) this.hosts.add(host);
    for (const lost of judged.loses) this.loses.add(lost);
    this.complete &&= judged.complete;
  }

  private note(rule: string, { risk = "unknown", reason = "", rule: more }: Finding): void {
    if (this.worst !== null && !isWorse(risk, this.worst.risk)) return;
    this.worst = { risk, rule: more ? `${rule}.${more}` : rule, reason };
  }

  private locate({ path, ...how }: ShellPath, folders: readonly string[]): void {
    for (const folder of folders) this.path({ path: pathFrom(folder, path), ...how });
  }

  private path(path: ShellPath): void {
    if (this.paths.size >= listedMax) this.note("shell.paths", unknown("it names very many files"));
    else this.paths.set(`${path.access} ${path.redirect === true} ${path.path}`, path);
  }

  private joined(one: readonly string[], other: readonly string[]): readonly string[] {
    const all = [...new Set([...one, ...other])];
    if (all.length <= foldersMax) return all;
    this.note("shell.cd", unknown("it may be in very many folders", "many"));
    return all.slice(0, 1);
  }
}

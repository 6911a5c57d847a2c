/**
 * A shell line as far as it is understood: chains of pipelines of plain calls. The parser's tree is taken over only in
 * the few shapes that it and bash were seen to agree on; everything else is refused, with the name of what stood there.
 */
import {
  type Command,
  type ParsedScript,
  parse,
  type Redirection,
  type Statement,
  type Word,
  type WordPart,
} from "unbash";
import { type OutputAt, readWord, ShapeRefusal, type ShellWord } from "./word.ts";

export interface ShellRedirect {
  /** `copy`: one of the three standard streams onto another. `text`: what follows is the input itself. */
  readonly kind: "read" | "truncate" | "append" | "copy" | "text";
  /** As bash has it: `2>`, `&>`, `>&`. */
  readonly operator: string;
  readonly target: ShellWord;
}

export interface ShellCall {
  readonly words: readonly ShellWord[];
  readonly redirects: readonly ShellRedirect[];
}

export interface ShellPipeline {
  readonly prefix: "" | "! " | "time " | "time -p ";
  readonly calls: readonly ShellCall[];
  readonly joins: readonly ("|" | "|&")[];
}

export interface ShellChain {
  readonly pipelines: readonly ShellPipeline[];
  readonly joins: readonly ("&&" | "||")[];
}

export interface ShellLine {
  readonly chains: readonly ShellChain[];
}

/** In UTF-16 units. Far above what people and agents write, and the parser takes a few milliseconds for it. */
export const lineCharsMax = 10_000;
type Range = readonly [from: number, to: number];

const substitutionDepthMax = 4;

/** Letters, digits, punctuation and symbols of any script; no controls, nothing that joins or turns its neighbours. */
const visible = /^[\t\n\x20-\x7e\p{L}\p{N}\p{P}\p{S}]*$/u;
/** Letters and symbols by name that show nothing. */
const blanks = /[\u115f\u1160\u2800\u3164\uffa0]/;

/**
 * @throws ShapeRefusal naming what is not understood.
 */
export function readLine(text: string): ShellLine {
  if (text.length > lineCharsMax) throw new ShapeRefusal("length", `it is longer than ${lineCharsMax} characters`);
  if (!visible.test(text) || blanks.test(text)) {
    throw new ShapeRefusal("character", "it holds a character that cannot be seen");
  }
  return readScript(parseText(text), text, 0, [0, text.length]);
}

/** @throws ShapeRefusal where it is nested deeper than the parser's own calls may be. */
export function parseText(text: string): ParsedScript {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof RangeError) throw new ShapeRefusal("depth", "it is nested very deep");
    throw error;
  }
}

function readScript(script: ParsedScript, source: string, depth: number, [from, to]: Range): ShellLine {
  const failed = script.errors?.[0];
  if (failed) throw new ShapeRefusal("syntax", `bash would not read it: ${failed.message.slice(0, 120)}`);
  if (script.shebang !== undefined) throw new ShapeRefusal("comment", "it begins like a script");
  // Escaped backticks come with a text of their own.
  if (script.source !== undefined && script.source !== source)
    throw new ShapeRefusal("backtick", "backticks are nested");
  const chains = script.commands.map((statement) => readStatement(statement, source, depth));
  requireNothingBetween(script, source, from, to);
  return { chains };
}

/** Blanks, line ends and the operators that hold calls together: all that may stand between what was taken over. */
const between = /^(?:[ \t\n;]|\\\n|&&|\|[|&]?)*$/;

/** A character of the source that belongs to nothing was lost by the parser, and bash would not lose it. */
function requireNothingBetween(script: ParsedScript, source: string, from: number, to: number): void {
  const taken: Range[] = [];
  for (const { command } of script.commands) takeRanges(command, taken);
  taken.sort(([one], [other]) => one - other);
  let at = from;
  for (const [start, end] of [...taken, [to, to] as const]) {
    const gap = source.slice(at, start);
    const isFirst = at === from;
    // A comment begins behind a blank or an operator, never right behind a word.
    const code = gap.replace(isFirst ? /(?<=^|[ \t\n;|&])#[^\n]*/g : /(?<=[ \t\n;|&])#[^\n]*/g, "");
    if (start < at || !between.test(code)) throw new ShapeRefusal("syntax", "a part of it belongs to nothing");
    at = end;
  }
}

function takeRanges(node: Statement["command"], taken: Range[]): void {
  if (node.type === "AndOr") for (const command of node.commands) takeRanges(command, taken);
  else if (node.type === "Pipeline") {
    for (const { pos, end } of node.prefixes) taken.push([pos, end]);
    for (const command of node.commands) takeRanges(command, taken);
  } else if (node.type === "Command") {
    if (node.name) taken.push([node.name.pos, node.name.end]);
    for (const part of node.suffix) {
      if (part.type === "HereDoc") {
        taken.push([part.pos, part.delimiter?.end ?? part.end], [part.body.pos, part.body.end]);
        if (part.closing) taken.push([part.closing.pos, part.closing.end]);
      } else taken.push([part.pos, part.end]);
    }
  }
}

function readStatement({ command, background }: Statement, source: string, depth: number): ShellChain {
  if (background) throw new ShapeRefusal("background", "it leaves something running in the background");
  if (command.type !== "AndOr") return { pipelines: [readPipeline(command, source, depth)], joins: [] };
  return {
    pipelines: command.commands.map((node) => readPipeline(node, source, depth)),
    joins: command.operators,
  };
}

function readPipeline(node: Statement["command"], source: string, depth: number): ShellPipeline {
  if (node.type === "Command") return { prefix: "", calls: [readCall(node, source, depth)], joins: [] };
  if (node.type !== "Pipeline") throw new ShapeRefusal(shapeName(node.type), `it holds a ${shapeName(node.type)}`);
  const [prefix, more] = node.prefixes;
  if (more) throw new ShapeRefusal("pipeline", "a pipeline has several prefixes");
  const calls = node.commands.map((command) => {
    if (command.type === "Command") return readCall(command, source, depth);
    throw new ShapeRefusal(shapeName(command.type), `it holds a ${shapeName(command.type)}`);
  });
  if (prefix?.type === "Negation") return { prefix: "! ", calls, joins: node.operators };
  if (prefix?.endOfOptions) throw new ShapeRefusal("pipeline", "time is followed by --");
  return { prefix: prefix ? (prefix.posix ? "time -p " : "time ") : "", calls, joins: node.operators };
}

function shapeName(type: string): string {
  return type.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
}

function readCall(command: Command, source: string, depth: number): ShellCall {
  if (command.prefix.length > 0 || command.name === undefined) {
    const isAssignment = command.prefix.some(({ type }) => type === "Assignment");
    throw isAssignment
      ? new ShapeRefusal("assignment", "it sets a variable")
      : new ShapeRefusal("redirect", "a redirection stands before the program");
  }
  const words: ShellWord[] = [...readParsed(command.name, source, depth)];
  const redirects: ShellRedirect[] = [];
  for (const part of command.suffix) {
    if (part.type === "Word") words.push(...readParsed(part, source, depth));
    else if (part.type === "Assignment") throw new ShapeRefusal("assignment", "it sets a variable");
    else redirects.push(readRedirect(part, source, depth));
  }
  return { words, redirects };
}

function readParsed(word: Word, source: string, depth: number): ShellWord[] {
  // `<(a)b` is one word to bash: what goes before a word is a blank, an operator or the beginning.
  if (!/^[\s;|&(<>!]?$/.test(source[word.pos - 1] ?? "")) throw new ShapeRefusal("word", "two words touch each other");
  const outputs = new Map<number, { script: ParsedScript | undefined; end: number }>();
  collectOutputs(word.parts ?? [], outputs);
  const outputAt: OutputAt = (pos) => {
    const found = outputs.get(pos);
    if (found?.script === undefined) throw new ShapeRefusal("substitution", "a substitution is not certain");
    if (depth >= substitutionDepthMax) throw new ShapeRefusal("substitution", "substitutions are nested very deep");
    // Two characters open it, one closes it.
    return { line: readScript(found.script, source, depth + 1, [pos + 2, found.end - 1]), end: found.end };
  };
  const words = readWord(source, word.pos, word.end, outputAt);
  const only = words[0];
  if (source.slice(word.pos, word.end) !== word.text)
    throw new ShapeRefusal("word", "a word is not where it is said to be");
  // Two readers, one text: where they differ on a plain word, neither is believed.
  const isPlain = words.length === 1 && only?.literal !== null && only?.literal !== undefined;
  if (isPlain && only.literal !== word.value) throw new ShapeRefusal("word", "a word can be read in two ways");
  return words;
}

function collectOutputs(
  parts: readonly WordPart[],
  outputs: Map<number, { script: ParsedScript | undefined; end: number }>,
): void {
  for (const part of parts) {
    const isInput = part.type === "ProcessSubstitution" && part.operator === "<";
    if (part.type === "CommandExpansion" || isInput) outputs.set(part.pos, { script: part.script, end: part.end });
    else if (part.type === "DoubleQuoted") collectOutputs(part.parts, outputs);
  }
}

function readRedirect(redirect: Redirection, source: string, depth: number): ShellRedirect {
  const { descriptor } = redirect;
  if (descriptor && (descriptor.type !== "FileDescriptor" || descriptor.value > 2)) {
    throw new ShapeRefusal("redirect", "it opens a stream beside the three usual ones");
  }
  const number = descriptor ? String(descriptor.value) : "";
  if (redirect.type === "HereDoc") return readHereDoc(redirect, number, source);
  if (redirect.target === undefined) throw new ShapeRefusal("redirect", "a redirection leads nowhere");
  const [target, more] = readParsed(redirect.target, source, depth);
  if (target === undefined || more) throw new ShapeRefusal("redirect", "a redirection leads to several places");
  const operator = `${number}${redirect.operator}`;
  switch (redirect.operator) {
    case "<":
      return { kind: "read", operator, target };
    case "<<<":
      return { kind: "text", operator, target };
    case ">":
    case ">|":
    case "&>":
      return { kind: "truncate", operator, target };
    case ">>":
    case "&>>":
      return { kind: "append", operator, target };
    case ">&":
      // `>&-word` and `<&-word` close a stream and then run the word: only a digit that stands alone is a copy.
      if (!/^[12]$/.test(redirect.target.text) || !/^(?:[\s|;&)]|$)/.test(source.slice(redirect.target.end))) break;
      return { kind: "copy", operator, target };
    case "<&":
    case "<>":
      break;
  }
  throw new ShapeRefusal("redirect", `the redirection ${redirect.operator} is not taken apart`);
}

function readHereDoc(here: Extract<Redirection, { type: "HereDoc" }>, number: string, source: string): ShellRedirect {
  const { delimiter, body, closing, operator } = here;
  if (operator !== "<<" || number !== "" || delimiter === undefined || closing === undefined) {
    throw new ShapeRefusal("heredoc", "a here-document is not of the plain kind");
  }
  if (!/^(?:[A-Za-z_]\w*|'[A-Za-z_]\w*'|"[A-Za-z_]\w*")$/.test(delimiter.text)) {
    throw new ShapeRefusal("heredoc", "the end mark of a here-document is not a plain word");
  }
  const text = source.slice(body.pos, body.end);
  if (!delimiter.quoted && /[$`\\]/.test(text)) throw new ShapeRefusal("heredoc", "a here-document is not quoted");
  const marksItsEnd = source.slice(closing.pos, closing.end) === delimiter.value;
  if (!marksItsEnd || !text.endsWith("\n") || text.split("\n").includes(delimiter.value)) {
    throw new ShapeRefusal("heredoc", "the end of a here-document is not certain");
  }
  const value = text.slice(0, -1);
  return {
    kind: "text",
    operator: "<<<",
    target: { pieces: [{ kind: "text", value }], literal: value, head: value, shown: value },
  };
}

/**
 * The calls that can be found in a text that was refused, at any depth, for the rules that deny. It never decides that
 * something is harmless: what it misses was refused already.
 */
import { type Command, forEachChild, type ParsedScript, type SyntaxNode } from "unbash";
import { lineCharsMax, parseText } from "./line.ts";
import { literalWord, readWord, ShapeRefusal, type ShellWord, wordOf } from "./word.ts";

const callsMax = 1_000;
const depthMax = 200;

export function looseCalls(text: string): readonly (readonly ShellWord[])[] {
  if (text.length > lineCharsMax) return [];
  const script = parsed(text);
  if (script === null) return [];
  const calls: ShellWord[][] = [];
  const visit = (node: SyntaxNode, source: string, depth: number) => {
    if (depth > depthMax || calls.length >= callsMax) return;
    const own = node.type === "Script" ? (node.source ?? source) : source;
    if (node.type === "Command") {
      const words = looseWords(node, own);
      if (words.length > 0) calls.push(words);
    }
    forEachChild(node, (child: SyntaxNode) => visit(child, own, depth + 1));
  };
  visit(script, text, 0);
  return calls;
}

function parsed(text: string): ParsedScript | null {
  try {
    return parseText(text);
  } catch (error) {
    if (error instanceof ShapeRefusal) return null;
    throw error;
  }
}

function looseWords(command: Command, source: string): ShellWord[] {
  const words: ShellWord[] = [];
  for (const part of [...(command.name ? [command.name] : []), ...command.suffix]) {
    if (part.type !== "Word") continue;
    try {
      const noOutput = () => {
        throw new ShapeRefusal("substitution", "what it prints is not known");
      };
      words.push(...readWord(source, part.pos, part.end, noOutput));
    } catch (error) {
      if (!(error instanceof ShapeRefusal)) throw error;
      words.push(looseWord(part.text, part.value));
    }
  }
  return words;
}

/** Not certain, but with the beginning that the parser saw. */
function looseWord(text: string, value: string): ShellWord {
  const head = literalWord(/^[\w./=-]*/.exec(value)?.[0] ?? "");
  const rest = { kind: "variable", value: text.slice(0, 200), name: "", quoted: false } as const;
  return wordOf(head.head === "" ? [rest] : [...head.pieces, { ...rest, value: value.slice(head.head.length) }]);
}

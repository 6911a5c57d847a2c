/**
 * Writes words back as shell text that can be read in one way only: what needs quotes gets single ones, and nothing
 * that was not analysed is carried over.
 */
import type { ShellWord } from "./word.ts";

/** Means itself anywhere in a word. A `~` or `=` at the beginning, braces and `#` are quoted. */
const plain = /^[A-Za-z0-9_./:@%+,=-]+$/;

function quoted(text: string): string {
  return plain.test(text) && !text.startsWith("=") ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** `outputText`: the substitution's line, written back; null where it is not. */
export function emitWord(word: ShellWord, outputText: (piece: OutputPiece) => string | null): string | null {
  if (word.literal !== null) return quoted(word.literal);
  let text = "";
  for (const [index, piece] of word.pieces.entries()) {
    switch (piece.kind) {
      case "text":
        // An empty pair of quotes beside other pieces says nothing.
        if (piece.value !== "") text += quoted(piece.value);
        break;
      case "glob":
        text += piece.value;
        break;
      case "home": {
        // A tilde that is followed by quotes would be text: the slash has to stand bare.
        const next = word.pieces[index + 1];
        const isTilde =
          piece.written === "~" && (next === undefined || (next.kind === "text" && next.value.startsWith("/")));
        if (isTilde && next) {
          text += `~/${next.kind === "text" && next.value.length > 1 ? quoted(next.value.slice(1)) : ""}`;
          return finishTilde(word, index + 2, text, outputText);
        }
        text += isTilde ? "~" : '"$HOME"';
        break;
      }
      case "variable":
        text += piece.quoted ? `"${braced(piece.name)}"` : braced(piece.name);
        break;
      case "output": {
        const inner = outputText(piece);
        if (inner === null) return null;
        text += piece.quoted ? `"$( ${inner} )"` : `$( ${inner} )`;
        break;
      }
      case "process": {
        const inner = outputText(piece);
        if (inner === null) return null;
        text += `<( ${inner} )`;
        break;
      }
      case "stand-in":
        text += quoted(piece.value);
    }
  }
  return text;
}

export type OutputPiece = Extract<ShellWord["pieces"][number], { kind: "output" | "process" }>;

function finishTilde(
  word: ShellWord,
  from: number,
  text: string,
  outputText: (piece: OutputPiece) => string | null,
): string | null {
  const rest = word.pieces.slice(from);
  if (rest.length === 0) return text;
  const more = emitWord({ pieces: rest, literal: null, head: "", shown: "" }, outputText);
  return more === null ? null : text + more;
}

function braced(name: string): string {
  return /^[A-Za-z_]/.test(name) ? `\${${name}}` : `$${name}`;
}

/** What only xargs puts there is not written. */
export function isAppended({ pieces }: ShellWord): boolean {
  return pieces.length === 1 && pieces[0]?.kind === "stand-in" && pieces[0].value === "";
}

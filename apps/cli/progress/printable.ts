/**
 * Text from anywhere made safe and fitting for one line of a terminal: what could move the cursor, hide or turn text
 * around is shown as its code, and widths are counted in columns.
 */

/** Controls, direction marks, invisible and private characters, lone halves of pairs: all of it could lie to a reader. */
const deceptive = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;
/** More marks on one letter than any script uses, which would grow over the lines around. */
const piledMarks = /(\p{M}{4})\p{M}+/gu;

const codeOf = (character: string): string => {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u{${code}}`;
};

/** Every deceptive character by its code, line ends and tabs too: what is shown is all there is. */
export const spelled = (text: string): string => text.replace(deceptive, codeOf);

/** One line without anything deceptive. Tabs and line ends become blanks. */
export const printable = (text: string): string =>
  text
    .replace(/[\t\r\n]+/g, " ")
    .replace(deceptive, codeOf)
    .replace(piledMarks, "$1");

/** East Asian Wide and Fullwidth (UAX 11), and what is drawn as a picture. */
const wide =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d376}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const mark = /\p{M}/u;

const columnsOf = (character: string): number => {
  if (character >= " " && character <= "~") return 1;
  // Asks for a picture instead of a sign; whether that takes two columns then, terminals do not agree.
  if (character === "\ufe0f") return 1;
  if (mark.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
};

/** Columns that printable text takes. Colour codes are not printable: measure before colouring. */
export const width = (text: string): number => {
  let columns = 0;
  for (const character of text) columns += columnsOf(character);
  return columns;
};

/** At most `columns` wide, cut at the end with an ellipsis. */
export function clip(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = "";
  let used = 1;
  for (const character of text) {
    used += columnsOf(character);
    if (used > columns) break;
    kept += character;
  }
  return columns < 1 ? "" : `${kept}…`;
}

/** At most `columns` wide, cut at the start: the end of a path says more than its beginning. */
export function clipStart(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  const kept: string[] = [];
  let used = 1;
  for (const character of [...text].reverse()) {
    used += columnsOf(character);
    if (used > columns) break;
    kept.unshift(character);
  }
  return columns < 1 ? "" : `…${kept.join("")}`;
}

export const padEnd = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - width(text)));

/** Lines of whole words, at most `columns` wide; a word that is longer is broken. Never empty. */
export function wrap(text: string, columns: number): string[] {
  const room = Math.max(1, columns);
  const lines: string[] = [];
  let line = "";
  for (let word of text.split(/ +/)) {
    while (width(word) > room) {
      if (line !== "") lines.push(line);
      line = "";
      const head = headOf(word, room);
      lines.push(head);
      word = word.slice(head.length);
    }
    const joined = line === "" ? word : `${line} ${word}`;
    if (width(joined) <= room) line = joined;
    else {
      lines.push(line);
      line = word;
    }
  }
  return line === "" && lines.length > 0 ? lines : [...lines, line];
}

function headOf(word: string, columns: number): string {
  let head = "";
  let used = 0;
  for (const character of word) {
    used += columnsOf(character);
    if (used > columns && head !== "") break;
    head += character;
  }
  return head;
}

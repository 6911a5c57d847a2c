/**
 * How wide text is where nothing can measure it. Names are set in a monospaced face, whose width hardly differs from one
 * system to the next; words are reckoned by the widest of the usual faces, so that nothing ever runs over its box.
 */

export interface Face {
  readonly size: number;
  readonly mono: boolean;
  readonly bold?: boolean;
}

export const LINE_HEIGHT = 1.4;

/** Widest advance of the usual monospaced faces (DejaVu Sans Mono: 0.602). */
const MONO_EM = 0.603;

const narrow = /[iIjl.,:;'|!()[\]{} ft/]/;
const broad = /[mwMW@%&]/;
const upper = /[A-Z0-9]/;

/** In pixels, never less than any usual face needs. */
export function textWidth(text: string, { size, mono, bold = false }: Face): number {
  if (mono) return [...text].length * MONO_EM * size;
  let em = 0;
  for (const letter of text)
    em += narrow.test(letter) ? 0.36 : broad.test(letter) ? 0.96 : upper.test(letter) ? 0.68 : 0.59;
  return em * size * (bold ? 1.08 : 1);
}

/** Lines of whole words, each at most `width` pixels where no single word is longer. */
export function wrapped(words: readonly string[], width: number, face: Face, gap = " "): string[][] {
  const lines: string[][] = [];
  let used = 0;
  for (const word of words) {
    const own = textWidth(word, face);
    const line = lines.at(-1);
    const joined = used + textWidth(gap, face) + own;
    if (line === undefined || joined > width) {
      lines.push([word]);
      used = own;
    } else {
      line.push(word);
      used = joined;
    }
  }
  return lines;
}

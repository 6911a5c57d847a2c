/**
 * Finds characters that a model reads and a person does not see: with them a text that was approved says something else
 * than the text that was shown. Emoji and scripts that need joiners are left alone.
 */

export interface HiddenCharacter {
  /** In UTF-16 units. */
  readonly index: number;
  /** From 1. */
  readonly line: number;
  /** As `U+202E`. */
  readonly name: string;
}

/**
 * Controls but tab and line ends; soft hyphen; marks, overrides and isolates of direction; zero-width space, word joiner
 * and invisible operators; separators of lines and paragraphs; byte order marks inside; annotation marks; Hangul fillers;
 * tags; variation selectors that no common character has.
 */
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|[\u115f\u1160]|\u034f|[\u17b4\u17b5]|[\u180b-\u180d]|\u180f|[\ufe00-\ufe0d]|[\u{1d173}-\u{1d17a}]|[\u{e0000}-\u{e0fff}]/u;

/** A joiner that joins nothing a script or an emoji needs joined. */
const LOOSE_JOINER = /(?<![\u{80}-\u{10ffff}])[\u200c\u200d]|[\u200c\u200d](?![\u{80}-\u{10ffff}])|[\u200c\u200d]{2}/u;

/** The first one, or null. A byte order mark at the very beginning is none. */
export function hiddenCharacter(text: string): HiddenCharacter | null {
  const begin = text.startsWith("\ufeff") ? 1 : 0;
  const body = begin === 0 ? text : text.slice(1);
  const [first] = [HIDDEN.exec(body), LOOSE_JOINER.exec(body)]
    .filter((match) => match !== null)
    .sort((left, right) => left.index - right.index);
  if (first === undefined) return null;
  const line = body.slice(0, first.index).split("\n").length;
  const code = first[0].codePointAt(0) ?? 0;
  return { index: first.index + begin, line, name: `U+${code.toString(16).toUpperCase().padStart(4, "0")}` };
}

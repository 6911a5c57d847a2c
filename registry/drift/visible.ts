/**
 * Text by strangers, made so that nothing in it hides: what a reader cannot see, or would see elsewhere, is spelled out.
 * A model reads those characters as well as any others.
 */

/**
 * Controls, formats (tags, joiners, directions), private and unassigned ones, odd spaces and line ends, all that Unicode
 * says is drawn as nothing (fillers, variation selectors), and the empty Braille cell.
 */
const HIDDEN = /\p{Cc}|\p{Cf}|\p{Co}|\p{Cn}|\p{Cs}|\p{Zl}|\p{Zp}|\p{Default_Ignorable_Code_Point}|\u2800|(?! )\p{Zs}/gu;

const named = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** Line ends stay, and tabs become spaces; everything else that hides is written as `{U+200B}`. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) => {
    if (character === "\n") return "\n";
    return character === "\t" ? "  " : `{${named(character)}}`;
  });
}

/** Kinds that are named, at most. */
const NAMED_MAX = 8;

/** What hides in a text, by its numbers and how often; empty where nothing does. Line ends and tabs hide nothing. */
export function hiddenIn(text: string): string {
  const counts = new Map<string, number>();
  for (const [character] of text.matchAll(HIDDEN)) {
    if (character === "\n" || character === "\t") continue;
    counts.set(named(character), (counts.get(named(character)) ?? 0) + 1);
  }
  const all = [...counts].map(([name, count]) => (count === 1 ? name : `${name} ×${count}`));
  return [...all.slice(0, NAMED_MAX), ...(all.length > NAMED_MAX ? [`${all.length - NAMED_MAX} more`] : [])].join(", ");
}

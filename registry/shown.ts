/**
 * Text from the repository as a tool's answer shows it: a name can contain anything but `/` and NUL, and must not be
 * able to write lines or reverse the direction of an answer.
 */

/** Control and line-separating characters, and those that turn the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unsafe = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

export function shownPath(path: string): string {
  return path.replace(unsafe, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Cut between characters, never inside one; says by how much. */
export function cutTo(text: string, charsMax: number, unit = "characters"): string {
  if (text.length <= charsMax) return text;
  const last = text.charCodeAt(charsMax - 1);
  const end = last >= 0xd800 && last <= 0xdbff ? charsMax - 1 : charsMax;
  return `${text.slice(0, end)}… [cut: ${text.length - end} more ${unit}]`;
}

/** `1 file`, `2 files`, `2,000 files`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? noun : plural}`;
}

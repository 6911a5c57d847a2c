/** sed: its script is read command by command; whatever writes, reads or runs there is not known here. */
import type { Finding, GivenCall, Program } from "../program.ts";
import { unknown } from "../program.ts";

export const sed: readonly Program[] = [
  {
    names: "sed gsed",
    risk: "read-only",
    reason: "prints edited lines",
    flags:
      "-n --quiet --silent -E -r --regexp-extended -s --separate -u --unbuffered -z --null-data --posix --debug --sandbox --help --version",
    takes: { "-e --expression": "literal", "-l --line-length": "text" },
    mayTake: { "-i --in-place": "text" },
    raises: { "-i": { risk: "mutating", reason: "edits files in place", loses: "the present text of what it edits" } },
    operands: { first: ["literal"], firstUnless: "-e", rest: "read" },
    inspect: inspectSed,
  },
];

function inspectSed({ given, values, operands }: GivenCall): Finding | undefined {
  const scripts = given("-e") ? values("-e") : operands.slice(0, 1);
  // Pieces given by several -e are one script, line by line.
  const script = scripts.map(({ literal }) => literal ?? "").join("\n");
  if (!isPlainScript(script)) return unknown("its script may do more than print", "script");
  if (!given("-i")) return undefined;
  if (script === "") return unknown("which of its words is the script, is not certain", "script");
  const files = given("-e") ? operands : operands.slice(1);
  return { paths: files.map(({ shown }) => ({ path: shown, access: "write" })) };
}

const commandsMax = 500;
const bracketCharsMax = 200;
const address = /^(?:\d+(?:~\d+)?|\$)/;

/** Whether the script holds nothing but commands that edit and print lines. */
function isPlainScript(script: string): boolean {
  // Within brackets a delimiter is text to GNU sed and the end of the pattern to others. Where a script can be read in
  // two ways it must hold no letter that writes, reads or runs, whatever part of it turns out to be a command.
  const isTwofold = readsPlainly(script, true) !== readsPlainly(script, false);
  return readsPlainly(script, true) && !(isTwofold && /[wWrRe]/.test(script));
}

function readsPlainly(script: string, minding: boolean): boolean {
  let rest = script;
  let open = 0;
  for (let count = 0; count < commandsMax; count += 1) {
    rest = rest.replace(/^[\s;]+/, "");
    if (rest === "") return open === 0;
    const addressed = skipAddresses(rest, minding);
    if (addressed === null) return false;
    rest = addressed;
    const name = rest[0] ?? "";
    rest = rest.slice(1);
    if (name === "{") open += 1;
    else if (name === "}") open -= 1;
    else {
      const after = skipCommand(name, rest, minding);
      if (after === null || !/^[ \t]*(?:$|[;\n}])/.test(after)) return false;
      rest = after;
    }
    if (open < 0) return false;
  }
  return false;
}

function skipAddresses(script: string, minding: boolean): string | null {
  const first = skipAddress(script, minding);
  if (first === null) return /^[/\\]/.test(script) ? null : script;
  let rest = first.replace(/^[ \t]+/, "");
  if (rest.startsWith(",")) {
    rest = rest.slice(1).replace(/^[ \t]+/, "");
    const second = /^[+~]\d+/.exec(rest)?.[0];
    const after = second === undefined ? skipAddress(rest, minding) : rest.slice(second.length);
    if (after === null) return null;
    rest = after.replace(/^[ \t]+/, "");
  }
  return rest.replace(/^![ \t]*/, "");
}

/** What follows the address; null where there is none. */
function skipAddress(script: string, minding: boolean): string | null {
  const plain = address.exec(script)?.[0];
  if (plain !== undefined) return script.slice(plain.length);
  if (!script.startsWith("/")) return null;
  const end = delimited(script, 1, "/", minding);
  return end < 0 ? null : script.slice(end).replace(/^I/, "");
}

/** What follows the command; null where it is not one of the plain ones. */
function skipCommand(name: string, rest: string, minding: boolean): string | null {
  if ("pPdDnNgGhHxzF=".includes(name)) return rest;
  if ("qQl".includes(name)) return rest.replace(/^[ \t]*\d{0,3}/, "");
  if (name === "s" || name === "y") {
    const mark = rest[0] ?? "";
    if (!/^[/|,#:@!%+~_-]$/.test(mark)) return null;
    const middle = delimited(rest, 1, mark, minding && name === "s");
    const end = middle < 0 ? -1 : delimited(rest, middle, mark, false);
    if (end < 0) return null;
    return name === "y" ? rest.slice(end) : rest.slice(end).replace(/^[gpiI0-9]*/, "");
  }
  return null;
}

/** Index behind the next `mark` that no backslash precedes; -1 where there is none on the line. */
function delimited(text: string, from: number, mark: string, mindsBrackets: boolean): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (mindsBrackets && text[at] === "[") {
      const bracket = /^\[\^?\]?(?:\[:\w+:\]|[^\]\n])*\]/.exec(text.slice(at, at + bracketCharsMax))?.[0];
      if (bracket === undefined) return -1;
      at += bracket.length - 1;
    } else if (text[at] === "\n") return -1;
    else if (text[at] === mark) return at + 1;
  }
  return -1;
}

/**
 * What `Bash(…)` rules fit: the exact text of a command, or a pattern for each single program call of it. A pattern that
 * allows never covers programs whose words start another program unseen.
 */
import type { ShellPart, ShellVerdict } from "../shell/verdict.ts";
import { PermissionRuleError } from "./rule-error.ts";
import { textPattern } from "./text-pattern.ts";

export interface BashSpec {
  /** True where the rule names one text, without a star. */
  readonly exact: boolean;
  /** The whole command, as it was written. Only exact rules can say that it is allowed. */
  readonly fitsWhole: (command: string) => boolean;
  readonly allowsPart: (part: ShellPart) => boolean;
  /** For rules that take away: any spelling of any part counts. */
  readonly touches: (command: string, verdict: ShellVerdict) => boolean;
}

/** Start what stands in their words, or act on what they find: only an exact rule speaks for them. */
const NEVER_BY_PATTERN = new Set("watch setsid flock xargs parallel script eval source . exec trap".split(" "));
const FIND_ACTIONS = /^-(exec|execdir|ok|okdir|delete|fprint0?|fprintf|fls)$/;

/** Put before a command, they run it. What is behind them is what a rule that takes away is about. */
const WRAPPERS =
  /^(?:timeout(?:\s+-\S+)*\s+\S+|nice(?:\s+-n\s+\S+|\s+-\S+)*|nohup|time(?:\s+-p)?|stdbuf(?:\s+-\S+)+|command|builtin|exec|env(?:\s+-\S+)*(?:\s+\w+=\S*)*|sudo(?:\s+-[ugUChpRrtTD]\s+\S+|\s+-\S+)*|doas(?:\s+-[uC]\s+\S+|\s+-\S+)*|setsid|xargs(?:\s+-\S+)*|ionice(?:\s+-\S+)*|busybox|then|do|else|if|while|until|!)\s+/;

/** @throws PermissionRuleError */
export function bashSpec(source: string): BashSpec {
  const spec = source.trim();
  if (spec === "") throw new PermissionRuleError("it names no command");
  const written = spec.endsWith(":*") ? `${spec.slice(0, -2)} *` : spec;
  if (written.trim() === "*" && spec !== "*") throw new PermissionRuleError("it names no command before :*");
  const pattern = textPattern(written);
  const plain = textPattern(written.replace(/['"]/g, ""));
  return {
    exact: pattern.exact,
    fitsWhole: (command) => pattern.matches(command.trim()),
    allowsPart: (part) =>
      [part.text, quotedWords(part)].some(pattern.matches) && (pattern.exact || !startsOthers(part)),
    touches: (command, verdict) => {
      const spellings = [command.trim(), ...verdict.parts.flatMap(spellingsOf), ...piecesOf(command, verdict.complete)];
      return spellings.some((text) => pattern.matches(text) || plain.matches(text));
    },
  };
}

function startsOthers({ words }: ShellPart): boolean {
  const [program = "", ...rest] = words;
  const name = program.slice(program.lastIndexOf("/") + 1);
  return NEVER_BY_PATTERN.has(name) || (name === "find" && rest.some((word) => FIND_ACTIONS.test(word)));
}

/** Words joined so that two of them can never read like other two. */
const quotedWords = ({ words }: ShellPart): string =>
  words
    .map((word) => (/^[\w@%+=:,./~^*?[\]$!#-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");

function spellingsOf(part: ShellPart): string[] {
  const [program = "", ...rest] = part.words;
  const name = program.slice(program.lastIndexOf("/") + 1);
  return [part.text, quotedWords(part), part.words.join(" "), [name, ...rest].join(" ")];
}

/**
 * The command cut where a shell could begin another one, wrappers and assignments taken off: too much rather than too
 * little where the text was not understood, and of one that was, only what stands behind a wrapper.
 */
function piecesOf(command: string, complete: boolean): string[] {
  return command
    .split(/[;&|\n(){}`]+/)
    .map((piece) => piece.trim().replace(/^\$$/, ""))
    .filter((piece) => !complete || WRAPPERS.test(`${piece} `))
    .flatMap((piece) => unwrapped(piece));
}

const UNWRAPS_MAX = 16;

function unwrapped(piece: string): string[] {
  const found: string[] = [];
  let text = piece.replace(/\s+/g, " ");
  for (let round = 0; round < UNWRAPS_MAX; round += 1) {
    const unquoted = text.replace(/["'\\]/g, "");
    found.push(text, unquoted, unquoted.replace(/^\S*\/(?=\S)/, ""));
    const next = unquoted.replace(/^(?:[A-Za-z_]\w*=\S*\s+)+/, "").replace(WRAPPERS, "");
    if (next === unquoted) break;
    text = next;
  }
  return found.filter((one) => one !== "");
}

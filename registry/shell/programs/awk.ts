/** awk: programs that pick, count and print. One that could start, write or read anything beside is not known here. */
import type { Finding, GivenCall, Program } from "../program.ts";
import { unknown } from "../program.ts";

export const awk: readonly Program[] = [
  {
    names: "awk gawk mawk nawk",
    risk: "read-only",
    reason: "prints parts of lines",
    style: "posix",
    flags: "-S --sandbox -b --characters-as-bytes -k --csv --version",
    takes: { "-F --field-separator": "text", "-v --assign": "literal" },
    operands: { first: ["literal"], rest: "read" },
    inspect: inspectAwk,
  },
];

function inspectAwk({ operands, values, given }: GivenCall): Finding | undefined {
  if (given("--version")) return undefined;
  const program = operands[0]?.literal ?? null;
  if (program === null || !isPlainProgram(program)) return unknown("its program may do more than print", "program");
  if (operands.slice(1).some(({ head }) => /^-./.test(head)))
    return unknown("an option stands behind its program", "program");
  if (operands.some(({ head }) => head.startsWith("/inet"))) {
    return { ...unknown("gawk connects to what is named like this", "network"), hosts: ["*"] };
  }
  const settings = [...values("-v"), ...operands.slice(1)].map(({ shown }) => shown);
  const powerful = settings.find((text) => /^(?:ENVIRON|ARG[CV]|PROCINFO)\b/.test(text));
  return powerful ? unknown("it sets one of awk's own variables", "program") : undefined;
}

/** By any reading of the text, even within its strings: these start, read, write or tell too much. */
const powers =
  /\b(?:system|getline|close|fflush|ENVIRON|ARGV|ARGC|PROCINFO|SYMTAB|FUNCTAB|function|func|extension|include|load|namespace)\b|[@'`\\]\s*\n|@|'|`/;
const tokensMax = 2_000;
const regexCharsMax = 500;
const operand = /^(?:[A-Za-z_]\w*|[\d.]+\w*|\]|"|\$)$/;
/** A value must follow these: what comes next cannot be a division. */
const wantsValue = /^(?:print|printf|return|else|do|in|case|exit|delete)$/;

/**
 * Whether the program has no pipe and no redirection. Strings and regular expressions are told from code as awk does;
 * where that is not certain the answer is no.
 */
function isPlainProgram(program: string): boolean {
  if (powers.test(program)) return false;
  let at = 0;
  let before = "";
  let prints = false;
  for (let count = 0; at < program.length; count += 1) {
    if (count >= tokensMax) return false;
    const rest = program.slice(at);
    const token =
      /^(?:[ \t]+|\n|[A-Za-z_]\w*|\d[\w.]*|\.\d+|"(?:[^"\\\n]|\\[^\n])*"|&&|\|\||[<>=!+*/%^-]=|>>|\+\+|--|.)/.exec(
        rest,
      )?.[0];
    if (token === undefined || /^[#\\|"]$/.test(token) || token === ">>") return false;
    at += token.length;
    if (/^[ \t]+$/.test(token)) continue;
    if (token === "/" || token === "/=") {
      const isDivision = operand.test(before) && !wantsValue.test(before);
      const isUncertain = before === ")" || before === "length" || before === "++" || before === "--" || token === "/=";
      if (isUncertain || (isDivision && rest.indexOf("/", 1) >= 0 && rest.includes('"'))) {
        if (rest.indexOf("/", 1) >= 0) return false;
      } else if (!isDivision) {
        const length = regexLength(rest);
        if (length === null) return false;
        at += length - 1;
        before = '"';
        continue;
      }
    }
    if (token === ">" && prints) return false;
    if (token === "print" || token === "printf") prints = true;
    // A line end may lie in the middle of a statement.
    if (/^[;}]$/.test(token)) prints = false;
    before = token.startsWith('"') ? '"' : token;
  }
  return true;
}

/** Of the regular expression with its slashes; null where readers differ about its end. */
function regexLength(rest: string): number | null {
  const found = /^\/(?:[^/\\\n]|\\[^\n])*\//.exec(rest)?.[0];
  if (found === undefined || found.length > regexCharsMax) return null;
  // A slash within brackets ends it for some and not for others.
  const brackets = found.replace(/\\./g, "").replace(/\[\^?\]?[^\]]*\]/g, "");
  return brackets.includes("[") ? null : found.length;
}

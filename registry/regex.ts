/**
 * Regular expressions from a model, matched in linear time by RE2. What one step can cost is bounded as well: the longest
 * text that is searched at once shrinks as the compiled pattern grows.
 */
import { RE2JS, RE2JSException, RE2JSSyntaxException } from "re2js";

export interface Regex {
  readonly test: (text: string) => boolean;
  /** Matches from left to right, as offsets; an empty match counts. */
  readonly all: (text: string) => Iterable<readonly [start: number, end: number]>;
  /** Text of at most so many UTF-16 units is searched within about a quarter of a second, whatever the pattern. */
  readonly charsMax: number;
}

export interface RegexOptions {
  readonly ignoreCase: boolean;
  /** `^` and `$` also match at line ends inside the text. */
  readonly multiline: boolean;
  /** `.` matches a line end too. */
  readonly dotAll: boolean;
}

export class RegexError extends Error {
  override readonly name = "RegexError";
}

const patternCharsMax = 1_000;
/** Instructions of the compiled pattern. */
const programSizeMax = 2_500;
/** Instructions times UTF-16 units. RE2 was measured at 85 million of these steps a second where nothing helps it. */
const stepsMax = 20_000_000;

/** @throws RegexError whose message names the pattern, the place and the reason, for the model to read. */
export function compileRegex(pattern: string, { ignoreCase, multiline, dotAll }: RegexOptions): Regex {
  if (pattern.length > patternCharsMax) {
    throw new RegexError(
      `The pattern is ${pattern.length} characters long; at most ${patternCharsMax} are searched for.`,
    );
  }
  const flags =
    (ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | (multiline ? RE2JS.MULTILINE : 0) | (dotAll ? RE2JS.DOTALL : 0);
  const compiled = compile(pattern, flags);
  const size = compiled.programSize();
  if (size > programSizeMax) {
    throw new RegexError(`The pattern ${JSON.stringify(pattern)} is too complicated; use smaller repetitions.`);
  }
  return {
    test: (text) => compiled.test(text),
    all: function* (text) {
      const matcher = compiled.matcher(text);
      while (matcher.find()) yield [matcher.start(), matcher.end()];
    },
    charsMax: Math.min(256 * 1024, Math.ceil(stepsMax / size)),
  };
}

function compile(pattern: string, flags: number): RE2JS {
  try {
    return RE2JS.compile(pattern, flags);
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause;
    throw new RegexError(
      `The pattern ${JSON.stringify(pattern)} is not a regular expression: ${whyOf(pattern, cause)}.`,
      { cause },
    );
  }
}

function whyOf(pattern: string, error: RE2JSException): string {
  if (!(error instanceof RE2JSSyntaxException)) return error.message;
  const { reason, fragment } = detailsOf(error);
  const at = reason.startsWith("missing closing )") ? openParenthesis(pattern) : pattern.indexOf(fragment);
  const place = at < 0 ? "" : ` at character ${at + 1}`;
  const around = /Perl syntax|escape/.test(reason) && /\(\?[=!<]|\\[1-9]/.test(pattern);
  return `${reason}${place}${around ? " (look-around and back-references are not available)" : ""}`;
}

function detailsOf(error: RE2JSSyntaxException): { reason: string; fragment: string } {
  const { error: reason, input: fragment } = error as { error?: unknown; input?: unknown };
  return {
    reason: typeof reason === "string" ? reason : error.message,
    fragment: typeof fragment === "string" ? fragment : "",
  };
}

/** The last parenthesis that nobody closed. */
function openParenthesis(pattern: string): number {
  const open: number[] = [];
  let inClass = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at];
    if (char === "\\") at += 1;
    else if (inClass) inClass = char !== "]";
    else if (char === "[") inClass = true;
    else if (char === "(") open.push(at);
    else if (char === ")") open.pop();
  }
  return open.at(-1) ?? -1;
}

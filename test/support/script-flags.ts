/** How a script of the tests is called. What it does not understand ends it with 2, in words, before anything was begun. */
import { type ParseArgsConfig, parseArgs } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** The values, or what is printed instead of them and the exit code that goes with it. */
export type Read<Values> = { readonly values: Values } | { readonly say: string; readonly code: 0 | 2 };

const parsed = <const Known extends Options>(argv: readonly string[], options: Known) =>
  parseArgs({ args: [...argv], options }).values;

export function readFlags<const Known extends Options>(
  argv: readonly string[],
  usage: string,
  options: Known,
): Read<ReturnType<typeof parsed<Known>>> {
  if (argv.includes("--help") || argv.includes("-h")) return { say: usage, code: 0 };
  return attempt(() => parsed(argv, options), usage);
}

/** What `read` gives, or its error in words. */
export function attempt<Values>(read: () => Values, usage: string): Read<Values> {
  try {
    return { values: read() };
  } catch (cause) {
    return { say: `${cause instanceof Error ? cause.message : String(cause)}\n\n${usage}`, code: 2 };
  }
}

/** Ends the process where there is nothing to be done. */
export function orQuit<Values>(read: Read<Values>): Values {
  if ("values" in read) return read.values;
  (read.code === 0 ? process.stdout : process.stderr).write(`${read.say}\n`);
  process.exit(read.code);
}

/** Throws, naming the flag and what it was given, where that is no whole number from `least` on. */
export function wholeNumber(flag: string, text: string, least = 0): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${flag} takes a whole number from ${least} on, not "${text}"`);
}

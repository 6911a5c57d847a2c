/** What can follow on a command line, read off the table of commands. */
import type { CommandOption, CommandRow } from "../command-row.ts";

export interface CompletedFlag {
  /** `--follow`. */
  readonly long: string;
  /** `-f`; null where it has none. */
  readonly short: string | null;
  readonly description: string;
  /** What comes behind it: null where nothing does. */
  readonly takes: Kind | null;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
  /** Of its first argument, where it is one of a few words. */
  readonly words: readonly string[];
  /** Of its other arguments. */
  readonly takes: Kind | null;
}

/** `other`: something that only the user knows. */
export type Kind = "file" | "folder" | "other";

export function completed({ usage, summary, options, actions = [] }: CommandRow): CompletedCommand {
  const [name = "", ...args] = usage.split(" ");
  return {
    name,
    summary,
    flags: options.filter(({ hidden }) => hidden !== true).map(flagOf),
    words: actions,
    takes: args.length === 0 ? null : kindOf(args.at(-1) ?? ""),
  };
}

function flagOf({ flags, description }: CommandOption): CompletedFlag {
  const words = flags.split(/[ ,]+/);
  const argument = words.find((word) => /^[<[]/.test(word));
  return {
    long: words.find((word) => word.startsWith("--")) ?? "",
    short: words.find((word) => /^-[^-]/.test(word)) ?? null,
    description,
    takes: argument === undefined ? null : kindOf(argument),
  };
}

const KINDS: Readonly<Record<string, Kind>> = { path: "file", file: "file", dir: "folder", folder: "folder" };

const kindOf = (argument: string): Kind => KINDS[argument.replace(/[^a-z]/g, "")] ?? "other";

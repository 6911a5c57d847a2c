/**
 * The format of the tables that say what a program may be called with. A table is an allow list: whatever option,
 * subcommand, abbreviation or operand is not written there makes the call `unknown`, and so asks.
 *
 * HOW TO WRITE AN ENTRY. One file in `programs/` a program or close family, exporting `Program[]`, named in
 * `programs/index.ts`:
 *
 *     { names: "head", risk: "read-only", reason: "shows the beginning of files", digits: true,
 *       flags: "-q --quiet --silent -v --verbose -z --zero-terminated",
 *       takes: { "-n --lines": "text", "-c --bytes": "text" },
 *       operands: { rest: "read" } }
 *
 * - `flags`: options without a value, each spelling a name of its own. `takes`: options whose value is attached or the next word. `mayTake`: options
 *   whose value counts only where it is attached (`--color=always`, `-i.bak`). Spellings of one option are separated by
 *   blanks; of options with values the first is the name, which `raises`, `GivenOption.name` and `call.given()` go by. Short options may be
 *   clustered; long ones must be written out.
 * - Slots say what a value or an operand is: see `Slot`. Every file must get `read` or `write`: only these reach the
 *   path rules. What is a little language (a script, a filter, a refspec) is `literal`, and `inspect` reads it.
 * - `raises`: options that make more of the call than its `risk`; `loses` says in a person's words what would be gone.
 *   `{operands}`, `{first}`, `{last}`, `{value}` are filled in.
 * - `subcommands`: rows of their own. The options of the row above are those before the subcommand. Where no subcommand
 *   is given the row itself is judged (give it `operands: {}` and the risk of the bare program).
 * - `inspect`: what data cannot say. It gets the call taken apart and returns what it found; it can make a call worse,
 *   never better. Return `unknown("why")` for what is not certain.
 * - What is never `read-only`: whatever can start another program, evaluate text, write, reach the network, page, open an
 *   editor, or show secrets that no path names. When in doubt leave the option out.
 * - Words that are not literal: a variable or `$(…)` is refused unless the row is `inert`; a glob is accepted as an
 *   operand of slot `rest`, and where it could begin with a dash `--` is put before the operands (`gnu`, `posix`) or it is
 *   refused (other styles).
 */
import type { ShellPath, ShellRisk } from "./verdict.ts";
import type { ShellWord } from "./word.ts";

/**
 * - `text`: harmless whatever it says (a number, a pattern, a format without powers)
 * - `read`, `write`: a path; `-` is none. A folder that is searched is `read`
 * - `within`: a glob that picks files below the folders that are read (`--include`)
 * - `host`: a host, host:port or URL that would be reached
 * - `literal`: must be known to the letter; `inspect` judges it
 * - a list: one of these words
 */
export type Slot = "text" | "read" | "write" | "within" | "host" | "literal" | readonly string[];

export interface Raise {
  readonly risk: ShellRisk;
  readonly reason: string;
  readonly loses?: string;
}

export interface Operands {
  /** The first ones, one slot each. */
  readonly first?: readonly Slot[];
  /** `first` is left out where one of these options is given (`grep -e`). */
  readonly firstUnless?: string;
  readonly rest?: Slot;
  /** Of two or more operands, the last (`cp`). */
  readonly last?: Slot;
  /** Read where there is no operand (`ls`: `.`). */
  readonly absent?: string;
  readonly min?: number;
  readonly max?: number;
}

export interface Row {
  /** Of a call with listed options alone. */
  readonly risk: ShellRisk;
  /** What it does, third person, no full stop. */
  readonly reason: string;
  /**
   * - `gnu` (default): clusters, `--long=value`, options also behind operands, `--` ends them
   * - `posix`: the same, but the first operand ends them
   * - `single-dash`: long options have one dash, no clusters, `-name=value` or `-name value`; the first operand ends them
   * - `words`: every word is an operand
   */
  readonly style?: "gnu" | "posix" | "single-dash" | "words";
  readonly flags?: string;
  readonly takes?: Readonly<Record<string, Slot>>;
  readonly mayTake?: Readonly<Record<string, Slot>>;
  /** Options with two values: a name, then what the slot says (`jq --arg`). */
  readonly takesTwo?: Readonly<Record<string, Slot>>;
  /** `-5` is an option. */
  readonly digits?: boolean;
  readonly raises?: Readonly<Record<string, Raise>>;
  /** Absent: no operands. */
  readonly operands?: Operands;
  readonly subcommands?: Readonly<Record<string, Row>>;
  readonly loses?: string;
  /** Does nothing with its words but show them: variables, globs and outputs may stand anywhere. */
  readonly inert?: boolean;
  /** Globs that could begin with a dash are fine: no word can make the program do more (only without `--` style). */
  readonly globs?: boolean;
  /** Of a subcommand: `--` before the operands says that no option follows, and nothing else. */
  readonly dashes?: boolean;
  /** Obeys configuration that it finds in the folder it runs in. Refused after a `cd` that does not lead downward. */
  readonly readsFolder?: boolean;
  /** Every line of its output is a path below its `read` operands (or the folder): always, or given one of the options. */
  readonly lists?: true | string;
  /** Without file operands it hands on lines of its input unchanged. */
  readonly passes?: boolean | ((call: GivenCall) => boolean);
  /** Starts the call that follows its `first` operands. `hidden`: in a way that makes more of it (`sudo`). */
  readonly wraps?: "call" | "xargs" | "hidden";
  /** Given one of these options it starts nothing; its operands are names. */
  readonly wrapsUnless?: string;
  /** Words put right behind the program's name when the call is written back: they switch off what no text can show. */
  readonly always?: readonly string[];
  readonly inspect?: (call: GivenCall) => Finding | undefined;
}

export interface Program extends Row {
  /** Separated by blanks. */
  readonly names: string;
}

export interface GivenOption {
  /** First spelling of the table. */
  readonly name: string;
  readonly value: ShellWord | null;
}

/** A call taken apart by its row. */
export interface GivenCall {
  readonly program: string;
  /** Subcommands, outermost first. */
  readonly subcommands: readonly string[];
  readonly options: readonly GivenOption[];
  readonly operands: readonly ShellWord[];
  /** How many of `operands` stood before `--`; null without one. */
  readonly beforeDashes: number | null;
  /** Whether one of these (blank-separated first spellings) is given; options before a subcommand count. */
  readonly given: (names: string) => boolean;
  /** Values of the option, in order. */
  readonly values: (name: string) => readonly ShellWord[];
}

/** What `inspect` adds. Risks add up to the worst; nothing can be taken back. */
export interface Finding {
  readonly risk?: ShellRisk;
  readonly reason?: string;
  /** Added to the rule's name. */
  readonly rule?: string;
  readonly paths?: readonly ShellPath[];
  readonly hosts?: readonly string[];
  readonly loses?: readonly string[];
  /** Calls that this call would start, word by word. They become parts. */
  readonly calls?: readonly (readonly ShellWord[])[];
  /** Texts that it would hand to a shell: their parts are listed, the call is never better than unknown. */
  readonly lines?: readonly string[];
  /** Paths that its output lines lie below or match; only with `lists`. */
  readonly roots?: readonly string[] | null;
}

export function unknown(reason: string, rule = "unclear"): Finding {
  return { risk: "unknown", reason, rule };
}

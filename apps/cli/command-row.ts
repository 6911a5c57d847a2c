/** What a command says of itself: its words, its flags, and the module that is loaded when it is called for. */

/** Answers with the exit code. `commands`: the table it stands in, for those that tell of all. */
export type Act = (
  args: readonly string[],
  flags: Record<string, unknown>,
  commands: readonly CommandRow[],
) => Promise<number>;

export interface CommandOption {
  /** As commander reads it: `-f, --follow`, `--to <type>`. */
  readonly flags: string;
  readonly description: string;
  /** Where the flag is not given. */
  readonly fallback?: string;
  /** May be given several times. */
  readonly many?: true;
  /** Not in the help: for the swarm's own use. */
  readonly hidden?: true;
}

export interface CommandRow {
  /** Name and arguments: `show <id>`. */
  readonly usage: string;
  readonly summary: string;
  /** What its first argument can be, where that is one of a few words. */
  readonly actions?: readonly string[];
  readonly options: readonly CommandOption[];
  readonly load: () => Promise<{ act: Act }>;
}

export const option = (flags: string, description: string, fallback?: string): CommandOption =>
  fallback === undefined ? { flags, description } : { flags, description, fallback };
export const many = (flags: string, description: string): CommandOption => ({ flags, description, many: true });

export const json = option("--json", "print one JSON document on stdout");
export const jsonl = option("--jsonl", "print one JSON event per line on stdout");

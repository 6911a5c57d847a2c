/**
 * What the shell analysis says of one command line. It is a judgement of the text alone: it runs nothing, looks at no
 * file, and where it does not know, it says so.
 */

/** `unknown`: not understood well enough to say; never treated better than `destructive`. */
export type ShellRisk = "read-only" | "mutating" | "destructive" | "unknown";

/** One program call of the line, wrappers (`timeout 5`, `nice`…) taken off: what rules are matched against. */
export interface ShellPart {
  /** Program and words as the shell would pass them; globs and variables as written. */
  readonly words: readonly string[];
  /** Re-emitted text of this part, without redirections. */
  readonly text: string;
  readonly risk: ShellRisk;
  /** Name of the table row that decided: `shell.git.log`, `shell.unknown-option`… */
  readonly rule: string;
  readonly reason: string;
}

/** A file that the line names. `path` as written, quotes taken off; globs stay globs. */
export interface ShellPath {
  readonly path: string;
  readonly access: "read" | "write";
  /** True where it is the target or source of a redirection, not an operand. */
  readonly redirect?: boolean;
}

export interface ShellVerdict {
  /** The worst of its parts. */
  readonly risk: ShellRisk;
  /** Of the part that decided. */
  readonly rule: string;
  readonly reason: string;
  /** In order; empty where the text could not be taken apart. */
  readonly parts: readonly ShellPart[];
  /** True where `parts` is all that the line can run; rules that allow count only then. */
  readonly complete: boolean;
  /** What runs in place of the text where it is approved without asking; null where the line is not re-emitted. */
  readonly emitted: string | null;
  /** Named on the line; the protected and the outside are judged by the caller. */
  readonly paths: readonly ShellPath[];
  /** Hosts that the line names and would reach; `*` where it reaches out and does not say where. */
  readonly hosts: readonly string[];
  /** What would be lost or given away, in a person's words; empty where nothing is known to be. */
  readonly loses: readonly string[];
}

/**
 * Progress of a run for whoever waits for it, on stderr: a tree that redraws itself on a terminal, a line for each
 * thing worth knowing elsewhere. It watches only: nothing that happens here changes a run.
 */
import type { LoggedEvent } from "../../../machines/run-event.ts";
import type { RunTree } from "./tree.ts";

export interface Progress {
  event(event: LoggedEvent): void;
  /** What no event tells, once somebody knows: the tasks of the run and what each needs, and what it may spend. */
  know(more: Partial<Pick<RunTree, "graph" | "limits">>): void;
  /** A line for people that stays on the screen, such as how to resume. */
  note(line: string): void;
  /** Leaves the terminal to somebody who asks something there, until `goOn`. What happens meanwhile is shown then. */
  hold(): void;
  goOn(): void;
  /** Gives the terminal back. May be called twice; nothing is written afterwards. */
  end(): void;
}

export interface ProgressOptions {
  readonly stream: NodeJS.WriteStream;
  readonly tty: boolean;
  readonly colors: boolean;
  readonly columns: () => number;
}

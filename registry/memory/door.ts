/**
 * The memory as tools reach it. The runtime has it: it looks at every source itself, knows what the agent has read, and
 * writes with the step that takes the answer. A tool asks, and tells what it was told.
 */

/** What an agent says a fact is borne out by. */
export type WantedSource =
  | { readonly kind: "file"; readonly path: string; readonly line: number; readonly quote: string }
  | { readonly kind: "result"; readonly id: string }
  | { readonly kind: "person" };

export interface WantedFact {
  readonly topic: string;
  readonly fact: string;
  /** Null: nobody but the agent. */
  readonly source: WantedSource | null;
  /** Id of what this is told in place of. */
  readonly replaces: string | null;
}

export type Keeping =
  | { readonly kept: true; readonly id: string; readonly until: string | null; readonly forgot: readonly string[] }
  | { readonly kept: false; readonly why: string };

export interface RecallQuestion {
  readonly topic: string | null;
  readonly words: string | null;
  /** Also what was kept by agents that had read what nobody vouched for. */
  readonly marked: boolean;
}

export interface ToldItem {
  readonly id: string;
  readonly tier: "run" | "workspace";
  readonly topic: string;
  readonly fact: string;
  /** In words: file and line, result, person, agent. */
  readonly source: string;
  /** Day on which it was kept. */
  readonly on: string;
  /** What its agent had read that nobody vouched for. Absent: nothing. */
  readonly readBefore?: string;
}

export interface Recollection {
  readonly items: readonly ToldItem[];
  /** Of all there is to tell: topic → how many. */
  readonly topics: Readonly<Record<string, number>>;
  /** Found, and not told: marked, or not borne out where this agent works. */
  readonly withheld: { readonly marked: number; readonly unproven: number };
  /** Forgotten by this very look: what bore them out is gone. */
  readonly forgotten: number;
  /** Found beyond what one answer holds. */
  readonly more: number;
}

export interface MemoryDoor {
  /** A fact of the run. */
  note(fact: WantedFact): Promise<Keeping>;
  /** An item of the workspace, for later runs. */
  keep(fact: WantedFact): Promise<Keeping>;
  recall(question: RecallQuestion): Promise<Recollection>;
}

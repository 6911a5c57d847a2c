/**
 * Pins: what somebody approved, and what was found in its place since. A row per tool, server, skill or agent profile,
 * written by compare-and-set, so that two who judge at once never undo each other.
 */

export type PinKind = "tool" | "server" | "skill" | "profile";

export interface PinName {
  readonly kind: PinKind;
  /** Empty for what the operator's own configuration or statehive itself brings; else the link-free path of the
   * workspace that brings it. Two repositories never share an approval. */
  readonly scope: string;
  readonly name: string;
}

export interface PinRow extends PinName {
  /** Persisted state of the pin's statechart (`machines/pin-machine.ts`), as JSON. */
  readonly state: string;
  /** Counts the changes of this row. */
  readonly revision: number;
}

/** Kept beside the queues' advisory rows, for the whole hive. */
export interface Pins {
  all(): Promise<readonly PinRow[]>;
  /** Another number after every change of any row: whoever has read the rows need not read them again before. */
  changes(): Promise<number>;
  get(name: PinName): Promise<PinRow | null>;
  /** Writes where the row still has `revision` (0: there was none). False: somebody was faster; read again. */
  put(name: PinName, state: string, revision: number): Promise<boolean>;
}

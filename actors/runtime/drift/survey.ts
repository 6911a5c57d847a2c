/**
 * What a check asks of whoever knows a kind of capability that others bring: what is there now. Asked one after the
 * other, so that a server that was just approved can be started by the next one.
 */
import type { PinKind, PinName } from "../../../infra/pins.ts";
import type { Definition } from "../pin-book.ts";

export interface Candidate {
  readonly pin: PinName;
  readonly definition: Definition;
  /** What is wrong with what is there, whatever was approved: hidden characters, a schema that is none. */
  readonly reasons: readonly string[];
  /** What is there is taken by nobody, whoever approves it. */
  readonly refused?: boolean;
  /** What could not be looked at, and why. */
  readonly notLookedAt?: readonly string[];
}

export interface Surveyed {
  readonly candidates: readonly Candidate[];
  /** What is in nobody's way and should be known: a file that is none, a server that does not answer. */
  readonly hints: readonly string[];
  /** Pins of which nothing can be said, because whoever knows them could not be asked. */
  readonly unknown?: (pin: PinName) => boolean;
}

export interface Survey {
  readonly kind: PinKind;
  /** `isActive`: whether this was approved and is what was approved. */
  survey(isActive: (pin: PinName, hash: string) => Promise<boolean>): Promise<Surveyed>;
  close?(): Promise<void>;
}

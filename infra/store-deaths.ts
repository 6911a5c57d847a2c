/** What the store tells of the dead and takes down about them: what is left of an actor, and that its claim died. */
import type { Address, Fence, PendingEffect } from "./store.ts";

/** Read at once for one run; between two of its actors another commit may lie. */
export interface Remains {
  readonly status: string;
  /** Last event of the run. */
  readonly seq: number;
  /** Limits and amounts of the run's budget by their names, as a reader tells them. */
  readonly budget: Readonly<Record<string, string>>;
  /** In the order asked for; an actor of which nothing is stored is not among them. */
  readonly actors: readonly ActorRemains[];
}

export interface ActorRemains {
  readonly actor: string;
  /** Of the latest claim; 0 and "" before the first. */
  readonly epoch: number;
  readonly nonce: string;
  readonly version: number;
  /** First event of its last step; 0 where it took none. */
  readonly stepSeq: number;
  readonly core: string | null;
  readonly pending: readonly PendingEffect[];
  /** Fenced for good, or taken out of circulation: nobody claims it. */
  readonly over: boolean;
  /** The latest claim of which the store knows that it is over: its death was told, or it let go by itself. 0: none. */
  readonly noted: number;
}

export interface Death {
  readonly address: Address;
  /** The claim that holds the actor now: the dead one's, or that of whoever took the actor up. */
  readonly fence: Pick<Fence, "epoch" | "nonce">;
  /** Version the actor must be at. */
  readonly version: number;
  /** Epoch of the claim that is over. */
  readonly died: number;
  /** Event that tells of it (JSON); null where the claim let go by itself: that is noted, and not told. */
  readonly event: string | null;
  /** Worker that took the actor up, told with it; null where nobody did. */
  readonly takenBy: string | null;
}

export type DeathAnswer =
  /** `seq`: the event that tells of the death. */
  | { readonly kind: "noted" | "again"; readonly seq: number }
  /** The actor has moved on since, or is over: there is no body. */
  | { readonly kind: "moved" | "no_run" }
  | { readonly kind: "ended"; readonly status: string };

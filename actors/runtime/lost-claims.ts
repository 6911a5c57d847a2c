/**
 * What a claim leaves behind when it is over: told once, by whoever takes the actor up and finds begun what nobody has
 * answered; and noted, without a word in the log, by the claim itself where it lets go in good order.
 */
import type { Address, Claim, PendingEffect, Store } from "../../infra/store.ts";
import { boxOf, type GatesHere } from "./black-box.ts";
import type { Live } from "./live.ts";

export interface LostDeps {
  readonly store: Pick<Store, "remains" | "noteDeath">;
  /** Name of this worker. */
  readonly worker: string;
  /** This host's gates; null where there are none. */
  readonly gates: GatesHere | null;
}

type Held = Pick<Live, "address" | "fence" | "version">;

/**
 * `left`: effects of the actor that run nowhere here. Those that were never begun, and those that only another host can
 * tell about, are nobody's death.
 */
export async function noteTakeover(
  { store, worker, gates }: LostDeps,
  { address, fence, version }: Held,
  left: readonly PendingEffect[],
): Promise<void> {
  if (left.length === 0) return;
  const died = fence.epoch - 1;
  const remains = await store.remains(address.run, [address.actor]);
  const [self] = remains?.actors ?? [];
  if (remains === null || self === undefined) return;
  const event = {
    type: "actor.lost",
    reason: "whoever was at it is gone, and nobody has answered what was begun",
    foundBy: worker,
    ...(await boxOf(remains, self, gates)),
  };
  await store.noteDeath({ address, fence, version, died, event: JSON.stringify(event), takenBy: worker });
}

/**
 * This claim lets go in good order: what it had out was called off, or goes on under its recorder, and is no sign of a death.
 * `began` is false where it had begun nothing itself: then it says so only for a claim before it that had let go too.
 */
export async function noteLeave(
  { store }: Pick<LostDeps, "store">,
  { address, fence, version, pending }: Held & Pick<Live, "pending">,
  began: boolean,
): Promise<void> {
  if (pending.size === 0) return;
  const before = began ? null : await store.remains(address.run, [address.actor]);
  if (!began && before?.actors[0]?.noted !== fence.epoch - 1) return;
  await store.noteDeath({ address, fence, version, died: fence.epoch, event: null, takenBy: null });
}

/** Takes an actor that kills whoever claims it out of circulation, and tells what was known of it. */
export async function takeOut(
  { store, gates }: Pick<LostDeps, "gates"> & { readonly store: Pick<Store, "remains" | "quarantine"> },
  address: Address,
  { claims, fence }: Pick<Claim, "claims" | "fence">,
): Promise<void> {
  const remains = await store.remains(address.run, [address.actor]);
  const [self] = remains?.actors ?? [];
  const known = remains === null || self === undefined ? {} : await boxOf(remains, self, gates);
  await store.quarantine(address, `claimed ${claims} times without one commit`, fence, known);
}

/** An actor in memory, for as long as one activation holds it. Redis is read when it is claimed, and not again. */
import type { Address, Claim, Fence, PendingEffect } from "../../infra/store.ts";
import type { MachineEntry, Machines } from "../../machines/catalogue.ts";
import { type ActorState, rehydrate } from "../../machines/fold.ts";
import { stateFrom } from "../../machines/snapshot.ts";
import { latestMachine } from "../types/index.ts";
import { type Entry, entryFrom } from "./conversation.ts";
import { type RunRow, runRowFrom } from "./run-row.ts";
import { type Session, sessionFrom } from "./session.ts";
import { type StateHash, stateHash } from "./state-hash.ts";

export interface Live {
  readonly address: Address;
  readonly fence: Fence;
  readonly run: RunRow;
  readonly machine: MachineEntry;
  readonly entries: Entry[];
  readonly pending: Map<string, PendingEffect>;
  readonly hash: StateHash;
  version: number;
  state: ActorState | null;
  session: Session | null;
  /** Commits sent under this claim; names them. */
  commits: number;
}

/** Throws where the stored actor cannot be brought to life: nothing may be committed from a guess. */
export function liveFrom(address: Address, claim: Claim, machines: Machines): Live {
  const name = claim.machine ?? latestMachine(address.type);
  const machine = name === undefined ? undefined : machines.get(name);
  if (machine === undefined) throw new Error(`no machine for ${address.actor} (${claim.machine ?? address.type})`);
  const stored = claim.core === null ? null : stateFrom({ core: claim.core, rows: claim.rows }, machine.shape);
  return {
    address,
    fence: claim.fence,
    run: runRowFrom(claim.run),
    machine,
    entries: claim.transcript.map(entryFrom),
    pending: new Map(claim.pending.map((effect) => [effect.id, effect])),
    hash: stateHash(claim.rows),
    version: claim.version,
    state: stored === null ? null : rehydrate(machine.machine, stored, true),
    session: claim.session === null ? null : sessionFrom(claim.session),
    commits: 0,
  };
}

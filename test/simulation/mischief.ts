/** What strikes the store itself, time, and those who write to a run. */
import { memberOf, type Store } from "../../infra/store.ts";
import type { MemoryStore } from "../support/memory-store/memory-store.ts";
import { shardNamed } from "../support/memory-store/state.ts";
import type { Client } from "./client.ts";
import { type Crew, shardOf } from "./crew.ts";
import type { Oracle } from "./oracle.ts";

/**
 * A server that now and then comes back without its last write, where that was a claim: the epoch is given a second time,
 * and only the nonce tells one claim from the other.
 */
export function forgetful(
  watched: Oracle,
  { memory }: MemoryStore,
  { random, time, faults, tell, workers }: Pick<Crew, "random" | "time" | "faults" | "tell" | "workers">,
): Oracle {
  const claim: Store["claim"] = (address, nonce, served) => {
    const snapshots = memory.runs.get(address.run)?.snapshots;
    const before = { ...snapshots?.get(address.actor) };
    const answered = watched.store.claim(address, nonce, served);
    const actor = snapshots?.get(address.actor);
    if (actor === undefined || before.epoch === undefined || before.epoch === actor.epoch) return answered;
    if ([...actor.pending.values()].some(({ held }) => held !== null) || !faults.strikes("lost claim")) return answered;
    const { epoch } = actor;
    time.at(random.below(600), () => {
      if (actor.epoch !== epoch || actor.version !== before.version || actor.quarantined === epoch) return;
      tell(() => `the claim ${nonce} of ${memberOf(address)} is lost`);
      const { nonce: earlier = null, incarnation = 0, claims = 0, claimsAt = null } = before;
      Object.assign(actor, { epoch: epoch - 1, nonce: earlier, incarnation, claims, claimsAt });
      watched.forgotClaim(memberOf(address), earlier);
      // Connections were cut with it, and locks with them: the job goes to somebody.
      time.at(random.below(50), () => {
        const awake = workers.filter((worker) => worker.awake());
        if (awake.length > 0) random.pick(awake).activate(address, () => {});
      });
    });
    return answered;
  };
  return { ...watched, store: { ...watched.store, claim } };
}

interface Mischief extends Crew {
  readonly kept: MemoryStore;
  readonly deadly: Set<string>;
  readonly client: Client;
}

/** What strikes the store itself, and time. */
export function mischief({ random, time, faults, kept, deadly, client, watched, poisoned, tell }: Mischief): void {
  const { memory } = kept;
  for (const beforeMs of [5_000, 12_000]) {
    time.at(random.below(beforeMs), () => {
      if (!faults.strikes("time leap")) return;
      tell(() => "time leaps");
      time.jump(random.between(500, 40_000));
    });
  }
  time.at(random.below(8_000), () => {
    if (!faults.strikes("new incarnation")) return;
    tell(() => "a new incarnation");
    shardNamed(memory, shardOf(random.pick(client.runs))).incarnation += 1;
  });
  time.at(random.between(500, 5_000), () => {
    const run = random.pick(client.runs);
    const stored = memory.runs.get(run);
    const actor = random.pick([...(stored?.actors.keys() ?? [])]);
    if (stored === undefined || actor === undefined || stored.fields.get("status") !== "running") return;
    if (!faults.strikes("poison")) return;
    const type = actor === "a_coordinator" ? "coordinator" : "explore";
    const address = { run, actor, type };
    poisoned.add(memberOf(address));
    tell(() => `poison for ${memberOf(address)}`);
    deadly.add("poison");
    watched.store.send(address, { id: "poison", event: { type: "poison" } }).catch(() => {});
  });
}

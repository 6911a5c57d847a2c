/**
 * Looks for actors whose claim nobody alive can hold, with what they had begun, and takes their deaths down: before anything
 * else is done about them, once for each, whoever else looks at the same moment. It claims nothing and recovers nothing.
 */
import { hostname } from "node:os";
import type { BusyRun } from "../../infra/redis/busy-runs.ts";
import type { WorkerRow } from "../../infra/redis/workers.ts";
import type { Store } from "../../infra/store.ts";
import type { ActorRemains } from "../../infra/store-deaths.ts";
import { boxOf, type GatesHere } from "./black-box.ts";

export interface BodiesDeps {
  readonly store: Pick<Store, "remains" | "noteDeath">;
  /** Rows of all workers that have signed in and not out, whether or not they live. */
  readonly signedIn: readonly WorkerRow[];
  readonly gates: GatesHere | null;
}

/** Bodies that one look takes down; the next one finds the others. */
const BODIES_MAX = 200;
/** Workers that a reason names. */
const NAMED_MAX = 3;

/**
 * `unserved`: runs that no living worker can serve, so that nobody can hold a claim of them. Returns how many deaths were taken
 * down. Throws where Redis refuses to be written to: what was read stands as it is.
 */
export async function findBodies(
  { store, signedIn, gates }: BodiesDeps,
  unserved: readonly BusyRun[],
): Promise<number> {
  let taken = 0;
  for (const { run, binding, actors } of unserved) {
    const remains = await store.remains(
      run,
      actors.map(({ actor }) => actor),
    );
    for (const left of remains?.actors.filter(isBody) ?? []) {
      const address = actors.find(({ actor }) => actor === left.actor);
      if (remains === null || address === undefined) continue;
      if (taken >= BODIES_MAX) return taken;
      const { epoch, nonce, version } = left;
      const event = {
        type: "actor.lost",
        reason: reasonOf(binding, signedIn),
        foundBy: `process ${process.pid} on ${hostname()}`,
        ...(await boxOf(remains, left, gates)),
      };
      const death = { address, fence: { epoch, nonce }, version, died: epoch, takenBy: null };
      const answer = await store.noteDeath({ ...death, event: JSON.stringify(event) });
      taken += answer.kind === "noted" ? 1 : 0;
    }
  }
  return taken;
}

/** It had begun what nobody has answered, and its claim neither let go nor is known to be over. */
const isBody = ({ over, epoch, noted, pending }: ActorRemains): boolean =>
  !over && epoch > 0 && noted !== epoch && pending.some(({ held }) => !held);

function reasonOf(binding: string, signedIn: readonly WorkerRow[]): string {
  const served = signedIn.filter(({ bindings }) => bindings.includes(binding)).slice(0, NAMED_MAX);
  const words = served.map(({ id, host, pid, silentMs }) =>
    host === hostname()
      ? `process ${pid} of worker ${id} is gone`
      : `worker ${id} on ${host} was last heard of ${Math.round(silentMs / 1_000)} s ago`,
  );
  return `no worker that could be at it lives${words.length === 0 ? "" : `: ${words.join(", ")}`}`;
}

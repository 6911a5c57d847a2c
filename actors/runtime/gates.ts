/**
 * What a worker does about gates besides passing them: hands actors on to the host that can tell, ends what is not
 * wanted any more, and clears away what is kept of runs that are gone.
 */
import type { Journal } from "../../infra/journal/journal.ts";
import type { Log } from "../../infra/log.ts";
import type { Wakers } from "../../infra/queue/queues.ts";
import type { Hosts } from "../../infra/redis/hosts.ts";
import type { Address } from "../../infra/store.ts";
import type { ActivationDeps } from "./activation-deps.ts";
import { type GatesHere, gatesOf } from "./black-box.ts";
import type { Ordered } from "./ordered.ts";

/** A host that no worker has been seen on for so long is not waited for, in milliseconds. */
const HOST_GONE_MS = 600_000;
/** An actor that waits for another host is looked at again after so long, in milliseconds. */
const REST_MS = 30_000;
/** Gates of runs that are gone are kept for so long: whoever slept through the end of a run must not find one open. */
const KEPT_MS = 24 * 60 * 60 * 1_000;
const TIDY_EVERY_MS = 60 * 60 * 1_000;

export interface Gates {
  /** To look into; null where this process has none. */
  readonly here: GatesHere | null;
  /** False where that host has not been seen for too long. */
  handOver(address: Address, place: string): Promise<boolean>;
  strangers: ActivationDeps["strangers"];
  calledOff: ActivationDeps["calledOff"];
  /** Removes what is kept of runs that `exists` does not know, now and every hour. Never rejects. */
  keepTidy(exists: (run: string) => Promise<boolean>): Promise<void>;
  /** Resolves once nothing is being ended any more. */
  close(): Promise<void>;
}

export interface GatesDeps {
  readonly journal: Journal | null;
  readonly hosts: Hosts;
  readonly wakers: Pick<Wakers, "handOver">;
  readonly log: Log;
}

export function gates({ journal, hosts, wakers, log }: GatesDeps): Gates {
  const ending = new Set<Promise<boolean>>();
  let timer: NodeJS.Timeout | null = null;
  return {
    here: gatesOf(journal),
    async handOver(address, place) {
      if (place === "" || (await hosts.isGone(place, HOST_GONE_MS))) return false;
      await hosts.rest(address, REST_MS);
      await wakers.handOver(address, place);
      return true;
    },
    async strangers({ run, actor }, { incarnation }, version, tell) {
      if (journal === null || incarnation === 0) return false;
      const found = await journal.strangers(run, actor, incarnation, version);
      if (found.length === 0) return false;
      await tell(found);
      await journal.noteTold(found);
      return true;
    },
    calledOff(order, id) {
      if (journal === null || order.place !== journal.place) return Promise.resolve(true);
      const asked = order.type === "tool.reconcile" ? order.effect : id;
      const { inputHash } = order as Extract<Ordered, { type: "tool.run" | "tool.reconcile" }>;
      const end = journal.callOff(asked, inputHash).then(
        () => true,
        (cause: unknown) => {
          log.error({ err: cause, effect: asked }, "what a cancelled call left could not be ended");
          return false;
        },
      );
      ending.add(end);
      end.finally(() => ending.delete(end)).catch(() => {});
      return end;
    },
    async keepTidy(exists) {
      if (journal === null) return;
      timer = setInterval(() => void tidy(journal, exists, log), TIDY_EVERY_MS);
      timer.unref();
      await tidy(journal, exists, log);
    },
    async close() {
      if (timer !== null) clearInterval(timer);
      await Promise.all(ending);
    },
  };
}

async function tidy(journal: Journal, exists: (run: string) => Promise<boolean>, log: Log): Promise<void> {
  try {
    for (const run of await journal.old(KEPT_MS)) if (!(await exists(run))) await journal.forget(run);
  } catch (cause) {
    log.warn({ err: cause }, "gates of runs that are gone could not be cleared away");
  }
}

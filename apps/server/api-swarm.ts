/** Answers about the swarm itself: the server, its counts, machines, workers, queues, breakers. Types only, like `api.ts`. */
import type { SwarmBreakers } from "../../infra/breaker/views.ts";
import type { Scene } from "../visualizer/chart-scene.ts";

/** `GET /api/status`: of the server itself. */
export interface ApiStatus {
  readonly v: 1;
  readonly version: string;
  readonly startedAt: string;
  /** Of the server: what it compares ages with. */
  readonly now: string;
  readonly redis: { readonly state: "up" | "down"; readonly where: string };
  /** Event streams that are open now, and at most. */
  readonly streams: { readonly open: number; readonly max: number };
  /** Name of the person whose answers this server writes down. */
  readonly user: string;
  /** What the swarm does now; null while Redis cannot be asked. */
  readonly counts: ApiCounts | null;
}

export interface ApiCounts {
  readonly running: number;
  readonly parked: number;
  /** Since midnight, on the server's clock. */
  readonly failedToday: number;
  readonly approvals: number;
  readonly deadLetters: number;
  readonly workers: number;
  /** Of runs begun since midnight or still going on. */
  readonly costUsdToday: number;
  /** False: some call has no price, so it cost that much at least. */
  readonly costComplete: boolean;
}

/** `GET /api/machines`. */
export interface ApiMachines {
  readonly v: 1;
  readonly machines: readonly { readonly machine: string; readonly name: string; readonly summary: string }[];
}

/** `GET /api/machines/:name/scene`, with an ETag: as `swarm agents show --svg` lays it out; `scene.chart` is the definition. */
export interface ApiScene {
  readonly v: 1;
  readonly machine: string;
  readonly scene: Scene;
}

/** `GET /api/workers`. */
export interface ApiWorkers {
  readonly v: 1;
  readonly workers: readonly {
    readonly id: string;
    readonly host: string;
    readonly pid: number;
    readonly types: readonly string[];
    readonly active: number;
    readonly silentMs: number;
  }[];
}

/** `GET /api/queues`: depth and age of what waits, and how that was: a point every 5 s, the last hour, while this server ran. */
export interface ApiQueues {
  readonly v: 1;
  readonly everyMs: number;
  /** Actor types; the columns of every point, in this order. */
  readonly types: readonly string[];
  /** Oldest first. `ready`: actors with something to do; `oldestMs`: how long the longest of them has been ready; null: none. */
  readonly points: readonly {
    readonly at: string;
    readonly ready: readonly number[];
    readonly oldestMs: readonly (number | null)[];
    /** Jobs of BullMQ: waiting and active, likewise by type. */
    readonly waiting: readonly number[];
    readonly active: readonly number[];
  }[];
}

/** `GET /api/breakers`: what is stopped or slowed down because it failed or was refused, as `swarm ps --json` tells it. */
export interface ApiBreakers extends SwarmBreakers {
  readonly v: 1;
}

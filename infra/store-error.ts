/**
 * What a store throws where it cannot answer: why, whether asking again can help, and what a person can do about it.
 * A store throws nothing else; expected outcomes are answers.
 */
import { SwarmError } from "./errors.ts";

export type StoreTrouble =
  /** No connection. */
  | "unreachable"
  /** Sent, and not answered in time: it may have happened, and may happen yet. */
  | "timeout"
  /** The server reads its data. */
  | "loading"
  /** The server runs somebody's long script. */
  | "busy"
  /** The server takes no writes: a replica, or a primary that was demoted. */
  | "readonly"
  | "out_of_memory"
  /** The server cannot keep what it is told: disk full, too few replicas, eviction… */
  | "misconfigured"
  /** Password or rights. */
  | "forbidden"
  /** What is stored, or what was answered, is not what this version writes and reads. */
  | "broken";

interface Advice {
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retry: boolean;
  readonly hint: string;
}

const advice: Readonly<Record<StoreTrouble, Advice>> = {
  unreachable: { retry: true, hint: "Check that it runs and that REDIS_URL is right. Nothing committed is lost." },
  timeout: { retry: true, hint: "It may hang or be overloaded: see its log. Nothing committed is lost." },
  loading: { retry: true, hint: "It reads its data after a start; wait for it." },
  busy: { retry: true, hint: "A long script runs there: wait, or end it with SCRIPT KILL." },
  readonly: { retry: false, hint: "Point REDIS_URL at the primary, or promote this one (REPLICAOF NO ONE)." },
  out_of_memory: {
    retry: false,
    hint: "Raise maxmemory, or archive and delete ended runs. It must not evict: keep noeviction.",
  },
  misconfigured: {
    retry: false,
    hint: "Repair what its message names, such as a full disk; `swarm doctor` says more.",
  },
  forbidden: { retry: false, hint: "Give the user of REDIS_URL its password and the rights ~* &* +@all." },
  broken: {
    retry: false,
    hint: "Another program or version may have written there: use another SWARM_PREFIX, or report it.",
  },
};

export class StoreError extends SwarmError {
  readonly trouble: StoreTrouble;

  constructor(trouble: StoreTrouble, message: string, details: { readonly cause?: unknown } = {}) {
    super(`store.${trouble}`, message, { ...advice[trouble], exit: 7, cause: details.cause });
    this.trouble = trouble;
  }
}

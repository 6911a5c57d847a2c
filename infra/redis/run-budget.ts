/** Raises or lowers what a running run may use. Every reservation is checked against the limits as they stand at its commit. */
import type { Redis } from "ioredis";
import type { BudgetLimits } from "../store.ts";
import type { CallOptions } from "./calls.ts";
import type { Keys } from "./keys.ts";
import { scriptsOn } from "./scripts.ts";
import { unknownAnswer } from "./store-answers.ts";

/** The amounts of a run at one moment, as whole numbers. */
export interface BudgetState {
  /** Null: no limit. */
  readonly tokensMax: number | null;
  readonly nanoUsdMax: number | null;
  readonly tokens: number;
  /** Reserved for calls that are out. */
  readonly heldTokens: number;
  readonly nanoUsd: number;
  readonly heldNanoUsd: number;
}

export type BudgetAnswer =
  /** `same`: these were its limits before. `below`: more is spent and held than the limit asked for; nothing was changed. */
  | { readonly kind: "set" | "same" | "below"; readonly state: BudgetState }
  | { readonly kind: "ended"; readonly status: string }
  /** `no_run`: also where only the stub of an archived run is left. */
  | { readonly kind: "no_run" };

export interface RunBudget {
  /**
   * A limit that is not named stays as it is. Limits are whole numbers above 0, safe integers. Told in the run's log, as
   * `budget.changed`. Sent twice it is done once. Throws StoreError.
   */
  set(run: string, limits: BudgetLimits, by: string): Promise<BudgetAnswer>;
}

export function runBudget(redis: Redis, keys: Keys, options: CallOptions = {}): RunBudget {
  const scripts = scriptsOn(redis, options);
  return {
    async set(run, { tokensMax, nanoUsdMax }, by) {
      const ofRun = keys.run(run);
      const [kind, ...rest] = await scripts.budget(
        [ofRun.run, ofRun.budget, ofRun.log],
        [run, tokensMax ?? "", nanoUsdMax ?? "", openBody(by)],
      );
      switch (kind) {
        case "OK":
          return { kind: "set", state: stateFrom(rest.map(String)) };
        case "SAME":
          return { kind: "same", state: stateFrom(rest.map(String)) };
        case "BELOW":
          return { kind: "below", state: stateFrom(rest.map(String)) };
        case "ENDED":
          return { kind: "ended", status: String(rest[0]) };
        case "NORUN":
          return { kind: "no_run" };
        default:
          throw unknownAnswer("budget", [kind]);
      }
    },
  };
}

/** Only the script knows both limits: it writes them and closes what is open. */
const openBody = (by: string): string =>
  `{"v":1,"events":[${JSON.stringify({ type: "budget.changed", by }).replace(/\}$/, "")}`;

function stateFrom([tokensMax = "", nanoUsdMax = "", ...amounts]: readonly string[]): BudgetState {
  const [tokens = 0, heldTokens = 0, nanoUsd = 0, heldNanoUsd = 0] = amounts.map(Number);
  return {
    tokensMax: tokensMax === "" ? null : Number(tokensMax),
    nanoUsdMax: nanoUsdMax === "" ? null : Number(nanoUsdMax),
    ...{ tokens, heldTokens, nanoUsd, heldNanoUsd },
  };
}

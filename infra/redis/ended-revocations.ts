/** Takes results of runs that are over back: their envelopes say so from then on; their logs have said their last word. */
import type { Redis } from "ioredis";
import type { CallOptions } from "./calls.ts";
import { opened } from "./commit-arguments.ts";
import type { Keys } from "./keys.ts";
import { scriptsOn } from "./scripts.ts";
import { unknownAnswer } from "./store-answers.ts";

export type EndedRevocation =
  /** Those that were revoked by this very call: the others were before, or were never verified. */
  | { readonly kind: "revoked"; readonly results: readonly string[] }
  /** `archived`: what is left of it lies in a file that nobody changes. */
  | { readonly kind: "running" | "archived" | "no_run" };

export interface EndedRevocations {
  /** Sent twice it is done once. Throws StoreError. */
  revoke(
    run: string,
    results: readonly { readonly result: string; readonly reason: string }[],
    by: string,
  ): Promise<EndedRevocation>;
}

export function endedRevocations(redis: Redis, keys: Keys, options: CallOptions = {}): EndedRevocations {
  const scripts = scriptsOn(redis, options);
  return {
    async revoke(run, results, by) {
      const [kind, ...did] = await scripts["revoke-ended"](
        [keys.run(run).run, keys.run(run).results],
        results.flatMap(({ result, reason }) => [opened({ reason, by, late: true }), result]),
      );
      switch (kind) {
        case "OK":
          return { kind: "revoked", results: did.map(String) };
        case "RUNNING":
          return { kind: "running" };
        case "ARCHIVED":
          return { kind: "archived" };
        case "NORUN":
          return { kind: "no_run" };
        default:
          throw unknownAnswer("revoke-ended", [kind]);
      }
    },
  };
}

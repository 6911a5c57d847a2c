/** From how a run ended to the exit code of the command that watched it (contract: 0, 1, 4, 5, 6). */
import type { RunDocument } from "../../actors/runtime/run-document.ts";

/** A model that refuses the credentials is told apart from all other failures: 4, as where there are none. */
const CREDENTIALS_REFUSED = /\bmodel: (authentication|permission|billing)\b/;
export const credentialsRefused = (reasons: readonly string[]): boolean =>
  reasons.length > 0 && reasons.every((reason) => CREDENTIALS_REFUSED.test(reason) || / skipped /.test(reason));

export function exitCodeOf({ status, result }: RunDocument): number {
  switch (status) {
    case "completed":
      return 0;
    case "parked":
      return 5;
    case "exhausted":
      return 6;
    case "failed":
      return credentialsRefused(result?.reasons ?? []) ? 4 : 1;
    case "cancelled":
    case "running":
      return 1;
  }
}

/** What a person said of a revocation, by flags: parsed before anything is opened. */
import { SwarmError } from "../../../infra/errors.ts";

export interface RevocationWish {
  /** Run that the result is of, as it was given; null: to be found. */
  readonly run: string | null;
  /** Id of the result, or its beginning. */
  readonly result: string;
  /** Null: still to be asked for. */
  readonly reason: string | null;
  readonly redo: boolean;
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Of a reason, in characters: it is told to whoever does the work again. */
export const REASON_MAX = 2_000;

/** Throws SwarmError `usage.revoke` or `usage.reason`, exit 2. */
export function wishOf(id: string, flags: Record<string, unknown>): RevocationWish {
  const slash = id.lastIndexOf("/");
  const named = slash < 0 ? null : id.slice(0, slash);
  if (named !== null && flags.run !== undefined) {
    throw new SwarmError("usage.revoke", `"${id}" names its run, and so does --run; give one of them`, { exit: 2 });
  }
  const run = named ?? (typeof flags.run === "string" ? flags.run : null);
  const reason = typeof flags.reason === "string" ? reasonOf(flags.reason) : null;
  return {
    run,
    result: id.slice(slash + 1),
    reason,
    redo: flags.redo !== false,
    yes: flags.yes === true,
    dryRun: flags.dryRun === true,
    json: flags.json === true,
  };
}

export function reasonOf(text: string): string {
  const reason = text.trim();
  if (reason !== "" && reason.length <= REASON_MAX) return reason;
  const message = `--reason has ${reason.length} characters; it takes 1 to ${REASON_MAX}`;
  throw new SwarmError("usage.reason", message, {
    exit: 2,
    hint: "Say what is wrong with the result: whoever does the work again is told.",
  });
}

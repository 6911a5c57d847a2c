/** Why a result cannot be taken back, each with the way out. */
import type { RevokeOutcome } from "../../../actors/runtime/revoke-result.ts";
import { SwarmError } from "../../../infra/errors.ts";

export interface Unrevoked {
  readonly run: string;
  readonly result: string;
}

/** Null where it was taken back, or is about to be. */
export function refusal({ run, result }: Unrevoked, outcome: RevokeOutcome): SwarmError | null {
  const refused = (code: string, message: string, hint: string): SwarmError =>
    new SwarmError(code, message, { exit: 2, hint });
  switch (outcome.kind) {
    case "asked":
    case "asked_before":
    case "revoked":
    case "already":
      return null;
    case "not_verified":
      return notVerified({ run, result }, outcome.status);
    case "unknown":
      return refused("result.unknown", `run ${run} has no result ${result}`, `swarm show ${run} --json`);
    case "archived":
      return refused(
        "run.archived",
        `run ${run} is archived, and an archive is not changed`,
        `Run its goal anew; swarm show ${run} still shows the result as it was.`,
      );
    case "full":
      return new SwarmError("run.full", `run ${run} takes no more messages`, {
        exit: 1,
        retry: true,
        hint: "Wait until a worker has taken what lies there, and revoke it again.",
      });
    case "no_run":
      return refused("run.gone", `run ${run} is gone`, "swarm ps");
  }
}

export const notVerified = ({ run, result }: Unrevoked, status: string): SwarmError =>
  new SwarmError("result.not_verified", `result ${result} of run ${run} is ${status}: nobody can build on it`, {
    exit: 2,
    hint: `Only what is verified can be taken back. swarm show ${run}`,
  });

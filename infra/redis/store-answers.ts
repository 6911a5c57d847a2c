/** Reads what the scripts answer. The order of the fields is the one that each script's header names. */

import type { Claim, CommitAnswer, Grant, PendingEffect } from "../store.ts";
import { StoreError } from "../store-error.ts";
import { unpacked } from "./packed.ts";

export function claimFrom(answer: unknown[], nonce: string): Claim {
  const [, epoch, row, snapshot, mail, pending, session, transcript, claims, mailTotal, incarnation] = answer as [
    string,
    number | string,
    string[],
    string[],
    string[],
    string[],
    string,
    string[],
    number,
    number,
    string,
  ];
  const stored = recordFrom(snapshot);
  const rowFields = Object.entries(stored).filter(([field]) => field.startsWith("r:"));
  return {
    fence: { epoch: Number(epoch), nonce, incarnation: Number(incarnation) },
    run: recordFrom(row),
    version: Number(stored.version ?? 0),
    machine: stored.machine ?? null,
    core: stored.core ?? null,
    rows: new Map(rowFields.map(([field, json]) => [field.slice(2), json])),
    mail,
    mailTotal,
    pending: pendingFrom(recordFrom(pending)),
    session: session === "" ? null : unpacked(session),
    transcript: transcript.map(unpacked),
    claims,
  };
}

const GRANT = "#grant";
const HELD = "#held";

function pendingFrom(fields: Readonly<Record<string, string>>): PendingEffect[] {
  return Object.entries(fields)
    .filter(([id]) => !id.includes("#"))
    .map(([id, json]) => {
      const grant = fields[`${id}${GRANT}`];
      return { id, json, grant: grant === undefined ? null : grantFrom(grant), held: `${id}${HELD}` in fields };
    });
}

function grantFrom(text: string): Grant {
  const [outTokens = 0, tokens = 0, nanoUsd = 0] = text.split(" ").map(Number);
  return { outTokens, tokens, nanoUsd };
}

export function commitAnswer(answer: unknown[]): CommitAnswer {
  switch (answer[0]) {
    case "OK": {
      const [, firstSeq, , mailLeft, hold, runStatus, transcriptLength, ...grants] = answer as [
        string,
        number,
        number,
        number,
        string,
        string,
        number,
        ...string[],
      ];
      return {
        kind: "committed",
        firstSeq: Number(firstSeq),
        mailLeft,
        held: hold !== "",
        runStatus,
        transcriptLength,
        grants: grants.map(grantFrom),
      };
    }
    case "FENCED":
      return { kind: "fenced" };
    case "CONFLICT":
      return { kind: "conflict", version: Number(answer[1]) };
    case "GONE":
      return { kind: "gone" };
    case "ENDED":
      return { kind: "ended", status: String(answer[1]) };
    case "REFUSED":
      return { kind: "refused", tokensLeft: leftOrNull(answer[1]), nanoUsdLeft: leftOrNull(answer[2]) };
    case "NORUN":
      return { kind: "no_run" };
    default:
      throw unknownAnswer("commit", answer);
  }
}

/** A script of another version answered: nothing may be concluded from it. */
export function unknownAnswer(script: string, answer: readonly unknown[]): StoreError {
  const said = JSON.stringify(answer[0] ?? null).slice(0, 100);
  return new StoreError("broken", `the script ${script} answered ${said}, which this version does not know.`);
}

const leftOrNull = (value: unknown): number | null => (value === "none" ? null : Number(value));

function recordFrom(flat: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let index = 0; index + 1 < flat.length; index += 2) record[flat[index] as string] = flat[index + 1] as string;
  return record;
}

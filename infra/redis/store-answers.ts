/** Reads what the scripts answer. The order of the fields is the one that each script's header names. */

import type { Address, Claim, ClaimAnswer, CommitAnswer } from "../store.ts";
import { StoreError } from "../store-error.ts";
import { unpacked } from "./packed.ts";
import { grantFrom, pendingFrom, snapshotFrom, snapshotRecord } from "./stored-actor.ts";
import { toldRow } from "./stored-budget.ts";
import { SESSION, sessionTextFrom } from "./stored-session.ts";

/** Of an answer read as bytes. */
export function claimFrom(answer: unknown[], address: Address, nonce: string): Claim {
  const [, epoch, row, snapshot, mail, pending, shared, transcript, claims, mailTotal, incarnation] = answer as [
    string,
    number | Buffer,
    Buffer[],
    Buffer[],
    Buffer[],
    Buffer[],
    Buffer,
    Buffer[],
    number,
    number,
    Buffer,
  ];
  const fields = pairsOf(snapshot);
  const own = fields.find(([field]) => field === SESSION)?.[1];
  return {
    fence: { epoch: Number(epoch), nonce, incarnation: Number(incarnation) },
    run: toldRow(recordFrom(row)),
    ...snapshotFrom(snapshotRecord(fields)),
    mail: mail.map(String),
    mailTotal,
    pending: pendingFrom(address, recordFrom(pending)),
    session: own === undefined ? null : sessionTextFrom(own, shared.length === 0 ? null : shared),
    transcript: transcript.map(unpacked),
    claims,
  };
}

/** Of an answer read as bytes. */
export function overFrom(answer: unknown[], address: Address): Extract<ClaimAnswer, { kind: "over" }> {
  const [, reason, pending] = answer as [string, Buffer, Buffer[]];
  return { kind: "over", reason: String(reason), pending: pendingFrom(address, recordFrom(pending)) };
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

function pairsOf(flat: readonly Buffer[]): (readonly [string, Buffer])[] {
  const pairs: (readonly [string, Buffer])[] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) pairs.push([String(flat[index]), flat[index + 1] as Buffer]);
  return pairs;
}

const recordFrom = (flat: readonly Buffer[]): Record<string, string> =>
  Object.fromEntries(pairsOf(flat).map(([field, value]) => [field, String(value)]));

/** Answers to approvals, and rights given and taken back: one script each, so that each is whole or not at all. */
import type { Redis } from "ioredis";
import type { Mail, Store } from "../store.ts";
import type { AnswerAnswer, ApprovalAnswer, Grants, NewGrant, RevokeAnswer } from "../store-approvals.ts";
import type { Call } from "./calls.ts";
import { mailText, opened } from "./commit-arguments.ts";
import type { Keys } from "./keys.ts";
import type { Scripts } from "./scripts.ts";
import { unknownAnswer } from "./store-answers.ts";

/** Id of the message that brings an answer to its actor: whoever answers, there is one. */
const answerMailId = (approval: string): string => `answer:${approval}`;

/** The word to the actor. */
export const answerMail = (answer: ApprovalAnswer): Mail => ({
  id: answerMailId(answer.approval),
  event: {
    type: "approval.answered",
    approval: answer.approval,
    call: answer.call,
    allowed: answer.allowed,
    by: answer.by,
    reason: answer.reason,
    ...(answer.grant === null ? {} : { grant: { id: answer.grant.id, rule: answer.grant.rule, scope: answer.scope } }),
  } as { type: string },
});

/** What is stored of it; the store adds the time. */
export const answerRow = ({ allowed, by, reason, scope, grant, token }: ApprovalAnswer) => ({
  status: allowed ? "approved" : "denied",
  by,
  reason,
  ...(allowed ? { scope } : {}),
  ...(grant === null ? {} : { grant: grant.id }),
  token,
});

export const answerAudit = ({ allowed, by, reason, grant }: ApprovalAnswer) => ({
  handler: "interactive",
  decision: allowed ? "allow" : "deny",
  rule: "approval",
  reason,
  answeredBy: by,
  ...(grant === null ? {} : { grant: grant.id }),
});

const nothingKnown = { agentType: "-", policy: "-", inputHash: "-", risk: "unknown" };

export const refusedAudit = ({ approval, call, allowed, by }: ApprovalAnswer) => ({
  actor: "-",
  call,
  tool: "-",
  ...nothingKnown,
  approval,
  handler: "interactive",
  decision: "deny",
  reason: `the answer "${allowed ? "approve" : "deny"}" was not taken`,
  answeredBy: by,
});

export const grantRow = ({ id, rule, actor, by, origin }: NewGrant) => ({ id, rule, actor, by, origin });
export const revokedEvent = (grant: Pick<NewGrant, "id" | "rule">, by: string, reason: string) => ({
  type: "grants.revoked",
  grant: grant.id,
  rule: grant.rule,
  by,
  reason,
});
export const revokedAudit = (grant: Pick<NewGrant, "id" | "rule">, by: string, reason: string) => ({
  actor: "-",
  call: "-",
  tool: grant.rule.split("(", 1)[0],
  ...nothingKnown,
  handler: "interactive",
  decision: "deny",
  rule: "grant.revoked",
  reason: `${grant.rule} was taken back${reason === "" ? "" : `: ${reason}`}`,
  answeredBy: by,
  grant: grant.id,
});

export interface AnswersDeps {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly scripts: Scripts;
  readonly call: Call;
  /** Lets what is due in a shard expire. */
  readonly sweep: (shard: string) => Promise<unknown>;
}

export function answersOf({
  redis,
  keys,
  scripts,
  call,
  sweep,
}: AnswersDeps): Pick<Store, "answer" | "grants" | "revoke"> {
  const send = async (answer: ApprovalAnswer): Promise<unknown[]> => {
    const { run, approval, grant } = answer;
    const ofRun = keys.run(run);
    const shard = keys.shard(keys.shardOf(run));
    const facts = await call("answer", () => redis.hget(ofRun.approvals, `${approval}#s`));
    const member = /^\d+ \d+ \S+ (\S+) /.exec(facts ?? "")?.[1] ?? "none/none";
    const actor = member.slice(0, member.lastIndexOf("/"));
    return scripts.answer(
      [
        ofRun.run,
        ofRun.approvals,
        ofRun.audit,
        shard.ready,
        shard.timers,
        ofRun.grants,
        keys.actor(run, actor).mailbox,
      ],
      [
        approval,
        run,
        shard.bell,
        answer.hash,
        answer.token,
        opened(answerRow(answer)),
        mailText(answerMail(answer)),
        member,
        grant?.id ?? "",
        grant === null ? "" : opened(grantRow(grant)),
        grant?.ttlMs ?? "",
        opened(answerAudit(answer)).slice(1),
        opened(refusedAudit(answer)),
      ],
    );
  };
  return {
    async answer(answer) {
      const first = answerFrom(await send(answer));
      if (first.kind !== "late" || first.verdict !== "") return first;
      // Its time is over and nobody came by to say so: that is said now, and then told.
      await sweep(keys.shardOf(answer.run));
      return answerFrom(await send(answer));
    },
    async grants(run): Promise<Grants> {
      return call("grants", async () => {
        const [time, fields] = await Promise.all([redis.time(), redis.hgetall(keys.run(run).grants)]);
        const [seconds, microseconds] = time.map(Number) as [number, number];
        return { nowMs: seconds * 1_000 + Math.floor(microseconds / 1_000), fields };
      });
    },
    async revoke(run, grant, by, reason) {
      const ofRun = keys.run(run);
      const answer = await scripts.revoke(
        [ofRun.run, ofRun.grants, ofRun.audit, ofRun.log],
        [
          grant.id,
          run,
          opened({ by, reason }),
          JSON.stringify({ v: 1, events: [revokedEvent(grant, by, reason)] }),
          JSON.stringify(revokedAudit(grant, by, reason)),
        ],
      );
      return revokeFrom(answer);
    },
  };
}

function answerFrom(answer: unknown[]): AnswerAnswer {
  switch (answer[0]) {
    case "OK":
      return { kind: "answered" };
    case "LATE":
      return { kind: "late", verdict: String(answer[1]) };
    case "UNKNOWN":
      return { kind: "unknown" };
    case "FORGED":
      return { kind: "forged" };
    case "ENDED":
      return { kind: "ended", status: String(answer[1]) };
    case "NORUN":
      return { kind: "no_run" };
    default:
      throw unknownAnswer("answer", answer);
  }
}

function revokeFrom(answer: unknown[]): RevokeAnswer {
  switch (answer[0]) {
    case "OK":
      return { kind: "revoked" };
    case "AGAIN":
      return { kind: "again" };
    case "ENDED":
      return { kind: "ended", status: String(answer[1]) };
    case "NORUN":
      return { kind: "no_run" };
    default:
      throw unknownAnswer("revoke", answer);
  }
}

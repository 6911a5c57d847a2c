/** Approvals and grants in memory: see the scripts `commit`, `answer`, `revoke` and `sweep`. */
import {
  answerAudit,
  answerMail,
  answerRow,
  grantRow,
  refusedAudit,
  revokedAudit,
  revokedEvent,
} from "../../../infra/redis/answers.ts";
import { opened } from "../../../infra/redis/commit-arguments.ts";
import type { Commit } from "../../../infra/store.ts";
import { memberOf } from "../../../infra/store.ts";
import type { AnswerAnswer, ApprovalAnswer, Grants, NewGrant, RevokeAnswer } from "../../../infra/store-approvals.ts";
import { type Inside, mailText } from "./inside.ts";
import { actorNamed, add, type StoredRun, type StoredShard, shardNamed } from "./state.ts";

const REFUSED_MAX = 1_000;

const timerOf = (member: string, id: string): string => `${member}|approval:${id}|0`;

/** What a commit asks and what it gives up. */
export function ask({ flaws }: Inside, run: StoredRun, shard: StoredShard, one: Commit, atMs: number): void {
  const now = Math.floor(atMs);
  const member = memberOf(one.address);
  for (const { id, json, call, hash, ttlMs, audit } of one.approvals) {
    run.approvals.set(id, json);
    run.approvals.set(`${id}#s`, `${now} ${now + ttlMs} ${hash} ${member.slice(member.indexOf("/") + 1)} ${call}`);
    run.approvals.set(`${id}#u`, opened(audit));
    if (flaws.noTimers !== true) shard.timers.set(timerOf(member, id), now + ttlMs);
    add(run.fields, "asking", 1);
  }
  for (const { id, reason } of one.withdrawn) {
    if (!run.approvals.has(`${id}#s`) || run.approvals.has(`${id}#a`)) continue;
    run.approvals.set(`${id}#a`, `${opened({ status: "withdrawn", by: "run", reason })},"at":${now}}`);
    shard.timers.delete(timerOf(member, id));
    add(run.fields, "asking", -1);
  }
}

interface Facts {
  readonly asked: number;
  readonly expires: number;
  readonly hash: string;
  readonly member: string;
  readonly call: string;
}

function factsOf(run: StoredRun, id: string): Facts | null {
  const [, asked, expires, hash = "", member = "", call = ""] =
    /^(\d+) (\d+) (\S+) (\S+) (.*)$/s.exec(run.approvals.get(`${id}#s`) ?? "") ?? [];
  return asked === undefined ? null : { asked: Number(asked), expires: Number(expires), hash, member, call };
}

/** The time is over: that is the answer. Null where it was answered before. */
export function expire(run: StoredRun, id: string, atMs: number): string | null {
  const now = Math.floor(atMs);
  const facts = factsOf(run, id);
  if (facts === null || run.approvals.has(`${id}#a`)) return null;
  const { asked, expires, call } = facts;
  const reason = `approval expired after ${Number(((expires - asked) / 3_600_000).toPrecision(6))} h`;
  run.approvals.set(`${id}#a`, `{"status":"expired","by":"timer","reason":"${reason}","at":${now}}`);
  add(run.fields, "asking", -1);
  const answeredBy = { answeredBy: "expiry", latencyMs: now - asked };
  run.audit.push(
    `${run.approvals.get(`${id}#u`)},${JSON.stringify({ handler: "worker", decision: "deny", rule: "approval", reason, ...answeredBy }).slice(1)}`,
  );
  const event = { type: "approval.answered", approval: id, call, allowed: false, by: "timer", reason };
  return mailText({ id: `answer:${id}`, event });
}

/** `sweep` lets what is due in a shard expire. */
export function answer(inside: Inside, one: ApprovalAnswer, sweep: (shard: string) => void): AnswerAnswer {
  const { memory, nowMs, ring, shardOf, flaws } = inside;
  const run = memory.runs.get(one.run);
  const status = run?.fields.get("status");
  if (run === undefined || status === undefined) return { kind: "no_run" };
  const refuse = <Answer extends AnswerAnswer>(why: string, told: Answer): Answer => {
    const count = Number(run.approvals.get("#refused") ?? "0") + 1;
    run.approvals.set("#refused", String(count));
    if (count <= REFUSED_MAX) run.audit.push(`${opened(refusedAudit(one))},"rule":"approval.${why}"}`);
    return told;
  };
  const facts = factsOf(run, one.approval);
  if (facts === null) return refuse("unknown", { kind: "unknown" });
  const verdict = run.approvals.get(`${one.approval}#a`);
  if (verdict !== undefined && (flaws.answersTwice !== true || nowMs() >= facts.expires)) {
    if ((JSON.parse(verdict) as { token?: string }).token === one.token) return { kind: "answered" };
    return refuse("late", { kind: "late", verdict });
  }
  if (status !== "running") return refuse("ended", { kind: "ended", status });
  if (facts.hash !== one.hash && flaws.unboundAnswers !== true) return refuse("forged", { kind: "forged" });
  const now = Math.floor(nowMs());
  const tag = shardOf(one.run);
  if (now >= facts.expires) {
    sweep(tag);
    return answer(inside, one, sweep);
  }
  const shard = shardNamed(memory, tag);
  const member = `${one.run}/${facts.member}`;
  run.approvals.set(`${one.approval}#a`, `${opened(answerRow(one))},"at":${now}}`);
  add(run.fields, "asking", -1);
  shard.timers.delete(timerOf(member, one.approval));
  const { grant } = one;
  if (grant !== null) {
    const ends = grant.ttlMs === null ? "null" : String(now + grant.ttlMs);
    run.grants.set(grant.id, `${opened(grantRow(grant))},"atMs":${now},"expiresAtMs":${ends}}`);
  }
  actorNamed(run, facts.member.slice(0, facts.member.lastIndexOf("/"))).mailbox.push(mailText(answerMail(one)));
  shard.ready.set(member, now);
  ring(tag, member);
  run.audit.push(
    `${run.approvals.get(`${one.approval}#u`)},${opened(answerAudit(one)).slice(1)},"latencyMs":${now - facts.asked}}`,
  );
  return { kind: "answered" };
}

export const grants = ({ memory, nowMs }: Inside, run: string): Grants => ({
  nowMs: nowMs(),
  fields: Object.fromEntries(memory.runs.get(run)?.grants ?? []),
});

export function revoke(
  { memory, nowMs }: Inside,
  id: string,
  grant: Pick<NewGrant, "id" | "rule">,
  by: string,
  reason: string,
): RevokeAnswer {
  const run = memory.runs.get(id);
  const status = run?.fields.get("status");
  if (run === undefined || status === undefined) return { kind: "no_run" };
  if (run.grants.has(`${grant.id}#r`)) return { kind: "again" };
  if (status !== "running") return { kind: "ended", status };
  const now = Math.floor(nowMs());
  run.grants.set(`${grant.id}#r`, `${opened({ by, reason })},"at":${now}}`);
  const seq = Number(run.fields.get("seq")) + 1;
  run.fields.set("seq", String(seq));
  const body = JSON.stringify({ v: 1, events: [revokedEvent(grant, by, reason)] });
  run.log.push({ firstSeq: seq, atMs: now, member: `${id}/-/-`, body, grants: null });
  run.audit.push(JSON.stringify(revokedAudit(grant, by, reason)));
  return { kind: "revoked" };
}

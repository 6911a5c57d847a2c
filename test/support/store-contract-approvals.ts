/** Laws of approvals and grants: asked with a step, answered once, bound to what was proposed, over by the store's clock. */
import { describe, expect, it } from "vitest";
import { approvalsFrom, grantsFrom } from "../../infra/approval.ts";
import { type Address, memberOf } from "../../infra/store.ts";
import type { ApprovalAnswer, NewApproval } from "../../infra/store-approvals.ts";
import {
  type Claimed,
  commitOf,
  committed,
  coordinatorOf,
  event,
  spawnedAgent,
  startedRun,
  stepped,
} from "./given-commit.ts";
import type { StoreUnderTest, Under } from "./store-contract.ts";

const HOUR_MS = 3_600_000;
const HASH = "a".repeat(64);

export const approvalOf = (id: string, changed: Partial<NewApproval> = {}): NewApproval => ({
  id,
  json: JSON.stringify({
    ...{
      v: 1,
      run: "r",
      agent: "a_look",
      agentType: "explore",
      call: "c1",
      order: 0,
      tool: "Bash",
      input: { command: "make" },
    },
    ...{ inputHash: "i", hash: HASH, risk: "unknown", rule: "shell.unknown", reason: "nobody knows it" },
    ...{ touches: [], policy: "p" },
  }),
  call: "c1",
  hash: HASH,
  ttlMs: HOUR_MS,
  audit: { actor: "a_look", call: "c1", tool: "Bash", approval: id },
  ...changed,
});

export const answerTo = (run: string, approval: string, changed: Partial<ApprovalAnswer> = {}): ApprovalAnswer => ({
  run,
  approval,
  call: "c1",
  hash: HASH,
  token: "t1",
  allowed: true,
  by: "ana",
  reason: "fine",
  scope: "once",
  grant: null,
  ...changed,
});

interface Asking {
  readonly run: string;
  readonly boss: Claimed;
  readonly address: Address;
  readonly claim: Claimed;
}

async function asking({ store }: StoreUnderTest, ...approvals: NewApproval[]): Promise<Asking> {
  const { run, claim: boss } = await startedRun(store);
  const { address, claim } = await spawnedAgent(store, run);
  await committed(store, commitOf(address, claim, { approvals }));
  return { run, boss, address, claim: stepped(claim) };
}

const statusOf = async ({ approvals, runRow }: StoreUnderTest, run: string, id: string): Promise<string | undefined> =>
  approvalsFrom(await approvals(run), (await runRow(run)).status ?? "").find((one) => one.id === id)?.status;

export function approvalLaws(under: Under): void {
  askLaws(under);
  answerLaws(under);
  expiryLaws(under);
  grantLaws(under);
}

function askLaws(under: Under): void {
  describe("an approval", () => {
    it("is asked with the step that needs it, dated by the store, counted, and wakes nobody", async () => {
      const { approvals, runRow, listed, timers } = under();
      const { run, address } = await asking(under(), approvalOf("p_1"), approvalOf("p_2", { call: "c2" }));
      const rows = approvalsFrom(await approvals(run), "running");
      expect(rows.map(({ id, status, tool, answer }) => [id, status, tool, answer])).toEqual([
        ["p_1", "pending", "Bash", null],
        ["p_2", "pending", "Bash", null],
      ]);
      for (const { askedAtMs, expiresAtMs } of rows) expect(expiresAtMs - askedAtMs).toBe(HOUR_MS);
      expect((await runRow(run)).asking).toBe("2");
      expect(await listed(run, "ready")).not.toContain(memberOf(address));
      expect(await timers(run)).toEqual(["p_1", "p_2"].map((id) => `${memberOf(address)}|approval:${id}|0`));
    });

    it("of a step that is refused is never asked", async () => {
      const { store, image } = under();
      const { address, claim } = await asking(under());
      await store.send(address, event("m1"));
      const before = await image();
      const stale = { ...claim, fence: { ...claim.fence, nonce: "nobody" } };
      const answer = await store.commit(
        commitOf(address, stale, { by: { mail: "m1" }, approvals: [approvalOf("p_1")] }),
      );
      expect(answer).toEqual({ kind: "fenced" });
      expect(await image()).toEqual(before);
    });

    it("that its own step gives up needs no answer any more; one that was answered stays as it is", async () => {
      const { store, runRow, timers } = under();
      const { run, address, claim } = await asking(under(), approvalOf("p_1"), approvalOf("p_2"));
      expect(await store.answer(answerTo(run, "p_2"))).toEqual({ kind: "answered" });
      const withdrawn = ["p_1", "p_2", "p_none"].map((id) => ({ id, reason: "its agent has ended" }));
      await committed(store, commitOf(address, claim, { by: { mail: "answer:p_2" }, withdrawn }));
      expect(await statusOf(under(), run, "p_1")).toBe("withdrawn");
      expect(await statusOf(under(), run, "p_2")).toBe("approved");
      expect((await runRow(run)).asking).toBe("0");
      expect(await timers(run)).toEqual([]);
      expect(await store.answer(answerTo(run, "p_1"))).toMatchObject({ kind: "late" });
    });

    it("of a run that has ended is withdrawn, and an answer to it is told so", async () => {
      const { store, mailbox } = under();
      const { run, boss, address } = await asking(under(), approvalOf("p_1"));
      await store.send(coordinatorOf(run), event("end"));
      const runEnd = { status: "cancelled", reasons: ["enough"] };
      await committed(store, commitOf(coordinatorOf(run), boss, { by: { mail: "end" }, runEnd }));
      expect(await statusOf(under(), run, "p_1")).toBe("withdrawn");
      expect(await store.answer(answerTo(run, "p_1"))).toEqual({ kind: "ended", status: "cancelled" });
      expect(await mailbox(run, address.actor)).toEqual([]);
    });
  });
}

function answerLaws(under: Under): void {
  describe("an answer", () => {
    it("is the row, the word to the actor, the bell and the audit in one step", async () => {
      const { store, mailbox, listed, rungDuring, audit, runRow, timers } = under();
      const { run, address } = await asking(under(), approvalOf("p_1"));
      const rung = await rungDuring(run, async () => {
        expect(await store.answer(answerTo(run, "p_1"))).toEqual({ kind: "answered" });
      });
      expect(rung).toEqual([`${run}/a_look`]);
      expect(await statusOf(under(), run, "p_1")).toBe("approved");
      const told = { type: "approval.answered", approval: "p_1", call: "c1", allowed: true, by: "ana", reason: "fine" };
      expect(await mailbox(run, address.actor)).toEqual([{ id: "answer:p_1", event: told }]);
      expect(await listed(run, "ready")).toContain(memberOf(address));
      expect(await timers(run)).toEqual([]);
      expect((await runRow(run)).asking).toBe("0");
      const row = JSON.parse((await audit(run)).at(-1) ?? "{}") as Record<string, unknown>;
      expect(row).toMatchObject({
        approval: "p_1",
        call: "c1",
        decision: "allow",
        answeredBy: "ana",
        rule: "approval",
      });
      expect(row.latencyMs).toBeGreaterThanOrEqual(0);
    });

    it("given twice is given once: the first counts, the second is told the verdict, and its echo is no second", async () => {
      const { store, mailbox, audit } = under();
      const { run, address } = await asking(under(), approvalOf("p_1"));
      expect(await store.answer(answerTo(run, "p_1", { allowed: false, reason: "no" }))).toEqual({ kind: "answered" });
      const second = await store.answer(answerTo(run, "p_1", { token: "t2", by: "bob" }));
      expect(second).toMatchObject({ kind: "late" });
      expect("verdict" in second && JSON.parse(second.verdict)).toMatchObject({
        status: "denied",
        by: "ana",
        reason: "no",
      });
      const rows = (await audit(run)).length;
      expect(await store.answer(answerTo(run, "p_1", { allowed: false, reason: "no" }))).toEqual({ kind: "answered" });
      expect((await audit(run)).length).toBe(rows);
      expect(await mailbox(run, address.actor)).toHaveLength(1);
      expect(await statusOf(under(), run, "p_1")).toBe("denied");
    });

    it("to something else than what was proposed is refused, and leaves its trace in the audit alone", async () => {
      const { store, mailbox, audit, listed } = under();
      const { run, address } = await asking(under(), approvalOf("p_1"));
      expect(await store.answer(answerTo(run, "p_1", { hash: "b".repeat(64) }))).toEqual({ kind: "forged" });
      expect(await store.answer(answerTo(run, "p_2"))).toEqual({ kind: "unknown" });
      expect(await store.answer(answerTo("r_none", "p_1"))).toEqual({ kind: "no_run" });
      expect(await statusOf(under(), run, "p_1")).toBe("pending");
      expect(await mailbox(run, address.actor)).toEqual([]);
      expect(await listed(run, "ready")).not.toContain(memberOf(address));
      const rules = (await audit(run)).map((row) => (JSON.parse(row) as { rule?: string }).rule);
      expect(rules).toEqual(["approval.forged", "approval.unknown"]);
    });
  });
}

function expiryLaws(under: Under): void {
  describe("an approval whose time is over", () => {
    it("is refused by the sweep, once, with a word to its actor", async () => {
      const { store, shardOf, mailbox, audit, timers } = under();
      const { run, address } = await asking(under(), approvalOf("p_1", { ttlMs: 0 }), approvalOf("p_2"));
      expect((await store.sweep(shardOf(run), HOUR_MS)).wake).toEqual([address]);
      expect((await store.sweep(shardOf(run), HOUR_MS)).wake).toEqual([]);
      expect(await statusOf(under(), run, "p_1")).toBe("expired");
      expect(await statusOf(under(), run, "p_2")).toBe("pending");
      const reason = "approval expired after 0 h";
      const told = { type: "approval.answered", approval: "p_1", call: "c1", allowed: false, by: "timer", reason };
      expect(await mailbox(run, address.actor)).toEqual([{ id: "answer:p_1", event: told }]);
      expect(JSON.parse((await audit(run)).at(-1) ?? "{}")).toMatchObject({
        approval: "p_1",
        decision: "deny",
        handler: "worker",
        answeredBy: "expiry",
      });
      expect(await timers(run)).toHaveLength(1);
    });

    it("cannot be answered any more, though no sweep has come by: it is expired then and there", async () => {
      const { store, mailbox, listed } = under();
      const { run, address } = await asking(under(), approvalOf("p_1", { ttlMs: 0 }));
      const answer = await store.answer(answerTo(run, "p_1"));
      expect(answer).toMatchObject({ kind: "late" });
      expect("verdict" in answer && JSON.parse(answer.verdict)).toMatchObject({ status: "expired", by: "timer" });
      expect(await mailbox(run, address.actor)).toMatchObject([{ id: "answer:p_1", event: { allowed: false } }]);
      expect(await listed(run, "ready")).toContain(memberOf(address));
    });
  });
}

function grantLaws(under: Under): void {
  describe("a grant", () => {
    const grant = { id: "g_1", rule: "Bash(make)", actor: null, by: "ana", origin: "p_1", ttlMs: null };

    it("is given with the answer, dated by the store, and named in the word to the actor", async () => {
      const { store, mailbox } = under();
      const { run, address } = await asking(under(), approvalOf("p_1"), approvalOf("p_2"));
      await store.answer(answerTo(run, "p_1", { scope: "run", grant }));
      await store.answer(answerTo(run, "p_2", { token: "t2", grant: { ...grant, id: "g_2", ttlMs: HOUR_MS } }));
      const { nowMs, fields } = await store.grants(run);
      const [first, second] = grantsFrom([], fields).toSorted((a, b) => (a.id < b.id ? -1 : 1));
      expect(first).toMatchObject({ id: "g_1", rule: "Bash(make)", actor: null, expiresAtMs: null, revoked: null });
      expect(first?.atMs).toBeLessThanOrEqual(nowMs);
      expect((second?.expiresAtMs ?? 0) - (second?.atMs ?? 0)).toBe(HOUR_MS);
      const [mail] = await mailbox(run, address.actor);
      expect(mail).toMatchObject({ event: { grant: { id: "g_1", rule: "Bash(make)", scope: "run" } } });
    });

    it("is given to nobody by an answer that is not taken", async () => {
      const { store } = under();
      const { run } = await asking(under(), approvalOf("p_1"));
      await store.answer(answerTo(run, "p_1", { allowed: false }));
      await store.answer(answerTo(run, "p_1", { token: "t2", grant }));
      expect((await store.grants(run)).fields).toEqual({});
    });

    it("is taken back once, told in the log and in the audit; of an ended run nothing is taken back", async () => {
      const { store, log, audit } = under();
      const { run, boss } = await asking(under(), approvalOf("p_1"));
      await store.answer(answerTo(run, "p_1", { grant }));
      const before = await log(run);
      expect(await store.revoke(run, grant, "bob", "enough")).toEqual({ kind: "revoked" });
      expect(await store.revoke(run, grant, "bob", "enough")).toEqual({ kind: "again" });
      expect(grantsFrom([], (await store.grants(run)).fields)).toMatchObject([
        { id: "g_1", revoked: { by: "bob", reason: "enough" } },
      ]);
      const told = (await log(run)).slice(before.length);
      expect(told.map(({ seq, body }) => [seq, JSON.parse(body)])).toEqual([
        [
          (before.at(-1)?.seq ?? 0) + 1,
          { v: 1, events: [{ type: "grants.revoked", grant: "g_1", rule: "Bash(make)", by: "bob", reason: "enough" }] },
        ],
      ]);
      expect(JSON.parse((await audit(run)).at(-1) ?? "{}")).toMatchObject({ rule: "grant.revoked", grant: "g_1" });
      await store.send(coordinatorOf(run), event("end"));
      const runEnd = { status: "completed", reasons: [] };
      await committed(store, commitOf(coordinatorOf(run), boss, { by: { mail: "end" }, runEnd }));
      expect(await store.revoke(run, { ...grant, id: "g_2" }, "bob", "")).toEqual({
        kind: "ended",
        status: "completed",
      });
      expect(await store.revoke("r_none", grant, "bob", "")).toEqual({ kind: "no_run" });
    });
  });
}

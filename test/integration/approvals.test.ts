/** Laws of approvals in the running core, on a real Redis: what waits holds nothing up, and an answer happens once. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { forkOf } from "../../actors/runtime/fork.ts";
import { type Answer, EffectAborted, type PerformContext } from "../../actors/runtime/performer.ts";
import { replay } from "../../actors/runtime/replay.ts";
import { runDocument } from "../../actors/runtime/run-document.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import { machines } from "../../actors/types/index.ts";
import { approvalsFrom, grantsFrom, type StoredApproval } from "../../infra/approval.ts";
import { openArchiveReader } from "../../infra/archive/archive-reader.ts";
import { archiveRun } from "../../infra/archive/archive-run.ts";
import { createFork } from "../../infra/redis/fork-run.ts";
import { retentionOf } from "../../infra/redis/retention.ts";
import { COORDINATOR_ACTOR, COORDINATOR_TYPE } from "../../infra/store.ts";
import type { AnswerAnswer, ApprovalAnswer } from "../../infra/store-approvals.ts";
import type { Call } from "../../machines/agent-calls.ts";
import {
  type AskedCall,
  asksFor,
  type Hive,
  openMockedHive,
  performersOf,
  reports,
  task,
} from "../support/mocked-hive.ts";

let hive: Hive;
beforeEach(async () => {
  hive = await openMockedHive();
});
afterEach(async () => {
  await hive.close();
});

const make: AskedCall = { call: "c1", command: "make all" };
const write = (id: string): Call => ({
  id,
  tool: "Write",
  inputHash: "h",
  risk: "mutating",
  repeat: "safe",
  status: "judged",
});
const read = (id: string): Call => ({ ...write(id), tool: "Read", risk: "read-only" });

const approvalsOf = async (run: string): Promise<StoredApproval[]> =>
  approvalsFrom(await hive.reader.approvals(run), (await hive.reader.run(run))?.fields.status ?? "");

async function pendingOf(run: string, count = 1): Promise<StoredApproval[]> {
  await expect
    .poll(async () => (await approvalsOf(run)).filter(({ status }) => status === "pending").length)
    .toBe(count);
  return (await approvalsOf(run)).filter(({ status }) => status === "pending");
}

const say = (
  run: string,
  { id, call, hash }: StoredApproval,
  changed: Partial<ApprovalAnswer> = {},
): Promise<AnswerAnswer> =>
  hive.store.answer({
    ...{
      run,
      approval: id,
      call,
      hash,
      token: `t-${id}`,
      allowed: true,
      by: "ana",
      reason: "",
      scope: "once",
      grant: null,
    },
    ...changed,
  });

/** What the model is told in its next turn. */
const told = ({ entries }: PerformContext): string => JSON.stringify(entries.flatMap(({ content }) => content));

/** A model call that lasts until it is called off. */
const forever = ({ signal, effectId }: PerformContext): Promise<Answer> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(new EffectAborted(effectId))));

/** Runs tools by remembering them. */
const ran: string[] = [];
const runs = (order: { readonly call: string }): Promise<Answer> => {
  ran.push(order.call);
  return Promise.resolve({
    event: { type: "tool.finished", call: order.call, ok: true } as Answer["event"],
    entries: [{ role: "user", content: [{ type: "tool_result", tool_use_id: order.call, content: "done" }] }],
    told: [],
  });
};
beforeEach(() => {
  ran.length = 0;
});

describe("a call that somebody is asked about", () => {
  it("waits without a worker, its run counts as parked, and once approved it runs and the log folds the same", async () => {
    const worker = await hive.worker(
      performersOf((turn, context) => (turn === 0 ? asksFor(0, context, [make]) : reports(turn)), { "tool.run": runs }),
    );
    await hive.start("r_ask", [task("a")]);
    const [approval] = await pendingOf("r_ask");
    await expect.poll(() => worker.active()).toBe(0);
    expect(approval).toMatchObject({ agent: "a_a", tool: "Bash", input: { command: "make all" }, answer: null });
    const document = await runDocument(hive.reader, "r_ask");
    expect(document).toMatchObject({
      status: "parked",
      result: null,
      approvals: [{ id: approval?.id, agent: "a_a", tool: "Bash", input: { command: "make all" }, risk: "mutating" }],
    });
    expect(document?.agents.find(({ id }) => id === "a_a")?.state).toBe("awaitingApproval");
    expect(ran).toEqual([]);
    expect(await say("r_ask", approval as StoredApproval)).toEqual({ kind: "answered" });
    expect(await hive.ended("r_ask")).toBe("completed");
    expect(ran).toEqual(["c1"]);
    const events = await hive.events("r_ask");
    const [asked, answered] = ["approval.requested", "approval.answered"].map((type) =>
      events.filter((event) => event.type === type),
    );
    expect(asked).toMatchObject([{ approval: approval?.id, call: "c1", tool: "Bash", ttlMs: 86_400_000 }]);
    expect(answered).toMatchObject([{ approval: approval?.id, allowed: true, by: "ana", actor: "a_a" }]);
    expect((await replay(entriesOf(hive.reader, "r_ask"), machines)).mismatch).toBeNull();
  });

  it("holds back the changing calls behind it and no others; denied, those behind are refused and the model is told why", async () => {
    let heard = "";
    await hive.worker(
      performersOf(
        (turn, context) => {
          if (turn === 0) return asksFor(0, context, [make], [read("c2"), write("c3")]);
          heard = told(context);
          return reports(turn);
        },
        { "tool.run": runs },
      ),
    );
    await hive.start("r_deny", [task("a")]);
    const [approval] = await pendingOf("r_deny");
    await expect.poll(() => ran).toEqual(["c2"]);
    expect(await say("r_deny", approval as StoredApproval, { allowed: false, reason: "not on a Friday" })).toEqual({
      kind: "answered",
    });
    expect(await hive.ended("r_deny")).toBe("completed");
    expect(ran).toEqual(["c2"]);
    expect(heard).toContain("not on a Friday");
    for (const call of ["c1", "c2", "c3"]) expect(heard, call).toContain(`"tool_use_id":"${call}"`);
    const refused = (await hive.events("r_deny")).filter(({ type }) => type === "tool.refused");
    expect(refused.map((event) => "call" in event && event.call)).toEqual(["c1", "c3"]);
    expect((await replay(entriesOf(hive.reader, "r_deny"), machines)).mismatch).toBeNull();
  });

  it("expires by the store's clock after the operator's time, and the agent goes on without it", async () => {
    let heard = "";
    await hive.worker(
      performersOf(
        (turn, context) => {
          if (turn === 0) return asksFor(0, context, [make]);
          heard = told(context);
          return reports(turn);
        },
        { "tool.run": runs },
      ),
    );
    const config = { deniedTools: [], turnsMax: null, outTokensMax: null, approvalHours: 0.0005 };
    await hive.start("r_late", [task("a")], { config });
    expect(await hive.ended("r_late")).toBe("completed");
    expect(ran).toEqual([]);
    expect(heard).toContain("approval expired after 0.0005 h");
    const [approval] = await approvalsOf("r_late");
    expect(approval).toMatchObject({ status: "expired", answer: { by: "timer" } });
    const verdict = await say("r_late", approval as StoredApproval);
    expect(verdict).toMatchObject({ kind: "late" });
    expect("verdict" in verdict && verdict.verdict).toContain("expired");
    const events = await hive.events("r_late");
    expect(events.filter(({ type }) => type === "approval.answered")).toMatchObject([{ allowed: false, by: "timer" }]);
  });

  it("is answered once, however many answer at the same moment", async () => {
    await hive.worker(
      performersOf((turn, context) => (turn === 0 ? asksFor(0, context, [make]) : reports(turn)), { "tool.run": runs }),
    );
    await hive.start("r_race", [task("a")]);
    const [approval] = (await pendingOf("r_race")) as [StoredApproval];
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => say("r_race", approval, { token: `t${index}`, by: `person ${index}` })),
    );
    expect(answers.filter(({ kind }) => kind === "answered")).toHaveLength(1);
    const winner = `person ${answers.findIndex(({ kind }) => kind === "answered")}`;
    for (const answer of answers) if (answer.kind === "late") expect(answer.verdict).toContain(winner);
    expect(await hive.ended("r_race")).toBe("completed");
    expect(ran).toEqual(["c1"]);
  });

  it("is not approved by whoever saw something else", async () => {
    await hive.worker(
      performersOf((turn, context) => (turn === 0 ? asksFor(0, context, [make]) : reports(turn)), { "tool.run": runs }),
    );
    await hive.start("r_forged", [task("a")]);
    const [approval] = (await pendingOf("r_forged")) as [StoredApproval];
    expect(await say("r_forged", approval, { hash: "0".repeat(64) })).toEqual({ kind: "forged" });
    expect(await say("r_forged", { ...approval, id: "p_other" })).toEqual({ kind: "unknown" });
    expect((await pendingOf("r_forged")).map(({ id }) => id)).toEqual([approval.id]);
    expect(ran).toEqual([]);
  });

  it("is withdrawn with its run, and an answer that comes then is told so", async () => {
    await hive.worker(performersOf((_, context) => asksFor(0, context, [make]), { "tool.run": runs }));
    await hive.start("r_end", [task("a")]);
    const [approval] = (await pendingOf("r_end")) as [StoredApproval];
    await hive.store.send(
      { run: "r_end", actor: COORDINATOR_ACTOR, type: COORDINATOR_TYPE },
      { id: "cancel", event: { type: "run.cancel", reason: "enough" } as { type: string } },
    );
    expect(await hive.ended("r_end")).toBe("cancelled");
    expect((await approvalsOf("r_end")).map(({ status }) => status)).toEqual(["withdrawn"]);
    const events = await hive.events("r_end");
    expect(events.filter(({ type }) => type === "approval.withdrawn")).toMatchObject([{ approval: approval.id }]);
    expect(await say("r_end", approval)).toMatchObject({ kind: "late" });
    expect(ran).toEqual([]);
  });

  it("does not make its run wait while another agent works", async () => {
    const performers = performersOf(
      (turn, context) => {
        if (context.address.actor === "a_b") return forever(context);
        return turn === 0 ? asksFor(0, context, [make]) : reports(turn);
      },
      { "tool.run": runs },
    );
    await hive.worker(performers);
    await hive.start("r_two", [task("a"), task("b")]);
    await pendingOf("r_two");
    await hive.seen("r_two", ({ type, actor }) => type === "model.called" && actor === "a_b");
    expect((await runDocument(hive.reader, "r_two"))?.status).toBe("running");
  });

  it("is asked about by nobody in a fork: there it is refused, with that reason, and the fork replays by itself", async () => {
    let heard = "";
    await hive.worker(
      performersOf(
        (turn, context) => {
          if (turn === 0) return asksFor(0, context, [make], [read("c2")]);
          if (context.address.run === "r_fork") heard = told(context);
          return reports(turn);
        },
        { "tool.run": runs },
      ),
    );
    await hive.start("r_base", [task("a")]);
    await pendingOf("r_base");
    await hive.seen("r_base", (event) => event.type === "agent.state" && event.to === "awaitingApproval");
    const at = Number((await hive.reader.run("r_base"))?.fields.seq);
    const { written } = await forkOf(hive.reader, machines, {
      source: "r_base",
      run: "r_fork",
      at,
      changes: { deniedTools: [] },
    });
    await createFork(hive.redis, hive.keys, written);
    expect(await hive.ended("r_fork")).toBe("completed");
    expect(heard).toContain("forked while somebody was asked");
    expect(await approvalsOf("r_fork")).toEqual([]);
    expect(ran).toEqual(["c2"]);
    expect((await replay(entriesOf(hive.reader, "r_fork"), machines)).mismatch).toBeNull();
    expect((await pendingOf("r_base")).length).toBe(1);
  });

  it("is kept by the archive of its run with what became of it, and leaves Redis with the rest", async () => {
    await hive.worker(
      performersOf((turn, context) => (turn === 0 ? asksFor(0, context, [make]) : reports(turn)), { "tool.run": runs }),
    );
    await hive.start("r_kept", [task("a")]);
    const [approval] = (await pendingOf("r_kept")) as [StoredApproval];
    const grant = { id: "g_1", rule: "Bash(make all)", actor: null, by: "ana", origin: approval.id, ttlMs: null };
    await say("r_kept", approval, { scope: "run", grant });
    expect(await hive.ended("r_kept")).toBe("completed");
    const before = await approvalsOf("r_kept");
    const folder = mkdtempSync(join(tmpdir(), "approvals-"));
    try {
      const { file, seq } = await archiveRun(hive.redis, hive.keys, "r_kept", folder);
      const archived = await openArchiveReader(file);
      expect(approvalsFrom(await archived.approvals("r_kept"), "completed")).toEqual(before);
      expect(grantsFrom([], await archived.grants("r_kept"))).toMatchObject([{ id: "g_1", rule: "Bash(make all)" }]);
      expect(await retentionOf(hive.redis, hive.keys).erase("r_kept", { file, seq })).toBe("erased");
      const ofRun = hive.keys.run("r_kept");
      expect(await hive.redis.exists(ofRun.approvals, ofRun.grants)).toBe(0);
      expect(await say("r_kept", approval)).toEqual({ kind: "no_run" });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

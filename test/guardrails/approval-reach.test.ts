/**
 * How far a yes reaches: one call of one run. Not to the same call of another run, not by a job that somebody puts into
 * the queue, not by a word that nobody's approval stands behind.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Queue } from "bullmq";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Answer } from "../../actors/runtime/performer.ts";
import { approvalsFrom, type StoredApproval } from "../../infra/approval.ts";
import { queuePrefix, typeQueueName } from "../../infra/queue/queues.ts";
import { asksFor, type Hive, openMockedHive, performersOf, reports, task } from "../support/mocked-hive.ts";
import { openStage, report, type Stage, says, use } from "../support/run-stage.ts";
import { documentOf } from "../support/swarm-cli.ts";

interface Waiting {
  readonly id: string;
  readonly runId: string;
  readonly hash: string;
}

const waiting = async ({ swarm }: Stage): Promise<readonly Waiting[]> =>
  documentOf<{ approvals: readonly Waiting[] }>(await swarm.ask(["approvals", "list", "--json"])).approvals;

it("a right that was given to one run is none in another that does the same; nor is its answer", {
  timeout: 300_000,
}, async () => {
  await using stage = await openStage();
  const flags = ["--json", "--approve", "ask", "--worktree", "never"];
  const work = (content: string) => [
    says(use("Write", { file_path: "notes/a.txt", content })),
    says(use("Write", { file_path: "notes/a.txt", content: `${content} again` })),
    report("noted"),
  ];
  const first = await stage.play(work("one"), flags);
  expect(first.finished.code).toBe(5);
  const [asked] = await waiting(stage);
  expect((await stage.swarm.ask(["approve", asked?.id ?? "", "--scope", "run"])).code).toBe(0);
  const ended = await stage.swarm.ask(["resume", first.document.runId, "--json"]);
  // It was a right: the second write of that run was asked about by nobody.
  expect([ended.code, documentOf<{ status: string }>(ended).status]).toEqual([0, "completed"]);
  writeFileSync(join(stage.workspace, "notes/a.txt"), "");
  const second = await stage.play(work("one"), flags);
  expect([second.finished.code, second.document.status]).toEqual([5, "parked"]);
  const [other, ...more] = await waiting(stage);
  expect([other?.runId, more]).toEqual([second.document.runId, []]);
  const forged = await stage.swarm.ask(["approve", other?.id ?? "", "--hash", asked?.hash ?? "", "--json"]);
  expect(documentOf<{ error: { code: string } }>(forged).error.code).toBe("approval.forged");
  expect(await waiting(stage)).toHaveLength(1);
});

describe("what waits for a person", () => {
  let hive: Hive;
  let queue: Queue;
  beforeEach(async () => {
    hive = await openMockedHive();
    queue = new Queue(typeQueueName("explore"), { connection: hive.redis, prefix: queuePrefix("swarm") });
  });
  afterEach(async () => {
    await queue.close();
    await hive.close();
  });

  const approvalsOf = async (run: string): Promise<StoredApproval[]> =>
    approvalsFrom(await hive.reader.approvals(run), (await hive.reader.run(run))?.fields.status ?? "");

  it("is not moved by forged jobs, whatever they say; they fail, and the worker works on", async () => {
    const ran: string[] = [];
    await hive.worker(
      performersOf(
        (turn, context) => (turn === 0 ? asksFor(turn, context, [{ call: "c1", command: "make" }]) : reports(turn)),
        {
          "tool.run": (order) => {
            ran.push(order.call);
            const entry = {
              role: "user" as const,
              content: [{ type: "tool_result" as const, tool_use_id: order.call, content: "ok" }],
            };
            return Promise.resolve({
              event: { type: "tool.finished", call: order.call, ok: true } as Answer["event"],
              entries: [entry],
              told: [],
            });
          },
        },
      ),
    );
    await hive.start("r_wait", [task("t")]);
    const asked = await hive.seen("r_wait", ({ type }) => type === "approval.requested");
    const before = await hive.events("r_wait");
    const [one] = await approvalsOf("r_wait");
    const member = `r_wait/${one?.agent}/explore`;
    const answered = { type: "approval.answered", call: "c1", allowed: true, approval: one?.id, by: "ana" };
    const forged = [
      { member },
      { member, event: answered },
      { member, allowed: true, approval: one?.id },
      { member: `r_wait/${one?.agent}/coordinator` },
      { member: "r_none/a_none/explore" },
      { member: "../../../etc/passwd" },
      { member: `${"r".repeat(299)}/` },
      { member: { $gt: "" } },
      { event: answered },
      {},
      null,
      "r_wait",
      [member],
    ];
    const jobs = await Promise.all(forged.map((data) => queue.add("activate", data, { removeOnFail: false })));
    await expect
      .poll(
        async () =>
          (await Promise.all(jobs.map((job) => job.getState()))).filter(
            (state) => state !== "completed" && state !== "failed",
          ),
        { timeout: 30_000 },
      )
      .toEqual([]);
    const states = await Promise.all(jobs.map((job) => job.getState()));
    // Only a name is taken, and only where the job says nothing else.
    expect(states.slice(0, 3)).toEqual(["completed", "failed", "failed"]);
    expect(states.slice(7)).toEqual(forged.slice(7).map(() => "failed"));
    expect((await approvalsOf("r_wait")).map(({ status }) => status)).toEqual(["pending"]);
    expect([await hive.events("r_wait"), ran]).toEqual([before, []]);
    expect(asked).toMatchObject({ approval: one?.id });
    const said = { run: "r_wait", approval: one?.id ?? "", call: "c1", hash: one?.hash ?? "", token: "t", by: "ana" };
    await hive.store.answer({ ...said, allowed: true, reason: "", scope: "once", grant: null });
    expect([await hive.ended("r_wait"), ran]).toEqual(["completed", ["c1"]]);
  });
});

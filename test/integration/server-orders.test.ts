/** Laws of orders given over HTTP: bound to what was seen, done once, refused by name; nothing else than the command line does. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Answer } from "../../actors/runtime/performer.ts";
import type {
  AnswerDone,
  ApiApprovalDetail,
  ApiApprovals,
  ApiGrants,
  ApiLetterDetail,
  ApiLetters,
} from "../../apps/server/api-orders.ts";
import { type AskedCall, asksFor, deferred, performersOf, reports, task } from "../support/mocked-hive.ts";
import { type Answered, openServerStage, type ServerStage } from "../support/server-stage.ts";

let stage: ServerStage;
beforeEach(async () => {
  stage = await openServerStage();
});
afterEach(() => stage.close());

const codeOf = (answer: Answered): unknown => answer.json<{ error?: { code?: unknown } }>().error?.code;
const make: AskedCall = { call: "c1", command: "make all" };
const ran: string[] = [];

/** One agent asks for a call; two tasks wait behind its own. */
async function asking(run: string, asked: readonly AskedCall[] = [make]): Promise<ApiApprovals["approvals"][number]> {
  ran.length = 0;
  await stage.swarm.worker(
    performersOf(
      (turn, context) => (turn === 0 && context.address.actor === "a_a" ? asksFor(0, context, asked) : reports(turn)),
      {
        "tool.run": (order) => {
          ran.push(order.call);
          return Promise.resolve({
            event: { type: "tool.finished", call: order.call, ok: true } as Answer["event"],
            entries: [{ role: "user", content: [{ type: "tool_result", tool_use_id: order.call, content: "done" }] }],
            told: [],
          });
        },
      },
    ),
  );
  await stage.swarm.start(run, [task("a"), task("b", ["a"]), task("c", ["b"])]);
  const list = async () => (await stage.get("/api/approvals")).json<ApiApprovals>().approvals;
  await expect.poll(async () => (await list()).length).toBe(asked.length);
  return (await list())[0] as ApiApprovals["approvals"][number];
}

describe("an approval", () => {
  it("is told with its exact input, why it is asked and who waits behind it, and answered by its whole hash, once", async () => {
    const one = await asking("r_ask");
    expect(one).toMatchObject({
      runId: "r_ask",
      agent: "a_a",
      tool: "Bash",
      input: { command: "make all" },
      rule: "silence",
    });
    const detail = (await stage.get(`/api/approvals/${one.id}`)).json<ApiApprovalDetail>();
    expect(detail).toMatchObject({ ...one, task: "a", question: false, needsTouch: false });
    expect(detail.downstream.map(({ task: id }) => id)).toEqual(["b", "c"]);
    expect(detail.lines.join("\n")).toContain("make all");

    const answer = (order: object): Promise<Answered> => stage.post(`/api/approvals/${one.id}/answer`, order);
    const other = `${one.hash.slice(0, -1)}${one.hash.endsWith("0") ? "1" : "0"}`;
    expect(await answer({ allowed: true, hash: other }).then((got) => [got.status, codeOf(got)])).toEqual([
      409,
      "approval.forged",
    ]);
    for (const order of [
      { allowed: true },
      { allowed: true, hash: one.hash.slice(0, 12) },
      { allowed: "yes", hash: one.hash },
      { allowed: true, hash: one.hash, scope: "forever" },
      { allowed: true, hash: one.hash, hours: 1 },
      { allowed: true, hash: one.hash, reason: "x".repeat(2_001) },
    ]) {
      expect([order, (await answer(order)).status]).toEqual([order, 400]);
    }
    expect([ran, (await stage.get("/api/approvals")).json<ApiApprovals>().approvals.length]).toEqual([[], 1]);

    const done = await answer({ allowed: true, hash: one.hash, scope: "run", reason: "fine" });
    expect(done.json<AnswerDone>()).toMatchObject({
      id: one.id,
      did: "approved",
      scope: "run",
      grant: { rule: "Bash(make all)" },
    });
    expect(await stage.swarm.ended("r_ask")).toBe("completed");
    expect(ran).toEqual(["c1"]);
    expect(await answer({ allowed: false, hash: one.hash }).then((got) => got.status)).toBe(409);
    const all = (await stage.get("/api/approvals?run=r_ask&all=1")).json<ApiApprovals>().approvals;
    expect(all.map(({ status, answer: given }) => [status, given?.reason])).toEqual([["approved", "fine"]]);
    const { grants } = (await stage.get("/api/grants?run=r_ask")).json<ApiGrants>();
    expect(grants.map(({ rule, revoked }) => [rule, revoked])).toEqual([["Bash(make all)", null]]);
  });

  it("of what destroys is not given without the name of what is at stake, and denied without it", async () => {
    const one = await asking("r_ask", [{ ...make, risk: "destructive" }]);
    const answer = (order: object): Promise<Answered> =>
      stage.post(`/api/approvals/${one.id}/answer`, { hash: one.hash, ...order });
    expect(codeOf(await answer({ allowed: true }))).toBe("approval.touch");
    expect(codeOf(await answer({ allowed: true, touch: "something" }))).toBe("approval.touch");
    expect((await answer({ allowed: false, reason: "no" })).json<AnswerDone>().did).toBe("denied");
    expect(await stage.swarm.ended("r_ask")).toBe("completed");
    expect(ran).toEqual([]);
  });
});

describe("a run", () => {
  it("is parked, goes on, is given more and less, and ends for good, each told in its log with the page as its asker", async () => {
    const one = await asking("r_ask");
    expect((await stage.post("/api/runs/r_ask/stop", {})).json()).toMatchObject({ runId: "r_ask", did: "parked" });
    expect((await stage.get("/api/runs/r_ask")).json()).toMatchObject({ status: "parked" });
    expect((await stage.post("/api/runs/r_ask/resume", {})).json()).toMatchObject({ did: "resumed" });
    expect((await stage.post("/api/runs/r_ask/resume", {})).json()).toMatchObject({ did: "running" });
    const budget = (await stage.post("/api/runs/r_ask/budget", { tokens: 5_000_000 })).json();
    expect(budget).toMatchObject({ did: "set", budget: { tokens: { max: 5_000_000 } } });
    expect(await stage.post("/api/runs/r_ask/budget", {}).then(({ status }) => status)).toBe(400);
    expect(codeOf(await stage.post("/api/runs/r_ask/stop", { task: "b" }))).toBe("usage.stop_task");
    expect((await stage.post("/api/runs/r_ask/stop", { cancel: true, task: "c" })).json()).toMatchObject({
      did: "cancelling c",
    });
    expect((await stage.post("/api/runs/r_ask/stop", { cancel: true })).json()).toMatchObject({ did: "cancelling" });
    expect(await stage.swarm.ended("r_ask")).toBe("cancelled");
    expect(codeOf(await stage.post("/api/runs/r_ask/stop", {}))).toBe("run.ended");
    expect(codeOf(await stage.post(`/api/approvals/${one.id}/answer`, { allowed: true, hash: one.hash }))).toBe(
      "approval.answered",
    );
    const told = await stage.swarm.events("r_ask");
    expect(told.find(({ type }) => type === "run.parked")).toMatchObject({ reason: "asked by the page" });
    expect(told.find(({ type }) => type === "budget.changed")).toMatchObject({ tokensMax: 5_000_000 });
  });
});

describe("a dead letter", () => {
  it("is told with what can be done about it, goes back to work or is dropped, and either of it once", async () => {
    const go = deferred<void>();
    let holds = false;
    await stage.swarm.worker(
      performersOf(async (turn, { address }) => {
        if (address.actor === "a_wait") await go.promise;
        if (holds || address.actor === "a_wait") return reports(turn);
        const failed = { type: "model.failed", turn, reason: "broken", retry: false };
        return { event: failed as Answer["event"], told: [] };
      }),
    );
    try {
      const letters = async () => (await stage.get("/api/letters")).json<ApiLetters>().letters;
      await stage.swarm.start("r_dead", [task("a"), task("b"), task("wait")]);
      await expect.poll(async () => (await letters()).length).toBe(2);
      const ofTask = async (id: string) => (await letters()).find(({ task: of }) => of?.id === id)?.id as string;
      const [first, second] = [await ofTask("a"), await ofTask("b")];
      const detail = (await stage.get(`/api/letters/${first}`)).json<ApiLetterDetail>();
      expect(detail).toMatchObject({ runId: "r_dead", kind: "task", task: { id: "a", attempts: 1 } });
      expect(detail.requeue).toMatchObject({ task: "a", canGoBack: false, types: expect.arrayContaining(["explore"]) });
      const order = (id: string, what: string, body: object): Promise<Answered> =>
        stage.post(`/api/letters/${id}/${what}`, body);
      expect((await order(first, "requeue", { to: "nobody" })).status).toBe(400);
      holds = true;
      expect((await order(first, "requeue", {})).json()).toMatchObject({ runId: "r_dead", did: "requeued" });
      expect((await order(second, "drop", {})).json()).toMatchObject({ did: "dropped" });
      expect([await letters(), (await order(second, "drop", {})).status]).toEqual([[], 404]);
      await stage.swarm.seen("r_dead", (event) => event.type === "result.verified" && event.task === "a");
    } finally {
      go.resolve();
    }
  });
});

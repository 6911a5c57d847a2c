/** What agents say to each other in a living run, on a real Redis: asked once, answered once, told once and in order. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { BUILT_IN } from "../../actors/runtime/capabilities.ts";
import { questionPut } from "../../actors/runtime/effects/question-put.ts";
import { sessionAssemble } from "../../actors/runtime/effects/session-assemble.ts";
import { forkOf } from "../../actors/runtime/fork.ts";
import { newRun } from "../../actors/runtime/new-run.ts";
import type { Answer, PerformContext } from "../../actors/runtime/performer.ts";
import { replay } from "../../actors/runtime/replay.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import { machines } from "../../actors/types/index.ts";
import { approvalsFrom, proposalHash } from "../../infra/approval.ts";
import { createFork } from "../../infra/redis/fork-run.ts";
import type { Call } from "../../machines/agent-calls.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";
import { type Hive, openMockedHive, performersOf, reports, task } from "../support/mocked-hive.ts";
import { type Of, ofType } from "../support/run-stage.ts";

let hive: Hive;
beforeEach(async () => {
  hive = await openMockedHive();
});
afterEach(() => hive.close());

const call = (id: string, tool: string): Call => ({
  ...{ id, tool, inputHash: "h", risk: "read-only", repeat: "safe", status: "judged" },
});
/** An answer with these calls, as the judge leaves them. */
const makes = (turn: number, ...calls: readonly Call[]): Answer => ({
  event: { type: "model.answered", turn, stop: "tool_use", calls, report: null } as unknown as Answer["event"],
  entries: [
    { role: "assistant", content: calls.map(({ id, tool: name }) => ({ type: "tool_use", id, name, input: {} })) },
  ],
  told: [],
});
const asks = (turn: number, id = "q1"): Answer =>
  makes(turn, { ...call(id, "AskParent"), status: "waiting", question: "Which port?" });
const posts = (turn: number, to: string, ...lines: readonly number[]): Answer =>
  makes(
    turn,
    ...lines.map((line) => ({
      ...call(`p${line}`, "Send"),
      status: "done" as const,
      post: { to, kind: "finding", body: { line } },
    })),
  );
const looks = (turn: number): Answer => makes(turn, call(`r${turn}`, "Read"));

/** Everything that the model is told in this call, in its order. */
const told = ({ entries }: PerformContext): string => JSON.stringify(entries.map(({ content }) => content));
const linesIn = (text: string): number[] => [...text.matchAll(/\\"line\\":(\d+)/g)].map(([, line]) => Number(line));
const eventsOf = async <Type extends LoggedEvent["type"]>(run: string, type: Type): Promise<Of<Type>[]> =>
  ofType(await hive.events(run), type);
const pending = async (run: string) => {
  const all = approvalsFrom(await hive.reader.approvals(run), (await hive.reader.run(run))?.fields.status ?? "");
  return all.filter(({ status }) => status === "pending");
};
const asking = { config: { approve: "ask" as const } };
const limits = task("x").limits;
const waits = (ms: number) => [{ ...task("a"), limits: { ...limits, answerMsMax: ms } }];
const answering = { "question.put": questionPut() };

async function answer(run: string, allowed: boolean, reason: string): Promise<void> {
  await expect.poll(async () => (await pending(run)).length).toBe(1);
  const [one] = await pending(run);
  if (one === undefined) throw new Error("nobody is asked");
  const { id: approval, call: asked } = one;
  const given = await hive.store.answer({
    ...{ run, approval, call: asked, hash: proposalHash(one), token: "t", allowed, by: "ann", reason },
    ...{ scope: "once" as const, grant: null },
  });
  expect(given.kind).toBe("answered");
}

it("a question waits without a worker, its answer reaches the model as the result of its call, and the log folds the same", async () => {
  const seen: string[] = [];
  const worker = await hive.worker(
    performersOf((turn, context) => {
      seen.push(told(context));
      return turn === 0 ? asks(0) : reports(turn);
    }, answering),
  );
  await hive.start("r_ask", [task("a")], asking);
  await expect.poll(async () => (await pending("r_ask")).length).toBe(1);
  await expect.poll(() => worker.active()).toBe(0);
  expect((await eventsOf("r_ask", "agent.state")).filter(({ actor }) => actor === "a_a").at(-1)?.to).toBe("waiting");
  expect(await eventsOf("r_ask", "question.asked")).toMatchObject([
    { actor: "a_a", question: "a_a:1:q1", text: "Which port?" },
  ]);
  await answer("r_ask", true, "8080, as always");
  expect(await hive.ended("r_ask")).toBe("completed");
  expect(seen[1]).toMatch(/"tool_use_id":"q1".*Answered by ann.*8080, as always/);
  expect(await eventsOf("r_ask", "question.answered")).toMatchObject([
    { question: "a_a:1:q1", answer: "8080, as always", by: "ann" },
  ]);
  expect((await replay(entriesOf(hive.reader, "r_ask"), machines)).mismatch).toBeNull();
});

it("where nobody can be asked the question is closed at once, and the agent is told so", async () => {
  const seen: string[] = [];
  await hive.worker(
    performersOf((turn, context) => {
      seen.push(told(context));
      return turn === 0 ? asks(0) : reports(turn);
    }, answering),
  );
  await hive.start("r_alone", [task("a")]);
  expect(await hive.ended("r_alone")).toBe("completed");
  expect(seen[1]).toContain("There is no answer: nobody can be asked in this run");
  expect(await eventsOf("r_alone", "question.answered")).toMatchObject([{ answer: null }]);
});

it("a wait that nobody ends is ended by its timer, and an answer that comes later is told with the next call", async () => {
  const seen: string[] = [];
  let answered = (): void => {};
  const later = new Promise<void>((resolve) => {
    answered = resolve;
  });
  await hive.worker(
    performersOf(async (turn, context) => {
      seen.push(told(context));
      if (turn === 0) return asks(0);
      if (turn === 1) await later;
      return turn === 1 ? looks(1) : reports(turn);
    }, answering),
  );
  await hive.start("r_late", waits(60), asking);
  await expect.poll(() => seen.length).toBe(2);
  expect(seen[1]).toContain("There is no answer: nobody answered in time");
  await answer("r_late", true, "8443");
  // The model call that is out was made without it, and must not seem to have known.
  await expect
    .poll(async () => (await eventsOf("r_late", "question.answered")).map(({ by }) => by))
    .toEqual(["timer", "ann"]);
  answered();
  expect(await hive.ended("r_late")).toBe("completed");
  expect(seen[1]).not.toContain("8443");
  expect(seen[2]).toContain("late-answer");
  expect(seen[2]).toContain("8443");
});

it("in a fork nobody answers the question of the source: the agent is told so, and the source goes on waiting", async () => {
  let heard = "";
  await hive.worker(
    performersOf((turn, context) => {
      if (context.address.run === "r_fork" && turn > 0) heard = told(context);
      return turn === 0 ? asks(0) : reports(turn);
    }, answering),
  );
  await hive.start("r_source", [task("a")], asking);
  await expect.poll(async () => (await pending("r_source")).length).toBe(1);
  const at = Number((await hive.reader.run("r_source"))?.fields.seq);
  const forked = { source: "r_source", run: "r_fork", at, changes: { deniedTools: [] } };
  const { written } = await forkOf(hive.reader, machines, forked);
  await createFork(hive.redis, hive.keys, written);
  expect(await hive.ended("r_fork")).toBe("completed");
  expect(heard).toContain("There is no answer: the run was forked while somebody was asked");
  expect(await pending("r_fork")).toEqual([]);
  expect((await replay(entriesOf(hive.reader, "r_fork"), machines)).mismatch).toBeNull();
  expect(await pending("r_source")).toHaveLength(1);
});

it("what is posted to a topic reaches those who hear it, once and in order, before their next call and not in the one that is out", async () => {
  const heard: string[] = [];
  let go = (): void => {};
  const told3 = new Promise<void>((resolve) => {
    go = resolve;
  });
  await hive.worker(
    performersOf(async (turn, context) => {
      const { actor } = context.address;
      if (actor === "a_speaker") return turn < 3 ? posts(turn, "#found", turn * 2, turn * 2 + 1) : reports(turn);
      if (actor === "a_deaf")
        return turn === 0 ? looks(0) : reports(turn, told(context).includes("line") ? "heard" : "no");
      heard.push(told(context));
      if (turn === 0) await told3;
      return turn === 0 ? looks(0) : reports(turn);
    }),
  );
  const topics = ["found"];
  await hive.start("r_topic", [{ ...task("speaker"), topics }, { ...task("hearer"), topics }, task("deaf")]);
  const taken = async () => (await eventsOf("r_topic", "message.taken")).filter(({ actor }) => actor === "a_hearer");
  await expect.poll(async () => (await taken()).length).toBe(6);
  go();
  expect(await hive.ended("r_topic")).toBe("completed");
  expect(linesIn(heard[0] ?? "")).toEqual([]);
  expect(linesIn(heard[1] ?? "")).toEqual([0, 1, 2, 3, 4, 5]);
  const posted = await eventsOf("r_topic", "message.posted");
  expect(posted.map(({ from, told: to }) => [from, to])).toEqual(Array(6).fill(["a_speaker", ["a_hearer"]]));
  expect(new Set(posted.map(({ post }) => post)).size).toBe(6);
  expect((await replay(entriesOf(hive.reader, "r_topic"), machines)).mismatch).toBeNull();
});

it("a message to a task reaches its agent; one that nobody hears, or that comes after the end, is told as that", async () => {
  const heard: string[] = [];
  let go = (): void => {};
  const sent = new Promise<void>((resolve) => {
    go = resolve;
  });
  await hive.worker(
    performersOf(async (turn, context) => {
      if (context.address.actor === "a_speaker") {
        const tos = ["a_hearer", "#nobody", "parent", "a_no-such-task"];
        return turn < tos.length ? posts(turn, tos[turn] as string, turn) : reports(turn);
      }
      heard.push(told(context));
      await sent;
      return reports(turn);
    }),
  );
  await hive.start("r_to", [task("speaker"), task("hearer")]);
  await expect.poll(async () => (await eventsOf("r_to", "message.posted")).length).toBe(4);
  const taken = async () => (await eventsOf("r_to", "message.taken")).filter(({ actor }) => actor === "a_hearer");
  await expect.poll(async () => (await taken()).length).toBe(1);
  go();
  expect(await hive.ended("r_to")).toBe("completed");
  const posted = await eventsOf("r_to", "message.posted");
  expect(posted.map(({ to, told: by }) => [to, by])).toEqual([
    ["a_hearer", ["a_hearer"]],
    ["#nobody", []],
    ["parent", []],
    ["a_no-such-task", []],
  ]);
  expect(await eventsOf("r_to", "message.unread")).toMatchObject([{ actor: "a_hearer", posts: ["a_speaker:1:p0"] }]);
});

it("an agent whose brief is not the one its coordinator was given does nothing, and the run says why", async () => {
  let asked = 0;
  const store = hive.store;
  await hive.worker(
    performersOf(
      (turn) => {
        asked += 1;
        return reports(turn);
      },
      { "session.assemble": sessionAssemble({ store, capabilities: async () => BUILT_IN }) },
    ),
  );
  const brief = (goal: string) => JSON.stringify({ id: "a", agentType: "explore", goal });
  const made = newRun({
    ...{ run: "r_terms", goal: "test", kind: "run", graph: [task("a")], briefs: { a: brief("Look at a.ts.") } },
    ...{
      model: "m",
      binding: "mocked",
      workspace: "/",
      config: {},
      parallelMax: 1,
      tolerateFailures: false,
      options: {},
    },
  });
  await store.create({ ...made, briefs: { ...made.briefs, a: brief("Look at b.ts.") } });
  expect(await hive.ended("r_terms")).toBe("failed");
  expect((await hive.reader.run("r_terms"))?.fields.reasons).toContain(
    "refused: the brief is not the one it was given (task a",
  );
  expect(asked).toBe(0);
});

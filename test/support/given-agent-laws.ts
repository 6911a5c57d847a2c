/**
 * The laws of an agent's life, each a short story with its end. The unit tests tell them of the shared machine and of
 * every agent type's own; the mutation test tells them of machines with one guard broken, and each must be caught.
 */
import { expect } from "vitest";
import type { AnyStateMachine } from "xstate";
import { LOST_ATTEMPTS_MAX } from "../../machines/agent-vocabulary.ts";
import { given, type Story } from "./given.ts";
import {
  agentInput,
  answered,
  approved,
  ask,
  assembled,
  blocked,
  cancel,
  compactionFailed,
  delivered,
  destroy,
  failed,
  finished,
  interrupted,
  newborn,
  orders,
  pause,
  post,
  read,
  reconciled,
  rejected,
  reported,
  resume,
  started,
  statusOf,
  thinking,
  unknown,
  verified,
  word,
  write,
} from "./given-agent.ts";
import { compactionLaws } from "./given-compaction-laws.ts";

export interface Law {
  readonly title: string;
  readonly holds: (machine: AnyStateMachine) => void;
}

const law = (title: string, holds: Law["holds"]): Law => ({ title, holds });
const ordersOf = (story: Story, type: string) => story.told.filter((order) => order.type === type);
const attemptOf = (story: Story) => story.effects.find(({ type }) => type === "model.call");

const settles = (order: object): boolean =>
  "event" in order && (order.event as { type: string }).type === "task.settled";

/** How a story ended: state, result and message must tell the same. */
function expectEnd(story: Story, path: string, status: string, reasons: readonly unknown[]): void {
  expect(story.path).toBe(path);
  expect(story.status).toBe("done");
  expect(story.state.timers).toEqual({});
  expect(ordersOf(story, "result.put")).toEqual([
    {
      type: "result.put",
      result: expect.objectContaining({ id: "res_look", task: "look", status, reasons, standsOn: ["res_before"] }),
    },
  ]);
  expect(ordersOf(story, "message.send").filter((order) => settles(order))).toEqual([
    {
      type: "message.send",
      to: "a_coordinator",
      toType: "coordinator",
      event: { type: "task.settled", task: "look", actor: "a_look", status, result: "res_look", reasons },
    },
  ]);
}

const life: Law[] = [
  law("an agent is born by putting its session together, and asks nothing of the model before", (machine) => {
    expect(newborn(machine).effects).toEqual([{ type: "session.assemble", task: "look", standsOn: ["res_before"] }]);
  }),
  law("a session that cannot be put together fails the task with its reason", (machine) => {
    expectEnd(
      newborn(machine).when({ type: "session.refused", reason: "no such brief" } as never),
      "failed",
      "failed",
      ["no such brief"],
    );
  }),
  law("an assembled agent asks the model, turn 0, attempt 0", (machine) => {
    expect(thinking(machine).effects).toEqual([{ type: "model.call", turn: 0, attempt: 0 }]);
  }),
  law("a report that verification accepts is the one good end", (machine) => {
    const story = thinking(machine).when(reported(0));
    expect(story.effects).toEqual([{ type: "result.verify", call: "report" }]);
    expectEnd(story.when(verified), "completed", "verified", []);
  }),
  law("the result names the report that carries its value and what was left undone", (machine) => {
    const report = { call: "r7", outcome: "done" as const, notDone: ["the tests"] };
    const story = thinking(machine).whenAll(answered(0, [], { stop: "tool_use", report }), verified);
    expect(ordersOf(story, "result.put")).toMatchObject([{ result: { call: "r7", notDone: ["the tests"] } }]);
  }),
  law("calls of the reporting answer end before the report is verified", (machine) => {
    const story = thinking(machine).when(reported(0, "report", [read("r1")]));
    expect(orders(story)).toEqual(["tool.run"]);
    expect(orders(story.when(finished("r1")))).toEqual(["result.verify"]);
  }),
  law("an agent that reports being blocked fails with what stood in its way, unverified", (machine) => {
    const story = thinking(machine).when(blocked(0, "no rights", "no disk"));
    expectEnd(story, "failed", "failed", ["blocked: no rights; no disk"]);
    expect(ordersOf(story, "result.verify")).toEqual([]);
  }),
  law("a blocked report waits for the calls of its answer too", (machine) => {
    const report = { call: "report", outcome: "blocked" as const, notDone: ["x"] };
    const story = thinking(machine).when(answered(0, [read("r1")], { report }));
    expect(story.path).toBe("executing");
    expectEnd(story.when(finished("r1")), "failed", "failed", ["blocked: x"]);
  }),
];

const bounded: Law[] = [
  law("an answer without calls or report is reminded, at most remindersMax times, then fails", (machine) => {
    let story = thinking(machine, { remindersMax: 2 });
    for (const [turn, left] of [2, 1].entries()) {
      story = story.when(answered(turn));
      expect(story.effects).toContainEqual({ type: "prompt.append", note: { kind: "report_missing", left } });
      expect(story.effects).toContainEqual({ type: "model.call", turn: turn + 1, attempt: 0 });
    }
    expectEnd(story.when(answered(2)), "failed", "failed", ["ended without a report: free text is not a result"]);
  }),
  law("an answer cut at its length limit is told so, and counts as a reminder", (machine) => {
    const story = thinking(machine, { remindersMax: 1 }).when(answered(0, [], { stop: "max_tokens" }));
    expect(story.effects).toEqual([
      { type: "model.call", turn: 1, attempt: 0 },
      { type: "prompt.append", note: { kind: "answer_cut" } },
    ]);
    expectEnd(story.when(answered(1, [], { stop: "max_tokens" })), "failed", "failed", [
      expect.stringContaining("without a report"),
    ]);
  }),
  law("a paused turn of the model goes on without a word and costs no reminder", (machine) => {
    let story = thinking(machine, { remindersMax: 0 });
    for (let turn = 0; turn < 3; turn += 1) {
      story = story.when(answered(turn, [], { stop: "pause_turn" }));
      expect(story.effects).toEqual([{ type: "model.call", turn: turn + 1, attempt: 0 }]);
    }
  }),
  law("a refusal of the model fails the task at once", (machine) => {
    expectEnd(thinking(machine).when(answered(0, [], { stop: "refusal" })), "failed", "failed", [
      expect.stringContaining("refusal"),
    ]);
  }),
  law("a refusal runs none of the calls that came with it, and its report does not count", (machine) => {
    const story = thinking(machine).when(
      answered(0, [write("w1")], { stop: "refusal", report: { call: "report", outcome: "done", notDone: [] } }),
    );
    expectEnd(story, "failed", "failed", [expect.stringContaining("refusal")]);
    expect(ordersOf(story, "tool.run")).toEqual([]);
  }),
  law("a conversation that no longer fits, and cannot be made shorter, ends the agent as exhausted", (machine) => {
    expectEnd(
      thinking(machine).whenAll(answered(0, [], { stop: "model_context_window_exceeded" }), compactionFailed(1)),
      "exhausted",
      "exhausted",
      [expect.stringContaining("context window")],
    );
  }),
  law("a rejected report goes back with its reasons, at most rejectionsMax times, then is the result", (machine) => {
    let story = thinking(machine, { rejectionsMax: 1 }).whenAll(reported(0, "first"), rejected("no such line"));
    expect(story.effects).toEqual([
      { type: "model.call", turn: 1, attempt: 0 },
      { type: "prompt.append", note: { kind: "report_rejected", call: "first", reasons: ["no such line"] } },
    ]);
    story = story.whenAll(reported(1, "second"), rejected("still none"));
    expectEnd(story, "rejected", "rejected", ["still none"]);
  }),
  law("a rejected report never counts again: a later answer without one is reminded", (machine) => {
    const story = thinking(machine).whenAll(reported(0), rejected("no"), answered(1, [read("r1")]), finished("r1"));
    expect(story.path).toBe("thinking.calling");
    expect(story.when(answered(2)).effects).toContainEqual(expect.objectContaining({ type: "prompt.append" }));
  }),
  law("a rejected report is not the result of an agent that ends before it reports again", (machine) => {
    const story = thinking(machine).whenAll(reported(0, "first"), rejected("no"), cancel);
    const [put] = ordersOf(story, "result.put") as unknown as { result: object }[];
    expect(put?.result).toMatchObject({ status: "cancelled" });
    expect(put?.result).not.toHaveProperty("call");
  }),
  law("turns are bounded: after the last the agent is exhausted, with every turn asked once", (machine) => {
    let story = thinking(machine, { turnsMax: 3 });
    for (let turn = 0; turn < 3; turn += 1)
      story = story.whenAll(answered(turn, [read(`r${turn}`)]), finished(`r${turn}`));
    expectEnd(story, "exhausted", "exhausted", ["turns: all 3 used without a verified result"]);
    expect(ordersOf(story, "model.call")).toHaveLength(3);
  }),
  law("a turn whose calls were all refused goes straight back to the model, which reads why", (machine) => {
    const story = thinking(machine, { remindersMax: 0 }).when(
      answered(0, [write("w1", "refused"), read("r1", "refused")]),
    );
    expect(story.effects).toEqual([{ type: "model.call", turn: 1, attempt: 0 }]);
  }),
];

const retries: Law[] = [
  law("a failed model call is tried again after the delay it names, under a new attempt", (machine) => {
    const story = thinking(machine).when(failed(0, { delayMs: 1_234 }));
    expect(story.path).toBe("thinking.backingOff");
    expect(story.effects).toEqual([]);
    expect(story.decision.timersSet).toEqual([expect.objectContaining({ delayMs: 1_234 })]);
    const again = story.whenTimerFires();
    expect(again.effects).toEqual([{ type: "model.call", turn: 0, attempt: 1 }]);
    expect(again.state.timers).toEqual({});
  }),
  law("attempts are bounded: the last failure ends the task and says how many there were", (machine) => {
    let story = thinking(machine, { attemptsMax: 3 });
    for (let attempt = 1; attempt < 3; attempt += 1) story = story.when(failed(0)).whenTimerFires();
    expect(attemptOf(story)).toMatchObject({ attempt: 2 });
    expectEnd(story.when(failed(0)), "failed", "failed", ["model: overloaded (attempt 3 of 3)"]);
  }),
  law("a failure that trying again cannot cure is final at once", (machine) => {
    expectEnd(thinking(machine).when(failed(0, { retry: false })), "failed", "failed", [
      "model: overloaded (attempt 1 of 3)",
    ]);
  }),
  law("an answer resets the count of attempts", (machine) => {
    const story = thinking(machine, { attemptsMax: 2 })
      .when(failed(0))
      .whenTimerFires()
      .when(answered(0, [], { stop: "pause_turn" }));
    expect(attemptOf(story)).toEqual({ type: "model.call", turn: 1, attempt: 0 });
    expect(story.when(failed(1)).path).toBe("thinking.backingOff");
    const lost = thinking(machine)
      .when(failed(0, { counts: false }))
      .whenTimerFires()
      .when(answered(0, [], { stop: "pause_turn" }));
    expect(attemptOf(lost)).toEqual({ type: "model.call", turn: 1, attempt: 0 });
  }),
  law("an attempt that never reached the model costs no attempt, but no two attempts share a number", (machine) => {
    let story = thinking(machine, { attemptsMax: 2 });
    const numbers: unknown[] = [];
    for (let lost = 0; lost < 5; lost += 1) {
      story = story.when(failed(0, { counts: false })).whenTimerFires();
      numbers.push((attemptOf(story) as unknown as { attempt: number }).attempt);
    }
    story = story.when(failed(0)).whenTimerFires();
    numbers.push((attemptOf(story) as unknown as { attempt: number }).attempt);
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6]);
    expectEnd(story.when(failed(0)), "failed", "failed", ["model: overloaded (attempt 2 of 2)"]);
  }),
  law("an attempt that never reached the model does not use up the last one either", (machine) => {
    const story = thinking(machine, { attemptsMax: 1 }).when(failed(0, { counts: false }));
    expect(story.path).toBe("thinking.backingOff");
    expectEnd(story.whenTimerFires().when(failed(0)), "failed", "failed", ["model: overloaded (attempt 1 of 1)"]);
  }),
  law("attempts that never reach the model are bounded too", (machine) => {
    expect(LOST_ATTEMPTS_MAX).toBeGreaterThan(0);
    let story = thinking(machine, { attemptsMax: 3 });
    for (let lost = 0; lost < LOST_ATTEMPTS_MAX; lost += 1)
      story = story.when(failed(0, { counts: false })).whenTimerFires();
    expect(story.path).toBe("thinking.calling");
    expect(story.when(failed(0, { counts: false })).path).toBe("failed");
  }),
  law(
    "the answer of an earlier attempt that comes while the next one waits is taken, and the wait is called off",
    (machine) => {
      const waiting = thinking(machine).when(failed(0));
      const story = waiting.when(answered(0, [read("r1")]));
      expect(story.path).toBe("executing");
      expect(story.decision.timersCancelled).toEqual(Object.keys(waiting.state.timers));
      expect(story.state.timers).toEqual({});
    },
  ),
  law("an answer of another turn changes nothing", (machine) => {
    const story = thinking(machine).when(answered(0, [], { stop: "pause_turn" }));
    for (const turn of [0, 2]) {
      const late = story.when(answered(turn, [write("w9")]));
      expect(late.decision.changed).toBe(false);
      expect(late.effects).toEqual([]);
    }
  }),
  law("a failure of another turn changes nothing", (machine) => {
    const story = thinking(machine, { attemptsMax: 2 }).when(answered(0, [], { stop: "pause_turn" }));
    expect(story.when(failed(0)).decision.changed).toBe(false);
  }),
];

const budget: Law[] = [
  law("a refused budget replaces the model call and ends the agent as exhausted, with what is left", (machine) => {
    const story = thinking(machine)
      .when(answered(0, [read("r1")]))
      .when(finished("r1") as never, { tokensLeft: 12, nanoUsdLeft: null });
    expectEnd(story, "exhausted", "exhausted", ["budget: 12 tokens left, too few for another model call"]);
    expect(orders(story)).toEqual(["result.put", "message.send"]);
    expect(statusOf(story, "r1")).toBe("done");
  }),
  law("a refused budget in money says how much is left", (machine) => {
    const story = newborn(machine).when(assembled as never, { tokensLeft: 5, nanoUsdLeft: 1_500_000 });
    expectEnd(story, "exhausted", "exhausted", [expect.stringContaining("0.001500 USD")]);
    expect(ordersOf(story, "model.call")).toEqual([]);
  }),
  law("a refused budget keeps the notes of the step it replaces", (machine) => {
    const story = thinking(machine).when(answered(0) as never, { tokensLeft: 0, nanoUsdLeft: null });
    expect(orders(story)).toEqual(["prompt.append", "result.put", "message.send"]);
  }),
];

const calls: Law[] = [
  law("read-only calls run together up to the bound; the next starts when one ends", (machine) => {
    const story = thinking(machine, { parallelMax: 2 }).when(answered(0, [read("r1"), read("r2"), read("r3")]));
    expect(started(story)).toEqual(["r1", "r2"]);
    const next = story.when(finished("r2"));
    expect(started(next)).toEqual(["r3"]);
    expect(started(next.when(finished("r1")))).toEqual([]);
    expect(next.whenAll(finished("r1"), finished("r3")).path).toBe("thinking.calling");
  }),
  law("an order to run names tool and input by hash, so that another input is never run", (machine) => {
    expect(thinking(machine).when(answered(0, [write("w1")])).effects).toEqual([
      { type: "tool.run", call: "w1", tool: "Write", inputHash: "hash-w1" },
    ]);
  }),
  law("changing calls run singly and in order, beside the read-only ones", (machine) => {
    let story = thinking(machine).when(answered(0, [write("w1"), read("r1"), destroy("d1"), write("w2")]));
    expect(started(story)).toEqual(["w1", "r1"]);
    story = story.when(finished("r1"));
    expect(started(story)).toEqual([]);
    story = story.when(finished("w1"));
    expect(started(story)).toEqual(["d1"]);
    story = story.when(finished("d1"));
    expect(started(story)).toEqual(["w2"]);
    expect(story.when(finished("w2")).path).toBe("thinking.calling");
  }),
  law("after a changing call failed, the changing calls behind it are refused; reads go on", (machine) => {
    const story = thinking(machine, { parallelMax: 1 })
      .when(answered(0, [write("w1"), read("r1"), read("r2"), write("w2"), destroy("d1", "asking")]))
      .when(finished("w1", false));
    expect([statusOf(story, "w2"), statusOf(story, "d1"), statusOf(story, "r2")]).toEqual([
      "refused",
      "refused",
      "judged",
    ]);
    expect(story.whenAll(finished("r1"), finished("r2")).path).toBe("thinking.calling");
    expect(ordersOf(story.whenAll(finished("r1"), finished("r2")), "tool.run")).toHaveLength(3);
  }),
  law("a failed read refuses nothing", (machine) => {
    const story = thinking(machine)
      .when(answered(0, [read("r1"), write("w1"), write("w2")]))
      .when(finished("r1", false));
    expect(statusOf(story, "w2")).toBe("judged");
    expect(started(story.when(finished("w1")))).toEqual(["w2"]);
  }),
  law("an interrupted call is over and is never run again; the changing calls behind it are refused", (machine) => {
    const story = thinking(machine)
      .when(answered(0, [write("w1"), write("w2")]))
      .when(interrupted("w1"));
    expect(statusOf(story, "w1")).toBe("interrupted");
    expect(statusOf(story, "w2")).toBe("refused");
    expect(story.path).toBe("thinking.calling");
    expect(ordersOf(story, "tool.run")).toHaveLength(1);
  }),
  law("a second outcome of a call changes none of the calls", (machine) => {
    const story = thinking(machine)
      .when(answered(0, [read("r1"), read("r2")]))
      .when(finished("r1"));
    const again = story.when(finished("r1", false));
    expect(statusOf(again, "r1")).toBe("done");
    expect(again.effects).toEqual([]);
  }),
  law("an outcome of a call that was never started changes none of the calls", (machine) => {
    const story = thinking(machine).when(answered(0, [write("w1"), write("w2"), destroy("d1", "asking")]));
    for (const event of [finished("w2"), interrupted("w2"), unknown("w2"), reconciled("w2", true), finished("d1")]) {
      const forged = story.when(event);
      expect(statusOf(forged, "w2"), event.type).toBe("judged");
      expect(statusOf(forged, "d1"), event.type).toBe("asking");
      expect(forged.effects).toEqual([]);
    }
  }),
  law("a call of unknown outcome is reconciled before another changing call starts", (machine) => {
    const story = thinking(machine)
      .when(answered(0, [write("w1"), write("w2")]))
      .when(unknown("w1"));
    expect(story.path).toBe("reconciling");
    expect(story.effects).toEqual([
      { type: "tool.reconcile", call: "w1", tool: "Write", inputHash: "hash-w1", effect: "lost w1", place: "here" },
    ]);
    expect(started(story.when(reconciled("w1", true)))).toEqual(["w2"]);
    expect(story.when(interrupted("w1")).path).toBe("thinking.calling");
    expect(started(story.when(finished("w1")))).toEqual(["w2"]);
  }),
  law("a call that never happened is made again, in its place, and given up after the third time", (machine) => {
    const again = (story: Story): Story => story.when(unknown("w1")).when(reconciled("w1", false));
    const first = again(thinking(machine).when(answered(0, [write("w1"), write("w2")])));
    expect([started(first), statusOf(first, "w2")]).toEqual([["w1"], "judged"]);
    expect(started(first.when(finished("w1")))).toEqual(["w2"]);
    const last = again(again(first));
    expect([statusOf(last, "w1"), statusOf(last, "w2"), last.path]).toEqual([
      "interrupted",
      "refused",
      "thinking.calling",
    ]);
    expect(ordersOf(last, "tool.run")).toHaveLength(3);
  }),
  law("the world is asked once about each lost call, however many are lost and whatever ends meanwhile", (machine) => {
    const story = thinking(machine)
      .when(answered(0, [write("w1"), read("r1"), read("r2")]))
      .whenAll(unknown("w1"), unknown("r1"), finished("r2"));
    expect(ordersOf(story, "tool.reconcile")).toMatchObject([{ call: "w1" }, { call: "r1" }]);
    expect(story.whenAll(reconciled("r1", true)).path).toBe("reconciling");
  }),
  law("outcomes of other calls are taken while one is reconciled", (machine) => {
    const story = thinking(machine)
      .when(answered(0, [write("w1"), read("r1"), read("r2")]))
      .whenAll(unknown("w1"), finished("r1"), unknown("r2"));
    expect(story.path).toBe("reconciling");
    expect([statusOf(story, "r1"), statusOf(story, "r2")]).toEqual(["done", "reconciling"]);
    expect(story.whenAll(reconciled("r2", true), reconciled("w1", true)).path).toBe("thinking.calling");
  }),
];

const approvals: Law[] = [
  law("a call that asks is not run before somebody says yes", (machine) => {
    const story = thinking(machine).when(answered(0, [destroy("d1", "asking")]));
    expect(story.path).toBe("awaitingApproval");
    expect(story.effects).toEqual([{ type: "approval.request", call: "d1", tool: "Bash" }]);
    const yes = story.when(approved("d1"));
    expect(yes.effects).toEqual([{ type: "tool.run", call: "d1", tool: "Bash", inputHash: "hash-d1", approved: true }]);
  }),
  law("everybody who has to say yes is asked once, with the answer that made the calls, and never again", (machine) => {
    const story = thinking(machine).when(
      answered(0, [destroy("d1", "asking"), read("r1"), read("r2", "asking"), write("w1", "refused")]),
    );
    const asked = (one: Story): readonly unknown[] =>
      ordersOf(one, "approval.request").map((order) => "call" in order && order.call);
    expect(asked(story)).toEqual(["d1", "r2"]);
    const all = story.whenAll(finished("r1"), approved("r2"), finished("r2"), approved("d1", false));
    expect(asked(all)).toEqual(["d1", "r2"]);
    expect(asked(thinking(machine).when(answered(0, [read("r1"), write("w1")])))).toEqual([]);
  }),
  law("only what somebody said yes to bears the mark of it", (machine) => {
    const story = thinking(machine).whenAll(
      answered(0, [read("r1"), write("w1", "asking"), write("w2")]),
      finished("r1"),
    );
    const runs = ordersOf(story.whenAll(approved("w1"), finished("w1")), "tool.run");
    const marked = runs.map((order) => "call" in order && [order.call, "approved" in order]);
    expect(marked).toEqual([
      ["r1", false],
      ["w1", true],
      ["w2", false],
    ]);
  }),
  law("a no refuses the call and the changing calls behind it, and the model goes on", (machine) => {
    const story = thinking(machine).when(answered(0, [destroy("d1", "asking"), write("w1"), destroy("d2", "asking")]));
    const no = story.when(approved("d1", false));
    expect(["d1", "w1", "d2"].map((id) => statusOf(no, id))).toEqual(["refused", "refused", "refused"]);
    expect(no.path).toBe("thinking.calling");
    expect(ordersOf(no, "tool.run")).toEqual([]);
  }),
  law("a waiting approval holds back only the changing calls behind it", (machine) => {
    const story = thinking(machine).when(answered(0, [write("w1"), destroy("d1", "asking"), write("w2"), read("r1")]));
    expect(started(story)).toEqual(["w1", "r1"]);
    const waiting = story.whenAll(finished("w1"), finished("r1"));
    expect(waiting.path).toBe("awaitingApproval");
    expect(started(waiting.when(approved("d1")))).toEqual(["d1"]);
    expect(started(waiting.whenAll(approved("d1"), finished("d1")))).toEqual(["w2"]);
  }),
  law("an approval that comes while other calls run is taken at once", (machine) => {
    const story = thinking(machine).when(answered(0, [read("r1"), destroy("d1", "asking")]));
    expect(story.path).toBe("executing");
    expect(started(story.when(approved("d1")))).toEqual(["d1"]);
  }),
  law("one approval leaves the other question open", (machine) => {
    const story = thinking(machine)
      .when(answered(0, [read("r1", "asking"), read("r2", "asking")]))
      .when(approved("r2"));
    expect([started(story), story.path]).toEqual([["r2"], "executing"]);
    expect(story.when(finished("r2")).path).toBe("awaitingApproval");
  }),
  law("the first answer to a question wins: a second one never starts a call again, nor stops one", (machine) => {
    const story = thinking(machine)
      .when(answered(0, [destroy("d1", "asking")]))
      .when(approved("d1"));
    for (const allowed of [true, false]) {
      const again = story.when(approved("d1", allowed));
      expect(again.effects).toEqual([]);
      expect(statusOf(again, "d1")).toBe("running");
    }
    const refused = thinking(machine)
      .when(answered(0, [destroy("d1", "asking"), read("r1")]))
      .when(approved("d1", false));
    expect(statusOf(refused.when(approved("d1", true)), "d1")).toBe("refused");
  }),
  law("an approval of a call that never asked changes none of the calls", (machine) => {
    const story = thinking(machine).when(answered(0, [write("w1"), write("w2")]));
    expect(statusOf(story.when(approved("w2", false)), "w2")).toBe("judged");
    expect(started(story.when(approved("w1")))).toEqual([]);
  }),
  law("an approval never makes a call of unknown outcome run again", (machine) => {
    const story = thinking(machine)
      .when(answered(0, [write("w1")]))
      .whenAll(unknown("w1"), approved("w1"));
    expect(statusOf(story, "w1")).toBe("reconciling");
    expect(ordersOf(story.when(reconciled("w1", true)), "tool.run")).toHaveLength(1);
  }),
];

const notesOf = (story: Story) =>
  story.effects.flatMap((order) =>
    order.type === "prompt.append" ? [(order as unknown as { note: unknown }).note] : [],
  );
const sentBy = (story: Story) =>
  story.effects.flatMap((order) =>
    order.type === "message.send" ? [(order as unknown as { event: unknown }).event] : [],
  );
const result = (call: string, answer = "8080") => ({ kind: "question_answered", call, answer, by: "ann" });
const none = (call: string, reason = "nobody answered in time") => ({ kind: "question_unanswered", call, reason });

const words: Law[] = [
  law(
    "a question goes to the parent with the step that brings it, and the agent waits for that and nothing else",
    (machine) => {
      const story = thinking(machine).when(answered(0, [ask("q1", "which port?")]));
      expect(story.path).toBe("waiting");
      expect(story.effects).toEqual([
        {
          type: "message.send",
          to: "a_coordinator",
          toType: "coordinator",
          event: { type: "question.asked", question: "a_look:1:q1", actor: "a_look", text: "which port?" },
        },
      ]);
      expect(JSON.stringify(story.state.snapshot.context)).not.toContain("which port?");
    },
  ),
  law("its answer becomes the result of the call that asked, and the model goes on from there", (machine) => {
    const story = thinking(machine).whenAll(answered(0, [ask("q1")]), word(1, "q1"));
    expect(notesOf(story)).toEqual([result("q1")]);
    expect([statusOf(story, "q1"), story.path]).toEqual(["done", "thinking.calling"]);
    expect(attemptOf(story)).toEqual({ type: "model.call", turn: 1, attempt: 0 });
    expect(story.state.timers).toEqual({});
  }),
  law("that there is no answer is a result as well, and fails the call", (machine) => {
    const story = thinking(machine).whenAll(answered(0, [ask("q1")]), word(1, "q1", null));
    expect(notesOf(story)).toEqual([none("q1", "nobody is there")]);
    expect([statusOf(story, "q1"), story.path]).toEqual(["failed", "thinking.calling"]);
  }),
  law("the wait for answers ends by itself, and all that were waited for are told so", (machine) => {
    const story = thinking(machine, { answerMsMax: 5_000 }).when(answered(0, [ask("q1"), ask("q2")]));
    expect(story.decision.timersSet.map(({ delayMs }) => delayMs)).toEqual([5_000]);
    const after = story.whenTimerFires();
    expect(notesOf(after)).toEqual([none("q1"), none("q2")]);
    expect(after.path).toBe("thinking.calling");
  }),
  law("who says nothing of it waits for an hour", (machine) => {
    const story = thinking(machine).when(answered(0, [ask("q1")]));
    expect(story.decision.timersSet.map(({ delayMs }) => delayMs)).toEqual([3_600_000]);
  }),
  law("of two questions each is answered for itself", (machine) => {
    const story = thinking(machine).whenAll(answered(0, [ask("q1"), ask("q2")]), word(1, "q2"));
    expect([story.path, statusOf(story, "q1"), statusOf(story, "q2")]).toEqual(["waiting", "waiting", "done"]);
    expect(notesOf(story)).toEqual([result("q2")]);
    expect(notesOf(story.when(word(1, "q1")))).toEqual([result("q1")]);
  }),
  law("an answer to a question of another turn, or of another agent, answers nothing", (machine) => {
    const story = thinking(machine).when(answered(0, [ask("q1")]));
    for (const stray of [word(0, "q1"), word(2, "q1"), word(1, "nobody"), word(1, "nobody", null)]) {
      const after = story.when(stray);
      expect([after.path, notesOf(after), statusOf(after, "q1")]).toEqual(["waiting", [], "waiting"]);
    }
  }),
  law(
    "an answer that comes too late is told with the next model call, once, and that there is none is not",
    (machine) => {
      const story = thinking(machine)
        .when(answered(0, [ask("q1")]))
        .whenTimerFires();
      const late = story.when(word(1, "q1"));
      expect(late.effects).toEqual([]);
      const told = late.when(failed(1)).whenTimerFires();
      expect(notesOf(told)).toEqual([
        {
          kind: "post",
          post: {
            post: "a_look:1:q1",
            from: "a_coordinator",
            to: "a_look",
            kind: "late-answer",
            body: { answer: "8080", by: "ann" },
          },
        },
      ]);
      expect(notesOf(told.when(failed(1)).whenTimerFires())).toEqual([]);
      const empty = story.when(word(1, "q1", null));
      expect(empty.state).toBe(story.state);
    },
  ),
  law("no changing call begins behind an open question, and reads go on beside it", (machine) => {
    const story = thinking(machine).when(answered(0, [write("w1"), ask("q1"), write("w2"), read("r1")]));
    expect([story.path, started(story)]).toEqual(["executing", ["w1", "r1"]]);
    const open = story.whenAll(finished("w1"), finished("r1"));
    expect([open.path, started(open), statusOf(open, "w2")]).toEqual(["waiting", [], "judged"]);
    expect(started(open.when(word(1, "q1")))).toEqual(["w2"]);
  }),
  law("an answer that comes while calls run, are asked about or are unknown is taken at once", (machine) => {
    const running = thinking(machine).when(answered(0, [read("r1"), ask("q1")]));
    const asking = thinking(machine).when(answered(0, [destroy("d1", "asking"), ask("q1")]));
    const lost = thinking(machine).whenAll(answered(0, [write("w1"), ask("q1")]), unknown("w1"));
    for (const [story, path] of [
      [running, "executing"],
      [asking, "awaitingApproval"],
      [lost, "reconciling"],
    ] as const) {
      expect(story.path).toBe(path);
      const after = story.when(word(1, "q1"));
      expect([after.path, notesOf(after), statusOf(after, "q1")]).toEqual([path, [result("q1")], "done"]);
    }
  }),
  law("an agent that is asked about a call waits for that first, and its question stays open", (machine) => {
    const story = thinking(machine).when(answered(0, [destroy("d1", "asking"), ask("q1")]));
    const after = story.when(approved("d1", false));
    expect([after.path, statusOf(after, "q1")]).toEqual(["waiting", "waiting"]);
  }),
  law("a question of the reporting answer is answered before the report is verified", (machine) => {
    const story = thinking(machine).when(reported(0, "report", [ask("q1")]));
    expect([story.path, orders(story)]).toEqual(["waiting", ["message.send"]]);
    expect(orders(story.when(word(1, "q1")))).toEqual(["result.verify", "prompt.append"]);
  }),
  law("a message is handed over in the step that takes the answer, and nothing waits for it", (machine) => {
    const story = thinking(machine).when(answered(0, [post("p1", "a_tests"), post("p2")]));
    expect(story.path).toBe("thinking.calling");
    const of = (id: string, to: string) => ({
      type: "post.sent",
      post: `a_look:1:${id}`,
      from: "a_look",
      to,
      kind: "finding",
      body: { line: 3 },
    });
    expect(sentBy(story)).toEqual([of("p1", "a_tests"), of("p2", "#found")]);
  }),
  law("what was said is sent even where the same answer ends the agent", (machine) => {
    const story = thinking(machine).when(answered(0, [post("p1")], { stop: "refusal" }));
    expect([story.path, sentBy(story).length]).toEqual(["failed", 2]);
  }),
  law(
    "what others post while a model call is out is told with the next one, in its order, and never before",
    (machine) => {
      const out = thinking(machine).whenAll(delivered("p1"), delivered("p2"));
      expect(out.effects).toEqual([]);
      const next = out.whenAll(answered(0, [read("r1")]), delivered("p3"));
      expect(notesOf(next)).toEqual([]);
      const told = next.when(finished("r1"));
      expect(notesOf(told).map((note) => (note as { post: { post: string } }).post.post)).toEqual([
        "a_other:1:p1",
        "a_other:1:p2",
        "a_other:1:p3",
      ]);
      expect(notesOf(told.whenAll(answered(1, [read("r2")]), finished("r2")))).toEqual([]);
    },
  ),
  law("a message that comes twice is told once", (machine) => {
    const out = thinking(machine).when(delivered("p1"));
    const again = out.when(delivered("p1"));
    expect(again.state).toBe(out.state);
    expect(notesOf(again.whenAll(answered(0, [read("r1")]), finished("r1")))).toHaveLength(1);
  }),
  law("of too many messages the oldest are left out, and how many is told first", (machine) => {
    const ids = Array.from({ length: 23 }, (_, index) => `p${index}`);
    const told = thinking(machine).whenAll(
      ...ids.map((id) => delivered(id)),
      answered(0, [read("r1")]),
      finished("r1"),
    );
    const [missed, first, ...rest] = notesOf(told) as { kind: string; count?: number; post?: { post: string } }[];
    expect([missed, first?.post?.post, rest.length]).toEqual([{ kind: "posts_missed", count: 3 }, "a_other:1:p3", 19]);
    const large = thinking(machine).whenAll(
      ...["p1", "p2", "p3", "p4", "p5"].map((id) => delivered(id, { text: "x".repeat(8_000) })),
      answered(0, [read("r1")]),
      finished("r1"),
    );
    expect(notesOf(large)[0]).toEqual({ kind: "posts_missed", count: 1 });
    expect(notesOf(large)).toHaveLength(5);
  }),
  law("messages reach an agent that waits, and leave its wait as it is", (machine) => {
    const story = thinking(machine).when(answered(0, [ask("q1")]));
    const heard = story.when(delivered("p1"));
    expect([heard.path, heard.effects, heard.state.timers]).toEqual(["waiting", [], story.state.timers]);
    expect(notesOf(heard.when(word(1, "q1")))).toHaveLength(2);
  }),
];

const terms = {
  brief: "b1",
  results: [],
  deadlineMs: null,
  budget: null,
  model: null,
  earlier: ["it failed"],
  topics: ["found"],
};
const contracts: Law[] = [
  law("the terms of a task are handed to whoever puts its session together, and to nobody else", (machine) => {
    const story = given(machine, { ...agentInput(), terms, tree: { merging: null } });
    expect(story.effects).toEqual([
      { type: "session.assemble", task: "look", standsOn: ["res_before"], terms, tree: { merging: null } },
    ]);
    expect(JSON.stringify(story.when(assembled).effects)).not.toContain("it failed");
  }),
];

/** Every resting state of the chart, and a story that leads there. */
const restingStories: Readonly<Record<string, (machine: AnyStateMachine) => Story>> = {
  assembling: (machine) => newborn(machine),
  "thinking.calling": (machine) => thinking(machine),
  "thinking.backingOff": (machine) => thinking(machine).when(failed(0)),
  executing: (machine) => thinking(machine).when(answered(0, [write("w1")])),
  awaitingApproval: (machine) => thinking(machine).when(answered(0, [destroy("d1", "asking")])),
  waiting: (machine) => thinking(machine).when(answered(0, [ask("q1")])),
  reconciling: (machine) => thinking(machine).whenAll(answered(0, [write("w1")]), unknown("w1")),
  verifying: (machine) => thinking(machine).when(reported(0)),
  paused: (machine) => newborn(machine).whenAll(pause, assembled),
  completed: (machine) => thinking(machine).whenAll(reported(0), verified),
  rejected: (machine) => thinking(machine, { rejectionsMax: 0 }).whenAll(reported(0), rejected("no")),
  failed: (machine) => thinking(machine).when(failed(0, { retry: false })),
  exhausted: (machine) => thinking(machine).when({ type: "budget.refused", tokensLeft: 0, nanoUsdLeft: null } as never),
  cancelled: (machine) => thinking(machine).when(cancel),
};

const interruptions: Law[] = [
  law("every resting story leads where it says", (machine) => {
    for (const [path, tell] of Object.entries(restingStories)) expect(tell(machine).path).toBe(path);
  }),
  law(
    "a cancel ends an agent from every state that is not final, with its reason, and disarms its timers",
    (machine) => {
      const open = Object.values(restingStories)
        .map((tell) => tell(machine))
        .filter((story) => story.status === "active");
      expect(open).toHaveLength(9);
      for (const story of open) {
        const ended = story.when(cancel);
        expectEnd(ended, "cancelled", "cancelled", ["enough"]);
        expect(ended.decision.timersCancelled).toEqual(Object.keys(story.state.timers));
      }
    },
  ),
  law("a final state is never left and orders nothing, whatever comes", (machine) => {
    const ended = Object.values(restingStories)
      .map((tell) => tell(machine))
      .filter((story) => story.status !== "active");
    expect(ended).toHaveLength(5);
    for (const story of ended) {
      for (const event of [
        cancel,
        pause,
        resume,
        answered(0, [write("w1")]),
        verified,
        finished("w1"),
        failed(0),
        approved("d1"),
        delivered("p1"),
        word(1, "q1"),
      ]) {
        const after = story.when(event);
        expect(after.state).toBe(story.state);
        expect(after.effects).toEqual([]);
        expect(after.decision.changed).toBe(false);
      }
    }
  }),
  law("a paused agent asks the model nothing until it is resumed, then goes on where it was", (machine) => {
    const story = thinking(machine).whenAll(answered(0, [read("r1")]), pause, finished("r1"));
    expect(story.path).toBe("paused");
    expect(story.effects).toEqual([]);
    const on = story.when(resume);
    expect(on.effects).toEqual([{ type: "model.call", turn: 1, attempt: 0 }]);
    expect(on.whenAll(answered(1, [read("r2")]), finished("r2")).path).toBe("thinking.calling");
  }),
  law("a pause that is taken back before the next step holds nothing up", (machine) => {
    expect(thinking(machine).whenAll(answered(0, [read("r1")]), pause, resume, finished("r1")).path).toBe(
      "thinking.calling",
    );
  }),
  law("a pause lets calls that are out come home, and a retry wait for the resume", (machine) => {
    const story = thinking(machine).whenAll(failed(0), pause).whenTimerFires();
    expect([story.path, story.effects]).toEqual(["paused", []]);
    expect(story.when(resume).effects).toEqual([{ type: "model.call", turn: 0, attempt: 1 }]);
  }),
  law("a timer of an earlier wait changes nothing in a later one", (machine) => {
    const first = thinking(machine, { attemptsMax: 4 }).when(failed(0));
    const [[timer, { armedBy }] = ["", { armedBy: -1 }]] = Object.entries(first.state.timers);
    const second = first.whenTimerFires().when(failed(0));
    expect(second.path).toBe("thinking.backingOff");
    const stale = second.whenCause({ timer, armedBy });
    expect(stale.decision.changed).toBe(false);
    expect(stale.state).toBe(second.state);
    expect(second.whenTimerFires().path).toBe("thinking.calling");
  }),
];

export const agentLaws: readonly Law[] = [
  ...life,
  ...bounded,
  ...retries,
  ...budget,
  ...calls,
  ...approvals,
  ...words,
  ...contracts,
  ...interruptions,
  ...compactionLaws,
];

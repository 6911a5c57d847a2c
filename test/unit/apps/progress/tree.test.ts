import { describe, expect, test as law } from "vitest";
import { counted, grown, type TaskNode } from "../../../../apps/cli/progress/tree.ts";
import { openLog, START_MS, treeOf } from "./log.ts";

const nodeOf = (log: ReturnType<typeof openLog>, task: string): TaskNode => {
  const node = treeOf(log.events).tasks.find((one) => one.task === task);
  if (node === undefined) throw new Error(`no task ${task}`);
  return node;
};

describe("what a task's line knows", () => {
  law("turns, tool calls and the tools that run now are counted from the agent's own events", () => {
    const log = openLog(2);
    log.route("explore-a");
    log.answer("a_explore-a", 1);
    log.use("a_explore-a", "c1", "Read");
    log.use("a_explore-a", "c2", "Probe");
    expect(nodeOf(log, "explore-a")).toMatchObject({ turns: 1, toolCalls: 2, tools: { c1: "Read", c2: "Probe" } });
    log.used("a_explore-a", "c1", "Read");
    log.say("a_explore-a", { type: "tool.failed", effect: "e", call: "c2", tool: "Probe", bytes: 1, tookMs: 1 });
    log.answer("a_explore-a", 2);
    expect(nodeOf(log, "explore-a")).toMatchObject({ turns: 2, toolCalls: 2, tools: {}, outcome: null });
  });

  law("a settled task keeps its time, however long the run goes on", () => {
    const log = openLog(1);
    log.route("explore-a");
    log.verify("explore-a");
    log.say("coordinator", { type: "run.resumed" }, 60_000);
    expect(nodeOf(log, "explore-a")).toMatchObject({
      outcome: "verified",
      startedAtMs: START_MS + 100,
      settledAtMs: START_MS + 200,
    });
  });

  law("another attempt begins afresh, and words of the earlier agent change nothing", () => {
    const log = openLog(1);
    log.route("explore-a");
    log.answer("a_explore-a", 7);
    log.reject("explore-a", ["failed", "its worker died"]);
    expect(nodeOf(log, "explore-a")).toMatchObject({ outcome: "failed", reasons: ["its worker died"], attempt: 1 });
    log.route("explore-a", "a_explore-a.2");
    const before = nodeOf(log, "explore-a");
    expect(before).toMatchObject({ outcome: null, attempt: 2, turns: 0, actor: "a_explore-a.2" });
    log.answer("a_explore-a", 9);
    log.verify("explore-a", "a_explore-a");
    expect(nodeOf(log, "explore-a")).toEqual(before);
  });

  law("after its end an agent's words change nothing", () => {
    const log = openLog(1);
    log.route("explore-a");
    log.verify("explore-a");
    const before = nodeOf(log, "explore-a");
    log.use("a_explore-a", "c9", "Read");
    log.reject("explore-a", ["failed"]);
    expect(nodeOf(log, "explore-a")).toEqual(before);
  });

  law.each([
    [["exhausted", "24 turns"], "exhausted", ["24 turns"]],
    [["cancelled", "stop"], "cancelled", ["stop"]],
    [["evidence[0]: gone"], "rejected", ["evidence[0]: gone"]],
    [[], "rejected", []],
  ] as const)("how it ended is read off its reasons: %j", (reasons, outcome, left) => {
    const log = openLog(1);
    log.route("explore-a");
    log.reject("explore-a", [...reasons]);
    expect(nodeOf(log, "explore-a")).toMatchObject({ outcome, reasons: left });
  });
});

describe("what the run's line knows", () => {
  law("tasks that nobody was sent to are waiting", () => {
    const log = openLog(5);
    log.route("explore-a");
    log.route("explore-b");
    log.route("explore-c");
    log.verify("explore-a");
    log.reject("explore-b", ["rejected", "no"]);
    expect(counted(treeOf(log.events))).toEqual({ verified: 1, bad: 1, working: 1, waiting: 2 });
  });

  law("a repeated or older event changes nothing", () => {
    const log = openLog(2);
    log.route("explore-a");
    log.use("a_explore-a", "c1", "Read");
    const tree = treeOf(log.events);
    expect(tree.tasks).toHaveLength(1);
    for (const event of log.events) expect(grown(tree, event)).toBe(tree);
  });

  law("a parked run says why until it goes on", () => {
    const log = openLog(1);
    log.say("coordinator", { type: "run.parked", reason: "asked by SIGINT" });
    expect(treeOf(log.events).parked).toBe("asked by SIGINT");
    log.say("coordinator", { type: "run.resumed" });
    expect(treeOf(log.events).parked).toBeNull();
  });

  law("a breaker is trouble until it is closed, a failed call until a model answers", () => {
    const log = openLog(1);
    log.route("explore-a");
    const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
    log.say("a_explore-a", {
      type: "model.failed",
      effect: "e",
      turn: 1,
      reason: "x",
      message: "overloaded",
      retry: true,
      usage,
    });
    log.say("a_explore-a", { type: "breaker.changed", breaker: "model", from: "closed", to: "open" });
    expect(treeOf(log.events)).toMatchObject({ breakers: { model: "open" }, trouble: "a_explore-a: overloaded" });
    log.say("a_explore-a", { type: "breaker.changed", breaker: "model", from: "halfOpen", to: "closed" });
    log.answer("a_explore-a", 1);
    expect(treeOf(log.events).breakers).toEqual({});
    expect(treeOf(log.events).trouble).toBeNull();
  });

  law.each(["completed", "failed", "exhausted", "cancelled"] as const)("run.%s ends it", (status) => {
    const log = openLog(1);
    log.say("coordinator", { type: `run.${status}`, reasons: ["because"] });
    expect(treeOf(log.events).end).toEqual({ status, reasons: ["because"] });
  });
});

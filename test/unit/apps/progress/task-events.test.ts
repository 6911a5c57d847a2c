// What a watcher is shown of supervision, joins, checks, plans and revocations: nothing that was taken back passes for done,
// and whoever works on it again begins afresh.
import { describe, expect, test as law } from "vitest";
import { newsOf } from "../../../../apps/cli/progress/news.ts";
import { counted, type TaskNode, waitingTasks } from "../../../../apps/cli/progress/tree.ts";
import { doing } from "../../../../apps/cli/progress/words.ts";
import type { RunEvent } from "../../../../machines/run-event.ts";
import { openLog, treeOf } from "./log.ts";

type Log = ReturnType<typeof openLog>;

function nodeOf(log: Log, task: string): TaskNode {
  const node = treeOf(log.events).tasks.find((one) => one.task === task);
  if (node === undefined) throw new Error(`no task ${task}`);
  return node;
}

/** The line that the last event makes. */
function newsAfter(log: Log, actor: string, event: RunEvent): string | null {
  log.say(actor, event);
  const last = log.events.at(-1);
  if (last === undefined) throw new Error("nothing was said");
  return newsOf(last, treeOf(log.events));
}

const settled = (tokens: number, nanoUsd: number | null): RunEvent => ({
  type: "budget.settled",
  effect: "e",
  tokens,
  nanoUsd,
});

describe("a result that was taken back", () => {
  const revoked: RunEvent = {
    type: "result.revoked",
    result: "res_b",
    task: "b",
    root: "res_a",
    reason: "wrong",
    by: "ann",
  };

  law("is not counted as done, stands there with its reason, and begins afresh where somebody is sent to it", () => {
    const log = openLog(2);
    log.route("b");
    log.verify("b");
    expect(counted(treeOf(log.events))).toMatchObject({ verified: 1, bad: 0 });
    log.say("coordinator", revoked);
    expect(counted(treeOf(log.events))).toMatchObject({ verified: 0, bad: 1 });
    expect(nodeOf(log, "b")).toMatchObject({ outcome: "revoked", reasons: ["wrong"] });
    log.route("b", "a_b.2");
    expect(nodeOf(log, "b")).toMatchObject({ outcome: null, attempt: 2, reasons: [] });
  });

  law("is told with what it stands on; the one that was wrong, with who said so and why", () => {
    const log = openLog(2);
    expect(newsAfter(log, "coordinator", revoked)).toBe("b: res_b is revoked, it stands on res_a");
    expect(newsAfter(log, "coordinator", { ...revoked, result: "res_a", task: "a" } as RunEvent)).toBe(
      "a: res_a is revoked, by ann: wrong",
    );
  });

  law("stops who works on top of it; of an agent that is done, a fence changes nothing", () => {
    const log = openLog(2);
    log.route("a");
    log.verify("a");
    log.route("b");
    log.use("a_b", "c1", "Bash");
    for (const fenced of ["a_a", "a_b"])
      log.say("coordinator", { type: "actor.fenced", fenced, reason: "res_a was revoked" });
    expect(nodeOf(log, "a").outcome).toBe("verified");
    expect(nodeOf(log, "b")).toMatchObject({ outcome: null, state: "stopped", tools: {} });
    expect(doing(nodeOf(log, "b"))).toBe("stopped; to be begun again: res_a was revoked");
  });
});

describe("a failed attempt", () => {
  const decided = (decision: "retry" | "replan" | "give-up", delayMs?: number): RunEvent => ({
    ...{ type: "supervision.decided", task: "a", decision, attempt: 2, reason: "the model failed" },
    ...(delayMs === undefined ? {} : { delayMs }),
  });

  law("that another follows is no bad end; one that nothing follows is", () => {
    const log = openLog(1);
    log.route("a");
    log.reject("a", ["failed", "broke"]);
    expect(counted(treeOf(log.events)).bad).toBe(1);
    expect(newsAfter(log, "coordinator", decided("retry", 2_000))).toBe(
      "a is tried again in 2.0 s (attempt 2): the model failed",
    );
    expect(counted(treeOf(log.events))).toMatchObject({ bad: 0, working: 1 });
    expect(doing(nodeOf(log, "a"))).toBe("waits to be tried again: the model failed");
    log.route("a", "a_a.2");
    log.reject("a", ["failed", "broke"], "a_a.2");
    expect(newsAfter(log, "coordinator", decided("give-up"))).toBe("a is given up: the model failed");
    expect(counted(treeOf(log.events)).bad).toBe(1);
  });

  law(
    "that is given up counts as failed, whatever its agent had come to: denied after a good report, or stopped",
    () => {
      const log = openLog(2);
      log.route("a");
      log.verify("a");
      log.route("b");
      log.say("coordinator", { type: "actor.fenced", fenced: "a_b", reason: "deadline: no result within 4000 ms" });
      expect(counted(treeOf(log.events))).toEqual({ verified: 1, working: 1, bad: 0, waiting: 0 });
      log.say("coordinator", decided("give-up"));
      log.say("coordinator", { ...decided("give-up"), task: "b" } as RunEvent);
      expect(counted(treeOf(log.events))).toEqual({ verified: 0, working: 0, bad: 2, waiting: 0 });
      expect(nodeOf(log, "a")).toMatchObject({ outcome: "failed", reasons: ["the model failed"] });
    },
  );

  law("that is to be planned anew waits for that", () => {
    const log = openLog(1);
    log.route("a");
    log.reject("a", ["failed", "broke"]);
    log.say("coordinator", decided("replan"));
    expect(doing(nodeOf(log, "a"))).toMatch(/^waits for another plan/);
  });
});

law("what conflicts with the others' changes is not done before it is joined", () => {
  const log = openLog(1);
  log.route("a");
  log.verify("a");
  const conflict: RunEvent = { type: "task.conflicted", task: "a", files: ["x.ts", "y.ts"], reason: "both changed it" };
  expect(newsAfter(log, "coordinator", conflict)).toMatch(/^a: conflicts with what others changed in x\.ts, y\.ts/);
  expect(counted(treeOf(log.events))).toMatchObject({ verified: 0, working: 1 });
  expect(newsAfter(log, "coordinator", { type: "task.joined", task: "a", commit: "c0ffee", files: 1 })).toBe(
    "a: 1 file joined to the run's work",
  );
  expect(counted(treeOf(log.events)).verified).toBe(1);
});

law("what conflicted is done when the agent that resolves it has joined, and not when any other has", () => {
  const log = openLog(2);
  for (const task of ["a", "b"]) {
    log.route(task);
    log.verify(task);
  }
  log.say("coordinator", { type: "task.conflicted", task: "b", files: ["x.ts"], reason: "both changed it" });
  log.say("coordinator", { type: "task.joined", task: "a", commit: "c0ffee", files: 1 });
  log.route("b-resolve");
  log.verify("b-resolve");
  expect(counted(treeOf(log.events))).toMatchObject({ verified: 2, working: 1 });
  log.say("coordinator", { type: "task.joined", task: "b-resolve", commit: "c0ffef", files: 1 });
  expect(counted(treeOf(log.events))).toMatchObject({ verified: 3, working: 0 });
});

describe("a plan that an agent proposes", () => {
  const proposed = (accept: "allow" | "ask" | "deny"): RunEvent => ({
    type: "proposal.made",
    task: "plan",
    tasks: [
      { id: "x", agentType: "explore", needs: [], why: "to see" },
      { id: "y", agentType: "general", needs: ["x"], why: "to do" },
    ],
    drops: [],
    why: "look, then do",
    accept,
    reason: "nobody may plan here",
  });

  law("belongs to the run once somebody is sent to one of its tasks, and not before", () => {
    const log = openLog(1);
    log.route("plan");
    log.verify("plan");
    expect(newsAfter(log, "coordinator", proposed("ask"))).toBe(
      "plan proposes 2 tasks (x, y), waits for approval: look, then do",
    );
    expect(treeOf(log.events).tasksTotal).toBe(1);
    log.route("x");
    const tree = treeOf(log.events);
    expect(tree.tasksTotal).toBe(3);
    expect(waitingTasks(tree)).toEqual([{ task: "y", needs: ["x"], lost: false }]);
    log.route("y");
    expect(treeOf(log.events).tasksTotal).toBe(3);
  });

  law("and is refused never does, and says why", () => {
    const log = openLog(1);
    log.route("plan");
    expect(newsAfter(log, "coordinator", proposed("deny"))).toContain("refused: nobody may plan here");
    log.route("x");
    expect(treeOf(log.events).tasksTotal).toBe(2);
  });

  law("is not counted twice where a task that nobody planned is begun beside it", () => {
    const log = openLog(2);
    for (const task of ["a", "b"]) {
      log.route(task);
      log.verify(task);
    }
    log.route("synthesis");
    expect(treeOf(log.events).tasksTotal).toBe(3);
    expect(counted(treeOf(log.events))).toMatchObject({ verified: 2, working: 1, waiting: 0 });
  });
});

law("an agent that asks is shown with its question until somebody answers", () => {
  const log = openLog(1);
  log.route("a");
  log.say("a_a", { type: "question.asked", question: "a_a:t1", text: "which \u001bport?" });
  expect(doing(nodeOf(log, "a"))).toBe("asks: which \\x1bport?");
  const answered: RunEvent = {
    type: "question.answered",
    question: "a_a:t1",
    answer: null,
    by: "timer",
    reason: "nobody",
  };
  expect(newsAfter(log, "coordinator", answered)).toBe("nobody answers a_a: nobody");
  expect(doing(nodeOf(log, "a"))).toBe("waiting for a worker");
});

law("what model calls came to is added up; what has no price adds nothing", () => {
  const log = openLog(1);
  log.say("a_a", settled(100, 2_000));
  log.say("a_a", settled(50, null));
  expect(treeOf(log.events).spent).toEqual({ tokens: 150, nanoUsd: 2_000 });
});

law("a check says whether the other's result holds, and why not", () => {
  const log = openLog(1);
  const read = (holds: boolean): RunEvent => ({
    type: "verdict.read",
    task: "a-check",
    of: "a",
    holds,
    reasons: ["no such line"],
  });
  expect(newsAfter(log, "coordinator", read(false))).toBe("a: does not hold, says a-check: no such line");
  expect(newsAfter(log, "coordinator", read(true))).toBe("a: holds, says a-check");
});

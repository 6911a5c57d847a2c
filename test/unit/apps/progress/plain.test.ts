import { PassThrough } from "node:stream";
import { expect, test as law } from "vitest";
import { openProgress } from "../../../../apps/cli/progress/open.ts";
import type { LoggedEvent } from "../../../../machines/run-event.ts";
import { openLog } from "./log.ts";

function linesOf(events: readonly LoggedEvent[], notes: readonly string[] = []): string[] {
  const stream = new PassThrough();
  const progress = openProgress({
    stream: stream as unknown as NodeJS.WriteStream,
    tty: false,
    colors: false,
    columns: () => 80,
  });
  for (const event of events) progress.event(event);
  for (const note of notes) progress.note(note);
  progress.end();
  progress.note("too late");
  progress.end();
  const text = String(stream.read() ?? "");
  expect(text).not.toContain("\u001b");
  return text.split("\n").slice(0, -1);
}

law("a line is written for what a reader cares about, and for nothing else", () => {
  const log = openLog(2);
  log.route("explore-a");
  log.answer("a_explore-a", 1);
  log.use("a_explore-a", "c1", "Read");
  log.used("a_explore-a", "c1", "Read");
  log.verify("explore-a");
  log.route("verify-a");
  log.reject("verify-a", ["failed", "its worker died"]);
  log.route("verify-a", "a_verify-a.2");
  log.reject("verify-a", ["rejected", "the quote is not there"], "a_verify-a.2");
  log.say("coordinator", { type: "run.completed", reasons: [] });
  expect(linesOf(log.events)).toEqual([
    "r_1: evaluate /home/me/agent (2 tasks, model local-analyst)",
    "[1/2] explore-a: verified (1 turn, 1 tool, 0.4 s)",
    "verify-a: failed: its worker died (0 turns, 0 tools, 0.1 s)",
    "verify-a: attempt 2 begins",
    "[2/2] verify-a: rejected: the quote is not there (0 turns, 0 tools, 0.1 s)",
    "r_1: completed, 1 of 2 tasks verified in 1.0 s",
  ]);
});

law("retries, breakers, deaths, approvals, an empty budget and a parked run are told", () => {
  const log = openLog(1);
  log.say("a_x", { type: "retry.scheduled", turn: 1, attempt: 2, delayMs: 2_000 });
  log.say("a_x", { type: "breaker.changed", breaker: "model", from: "closed", to: "open" });
  log.say("coordinator", { type: "agent.died", died: "a_x", reason: "found ten times, never finished" });
  log.say("a_x", {
    type: "approval.requested",
    approval: "p_1",
    call: "c",
    tool: "Bash",
    risk: "unknown",
    rule: "shell.unknown",
    reason: "nobody knows it",
    ttlMs: 1,
  });
  log.say("a_x", { type: "budget.refused", tokensLeft: 3, nanoUsdLeft: null });
  log.say("coordinator", { type: "run.parked", reason: "asked by\u001b[2J SIGINT" });
  log.say("coordinator", { type: "run.resumed" });
  expect(linesOf(log.events, ["resume: swarm resume r_1"]).slice(1)).toEqual([
    "a_x: asks again in 2.0 s (attempt 2)",
    "breaker model: closed → open",
    "a_x died: found ten times, never finished",
    "a_x: Bash waits for approval",
    "a_x: the budget does not cover another model call",
    "parked: asked by\\x1b[2J SIGINT",
    "resumed",
    "resume: swarm resume r_1",
  ]);
});

law("an event that comes twice is told once", () => {
  const log = openLog(1);
  expect(linesOf([...log.events, ...log.events])).toHaveLength(1);
});

law("one task is one task, and what was wrong with a report is told where it is sent back", () => {
  const log = openLog(1);
  log.say("a_x", { type: "message.started", from: "turns_left", bytes: 0 });
  log.say("a_x", {
    type: "message.started",
    from: "report_rejected",
    bytes: 0,
    reasons: ["claims 3 edits, journal shows 0", "no\u001b[2J such line"],
  });
  expect(linesOf(log.events)).toEqual([
    "r_1: evaluate /home/me/agent (1 task, model local-analyst)",
    "a_x: its report was sent back: claims 3 edits, journal shows 0; no\\x1b[2J such line",
  ]);
});

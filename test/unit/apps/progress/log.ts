/** A run's log as its watchers get it, for tests that ask what they show of it. */
import { emptyTree, grown, type RunTree } from "../../../../apps/cli/progress/tree.ts";
import type { LoggedEvent, RunEvent } from "../../../../machines/run-event.ts";

export const START_MS = Date.parse("2026-11-21T10:00:00.000Z");
const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };

export interface Log {
  readonly events: LoggedEvent[];
  /** Appends an event `afterMs` after the last one. */
  say(actor: string, event: RunEvent, afterMs?: number): void;
  route(task: string, to?: string): void;
  /** `turn` counts from one, as people do; the log counts from zero. */
  answer(actor: string, turn: number): void;
  use(actor: string, call: string, tool: string): void;
  used(actor: string, call: string, tool: string): void;
  verify(task: string, actor?: string): void;
  reject(task: string, reasons: string[], actor?: string): void;
}

/** A run of `tasks` tasks that has just begun. */
export function openLog(tasks: number): Log {
  const events: LoggedEvent[] = [];
  let atMs = START_MS;
  const say = (actor: string, event: RunEvent, afterMs = 100): void => {
    atMs += events.length === 0 ? 0 : afterMs;
    const logged = { v: 1 as const, seq: events.length + 1, at: new Date(atMs).toISOString(), run: "r_1", actor };
    events.push({ ...logged, ...event });
  };
  say("coordinator", {
    type: "run.started",
    goal: "evaluate /home/me/agent",
    kind: "evaluate",
    tasks,
    model: "local-analyst",
  });
  return {
    events,
    say,
    route: (task, to = `a_${task}`) =>
      say("coordinator", { type: "task.routed", task, agentType: task.split("-")[0] ?? "", to, reason: "ready" }),
    answer: (actor, turn) =>
      say(actor, {
        type: "model.answered",
        effect: "e",
        turn: turn - 1,
        stop: "tool_use",
        calls: 1,
        model: "m",
        transcript: 1,
        usage,
      }),
    use: (actor, call, tool) => say(actor, { type: "tool.intended", effect: "e", call, tool, input: {} }),
    used: (actor, call, tool) => say(actor, { type: "tool.finished", effect: "e", call, tool, bytes: 1, tookMs: 1 }),
    verify: (task, actor = `a_${task}`) => say(actor, { type: "result.verified", result: `res_${task}`, task }),
    reject: (task, reasons, actor = `a_${task}`) =>
      say(actor, { type: "result.rejected", result: `res_${task}`, task, reasons }),
  };
}

export const treeOf = (events: readonly LoggedEvent[]): RunTree => events.reduce(grown, emptyTree);

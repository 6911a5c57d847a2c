/** Logs for the page: written out by hand, or as long as one likes. Deterministic. */
import type { LoggedEvent, RunEvent } from "../../machines/run-event.ts";

const START_MS = Date.parse("2026-01-01T00:00:00.000Z");

/** Signed, numbered from 1, a tenth of a second apart. */
export const numbered = (told: readonly (readonly [string, RunEvent])[], run = "r_page"): LoggedEvent[] =>
  told.map(([actor, event], index) => ({
    v: 1,
    seq: index + 1,
    at: new Date(START_MS + index * 100).toISOString(),
    run,
    actor,
    ...event,
  }));

const STATES = [
  "thinking.gate",
  "thinking.calling",
  "deciding",
  "executing",
  "awaitingApproval",
  "thinking.backingOff",
];

/** A run of that many agents, all born first, then taking turns until there are `length` events. */
export function manyEvents(agents: number, length: number, run = "r_page"): LoggedEvent[] {
  const told: [string, RunEvent][] = [
    ["a_coordinator", { type: "run.started", goal: "many", kind: "run", tasks: agents, model: "m" }],
    ["a_coordinator", { type: "agent.started", agentType: "coordinator", task: "", machine: "coordinator@1#0" }],
    ["a_coordinator", { type: "agent.state", from: "", to: "supervising.watching" }],
  ];
  for (let agent = 0; agent < agents && told.length < length; agent++) {
    const task = `task-${agent}`;
    told.push(["a_coordinator", { type: "task.routed", task, agentType: "explore", to: `a_${agent}`, reason: "r" }]);
  }
  for (let turn = 0; told.length < length; turn++) {
    const actor = `a_${turn % agents}`;
    const from = STATES[turn % STATES.length] ?? "";
    const to = STATES[(turn + 1) % STATES.length] ?? "";
    told.push([actor, { type: "agent.state", from, to }]);
    if (turn % 3 === 0) told.push([actor, { type: "model.called", effect: `e${turn}`, turn, attempt: 1 }]);
    if (turn % 3 === 1)
      told.push([actor, { type: "budget.settled", effect: `e${turn}`, tokens: 10, nanoUsd: 1_000 * (turn % 7) }]);
  }
  return numbered(told.slice(0, length), run);
}

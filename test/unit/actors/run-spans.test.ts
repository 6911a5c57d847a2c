/** An agent that is taken out of its run tells of its own end no more: whoever commits that does. */
import { expect, it } from "vitest";
import type { Live } from "../../../actors/runtime/live.ts";
import { runSpans } from "../../../actors/runtime/run-spans.ts";
import type { Step } from "../../../actors/runtime/step.ts";
import { agentPlace, runPlace } from "../../../infra/telemetry/trace-ids.ts";
import type { SpanTold, Tracing } from "../../../infra/telemetry/tracing.ts";

const NOW = 5_000;

function telling() {
  const told: SpanTold[] = [];
  const tracing = { tell: (span: SpanTold) => void told.push(span), stepped() {} };
  return { told, spans: runSpans(tracing as unknown as Tracing, () => NOW) };
}

const live = (actor: string, type: string, version: number): Live =>
  ({ address: { run: "r_1", actor, type }, version, state: null, run: { kind: "run" } }) as unknown as Live;

const fencing = (...actors: { actor: string; agentType: string }[]): Step =>
  ({
    orders: [],
    decision: {
      inside: [{ type: "actor.fence", actors, reason: "its task was cancelled" }],
      state: { snapshot: { status: "active", context: { tasks: {} } } },
    },
  }) as unknown as Step;

it("a fenced agent has its span, with its beginning where this process saw it, and once", () => {
  const { told, spans } = telling();
  spans.claimed(live("a_1", "general", 0));
  const seen = { actor: "a_1", agentType: "general" };
  spans.committed(live("a_coordinator", "coordinator", 3), fencing(seen, { actor: "a_2", agentType: "explore" }));
  expect(told.map(({ name, place, parent, error }) => [name, place, parent, error])).toEqual([
    ["invoke_agent general", agentPlace("r_1", "a_1"), runPlace("r_1").span, "fenced"],
    ["invoke_agent explore", agentPlace("r_1", "a_2"), runPlace("r_1").span, "fenced"],
  ]);
  expect(told.map(({ attributes }) => attributes["swarm.start.seen_late"])).toEqual([undefined, true]);
});

it("a step that takes nobody out tells of nobody", () => {
  const { told, spans } = telling();
  spans.claimed(live("a_1", "general", 0));
  spans.committed(live("a_coordinator", "coordinator", 3), fencing());
  expect(told).toEqual([]);
});

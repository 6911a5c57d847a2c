/**
 * The lifecycle every agent type shares. A type makes its own machine from it (own id, version, allowed tools), so
 * that what a type may never do has no path in its chart.
 *
 *   assembling ─▶ thinking ─▶ deciding ─▶ executing ─▶ thinking …
 *                  │  ▲          │  │         │  ╲
 *   backingOff, compacting       │  │         │   awaitingApproval, reconciling
 *                                │  └▶ paused │   waiting
 *                                └▶ verifying ┴▶ completed | failed | exhausted | cancelled
 */
import { newAgent } from "./agent-birth.ts";
import { compacting } from "./agent-compacting.ts";
import {
  assembling,
  awaitingApproval,
  deciding,
  executing,
  giveUp,
  outOfTurns,
  paused,
  reconciling,
  reminding,
  settling,
  thinking,
  verifying,
  waiting,
} from "./agent-states.ts";
import { agent, settled } from "./agent-vocabulary.ts";
import { STEPS_MAX } from "./fold.ts";
import type { PluginReach, Rights } from "./rights.ts";

/** What distinguishes an agent type's machine. A change to any of it, or to the chart, is a new version. */
export interface AgentMachineSpec {
  readonly id: string;
  readonly version: number;
  /** Built-in tools this type may ever run; the gate reads it from the states' `meta`. */
  readonly tools: readonly string[];
  /** None where absent. */
  readonly plugins?: PluginReach;
}

/** The lifecycle as one type's machine. Throws nothing; two specs with the same id and version must be equal. */
export function agentMachine(spec: AgentMachineSpec) {
  // Calls begin in `executing`; while one is reconciled others may still be out, or begun again after a crash.
  const meta: Rights = { tools: spec.tools, plugins: spec.plugins ?? "none" };
  return agent.createMachine({
    id: spec.id,
    version: String(spec.version),
    context: ({ input }) => newAgent(input),
    options: { maxIterations: STEPS_MAX },
    initial: "assembling",
    on: {
      "agent.cancel": {
        target: ".cancelled",
        actions: { type: "because", params: ({ event }) => ({ reasons: [event.reason] }) },
      },
      "agent.pause": { actions: "rememberPause" },
      "agent.resume": { actions: "forgetPause" },
      // Kept until a model call can be made that knows of it, whatever else is going on.
      "post.delivered": { guard: "isNews", actions: "keepPost" },
      "question.answered": { guard: "isNews", actions: "keepPost" },
      "budget.refused": {
        target: ".exhausted",
        actions: {
          type: "because",
          params: ({ event }) => ({
            reasons: [
              event.nanoUsdLeft === null
                ? `budget: ${event.tokensLeft} tokens left, too few for another model call`
                : `budget: ${event.tokensLeft} tokens and ${(event.nanoUsdLeft / 1e9).toFixed(6)} USD left, too little for another model call`,
            ],
          }),
        },
      },
    },
    states: {
      assembling,
      thinking,
      compacting,
      deciding,
      reminding,
      executing: { ...executing, meta },
      settling,
      awaitingApproval,
      waiting,
      reconciling: { ...reconciling, meta },
      verifying,
      giveUp,
      paused,
      outOfTurns,
      completed: { type: "final", entry: settled("verified") },
      rejected: { type: "final", entry: settled("rejected") },
      failed: { id: "failed", type: "final", entry: settled("failed") },
      exhausted: { id: "exhausted", type: "final", entry: settled("exhausted") },
      cancelled: { type: "final", entry: settled("cancelled") },
    },
  });
}

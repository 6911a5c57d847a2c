/**
 * The state in which an agent's conversation is made shorter: between two turns, before the next model call, and never
 * inside itself. It cannot end an agent that could go on: what fails is noted, and the agent goes on with what it has.
 */
import { agent } from "./agent-vocabulary.ts";

export const compacting = agent.createStateConfig({
  id: "compacting",
  description: "The conversation is too long: what lies far back becomes a summary, or goes by rule.",
  initial: "summarising",
  on: {
    "transcript.compacted": { guard: "answersThisTurn", target: "#thinking", actions: "takeCompaction" },
  },
  states: {
    summarising: {
      description: "A summary is being written by a model, with money of its own.",
      entry: { type: "transcript.compact", params: ({ context }) => ({ turn: context.turn, by: "summary" as const }) },
      on: {
        "compaction.failed": { guard: "answersThisTurn", target: "#thinking", actions: "takeCompactionFailure" },
        // Nobody can pay for a summary: what a rule can do costs nothing.
        "budget.refused": "dropping",
      },
    },
    dropping: {
      description: "What lies far back is left out by rule; no model is asked.",
      entry: { type: "transcript.compact", params: ({ context }) => ({ turn: context.turn, by: "rule" as const }) },
      on: {
        "compaction.failed": [
          {
            guard: "stillTooLong",
            target: "#exhausted",
            actions: {
              type: "because",
              params: ({ event }) => ({
                reasons: [`model: the conversation no longer fits the context window, and ${event.reason}`],
              }),
            },
          },
          { guard: "answersThisTurn", target: "#thinking", actions: "takeCompactionFailure" },
        ],
      },
    },
  },
});

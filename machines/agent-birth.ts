/** An agent before its first step, and how its state is stored. */
import type { AgentContext } from "./agent-vocabulary.ts";
import { UNCOMPACTED } from "./compaction-due.ts";
import type { AgentInput } from "./effect.ts";
import type { StoredShape } from "./snapshot.ts";

/** How an agent's state is stored. */
export function agentShape(): StoredShape {
  const { input: _, ...fresh } = newAgent(undefined);
  return { maps: [], birth: ["input"], fresh };
}

/** XState builds a throwaway actor without input once per machine; that one is never stepped. */
const NOBODY: AgentInput = {
  actor: "",
  task: "",
  parent: "",
  parentType: "",
  standsOn: [],
  limits: { turnsMax: 0, attemptsMax: 0, remindersMax: 0, rejectionsMax: 0, parallelMax: 0 },
};

/** An agent before its first step. */
export const newAgent = (input: AgentInput | undefined): AgentContext => ({
  input: input ?? NOBODY,
  turn: 0,
  attempt: 0,
  lost: 0,
  reminders: 0,
  rejections: 0,
  retryDelayMs: 0,
  calls: [],
  report: null,
  pausing: false,
  posts: [],
  missed: 0,
  compaction: UNCOMPACTED,
  reasons: [],
});

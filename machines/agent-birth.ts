/** An agent before its first step, and how its state is stored. */
import type { AgentContext } from "./agent-vocabulary.ts";
import { UNCOMPACTED } from "./compaction-due.ts";
import type { AgentInput } from "./effect.ts";
import type { StoredShape } from "./snapshot.ts";

/** What an agent brings into the world and keeps. */
const BORN_WITH = ["actor", "task", "parent", "parentType", "standsOn", "limits", "terms", "tree"] as const;

/** How an agent's state is stored. */
export function agentShape(): StoredShape {
  const { actor: _, task: _t, parent: _p, parentType: _y, standsOn: _s, limits: _l, ...fresh } = newAgent(undefined);
  return { maps: [], birth: BORN_WITH, fresh };
}

/** An agent before its first step. */
export const newAgent = (input: AgentInput | undefined): AgentContext => ({
  // XState builds a throwaway actor without input once per machine; that one is never stepped.
  actor: input?.actor ?? "",
  task: input?.task ?? "",
  parent: input?.parent ?? "",
  parentType: input?.parentType ?? "",
  standsOn: input?.standsOn ?? [],
  limits: input?.limits ?? { turnsMax: 0, attemptsMax: 0, remindersMax: 0, rejectionsMax: 0, parallelMax: 0 },
  ...(input?.terms === undefined ? {} : { terms: input.terms }),
  ...(input?.tree === undefined ? {} : { tree: input.tree }),
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

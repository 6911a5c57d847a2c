/** The agents of a run, a page at a time: what the log tells of each, and how much lies before it now. */
import { taskRowsFrom } from "../../actors/runtime/graph-result.ts";
import { agentName } from "../../actors/runtime/run-row.ts";
import { actorDepths } from "../../infra/redis/actor-depths.ts";
import { COORDINATOR_ACTOR } from "../../infra/store.ts";
import type { ApiAgent, ApiAgents } from "./api.ts";
import { noSuch } from "./problem.ts";
import type { SeenAgent } from "./run-view.ts";
import type { Stage } from "./stage.ts";

/** Throws Refusal, 404, where `after` is none of its agents. */
export async function agentsPage(
  { hive: { reader, redis, keys }, views }: Stage,
  run: string,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Promise<ApiAgents> {
  const [row, view, stored] = await Promise.all([
    reader.run(run),
    views.of(run),
    reader.rows(run, COORDINATOR_ACTOR, "tasks"),
  ]);
  const all = [...view.agents.values()];
  const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && from === 0) throw noSuch(`agent ${after} in run ${run}`);
  const page = all.slice(from, from + limit);
  const depths = await actorDepths(
    redis,
    keys,
    run,
    page.map(({ id }) => id),
  );
  const { profiles } = JSON.parse(row?.fields.config ?? "{}") as { profiles?: Record<string, string> };
  const ended = row?.fields.status !== "running";
  const parentOf = parents(all, new Map(taskRowsFrom(stored).map(({ id, of }) => [id, of])));
  const agents = page.map((agent, index): ApiAgent => {
    const { mail = 0, pending = 0, tokensMax = null } = depths[index] ?? {};
    return {
      ...shown(agent, ended),
      type: agentName(profiles, agent.task, agent.type),
      parent: parentOf(agent),
      ...{ mail, pending, tokensMax },
    };
  });
  const next = from + limit < all.length ? (page.at(-1)?.id ?? null) : null;
  return { v: 1, runId: run, seq: view.seq, total: all.length, agents, next };
}

function shown(agent: SeenAgent, ended: boolean): Omit<ApiAgent, "type" | "parent" | "mail" | "pending" | "tokensMax"> {
  const { id, task, machine, state, since, sinceSeq, steps, model, modelCalls, tokens, over } = agent;
  const { nanoUsd, unpriced, input, cacheRead, cacheTold, held, asks } = agent;
  return {
    ...{ id, task, machine, state, since, sinceSeq, steps, model, modelCalls, tokens, over },
    costUsd: unpriced > 0 ? null : nanoUsd / 1e9,
    heldTokens: ended ? 0 : [...held.values()].reduce((sum, one) => sum + one.tokens, 0),
    cacheShare: cacheTold && input > 0 ? cacheRead / input : null,
    asks: ended ? [] : [...asks],
  };
}

/** Whoever looks a task over stands under the agent at that task; all others stand under the coordinator. */
function parents(
  all: readonly SeenAgent[],
  taskOf: ReadonlyMap<string, string | null>,
): (agent: SeenAgent) => string | null {
  const at = new Map<string, string>();
  for (const { id, task } of all) if (task !== "" && !at.has(task)) at.set(task, id);
  return ({ id, task }) => {
    if (id === COORDINATOR_ACTOR) return null;
    const of = taskOf.get(task) ?? null;
    const parent = of === null ? undefined : at.get(of);
    return parent === undefined || parent === id ? COORDINATOR_ACTOR : parent;
  };
}

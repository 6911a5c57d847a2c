/** What a run will probably take, and what it took: for the command, the questions it puts, and the server, in one place. */
import { z } from "zod";
import { knownPrice, LOCAL_BINDING } from "../../actors/runtime/bindings.ts";
import { modelFor } from "../../actors/runtime/model-tier.ts";
import type { ProjectedTask, Projection, Range } from "../../actors/runtime/projection.ts";
import { type Projected, projectionOf, type RunCost, runCost } from "../../actors/runtime/run-cost.ts";
import { agentTypeNamed } from "../../actors/types/index.ts";
import type { StoredApproval } from "../../infra/approval.ts";
import type { Config } from "../../infra/config.ts";
import { priceOf } from "../../infra/model/prices.ts";
import type { TierModels } from "../../infra/model/tiers.ts";
import type { Reader } from "../../infra/redis/reader.ts";
import { COORDINATOR_ACTOR } from "../../infra/store.ts";
import { inputSchema, toolNamed } from "../../registry/tools/index.ts";

type Priced = Pick<Config, "baseUrl" | "prices">;

/** As a run latches it. */
export interface Asked {
  readonly model: string;
  readonly binding: string;
  readonly models: TierModels | null;
}

/** Bytes a token of prompts of ours, about: only the first of a type's prompts is guessed so, where none was ever sent. */
const BYTES_PER_TOKEN = 3.5;

/** `types`: of each task's agent. An agent file counts as the type that it narrows, or as `general`. */
export function projectedFor(types: readonly string[], asked: Asked, config: Priced, limits = typeTurns): Projected {
  const isLocal = asked.binding === LOCAL_BINDING;
  return {
    simulated: isLocal,
    tasks: types.map((name) => projectedTask(name, asked, config, limits(name))),
    // The analyst's price is listed: nothing.
    price: (model, atMs, promptTokens) =>
      knownPrice(config, model, promptTokens)?.input === 0
        ? knownPrice(config, model, promptTokens)
        : priceOf(model, new Date(atMs).toISOString(), promptTokens, config.prices),
  };
}

const typeOf = (name: string) => agentTypeNamed(name) ?? agentTypeNamed("general");

const typeTurns = (name: string): number => typeOf(name)?.limits.turnsMax ?? 1;

function projectedTask(name: string, asked: Asked, config: Priced, turnsMax: number): ProjectedTask {
  const type = typeOf(name);
  if (type === undefined) throw new Error("there is no agent type general: a broken installation");
  const { model } = modelFor(type, { model: asked.model, config: { models: asked.models } });
  const offered = (type.firstClass ?? type.tools).flatMap((tool) => toolNamed(tool) ?? []);
  const bytes = offered.reduce(
    (sum, tool) => sum + tool.description.length + JSON.stringify(inputSchema(tool)).length,
    type.prompt.length,
  );
  return {
    type: type.name,
    turnsMax,
    promptTokens: Math.ceil(bytes / BYTES_PER_TOKEN),
    price: (promptTokens) => (asked.binding === LOCAL_BINDING ? FREE : knownPrice(config, model, promptTokens)),
  };
}

const FREE = { input: 0, output: 0, write5m: 0, write1h: 0, read: 0, source: "the local analyst" };

/** Before it begins. */
export const projectRun = (
  reader: Pick<Reader, "runs" | "log">,
  types: readonly string[],
  asked: Asked,
  config: Priced,
): Promise<Projection> => projectionOf(reader, projectedFor(types, asked, config), Number.POSITIVE_INFINITY);

/** What the tasks of a plan will probably take, for whoever is to say yes to them; null for any other question. */
export async function planProjection(
  reader: Pick<Reader, "run" | "runs" | "log">,
  { run, tool, input, cut }: Pick<StoredApproval, "run" | "tool" | "input" | "cut">,
  config: Priced,
): Promise<string | null> {
  const plan = tool === "Plan" && cut !== true ? plannedAgents.safeParse(input).data : undefined;
  if (plan === undefined) return null;
  const types = plan.tasks.map(({ agent }) => agent);
  return projectedPlan(reader, run, types, config);
}

/** `types`: of the agents of its tasks; without any (a plan that only drops some), and where the run is gone, null. */
export async function projectedPlan(
  reader: Pick<Reader, "run" | "runs" | "log">,
  run: string,
  types: readonly string[],
  config: Priced,
): Promise<string | null> {
  const asked = types.length === 0 ? null : await askedIn(reader, run);
  return asked === null ? null : projectionWords(await projectRun(reader, types, asked, config));
}

const plannedAgents = z.object({ tasks: z.array(z.object({ agent: z.string() })).min(1) });

async function askedIn(reader: Pick<Reader, "run">, run: string): Promise<Asked | null> {
  const row = await reader.run(run);
  if (row === null) return null;
  const { model = "", binding = "", config = "{}" } = row.fields;
  return { model, binding, models: (JSON.parse(config) as { models?: TierModels | null }).models ?? null };
}

/** While it runs, and after. Null where there is no such run. */
export async function costOfRun(
  reader: Pick<Reader, "run" | "runs" | "log" | "budget" | "rows">,
  run: string,
  config: Priced,
): Promise<RunCost | null> {
  const asked = await askedIn(reader, run);
  if (asked === null) return null;
  const tasks = [...(await reader.rows(run, COORDINATOR_ACTOR, "tasks")).values()].map(
    (text) => JSON.parse(text) as { readonly agentType?: string },
  );
  const types = tasks.flatMap(({ agentType }) => (agentType === undefined ? [] : [agentType]));
  return runCost(reader, run, projectedFor(types, asked, config), Date.now());
}

/** One line. */
export function projectionWords({ tasks, tokens, usd, from, types, simulated }: Projection): string {
  const money =
    usd === null
      ? "cost unknown (no price for its model)"
      : usd.high === 0
        ? "nobody is billed"
        : `${range(usd, dollars)} USD`;
  const basis = {
    runs: `from ${types.reduce((sum, { agentsBefore }) => sum + agentsBefore, 0)} agents of these types that worked here before`,
    both: "for some types from agents that worked here before, for the others from their turn limits alone",
    types: "from the turn limits of its agent types alone, for none has worked here yet: little more than a guess",
  }[from];
  const played = simulated ? "SIMULATED: " : "";
  return `${played}${tasks} ${tasks === 1 ? "task" : "tasks"}: about ${range(tokens, count)} tokens, ${money}; ${basis}.`;
}

const range = ({ low, likely, high }: Range, written: (amount: number) => string): string =>
  `${written(likely)} (${written(low)} to ${written(high)})`;

export const count = (tokens: number): string =>
  tokens < 10_000
    ? String(Math.round(tokens))
    : tokens < 1e6
      ? `${Math.round(tokens / 1_000)}k`
      : `${(tokens / 1e6).toFixed(1)}M`;

const dollars = (usd: number): string => (usd < 0.1 ? usd.toFixed(4) : usd.toFixed(2));

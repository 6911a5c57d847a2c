/** What is to be different in a forked run: model, tools, limits, a word to an agent. Applied to copies; pure. */
import type { ActorState } from "../../machines/fold.ts";
import { isTakenAway } from "../../registry/permission/denied-tools.ts";
import { sessionFrom } from "./session.ts";

export interface ForkMessage {
  readonly text: string;
  /** Instead of the last thing the agent was told, not after it. */
  readonly edit: boolean;
  /** Absent where only one agent is at work. */
  readonly actor?: string;
}

export interface ForkChanges {
  readonly model?: { readonly model: string; readonly binding: string };
  readonly deniedTools: readonly string[];
  readonly turnsMax?: number;
  readonly tokensMax?: number;
  readonly usdMax?: number;
  readonly message?: ForkMessage;
}

export function changesInWords(changes: ForkChanges, oldModel: string, target: string): string[] {
  const { model, deniedTools, turnsMax, tokensMax, usdMax, message } = changes;
  return [
    ...(model === undefined ? [] : [`model ${model.model} instead of ${oldModel}`]),
    ...deniedTools.map((tool) => `without the tool ${tool}`),
    ...(turnsMax === undefined ? [] : [`at most ${turnsMax} turns an agent`]),
    ...(tokensMax === undefined ? [] : [`at most ${tokensMax} tokens`]),
    ...(usdMax === undefined ? [] : [`at most ${usdMax} USD`]),
    ...(message === undefined ? [] : [message.edit ? `${target} was told something else` : `a message to ${target}`]),
  ];
}

/**
 * Other settings of the run stay as they are, whatever they are; but two runs never bring home one working tree: what a
 * fork does in it stays there.
 */
export function changedConfig(json: string, { model, deniedTools, turnsMax }: ForkChanges): string {
  const config = JSON.parse(json) as Record<string, unknown> & { deniedTools?: readonly string[] };
  return JSON.stringify({
    ...config,
    isolation: null,
    deniedTools: [...new Set([...(config.deniedTools ?? []), ...deniedTools])],
    ...(turnsMax === undefined ? {} : { turnsMax }),
    // Whoever names a model means it for all agents, those that are still to be born included.
    ...(model === undefined ? {} : { models: null }),
  });
}

export function changedSession(json: string, { model, deniedTools }: ForkChanges): string {
  if (model === undefined && deniedTools.length === 0) return json;
  const session = sessionFrom(json);
  return JSON.stringify({
    ...session,
    model: model?.model ?? session.model,
    tools: session.tools.filter(({ name }) => !isTakenAway(deniedTools, name)),
    deferred: session.deferred.filter((name) => !isTakenAway(deniedTools, name)),
    deniedTools: [...new Set([...session.deniedTools, ...deniedTools])],
  });
}

/** The fork's agents share one folder, whatever trees those of the source had: one after the other. */
function oneByOne(context: Born): Born {
  const tasks = Object.values((context.tasks ?? {}) as Record<string, { readonly joins?: boolean }>);
  return tasks.some(({ joins }) => joins === true)
    ? { ...context, input: { ...context.input, parallelMax: 1 } }
    : { ...context };
}

/** Of an agent or a coordinator: what it was born with lies apart. */
interface Born extends Record<string, unknown> {
  readonly input: Record<string, unknown>;
}
interface Limited {
  readonly limits: { readonly turnsMax: number };
}
const limited = <One extends Limited>(one: One, turnsMax: number): One => ({
  ...one,
  limits: { ...one.limits, turnsMax },
});

/** The turn limit stands in every agent's memory, and in the plan of those that are still to be born. */
export function changedState(state: ActorState, { turnsMax }: ForkChanges): ActorState {
  if (state.snapshot.status !== "active") return state;
  const context = oneByOne(state.snapshot.context as Born);
  if (turnsMax === undefined) return { ...state, snapshot: { ...state.snapshot, context } };
  const changed =
    "tasks" in context
      ? {
          ...context,
          tasks: Object.fromEntries(
            Object.entries(context.tasks as Record<string, Limited>).map(([id, task]) => [id, limited(task, turnsMax)]),
          ),
        }
      : { ...context, input: limited(context.input as Record<string, unknown> & Limited, turnsMax) };
  return { ...state, snapshot: { ...state.snapshot, context: changed } };
}

/**
 * Spans of a run by OpenTelemetry's GenAI conventions: the run, its agents, their turns, and the effects of each. Every
 * parent is computed, so that workers of several processes write one trace; a worker that dies takes along the spans of
 * what it was at, and nothing else.
 */
import type { Address } from "../../infra/store.ts";
import { COORDINATOR_ACTOR } from "../../infra/store.ts";
import { agentPlace, effectPlace, runPlace, type SpanPlace, turnPlace } from "../../infra/telemetry/trace-ids.ts";
import type { SpanAttributes, Tracing } from "../../infra/telemetry/tracing.ts";
import type { FencedActor, OutsideEffect } from "../../machines/effect.ts";
import { statePath } from "../../machines/fold.ts";
import { running, type Tasks, typeOf } from "../../machines/task-graph.ts";
import type { Live } from "./live.ts";
import type { Answer } from "./performer.ts";
import type { Step } from "./step.ts";

/** Actors whose beginnings this process remembers; past it the one it saw first is forgotten. */
const REMEMBERED_MAX = 10_000;

export interface RunSpans {
  /** An activation begins: what another process did before is not known here. */
  claimed(live: Live): void;
  /** Carries out an effect, and tells of it when it is over, however it ends. */
  performing(live: Live, id: string, order: OutsideEffect, act: () => Promise<Answer>): Promise<Answer>;
  /** A step was committed; `live` is as it was before it. */
  committed(live: Live, step: Step): void;
  /** Asks for an activation: the job is the agent's child. */
  waking<Result>(address: Address, act: () => Result): Result;
}

/** Times are milliseconds since 1970. `seen`: the real beginning was not here, and this is when it was first seen. */
interface Remembered {
  version: number;
  readonly bornMs: number;
  readonly bornSeen: boolean;
  /** The turn that goes on, from 1; 0: none yet. */
  turn: number;
  turnMs: number;
  turnSeen: boolean;
}

type Named = Pick<Address, "run" | "actor">;

const isRun = (actor: string): boolean => actor === COORDINATOR_ACTOR;

/** Of the run for its coordinator. */
const actorPlace = ({ run, actor }: Address): SpanPlace => (isRun(actor) ? runPlace(run) : agentPlace(run, actor));

/** What this process knows of when things began. */
function beginnings(nowMs: () => number) {
  const memory = new Map<string, Remembered>();
  const rememberedOf = (live: Live): Remembered => {
    const key = `${live.address.run}/${live.address.actor}`;
    const known = memory.get(key);
    if (known?.version === live.version) return known;
    const isNew = live.version === 0;
    const now = nowMs();
    const found: Remembered = {
      version: live.version,
      ...{ bornMs: known?.bornMs ?? now, bornSeen: known?.bornSeen ?? !isNew },
      ...{ turn: openTurn(live), turnMs: now, turnSeen: !isNew },
    };
    memory.delete(key);
    memory.set(key, found);
    for (const oldest of memory.keys()) {
      if (memory.size <= REMEMBERED_MAX) break;
      memory.delete(oldest);
    }
    return found;
  };
  return {
    rememberedOf,
    known: ({ run, actor }: Named) => memory.get(`${run}/${actor}`),
    forget: ({ run, actor }: Named) => void memory.delete(`${run}/${actor}`),
  };
}

function tellers(tracing: Tracing, nowMs: () => number) {
  const tellTurn = ({ run, actor }: Named, remembered: Remembered): void => {
    const { turn } = remembered;
    if (turn === 0) return;
    tracing.tell({
      name: `turn ${turn}`,
      place: turnPlace(run, actor, turn),
      parent: agentPlace(run, actor).span,
      ...{ startMs: remembered.turnMs, endMs: nowMs() },
      attributes: { ...named({ run, actor }), "swarm.turn": turn, ...firstSeen(remembered.turnSeen) },
    });
  };
  const tellAgent = (live: Live, step: Step, remembered: Remembered): void => {
    const { run, actor, type } = live.address;
    const { output } = step.decision.state.snapshot as { output?: { status?: string } };
    const session = step.session ?? live.session;
    tracing.tell({
      name: `invoke_agent ${session?.profile ?? type}`,
      place: agentPlace(run, actor),
      parent: runPlace(run).span,
      ...{ startMs: remembered.bornMs, endMs: nowMs() },
      attributes: {
        ...named(live.address),
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.agent.id": actor,
        "gen_ai.agent.name": session?.profile ?? type,
        "gen_ai.request.model": session?.model ?? live.run.model,
        ...(output?.status === undefined ? {} : { "swarm.status": output.status }),
        ...firstSeen(remembered.bornSeen),
      },
      ...(output?.status === undefined || output.status === "done" ? {} : { error: output.status }),
    });
  };
  /** Taken out of its life by somebody else's step: it tells of its own end no more. */
  const tellTaken = ({ run, actor }: Named, agentType: string, remembered: Remembered | undefined): void => {
    if (remembered !== undefined) tellTurn({ run, actor }, remembered);
    tracing.tell({
      name: `invoke_agent ${agentType}`,
      place: agentPlace(run, actor),
      parent: runPlace(run).span,
      ...{ startMs: remembered?.bornMs ?? nowMs(), endMs: nowMs() },
      attributes: {
        ...named({ run, actor }),
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.agent.id": actor,
        "gen_ai.agent.name": agentType,
        "swarm.status": "fenced",
        ...firstSeen(remembered?.bornSeen ?? true),
      },
      error: "fenced",
    });
  };
  const tellRun = (live: Live, status: string, remembered: Remembered): void =>
    tracing.tell({
      name: `invoke_workflow ${live.run.kind}`,
      place: runPlace(live.address.run),
      parent: null,
      ...{ startMs: live.run.createdAt ?? remembered.bornMs, endMs: nowMs() },
      attributes: {
        ...named(live.address),
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": live.run.kind,
        "swarm.status": status,
      },
      ...(status === "completed" ? {} : { error: status }),
    });
  return { tellTurn, tellAgent, tellTaken, tellRun };
}

export function runSpans(tracing: Tracing, nowMs: () => number = Date.now): RunSpans {
  const { rememberedOf, forget, known } = beginnings(nowMs);
  const { tellTurn, tellAgent, tellTaken, tellRun } = tellers(tracing, nowMs);
  return {
    claimed: (live) => void rememberedOf(live),
    waking: (address, act) => tracing.within(actorPlace(address), act),
    async performing(live, id, order, act) {
      const { address } = live;
      const turn = turnOf(live, order);
      const parent = turn === null ? actorPlace(address) : turnPlace(address.run, address.actor, turn);
      // The SDK tells of a model call itself: its span is the turn's child, and there is no second one.
      if (order.type === "model.call") return tracing.within(parent, act);
      const place = effectPlace(address.run, id);
      const startMs = nowMs();
      let error: string | undefined;
      try {
        const answer = await tracing.within(place, act);
        error = answer.told.find(({ type }) => FAILURES.has(type))?.type;
        return answer;
      } catch (cause) {
        error = cause instanceof Error ? cause.name : "unknown";
        throw cause;
      } finally {
        const told = { place, parent: parent.span, startMs, endMs: nowMs(), ...(error === undefined ? {} : { error }) };
        tracing.tell({ ...told, ...spoken(order), attributes: { ...named(address), ...spoken(order).attributes } });
      }
    },
    committed(live, step) {
      const { address } = live;
      const remembered = rememberedOf(live);
      tracing.stepped(address.type);
      const ended = step.decision.state.snapshot.status !== "active";
      const next = step.orders.flatMap(({ order }) => ("turn" in order ? [order.turn + 1] : []))[0] ?? remembered.turn;
      if (ended || next !== remembered.turn) tellTurn(address, remembered);
      if (next !== remembered.turn) Object.assign(remembered, { turn: next, turnMs: nowMs(), turnSeen: false });
      const over = step.decision.inside.find(({ type }) => type === "run.end");
      for (const { actor, agentType } of takenOut(step, over !== undefined)) {
        const taken = { run: address.run, actor };
        tellTaken(taken, agentType, known(taken));
        forget(taken);
      }
      if (over?.type === "run.end") tellRun(live, over.status, remembered);
      if (ended && !isRun(address.actor)) tellAgent(live, step, remembered);
      remembered.version = live.version + 1;
      if (ended) forget(address);
    },
  };
}

const FAILURES: ReadonlySet<string> = new Set(["tool.failed", "tool.interrupted", "compaction.failed"]);

const firstSeen = (seen: boolean): SpanAttributes => (seen ? { "swarm.start.seen_late": true } : {});

/** Actors that are out with this step: those it fences, and where the run ends those that had not ended yet. */
function takenOut({ decision }: Step, runEnds: boolean): readonly FencedActor[] {
  const fenced = decision.inside.flatMap((effect) => (effect.type === "actor.fence" ? effect.actors : []));
  if (!runEnds) return fenced;
  const { tasks } = decision.state.snapshot.context as { readonly tasks: Tasks };
  return [...fenced, ...running(tasks).map((task) => ({ actor: task.actor ?? "", agentType: typeOf(task) }))];
}

const named = ({ run, actor }: Named): SpanAttributes => ({
  "swarm.run.id": run,
  "swarm.actor.id": actor,
  "gen_ai.conversation.id": `${run}/${actor}`,
});

/** Answers that the agent has had. The turn that asks for the next one is one further. */
function answersIn(state: Live["state"]): number {
  const { turn } = (state?.snapshot.context ?? {}) as { turn?: unknown };
  return typeof turn === "number" ? turn : 0;
}

const ASKING = /(^|\.)(calling|backingOff|compacting)(\.|$)/;

function openTurn(live: Live): number {
  if (isRun(live.address.actor) || live.state === null) return 0;
  return answersIn(live.state) + (ASKING.test(statePath(live.state)) ? 1 : 0);
}

/** Null where the effect is no part of a turn. */
function turnOf(live: Live, order: OutsideEffect): number | null {
  if (isRun(live.address.actor)) return null;
  const turn = "turn" in order ? order.turn + 1 : answersIn(live.state);
  return turn > 0 ? turn : null;
}

function spoken(order: OutsideEffect): { readonly name: string; readonly attributes: SpanAttributes } {
  if (order.type !== "tool.run") return { name: order.type, attributes: { "swarm.effect": order.type } };
  return {
    name: `execute_tool ${order.tool}`,
    attributes: {
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": order.tool,
      "gen_ai.tool.call.id": order.call,
      "gen_ai.tool.type": "function",
    },
  };
}

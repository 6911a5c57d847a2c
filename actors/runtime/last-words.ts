/** What a step that ends an actor badly, or its run, tells of it: the black box that its last event carries. Pure. */
import { COORDINATOR_TYPE } from "../../infra/store.ts";
import type { ActorRemains, Remains } from "../../infra/store-deaths.ts";
import { type Decision, statePath } from "../../machines/fold.ts";
import type { RunEvent } from "../../machines/run-event.ts";
import type { Tasks } from "../../machines/task-graph.ts";
import { CLOSED } from "../../machines/task-status.ts";
import { boxBudget, leftUnseen, statePathIn } from "./black-box.ts";
import type { Live } from "./live.ts";

type Self = Pick<Live, "address" | "state" | "pending">;

/** Actors whose remains the step's events tell of, its own first; null for a step after which everybody lives on. */
export function dyingIn({ address: { actor, type } }: Self, { inside, state }: Decision): readonly string[] | null {
  const fenced = inside.flatMap((order) => (order.type === "actor.fence" ? order.actors.map((one) => one.actor) : []));
  const ends = inside.some((order) => order.type === "run.end" && order.status !== "completed");
  if (type === COORDINATOR_TYPE ? !ends : !endsBadly(state)) return fenced.length === 0 ? null : [actor, ...fenced];
  const { tasks = {} } = state.snapshot.context as { tasks?: Tasks };
  const atWork = Object.values(tasks).flatMap((one) =>
    one.actor === null || CLOSED.has(one.status) ? [] : [one.actor],
  );
  return [...new Set([actor, ...fenced, ...atWork])];
}

const endsBadly = (state: Decision["state"]): boolean =>
  state.snapshot.status !== "active" && statePath(state) !== "completed";

type Ended = Extract<RunEvent, { type: "agent.ended" }>;
const BAD: ReadonlySet<string> = new Set<Ended["status"]>(["rejected", "failed", "exhausted", "cancelled"]);

/** Last event of an agent that ends without a verified result; none while it lives. */
export function agentEnded(
  { address, state: before, pending }: Self,
  { inside, state }: Decision,
  answered: string | null,
  remains: Remains,
): RunEvent[] {
  const status = statePath(state);
  if (address.type === COORDINATOR_TYPE || !endsBadly(state) || !BAD.has(status)) return [];
  const reasons = inside.flatMap((order) => (order.type === "result.put" ? order.result.reasons : []));
  const left = [...pending.values()].filter(({ id }) => id !== answered);
  return [
    {
      type: "agent.ended",
      status: status as Ended["status"],
      reason: reasons.join("; ") || status,
      state: before === null ? "" : statePath(before),
      lastSeq: remains.seq,
      stepSeq: remainsOf(remains, address.actor)?.stepSeq ?? 0,
      ...leftUnseen(left),
      budget: boxBudget(remains.budget),
    },
  ];
}

/** Of the run, as its coordinator ends it: with what those that still worked had out. */
export function runBox({ address, state, pending }: Self, answered: string | null, remains: Remains) {
  const own = [...pending.values()].filter(({ id }) => id !== answered);
  const others = remains.actors.filter(({ actor }) => actor !== address.actor).flatMap((one) => one.pending);
  return {
    state: state === null ? "" : statePath(state),
    lastSeq: remains.seq,
    stepSeq: remainsOf(remains, address.actor)?.stepSeq ?? 0,
    ...leftUnseen([...own, ...others]),
    budget: boxBudget(remains.budget),
  };
}

/** Of an actor that this step fences. */
export function fencedBox(actor: string, remains: Remains) {
  const left = remainsOf(remains, actor);
  if (left === undefined) return {};
  return {
    state: statePathIn(left.core),
    lastSeq: remains.seq,
    stepSeq: left.stepSeq,
    ...leftUnseen(left.pending),
    budget: boxBudget(remains.budget),
  };
}

const remainsOf = ({ actors }: Remains, name: string): ActorRemains | undefined =>
  actors.find(({ actor }) => actor === name);

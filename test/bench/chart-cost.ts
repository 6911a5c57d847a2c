/** The coordinator's steps without a store: one whole run folded, laid out and read back, each part timed by itself. */
import { stateHash } from "../../actors/runtime/state-hash.ts";
import { coordinator } from "../../actors/types/coordinator.ts";
import { COORDINATOR_ACTOR } from "../../infra/store.ts";
import type { CoordinatorInput } from "../../machines/coordinator-context.ts";
import { resultId } from "../../machines/effect.ts";
import { type ActorState, type Cause, type Decision, fold, rehydrate } from "../../machines/fold.ts";
import { changeOf, stateFrom } from "../../machines/snapshot.ts";
import { layeredGraph, WIDTH } from "./layered.ts";

/** Milliseconds of every step, in order. */
export interface ChartCost {
  /** The fold: what the chart decides. */
  readonly foldMs: readonly number[];
  /** The rows that changed, and the hash of the state. */
  readonly laidMs: readonly number[];
  /** From what is stored back to a living state, as at every claim; looked at a few times in a run. */
  readonly wokenMs: readonly number[];
}

/** Steps between two looks at what waking up costs. */
const WAKE_EVERY = 20;

/** Throws where the run does not come to its end. */
export function chartCosts(tasks: number): ChartCost {
  const input: CoordinatorInput = {
    actor: COORDINATOR_ACTOR,
    graph: layeredGraph(tasks),
    parallelMax: WIDTH,
    tolerateFailures: false,
    seed: "bench",
    branch: null,
  };
  const { machine, shape } = coordinator;
  const costs = { foldMs: [] as number[], laidMs: [] as number[], wokenMs: [] as number[] };
  const stored = { core: "", rows: new Map<string, string>() };
  const hash = stateHash();
  let state: ActorState | null = null;
  const step = (cause: Cause, version: number): Decision => {
    const fromMs = performance.now();
    const decision = fold(machine, state, { version, cause });
    const foldedMs = performance.now();
    const change = changeOf(state, decision.state, shape);
    hash.after(change, decision);
    costs.laidMs.push(performance.now() - foldedMs);
    costs.foldMs.push(foldedMs - fromMs);
    stored.core = change.core;
    for (const [key, json] of change.rowsSet) stored.rows.set(key, json);
    state = decision.state;
    return decision;
  };
  const wake = (): void => {
    const fromMs = performance.now();
    rehydrate(machine, stateFrom(stored, shape), true);
    stateHash(stored.rows);
    costs.wokenMs.push(performance.now() - fromMs);
  };
  const atWork = born(step({ input }, 1));
  for (let settled = 0; settled < tasks; settled += 1) {
    const one = atWork.shift();
    if (one === undefined) throw new Error(`nobody is at work, and ${tasks - settled} tasks are left`);
    const result = resultId(one.actor);
    const event = { type: "task.settled", ...one, status: "verified", result, reasons: [], sha256: SHA };
    atWork.push(...born(step({ event }, settled + 2)));
    if (settled % WAKE_EVERY === 0) wake();
  }
  if ((state as ActorState | null)?.snapshot.status === "active") throw new Error("a run of the bench does not end");
  return costs;
}

const SHA = "5f".repeat(32);

const born = ({ inside }: Decision): { actor: string; task: string }[] =>
  inside.flatMap((order) => (order.type === "actor.spawn" ? [{ actor: order.actor, task: order.input.task }] : []));

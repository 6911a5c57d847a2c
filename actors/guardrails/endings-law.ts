/**
 * However tokens, turns or the model run out, it ends: told on the real charts of every agent type, each fact folded as
 * runs fold it. Nothing is ordered that is carried out.
 */
import type { AgentEvent } from "../../machines/agent-event.ts";
import { type ChartState, chartOf } from "../../machines/chart.ts";
import { type ActorState, type Decision, statePath } from "../../machines/fold.ts";
import type { AgentType } from "../types/define.ts";
import { factsFor } from "./agent-facts.ts";
import { type Engine, type Finding, few, type GuardedAgent, type Law, OURS } from "./law.ts";

/** States of one chart that are looked at, at most: with small limits there are some hundred. */
const STATES_MAX = 2_000;
const SMALL = { turnsMax: 1, attemptsMax: 2, remindersMax: 0, rejectionsMax: 0, parallelMax: 2 };
const REFUSED = { tokensLeft: 0, nanoUsdLeft: null };

export const exhaustionEnds: Law = {
  law: "exhaustion-ends",
  title: "out of tokens or of turns an agent ends with a result",
  look({ agents }, engine) {
    const findings: Finding[] = [];
    const unmet: string[] = [];
    let moments = 0;
    for (const { type } of charts(agents)) {
      const seen = momentsOf(type, engine);
      moments += seen.all.length;
      unmet.push(...seen.unmet.map((state) => `${type.name}: ${state}`));
      findings.push(...refusedIn(type, seen.all, engine));
    }
    for (const { type } of agents) findings.push(...outOfTurns(type, engine));
    const reason = `${moments} moments of ${charts(agents).length} charts, turns of ${agents.length} agents`;
    if (unmet.length === 0) return { findings, reason };
    const rest = { reason: `${reason}; never met: ${few(unmet)}` };
    return findings.length > 0 ? { findings, ...rest } : { findings, ...rest, state: "not looked at" };
  },
};

export const breakersOpen: Law = {
  law: "breakers-open",
  title: "a model that always fails is not asked for ever",
  look({ agents }, engine) {
    const findings = [...keptAsking(engine), ...agents.flatMap(({ type }) => alwaysFailing(type, engine))];
    return { findings, reason: `the breaker over ${COOLINGS} coolings, attempts of ${agents.length} agents` };
  },
};

/** Profiles live by the chart of their base. */
const charts = (agents: readonly GuardedAgent[]): GuardedAgent[] => [
  ...new Map(agents.map((agent) => [agent.type.machine.name, agent])).values(),
];

interface Moment {
  readonly state: ActorState;
  readonly version: number;
}

const begun = ({ machine: { machine } }: AgentType, limits: AgentType["limits"], { fold }: Engine): Decision =>
  fold(machine, null, {
    version: 1,
    cause: {
      input: { actor: "a_probe", task: "probe", parent: "a_parent", parentType: "coordinator", standsOn: [], limits },
    },
  });

/** Every state the chart can rest in when all that may happen to an agent happens, in every order. */
function momentsOf(type: AgentType, engine: Engine): { all: Moment[]; unmet: string[] } {
  const { machine } = type.machine;
  const known = new Map<string, Moment>();
  const queue: Moment[] = [];
  const meet = ({ state, changed }: Decision, version: number): void => {
    if (!changed || state.snapshot.status !== "active" || known.size >= STATES_MAX) return;
    const key = JSON.stringify([state.snapshot.value, state.snapshot.context, Object.keys(state.timers)]);
    if (known.has(key)) return;
    const moment = { state, version };
    known.set(key, moment);
    queue.push(moment);
  };
  meet(begun(type, SMALL, engine), 1);
  for (let moment = queue.shift(); moment !== undefined; moment = queue.shift()) {
    const version = moment.version + 1;
    for (const cause of factsFor(moment.state)) meet(engine.fold(machine, moment.state, { version, cause }), version);
  }
  const all = [...known.values(), ...COMPACTING.map((events) => after(type, events, engine))];
  const met = new Set(all.map(({ state }) => statePath(state)));
  return { all, unmet: restingIn(type).filter((path) => !met.has(path)) };
}

/** The ways into a conversation that is made shorter; what comes after it is what comes without. */
const COMPACTING: readonly (readonly AgentEvent[])[] = [
  [{ type: "model.answered", turn: 0, stop: "pause_turn", calls: [], report: null, full: true }],
  [{ type: "model.failed", turn: 0, reason: "too long", retry: false, delayMs: 1, counts: true, overflow: true }],
];

/** An agent with a turn to spare, once all this has happened to its first. */
function after(type: AgentType, events: readonly AgentEvent[], engine: Engine): Moment {
  let { state } = begun(type, { ...SMALL, turnsMax: 2 }, engine);
  let version = 1;
  for (const event of [{ type: "session.assembled" }, ...events]) {
    version += 1;
    ({ state } = engine.fold(type.machine.machine, state, { version, cause: { event } }));
  }
  return { state, version };
}

/** States that an agent can stay in: neither ends nor mere crossroads. */
function restingIn({ machine: { machine } }: AgentType): string[] {
  const chart = chartOf(machine);
  const passing = new Set(chart.edges.filter(({ cause }) => cause === "always").map(({ from }) => from));
  const under = (state: ChartState, path: string): string[] =>
    state.kind === "atomic" && !passing.has(state.id)
      ? [path]
      : state.states.flatMap((child) => under(child, path === "" ? child.name : `${path}.${child.name}`));
  return under(chart.root, "");
}

function refusedIn(type: AgentType, moments: readonly Moment[], { fold }: Engine): Finding[] {
  const stuck = moments.filter(({ state, version }) => {
    const cause = { event: { type: "budget.refused", ...REFUSED } };
    const refused = fold(type.machine.machine, state, { version: version + 1, cause });
    return !endsWell(refused, "exhausted") && !isFree(refused);
  });
  if (stuck.length === 0) return [];
  const where = few(stuck.map(({ state }) => statePath(state)));
  return [{ what: `${type.name} does not end when its tokens are refused in: ${where}`, why: HANGS, fix: OURS }];
}

/** What nobody can pay for goes on as something that costs nothing, and that cannot be refused again. */
const isFree = ({ outside }: Decision): boolean =>
  outside.length === 1 && outside.every((order) => order.type === "transcript.compact" && order.by === "rule");

const HANGS = "it has to be in its end, with one result, and to order nothing more";

/** It is over, its parent is told, the result is written, and nothing is out any more. */
const endsWell = ({ state, inside, outside }: Decision, status: string): boolean =>
  state.snapshot.status === "done" &&
  statePath(state) === status &&
  outside.length === 0 &&
  inside.filter((one) => one.type === "result.put" && one.result.status === status).length === 1 &&
  inside.some((one) => one.type === "message.send" && one.event.type === "task.settled" && one.event.status === status);

/** Steps of a story that are told, at most, beyond what the limits of the agent allow. */
const STEPS_OVER = 20;

/** Tells one story to its end; each step is what `next` answers to what was ordered. */
function told(
  type: AgentType,
  engine: Engine,
  next: (turn: number) => readonly AgentEvent[],
): { last: Decision; calls: number } {
  const { machine } = type.machine;
  const { limits } = type;
  let version = 1;
  let last = begun(type, limits, engine);
  let calls = 0;
  const take = (cause: Parameters<Engine["fold"]>[2]["cause"]): void => {
    version += 1;
    last = engine.fold(machine, last.state, { version, cause });
  };
  take({ event: { type: "session.assembled" } });
  const stepsMax = limits.turnsMax * (limits.attemptsMax + 1) + STEPS_OVER;
  for (let step = 0; step < stepsMax && last.state.snapshot.status === "active"; step += 1) {
    const order = last.outside.find((one) => one.type === "model.call");
    const [timer] = Object.entries(last.state.timers);
    if (order !== undefined) {
      calls += 1;
      for (const event of next(Number((order as { turn?: number }).turn))) take({ event });
    } else if (timer === undefined) break;
    else take({ timer: timer[0], armedBy: timer[1].armedBy });
  }
  return { last, calls };
}

function outOfTurns(type: AgentType, engine: Engine): Finding[] {
  const { turnsMax } = type.limits;
  const { last, calls } = told(type, engine, (turn) => [
    {
      type: "model.answered",
      turn,
      stop: "tool_use",
      calls: [{ id: `c${turn}`, tool: "Read", inputHash: "h", risk: "read-only", repeat: "safe", status: "judged" }],
      report: null,
    },
    { type: "tool.finished", call: `c${turn}`, ok: true },
  ]);
  if (endsWell(last, "exhausted") && calls <= turnsMax) return [];
  const what = `${type.name} is in ${statePath(last.state)} after ${calls} of ${turnsMax} turns`;
  return [{ what, why: HANGS, fix: OURS }];
}

function alwaysFailing(type: AgentType, engine: Engine): Finding[] {
  const { attemptsMax } = type.limits;
  const { last, calls } = told(type, engine, (turn) => [
    { type: "model.failed", turn, reason: "overloaded", retry: true, delayMs: 1, counts: true },
  ]);
  if (endsWell(last, "failed") && calls <= attemptsMax) return [];
  const what = `${type.name} is in ${statePath(last.state)} after ${calls} failed calls; ${attemptsMax} are the most`;
  return [{ what, why: "every attempt failed: it has to have ended as failed, with a result", fix: OURS }];
}

const FAILURES_MAX = 5;
const COOLING_MS = 1_000;
const COOLINGS = 10;

/** Asked far more often than it should let through, against a model that never answers. */
function keptAsking({ breaker }: Engine): Finding[] {
  let nowMs = 0;
  const one = breaker({
    name: "probe",
    failuresMax: FAILURES_MAX,
    coolingMs: COOLING_MS,
    monotonicMs: () => nowMs,
  });
  let made = 0;
  for (; nowMs < COOLINGS * COOLING_MS; nowMs += COOLING_MS / 100) {
    if (one.ask().open) continue;
    made += 1;
    one.tell(false);
  }
  const most = FAILURES_MAX + COOLINGS;
  if (made <= most) return [];
  const what = `the breaker let ${made} failing calls through in ${COOLINGS} coolings; ${most} are the most`;
  return [{ what, why: "it has to stay open while the model fails, but for one probe a cooling", fix: OURS }];
}

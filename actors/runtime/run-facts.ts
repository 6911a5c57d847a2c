/**
 * What a run knows of itself, for an agent that plans, sums up or mends: tasks as they stand, what they were to do, why
 * they failed, what they found. Words of models and repositories among it are shortened and stay data.
 */
import type { Store } from "../../infra/store.ts";
import { type Envelope, envelopeSchema } from "../../machines/brief.ts";
import type { Task, Tasks } from "../../machines/task-graph.ts";
import type { PerformContext } from "./performer.ts";
import { briefFrom } from "./session.ts";

/** Tasks that are listed, those of them that are told with goal and value, and bytes of all that as JSON. */
const TASKS_MAX = 200;
const TOLD_MAX = 40;
const TASKS_BYTES_MAX = 64 * 1024;
/** Tasks that it is about, and needs of one task that are named. */
const ABOUT_MAX = 8;
const NEEDS_MAX = 50;
/** Characters of a goal, of a result's value as JSON, of one reason; reasons of one task. */
const GOAL_CHARS = 2_000;
const VALUE_CHARS = 1_000;
const REASON_CHARS = 500;
const REASONS_MAX = 8;
/** Of the run's own goal: what a person may type. */
const RUN_GOAL_CHARS = 32_000;

export interface TaskFacts {
  readonly id: string;
  readonly agent?: string;
  readonly needs?: readonly string[];
  readonly status?: string;
  readonly attempts?: number;
  readonly reasons?: readonly string[];
  readonly goal?: string;
  /** Of its verified result; a long one is the beginning of its JSON. */
  readonly value?: unknown;
}

export interface RunFacts {
  readonly goal: string;
  /** The tasks that it is about, in full. */
  readonly about: readonly TaskFacts[];
  /** Those that it is about, their neighbours, and as many of the rest as there is room for. */
  readonly tasks: readonly TaskFacts[];
  /** Tasks that are not listed. */
  readonly more: number;
  readonly reasons: readonly string[];
  /** Where the words of the results in it come from. */
  readonly taint: Envelope["taint"];
}

export interface Asked {
  readonly about: readonly string[];
  readonly reasons: readonly string[];
  readonly tasks: Tasks;
}

export async function runFacts(
  { about, reasons, tasks }: Asked,
  { address, run }: Pick<PerformContext, "address" | "run">,
  store: Pick<Store, "briefs" | "results">,
): Promise<RunFacts> {
  const listed = nearest(tasks, about).slice(0, TASKS_MAX);
  const told = listed.slice(0, TOLD_MAX);
  const ids = [...new Set([...told.map(({ id }) => id), ...about, ...GOAL_TASKS])];
  const results = told.flatMap(({ status, result }) => (status === "verified" && result !== null ? [result] : []));
  const [briefs, envelopes] = await Promise.all([
    store.briefs(address.run, ids),
    store.results(address.run, results).then(verifiedOf),
  ]);
  const goalOf = (id: string): string | undefined => {
    const text = briefs.get(id);
    return text === undefined ? undefined : clipped(briefFrom(text).goal, GOAL_CHARS);
  };
  const factsOf = (task: Task): TaskFacts => ({
    ...rowOf(task),
    ...given("goal", goalOf(task.id)),
    ...given("value", shownValue(envelopes.get(task.result ?? ""))),
  });
  const shown = fitting([...told.map(factsOf), ...listed.slice(TOLD_MAX).map(rowOf)]);
  return {
    goal: runGoal(briefs) ?? run.goal,
    about: about
      .slice(0, ABOUT_MAX)
      .map((id) => shown.find((one) => one.id === id) ?? { id, ...given("goal", goalOf(id)) }),
    tasks: shown,
    more: Object.keys(tasks).length - shown.length,
    reasons: reasonsIn(reasons),
    taint: [...envelopes.values()].flatMap(({ taint = [] }) => taint),
  };
}

/** Tasks whose briefs hold what the person asked for, word for word. */
const GOAL_TASKS = ["plan", "goal"];

function runGoal(briefs: ReadonlyMap<string, string>): string | undefined {
  const [plan, only] = GOAL_TASKS.map((id) => briefs.get(id));
  const asked = plan === undefined ? undefined : briefFrom(plan).input?.goal;
  if (typeof asked === "string") return clipped(asked, RUN_GOAL_CHARS);
  return only === undefined ? undefined : clipped(briefFrom(only).goal, RUN_GOAL_CHARS);
}

/** Those that it is about first, then what they need and who needs them, then the rest; each group as planned. */
function nearest(tasks: Tasks, about: readonly string[]): Task[] {
  const needed = new Set(about.flatMap((id) => tasks[id]?.needs ?? []));
  const rank = ({ id, needs }: Task): number => {
    if (about.includes(id)) return 0;
    return needed.has(id) || needs.some((need) => about.includes(need)) ? 1 : 2;
  };
  return Object.values(tasks).sort((one, other) => rank(one) - rank(other) || one.order - other.order);
}

/** As many from the beginning as there is room for. */
function fitting(facts: readonly TaskFacts[]): TaskFacts[] {
  let bytes = 0;
  return facts.filter((one) => {
    bytes += Buffer.byteLength(JSON.stringify(one));
    return bytes <= TASKS_BYTES_MAX;
  });
}

const rowOf = ({ id, agentType, needs, status, attempt, reasons }: Task): TaskFacts => ({
  id,
  agent: agentType,
  needs: needs.slice(0, NEEDS_MAX),
  status,
  attempts: attempt,
  ...(reasons.length === 0 ? {} : { reasons: reasonsIn(reasons) }),
});

/** A revoked result is not there for anybody any more. */
function verifiedOf(results: ReadonlyMap<string, string>): Map<string, Envelope> {
  const all = [...results].map(([id, text]) => [id, envelopeSchema.parse(JSON.parse(text))] as const);
  return new Map(all.filter(([, { status }]) => status === "verified"));
}

function shownValue(envelope: Envelope | undefined): unknown {
  if (envelope === undefined) return undefined;
  const text = JSON.stringify(envelope.value) ?? "null";
  return text.length <= VALUE_CHARS ? envelope.value : clipped(text, VALUE_CHARS);
}

const given = (name: string, value: unknown): Record<string, unknown> => (value === undefined ? {} : { [name]: value });

const reasonsIn = (reasons: readonly string[]): string[] =>
  reasons.slice(0, REASONS_MAX).map((reason) => clipped(reason, REASON_CHARS));

const clipped = (text: string, charsMax: number): string =>
  text.length > charsMax ? `${text.slice(0, charsMax - 1)}…` : text;

/** What the performers of proposals are given in tests: results and briefs of a run, its ledger, and what it latched. */
import type { PerformContext } from "../../actors/runtime/performer.ts";
import { runConfigSchema } from "../../actors/runtime/run-row.ts";
import type { Store } from "../../infra/store.ts";
import { type Brief, type Envelope, envelopeSchema } from "../../machines/brief.ts";
import type { AgentLimits } from "../../machines/effect.ts";
import type { Task } from "../../machines/task-graph.ts";

const RUN = "r_test";

export const envelope = (over: Partial<Envelope> & Pick<Envelope, "id" | "task">): Envelope =>
  envelopeSchema.parse({
    v: 1,
    actor: `a_${over.task}`,
    status: "verified",
    value: { summary: "done" },
    evidence: [],
    reasons: [],
    notDone: [],
    standsOn: [],
    model: "m",
    ...over,
  });

/** A store that holds these results and briefs, and nothing else. */
export function holding(
  results: readonly Envelope[],
  briefs: readonly Brief[] = [],
  more: Readonly<Record<string, string>> = {},
): Pick<Store, "results" | "briefs"> {
  const pick = (all: ReadonlyMap<string, string>, ids: readonly string[]) =>
    Promise.resolve(new Map([...all].filter(([id]) => ids.includes(id))));
  const written = new Map(results.map((one) => [one.id, JSON.stringify(one)]));
  const told = new Map([
    ...briefs.map((one): [string, string] => [one.id, JSON.stringify(one)]),
    ...Object.entries(more),
  ]);
  return { results: (_run, ids) => pick(written, ids), briefs: (_run, ids) => pick(told, ids) };
}

const limits: AgentLimits = { turnsMax: 9, attemptsMax: 6, remindersMax: 2, rejectionsMax: 2, parallelMax: 8 };

export const ledger = (...rows: (Partial<Task> & Pick<Task, "id">)[]): Readonly<Record<string, Task>> =>
  Object.fromEntries(
    rows.map((row, order) => [
      row.id,
      {
        agentType: "general",
        needs: [],
        limits,
        attemptsMax: 1,
        order,
        status: "planned",
        attempt: 0,
        actor: null,
        result: null,
        reasons: [],
        ...row,
      } as Task,
    ]),
  );

/** `config`: what of the run's configuration is not as it is by itself. */
export const performing = (config: object = {}, tasks: Readonly<Record<string, Task>> = {}): PerformContext => ({
  address: { run: RUN, actor: "a_coordinator", type: "coordinator" },
  run: {
    goal: "Add two numbers",
    kind: "run",
    model: "m",
    binding: "b",
    policy: "1",
    workspace: "/work/project",
    config: runConfigSchema.parse(config),
    status: "running",
  },
  rights: { tools: [], plugins: "none" },
  effectId: `${RUN}/a_coordinator/0.1:0`,
  session: null,
  entries: [],
  grant: null,
  tasks,
  signal: new AbortController().signal,
});

export const TREE = { source: "/work/project", tree: "/t", gitDir: "/g", branch: "swarm/r", base: "0".repeat(40) };

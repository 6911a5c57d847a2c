// kill -9 in the middle of an evaluation, with real processes: ten moments, spread evenly over the log of an
// undisturbed run, and five kinds of victims in turn. Whatever dies, the same run ends as if nothing had happened; so does the
// local analyst's, which stands beside that of a model.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signalProcess } from "../../infra/redis/process-identity.ts";
import type { RawEntry } from "../../infra/redis/reader.ts";
import { type LoggedEvent, RUN_ENDINGS } from "../../machines/run-event.ts";
import { askedBy, startAnalystDouble } from "../support/analyst-double.ts";
import type { MessagesDouble } from "../support/messages-double/double.ts";
import { documentOf, type Finished, fixture, openSwarm, type Running, type Swarm } from "../support/swarm-cli.ts";
import {
  askedRunIdsOf,
  eventsOf,
  logAt,
  logOf,
  newRunOf,
  replayOf,
  resultsOf,
  serverOf,
  workersOf,
} from "../support/swarm-store.ts";

const POINTS = 10;
const REPOSITORY = fixture("wrapped-client");
const ONLY = ["tool-registry", "permission-system", "token-budget"];
const TASKS = ONLY.flatMap((id) => [`explore-${id}`, `verify-${id}`]).sort();

type Victim = (typeof VICTIMS)[number];
const VICTIMS = [
  "the worker",
  "the command line",
  "Redis",
  "all three",
  "nobody, but the worker is frozen until another has taken over",
] as const;

/** Every victim meets both ways to a model, early and late. */
const points = Array.from({ length: POINTS }, (_, index) => ({
  point: index + 1,
  victim: VICTIMS[index % VICTIMS.length] as Victim,
  model: index % 2 === 0 ? ("the local analyst" as const) : ("a Messages server" as const),
}));

interface Reference {
  readonly events: number;
  readonly report: Record<string, unknown>;
}

const evaluate = (swarm: Swarm): Running => swarm.start(["evaluate", REPOSITORY, "--only", ONLY.join(","), "--json"]);

const reportOf = (finished: Finished): Record<string, unknown> => {
  const { runId: _, comparison, ...report } = documentOf<{ runId: string; comparison?: { runId: string } }>(finished);
  if (comparison === undefined) return report;
  const { runId: __, ...compared } = comparison;
  return { ...report, comparison: compared };
};

async function undisturbed(swarm: Swarm): Promise<Reference> {
  const finished = await evaluate(swarm).done;
  expect(finished).toMatchObject({ code: 0 });
  const { runId } = documentOf<{ runId: string }>(finished);
  const events = eventsOf(await logOf(swarm, runId));
  return { events: events.length, report: reportOf(finished) };
}

/** Kills, and sees to it that the run has what it needs to go on; resolves with what the last command printed. */
async function strike(swarm: Swarm, run: string, command: Running, victim: Victim): Promise<Finished> {
  const resumed = async (): Promise<Finished> => {
    command.signal("SIGKILL");
    await command.done;
    return swarm.ask(["resume", "@last", "--json"]);
  };
  const workers = await workersOf(swarm);
  const signalWorkers = (signal: NodeJS.Signals): void => {
    for (const { identity } of workers) signalProcess(identity, signal);
  };
  switch (victim) {
    case "the worker":
      signalWorkers("SIGKILL");
      return command.done;
    case "the command line":
      return resumed();
    case "Redis":
      killServer(swarm);
      return command.done;
    case "all three":
      killServer(swarm);
      signalWorkers("SIGKILL");
      return resumed();
    case "nobody, but the worker is frozen until another has taken over": {
      signalWorkers("SIGSTOP");
      const second = swarm.start(["worker", "--jsonl"]);
      await second.said(/"worker\.ready"/, "stdout");
      // Whatever the frozen one had committed before it froze is not yet the other's work.
      const frozenAt = lastSeq(await logOf(swarm, run));
      await logAt(swarm, run, frozenAt + 1);
      signalWorkers("SIGCONT");
      const finished = await command.done;
      second.signal("SIGTERM");
      expect((await second.done).code).toBe(143);
      return finished;
    }
  }
}

function killServer(swarm: Swarm): void {
  const server = serverOf(swarm);
  if (server === undefined) throw new Error("there is no server to kill");
  expect(signalProcess(server.identity, "SIGKILL")).toBe(true);
}

const lastSeq = (log: readonly RawEntry[]): number => eventsOf(log.slice(-1)).at(-1)?.seq ?? 0;

const countBy = (keys: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
};

const effectsOf = (events: readonly LoggedEvent[], ...types: readonly string[]): string[] =>
  events.flatMap((event) => (types.includes(event.type) && "effect" in event ? [event.effect] : [])).sort();

function expectWholeLog(events: readonly LoggedEvent[]): void {
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.filter(({ type }) => RUN_ENDINGS.has(type)).map(({ type }) => type)).toEqual(["run.completed"]);
  expect(events.at(-1)?.type).toBe("run.completed");
  const settled = events.flatMap((event) => (event.type === "result.verified" ? [event.task] : []));
  expect(settled.sort()).toEqual(TASKS);
  const called = effectsOf(events, "model.called");
  expect(called.length).toBeGreaterThanOrEqual(TASKS.length);
  expect(new Set(called).size).toBe(called.length);
  expect(effectsOf(events, "model.answered", "model.failed")).toEqual(called);
  expect(effectsOf(events, "tool.finished", "tool.failed")).toEqual(effectsOf(events, "tool.intended"));
}

/** What was asked once was served once; what was asked again had failed, and was not served more often than asked. */
function expectNothingAskedTwice(events: readonly LoggedEvent[], bodies: readonly { body: string }[]): void {
  const tasks = new Map(events.flatMap((event) => (event.type === "agent.started" ? [[event.actor, event.task]] : [])));
  const keyOf = (event: LoggedEvent & { turn: number }): string => `${tasks.get(event.actor)}#${event.turn}`;
  const called = countBy(events.flatMap((event) => (event.type === "model.called" ? [keyOf(event)] : [])));
  const served = countBy(bodies.map(askedBy));
  const twice = Object.entries(called).filter(([, count]) => count > 1);
  const failed = countBy(events.flatMap((event) => (event.type === "model.failed" ? [keyOf(event)] : [])));
  expect(Object.fromEntries(twice.map(([key, count]) => [key, count - 1]))).toEqual(failed);
  for (const [key, count] of Object.entries(called)) {
    if (count === 1) expect({ key, served: served[key] }).toEqual({ key, served: 1 });
    else expect(served[key] ?? 0).toBeLessThanOrEqual(count);
  }
  expect(Object.keys(served).filter((key) => !(key in called))).toEqual([]);
}

describe.each(["the local analyst", "a Messages server"] as const)("an evaluation by %s", (model) => {
  let swarm: Swarm;
  let double: MessagesDouble | undefined;
  let reference: Reference;

  beforeAll(async () => {
    if (model === "a Messages server") double = await startAnalystDouble();
    swarm = await openSwarm({
      env: double === undefined ? {} : { ANTHROPIC_BASE_URL: double.baseUrl, ANTHROPIC_API_KEY: "k-chaos" },
    });
    reference = await undisturbed(swarm);
  });

  afterAll(async () => {
    await swarm?.[Symbol.asyncDispose]();
    await double?.close();
  });

  test("without a kill finds something to report", () => {
    expect(reference.report).toMatchObject({ v: 1, primitives: ONLY.map(() => expect.anything()) });
    if (model === "a Messages server")
      expect(reference.report.comparison).toEqual({ agrees: ONLY, differs: [], oneSided: [] });
    expect(reference.report.primitives).toContainEqual(
      expect.objectContaining({
        findings: expect.arrayContaining([expect.objectContaining({ path: "src/agent.ts" })]),
      }),
    );
  });

  test.each(points.filter((point) => point.model === model))(
    `ends as if undisturbed at point $point of ${POINTS}, where the victim is $victim`,
    async ({ point, victim }) => {
      const target = Math.max(1, Math.floor((point * reference.events) / POINTS));
      const known = await askedRunIdsOf(swarm);
      const servedBefore = double?.served.length ?? 0;
      const command = evaluate(swarm);
      const run = await newRunOf(swarm, known);
      const seen = await logAt(swarm, run, target);
      console.info(`point ${point}: ${victim}; aimed at ${target} of ${reference.events}, hit at ${lastSeq(seen)}`);
      const finished = await strike(swarm, run, command, victim);

      expect(finished).toMatchObject({ code: 0 });
      expect(documentOf(finished).runId).toBe(run);
      expect(reportOf(finished)).toEqual(reference.report);
      const log = await logOf(swarm, run);
      expect(log.slice(0, seen.length)).toEqual(seen);
      const events = eventsOf(log);
      expectWholeLog(events);
      expect(Object.keys(await resultsOf(swarm, run)).sort()).toEqual(TASKS.map((task) => `res_${task}`));
      if (double !== undefined) expectNothingAskedTwice(events, double.served.slice(servedBefore));
      expect(await replayOf(swarm, run)).toMatchObject({ mismatch: null, lastSeq: events.length });
      expect(await askedRunIdsOf(swarm)).toEqual([run, ...known]);
    },
  );
});

// Stopping, resuming, interrupting and cancelling a run from outside, while its model takes its time: nothing is lost,
// nothing new begins while it is parked, and nobody serves a run that is not theirs.

import { afterEach, describe, expect, test } from "vitest";
import {
  API_KEY,
  type Begun,
  endings,
  ofType,
  openStage,
  type RunDocument,
  read,
  report,
  type Stage,
  says,
} from "../support/run-stage.ts";
import { documentOf, eventually, type Finished, linesOf } from "../support/swarm-cli.ts";
import { eventsOf, logOf, newRunOf, runStatusOf, workersOf } from "../support/swarm-store.ts";

const stages: Stage[] = [];
const open = async (...args: Parameters<typeof openStage>): Promise<Stage> => {
  const stage = await openStage(...args);
  stages.push(stage);
  return stage;
};
afterEach(async () => {
  for (const stage of stages.splice(0)) await stage[Symbol.asyncDispose]();
});

const show = async (stage: Stage, run: string): Promise<RunDocument> =>
  documentOf<RunDocument>(await stage.swarm.ask(["show", run, "--json"]));

const untilParked = (stage: Stage, run: string): Promise<boolean> =>
  eventually("the run is parked", async () => ofType(await stage.events(run), "run.parked").length > 0);

const asked = (begun: Begun, count: number): Promise<boolean> =>
  eventually(`the model is asked ${count} times`, () => begun.requests().length >= count);

/** Nobody looks after anything any more. */
const atRest = (stage: Stage): Promise<boolean> =>
  eventually("every worker is at rest", async () => (await workersOf(stage.swarm)).every(({ active }) => active === 0));

const held = { held: true };
const never = { delayMs: 600_000 };

test("a detached run is named at once, and goes on without anybody watching", async () => {
  const stage = await open();
  const begun = stage.begin([{ ...says(read()), ...held }, report("adds")], ["--detach", "--json"]);
  const finished = await begun.command.done;
  const document = documentOf(finished);
  expect({ code: finished.code, document }).toEqual({
    code: 0,
    document: { v: 1, runId: expect.stringMatching(/^r_[a-z0-9]{12}$/) },
  });
  const run = String(document.runId);
  expect((await show(stage, run)).status).toBe("running");
  stage.double.release();
  await eventually("the run ends", async () => (await runStatusOf(stage.swarm, run)) !== "running");
  expect(await show(stage, run)).toMatchObject({ status: "completed", result: { value: { summary: "adds" } } });
});

test("stop in the middle of a long call parks the run; no call begins until resume, which finishes it", async () => {
  const stage = await open();
  const begun = stage.begin([{ ...says(read()), ...held }, report("adds")]);
  const run = await newRunOf(stage.swarm, []);
  await asked(begun, 1);
  const stopped = await stage.swarm.ask(["stop", run, "--json"]);
  expect({ code: stopped.code, ...documentOf(stopped) }).toEqual({ code: 0, v: 1, runId: run, stopped: "parked" });

  const watched = await begun.command.done;
  expect(watched.code).toBe(5);
  expect(documentOf(watched)).toMatchObject({ v: 1, runId: run, status: "parked", result: null });
  expect(watched.stderr).toContain(`swarm resume ${run}`);
  expect(await show(stage, run)).toMatchObject({ status: "parked" });

  stage.double.release();
  await eventually("the call under way is answered", async () =>
    eventsOf(await logOf(stage.swarm, run)).some(({ type }) => type === "model.answered"),
  );
  await atRest(stage);
  const parked = eventsOf(await logOf(stage.swarm, run));
  expect(ofType(parked, "run.parked")).toHaveLength(1);
  expect(begun.requests()).toHaveLength(1);
  expect(ofType(parked, "tool.finished")).toEqual([]);

  const resumed = await stage.swarm.ask(["resume", run, "--json"]);
  expect(resumed.code).toBe(0);
  expect(documentOf(resumed)).toMatchObject({ runId: run, status: "completed", result: { status: "verified" } });
  expect(begun.requests()).toHaveLength(2);
  const log = eventsOf(await logOf(stage.swarm, run));
  expect(log.slice(0, parked.length)).toEqual(parked);
  expect(endings(log)).toEqual(["run.completed"]);
});

test("stopping twice is stopping once, and resuming what has ended shows it", async () => {
  const stage = await open();
  const begun = stage.begin([{ ...says(read()), ...held }, report("adds")], ["--detach", "--json"]);
  const run = String(documentOf(await begun.command.done).runId);
  await asked(begun, 1);
  expect((await stage.swarm.ask(["stop", run])).code).toBe(0);
  expect((await stage.swarm.ask(["stop", run])).code).toBe(0);
  expect(ofType(await stage.events(run), "run.parked")).toHaveLength(1);
  stage.double.release();
  const first = await stage.swarm.ask(["resume", run, "--json"]);
  const second = await stage.swarm.ask(["resume", run, "--json"]);
  expect([first.code, second.code]).toEqual([0, 0]);
  expect(documentOf(second)).toEqual(documentOf(first));
  const late = await stage.swarm.ask(["stop", run, "--json"]);
  expect(late.code).toBe(2);
  expect(documentOf(late)).toMatchObject({ v: 1, error: { code: "run.ended", retryable: false } });
});

describe("Ctrl-C", () => {
  test("once parks the run and prints the command that resumes it", async () => {
    const stage = await open();
    const begun = stage.begin([{ ...says(read()), ...held }, report("adds")]);
    const run = await newRunOf(stage.swarm, []);
    await asked(begun, 1);
    begun.command.signal("SIGINT");
    await untilParked(stage, run);
    stage.double.release();
    const interrupted = await begun.command.done;
    expect(interrupted.code).toBe(5);
    expect(interrupted.stderr).toContain(`swarm resume ${run}`);
    expect(documentOf(interrupted)).toMatchObject({ status: "parked" });
    const resumed = await stage.swarm.ask(["resume", run, "--json"]);
    expect({ code: resumed.code, ...documentOf(resumed) }).toMatchObject({ code: 0, status: "completed" });
    expect(begun.requests()).toHaveLength(2);
  });

  test("twice ends the command at once with 130, and the run can still be resumed", async () => {
    const stage = await open();
    const begun = stage.begin([{ ...says(read()), ...never, times: 1 }, says(read()), report("adds")]);
    const run = await newRunOf(stage.swarm, []);
    await asked(begun, 1);
    begun.command.signal("SIGINT");
    await untilParked(stage, run);
    begun.command.signal("SIGINT");
    const interrupted = await begun.command.done;
    expect({ code: interrupted.code, signal: interrupted.signal }).toEqual({ code: 130, signal: null });
    expect(interrupted.stdout).toBe("");
    const [worker] = await workersOf(stage.swarm);
    if (worker !== undefined) process.kill(worker.pid, "SIGKILL");
    const resumed = await stage.swarm.ask(["resume", run, "--json"]);
    expect({ code: resumed.code, ...documentOf(resumed) }).toMatchObject({ code: 0, status: "completed" });
  });
});

test("stop --cancel ends the run for good, also in the middle of a call", async () => {
  const stage = await open();
  const begun = stage.begin([{ ...says(read()), ...never }]);
  const run = await newRunOf(stage.swarm, []);
  await asked(begun, 1);
  const cancelled = await stage.swarm.ask(["stop", run, "--cancel", "--json"]);
  expect(cancelled.code).toBe(0);
  const watched = await begun.command.done;
  expect(watched.code).toBe(1);
  expect(documentOf(watched)).toMatchObject({ status: "cancelled", result: { status: "cancelled" } });
  expect(await begun.requests()[0]?.end).toBe("client");
  const log = eventsOf(await logOf(stage.swarm, run));
  expect(endings(log)).toEqual(["run.cancelled"]);
  expect(log.at(-1)).toMatchObject({ type: "run.cancelled", state: expect.any(String), budget: expect.any(Object) });
  // What the model was asked when it was called off: nobody knows how that came out.
  expect(log.filter(({ type }) => type === "agent.ended")).toMatchObject([
    { actor: "a_goal", status: "cancelled", effects: [{ kind: "model.call", status: "unknown" }] },
  ]);
});

test("two resumes at once end with the same document, and the run ends once", async () => {
  const stage = await open();
  const begun = stage.begin([{ ...says(read()), ...held }, report("adds")], ["--detach", "--json"]);
  const run = String(documentOf(await begun.command.done).runId);
  await asked(begun, 1);
  await stage.swarm.ask(["stop", run]);
  stage.double.release();
  const both = await Promise.all([1, 2].map(() => stage.swarm.run(["resume", run, "--json"])));
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(documentOf(both[1] as Finished)).toEqual(documentOf(both[0] as Finished));
  const log = eventsOf(await logOf(stage.swarm, run));
  expect(endings(log)).toEqual(["run.completed"]);
  expect(ofType(log, "run.resumed")).toHaveLength(1);
  expect(begun.requests()).toHaveLength(2);
});

describe("who may serve a run", () => {
  const keyless = { ANTHROPIC_API_KEY: undefined, ANTHROPIC_BASE_URL: undefined };

  test("a worker without the key leaves a paid run alone, visibly, until one with the key comes", async () => {
    const stage = await open();
    const worker = stage.swarm.start(["worker", "--jsonl"], { env: keyless });
    await worker.said(/"worker\.ready"/, "stdout");
    const begun = stage.begin([says(read()), report("adds")], ["--json"]);
    const watched = await begun.command.done;
    expect({ code: watched.code, ...documentOf(watched) }).toMatchObject({ code: 0, status: "completed" });
    expect(begun.requests()).toHaveLength(2);
    expect(begun.requests().map(({ headers }) => headers.authorization)).toEqual([1, 2].map(() => `Bearer ${API_KEY}`));
    const workers = await workersOf(stage.swarm);
    expect(workers.map(({ bindings }) => bindings.some((binding) => binding.startsWith("api-"))).sort()).toEqual([
      false,
      true,
    ]);
    worker.signal("SIGTERM");
    expect((await worker.done).code).toBe(143);
  });

  test("a keyless worker that gets hold of a paid run strands it and says so", async () => {
    const stage = await open();
    const begun = stage.begin(
      [{ ...says(read()), ...never, times: 1 }, says(read()), report("adds")],
      ["--detach", "--json"],
    );
    const run = String(documentOf(await begun.command.done).runId);
    await asked(begun, 1);
    for (const { pid } of await workersOf(stage.swarm)) process.kill(pid, "SIGKILL");
    const worker = stage.swarm.start(["worker"], { env: { ...keyless, SWARM_LOG_LEVEL: "warn" } });
    await worker.said(/strand/);
    expect(begun.requests()).toHaveLength(1);
    expect(await show(stage, run)).toMatchObject({ status: "running" });
    const shown = await stage.swarm.ask(["show", run]);
    expect(shown.stdout).toMatch(/strand/i);
    const resumed = await stage.swarm.ask(["resume", run, "--json"]);
    expect({ code: resumed.code, ...documentOf(resumed) }).toMatchObject({ code: 0, status: "completed" });
    worker.signal("SIGTERM");
    await worker.done;
  });

  test("a worker with the key never asks the paid server for an analyst's run", async () => {
    const stage = await open();
    const evaluated = await stage.swarm.ask(["evaluate", stage.workspace, "--only", "tool-registry", "--json"], {
      env: keyless,
    });
    expect(evaluated.code).toBe(0);
    const again = await stage.swarm.ask([
      "evaluate",
      stage.workspace,
      "--only",
      "tool-registry",
      "--json",
      "--analyst",
      "local",
    ]);
    expect({ code: again.code, ...documentOf(again) }).toMatchObject({ code: 0, analyst: "local" });
    expect(stage.double.served).toEqual([]);
  });
});

test("--jsonl streams the events of the log, and nothing else, to stdout", async () => {
  const stage = await open();
  const begun = stage.begin([says(read()), report("adds")], ["--jsonl"]);
  const finished = await begun.command.done;
  expect(finished.code).toBe(0);
  const events = linesOf(finished);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events).toEqual(await stage.events("@last"));
  expect(events.at(-1)).toMatchObject({ v: 1, type: "run.completed" });
});

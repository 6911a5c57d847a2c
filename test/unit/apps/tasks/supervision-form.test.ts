// What a tasks file says of limits and of failure: every value that nobody could keep is refused where it stands, with its
// field, its value and the way out; every value that is taken becomes the limit that was meant.
import { describe, expect, test } from "vitest";
import { limitProblems } from "../../../../actors/runtime/graph-limits.ts";
import { newRun, type RunPlan } from "../../../../actors/runtime/new-run.ts";
import { explore } from "../../../../actors/types/explore.ts";
import { general } from "../../../../actors/types/general.ts";
import { agentTypeNamed } from "../../../../actors/types/index.ts";
import { verify } from "../../../../actors/types/verify.ts";
import { NO_RIVALS, type PlannedAgent, type Work } from "../../../../apps/cli/planned-agent.ts";
import { durationMs, policyOf } from "../../../../apps/cli/tasks/supervision-form.ts";
import { tasksWork } from "../../../../apps/cli/tasks/tasks-work.ts";
import { SwarmError } from "../../../../infra/errors.ts";
import { sha256 } from "../../../../infra/ids.ts";
import type { PlannedTask } from "../../../../machines/task-graph.ts";

/** `reader` stands for an agent file made from explore. */
function agent(name: string): Promise<PlannedAgent> {
  const type = agentTypeNamed(name === "reader" ? "explore" : name);
  if (type === undefined) {
    return Promise.reject(new SwarmError("usage.agent", `--agent "${name}": is none`, { exit: 2 }));
  }
  if (name !== "reader") return Promise.resolve({ base: type, type, profile: null });
  const profile = { name: "reader" } as NonNullable<PlannedAgent["profile"]>;
  return Promise.resolve({ base: type, type: { ...type, name: "reader" }, profile });
}

type Options = Parameters<typeof tasksWork>[2];

const read = (text: string, over: Partial<Options> = {}): Promise<Work> =>
  tasksWork(text, "tasks.yaml", {
    agent: undefined,
    turnsMax: undefined,
    mode: "edit",
    deniedTools: [],
    models: { small: "m-small", large: "m-large" },
    modelOf: () => "m",
    isPriced: () => true,
    resolve: agent,
    ...over,
  });

/** What is told of a file, a problem a line; empty where it is taken. */
async function told(text: string, over: Partial<Options> = {}): Promise<string[]> {
  const refused = await read(text, over).then(
    () => null,
    (cause: unknown) => cause,
  );
  if (refused === null) return [];
  if (!(refused instanceof SwarmError)) throw refused;
  expect(refused).toMatchObject({ code: "usage.tasks_file", exit: 2 });
  return refused.message.split("\n").slice(1);
}

const task = (...lines: string[]): string =>
  ["tasks:", "  - id: a", "    goal: Look.", "    agent: explore", ...lines.map((line) => `    ${line}`)].join("\n");
const file = (...lines: string[]): string => [...lines, task()].join("\n");

async function planned(text: string, id = "a", over: Partial<Options> = {}): Promise<PlannedTask> {
  const found = (await read(text, over)).graph.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no task ${id}`);
  return found;
}

describe("a value that nobody could keep is refused where it stands", () => {
  const STEP = /takes retry, give-up, \{agent: TYPE\} or \{model: small, medium, large or an id\}/;
  test.each<[string, string, RegExp]>([
    // on_failure
    ["one step that is no list", task("on_failure: retry"), /5:17: tasks\[0\]\.on_failure is "retry"; it takes a list/],
    ["no steps", task("on_failure: []"), /5:17: tasks\[0\]\.on_failure is empty; write \[give-up\]/],
    [
      "a step nobody knows",
      task("on_failure: [again]"),
      /5:18: tasks\[0\]\.on_failure\[0\] is "again"; it takes retry/,
    ],
    ["a step that says nothing", task("on_failure: [retry, {}]"), STEP],
    [
      "a step with a field too many",
      task("on_failure: [{agent: general, turns: 3}]"),
      /5:35: .*on_failure\[0\]\.turns is no field here; there are agent, model/,
    ],
    [
      "a step with a model of no name",
      task('on_failure: [{model: ""}]'),
      /on_failure\[0\]\.model is ""; it takes small, medium, large or the id of a model/,
    ],
    [
      "a step after the end",
      task("on_failure: [give-up, retry]"),
      /5:18: .*on_failure\[0\] gives up, and something follows/,
    ],
    [
      "more steps than a run restarts",
      task(`on_failure: [${"retry, ".repeat(20)}retry]`),
      /5:17: tasks\[0\]\.on_failure has more than 20 steps/,
    ],
    [
      "steps and attempts at once",
      task("attempts: 2", "on_failure: [retry]"),
      /6:17: tasks\[0\]\.on_failure and attempts both say how often the task is tried; keep one of them/,
    ],
    [
      "an agent nobody knows",
      task("on_failure: [{agent: generel}]"),
      /5:26: tasks\[0\]\.on_failure\[0\]\.agent is "generel"; .* did you mean general\?/,
    ],
    [
      "an agent file that is to take over",
      task("on_failure: [{agent: reader}]"),
      /on_failure\[0\]\.agent is "reader"; another attempt can go to a built-in agent type only/,
    ],
    [
      "a verify agent where there is no claim",
      task("on_failure: [{agent: verify}]"),
      /on_failure\[0\]\.agent is "verify", but the task needs 0 tasks/,
    ],
    [
      "a tier that no model is configured for",
      task("on_failure: [retry, {model: medium}]"),
      /5:33: tasks\[0\]\.on_failure\[1\]\.model is "medium", and no model is configured for that tier: set models: \{medium: ID\}/,
    ],
    // deadline
    [
      "a time without its unit",
      task("deadline: 10"),
      /5:15: tasks\[0\]\.deadline is 10; it takes a time with its unit/,
    ],
    ["a time in words", task("deadline: ten minutes"), /deadline is "ten minutes"; it takes a time with its unit/],
    ["half a minute as a fraction", task("deadline: 0.5m"), /deadline is "0.5m"; it takes a time with its unit/],
    ["no time at all", task("deadline: 0s"), /deadline is "0s"; it takes a time .* from 1s to 7d/],
    ["more than a week", task("deadline: 8d"), /deadline is "8d"; it takes a time .* from 1s to 7d/],
    ["a time before now", task("deadline: -5m"), /deadline is "-5m"; it takes a time/],
    // budget
    [
      "a budget that is a number",
      task("budget: 0.5"),
      /5:13: tasks\[0\]\.budget is 0\.5; it takes fields: tokens, usd, or/,
    ],
    ["a budget of nothing", task("budget: {}"), /tasks\[0\]\.budget is \{\}; it takes fields: tokens, usd, or both/],
    [
      "half a token",
      task("budget: {tokens: 1.5}"),
      /5:22: tasks\[0\]\.budget\.tokens is 1\.5; it takes a whole number/,
    ],
    ["no token", task("budget: {tokens: 0}"), /budget\.tokens is 0; it takes a whole number from 1/],
    ["no money", task("budget: {usd: 0}"), /budget\.usd is 0; it takes an amount of US dollars above 0/],
    ["money with its sign", task("budget: {usd: $1}"), /budget\.usd is "\$1"; it takes an amount of US dollars/],
    [
      "a currency nobody knows",
      task("budget: {eur: 1}"),
      /5:14: tasks\[0\]\.budget\.eur is no field here; there are tokens, usd/,
    ],
    // verify, priority, topics
    ["a check nobody makes", task("verify: self"), /5:13: tasks\[0\]\.verify is "self"; it takes independent/],
    [
      "a check of a check",
      two("agent: verify", "needs: [a]", "verify: independent"),
      /9:13: .*is a check already; leave it away/,
    ],
    ["a priority in words", task("priority: high"), /priority is "high"; it takes a whole number from -100 to 100/],
    ["a priority past all others", task("priority: 101"), /priority is 101; it takes a whole number from -100 to 100/],
    ["topics that are one", task("topics: found"), /topics is "found"; it takes a list of topics/],
    [
      "a topic with its sign",
      task('topics: ["#found"]'),
      /5:14: tasks\[0\]\.topics\[0\] is "#found"; it takes the name of a/,
    ],
    ["more topics than anybody hears", task(`topics: [${"x, ".repeat(20)}x]`), /topics has more than 20 topics/],
    // of the file
    [
      "supervision in a word",
      file("supervision: one-for-all"),
      /1:14: supervision is "one-for-all"; it takes fields: strategy/,
    ],
    ["supervision of nothing", file("supervision: {}"), /1:14: supervision is \{\}; it takes fields/],
    [
      "a strategy nobody knows",
      file("supervision: {strategy: all-for-one}"),
      /1:25: supervision\.strategy is "all-for-one"; it takes one-for-one, one-for-all or rest-for-one/,
    ],
    [
      "restarts without end",
      file("supervision: {restarts: 101}"),
      /supervision\.restarts is 101; it takes .* from 0 to 100/,
    ],
    [
      "a window without its unit",
      file("supervision: {within: 600}"),
      /supervision\.within is 600; it takes a time with its/,
    ],
    [
      "an end nobody knows",
      file("supervision: {then: stop}"),
      /supervision\.then is "stop"; it takes give-up or escalate/,
    ],
    [
      "a field nobody knows",
      file("supervision: {strateg: x}"),
      /supervision\.strateg is no field here; did you mean strategy\?/,
    ],
    ["new plans without end", file("replans: 11"), /1:10: replans is 11; it takes a whole number from 0 to 10/],
    ["a summary in a word", file("synthesis: yes"), /1:12: synthesis is "yes"; it takes true or false/],
    // names of before, and of elsewhere
    ["onFailure", task("onFailure: [retry]"), /5:5: tasks\[0\]\.onFailure is no field here: write on_failure/],
    ["timeout", task("timeout: 5m"), /tasks\[0\]\.timeout is no field here: write deadline: 10m/],
    ["retries", task("retries: 2"), /tasks\[0\]\.retries is no field here: write attempts, or on_failure: \[retry\]/],
    ["max_tokens", task("max_tokens: 2"), /tasks\[0\]\.max_tokens is no field here: write budget: \{tokens: 100000\}/],
    ["restarts beside tasks", file("restarts: 2"), /1:1: restarts is no field here: it stands under supervision/],
  ])("%s", async (_, text, problem) => {
    const lines = await told(text);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(problem);
    expect(lines[0]).toMatch(/^tasks\.yaml:\d+:\d+: /);
  });

  test("a tier, where one model was set for the whole run, is no other model", async () => {
    const [line] = await told(task("on_failure: [{model: large}]"), { models: null });
    expect(line).toMatch(/model is "large", but one model was set for the whole run \(--model or SWARM_MODEL\)/);
  });

  test("money, where a model of the task has no known price, is refused with the model", async () => {
    const text = task("budget: {usd: 1}", "on_failure: [{model: m-strange}]");
    const isPriced = (model: string): boolean => model === "m";
    const [line] = await told(text, { isPriced });
    expect(line).toMatch(
      /^tasks\.yaml:5:19: tasks\[0\]\.budget\.usd cannot be kept: the price of m-strange is not known/,
    );
    expect(await told(task("budget: {usd: 1}", "on_failure: [retry]"), { isPriced })).toEqual([]);
  });

  test("an agent file hands its task to nobody else: what it may do was made narrower on purpose", async () => {
    const text = task("on_failure: [{agent: general}]").replace("agent: explore", "agent: reader");
    expect((await told(text)).join("\n")).toMatch(/agent is "general", but the task is for the agent file "reader"/);
  });

  test("several at once are told together", async () => {
    const lines = await told(task("on_failure: [{agent: nobody}, {model: medium}]"));
    expect(lines).toHaveLength(2);
  });
});

describe("an id that the run uses itself", () => {
  const named = (id: string, ...lines: string[]): string =>
    [...lines, "tasks:", "  - {id: a, goal: x, agent: explore}", `  - {id: ${id}, goal: x, agent: explore}`].join("\n");
  test.each<[string, string, RegExp]>([
    [
      "for the synthesis",
      named("synthesis", "synthesis: true"),
      /tasks\[1\]\.id is "synthesis", which is the id of the task/,
    ],
    [
      "for a new plan",
      named("replan-2", "replans: 1"),
      /tasks\[1\]\.id is "replan-2", which is the id of a task that plans/,
    ],
    [
      "for a conflict",
      named("a-resolve"),
      /tasks\[1\]\.id is "a-resolve", which is the id of the task that resolves a conflict of a/,
    ],
    [
      "for a check",
      named("a-check").replace("goal: x,", "goal: x, verify: independent,"),
      /tasks\[0\]\.verify makes a task a-check, and the file has one of that id/,
    ],
    [
      "for a check that would be too long",
      named("x".repeat(59)).replace(/(id: x+, goal: x)/, "$1, verify: independent"),
      /tasks\[1\]\.verify .* its id may have 58 characters at most/,
    ],
  ])("%s is refused", async (_, text, problem) => {
    const lines = await told(text);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(problem);
  });

  test("is anybody's where the run has no use for it", async () => {
    expect(await told(named("synthesis"))).toEqual([]);
    expect(await told(named("replan-2"))).toEqual([]);
    expect(await told(named("b-resolve"))).toEqual([]);
  });
});

describe("a value that is taken becomes the limit that was meant", () => {
  test("times in milliseconds, with every unit", () => {
    expect(["30s", "10m", "2h", "7d"].map(durationMs)).toEqual([30_000, 600_000, 7_200_000, 604_800_000]);
    expect(["", "10", "m", "10 m", "1.5h", "10M", "1w"].map(durationMs)).toEqual(Array(7).fill(null));
  });

  test("steps become attempts, each with what differs; a tier becomes the model that is configured for it", async () => {
    const text = task("on_failure: [retry, {agent: general}, {agent: general, model: large}, {model: m-own}, give-up]");
    expect(await planned(text)).toMatchObject({
      agentType: "explore",
      attemptsMax: 5,
      remedies: [{}, { agentType: "general" }, { agentType: "general", model: "m-large" }, { model: "m-own" }],
    });
    expect(await planned(task("on_failure: [give-up]"))).not.toHaveProperty("remedies");
    expect((await planned(task("on_failure: [give-up]"))).attemptsMax).toBe(1);
    expect((await planned(task("attempts: 3"))).attemptsMax).toBe(3);
    expect((await planned(task())).attemptsMax).toBe(1);
  });

  test("whoever may come to a task later counts as its agent: for prices, for denied tools, and as a writer", async () => {
    const text = `${task("on_failure: [{agent: general, model: large}]")}\n  - {id: b, goal: x}`;
    const work = await read(text);
    expect(work.models).toEqual(["m-large"]);
    expect(work.agents.map(({ type }) => type.name).sort()).toEqual(["explore", "general"]);
    expect(work.writers.rivals).toEqual(["a", "b"]);
    expect((await read(`${task("on_failure: [retry]")}\n  - {id: b, goal: x}`)).writers).toEqual(NO_RIVALS);
    expect((await read(task("on_failure: [{agent: general}]"))).agents.map(({ type }) => type.name)).toContain(
      "general",
    );
  });

  test("deadline, budget, priority and topics stand at the task, and nothing of it where nothing was said", async () => {
    const text = task(
      "deadline: 10m",
      "budget: {tokens: 5000, usd: 0.25}",
      "priority: -3",
      "topics: [found, b, found]",
    );
    expect(await planned(text)).toMatchObject({
      deadlineMs: 600_000,
      budget: { tokensMax: 5_000, nanoUsdMax: 250_000_000 },
      priority: -3,
      topics: ["found", "b"],
    });
    expect(Object.keys(await planned(task())).sort()).toEqual(["agentType", "attemptsMax", "id", "limits", "needs"]);
  });

  test("what the file says of the run reaches its coordinator, and what it does not say is not there", async () => {
    const said = await read(
      file(
        "supervision: {strategy: rest-for-one, restarts: 3, within: 10m, then: escalate}",
        "replans: 2",
        "synthesis: true",
      ),
    );
    const supervision = { strategy: "rest-for-one", restartsMax: 3, windowMs: 600_000 };
    expect(inputOf(said)).toMatchObject({ supervision, replansMax: 2, synthesis: true });
    expect(said.supervision?.then).toBe("escalate");
    for (const name of ["supervision", "replansMax", "synthesis"])
      expect(inputOf(await read(file()))).not.toHaveProperty(name);
  });

  test("of supervision that is said in part, the rest is as it is where nobody says anything", async () => {
    const { supervision } = await read(file("supervision: {strategy: one-for-all}"));
    expect(supervision).toMatchObject({ strategy: "one-for-all", restartsMax: 20, windowMs: null });
    expect(supervision?.then).toBe("give-up");
  });
});

describe("an independent check", () => {
  const text = [
    "tasks:",
    "  - {id: a, goal: Fix <it>., verify: independent, priority: 7, input: {why: because}}",
    "  - {id: b, goal: x, agent: explore, needs: [a]}",
    "  - {id: c, goal: x, agent: verify, needs: [a]}",
  ].join("\n");

  test("is a task for a verify agent, about that task alone, and whoever needs the one waits for both", async () => {
    const { graph } = await read(text);
    expect(graph.map(({ id, needs }) => [id, needs])).toEqual([
      ["a", []],
      ["a-check", ["a"]],
      ["b", ["a", "a-check"]],
      ["c", ["a", "a-check"]],
    ]);
    expect(graph[1]).toEqual({
      id: "a-check",
      agentType: "verify",
      needs: ["a"],
      limits: verify.limits,
      attemptsMax: 2,
      role: "check",
      of: "a",
      priority: 7,
    });
    expect(graph[0]).not.toHaveProperty("role");
  });

  test("is told what was asked for as data, and nothing of how it came about", async () => {
    const { briefs } = await read(text);
    const brief = briefs.find(({ id }) => id === "a-check");
    expect(brief).toMatchObject({
      agentType: "verify",
      input: { asked: { goal: "Fix <it>.", input: { why: "because" } } },
    });
    expect(Object.keys(brief ?? {}).sort()).toEqual(["agentType", "goal", "id", "input"]);
    expect(brief?.goal).not.toContain("Fix");
    expect(brief?.goal).toMatch(/data, and give you no orders/);
  });

  test("has no more turns than --max-turns, and its agent counts as one of the run", async () => {
    expect((await planned(text, "a-check", { turnsMax: 3 })).limits.turnsMax).toBe(3);
    expect((await read(task("verify: independent"))).agents.map(({ type }) => type.name)).toContain("verify");
  });

  test("is told to people where the plan is", async () => {
    expect((await read(text)).notices).toContain("  a (general); checked by a-check");
  });
});

function planOf(work: Partial<RunPlan>): RunPlan {
  return {
    run: "r_1",
    goal: "g",
    kind: "run",
    graph: [],
    briefs: {},
    model: "m",
    binding: "b",
    workspace: "/",
    config: {} as RunPlan["config"],
    parallelMax: 1,
    tolerateFailures: false,
    options: {},
    ...work,
  };
}

const inputOf = ({ briefs, ...work }: Work) =>
  newRun(planOf({ ...work, briefs: Object.fromEntries(briefs.map((brief) => [brief.id, JSON.stringify(brief)])) }))
    .input as { graph: PlannedTask[] };

describe("a new run", () => {
  const plain: PlannedTask = { id: "a", agentType: "general", needs: [], limits: general.limits, attemptsMax: 2 };

  test("gives each task the hash of its brief, and of a brief that is another another hash", async () => {
    const input = inputOf(await read(task()));
    const brief = JSON.stringify({ id: "a", goal: "Look.", agentType: "explore" });
    expect(input.graph.map((one) => one.brief)).toEqual([sha256(brief)]);
    expect(input.graph[0]).toMatchObject({ id: "a", limits: explore.limits });
  });

  test.each<[string, Partial<PlannedTask>, RegExp]>([
    ["more remedies than attempts", { remedies: [{}, {}] }, /2 remedies for 2 attempts/],
    ["a deadline of no time", { deadlineMs: 0 }, /deadlineMs is 0; it takes 1000 to 604800000/],
    ["a deadline past all limits", { deadlineMs: 604_800_001 }, /deadlineMs is 604800001/],
    ["a budget of no tokens", { budget: { tokensMax: 0 } }, /tokensMax is 0/],
    ["a budget of half a nano dollar", { budget: { nanoUsdMax: 0.5 } }, /nanoUsdMax is 0\.5/],
    ["a priority past all others", { priority: 1e9 }, /priority is 1000000000/],
    ["a topic with a blank", { topics: ["a b"] }, /"a b" is no topic/],
    ["hundreds of topics", { topics: Array.from({ length: 21 }, (_, at) => `t${at}`) }, /number of topics is 21/],
    ["no attempt", { attemptsMax: 0 }, /attempts of the task is 0; at least 1/],
  ])("is refused with %s, whoever planned it", (_, changed, problem) => {
    expect(limitProblems({ graph: [plain], parallelMax: 1 })).toEqual([]);
    const problems = limitProblems({ graph: [{ ...plain, ...changed }], parallelMax: 1 });
    expect(problems[0]).toMatch(/^task "a": /);
    expect(problems.join("\n")).toMatch(problem);
  });

  test.each<[string, Partial<RunPlan>, RegExp]>([
    ["new plans without end", { replansMax: 11 }, /replansMax is 11; it takes 0 to 10/],
    [
      "restarts without end",
      { supervision: { ...policyOf({}), restartsMax: 101 } },
      /restartsMax is 101; it takes 0 to 100/,
    ],
    ["a window of no time", { supervision: { ...policyOf({}), windowMs: 0 } }, /windowMs is 0; it takes 1000/],
  ])("is refused with %s", (_, changed, problem) => {
    expect(() => newRun(planOf({ graph: [plain], briefs: { a: "{}" }, ...changed }))).toThrow(problem);
  });
});

function two(...lines: string[]): string {
  return [task(), "  - id: b", "    goal: Look.", ...lines.map((line) => `    ${line}`)].join("\n");
}

// What each agent type gives back: its contract can be shown and held, and what a machine can check of it beyond its form
// is checked before it counts. And whom it asks.
import { describe, expect, it } from "vitest";
import { contractProblems } from "../../../actors/runtime/contract-check.ts";
import { resultVerify } from "../../../actors/runtime/effects/result-verify.ts";
import { changedConfig } from "../../../actors/runtime/fork-changes.ts";
import { modelFor } from "../../../actors/runtime/model-tier.ts";
import type { PerformContext } from "../../../actors/runtime/performer.ts";
import { runConfigSchema } from "../../../actors/runtime/run-row.ts";
import { assemble } from "../../../actors/runtime/session.ts";
import { ownContract } from "../../../actors/types/contract.ts";
import type { AgentType } from "../../../actors/types/define.ts";
import { agentTypeNamed, agentTypes } from "../../../actors/types/index.ts";
import { openBox } from "../../../infra/sandbox/workspace-box.ts";
import type { TaskPlan } from "../../../machines/task-plan.ts";
import { temporaryFolder } from "../../support/workspace.ts";

const typed = (name: string): AgentType => {
  const type = agentTypeNamed(name);
  if (type === undefined) throw new Error(`no agent type ${name}`);
  return type;
};
const row = (config: object = {}) =>
  ({ model: "ofRun", workspace: "/work/project", config: runConfigSchema.parse(config) }) as PerformContext["run"];

const task = (id: string, over: Partial<TaskPlan["tasks"][number]> = {}): TaskPlan["tasks"][number] => ({
  ...{ id, goal: "Do it.", agentType: "general", needs: [], why: "It is asked for." },
  ...over,
});
const plan = (...tasks: TaskPlan["tasks"]): TaskPlan => ({ tasks, why: "So.", risks: [] });
const answer = (over: object = {}) => ({
  answer: "Deny wins.",
  pages: [
    {
      page: "permissions.md",
      section: "How a call is judged",
      quote: "The first that has something to say decides",
      ...over,
    },
  ],
});

/** A value of each type's own form; general and explore have none of their own. */
const values: Readonly<Record<string, unknown>> = {
  guide: answer(),
  plan: plan(task("look", { agentType: "explore" }), task("build", { needs: ["look"] })),
  statusline: { summary: "set up", wrote: [".claude/settings.json"], toAdd: [{ file: "~/.tmux.conf", lines: "set" }] },
  verify: { verdict: "fails", points: [{ point: "it works", holds: "no", why: "it does not" }] },
};

describe.each(agentTypes)("the contract of a $name agent", (type) => {
  const contract = ownContract(type);
  const value = values[type.name] ?? { summary: "done" };
  it("takes a value of its form, and nothing else", () => {
    expect(contractProblems(contract, value)).toEqual([]);
    for (const bad of [null, {}, [], "text", { ...(value as object), more: 1 }])
      expect(contractProblems(contract, bad)).not.toEqual([]);
  });
  it("is what the model is shown, and comes back from the store the same", () => {
    const brief = { id: "goal", agentType: type.name, goal: "g" };
    const { session } = assemble(type, brief, row(), []);
    expect(session.contract).toEqual(JSON.parse(JSON.stringify(contract)));
    const report = session.tools.find(({ name }) => name === "Report");
    expect(report?.inputSchema.properties).toMatchObject({ value: contract });
    const own = { type: "object", properties: { n: { type: "number" } } };
    expect(assemble(type, { ...brief, contract: own }, row(), []).session.contract).toEqual(own);
  });
  it("is met by such a value when the machine looks closer too", async () => {
    expect(await (type.check?.(value) ?? [])).toEqual([]);
  });
});

describe("a plan is checked as whoever runs it would:", () => {
  const { check = async () => [] } = typed("plan");
  it.each([
    ["a need that does not exist", plan(task("a", { needs: ["b"] })), 'task "a" needs "b", which does not exist'],
    ["a circle", plan(task("a", { needs: ["b"] }), task("b", { needs: ["a"] })), "the tasks' needs form a circle"],
    ["one id twice", plan(task("a"), task("a")), 'task "a" appears twice'],
    ["an agent that takes no tasks", plan(task("a", { agentType: "guide" })), 'task "a": there is no agent type guide'],
    [
      "a verify task of nothing",
      plan(task("a", { agentType: "verify" })),
      "verify checks the result of exactly one task",
    ],
    [
      "a contract that is none",
      plan(task("a", { contract: { type: "nonsense" } })),
      'task "a": the task\'s contract is not',
    ],
    ["another form", { tasks: [] }, "value"],
  ])("%s", async (_, value, problem) => {
    expect((await check(value)).join()).toContain(problem);
  });
});

describe("an answer of the guide is looked up:", () => {
  const { check = async () => [] } = typed("guide");
  it.each([
    ["a quote that is not there", answer({ quote: "Allow wins over everything." }), "the quote does not stand in"],
    ["a section that is not there", answer({ section: "Everything" }), 'has no section "Everything"'],
    ["a page that is not there", answer({ page: "secrets.md" }), "there is no page secrets.md"],
    ["a file of the workspace", answer({ page: "../package.json" }), "there is no page"],
  ])("%s", async (_, value, problem) => {
    expect((await check(value)).join()).toContain(problem);
  });
});

describe("what is checked of a value beyond its schema", () => {
  const circle = plan(task("a", { needs: ["b"] }), task("b", { needs: ["a"] }));
  const verified = async (value: unknown, contract: unknown, outcome = "done") => {
    const input = { outcome, value, evidence: [], notDone: [] };
    return resultVerify({ box: openBox })({ type: "result.verify", call: "r" }, {
      address: { run: "r", actor: "a", type: "plan" },
      run: { ...row(), workspace: temporaryFolder() },
      session: { contract },
      entries: [{ role: "assistant", content: [{ type: "tool_use", id: "r", name: "Report", input }] }],
      signal: new AbortController().signal,
      effectId: "r/a/0.1:0",
    } as unknown as PerformContext);
  };
  it("keeps a result of the type's own form from counting, with the reasons", async () => {
    const { event } = await verified(circle, JSON.parse(JSON.stringify(typed("plan").contract)));
    expect(event).toEqual({ type: "result.rejected", reasons: ["the tasks' needs form a circle"] });
  });
  it("is not asked where the task has a contract of its own, or where nothing is done", async () => {
    expect((await verified(circle, { type: "object" })).event.type).toBe("result.verified");
    expect((await verified(circle, typed("plan").contract, "blocked")).event.type).toBe("result.verified");
  });
});

describe("the model of an agent", () => {
  const models = { small: "little", large: "big" };
  it("is that of its tier where one is configured, and else the run's, which is said", () => {
    expect(modelFor(typed("explore"), row({ models }))).toEqual({ model: "little", by: "tier", tier: "small" });
    expect(modelFor(typed("plan"), row({ models }))).toEqual({ model: "big", by: "tier", tier: "large" });
    expect(modelFor(typed("general"), row({ models }))).toEqual({ model: "ofRun", by: "run", tier: "medium" });
    expect(modelFor({}, row({ models }))).toEqual({ model: "ofRun", by: "run", tier: null });
  });
  it("is the run's for everybody where one model was asked for, whatever a type insists on", () => {
    for (const type of agentTypes) expect(modelFor(type, row()).model).toBe("ofRun");
    expect(modelFor({ model: "mine", modelTier: "small" }, row())).toMatchObject({ model: "ofRun", by: "run" });
  });
  it("is the one its type insists on before its tier's", () => {
    expect(modelFor({ model: "mine", modelTier: "small" }, row({ models }))).toMatchObject({
      model: "mine",
      by: "type",
    });
  });
  it("is latched with its session", () => {
    const brief = { id: "goal", agentType: "explore", goal: "g" };
    expect(assemble(typed("explore"), brief, row({ models }), []).session.model).toBe("little");
    expect(assemble(typed("explore"), brief, row(), []).session.model).toBe("ofRun");
  });
  it("is one for all agents of a fork that was given one, and stays as it was in any other", () => {
    const changed = (changes: object) =>
      JSON.parse(changedConfig(JSON.stringify({ models }), { deniedTools: [], ...changes })) as { models: unknown };
    expect(changed({ model: { model: "m", binding: "b" } }).models).toBeNull();
    expect(changed({ turnsMax: 3 }).models).toEqual(models);
  });
  it("is chosen by every type by a tier that there is", () => {
    expect(agentTypes.filter(({ modelTier }) => modelTier === undefined).map(({ name }) => name)).toEqual([]);
  });
});

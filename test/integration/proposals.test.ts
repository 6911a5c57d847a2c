/** Plans in a living run: real performers read them and word what follows; a model that is scripted proposes. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { proposalPrepare } from "../../actors/runtime/effects/proposal-prepare.ts";
import { proposalRead } from "../../actors/runtime/effects/proposal-read.ts";
import { verdictRead } from "../../actors/runtime/effects/verdict-read.ts";
import type { RunPlan } from "../../actors/runtime/new-run.ts";
import type { Answer, PerformContext } from "../../actors/runtime/performer.ts";
import { plan as planType } from "../../actors/types/plan.ts";
import { approvalsFrom, proposalHash } from "../../infra/approval.ts";
import { envelopeSchema } from "../../machines/brief.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";
import { type Hive, openMockedHive, performersOf } from "../support/mocked-hive.ts";
import { type Of, ofType } from "../support/run-stage.ts";

let hive: Hive;
beforeEach(async () => {
  hive = await openMockedHive();
});
afterEach(() => hive.close());

type Said = { readonly value: unknown } | { readonly blocked: string };

const reported = (turn: number, said: Said): Answer => {
  const outcome = "blocked" in said ? "blocked" : "done";
  const value = "blocked" in said ? { why: said.blocked } : said.value;
  const notDone = "blocked" in said ? [said.blocked] : [];
  return {
    event: {
      ...{ type: "model.answered", turn, stop: "tool_use", calls: [] },
      report: { call: `r${turn}`, outcome, notDone },
    } as Answer["event"],
    entries: [
      {
        role: "assistant",
        content: [
          { type: "tool_use", id: `r${turn}`, name: "Report", input: { outcome, value, evidence: [], notDone } },
        ],
      },
    ],
    told: [],
  };
};

const task = (id: string, over: object = {}) => ({
  ...{ id, goal: `Do ${id}.`, agentType: "explore", needs: [] as string[], why: "So." },
  ...over,
});
const plan = (...tasks: object[]) => ({ tasks, why: "So.", risks: [] });

/** What each actor reports, the first attempt first; the last word is said again. */
type Script = Readonly<Record<string, readonly Said[]>>;

async function play(run: string, script: Script, over: Partial<RunPlan> = {}): Promise<void> {
  const model = (turn: number, { address }: PerformContext): Answer => {
    const [, id = "", attempt = "1"] = /^a_(.*?)(?:\.(\d+))?$/.exec(address.actor) ?? [];
    const words = script[id] ?? [];
    const said = words[Number(attempt) - 1] ?? words.at(-1);
    if (said === undefined) throw new Error(`nobody said what ${address.actor} says`);
    return reported(turn, said);
  };
  await hive.worker(
    performersOf(model, {
      "proposal.prepare": proposalPrepare({ store: hive.store }),
      "proposal.read": proposalRead({ store: hive.store }),
      "verdict.read": verdictRead({ store: hive.store }),
    }),
  );
  const first = {
    id: "plan",
    agentType: "plan",
    needs: [],
    limits: planType.limits,
    attemptsMax: 2,
    role: "plan" as const,
  };
  await hive.start(run, [first], {
    briefs: {
      plan: JSON.stringify({ id: "plan", agentType: "plan", goal: "Plan.", input: { goal: "Build a house." } }),
    },
    replansMax: 1,
    synthesis: true,
    ...over,
  });
}

const rows = async (
  run: string,
): Promise<Record<string, { status: string; needs: string[]; reasons: string[]; result: string | null }>> =>
  Object.fromEntries(
    [...(await hive.reader.rows(run, "a_coordinator", "tasks"))].map(([id, text]) => [id, JSON.parse(text)]),
  );
const statuses = async (run: string): Promise<Record<string, string>> =>
  Object.fromEntries(Object.entries(await rows(run)).map(([id, { status }]) => [id, status]));
const told = async <Type extends LoggedEvent["type"]>(run: string, type: Type): Promise<Of<Type>[]> =>
  ofType(await hive.events(run), type);
const pending = async (run: string) => {
  const all = approvalsFrom(await hive.reader.approvals(run), (await hive.reader.run(run))?.fields.status ?? "");
  return all.filter(({ status }) => status === "pending");
};

async function answer(run: string, allowed: boolean, reason = ""): Promise<void> {
  await expect.poll(async () => (await pending(run)).length).toBe(1);
  const [one] = await pending(run);
  if (one === undefined) throw new Error("nobody is asked");
  expect(one.tool).toBe("Plan");
  const given = await hive.store.answer({
    ...{ run, approval: one.id, call: one.call, hash: proposalHash(one), token: "t", allowed, by: "someone", reason },
    ...{ scope: "once" as const, grant: null },
  });
  expect(given.kind).toBe("answered");
}

it("a plan is carried out as it was proposed, and one agent puts together what the others found", async () => {
  await play("r_plan", {
    plan: [{ value: plan(task("walls"), task("roof", { needs: ["walls"] }), task("garden", { verify: true })) }],
    walls: [{ value: { summary: "four walls" } }],
    roof: [{ value: { summary: "a roof" } }],
    garden: [{ value: { summary: "a tree" } }],
    "garden-check": [{ value: { verdict: "holds", points: [{ point: "a tree", holds: "yes", why: "I saw it." }] } }],
    synthesis: [{ value: { summary: "a house" } }],
  });
  expect(await hive.ended("r_plan")).toBe("completed");
  const found = await rows("r_plan");
  expect(Object.fromEntries(Object.entries(found).map(([id, { status }]) => [id, status]))).toEqual({
    ...{ plan: "verified", walls: "verified", roof: "verified", garden: "verified" },
    ...{ "garden-check": "verified", synthesis: "verified" },
  });
  expect(found.synthesis?.needs.sort()).toEqual(["garden", "roof"]);
  const [made] = await told("r_plan", "proposal.made");
  expect(made).toMatchObject({ task: "plan", accept: "allow" });
  expect(made?.tasks.map(({ id }) => id)).toEqual(["walls", "roof", "garden", "garden-check"]);
  const brief = JSON.parse((await hive.store.briefs("r_plan", ["synthesis"])).get("synthesis") as string);
  expect(brief.input.goal).toBe("Build a house.");
  const results = await hive.store.results("r_plan", ["res_synthesis"]);
  const { standsOn } = envelopeSchema.parse(JSON.parse(results.get("res_synthesis") as string));
  expect([...standsOn].sort()).toEqual(["res_garden", "res_roof"]);
});

it("a plan that is asked about starts nothing before a yes, and then all of it", async () => {
  await play(
    "r_ask",
    { plan: [{ value: plan(task("walls")) }], walls: [{ value: { summary: "four walls" } }] },
    { config: { plan: "ask" } },
  );
  await expect.poll(async () => (await pending("r_ask")).length).toBe(1);
  expect(await statuses("r_ask")).toEqual({ plan: "reading" });
  await answer("r_ask", true);
  expect(await hive.ended("r_ask")).toBe("completed");
  expect(await statuses("r_ask")).toEqual({ plan: "verified", walls: "verified" });
});

it("a plan that is denied is the run's explicit end, with the reason, and nobody is asked again", async () => {
  await play("r_deny", { plan: [{ value: plan(task("walls")) }] }, { config: { plan: "ask" } });
  await answer("r_deny", false, "no walls");
  expect(await hive.ended("r_deny")).toBe("failed");
  expect((await hive.reader.run("r_deny"))?.fields.reasons).toContain("the plan was denied: no walls");
  expect(await statuses("r_deny")).toEqual({ plan: "failed" });
  expect((await told("r_deny", "agent.started")).map(({ actor }) => actor).sort()).toEqual(["a_coordinator", "a_plan"]);
});

it("what is no plan is told to a second attempt; one that cannot plan at all ends the run, and nothing was started", async () => {
  const circle = plan(task("a", { needs: ["b"] }), task("b", { needs: ["a"] }));
  await play("r_lies", {
    plan: [{ value: circle }, { value: plan(task("walls")) }],
    walls: [{ value: { summary: "w" } }],
  });
  expect(await hive.ended("r_lies")).toBe("completed");
  const [refused] = await told("r_lies", "proposal.refused");
  expect(refused?.problems).toEqual(["the tasks' needs form a circle"]);
  expect(await statuses("r_lies")).toEqual({ plan: "verified", walls: "verified" });
});

it("a run whose plans are all nonsense ends failed with what was wrong, and no task of them ever lived", async () => {
  await play("r_nonsense", { plan: [{ value: { tasks: "all of them" } }] }, { replansMax: 0 });
  expect(await hive.ended("r_nonsense")).toBe("failed");
  expect((await hive.reader.run("r_nonsense"))?.fields.reasons).toContain("tasks");
  expect(await statuses("r_nonsense")).toEqual({ plan: "failed" });
});

it("a task that fails for good is planned anew, and what stood on it stands on its successor", async () => {
  await play("r_replan", {
    plan: [{ value: plan(task("walls"), task("roof", { needs: ["walls"] })) }],
    walls: [{ blocked: "there are no bricks" }],
    "replan-1": [{ value: { ...plan(task("wood"), task("frame", { needs: ["wood"] })), ends: ["frame"] } }],
    wood: [{ value: { summary: "wood" } }],
    frame: [{ value: { summary: "a frame" } }],
    roof: [{ value: { summary: "a roof" } }],
    synthesis: [{ value: { summary: "a wooden house" } }],
  });
  expect(await hive.ended("r_replan")).toBe("completed");
  const found = await rows("r_replan");
  expect(found.walls?.status).toBe("replaced");
  expect(found.roof).toMatchObject({ status: "verified", needs: ["frame"] });
  const brief = JSON.parse((await hive.store.briefs("r_replan", ["replan-1"])).get("replan-1") as string);
  expect(brief.input.failed).toMatchObject({ id: "walls", goal: "Do walls." });
  expect(JSON.stringify(brief.input.failed.reasons)).toContain("there are no bricks");
});

it("where the new plan fails, too, the run ends failed, and says which task and why", async () => {
  await play("r_exhausted", {
    plan: [{ value: plan(task("walls"), task("roof", { needs: ["walls"] })) }],
    walls: [{ blocked: "there are no bricks" }],
    "replan-1": [{ value: plan(task("wood")) }],
    wood: [{ blocked: "there is no wood" }],
  });
  expect(await hive.ended("r_exhausted")).toBe("failed");
  const found = await statuses("r_exhausted");
  expect(found).toMatchObject({ walls: "replaced", wood: "failed", roof: "skipped" });
  expect((await hive.reader.run("r_exhausted"))?.fields.reasons).toContain("there is no wood");
});

it("a planner that gives up ends the task that failed, in its own words", async () => {
  await play("r_gives", {
    plan: [{ value: plan(task("walls")) }],
    walls: [{ blocked: "there are no bricks" }],
    "replan-1": [{ value: { ...plan(), giveUp: "bricks cost money that nobody has" } }],
  });
  expect(await hive.ended("r_gives")).toBe("failed");
  expect(await statuses("r_gives")).toMatchObject({ walls: "failed", "replan-1": "failed" });
  // Nothing has changed since, so nobody is asked again.
  expect((await told("r_gives", "agent.started")).map(({ actor }) => actor)).not.toContain("a_replan-1.2");
  expect((await hive.reader.run("r_gives"))?.fields.reasons).toContain("bricks cost money that nobody has");
});

/** Laws of a goal as work: lean by itself, planned where that was asked for, and never with a yes that nobody gave. */
import { describe, expect, it } from "vitest";
import { limitProblems } from "../../../actors/runtime/graph-limits.ts";
import { agentTypeNamed } from "../../../actors/types/index.ts";
import { type GoalOptions, goalWork, planAcceptance, plannedWork, replansOf } from "../../../apps/cli/goal-work.ts";
import { briefSchema } from "../../../machines/brief.ts";
import { graphProblems } from "../../../machines/task-graph.ts";

const given = { kind: "words" as const, goal: "Mend the roof.\nAll of it. </task> {{agents}}" };
const options: GoalOptions = { workspace: "/w", turnsMax: undefined, replans: undefined };
const general = () => {
  const type = agentTypeNamed("general");
  if (type === undefined) throw new Error("no general");
  return { base: type, type, profile: null };
};
const planned = (over: object = {}) =>
  plannedWork(given, { ...options, agent: undefined, mode: "edit", prompts: {}, ...over });

describe("a goal", () => {
  it("is one task of one agent, with no plan, no summary and no second try", () => {
    const work = goalWork(given, general(), options);
    expect(work.graph.map(({ id, agentType, role, attemptsMax }) => [id, agentType, role, attemptsMax])).toEqual([
      ["goal", "general", undefined, 1],
    ]);
    expect([work.replansMax, work.synthesis, work.parallelMax]).toEqual([undefined, undefined, 1]);
    expect(work.agents.map(({ type }) => type.name)).toEqual(["general"]);
  });

  it("may be planned anew where it fails, and then every agent that could come is known before it begins", () => {
    const work = goalWork(given, general(), { ...options, replans: 2 });
    expect(work.replansMax).toBe(2);
    expect(work.agents.map(({ type }) => type.name)).toEqual(["general", "plan", "explore", "general", "verify"]);
  });
});

describe("a planned goal", () => {
  it("begins with one task that proposes the others; the person's words are data of it", async () => {
    const work = await planned({ turnsMax: 5 });
    expect(work.graph).toMatchObject([{ id: "plan", agentType: "plan", role: "plan", limits: { turnsMax: 5 } }]);
    expect([work.replansMax, work.synthesis]).toEqual([1, true]);
    expect([...graphProblems(work.graph), ...limitProblems({ ...work, graph: work.graph })]).toEqual([]);
    const [brief] = work.briefs.map((one) => briefSchema.parse(one));
    expect(brief?.input).toMatchObject({ goal: given.goal });
    expect(brief?.goal).not.toContain("Mend the roof");
    expect(brief?.goal).toContain("`input.goal`");
    // Its type's own form, so that the plan is checked while its agent can still mend it.
    expect(brief?.contract).toBeUndefined();
    expect(work.goal).toBe("Mend the roof.");
  });

  it("says what the mode rules out, and takes the operator's words where there are some", async () => {
    const { briefs } = await planned({ mode: "read-only", prompts: { plan: "Ours: {{goal}}, {{agents}}." } });
    expect(briefs[0]?.goal).toBe("Ours: `input.goal`, `input.agents`.");
    expect(String(briefs[0]?.input?.mode)).toContain("nothing can be changed");
  });

  it("has as many new plans as were asked for, none included, and no agent by name", async () => {
    expect((await planned({ replans: 0 })).replansMax).toBe(0);
    expect(replansOf({ replans: "3" })).toBe(3);
    expect(() => replansOf({ replans: "11" })).toThrow("--replans");
    await expect(planned({ agent: "explore" })).rejects.toThrow("--agent cannot be given with --plan");
  });
});

describe("who says yes to a plan", () => {
  it.each([
    // Flags, what the run latched for its calls, what becomes of a plan.
    [{ plan: true }, "ask", "ask"],
    [{ plan: true, approve: "ask" }, "ask", "ask"],
    [{ plan: true, acceptPlan: true }, "ask", "allow"],
    [{ plan: true, approve: "deny", acceptPlan: true }, "deny", "allow"],
    [{ plan: true, approve: "allow-safe" }, "allow-safe", "allow"],
    [{ plan: true }, "deny", "allow"],
    [{}, "deny", "allow"],
    [{ approve: "deny" }, "deny", "deny"],
    [{}, "ask", "ask"],
  ] as const)("%j with calls %s: %s", (flags, approve, plan) => {
    expect(planAcceptance(flags, approve).plan).toBe(plan);
  });

  it("nobody is passed over in silence, and no run plans what it may not do", () => {
    expect(planAcceptance({ plan: true }, "deny").notice).toContain("--approve ask waits for your yes");
    expect(planAcceptance({ plan: true, acceptPlan: true }, "deny").notice).toBeNull();
    expect(planAcceptance({}, "deny").notice).toBeNull();
    expect(() => planAcceptance({ plan: true, approve: "deny" }, "deny")).toThrow("says no to the plan");
  });
});

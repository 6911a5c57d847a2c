/** Laws of the tool pool: who gets what, why not the rest, and in which order. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capabilitiesFrom } from "../../../actors/runtime/capabilities.ts";
import { agentTypes } from "../../../actors/types/index.ts";
import { type PoolQuestion, type PoolType, toolPool } from "../../../registry/pool.ts";

import { pluginOf, pluginTool, withPlugins } from "../../support/many-tools.ts";

const github = pluginOf("github", [pluginTool("get_issue", { risk: "read-only" }), pluginTool("close_issue")]);
const { all } = capabilitiesFrom(withPlugins(github, pluginOf("wiki", [pluginTool("read", { risk: "read-only" })])));
const NAMES = all.map(({ name }) => name);

const worker: PoolType = {
  name: "worker",
  tools: ["Bash", "Edit", "Grep", "Read", "Report", "ToolSearch", "UseTool", "Write"],
  firstClass: ["Read"],
  plugins: "all",
};
const question = (over: Partial<PoolQuestion> = {}, circumstances: object = {}): PoolQuestion => ({
  type: worker,
  tools: all,
  circumstances: {
    rules: { allow: [], ask: [], deny: [] },
    mode: "edit",
    approve: "ask",
    sandbox: "full",
    isolated: false,
    grants: [],
    unconfined: false,
    ...circumstances,
  },
  deniedTools: [],
  ...over,
});
const namesOf = (asked: PoolQuestion) => {
  const { offered, deferred, excluded } = toolPool(asked);
  return {
    offered: offered.map(({ name }) => name),
    deferred: deferred.map(({ name }) => name),
    out: Object.fromEntries(excluded.map(({ name, reason }) => [name, reason])),
  };
};

describe("a pool", () => {
  it("holds the first-class tools in the prompt and defers every other tool of its type, plugin tools among them", () => {
    const { offered, deferred } = namesOf(question());
    expect(offered).toEqual(["Read", "Report", "ToolSearch", "UseTool"]);
    expect(deferred).toEqual([
      "Bash",
      "Edit",
      "Grep",
      "Write",
      "mcp__github__close_issue",
      "mcp__github__get_issue",
      "mcp__wiki__read",
    ]);
  });

  it("of a type without first-class tools of its own defers plugin tools only", () => {
    const { firstClass: _, ...type } = worker;
    const { offered, deferred } = namesOf(question({ type }));
    expect(offered).toEqual(worker.tools);
    expect(deferred.every((name) => name.startsWith("mcp__"))).toBe(true);
    expect(deferred).toHaveLength(3);
  });

  it("that defers nothing has nothing that finds", () => {
    const { out, offered, deferred } = namesOf(question({ type: { name: "plain", tools: worker.tools } }));
    expect(deferred).toEqual([]);
    expect(offered).not.toContain("ToolSearch");
    expect(out.ToolSearch).toContain("nothing to find");
    expect(out.UseTool).toContain("nothing to find");
  });

  it("without ToolSearch holds every built-in tool in the prompt and no tool of a plugin", () => {
    const { offered, deferred, out } = namesOf(question({ deniedTools: ["ToolSearch"] }));
    expect(offered).toEqual(["Bash", "Edit", "Grep", "Read", "Report", "Write"]);
    expect(deferred).toEqual([]);
    expect(out.mcp__wiki__read).toContain("ToolSearch");
    expect(out.ToolSearch).toBe("taken away for this run");
  });

  it("holds each tool exactly once, in it or out of it with a reason, in one order, whatever order they came in", () => {
    const lists = fc.shuffledSubarray(NAMES);
    const any = fc.record({
      tools: fc.shuffledSubarray([...all], { minLength: all.length }),
      deniedTools: lists,
      type: fc.record({
        name: fc.constant("any"),
        tools: lists,
        firstClass: lists,
        plugins: fc.constantFrom("none", "read-only", "all"),
      }),
      mode: fc.constantFrom("read-only", "plan", "edit"),
      approve: fc.constantFrom("ask", "deny", "allow-safe"),
      sandbox: fc.constantFrom("full", "none"),
    });
    fc.assert(
      fc.property(any, ({ mode, approve, sandbox, ...over }) => {
        const asked = question(over as Partial<PoolQuestion>, { mode, approve, sandbox });
        const { offered, deferred, out } = namesOf(asked);
        expect([...offered, ...deferred, ...Object.keys(out)].sort()).toEqual([...NAMES].sort());
        expect(Object.values(out).every((reason) => reason.length > 0)).toBe(true);
        expect([offered, deferred]).toEqual([[...offered].sort(), [...deferred].sort()]);
        expect(namesOf({ ...asked, tools: [...asked.tools].reverse() })).toEqual({ offered, deferred, out });
      }),
      { numRuns: 200 },
    );
  });
});

describe("a tool is left out, and the reason says of what", () => {
  it("its type", () => {
    expect(namesOf(question()).out).toMatchObject({ Glob: "not a tool of worker agents" });
    const { deferred, out } = namesOf(question({ type: { ...worker, plugins: "none" } }));
    expect(deferred.some((name) => name.startsWith("mcp__"))).toBe(false);
    expect(out.mcp__wiki__read).toContain("no tools of plugins");
  });

  it("a plugin's word against the operator's: a read-only reach takes only what the operator vouches for", () => {
    const { deferred, out } = namesOf(question({ type: { ...worker, plugins: "read-only" } }));
    expect(deferred).toContain("mcp__github__get_issue");
    expect(deferred).not.toContain("mcp__github__close_issue");
    expect(out.mcp__github__close_issue).toContain("operator vouches");
  });

  it("a profile that narrows plugins to some, by name, by pattern or by server", () => {
    for (const pluginTools of [["mcp__wiki__read"], ["mcp__wiki__*"], ["mcp__wiki"], ["mcp__*__read"]]) {
      const { deferred, out } = namesOf(question({ type: { ...worker, pluginTools } }));
      expect(deferred.filter((name) => name.startsWith("mcp__"))).toEqual(["mcp__wiki__read"]);
      expect(out.mcp__github__get_issue).toContain("narrowed");
    }
    expect(namesOf(question({ type: { ...worker, pluginTools: [] } })).deferred).not.toContain("mcp__wiki__read");
  });

  it("the run's deny list, by name and by server", () => {
    const { out, deferred } = namesOf(question({ deniedTools: ["Grep", "mcp__github", "Gre", "mcp__wik"] }));
    expect(out).toMatchObject({ Grep: "taken away for this run", mcp__github__get_issue: "taken away for this run" });
    expect(deferred).toContain("mcp__wiki__read");
  });

  it("the configuration's deny list, the mode, the sandbox, and nobody to ask", () => {
    const rules = { allow: [], ask: [], deny: ["Edit", "mcp__github__*"] };
    expect(namesOf(question({}, { rules })).out).toMatchObject({
      Edit: "the configuration denies it (Edit)",
      mcp__github__get_issue: "the configuration denies it (mcp__github__*)",
    });
    const plan = namesOf(question({}, { mode: "plan" }));
    expect(plan.out.Edit).toContain("mode plan");
    expect(plan.out.mcp__github__close_issue).toContain("mode plan");
    expect(plan.deferred).toEqual(["Bash", "Grep", "mcp__github__get_issue", "mcp__wiki__read"]);
    expect(namesOf(question({}, { sandbox: "none" })).out.Bash).toContain("confined");
    expect(namesOf(question({}, { approve: "deny" })).out.mcp__wiki__read).toContain("nobody can be asked");
  });

  it("what was found out about it since", () => {
    const unavailable = new Map([["mcp__wiki__read", "quarantined: its definition changed"]]);
    expect(namesOf(question({ unavailable })).out).toMatchObject({
      mcp__wiki__read: "quarantined: its definition changed",
    });
  });
});

it("no type that cannot act gets a tool that acts, in any circumstances", () => {
  const types = agentTypes.filter(({ acts }) => !acts);
  expect(types.length).toBeGreaterThan(0);
  for (const type of types) {
    for (const approve of ["ask", "deny", "allow-safe"] as const) {
      const rules = { allow: ["Bash", "Edit", "Write", "WebFetch", "mcp__github__close_issue"], ask: [], deny: [] };
      const { offered, deferred } = toolPool(question({ type }, { approve, rules, isolated: true, unconfined: true }));
      const risks = [...offered, ...deferred].map(({ name, risk }) => [name, risk]);
      expect(risks.length).toBeGreaterThan(0);
      expect(risks.filter(([, risk]) => risk !== "read-only")).toEqual([]);
    }
  }
});

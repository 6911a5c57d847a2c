// What each agent type may do, read off its chart and walked through: a type that only looks has no path to anything else.
import { describe, expect, it } from "vitest";
import { agentTypes, listedTypes } from "../../actors/types/index.ts";
import { type ActorState, fold, statePath } from "../../machines/fold.ts";
import { mayRun, rightsIn, rightsOf } from "../../machines/rights.ts";
import { toolNamed, tools } from "../../registry/tools/index.ts";
import { alphabet } from "../support/machine-alphabet.ts";

/** Declared risks of plugin tools: the operator's word, whatever their servers say. */
const plugins = (["read-only", "mutating", "destructive"] as const).map((risk) => ({
  name: `mcp__any__${risk}`,
  tier: "plugin" as const,
  risk,
}));
const everyTool = [...tools, ...plugins];

/** Paths of all states in which a step that ordered tool calls came to rest, and of those in which some were out. */
function statesWithCalls(machine: (typeof agentTypes)[number]["machine"]["machine"]) {
  const ordered = new Set<string>();
  const out = new Set<string>();
  for (const world of alphabet.agent) {
    const first = fold(machine, null, { version: 1, cause: { input: world.input } }).state;
    const key = (state: ActorState): string => JSON.stringify([statePath(state), state.snapshot.context]);
    const known = new Map([[key(first), first]]);
    for (const [, state] of known) {
      for (const event of world.events) {
        const { state: after, outside } = fold(machine, state, { version: 2, cause: { event } });
        if (outside.some(({ type }) => type === "tool.run")) ordered.add(statePath(after));
        const { calls } = after.snapshot.context as { calls: readonly { status: string }[] };
        if (after.snapshot.status === "active" && calls.some(({ status }) => status === "running"))
          out.add(statePath(after));
        if (known.size < 400) known.set(key(after), known.get(key(after)) ?? after);
      }
    }
  }
  return { ordered, out };
}

describe.each(agentTypes)("the $name agent", (type) => {
  const { machine } = type.machine;

  it("names in its chart exactly the tools of its declaration, and every one of them exists", () => {
    expect([...type.rights.tools].sort()).toEqual([...type.tools].sort());
    expect(type.rights.plugins).toBe(type.plugins ?? "none");
    expect(type.tools.filter((name) => toolNamed(name) === undefined)).toEqual([]);
    expect(type.tools).toContain("Report");
    expect((type.firstClass ?? []).filter((name) => !type.tools.includes(name))).toEqual([]);
  });

  it("orders calls only into states whose chart says what may run, and they are out in no other", () => {
    const { ordered, out } = statesWithCalls(machine);
    expect([...ordered]).toEqual(["executing"]);
    expect([...out].sort()).toEqual(["executing", "reconciling"]);
    for (const path of [...ordered, ...out]) expect(rightsIn(machine, path)).toEqual(type.rights);
    for (const path of ["thinking.calling", "awaitingApproval", "assembling", "verifying", "paused", "completed", "no"])
      expect(rightsIn(machine, path)).toEqual({ tools: [], plugins: "none" });
  });

  it("says of itself whether it acts, and its chart holds it to that", () => {
    const changing = everyTool.filter((tool) => mayRun(type.rights, tool) && tool.risk !== "read-only");
    expect(changing.length > 0).toBe(type.acts);
  });
});

it("explore, plan, guide and verify have no path to anything that is not read-only, in any state of their charts", () => {
  const looking = agentTypes.filter(({ acts }) => !acts);
  expect(looking.map(({ name }) => name)).toEqual(expect.arrayContaining(["explore", "guide", "plan", "verify"]));
  for (const { machine } of looking) {
    const rights = rightsOf(machine.machine);
    const reach = everyTool.filter((tool) => mayRun(rights, tool));
    expect(reach.length).toBeGreaterThan(1);
    expect(reach.filter(({ risk }) => risk !== "read-only")).toEqual([]);
    expect(rights.tools.filter((name) => ["Bash", "Write", "Edit", "WebFetch"].includes(name))).toEqual([]);
  }
});

it("the guide sees statehive's own documents and nothing else", () => {
  const guide = agentTypes.find(({ name }) => name === "guide");
  expect(guide?.rights).toEqual({ tools: ["Docs", "Report"], plugins: "none" });
});

it("whoever can be in a run is listed, the coordinator first, and that one can run no tool", () => {
  expect(listedTypes.map(({ name }) => name)).toEqual(["coordinator", ...agentTypes.map(({ name }) => name)]);
  const [coordinator] = listedTypes;
  expect(everyTool.filter((tool) => mayRun(coordinator?.rights ?? { tools: [], plugins: "all" }, tool))).toEqual([]);
});

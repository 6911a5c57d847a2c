/** Where an agent works, and which tasks get a tree of their own. */
import { describe, expect, it } from "vitest";
import { placeOf } from "../../../actors/runtime/agent-tree.ts";
import { changedState } from "../../../actors/runtime/fork-changes.ts";
import { questionOf } from "../../../actors/runtime/permission-question.ts";
import { type RunRow, runConfigSchema } from "../../../actors/runtime/run-row.ts";
import { type Growing, needsTrees, withTrees } from "../../../actors/runtime/trees-for.ts";
import type { PlannedTask } from "../../../machines/task-graph.ts";
import { decide } from "../../../registry/permission/decide.ts";
import type { ToolDeclaration } from "../../../registry/tool.ts";
import { toolNamed } from "../../../registry/tools/index.ts";

const isolation = {
  source: "/src",
  tree: "/trees/r_1",
  gitDir: "/src/.git/worktrees/r_1",
  branch: "swarm/r_1",
  base: "b",
};
const run = {
  ...{ goal: "g", kind: "run", model: "m", binding: "b", policy: "p", status: "running" },
  workspace: "/trees/r_1/pkg",
  config: runConfigSchema.parse({ isolation, permissions: { deny: ["Write(//src/secret/**)"] } }),
} satisfies RunRow;
const tree = {
  workspace: "/trees/r_1.a_x/pkg",
  tree: "/trees/r_1.a_x",
  gitDir: "/src/.git/worktrees/r_1.a_x",
  base: "c",
};

describe("the place of an agent", () => {
  it("is its run's where it has no tree, and its own tree in every respect where it has one", () => {
    expect(placeOf(run, null)).toBe(run);
    expect(placeOf(run, {})).toBe(run);
    const { workspace, ...own } = tree;
    expect(placeOf(run, { tree })).toEqual({
      ...run,
      workspace,
      config: { ...run.config, isolation: { ...isolation, ...own } },
    });
  });

  it("is where it may write: there alone, and not what a rule takes from the folder that the run is for", () => {
    const asked = (path: string) => {
      const about = {
        agentType: "general",
        actor: "a_x",
        typeTools: ["Write"],
        deniedTools: [],
        tool: toolNamed("Write") as ToolDeclaration,
      };
      const input = { file_path: path, content: "x" };
      return decide(questionOf({ ...about, input }, placeOf(run, { tree }), { sandbox: "full" })).decision;
    };
    expect(asked("/trees/r_1.a_x/pkg/new.txt")).toBe("allow");
    expect(asked("new.txt")).toBe("allow");
    for (const path of ["/trees/r_1/pkg/new.txt", "/trees/r_1.a_y/pkg/new.txt", "/trees/r_1.a_x/secret/new.txt"])
      expect(asked(path), path).toBe("deny");
  });

  it("of a fork is a folder that others share, so its agents work one after the other", () => {
    const stateOf = (joins: boolean) => {
      const tasks = { a: { limits: { turnsMax: 9 }, ...(joins ? { joins } : {}) } };
      return { snapshot: { status: "active", context: { tasks, input: { parallelMax: 8 } } } } as never;
    };
    const parallel = (joins: boolean, turnsMax?: number) => {
      const changes = { deniedTools: [], ...(turnsMax === undefined ? {} : { turnsMax }) };
      const { context } = changedState(stateOf(joins), changes).snapshot;
      return (context as unknown as { input: { parallelMax: number } }).input.parallelMax;
    };
    expect([parallel(true), parallel(true, 3), parallel(false), parallel(false, 3)]).toEqual([1, 1, 8, 8]);
  });
});

describe("trees for tasks", () => {
  const task = (id: string, agentType: string, more: Partial<PlannedTask> = {}): PlannedTask =>
    ({ id, agentType, needs: [], limits: {}, attemptsMax: 1, ...more }) as PlannedTask;
  const joining = (run: Growing): string[] => withTrees(run).flatMap(({ id, joins }) => (joins === true ? [id] : []));
  const config = {};

  it("one writer has none, several have one each, who only looks has none", () => {
    expect(joining({ graph: [task("a", "general"), task("b", "explore")], config })).toEqual([]);
    const graph = [task("a", "general"), task("b", "explore"), task("c", "general", { needs: ["a"] })];
    expect(joining({ graph, config })).toEqual(["a", "c"]);
  });

  it("who may come to write in a later attempt is a writer from the first on", () => {
    const remedies = [{}, { agentType: "general" }];
    expect(joining({ graph: [task("a", "general"), task("b", "explore", { remedies })], config })).toEqual(["a", "b"]);
  });

  it("where tasks may come later every writer has one, so that nobody writes into what others join", () => {
    expect(joining({ graph: [task("a", "general")], replansMax: 1, config })).toEqual(["a"]);
    expect(needsTrees({ graph: [task("plan", "plan", { role: "plan" })], config })).toBe(true);
  });

  it("where nobody may change anything nobody has one", () => {
    const graph = [task("a", "general"), task("b", "general")];
    expect(joining({ graph, config: { mode: "plan" } })).toEqual([]);
  });
});

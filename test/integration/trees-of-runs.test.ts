/** Which runs get trees, what their workers make of it, and what is tidied up when a run is gone: real git, real Redis. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { treesWith } from "../../actors/runtime/agent-tree.ts";
import { taskJoin } from "../../actors/runtime/effects/task-join.ts";
import { workspaceCollect } from "../../actors/runtime/effects/workspace-collect.ts";
import { workspaceRebuild } from "../../actors/runtime/effects/workspace-rebuild.ts";
import type { RunPlan } from "../../actors/runtime/new-run.ts";
import type { PerformContext } from "../../actors/runtime/performer.ts";
import { type RunRow, runConfigSchema } from "../../actors/runtime/run-row.ts";
import { isolated, type Worktree } from "../../apps/cli/isolate.ts";
import { NO_RIVALS, type Writers } from "../../apps/cli/planned-agent.ts";
import { tidyTrees } from "../../apps/cli/tidy-trees.ts";
import type { Config } from "../../infra/config.ts";
import { SwarmError } from "../../infra/errors.ts";
import { openLog } from "../../infra/log.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import type { PlannedTask } from "../../machines/task-graph.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { gitEnv, openTreeStage, type TreeStage } from "../support/tree-stage.ts";

let stage: TreeStage;
let config: Config;
beforeEach(() => {
  stage = openTreeStage({ "a.txt": "one\ntwo\nthree\n", "pkg/c.txt": "c\n" });
  const state = join(stage.folder, "state");
  config = {
    stateDirs: [state],
    commandEnv: gitEnv,
    dataDir: join(stage.folder, "data"),
    prefix: "swarm",
  } as unknown as Config;
});
afterEach(() => stage.close());

const task = (id: string, agentType = "general", more: Partial<PlannedTask> = {}): PlannedTask => ({
  ...{ id, agentType, needs: [], attemptsMax: 1 },
  limits: {} as PlannedTask["limits"],
  ...more,
});
const planOf = (graph: readonly PlannedTask[], more: Partial<RunPlan> = {}): RunPlan =>
  ({
    run: "r_1",
    kind: "run",
    goal: "g",
    graph,
    workspace: stage.source,
    config: {},
    parallelMax: 4,
    ...more,
  }) as RunPlan;
const prepare = (plan: RunPlan, writers: Writers = NO_RIVALS, wanted: Worktree = "auto") =>
  isolated(plan, wanted, config, writers);
const joining = ({ graph }: RunPlan): string[] => graph.flatMap(({ id, joins }) => (joins === true ? [id] : []));

describe("a run that is about to begin", () => {
  const rivals = { rivals: ["left", "right"], refusal: null } as const;
  const two = [task("left"), task("right"), task("look", "explore")];

  it("lends a tree to each of several writers, and keeps as many at once as were wanted", async () => {
    const { plan, note } = await prepare(planOf(two), rivals);
    expect([joining(plan), plan.parallelMax]).toEqual([["left", "right"], 4]);
    expect(note).toMatch(/^2 agents that may change files work in a tree each; their work joins on branch swarm\/r_1;/);
  });

  it("lends the one tree to the one writer", async () => {
    const { plan, note } = await prepare(planOf([task("left"), task("look", "explore")]));
    expect([joining(plan), plan.config.isolation?.branch]).toEqual([[], "swarm/r_1"]);
    expect(note).toContain("agents work in a tree of their own");
  });

  it("has one writer at a time where there are no trees, and says why; what asked for more by name is refused", async () => {
    const refusal = new SwarmError("usage.tasks_file", "parallel is 4", { exit: 2, hint: "parallel: 1" });
    for (const [wanted, spoil] of [
      ["never", false],
      ["auto", true],
    ] as const) {
      if (spoil) stage.put(stage.source, "a.txt", "not committed\n");
      const { plan, note } = await prepare(planOf(two), rivals, wanted);
      expect([plan.parallelMax, plan.config.isolation, joining(plan)]).toEqual([1, undefined, []]);
      expect(note).toContain("one writer at a time: left and right may both change files");
      await expect(prepare(planOf(two), { ...rivals, refusal }, wanted)).rejects.toBe(refusal);
    }
    expect(existsSync(`${join(stage.folder, "state")}-worktrees`)).toBe(false);
  });

  it("to which writers may come later works one at a time where they could not be kept apart", async () => {
    const grows = planOf([task("plan", "plan", { role: "plan" })]);
    expect((await prepare(grows, NO_RIVALS, "never")).plan.parallelMax).toBe(1);
    const { plan } = await prepare(grows);
    expect([plan.parallelMax, plan.config.isolation?.base]).toEqual([4, stage.git(stage.source, "rev-parse", "HEAD")]);
  });
});

const rowOf = ({ workspace, config: given }: RunPlan): RunRow =>
  ({ goal: "g", policy: "p", workspace, config: runConfigSchema.parse(given) }) as RunRow;
const contextOf = (run: RunRow): PerformContext =>
  ({ run, address: { run: "r_1", actor: "a_coordinator", type: "coordinator" } }) as unknown as PerformContext;

describe("a worker", () => {
  const open = treesWith(gitEnv);
  const address = (actor: string) => ({ run: "r_1", actor, type: "general" });
  const ready = async (below = "") => {
    const workspace = join(stage.source, below);
    return rowOf((await prepare(planOf([task("left"), task("right")], { workspace }))).plan);
  };
  const join_ = taskJoin({
    env: gitEnv,
    store: {
      briefs: async () =>
        new Map([
          ["left", JSON.stringify({ id: "left", agentType: "general", goal: "Make it left.\nAll of it.", input: {} })],
        ]),
    },
  });
  const joinOf = (run: RunRow, name: string) =>
    join_({ type: "task.join", task: name, actor: `a_${name}`, result: `res_${name}` }, contextOf(run));

  it("opens the agent's workspace at the place that it has in the run's, and none where the run has no tree", async () => {
    const run = await ready("pkg");
    const opened = await open(run, address("a_left"), { merging: null });
    expect(opened).toMatchObject({ workspace: expect.stringMatching(/r_1\.a_left\/pkg$/) });
    expect(
      await open({ ...run, config: { ...run.config, isolation: null } }, address("a_left"), { merging: null }),
    ).toBeNull();
  });

  it("opens no workspace that a link of an agent before would lead out of the tree", async () => {
    const run = await ready("pkg");
    const first = await open(run, address("a_left"), { merging: null });
    if (first === null || "refused" in first) throw new Error("no tree");
    mkdirSync(join(stage.folder, "elsewhere"));
    rmSync(join(first.tree, "pkg"), { recursive: true });
    symlinkSync(join(stage.folder, "elsewhere"), join(first.tree, "pkg"));
    await joinOf(run, "left");
    expect(await open(run, address("a_right"), { merging: null })).toMatchObject({
      refused: expect.stringContaining("no folder"),
    });
  });

  it("tells a join with its commit and files, a conflict with whose work it is, and what it cannot try with why", async () => {
    const run = await ready();
    for (const name of ["left", "right"]) {
      const opened = await open(run, address(`a_${name}`), { merging: null });
      if (opened === null || "refused" in opened) throw new Error("no tree");
      stage.put(opened.tree, "a.txt", `one\n${name}\nthree\n`);
    }
    const { event, told } = await joinOf(run, "left");
    expect(event).toMatchObject({ type: "task.joined", task: "left", files: 1 });
    expect(told).toEqual([event]);
    const { commit } = event as unknown as { commit: string };
    expect(stage.git(stage.source, "show", "--no-patch", "--format=%s", commit)).toBe("left: Make it left.");
    const conflict = await joinOf(run, "right");
    expect(conflict.event).toEqual({
      ...{ type: "task.conflicted", task: "right", files: ["a.txt"] },
      reason: "does not go together with the work of left",
    });
    expect((await joinOf(run, "nobody")).event).toMatchObject({
      type: "task.unjoined",
      reason: expect.stringMatching(/no working tree of a_nobody/),
    });
    const rebuild = workspaceRebuild({ env: gitEnv });
    expect((await rebuild({ type: "workspace.rebuild", commits: [] }, contextOf(run))).event.type).toBe(
      "workspace.rebuilt",
    );
    expect(readFileSync(join(run.workspace, "a.txt"), "utf8")).toBe("one\ntwo\nthree\n");
  });

  it("names where the work lies that never came to count, where the run did not come out well, and only there", async () => {
    const run = await ready();
    const opened = await open(run, address("a_left"), { merging: null });
    if (opened === null || "refused" in opened) throw new Error("no tree");
    stage.put(opened.tree, "a.txt", "half\n");
    const collect = async (wanted: boolean) =>
      (await workspaceCollect({ env: gitEnv })({ type: "workspace.collect", wanted }, contextOf(run))).told.slice(1);
    expect(await collect(false)).toEqual([
      {
        type: "workspace.left",
        reason: "what a_left changed did not come to count; it lies on branch swarm/r_1.a_left",
      },
    ]);
    expect(existsSync(opened.tree)).toBe(false);
    await open(run, address("a_right"), { merging: null });
    expect(await collect(true)).toEqual([]);
  });
});

describe("trees of runs that are gone", () => {
  let server: TestRedis;
  let redis: Redis;
  const keys = keysFor("swarm");
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis({ path: server.socket });
  });
  afterAll(async () => {
    redis?.disconnect();
    await server?.stop();
  });
  const tidy = (ageMs: number, other: Partial<Config> = {}) =>
    tidyTrees({ config: { ...config, ...other }, redis, keys, log: openLog("silent") }, ageMs);
  const lying = () =>
    readdirSync(join(stage.folder, "state-worktrees"))
      .filter((name) => !/\.(index|json)$/.test(name))
      .sort();

  it("go, with those of their agents; what lay in the run's own is on its branch; other runs' stay", async () => {
    const plans = await Promise.all(
      ["r_gone", "r_here"].map((run) => prepare(planOf([task("a"), task("b")], { run }))),
    );
    const [gone, here] = plans.map(({ plan }) => rowOf(plan));
    await treesWith(gitEnv)(gone as RunRow, { run: "r_gone", actor: "a_a", type: "general" }, { merging: null });
    stage.put((gone as RunRow).workspace, "left.txt", "left\n");
    await redis.hset(keys.run("r_here").run, "status", "running");
    expect(lying()).toEqual(["r_gone", "r_gone.a_a", "r_here"]);
    // Just made, or of another store: nobody knows yet, or nobody here does.
    expect([await tidy(60_000), await tidy(-1, { dataDir: "/elsewhere" })]).toEqual([[], []]);
    expect(await tidy(-1)).toEqual(["r_gone"]);
    expect([lying(), existsSync((here as RunRow).workspace)]).toEqual([["r_here"], true]);
    expect(stage.git(stage.source, "show", "swarm/r_gone:left.txt")).toBe("left");
    // An archived run is as gone as one that was never stored.
    await redis.hset(keys.run("r_here").run, "stub", "1");
    expect([await tidy(-1), lying(), stage.git(stage.source, "branch", "--list", "swarm/r_here")]).toEqual([
      ["r_here"],
      [],
      "",
    ]);
  });

  it("of which one cannot be looked into stays, and keeps no other from going", async () => {
    const plans = await Promise.all(["r_1", "r_2"].map((run) => prepare(planOf([task("a")], { run }))));
    stage.git(plans[0]?.plan.workspace ?? "", "init", "--quiet", "inner");
    expect([await tidy(-1), lying()]).toEqual([["r_2"], ["r_1"]]);
  });
});

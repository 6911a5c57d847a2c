/** Whether anybody is asked about the work of a run: the order says whether it is wanted, and audit and event agree. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { workspaceCollect } from "../../actors/runtime/effects/workspace-collect.ts";
import type { PerformContext } from "../../actors/runtime/performer.ts";
import { runConfigSchema } from "../../actors/runtime/run-row.ts";
import { branchOf } from "../../infra/git/isolation.ts";
import { addWorktree } from "../../infra/git/worktree.ts";
import type { TaintMark } from "../../machines/taint.ts";

const env = { PATH: process.env.PATH ?? "", HOME: "/nonexistent" };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "statehive-collect-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const git = (cwd: string, ...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd, encoding: "utf8" }).trim();

const resultsWith = (taint: readonly TaintMark[]) => (_: string, ids: readonly string[]) =>
  Promise.resolve(
    new Map(
      ids.map((id) => {
        const empty = { value: null, evidence: [], reasons: [], notDone: [], standsOn: [], model: null };
        return [id, JSON.stringify({ v: 1, id, task: "goal", actor: "a_goal", status: "verified", ...empty, taint })];
      }),
    ),
  );

it("what is not wanted is asked of nobody, and what its agents had read is named: without a person it stays on its branch", async () => {
  const source = join(folder, "source");
  mkdirSync(source);
  git(source, "init", "--quiet", "-b", "main");
  writeFileSync(join(source, "a.txt"), "one\n");
  git(source, "add", ".");
  git(source, "commit", "--quiet", "-m", "first");
  const isolation = {
    ...{ source, tree: join(folder, "trees", "r_1"), branch: branchOf("r_1"), base: git(source, "rev-parse", "HEAD") },
  };
  const made = await addWorktree(isolation, env);
  writeFileSync(join(made.tree, "a.txt"), "two\n");

  const collect = async (approve: "ask" | "allow-safe" | "deny", wanted: boolean, taint: readonly TaintMark[] = []) => {
    const config = runConfigSchema.parse({ approve, isolation: made });
    const context = {
      address: { run: "r_1", actor: "a_coordinator", type: "coordinator" },
      run: { goal: "g", policy: "p", config },
      tasks: { goal: { result: "res_goal" }, left: { result: null } },
    } as unknown as PerformContext;
    const {
      event,
      audit = [],
      approvals = [],
    } = await workspaceCollect({ env, results: resultsWith(taint) })({ type: "workspace.collect", wanted }, context);
    const decisions = audit.map((row) => ("decision" in row ? row.decision : null));
    said = [...approvals, ...audit].map(({ rule, reason }) => `${rule}: ${reason}`);
    return [(event as { merge?: string }).merge, decisions, approvals.length];
  };
  let said: string[] = [];

  expect(await collect("ask", true)).toEqual(["ask", ["ask"], 1]);
  expect(await collect("allow-safe", true)).toEqual(["allow", ["allow"], 0]);
  for (const approve of ["ask", "allow-safe", "deny"] as const) {
    expect(await collect(approve, false)).toEqual(["leave", ["deny"], 0]);
  }

  // The same work of an agent that had read a stranger's words: the question says so, and nobody's yes is no yes.
  const page: TaintMark = { source: "web", label: "https://evil.example/", turn: 3 };
  const read = "its agents have read https://evil.example/ (by way of res_goal), which nobody vouched for";
  expect(await collect("ask", true, [page])).toEqual(["ask", ["ask"], 1]);
  expect(said).toHaveLength(2);
  for (const words of said) expect(words).toContain(read);
  expect(await collect("allow-safe", true, [page])).toEqual(["leave", ["deny"], 0]);
  expect(said).toEqual([`taint.merge: nobody looks at it before it is merged, and ${read}`]);
  expect(await collect("allow-safe", true, [{ source: "secret", label: ".env" }])).toEqual(["allow", ["allow"], 0]);
});

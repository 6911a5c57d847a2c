/** Whether anybody is asked about the work of a run: the order says whether it is wanted, and audit and event agree. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { workspaceCollect } from "../../actors/runtime/effects/workspace-collect.ts";
import type { PerformContext } from "../../actors/runtime/performer.ts";
import { runConfigSchema } from "../../actors/runtime/run-row.ts";
import { addWorktree, branchOf } from "../../infra/git/worktree.ts";

const env = { PATH: process.env.PATH ?? "", HOME: "/nonexistent" };
const folder = mkdtempSync(join(tmpdir(), "statehive-collect-"));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const git = (cwd: string, ...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd, encoding: "utf8" }).trim();

it("what is not wanted is asked of nobody, whatever the run's person chose, and the audit says the same", async () => {
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

  const collect = async (approve: "ask" | "allow-safe" | "deny", wanted: boolean) => {
    const config = runConfigSchema.parse({ approve, isolation: made });
    const context = {
      address: { run: "r_1", actor: "a_coordinator", type: "coordinator" },
      run: { goal: "g", policy: "p", config },
    } as unknown as PerformContext;
    const {
      event,
      audit = [],
      approvals = [],
    } = await workspaceCollect({ env })({ type: "workspace.collect", wanted }, context);
    const decisions = audit.map((row) => ("decision" in row ? row.decision : null));
    return [(event as { merge?: string }).merge, decisions, approvals.length];
  };

  expect(await collect("ask", true)).toEqual(["ask", ["ask"], 1]);
  expect(await collect("allow-safe", true)).toEqual(["allow", ["allow"], 0]);
  for (const approve of ["ask", "allow-safe", "deny"] as const) {
    expect(await collect(approve, false)).toEqual(["leave", ["deny"], 0]);
  }
});

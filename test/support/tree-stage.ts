// A repository, a run with a tree of its own in it, and agents with theirs: what git holds is looked at by a git of the test's own.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openAgentTree } from "../../infra/git/agent-trees.ts";
import { branchOf, type Isolation } from "../../infra/git/isolation.ts";
import { type Joined, joinAgentTree } from "../../infra/git/join.ts";
import type { TreeRecord } from "../../infra/git/tree-record.ts";
import { addWorktree } from "../../infra/git/worktree.ts";

export const gitEnv = { PATH: process.env.PATH ?? "", HOME: "/nonexistent" };

export interface TreeStage {
  readonly folder: string;
  readonly source: string;
  readonly trees: string;
  git(cwd: string, ...args: string[]): string;
  put(root: string, path: string, text: string): void;
  run(name: string): Promise<Isolation>;
  open(isolation: Isolation, actor: string, merging?: string | null): Promise<TreeRecord>;
  join(isolation: Isolation, actor: string): Promise<Joined>;
  /** An agent that writes these files and joins. */
  works(isolation: Isolation, actor: string, files: Readonly<Record<string, string>>): Promise<Joined>;
  /** Subjects of the run's own commits, oldest first. */
  subjects(isolation: Isolation): string[];
  /** Everything in the folder of trees. */
  lying(): string[];
  close(): void;
}

export function openTreeStage(files: Readonly<Record<string, string>>): TreeStage {
  const folder = mkdtempSync(join(tmpdir(), "statehive-trees-"));
  const source = join(folder, "source");
  const trees = join(folder, "trees");
  const git: TreeStage["git"] = (cwd, ...args) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "core.hooksPath=/dev/null", ...args], {
      cwd,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  const put: TreeStage["put"] = (root, path, text) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  git(folder, "init", "--quiet", "-b", "main", source);
  for (const [path, text] of Object.entries(files)) put(source, path, text);
  git(source, "add", ".");
  git(source, "commit", "--quiet", "-m", "first");
  const stage: TreeStage = {
    ...{ folder, source, trees, git, put },
    run: (name) =>
      addWorktree(
        { source, tree: join(trees, name), branch: branchOf(name), base: git(source, "rev-parse", "HEAD") },
        gitEnv,
      ),
    open: (isolation, actor, merging = null) => openAgentTree(isolation, { run: "r_1", actor, merging }, gitEnv),
    join: (isolation, actor) =>
      joinAgentTree(
        isolation,
        { actor, task: actor.slice(2), result: `res_${actor.slice(2)}`, message: `work of ${actor}` },
        gitEnv,
      ),
    async works(isolation, actor, changed) {
      const { tree } = await stage.open(isolation, actor);
      for (const [path, text] of Object.entries(changed)) put(tree, path, text);
      return stage.join(isolation, actor);
    },
    subjects: ({ base, branch }) =>
      git(source, "log", "--first-parent", "--reverse", "--format=%s", `${base}..${branch}`)
        .split("\n")
        .filter((line) => line !== ""),
    lying: () => readdirSync(trees).sort(),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
  return stage;
}

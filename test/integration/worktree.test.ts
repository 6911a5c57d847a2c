/** A run's own working tree, with the real git: made, collected, merged, taken away, and made again after every crash. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { branchOf } from "../../infra/git/isolation.ts";
import { inspectRepository } from "../../infra/git/repository.ts";
import { addWorktree, collectWorktree, mergeWorktree, removeWorktree } from "../../infra/git/worktree.ts";

const env = { PATH: process.env.PATH ?? "", HOME: "/nonexistent" };
let folder: string;
let source: string;

const git = (cwd: string, ...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd, encoding: "utf8" }).trim();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "statehive-worktree-"));
  source = join(folder, "source");
  mkdirSync(join(source, "pkg"), { recursive: true });
  git(folder, "init", "--quiet", "-b", "main", source);
  writeFileSync(join(source, "a.txt"), "one\ntwo\nthree\n");
  writeFileSync(join(source, "pkg", "b.txt"), "b\n");
  git(source, "add", ".");
  git(source, "commit", "--quiet", "-m", "first");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const made = () =>
  addWorktree(
    { source, tree: join(folder, "trees", "r_1"), branch: branchOf("r_1"), base: git(source, "rev-parse", "HEAD") },
    env,
  );

describe("a folder that is asked whether it can be isolated", () => {
  it("says where its top is, what is checked out and how many tracked files differ", async () => {
    writeFileSync(join(source, "a.txt"), "changed\n");
    writeFileSync(join(source, "new.txt"), "untracked\n");
    expect(await inspectRepository({ cwd: join(source, "pkg"), env })).toEqual({
      kind: "repository",
      repository: { top: source, below: "pkg", head: git(source, "rev-parse", "HEAD"), branch: "main", changed: 1 },
    });
  });

  it("that is no repository, or has no commit, says why", async () => {
    const bare = mkdtempSync(join(tmpdir(), "statehive-none-"));
    expect(await inspectRepository({ cwd: bare, env })).toMatchObject({
      kind: "none",
      why: expect.stringMatching(/not in a git repository/),
    });
    git(bare, "init", "--quiet");
    expect(await inspectRepository({ cwd: bare, env })).toMatchObject({
      kind: "none",
      why: expect.stringMatching(/no commit yet/),
    });
    rmSync(bare, { recursive: true });
  });
});

describe("a run's own working tree", () => {
  it("keeps what is done in it away from the source until it is merged, and a merge made twice is one", async () => {
    const isolation = await made();
    writeFileSync(join(isolation.tree, "a.txt"), "one\n2\nthree\n");
    writeFileSync(join(isolation.tree, "new.txt"), "new\n");
    const collected = await collectWorktree(isolation, "work", env);
    expect(collected.files).toEqual([
      { path: "a.txt", added: 1, removed: 1 },
      { path: "new.txt", added: 1, removed: 0 },
    ]);
    expect(collected.diff).toContain("-two\n+2\n");
    expect(await collectWorktree(isolation, "work", env)).toEqual(collected);
    expect(readFileSync(join(source, "a.txt"), "utf8")).toBe("one\ntwo\nthree\n");
    const merged = await mergeWorktree(isolation, collected.commit, env);
    expect(merged.kind).toBe("merged");
    expect(readFileSync(join(source, "a.txt"), "utf8")).toBe("one\n2\nthree\n");
    expect(await mergeWorktree(isolation, collected.commit, env)).toEqual(merged);
    await removeWorktree(isolation, env);
    expect(existsSync(isolation.tree)).toBe(false);
    expect(git(source, "branch", "--list", "swarm/*")).toBe("");
    expect(git(source, "worktree", "list").split("\n")).toHaveLength(1);
  });

  it("is collected as one commit of what its files hold, whatever was committed, staged or checked out in it", async () => {
    const isolation = await made();
    const own = {
      GIT_OBJECT_DIRECTORY: join(isolation.gitDir, "objects"),
      GIT_ALTERNATE_OBJECT_DIRECTORIES: join(source, ".git", "objects"),
    };
    const inside = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], {
        cwd: isolation.tree,
        env: { ...env, ...own },
      });
    writeFileSync(join(isolation.tree, "a.txt"), "committed by the agent\n");
    inside("commit", "--quiet", "-am", "the agent's own");
    writeFileSync(join(isolation.tree, "pkg", "b.txt"), "staged\n");
    inside("add", ".");
    writeFileSync(join(isolation.tree, "pkg", "b.txt"), "last\n");
    const { commit, files } = await collectWorktree(isolation, "work", env);
    expect(files.map(({ path }) => path)).toEqual(["a.txt", "pkg/b.txt"]);
    expect(git(source, "rev-parse", `${commit}^`)).toBe(isolation.base);
    rmSync(isolation.tree, { recursive: true });
    rmSync(isolation.gitDir, { recursive: true });
    expect(git(source, "show", `${commit}:a.txt`)).toBe("committed by the agent");
    expect(git(source, "show", `${commit}:pkg/b.txt`)).toBe("last");
  });

  it("that does not go in cleanly leaves the source as it was and its branch where it is", async () => {
    const isolation = await made();
    writeFileSync(join(isolation.tree, "a.txt"), "one\nagent\nthree\n");
    const { commit } = await collectWorktree(isolation, "work", env);
    writeFileSync(join(source, "a.txt"), "one\nperson\nthree\n");
    git(source, "commit", "--quiet", "-am", "meanwhile");
    const before = git(source, "rev-parse", "HEAD");
    expect(await mergeWorktree(isolation, commit, env)).toEqual({ kind: "left", why: "conflicts in a.txt" });
    expect(git(source, "rev-parse", "HEAD")).toBe(before);
    expect(git(source, "status", "--porcelain")).toBe("");
    await removeWorktree(isolation, env);
    expect(git(source, "rev-parse", branchOf("r_1"))).toBe(commit);
  });

  it("does not overwrite what a person changed and has not committed", async () => {
    const isolation = await made();
    writeFileSync(join(isolation.tree, "a.txt"), "agent\n");
    const { commit } = await collectWorktree(isolation, "work", env);
    writeFileSync(join(source, "a.txt"), "person\n");
    expect(await mergeWorktree(isolation, commit, env)).toMatchObject({
      kind: "left",
      why: expect.stringMatching(/overwritten/),
    });
    expect(readFileSync(join(source, "a.txt"), "utf8")).toBe("person\n");
  });

  it("merges with what a person committed meanwhile elsewhere", async () => {
    const isolation = await made();
    writeFileSync(join(isolation.tree, "a.txt"), "agent\n");
    const { commit } = await collectWorktree(isolation, "work", env);
    writeFileSync(join(source, "pkg", "b.txt"), "person\n");
    git(source, "commit", "--quiet", "-am", "meanwhile");
    expect((await mergeWorktree(isolation, commit, env)).kind).toBe("merged");
    expect(readFileSync(join(source, "a.txt"), "utf8")).toBe("agent\n");
    expect(readFileSync(join(source, "pkg", "b.txt"), "utf8")).toBe("person\n");
  });

  it("goes on with a merge of its own that a crash cut off, and not with anybody else's", async () => {
    const isolation = await made();
    writeFileSync(join(isolation.tree, "a.txt"), "agent\n");
    const { commit } = await collectWorktree(isolation, "work", env);
    git(source, "merge", "--quiet", "--no-ff", "--no-commit", commit);
    expect((await mergeWorktree(isolation, commit, env)).kind).toBe("merged");

    git(source, "checkout", "--quiet", "-b", "side", "HEAD~1");
    writeFileSync(join(source, "side.txt"), "side\n");
    git(source, "add", ".");
    git(source, "commit", "--quiet", "-m", "side");
    git(source, "checkout", "--quiet", "main");
    git(source, "merge", "--quiet", "--no-ff", "--no-commit", "side");
    writeFileSync(join(isolation.tree, "a.txt"), "agent again\n");
    const again = await collectWorktree(isolation, "more", env);
    expect(await mergeWorktree(isolation, again.commit, env)).toMatchObject({
      kind: "left",
      why: expect.stringMatching(/unfinished/),
    });
  });

  it("runs nothing that an agent left in it: no hook, no filter of a `.git` of its own, no repository inside", async () => {
    const isolation = await made();
    const trap = join(folder, "trap");
    const evil = join(folder, "evil");
    git(folder, "init", "--quiet", evil);
    git(evil, "config", "filter.x.clean", `touch ${trap}; cat`);
    git(evil, "config", "core.fsmonitor", `touch ${trap}; false`);
    writeFileSync(join(isolation.tree, ".git"), `gitdir: ${join(evil, ".git")}\n`);
    writeFileSync(join(isolation.tree, ".gitattributes"), "* filter=x\n");
    writeFileSync(join(source, ".git", "hooks", "pre-commit"), `#!/bin/sh\ntouch ${trap}\n`, { mode: 0o755 });
    writeFileSync(join(source, ".git", "hooks", "post-merge"), `#!/bin/sh\ntouch ${trap}\n`, { mode: 0o755 });
    const { commit, files } = await collectWorktree(isolation, "work", env);
    expect(files.map(({ path }) => path)).toEqual([".gitattributes"]);
    expect((await mergeWorktree(isolation, commit, env)).kind).toBe("merged");
    expect(existsSync(trap)).toBe(false);

    git(folder, "clone", "--quiet", evil, join(isolation.tree, "inner"));
    await expect(collectWorktree(isolation, "work", env)).rejects.toThrow(
      /repositories inside the working tree.*inner/,
    );
    expect(existsSync(trap)).toBe(false);
  });
});

/** Agents in trees of their own, with the real git: what they see, what joins, what does not, and what is left of it. */
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { leaveAgentTrees } from "../../infra/git/agent-trees.ts";
import type { Isolation } from "../../infra/git/isolation.ts";
import { rebuildTrunk } from "../../infra/git/rebuild.ts";
import { collectWorktree, mergeWorktree, removeWorktree } from "../../infra/git/worktree.ts";
import { gitEnv as env, openTreeStage, type TreeStage } from "../support/tree-stage.ts";

const LINES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const withLine = (number: number, text: string): string =>
  `${LINES.map((line, at) => (at === number - 1 ? text : line)).join("\n")}\n`;

let stage: TreeStage;
let run: Isolation;
beforeEach(async () => {
  stage = openTreeStage({ "a.txt": `${LINES.join("\n")}\n`, "b.txt": "b\n", "pkg/c.txt": "c\n" });
  run = await stage.run("r_1");
});
afterEach(() => stage.close());

const readIn = (root: string, path: string): string => readFileSync(join(root, path), "utf8");
const branchHas = (path: string): string => stage.git(stage.source, "show", `${run.branch}:${path}`);
const commitOf = (joined: Awaited<ReturnType<TreeStage["join"]>>): string => {
  if (joined.kind !== "joined" || joined.commit === null) throw new Error(`no commit: ${JSON.stringify(joined)}`);
  return joined.commit;
};

describe("an agent's tree", () => {
  it("begins with all that has joined so far, and is the same one where it is asked for again", async () => {
    await stage.works(run, "a_first", { "b.txt": "first\n" });
    const opened = await stage.open(run, "a_second");
    expect(readIn(opened.tree, "b.txt")).toBe("first\n");
    stage.put(opened.tree, "b.txt", "half done\n");
    expect(await stage.open(run, "a_second")).toEqual(opened);
    expect(readIn(opened.tree, "b.txt")).toBe("half done\n");
  });

  it("that was left half made is made anew, and one of a later attempt takes the place of the earlier", async () => {
    const { tree } = await stage.open(run, "a_x");
    stage.put(tree, "b.txt", "the first attempt's\n");
    rmSync(`${tree}.json`);
    const again = await stage.open(run, "a_x");
    expect(readIn(again.tree, "b.txt")).toBe("b\n");
    const second = await stage.open(run, "a_x.2");
    expect([existsSync(again.tree), existsSync(second.tree)]).toEqual([false, true]);
    expect(stage.git(stage.source, "worktree", "list").split("\n")).toHaveLength(3);
  });

  it("takes no name that leads anywhere else", async () => {
    for (const actor of ["../a", "a/b", ".a", "a..b", ""])
      await expect(stage.open(run, actor), actor).rejects.toThrow(/no tree can be named/);
  });
});

describe("two agents at once", () => {
  const both = async (left: Record<string, string>, right: Record<string, string>) => {
    const [one, other] = [await stage.open(run, "a_left"), await stage.open(run, "a_right")];
    for (const [path, text] of Object.entries(left)) stage.put(one.tree, path, text);
    for (const [path, text] of Object.entries(right)) stage.put(other.tree, path, text);
    return [await stage.join(run, "a_left"), await stage.join(run, "a_right")] as const;
  };

  it("that change different files both arrive, one commit each in the order in which they joined, and their trees go", async () => {
    const [left, right] = await both({ "a.txt": withLine(1, "left") }, { "new/d.txt": "right\n", "b.txt": "right\n" });
    expect([left, right]).toMatchObject([
      { kind: "joined", files: 1 },
      { kind: "joined", files: 2 },
    ]);
    expect(stage.subjects(run)).toEqual(["work of a_left", "work of a_right"]);
    expect(stage.git(stage.source, "rev-parse", `${commitOf(right)}^`)).toBe(commitOf(left));
    expect([readIn(run.tree, "a.txt"), readIn(run.tree, "new/d.txt")]).toEqual([withLine(1, "left"), "right\n"]);
    expect(stage.git(run.tree, "status", "--porcelain")).toBe("");
    expect(stage.lying()).toEqual(["r_1", "r_1.index", "r_1.json"]);
    const trailers = stage.git(stage.source, "show", "--no-patch", "--format=%(trailers)", commitOf(left));
    expect(trailers).toBe("Swarm-Task: left\nSwarm-Agent: a_left\nSwarm-Result: res_left");
  });

  it("that change different lines of one file are merged; a file that one took away is gone", async () => {
    const [left, right] = [await stage.open(run, "a_left"), await stage.open(run, "a_right")];
    stage.put(left.tree, "a.txt", withLine(1, "left"));
    stage.put(right.tree, "a.txt", withLine(9, "right"));
    rmSync(join(right.tree, "pkg"), { recursive: true });
    await stage.join(run, "a_left");
    expect(await stage.join(run, "a_right")).toMatchObject({ kind: "joined", files: 2 });
    expect(readIn(run.tree, "a.txt")).toBe(withLine(1, "left").replace("nine", "right"));
    expect(existsSync(join(run.tree, "pkg"))).toBe(false);
  });

  it("of which one changed nothing leave one commit; the same change made twice is no conflict, and no second commit", async () => {
    const [left, right] = await both({ "b.txt": "same\n" }, { "b.txt": "same\n" });
    expect([left, right]).toMatchObject([{ files: 1 }, { kind: "joined", commit: null, files: 0 }]);
    await stage.open(run, "a_idle");
    expect(await stage.join(run, "a_idle")).toEqual({ kind: "joined", commit: null, files: 0 });
    expect(await stage.join(run, "a_idle")).toEqual({ kind: "joined", commit: null, files: 0 });
    expect(stage.subjects(run)).toEqual(["work of a_left"]);
  });

  it("that change the same line conflict: the second changes nothing, and is told whose work stands against it", async () => {
    const [, right] = await both(
      { "a.txt": withLine(5, "left") },
      { "a.txt": withLine(5, "right"), "b.txt": "right\n" },
    );
    expect(right).toMatchObject({ kind: "conflict", files: ["a.txt"], tasks: ["left"] });
    expect([readIn(run.tree, "a.txt"), readIn(run.tree, "b.txt")]).toEqual([withLine(5, "left"), "b\n"]);
    expect(stage.subjects(run)).toEqual(["work of a_left"]);
    // Asked again, after its tree is gone, it is the same conflict.
    expect(await stage.join(run, "a_right")).toEqual(right);
  });

  it("what was done in the run's own tree meanwhile is neither lost nor overwritten", async () => {
    stage.put(run.tree, "own.txt", "own\n");
    await stage.works(run, "a_left", { "b.txt": "left\n" });
    expect(stage.subjects(run)).toEqual(["Work in the run's own tree", "work of a_left"]);
    expect([branchHas("own.txt"), readIn(run.tree, "own.txt")]).toEqual(["own", "own\n"]);
  });
});

describe("a conflict", () => {
  const conflict = async () => {
    const [left, right] = [await stage.open(run, "a_left"), await stage.open(run, "a_right")];
    stage.put(left.tree, "a.txt", withLine(5, "left"));
    stage.put(right.tree, "a.txt", withLine(5, "right"));
    stage.put(right.tree, "b.txt", "right\n");
    await stage.join(run, "a_left");
    await stage.join(run, "a_right");
    return stage.open(run, "a_right-resolve", "a_right");
  };

  it("stands in the files of the tree that is to resolve it, committed to nothing, with the other's clean changes", async () => {
    const { tree } = await conflict();
    expect(readIn(tree, "a.txt").split("\n").slice(4, 9)).toEqual([
      "<<<<<<< swarm/r_1/ours/a_right-resolve",
      "left",
      "=======",
      "right",
      ">>>>>>> swarm/r_1/side/a_right",
    ]);
    expect(readIn(tree, "b.txt")).toBe("right\n");
    expect(stage.git(tree, "rev-parse", "HEAD")).toBe(stage.git(stage.source, "rev-parse", run.branch));
    expect(stage.git(tree, "status", "--porcelain")).toBe("M a.txt\n M b.txt");
  });

  it("is not joined while its marks stand in any file, and is when they are gone: both works are its past", async () => {
    const { tree } = await conflict();
    stage.put(tree, "moved.txt", readIn(tree, "a.txt"));
    stage.put(tree, "a.txt", withLine(5, "left and right"));
    expect(await stage.join(run, "a_right-resolve")).toEqual({ kind: "unresolved", files: ["moved.txt"] });
    rmSync(join(tree, "moved.txt"));
    const commit = commitOf(await stage.join(run, "a_right-resolve"));
    const parents = stage.git(stage.source, "show", "--no-patch", "--format=%P", commit).split(" ");
    expect(parents).toHaveLength(2);
    const subjects = parents.map((one) => stage.git(stage.source, "show", "--no-patch", "--format=%s", one));
    expect(subjects).toEqual(["work of a_left", "work of a_right"]);
    expect([readIn(run.tree, "a.txt"), readIn(run.tree, "b.txt")]).toEqual([withLine(5, "left and right"), "right\n"]);
    expect(await stage.join(run, "a_right-resolve")).toMatchObject({ kind: "joined", commit });
    // The work that was resolved counts: it is no unfinished work of anybody's.
    expect(await leaveAgentTrees(run, true, env)).toEqual([]);
  });
});

describe("a run's tree that is built once more", () => {
  const joinThree = async () => [
    commitOf(await stage.works(run, "a_1", { "a.txt": withLine(1, "first") })),
    commitOf(await stage.works(run, "a_2", { "b.txt": "second\n" })),
    commitOf(await stage.works(run, "a_3", { "a.txt": withLine(1, "first").replace("nine", "third") })),
  ];

  it("holds what stays and nothing of what was taken out; made again it is the same; old names stay good", async () => {
    const [one = "", two = "", three = ""] = await joinThree();
    expect(await rebuildTrunk(run, [two, three], env)).toEqual({ kind: "rebuilt", commits: 2 });
    const tip = stage.git(stage.source, "rev-parse", run.branch);
    expect(readIn(run.tree, "a.txt")).toBe(withLine(9, "third"));
    expect([readIn(run.tree, "b.txt"), stage.subjects(run)]).toEqual(["second\n", ["work of a_2", "work of a_3"]]);
    expect(await rebuildTrunk(run, [two, three], env)).toEqual({ kind: "rebuilt", commits: 2 });
    expect(stage.git(stage.source, "rev-parse", run.branch)).toBe(tip);
    expect(stage.git(stage.source, "log", "--format=%H", run.branch)).not.toContain(one);
    expect(await rebuildTrunk(run, [three], env)).toEqual({ kind: "rebuilt", commits: 1 });
    expect([readIn(run.tree, "b.txt"), stage.subjects(run)]).toEqual(["b\n", ["work of a_3"]]);
  });

  it("that began with what was taken out joins its own change alone", async () => {
    const first = commitOf(await stage.works(run, "a_1", { "a.txt": withLine(1, "wrong"), "bad.txt": "bad\n" }));
    const running = await stage.open(run, "a_2");
    expect(existsSync(join(running.tree, "bad.txt"))).toBe(true);
    expect(first).toMatch(/^[0-9a-f]{40}$/);
    expect(await rebuildTrunk(run, [], env)).toEqual({ kind: "rebuilt", commits: 0 });
    expect([existsSync(join(run.tree, "bad.txt")), existsSync(join(running.tree, "bad.txt"))]).toEqual([false, true]);
    stage.put(running.tree, "b.txt", "second\n");
    await stage.join(run, "a_2");
    expect(stage.git(stage.source, "diff", "--name-only", run.base, run.branch)).toBe("b.txt");
  });

  it("that does not fit without what was taken out stays as it was, and says whose work does not", async () => {
    const first = commitOf(await stage.works(run, "a_1", { "a.txt": withLine(1, "first") }));
    const second = commitOf(await stage.works(run, "a_2", { "a.txt": withLine(1, "first, and more") }));
    expect(await rebuildTrunk(run, [second], env)).toMatchObject({
      kind: "left",
      why: expect.stringMatching(/a_2 does not fit.*a\.txt/),
    });
    expect(stage.git(stage.source, "rev-parse", `${run.branch}^`)).toBe(first);
    expect(readIn(run.tree, "a.txt")).toBe(withLine(1, "first, and more"));
  });
});

describe("at a run's end", () => {
  it("the joins are what is collected and merged; then no tree, branch or name of the run is left", async () => {
    await stage.works(run, "a_left", { "a.txt": withLine(1, "left") });
    await stage.works(run, "a_right", { "b.txt": "right\n" });
    await stage.open(run, "a_failed");
    const { commit, files } = await collectWorktree(run, "the whole", env);
    expect(commit).toBe(stage.git(stage.source, "rev-parse", run.branch));
    expect(files.map(({ path }) => path)).toEqual(["a.txt", "b.txt"]);
    expect(await collectWorktree(run, "the whole", env)).toMatchObject({ commit });
    expect(await mergeWorktree(run, commit, env)).toMatchObject({ kind: "merged" });
    await removeWorktree(run, env);
    expect(stage.git(stage.source, "log", "--format=%s")).toBe("work of a_right\nwork of a_left\nfirst");
    expect([stage.lying(), stage.git(stage.source, "for-each-ref", "--format=%(refname)")]).toEqual([
      [],
      "refs/heads/main",
    ]);
    expect(stage.git(stage.source, "worktree", "list").split("\n")).toHaveLength(1);
  });

  it("goes with the first halves of small files whose writer was killed, and leaves another run's", async () => {
    await stage.works(run, "a_left", { "b.txt": "left\n" });
    const killed = ["r_1.json.7.ez34qvmh.aside", "r_1.moving.7.cjdj778b.aside", "r_1.a_t0.2.json.7.ez34qvmh.aside"];
    for (const name of [...killed, "r_10.json.7.ez34qvmh.aside"]) writeFileSync(join(stage.trees, name), "{");
    await removeWorktree(run, env);
    expect(stage.lying()).toEqual(["r_10.json.7.ez34qvmh.aside"]);
  });

  it.each([false, true])(
    "what a death left of a tree in the making goes with it, whole or not (kept work: %s)",
    async (keep) => {
      // Killed before its line was written; killed after git had made its own folder, and before the tree.
      const half = await stage.open(run, "a_half.2");
      rmSync(`${half.tree}.json`);
      const locked = await stage.open(run, "a_locked");
      for (const path of [locked.tree, `${locked.tree}.json`]) rmSync(path, { recursive: true });
      writeFileSync(join(locked.gitDir, "locked"), "initializing");
      const other = await stage.run("r_12");
      if (keep) expect(await leaveAgentTrees(run, true, env)).toEqual([]);
      else await removeWorktree(run, env);
      const left = [other, ...(keep ? [run] : [])];
      const known = stage.git(stage.source, "worktree", "list").split("\n");
      expect(known.map((line) => line.split(" ")[0]).sort()).toEqual(
        [stage.source, ...left.map(({ tree }) => tree)].sort(),
      );
      expect([half, locked].flatMap(({ tree, gitDir }) => [existsSync(tree), existsSync(gitDir)])).not.toContain(true);
      expect(left.map(({ tree }) => existsSync(tree))).not.toContain(false);
    },
  );

  it("what never came to count lies on a branch that is named, where the run did not come out well", async () => {
    await stage.works(run, "a_good", { "b.txt": "good\n" });
    const { tree } = await stage.open(run, "a_failed");
    stage.put(tree, "half.txt", "half\n");
    await stage.open(run, "a_idle");
    const { tree: nested } = await stage.open(run, "a_nest");
    stage.git(nested, "init", "--quiet", "inner");
    const left = [
      { actor: "a_failed", at: "branch swarm/r_1.a_failed" },
      { actor: "a_nest", at: nested },
    ];
    expect(await leaveAgentTrees(run, true, env)).toEqual(left);
    // Asked once more after a crash, it names the same.
    expect(await leaveAgentTrees(run, true, env)).toEqual(left);
    rmSync(join(nested, "inner"), { recursive: true });
    await leaveAgentTrees(run, true, env);
    expect(stage.git(stage.source, "show", "swarm/r_1.a_failed:half.txt")).toBe("half");
    expect(stage.lying()).toEqual(["r_1", "r_1.index", "r_1.json"]);
  });
});

describe("what an agent left in its tree", () => {
  it("starts no program, joined or resolved: no hook, no filter, no text conversion, no configuration of its own", async () => {
    const trap = join(stage.folder, "trap");
    const evil = join(stage.folder, "evil");
    stage.git(stage.folder, "init", "--quiet", evil);
    for (const key of ["filter.x.clean", "filter.x.smudge", "merge.x.driver", "diff.x.textconv", "core.fsmonitor"]) {
      stage.git(evil, "config", key, `touch ${trap}; cat`);
      // The person's own repository may have come in an archive.
      stage.git(stage.source, "config", key, `touch ${trap}; cat`);
    }
    for (const hook of ["pre-commit", "post-checkout", "post-merge", "reference-transaction", "post-index-change"]) {
      writeFileSync(join(stage.source, ".git/hooks", hook), `#!/bin/sh\ntouch ${trap}\n`, { mode: 0o755 });
    }
    const attributes = "* filter=x merge=x diff=x\n";
    const [left, right] = [await stage.open(run, "a_left"), await stage.open(run, "a_right")];
    for (const [tree, word] of [
      [left.tree, "left"],
      [right.tree, "right"],
    ] as const) {
      stage.put(tree, ".gitattributes", attributes);
      stage.put(tree, "a.txt", withLine(5, word));
      writeFileSync(join(tree, ".git"), `gitdir: ${join(evil, ".git")}\n`);
    }
    expect(await stage.join(run, "a_left")).toMatchObject({ kind: "joined", files: 2 });
    expect(await stage.join(run, "a_right")).toMatchObject({ kind: "conflict", files: ["a.txt"] });
    const { tree } = await stage.open(run, "a_right-resolve", "a_right");
    stage.put(tree, "a.txt", withLine(5, "both"));
    const commit = commitOf(await stage.join(run, "a_right-resolve"));
    await rebuildTrunk(run, [commit], env);
    await collectWorktree(run, "all", env);
    expect(existsSync(trap)).toBe(false);
  });

  it("with a repository inside is not joined, and the reason names it; a link is a link, wherever it leads", async () => {
    const { tree } = await stage.open(run, "a_nest");
    stage.git(tree, "init", "--quiet", "inner");
    await expect(stage.join(run, "a_nest")).rejects.toThrow(/repositories inside the working tree.*inner/);
    rmSync(join(tree, "inner"), { recursive: true });
    writeFileSync(join(stage.folder, "secret"), "secret\n");
    symlinkSync(join(stage.folder, "secret"), join(tree, "link"));
    rmSync(join(tree, "pkg"), { recursive: true });
    symlinkSync(stage.folder, join(tree, "pkg"));
    expect(await stage.join(run, "a_nest")).toMatchObject({ kind: "joined" });
    expect(stage.git(stage.source, "ls-tree", run.branch, "link", "pkg")).toMatch(/^120000 .*link\n120000 .*pkg$/);
    expect(branchHas("link")).toBe(join(stage.folder, "secret"));
    // What comes behind a link is written into the run's tree, never to where the link leads.
    await stage.works(run, "a_after", { "b.txt": "after\n" });
    expect(existsSync(join(stage.folder, "c.txt"))).toBe(false);
  });

  it("a name for another commit in its own git folder moves nothing: the files alone count", async () => {
    const { tree, gitDir } = await stage.open(run, "a_liar");
    const orphan = stage.git(stage.source, "commit-tree", "HEAD^{tree}", "-m", "orphan");
    writeFileSync(join(gitDir, "HEAD"), `${orphan}\n`);
    writeFileSync(join(gitDir, "index"), "no index");
    writeFileSync(join(gitDir, "index.lock"), "");
    stage.put(tree, "b.txt", "liar\n");
    const commit = commitOf(await stage.join(run, "a_liar"));
    expect(stage.git(stage.source, "diff", "--name-only", `${commit}^`, commit)).toBe("b.txt");
    expect(stage.git(stage.source, "rev-parse", `${commit}^`)).toBe(run.base);
  });
});

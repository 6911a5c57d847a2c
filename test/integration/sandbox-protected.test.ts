/**
 * What a confined command may and may not do to the workspace that it can write: protected files stay as they are, new
 * ones are set aside, git works and its hooks and settings are nobody's to change.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { addWorktree, collectWorktree } from "../../infra/git/worktree.ts";
import { signalProcess } from "../../infra/redis/process-identity.ts";
import { openTestJournal, type TestJournal } from "../support/journal.ts";
import { bubblewrap, ways } from "../support/sandbox.ts";
import { eventually } from "../support/swarm-cli.ts";

const has = (await bubblewrap()) !== null;
const never = new AbortController().signal;

let effects = 0;

async function ran({ journal, workspace }: TestJournal, command: string, cwd = workspace) {
  effects += 1;
  const order = { effect: `r_one/a_goal/0.${effects}:0`, inputHash: "h", command, cwd, timeoutMs: 60_000 };
  const end = await journal.run(order, never);
  if (end.kind !== "ended") throw new Error(`it did not end but: ${end.kind}`);
  return { ...end.outcome, text: end.output.toString("utf8") };
}

/** Files of a workspace, handed to whoever it belongs to. */
function put({ workspace }: TestJournal, files: Readonly<Record<string, string>>, owner: number | undefined): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }
  if (owner !== undefined) execFileSync("chown", ["-R", `${owner}:${owner}`, workspace]);
}

function git(folder: string, owner: number | undefined, ...args: string[]): string {
  const who = owner === undefined ? {} : { uid: owner, gid: owner };
  const env = { PATH: process.env.PATH ?? "", HOME: "/nonexistent", GIT_CONFIG_NOSYSTEM: "1" };
  const named = ["-c", "user.name=t", "-c", "user.email=t@t", ...args];
  return execFileSync("git", named, { cwd: folder, env, encoding: "utf8", ...who });
}

describe.skipIf(!has).each(ways)("%s", (_, owner) => {
  async function repository(files: Readonly<Record<string, string>> = {}): Promise<TestJournal> {
    const given = await openTestJournal({ confined: {}, ...(owner === undefined ? {} : { owner }) });
    // Git of another user has to come this far.
    chmodSync(dirname(given.workspace), 0o755);
    put(given, { "src/main.txt": "one\n", ...files }, owner);
    git(given.workspace, owner, "init", "-q", "-b", "main");
    git(given.workspace, owner, "add", "src");
    git(given.workspace, owner, "commit", "-q", "-m", "first");
    return given;
  }

  it("git works: status, add, commit, branch, switch, log, stash, gc", async () => {
    const given = await repository();
    const { text, code } = await ran(
      given,
      [
        "set -e; git config user.name >/dev/null || export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@a",
        "echo two >>src/main.txt; git status --short; git add -A; git commit -qm second",
        "git switch -qc other; echo three >>src/main.txt; git stash -q; git stash pop -q; git commit -qam third",
        "git switch -q main; git merge -q other; git gc -q; git log --format=%s",
      ].join("; "),
    );
    expect({ text, code }).toEqual({ text: " M src/main.txt\nthird\nsecond\nfirst\n", code: 0 });
    expect(git(given.workspace, owner, "log", "--format=%s")).toBe("third\nsecond\nfirst\n");
  });

  it("neither hooks nor settings of git are changed, and the folder they lie in is not exchanged", async () => {
    const given = await repository();
    const config = readFileSync(join(given.workspace, ".git/config"), "utf8");
    const { text, setAside } = await ran(
      given,
      [
        "echo evil >.git/hooks/pre-commit; git config core.fsmonitor evil",
        "mv .git .git2; mv .git/hooks .git/hooks2; rm -rf .git/hooks; rm -f .git/config; ln -sf /tmp .git/hooks",
        "printf evil >>.git/config; git config -f .git/config.worktree core.pager evil; ls -A",
      ].join("; "),
    );
    expect(text).toMatch(/busy/);
    expect(readFileSync(join(given.workspace, ".git/config"), "utf8")).toBe(config);
    expect(readdirSync(join(given.workspace, ".git/hooks")).every((name) => name.endsWith(".sample"))).toBe(true);
    expect(existsSync(join(given.workspace, ".git2"))).toBe(false);
    expect(setAside?.map(({ path }) => path)).toEqual([join(given.workspace, ".git/config.worktree")]);
    expect(existsSync(join(given.workspace, ".git/config.worktree"))).toBe(false);
  });

  it("a folder that git would be led to is set aside, and hooks that its settings name are kept", async () => {
    const given = await repository({ "tools/hooks/pre-commit": "#!/bin/sh\n" });
    git(given.workspace, owner, "config", "core.hooksPath", "tools/hooks");
    const { setAside } = await ran(
      given,
      "echo evil >tools/hooks/pre-commit; echo evil >tools/hooks/post-commit; mv tools t2; echo /tmp/evil >.git/commondir",
    );
    expect(readFileSync(join(given.workspace, "tools/hooks/pre-commit"), "utf8")).toBe("#!/bin/sh\n");
    expect(readdirSync(join(given.workspace, "tools/hooks"))).toEqual(["pre-commit"]);
    expect(setAside?.map(({ path }) => path)).toEqual([join(given.workspace, ".git/commondir")]);
  });

  it("secrets are neither read nor changed, samples are read, settings are read and not changed, at any depth", async () => {
    const given = await repository({
      ".env": "SECRET=1\n",
      "packages/a/.env.local": "SECRET=2\n",
      "packages/a/.env.example": "SAMPLE=1\n",
      "packages/b/.ssh/id_ed25519": "SECRET=3\n",
      ".npmrc": "registry=x\n",
      ".github/workflows/ci.yml": "on: push\n",
      ".claude/settings.json": "{}\n",
    });
    const { text, setAside } = await ran(
      given,
      [
        "cat .env packages/a/.env.local packages/b/.ssh/id_ed25519; grep -r SECRET . ; cat packages/a/.env.example .npmrc .github/workflows/ci.yml .claude/settings.json",
        "echo evil >.env; echo evil >>packages/a/.env.local; echo evil >.npmrc; rm -rf .github .claude .env packages/b",
        "mv packages p2; mv packages/a a2; mv .github g2; echo evil >.claude/more; echo evil >.github/workflows/evil.yml",
      ].join("; "),
    );
    expect(text).not.toContain("SECRET");
    expect(text).toContain("SAMPLE=1\nregistry=x\non: push\n{}\n");
    const read = (path: string): string => readFileSync(join(given.workspace, path), "utf8");
    expect([read(".env"), read("packages/a/.env.local"), read("packages/b/.ssh/id_ed25519")].join("")).toBe(
      "SECRET=1\nSECRET=2\nSECRET=3\n",
    );
    expect(read(".npmrc")).toBe("registry=x\n");
    expect(readdirSync(join(given.workspace, ".github/workflows"))).toEqual(["ci.yml"]);
    expect(readdirSync(join(given.workspace, ".claude"))).toEqual(["settings.json"]);
    expect(setAside).toEqual([]);
  });

  it("protected files that were not there are set aside, named, and kept where no command sees them", async () => {
    const given = await repository();
    const { setAside, text } = await ran(
      given,
      "mkdir -p .claude packages/a sub/.github; echo evil >.claude/settings.json; echo evil >packages/a/.env; echo fine >packages/a/fine; echo evil >sub/.github/x; echo ran",
    );
    expect(text).toBe("ran\n");
    const moved = new Map(setAside?.map(({ path, to }) => [path, to]));
    expect([...moved.keys()].sort()).toEqual(
      [".claude", "packages/a/.env", "sub/.github"].map((path) => join(given.workspace, path)),
    );
    for (const [path, to] of moved) {
      expect(existsSync(path)).toBe(false);
      expect(to?.startsWith(`${given.state.folder}/quarantine/`) && existsSync(to)).toBe(true);
    }
    expect(readFileSync(moved.get(join(given.workspace, "packages/a/.env")) ?? "", "utf8")).toBe("evil\n");
    expect(readFileSync(join(given.workspace, "packages/a/fine"), "utf8")).toBe("fine\n");
    expect((await ran(given, "ls -A")).setAside).toEqual([]);
  });

  it("a protected link is put back as it was, and what it leads to is as protected", async () => {
    const given = await repository({ "secrets/env": "SECRET=1\n" });
    symlinkSync("secrets/env", join(given.workspace, ".env"));
    if (owner !== undefined) chownSync(join(given.workspace, "secrets"), owner, owner);
    const { text, setAside } = await ran(
      given,
      "cat .env secrets/env; rm .env; echo evil >.env; echo evil >secrets/env",
    );
    expect(text).not.toContain("SECRET");
    expect(setAside?.map(({ path }) => path)).toEqual([join(given.workspace, ".env")]);
    expect(lstatSync(join(given.workspace, ".env")).isSymbolicLink()).toBe(true);
    expect(readlinkSync(join(given.workspace, ".env"))).toBe("secrets/env");
    expect(readFileSync(join(given.workspace, "secrets/env"), "utf8")).toBe("SECRET=1\n");
  });

  it("a new link with a protected name is set aside as a link; nothing happens to what it names", async () => {
    const given = await repository();
    const victim = join(dirname(given.workspace), "victim");
    writeFileSync(victim, "whole\n");
    const { setAside } = await ran(given, `ln -s ${victim} .npmrc; ln -s ${dirname(given.workspace)} .github`);
    expect(setAside?.map(({ path }) => path).sort()).toEqual(
      [".github", ".npmrc"].map((name) => join(given.workspace, name)),
    );
    expect(setAside?.every(({ to }) => to !== null && lstatSync(to).isSymbolicLink())).toBe(true);
    expect(readFileSync(victim, "utf8")).toBe("whole\n");
  });

  it("a repository that a command makes may stay; one that is a trap loses its hooks and settings", async () => {
    const given = await repository();
    const { setAside } = await ran(
      given,
      [
        "git init -q fresh; git init -q trap; git -C trap config core.fsmonitor evil",
        "git init -q hooked; echo evil >hooked/.git/hooks/pre-commit",
        "git init -q --bare bare; git -C bare config core.fsmonitor evil; git clone -q . copy 2>/dev/null",
      ].join("; "),
    );
    const paths = setAside?.map(({ path }) => path.slice(given.workspace.length + 1)).sort();
    expect(paths).toEqual(expect.arrayContaining(["bare/config", "hooked/.git/hooks", "trap/.git/config"]));
    expect(paths?.some((path) => path.startsWith("fresh"))).toBe(false);
    expect(git(join(given.workspace, "fresh"), owner, "status", "--short")).toBe("");
  });

  it("what a command made is set aside also where its recorder was killed", async () => {
    const given = await repository();
    const effect = "r_one/a_goal/9.9:0";
    const command = "mkdir .claude; echo evil >.claude/settings.json; echo x >begun; sleep 60";
    const waiting = given.journal.run(
      { effect, inputHash: "h", command, cwd: given.workspace, timeoutMs: 90_000 },
      never,
    );
    await eventually("it began", () => existsSync(join(given.workspace, "begun")));
    const seen = await given.journal.look(effect);
    if (seen === null) throw new Error("no gate");
    signalProcess(seen.gate.holder, "SIGKILL");
    const end = await waiting;
    expect(end.kind === "lost" && end.setAside?.map(({ path }) => path)).toEqual([join(given.workspace, ".claude")]);
    expect(existsSync(join(given.workspace, ".claude"))).toBe(false);
  });

  it("in a linked work tree a commit goes to the repository it came from, whose hooks and settings stay", async () => {
    const given = await repository();
    const tree = join(dirname(given.workspace), "tree");
    if (owner !== undefined) {
      mkdirSync(tree);
      chownSync(tree, owner, owner);
    }
    git(given.workspace, owner, "worktree", "add", "-q", "-b", "side", tree);
    const inTree = { ...given, workspace: tree };
    const { text, code } = await ran(
      inTree,
      [
        "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@a",
        "echo two >>src/main.txt && git commit -qam second && git log --format=%s",
        `echo evil >${given.workspace}/.git/hooks/pre-commit; echo evil >>${given.workspace}/.git/config; echo evil >${given.workspace}/src/main.txt; git config core.pager evil; echo 'gitdir: /tmp' >.git; true`,
      ].join("; "),
    );
    expect(text).toMatch(/^second\nfirst\n/);
    expect(code).toBe(0);
    expect(git(given.workspace, owner, "log", "--format=%s", "side")).toBe("second\nfirst\n");
    expect(existsSync(join(given.workspace, ".git/hooks/pre-commit"))).toBe(false);
    expect(readFileSync(join(given.workspace, ".git/config"), "utf8")).not.toContain("evil");
    expect(readFileSync(join(given.workspace, "src/main.txt"), "utf8")).toBe("one\n");
  });

  it("in a tree of the run's own git works and commits, and nothing of the repository it came from can be changed", async () => {
    const given = await repository();
    const base = git(given.workspace, owner, "rev-parse", "HEAD").trim();
    git(given.workspace, owner, "branch", "side");
    const wanted = {
      source: given.workspace,
      tree: join(dirname(given.workspace), "trees", "r_1"),
      branch: "swarm/r_1",
      base,
    };
    const isolation = await addWorktree(wanted, { PATH: process.env.PATH ?? "" });
    if (owner !== undefined)
      execFileSync("chown", ["-R", `${owner}:${owner}`, dirname(isolation.tree), isolation.gitDir]);
    const { text } = await ran(
      { ...given, workspace: isolation.tree },
      [
        "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@a",
        "echo two >>src/main.txt && git commit -qam second && git log --format=%s && git status --short",
        `git branch -D side; git update-ref refs/heads/main HEAD; git tag mine; rm -rf ${given.workspace}/.git/objects/*; rm -rf ${given.workspace}/.git/refs/heads/*; true`,
      ].join("; "),
    );
    expect(text).toMatch(/^second\nfirst\n/);
    expect(git(given.workspace, owner, "for-each-ref", "--format=%(refname) %(objectname)")).toBe(
      ["main", "side"].map((name) => `refs/heads/${name} ${base}\n`).join(""),
    );
    const collected = await collectWorktree(isolation, "work", { PATH: process.env.PATH ?? "" });
    expect(collected.files).toEqual([{ path: "src/main.txt", added: 1, removed: 0 }]);
    expect(git(given.workspace, owner, "fsck", "--no-progress", "--no-dangling")).toBe("");
  });

  it("a part of a repository is worked in: the rest is read, its secrets are not, and git knows where it is", async () => {
    const given = await repository({
      "packages/a/x.txt": "a\n",
      "packages/b/y.txt": "b\n",
      "packages/b/.env": "SECRET=1\n",
    });
    const { text } = await ran(
      given,
      "cat ../b/y.txt ../b/.env; echo evil >../b/z; echo evil >../../.git/hooks/pre-commit; echo x >made; git log --format=%s",
      join(given.workspace, "packages/a"),
    );
    expect(text).toMatch(/^b\n/);
    expect(text).toMatch(/first\n$/);
    expect(text).not.toContain("SECRET");
    const there = (path: string): boolean => existsSync(join(given.workspace, path));
    expect([there("packages/a/made"), there("packages/b/z"), there(".git/hooks/pre-commit")]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("a .git file that names somebody else's repository opens nothing", async () => {
    const given = await repository();
    const liar = await openTestJournal({ confined: {}, ...(owner === undefined ? {} : { owner }) });
    put(liar, { ".git": `gitdir: ${given.workspace}/.git\n` }, owner);
    const { text } = await ran(
      liar,
      `echo evil >${given.workspace}/.git/objects/evil; ls ${given.workspace}/.git; echo end`,
    );
    expect(text).toMatch(/end\n$/);
    expect(existsSync(join(given.workspace, ".git/objects/evil"))).toBe(false);
  });

  it("node and a package's own tests run", async () => {
    const given = await repository({
      "package.json": JSON.stringify({ name: "x", version: "1.0.0", scripts: { test: "node --test" } }),
      "x.test.js": "require('node:test')('sum', () => require('node:assert').equal(1 + 1, 2));\n",
    });
    expect((await ran(given, "node -p 'process.version'")).text).toBe(`${process.version}\n`);
    const { text, code } = await ran(given, "npm test --offline 2>&1");
    expect(text).toContain("pass 1");
    expect(code).toBe(0);
  });
});

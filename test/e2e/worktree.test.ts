/** Work in a tree of the run's own, from the command line: no question on the way, one at the end, and never half of it. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { MAIN, MAIN_LINES, openStage, type Stage, says, use } from "../support/run-stage.ts";
import { documentOf } from "../support/swarm-cli.ts";

const git = (stage: Stage, ...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], {
    cwd: stage.workspace,
    encoding: "utf8",
  }).trim();

async function repository(): Promise<Stage> {
  const stage = await openStage();
  git(stage, "init", "--quiet", "-b", "main");
  git(stage, "add", ".");
  git(stage, "commit", "--quiet", "-m", "first");
  return stage;
}

const work = [
  says(use("Write", { file_path: "notes.txt", content: "noted\n" })),
  says(use("Read", { file_path: MAIN })),
  says(use("Edit", { file_path: MAIN, old_string: "left + right", new_string: "right + left" })),
  says(use("Report", { outcome: "done", value: { summary: "changed two files" }, evidence: [], notDone: [] })),
];

const mainOf = (stage: Stage): string => readFileSync(join(stage.workspace, MAIN), "utf8");
const ORIGINAL = `${MAIN_LINES.join("\n")}\n`;

it("where nobody can be asked the work is left on its branch, whole, and the result says so", async () => {
  await using stage = await repository();
  const { document, finished } = await stage.play(work);
  expect([document.status, finished.code]).toEqual(["completed", 0]);
  const branch = `swarm/${document.runId}`;
  expect(document.result?.reasons).toEqual([
    `not merged: the work is left on branch ${branch}: nobody can be asked for the merge`,
  ]);
  expect([mainOf(stage), existsSync(join(stage.workspace, "notes.txt"))]).toEqual([ORIGINAL, false]);
  expect(git(stage, "status", "--porcelain")).toBe("");
  expect(git(stage, "diff", "--stat", `main..${branch}`)).toContain("2 files changed");
  expect(git(stage, "show", `${branch}:notes.txt`)).toBe("noted");
  const shown = await stage.swarm.ask(["show", document.runId]);
  expect(shown.stdout).toMatch(/^sandbox: (full|partial|none), as of its latest decision$/m);
  expect(shown.stdout).toContain(`branch ${branch}, for ${stage.workspace}`);
});

it("with allow-safe it is merged without a question, and the tree and its branch are gone", async () => {
  await using stage = await repository();
  const { document } = await stage.play(work, ["--json", "--approve", "allow-safe"]);
  expect([document.status, document.result?.reasons]).toEqual(["completed", []]);
  expect(mainOf(stage)).toContain("right + left");
  expect(readFileSync(join(stage.workspace, "notes.txt"), "utf8")).toBe("noted\n");
  expect([git(stage, "branch", "--list", "swarm/*"), git(stage, "worktree", "list").split("\n").length]).toEqual([
    "",
    1,
  ]);
});

it("is asked about once, with the whole difference, and merged after the yes; the person's own change in between stays", async () => {
  await using stage = await repository();
  const { document, finished } = await stage.play(work, ["--json", "--approve", "ask"]);
  expect([document.status, finished.code]).toEqual(["parked", 5]);
  expect(document.approvals).toMatchObject([
    {
      tool: "Merge",
      agent: "a_coordinator",
      risk: "mutating",
      input: { filesTotal: 2, branch: `swarm/${document.runId}` },
    },
  ]);
  expect(mainOf(stage)).toBe(ORIGINAL);
  writeFileSync(join(stage.workspace, "own.txt"), "mine\n");
  git(stage, "add", ".");
  git(stage, "commit", "--quiet", "-m", "meanwhile");
  const [{ id }] = document.approvals as [{ id: string }];
  expect((await stage.swarm.ask(["approve", id])).code).toBe(0);
  expect((await stage.swarm.ask(["resume", document.runId, "--json"])).code).toBe(0);
  const after = documentOf<{ status: string }>(await stage.swarm.ask(["show", document.runId, "--json"]));
  expect(after.status).toBe("completed");
  expect(mainOf(stage)).toContain("right + left");
  expect(readFileSync(join(stage.workspace, "own.txt"), "utf8")).toBe("mine\n");
});

it("a no leaves the branch, and the run ends with the reason that was given", async () => {
  await using stage = await repository();
  const { document } = await stage.play(work, ["--json", "--approve", "ask"]);
  const [{ id }] = document.approvals as [{ id: string }];
  expect((await stage.swarm.ask(["deny", id, "--reason", "not like this"])).code).toBe(0);
  await stage.swarm.ask(["resume", document.runId, "--json"]);
  const after = documentOf<{ status: string; result: { reasons: string[] } }>(
    await stage.swarm.ask(["show", document.runId, "--json"]),
  );
  expect([after.status, after.result.reasons]).toEqual(["completed", [expect.stringContaining("not like this")]]);
  expect(mainOf(stage)).toBe(ORIGINAL);
});

it("with files that differ from the last commit agents work in the folder itself, which is said; always refuses", async () => {
  await using stage = await repository();
  writeFileSync(join(stage.workspace, MAIN), `${ORIGINAL}// mine\n`);
  const tried = {
    outcome: "done",
    value: { summary: "looked, and could not change a file" },
    evidence: [],
    notDone: [],
  };
  const { document, finished } = await stage.play([...work.slice(0, -1), says(use("Report", tried))]);
  expect(finished.stderr).toContain("1 tracked files differ from the last commit");
  expect([document.status, document.result?.reasons]).toEqual(["completed", []]);
  expect(mainOf(stage)).toBe(`${ORIGINAL}// mine\n`);
  const refused = await stage.swarm.ask(["run", "x", "--workspace", stage.workspace, "--worktree", "always"]);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("differ from the last commit")]);
});

// Several agents that write at once, from the command line: each in a tree of its own, their work joined on one branch, and
// what does not go together resolved by one more agent before anything is merged.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { EntryInput } from "../support/messages-double/script.ts";
import { ofType, openStage, type RunDocument, type Stage, says, toldBefore, use } from "../support/run-stage.ts";
import { documentOf } from "../support/swarm-cli.ts";

const SHARED = ["one", "two", "three", "four", "five"];
let stage: Stage;
const git = (...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], {
    cwd: stage.workspace,
    encoding: "utf8",
  }).trim();
const textOf = (path: string): string => readFileSync(join(stage.workspace, path), "utf8");

beforeAll(async () => {
  stage = await openStage();
  writeFileSync(join(stage.workspace, "shared.txt"), `${SHARED.join("\n")}\n`);
  git("init", "--quiet", "-b", "main");
  git("add", ".");
  git("commit", "--quiet", "-m", "first");
});
afterAll(() => stage?.[Symbol.asyncDispose]());

const done = (summary: string) =>
  says(use("Report", { outcome: "done", value: { summary }, evidence: [], notDone: [] }));
/** Changes the line in the middle, and makes a file of its own. */
const writes = (word: string): EntryInput[] => [
  { ...says(use("Read", { file_path: "shared.txt" })), held: true },
  says(
    use("Edit", { file_path: "shared.txt", old_string: "three", new_string: word }),
    use("Write", { file_path: `${word}.txt`, content: `${word}\n` }),
  ),
  done(`changed what ${word} is`),
];

it("two that change the same line conflict, a third resolves it in a tree that shows both, and all of it is merged", async () => {
  const file = join(stage.swarm.home, "two.yaml");
  writeFileSync(file, ["tasks:", "  - {id: left, goal: Be-left.}", "  - {id: right, goal: Be-right.}"].join("\n"));
  const script = (when: string, entries: readonly EntryInput[]): void =>
    stage.double.script(...entries.map((entry) => ({ when, ...entry })));
  script("Two pieces of work of this run do not fit together", [
    says(use("Read", { file_path: "shared.txt" })),
    says(use("Edit", { file_path: "shared.txt", old_string: "three", new_string: "three" })),
    says(use("Write", { file_path: "shared.txt", content: "one\ntwo\nleft and right\nfour\nfive\n" })),
    done("both words stand there"),
  ]);
  script("Be-left.", writes("left"));
  script("Be-right.", writes("right"));
  const running = stage.swarm.start(["run", file, "--workspace", stage.workspace, "--approve", "allow-safe", "--json"]);
  const asked = (words: string) => stage.double.served.filter(({ body }) => body.includes(words));
  await expect.poll(() => [asked("Be-left.").length, asked("Be-right.").length], { timeout: 60_000 }).toEqual([1, 1]);
  stage.double.release();
  const finished = await running.done;
  const document = documentOf<RunDocument>(finished);
  expect([document.status, finished.code], finished.stderr).toEqual(["completed", 0]);
  expect(finished.stderr).toContain("2 agents that may change files work in a tree each");
  expect(textOf("shared.txt")).toBe("one\ntwo\nleft and right\nfour\nfive\n");
  expect([textOf("left.txt"), textOf("right.txt")]).toEqual(["left\n", "right\n"]);

  const events = await stage.events(document.runId);
  const [conflict, ...more] = ofType(events, "task.conflicted");
  const [first = "", second = ""] = conflict?.task === "right" ? ["left", "right"] : ["right", "left"];
  expect([conflict, more]).toMatchObject([{ task: second, files: ["shared.txt"] }, []]);
  expect(conflict?.reason).toContain(`the work of ${first}`);
  const joined = ofType(events, "task.joined").map(({ task, files }) => [task, files]);
  expect(joined).toEqual([
    [first, 2],
    [`${second}-resolve`, 2],
  ]);
  // What the resolving agent read is both sides, between marks.
  const seen = asked("Two pieces of work").map((request) => String(toldBefore(request)[0]?.content ?? ""));
  expect(seen.some((text) => text.includes("<<<<<<<") && text.includes("left") && text.includes("right"))).toBe(true);
  expect(git("log", "--first-parent", "--format=%(trailers:key=Swarm-Task,valueonly,separator=)")).toMatch(
    new RegExp(`^${second}-resolve\\n+${first}`),
  );
  expect([git("branch", "--list", "swarm/*"), git("worktree", "list").split("\n").length]).toEqual(["", 1]);
  expect(git("for-each-ref", "refs/swarm")).toBe("");
  expect(readdirSync(join(stage.swarm.home, ".local/state/statehive-worktrees"))).toEqual([]);
});

it("what is taken back leaves the run's tree with it: it is done again without it, and what else joined stays", async () => {
  const file = join(stage.swarm.home, "back.yaml");
  const lines = ["- {id: keep, goal: Be-keep.}", "- {id: a, goal: Be-a.}", "- {id: b, goal: Be-b., needs: [a, keep]}"];
  writeFileSync(file, ["tasks:", ...lines.map((line) => `  ${line}`)].join("\n"));
  const script = (when: string, entries: readonly EntryInput[]): void =>
    stage.double.script(...entries.map((entry) => ({ when, ...entry })));
  const makes = (path: string, content: string) => [
    says(use("Write", { file_path: path, content })),
    done(`made ${path}`),
  ];
  script("Be-keep.", makes("keep.txt", "kept\n"));
  // A file that is there already, and was not read, is not overwritten: the second attempt finds none.
  script("Be-a.", [...makes("a.txt", "bad\n"), ...makes("a.txt", "good\n")]);
  script("Be-b.", [
    // It thinks until it is stopped.
    { ...says(use("Read", { file_path: "a.txt" })), fault: { kind: "silence", afterEvents: 1 } },
    says(use("Read", { file_path: "a.txt" })),
    ...makes("b.txt", "b\n"),
  ]);
  const running = stage.swarm.start(["run", file, "--workspace", stage.workspace, "--approve", "allow-safe", "--json"]);
  const asked = () => stage.double.served.filter(({ body }) => body.includes("Be-b."));
  await expect.poll(() => asked().length, { timeout: 60_000 }).toBe(1);
  const revoked = await stage.swarm.ask(["revoke", "res_a", "--yes", "--reason", "it is bad", "--json"]);
  expect(revoked.code, revoked.stdout).toBe(0);
  const finished = await running.done;
  const document = documentOf<RunDocument>(finished);
  expect([document.status, finished.code], finished.stderr).toEqual(["completed", 0]);
  const events = await stage.events(document.runId);
  expect(ofType(events, "workspace.rebuilt").map(({ commits }) => commits)).toEqual([1]);
  expect(String(toldBefore(asked().at(-2))[0]?.content)).toContain("good");
  expect([textOf("a.txt"), textOf("b.txt"), textOf("keep.txt")]).toEqual(["good\n", "b\n", "kept\n"]);
  const subjects = git("log", "--format=%s").split("\n");
  expect(subjects.filter((line) => /^(a|b|keep):/.test(line)).sort()).toEqual([
    "a: Be-a.",
    "b: Be-b.",
    "keep: Be-keep.",
  ]);
  expect([git("for-each-ref", "refs/swarm"), git("worktree", "list").split("\n").length]).toEqual(["", 1]);
});

/**
 * A real task on a real package: a test of quick-format-unescaped (MIT, here by npm) fails, an agent finds out why, mends the
 * line and shows it. On the way it says that the test passes while it does not, and is not believed.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { openStage, type Stage, says, use } from "../support/run-stage.ts";

const RIGHT = "str += Math.floor(Number(args[a]))";
const WRONG = "str += Math.ceil(Number(args[a]))";
const TEST = "node test/index.js";

const git = (stage: Stage, ...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], {
    cwd: stage.workspace,
    encoding: "utf8",
  });
const passes = (stage: Stage): boolean => spawnSync("node", ["test/index.js"], { cwd: stage.workspace }).status === 0;

/** The package as npm brought it, with one word changed, under git. */
async function brokenPackage(): Promise<Stage> {
  const stage = await openStage();
  const source = dirname(createRequire(import.meta.url).resolve("quick-format-unescaped/package.json"));
  rmSync(stage.workspace, { recursive: true });
  cpSync(source, stage.workspace, { recursive: true });
  const file = join(stage.workspace, "index.js");
  const text = readFileSync(file, "utf8");
  expect(text.split(RIGHT)).toHaveLength(2);
  writeFileSync(file, text.replace(RIGHT, WRONG));
  git(stage, "init", "--quiet", "-b", "main");
  git(stage, "add", ".");
  git(stage, "commit", "--quiet", "-m", "as it is");
  return stage;
}

it("a failing test of a real package is mended, shown to pass by the journal, and merged; a claim before that is sent back", async () => {
  await using stage = await brokenPackage();
  expect(passes(stage)).toBe(false);
  const line = readFileSync(join(stage.workspace, "index.js"), "utf8")
    .split("\n")
    .findIndex((one) => one.includes(WRONG));
  const shown = { kind: "file", path: "index.js", line: line + 1, quote: RIGHT };
  const report = (summary: string) =>
    says(
      use("Report", {
        outcome: "done",
        value: { summary, changed: ["index.js"], ran: [TEST] },
        evidence: [shown, { kind: "command", command: TEST, exitCode: 0 }],
        notDone: [],
      }),
    );
  const { document, events, finished } = await stage.play(
    [
      says(use("Bash", { command: TEST })),
      says(use("Read", { file_path: "test/index.js" }), use("Grep", { pattern: "Math\\.", path: "index.js" })),
      says(use("Read", { file_path: "index.js" })),
      says(use("Edit", { file_path: "index.js", old_string: WRONG, new_string: RIGHT })),
      // It was run, and it failed: that it would pass by now is plausible, and not shown.
      report("%i rounds down again; all tests pass."),
      says(use("Bash", { command: TEST })),
      report("%i rounds down again; all tests pass."),
    ],
    ["--json", "--approve", "allow-safe"],
  );
  expect([document.status, document.result?.status, finished.code]).toEqual(["completed", "verified", 0]);
  const sentBack = events.filter((event) => event.type === "message.started" && event.from === "report_rejected");
  expect(sentBack).toMatchObject([{ reasons: expect.arrayContaining([expect.stringContaining(TEST)]) }]);
  expect(passes(stage)).toBe(true);
  expect(git(stage, "status", "--porcelain")).toBe("");
  expect(git(stage, "diff", "--numstat", "main~1", "main").trim()).toBe("1\t1\tindex.js");
});

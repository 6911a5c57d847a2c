// The tools over a workspace of many files: same answers however many ask at once, bounded memory, and an end on demand.

import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openBox, type WorkspaceBox } from "../../infra/sandbox/workspace-box.ts";
import { callTool, largeWorkspace, pathsOf } from "../support/workspace.ts";

const folders = 40;
const filesPerFolder = 75;
const root = largeWorkspace();
let box: WorkspaceBox;

beforeAll(async () => {
  for (let folder = 0; folder < folders; folder += 1) {
    mkdirSync(join(root, `d${folder}`));
    for (let file = 0; file < filesPerFolder; file += 1) {
      writeFileSync(
        join(root, `d${folder}/f${file}.ts`),
        `export const value = ${folder * file};\nexport function act${file}() {}\n`,
      );
    }
  }
  appendFileSync(join(root, "d8/f7.ts"), "// the needle\n");
  writeFileSync(join(root, ".gitignore"), "d3*/\n");
  box = await openBox(root);
});

describe("three thousand files", () => {
  test("are walked once each, in order, within bounded memory", async () => {
    const before = process.memoryUsage().rss;
    const paths = await pathsOf(box.walk());
    expect(paths).toHaveLength(1 + (folders - 11) * filesPerFolder);
    expect(paths).toEqual(
      [...new Set(paths)].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))),
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  });

  test("twelve agents at once read the same answers as one", async () => {
    const ask = () =>
      Promise.all([
        callTool(box, "Grep", { pattern: "needle", output_mode: "content" }),
        callTool(box, "Glob", { pattern: "d8/f7*.ts" }),
        callTool(box, "Grep", { pattern: "act5\\d\\(", output_mode: "count", glob: "d1/*.ts" }),
      ]);
    const alone = await ask();
    expect(alone[0]?.text).toBe(
      `d8/f7.ts:3:// the needle\n[1 matching line in 1 file; ${(1 + (folders - 11) * filesPerFolder).toLocaleString("en-US")} files searched.]`,
    );
    expect(alone[1]?.text.split("\n")).toHaveLength(6);
    expect(alone[2]?.text).toContain("[10 matching lines in 10 files; 75 files searched.]");
    const together = await Promise.all(Array.from({ length: 12 }, ask));
    expect(together.filter((answers) => JSON.stringify(answers) !== JSON.stringify(alone))).toEqual([]);
  });

  test.each([
    ["Grep", { pattern: "value" }],
    ["Glob", { pattern: "**/*" }],
    ["AstSearch", { pattern: "export const $A = $B", language: "typescript" }],
  ])("%s ends when its signal is aborted, with the signal's reason", async (name, input) => {
    const stop = new AbortController();
    const calling = callTool(box, name, input, stop.signal);
    setImmediate(() => stop.abort(new Error("the run was stopped")));
    await expect(calling).rejects.toThrow("the run was stopped");
  });
});

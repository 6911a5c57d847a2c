// A process is killed while it brings an agent's work into the run's tree: before and after each of git's steps that change
// anything. Whoever makes the join again finds it, or makes it: once, with the run's files as its branch has them.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTreeStage, type TreeStage } from "../support/tree-stage.ts";

const source = fileURLToPath(new URL("../support/join-child.ts", import.meta.url));
let home: string;
let stage: TreeStage;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "statehive-join-kill-"));
  const banner = { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' };
  const made = { entryPoints: [source], outfile: join(home, "child.mjs"), bundle: true, banner };
  await build({ ...made, platform: "node", format: "esm", logLevel: "error" });
  // A git that kills whoever asked for the chosen step: before it is done, or when it is.
  const git = `#!/bin/sh
case " $* " in *" $KILL_STEP "*)
  echo x >>"${home}/seen"
  if [ "$(wc -l <"${home}/seen")" -eq "$KILL_NTH" ]; then
    [ "$KILL_WHEN" = after ] && PATH="$REAL_PATH" git "$@" >/dev/null 2>&1
    kill -9 "$PPID"
    exit 1
  fi
esac
PATH="$REAL_PATH" exec git "$@"
`;
  writeFileSync(join(home, "git"), git);
  chmodSync(join(home, "git"), 0o755);
  stage = openTreeStage({ "a.txt": "one\ntwo\nthree\nfour\nfive\n", "b.txt": "b\n" });
});
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
  stage?.close();
});

/** What is killed before a step was killed after the one before it, but for what is done without git in between. */
const points = [
  ["before", "merge-tree", 1],
  ["after", "commit-tree", 3],
  ["after", "update-ref", 1],
  ["after", "update-ref", 2],
  ["after", "update-ref", 3],
  ["before", "read-tree", 1],
  ["after", "read-tree", 1],
] as const;

it.each(points)("killed %s git %s number %i, a join made again is one", async (when, step, nth) => {
  const name = `r_${when}-${step}-${nth}`;
  const run = await stage.run(name);
  const [first, mine] = [await stage.open(run, "a_first"), await stage.open(run, "a_mine")];
  stage.put(first.tree, "a.txt", "one\ntwo\nthree\nfour\nFIVE\n");
  stage.put(mine.tree, "a.txt", "ONE\ntwo\nthree\nfour\nfive\n");
  stage.put(mine.tree, "new.txt", "new\n");
  rmSync(join(mine.tree, "b.txt"));
  await stage.join(run, "a_first");
  rmSync(join(home, "seen"), { force: true });
  const path = process.env.PATH ?? "";
  const env = { PATH: `${home}:${path}`, REAL_PATH: path, HOME: "/nonexistent" };
  const killing = { ...env, KILL_STEP: step, KILL_NTH: String(nth), KILL_WHEN: when };
  const child = spawnSync(process.execPath, [
    join(home, "child.mjs"),
    JSON.stringify(run),
    "a_mine",
    JSON.stringify(killing),
  ]);
  expect([child.signal, child.stdout.toString()], child.stderr.toString()).toEqual(["SIGKILL", ""]);

  const joined = await stage.join(run, "a_mine");
  expect(joined).toMatchObject({ kind: "joined", commit: expect.stringMatching(/^[0-9a-f]{40}$/), files: 3 });
  expect(stage.subjects(run)).toEqual(["work of a_first", "work of a_mine"]);
  expect(readFileSync(join(run.tree, "a.txt"), "utf8")).toBe("ONE\ntwo\nthree\nfour\nFIVE\n");
  expect([existsSync(join(run.tree, "b.txt")), readFileSync(join(run.tree, "new.txt"), "utf8")]).toEqual([
    false,
    "new\n",
  ]);
  expect(stage.git(run.tree, "status", "--porcelain")).toBe("");
  expect(existsSync(mine.tree)).toBe(false);
  expect(await stage.join(run, "a_mine")).toEqual(joined);
});

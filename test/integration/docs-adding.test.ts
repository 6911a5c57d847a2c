// docs/adding.md is true: its files, put where it says, hold the types, the format, the linter's rooms and the laws of the
// tests that loop over what they find. The page is followed in a copy of the tree.

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { profilesAt } from "../../actors/discovery/profiles-at.ts";
import { skillsAt } from "../../actors/discovery/skills-at.ts";
import { blocksOf, make } from "../support/page-blocks.ts";
import { decided } from "../support/permission-question.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "docs/adding.md"), "utf8");
const blocks = blocksOf(page);
const COPIED = [
  "machines",
  "registry",
  "infra",
  "actors",
  "apps",
  "test/support",
  "test/golden",
  "test/unit/registry/tools",
];

let copy: string;
beforeAll(() => {
  copy = realpathSync(mkdtempSync(join(tmpdir(), "statehive-adding-")));
  for (const folder of COPIED) cpSync(join(root, folder), join(copy, folder), { recursive: true });
  for (const file of ["package.json", "tsconfig.json", "biome.json", "vitest.config.ts"])
    cpSync(join(root, file), join(copy, file));
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  for (const block of blocks) make(copy, block);
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** What it printed. Throws with it where the program fails. */
function run(program: string, ...args: string[]): string {
  const command = [join(root, "node_modules", program), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: copy, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}\n${stdout}\n${stderr}`);
  return stdout === "" ? stderr : stdout;
}

const written = (): string[] => blocks.filter(({ file }) => /\.ts$/.test(file)).map(({ file }) => file);

test("the page has a file for each of the four parts", () => {
  const files = blocks.map(({ file }) => dirname(file));
  for (const folder of [
    "registry/tools",
    "actors/types",
    "registry/permission",
    "swarm.skills/release-notes",
    "swarm.agents",
  ])
    expect(files).toContain(folder);
});

test("what it says to write has the types, the format and the imports that are asked for", () => {
  const config = { extends: "./tsconfig.json", include: [], files: written() };
  writeFileSync(join(copy, "tsconfig.page.json"), JSON.stringify(config));
  run("typescript/bin/tsc", "--noEmit", "-p", "tsconfig.page.json");
  expect(run("@biomejs/biome/bin/biome", "check", "--error-on-warnings", "--vcs-enabled=false", ...written())).toMatch(
    /Checked \d+ files/,
  );
});

test("its tests pass, and so do those that look at every tool", () => {
  const tests = [
    ...written().filter((file) => file.endsWith(".test.ts")),
    "test/unit/registry/tools/catalogue.test.ts",
  ];
  expect(tests.length).toBeGreaterThan(2);
  expect(run("vitest/vitest.mjs", "run", "--root", copy, ...tests)).toMatch(/[1-9]\d* passed, 0 failed/);
});

test("the new agent type has a machine, is listed and is drawn", () => {
  const program = `
    import { agentTypeNamed, actorTypes } from "./actors/types/index.ts";
    import { drawnMachines } from "./apps/visualizer/drawn-machines.ts";
    import { toolNamed } from "./registry/tools/index.ts";
    const type = agentTypeNamed("review");
    process.stdout.write(JSON.stringify({
      rights: type?.rights.tools, queue: actorTypes.includes("review"),
      drawn: drawnMachines.some(({ name }) => name === "review"),
      changing: type?.tools.filter((name) => toolNamed(name)?.risk !== "read-only"),
    }));`;
  writeFileSync(join(copy, "ask.mts"), program);
  expect(JSON.parse(run("tsx/dist/cli.mjs", "ask.mts"))).toEqual({
    rights: ["AstSearch", "Glob", "Grep", "Read", "Report"],
    queue: true,
    drawn: true,
    changing: [],
  });
});

describe("without a clone", () => {
  const where = () => ({ workspace: copy, root: copy, home: null, folders: [] });

  test("the skill is a skill, with nothing to complain of", async () => {
    const { skills, problems } = await skillsAt(where());
    expect(problems).toEqual([]);
    expect(skills.map(({ name, trusted }) => ({ name, trusted }))).toEqual([{ name: "release-notes", trusted: false }]);
  });

  test("the agent file is an agent, with no more than it says", async () => {
    const { profiles, problems } = await profilesAt(where());
    expect(problems).toEqual([]);
    expect(profiles).toMatchObject([{ name: "migrations", model: "small", trusted: false }]);
    expect(profiles[0]?.tools.filter((tool) => !["Read", "Grep", "Glob", "Report"].includes(tool))).toEqual([]);
  });

  test("the rules decide about the calls as it is written beside them", () => {
    const config = blocks.find(({ file }) => file === "swarm.config.json");
    const { permissions } = JSON.parse(config?.text ?? "{}") as { permissions: { allow: string[]; deny: string[] } };
    const calls = [...page.matchAll(/^(\{"tool":.*\}) +(allow|ask|deny)$/gm)];
    expect(calls).toHaveLength(3);
    for (const [, call = "", decision] of calls) {
      const { tool, input } = JSON.parse(call) as { tool: string; input: unknown };
      expect(decided(tool, input, permissions).decision, call).toBe(decision);
    }
  });
});

test("every path and every npm script that the page names is there", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const named = [...page.matchAll(/npm run (?:-s )?([\w-]+)/g)].map(([, script = ""]) => script);
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
  const paths = [...page.matchAll(/`((?:registry|actors|test|docs|machines|apps)\/[\w./-]+)`/g)].map(
    ([, path = ""]) => path,
  );
  const made = new Set(blocks.map(({ file }) => file));
  expect(paths.length).toBeGreaterThan(8);
  for (const path of paths.filter((one) => !made.has(one)))
    expect(() => realpathSync(join(root, path)), path).not.toThrow();
});

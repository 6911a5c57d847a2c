// `swarm agents`, `swarm init` and `swarm completion` as their users meet them: what is printed where, what is written,
// and that whoever asks for a list does not load what draws.

import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chartFiles } from "../support/chart-files.ts";
import { documentOf, folderOf, openSwarm, type Swarm } from "../support/swarm-cli.ts";

let swarm: Swarm;
beforeAll(async () => {
  swarm = await openSwarm();
});
afterAll(() => swarm?.[Symbol.asyncDispose]());

/** The files that a command loads. */
async function loadedBy(args: readonly string[]): Promise<string[]> {
  const coverage = mkdtempSync(join(tmpdir(), "swarm-modules-"));
  try {
    expect((await swarm.run(args, { env: { NODE_V8_COVERAGE: coverage } })).code).toBe(0);
    return readdirSync(coverage).flatMap((file) => {
      const { result } = JSON.parse(readFileSync(join(coverage, file), "utf8")) as { result: { url: string }[] };
      return result.map(({ url }) => url);
    });
  } finally {
    rmSync(coverage, { recursive: true, force: true });
  }
}

describe("swarm agents", () => {
  test("show --svg and --mermaid print what stands in docs/charts, and nothing else", async () => {
    const files = await chartFiles();
    const svg = await swarm.ask(["agents", "show", "coordinator", "--svg"]);
    expect(svg).toMatchObject({ code: 0, stderr: "", stdout: files.get("coordinator.svg") });
    const mermaid = await swarm.ask(["agents", "show", "breaker", "--mermaid"]);
    expect(mermaid).toMatchObject({ code: 0, stderr: "", stdout: files.get("breaker.mmd") });
  });

  test("only a picture loads what lays it out", async () => {
    const isLayout = (url: string): boolean => /\/lay-out(-\w+)?\.js$/.test(url);
    expect((await loadedBy(["agents", "show", "breaker", "--svg"])).some(isLayout)).toBe(true);
    const loaded = await loadedBy(["agents", "list"]);
    expect(loaded.some((url) => /\/agents(-\w+)?\.js$/.test(url))).toBe(true);
    expect(loaded.filter(isLayout)).toEqual([]);
  });

  test("list starts no Redis, and tells of a file that is no agent on stderr, with its place", async () => {
    const workspace = folderOf(swarm, "with-agents");
    mkdirSync(join(workspace, "swarm.agents"));
    writeFileSync(join(workspace, "swarm.agents/broken.md"), "---\nname: broken\n---\nno description\n");
    const listed = await swarm.ask(["agents", "list", "--json", "--workspace", workspace]);
    expect(listed.code).toBe(0);
    const document = documentOf<{ v: number; agents: { name: string }[]; problems: { path: string }[] }>(listed);
    expect(document.v).toBe(1);
    expect(document.agents.map(({ name }) => name)).toContain("explore");
    expect(document.problems.map(({ path }) => path)).toContain(join(workspace, "swarm.agents/broken.md"));
    expect(listed.stderr).toMatch(/not loaded: .*swarm\.agents\/broken\.md.*description/);
    const shown = await swarm.ask(["agents", "show", "explore", "--workspace", workspace]);
    expect({ code: shown.code, stderr: shown.stderr }).toEqual({ code: 0, stderr: "" });
    const left = await swarm.ask(["tools", "list", "--kind", "agent", "--workspace", workspace]);
    const file = join(workspace, "swarm.agents/broken.md");
    expect(left.stdout.split(file)).toHaveLength(2);
    expect(existsSync(join(swarm.dataDir, "redis.server"))).toBe(false);
  });

  test("an error quotes nothing that could drive a terminal", async () => {
    const finished = await swarm.ask(["tools", "show", "a\u001b]0;title\u0007\u202eb"]);
    expect(finished.code).toBe(2);
    expect(finished.stderr).toContain('called "a·]0;title··b"');
    expect(finished.stderr.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test.each([
    [["tools", "show"], "usage.tools"],
    [["tools", "show", "Gerp"], "tools.unknown"],
    [["agents", "show", "exlpore"], "agents.unknown"],
    [["agents", "paint"], "usage.agents"],
    [["agents", "show", "explore", "--svg", "--mermaid"], "usage.flag"],
    [["agents", "list", "--svg"], "usage.flag"],
    [["completion", "tcsh"], "completion.unknown_shell"],
  ])("%j is a mistake in the usage", async (args, code) => {
    const finished = await swarm.ask(args);
    expect({ code: finished.code, stdout: finished.stdout }).toEqual({ code: 2, stdout: "" });
    expect(finished.stderr).toMatch(/\n {2}\S/);
    if (code === "agents.unknown") {
      expect(documentOf(await swarm.ask([...args, "--json"]))).toMatchObject({ v: 1, error: { code } });
    }
  });
});

describe("swarm init", () => {
  const repository = (name: string): string => {
    const folder = folderOf(swarm, name);
    execFileSync("git", ["init", "--quiet", folder]);
    return folder;
  };
  const env = { SWARM_DATA_DIR: undefined };

  test("writes a configuration that is in force afterwards, keeps the data folder out of git, and says what is next", async () => {
    const cwd = repository("new");
    const finished = await swarm.run(["init"], { cwd, env });
    expect(finished).toMatchObject({ code: 0, stderr: "" });
    expect(finished.stdout).toContain(`wrote ${join(cwd, "swarm.config.mjs")}`);
    expect(finished.stdout).toMatch(/swarm doctor/);
    expect(readFileSync(join(cwd, ".gitignore"), "utf8")).toBe("/.swarm/\n");
    const config = join(cwd, "swarm.config.mjs");
    writeFileSync(config, readFileSync(config, "utf8").replace(/^ {2}\/\/ (agentFolders: )/m, "  $1"));
    expect(await swarm.run(["agents", "list"], { cwd, env })).toMatchObject({ code: 2, stdout: "" });
  });

  test("never replaces what is there, except where that is asked for by name", async () => {
    const cwd = repository("there");
    const file = join(cwd, "swarm.config.mjs");
    writeFileSync(file, "export default {};\n");
    const refused = await swarm.run(["init", "--json"], { cwd, env });
    expect({ code: refused.code, ...documentOf(refused) }).toMatchObject({ code: 2, error: { code: "init.exists" } });
    expect(readFileSync(file, "utf8")).toBe("export default {};\n");
    const forced = await swarm.run(["init", "--json", "--force"], { cwd, env });
    expect({ code: forced.code, ...documentOf(forced) }).toMatchObject({ code: 0, v: 1, config: file });
    expect(readFileSync(file, "utf8")).toMatch(/retentionHours/);
  });

  test("puts nothing where a link leads, and nothing beside a JSON file that it would hide", async () => {
    const cwd = repository("linked");
    const target = join(swarm.home, "not-yours");
    symlinkSync(target, join(cwd, "swarm.config.mjs"));
    expect((await swarm.run(["init"], { cwd, env })).code).toBe(2);
    expect((await swarm.run(["init", "--force"], { cwd, env })).code).toBe(0);
    expect(existsSync(target)).toBe(false);
    const other = repository("json");
    writeFileSync(join(other, "swarm.config.json"), "{}");
    const refused = await swarm.run(["init", "--force", "--json"], { cwd: other, env });
    expect(documentOf(refused)).toMatchObject({ error: { code: "init.other_config" } });
    expect(existsSync(join(other, "swarm.config.mjs"))).toBe(false);
  });
});

test("swarm completion bash prints a script that a bash takes", async () => {
  const { code, stdout } = await swarm.ask(["completion", "bash"]);
  expect(code).toBe(0);
  const script = `${stdout}\nCOMP_WORDS=(swarm agents show --s); COMP_CWORD=3; _swarm; echo "\${COMPREPLY[@]}"`;
  expect(execFileSync("bash", ["--norc", "-c", script], { encoding: "utf8" })).toBe("--svg\n");
});

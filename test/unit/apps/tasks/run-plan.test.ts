// From the word behind `swarm run` and its flags to a plan: what is a goal and what is a file, what a file decides and what the
// flags do, how many agents work at once, and that a file gives no rights.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { newRun } from "../../../../actors/runtime/new-run.ts";
import { explore } from "../../../../actors/types/explore.ts";
import { general } from "../../../../actors/types/general.ts";
import { type Planned, planOf } from "../../../../apps/cli/run-plan.ts";
import { readConfig } from "../../../../infra/config.ts";
import { SwarmError } from "../../../../infra/errors.ts";

let folder: string;
let workspace: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "swarm-tasks-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  workspace = join(folder, "project");
  mkdirSync(workspace);
  writeFileSync(join(workspace, "a.ts"), "export const a = 1;\n");
});

const write = (name: string, text: string | Uint8Array): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

async function planned(word: string, flags: Record<string, unknown> = {}): Promise<Planned> {
  const env = { HOME: join(folder, "home"), PATH: "", ANTHROPIC_BASE_URL: "http://127.0.0.1:9" };
  return planOf(word, { workspace, denyTool: [], ...flags }, await readConfig(workspace, env));
}

async function refusal(word: string, flags: Record<string, unknown> = {}): Promise<SwarmError> {
  const cause = await planned(word, flags).catch((error: unknown) => error);
  if (!(cause instanceof SwarmError)) throw new Error(`was not refused: ${word}`, { cause });
  expect(cause.exit).toBe(2);
  return cause;
}

const tasks = (...lines: string[]): string =>
  write("tasks.yaml", ["tasks:", ...lines.map((line) => `  - ${line}`)].join("\n"));

describe("the word", () => {
  test("in plain words is the goal, and gives what it asks for", async () => {
    const { plan, notices } = await planned("run `npm test` and say what fails");
    expect(plan).toMatchObject({ goal: "run `npm test` and say what fails", parallelMax: 1, options: {} });
    expect(plan.graph).toEqual([
      { id: "goal", agentType: "general", needs: [], limits: general.limits, attemptsMax: 1 },
    ]);
    expect(plan.config.grants).toHaveLength(1);
    expect(notices.join("\n")).toContain("give this run");
  });

  test("that names a Markdown file is its text, said so, and gives no rights, whatever stands in it", async () => {
    const text = "\n# Fix it\n\nrun `npm test`, then edit src/a.ts\n";
    const { plan, notices } = await planned(write("goal.md", `\ufeff${text}`));
    expect(JSON.parse(plan.briefs.goal ?? "")).toEqual({ id: "goal", agentType: "general", goal: text });
    expect(plan.goal).toBe("# Fix it");
    expect(plan.config.grants).toEqual([]);
    expect(notices).toEqual([`the goal is the text of ${join(folder, "goal.md")}, ${text.length} characters`]);
  });

  test("with blanks in it that names no file is a goal, whatever it ends with", async () => {
    for (const word of ["Shorten README.md", "explain tasks.yaml", "say\nwhat is in a.yml"]) {
      const { plan } = await planned(word);
      expect(JSON.parse(plan.briefs.goal ?? "").goal).toBe(word);
    }
  });

  test("that names a file with blanks in its name is that file", async () => {
    const { plan } = await planned(write("my goal.MD", "Look."));
    expect(JSON.parse(plan.briefs.goal ?? "").goal).toBe("Look.");
  });

  test.each<[string, () => string, string, RegExp]>([
    ["a file that is not there", () => join(folder, "nope.yaml"), "usage.goal_file", /is no file that there is/],
    ["a goal that is not there", () => "nope.md", "usage.goal_file", /"nope\.md" is no file that there is/],
    ["a file below a file", () => join(write("x", ""), "y.yml"), "usage.goal_file", /is no file that there is/],
    ["an empty goal", () => write("empty.md", " \n"), "usage.goal", /has 0 characters/],
    ["a goal without end", () => write("long.md", "x".repeat(32_001)), "usage.goal", /has 32001 characters/],
    ["a goal of a megabyte", () => write("huge.md", "x".repeat(1 << 20)), "usage.goal_file", /more than 128000 bytes/],
    ["tasks of two megabytes", () => write("huge.yaml", "#".repeat(2 << 20)), "usage.goal_file", /than 1048576 bytes/],
    ["bytes that are no text", () => write("bytes.md", new Uint8Array([0xff, 0xfe, 0])), "usage.goal_file", /UTF-8/],
    [
      "an unseen character",
      () => write("seen.md", "a\nLook\u202e."),
      "usage.goal_file",
      /seen\.md:2" holds .* U\+202E/,
    ],
    ["nothing", () => "", "usage.goal", /has 0 characters/],
  ])("as %s is refused by name", async (_, word, code, message) => {
    const refused = await refusal(word());
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(message);
    expect(refused.hint).toBeTruthy();
  });

  test("as a folder, or a pipe that nobody writes to, is refused and not waited for", async () => {
    mkdirSync(join(folder, "folder.yaml"));
    expect((await refusal(join(folder, "folder.yaml"))).message).toContain("is no file");
    execFileSync("mkfifo", [join(folder, "pipe.md")]);
    expect((await refusal(join(folder, "pipe.md"))).message).toContain("is no file");
  });
});

describe("a tasks file", () => {
  test("becomes a graph with a brief for each task, and what newRun takes", async () => {
    const file = tasks(
      "{id: look, goal: Look., agent: explore, turns: 3, attempts: 2}",
      "{id: check, goal: Check., agent: verify, needs: [look]}",
      "{id: do, goal: run `npm test`, needs: [look, check], input: {n: 1}, contract: {type: object}}",
    );
    const { plan, notices } = await planned(file);
    expect(plan.graph).toEqual([
      { id: "look", agentType: "explore", needs: [], limits: { ...explore.limits, turnsMax: 3 }, attemptsMax: 2 },
      expect.objectContaining({ id: "check", agentType: "verify", needs: ["look"], attemptsMax: 1 }),
      { id: "do", agentType: "general", needs: ["look", "check"], limits: general.limits, attemptsMax: 1 },
    ]);
    expect(JSON.parse(plan.briefs.do ?? "")).toEqual({
      id: "do",
      agentType: "general",
      goal: "run `npm test`",
      input: { n: 1 },
      contract: { type: "object" },
    });
    expect(plan).toMatchObject({ goal: "3 tasks of tasks.yaml", kind: "run", options: { tasksFile: "tasks.yaml" } });
    expect(plan.config.grants).toEqual([]);
    expect(notices).toEqual([
      "tasks.yaml: 3 tasks, at most 8 at once",
      "  look (explore)",
      "  check (verify) <- look",
      "  do (general) <- look, check",
    ]);
    expect(() => newRun({ ...plan, run: "r_1" })).not.toThrow();
  });

  test("of which two tasks may write side by side says which, for whoever decides where agents work", async () => {
    const { plan, notices, writers } = await planned(tasks("{id: a, goal: x}", "{id: b, goal: x}"));
    expect(writers).toEqual({ rivals: ["a", "b"], refusal: null });
    expect(plan.parallelMax).toBe(8);
    // How many work at once is not known before.
    expect(notices[0]).toBe("tasks.yaml: 2 tasks");
    const one = write("one.yaml", "parallel: 1\ntasks:\n  - {id: a, goal: x}\n  - {id: b, goal: x}\n");
    expect((await planned(one)).writers.rivals).toBeNull();
  });

  test("that wants two writers at once brings the refusal with it, for where they share one tree", async () => {
    const file = write("two.yml", "parallel: 4\ntasks:\n  - {id: a, goal: x}\n  - {id: b, goal: x}\n");
    const { plan, writers } = await planned(file);
    expect(plan.parallelMax).toBe(4);
    expect(writers.refusal).toMatchObject({ code: "usage.tasks_file", exit: 2 });
    expect(writers.refusal?.message).toMatch(/two\.yml:1:11: parallel is 4, but a and b may both change files/);
    expect(writers.refusal?.message).toMatch(
      /write parallel: 1, let one need the other, give one to an agent that only/,
    );
    expect((await planned(file, { mode: "plan" })).writers).toEqual({ rivals: null, refusal: null });
    const denied = { denyTool: ["Bash", "Edit", "Write"] };
    // Tools of plugins may write as well.
    expect((await planned(file, denied)).writers.refusal).not.toBeNull();
  });

  test("of which at most one may write at any time runs as many at once as it says", async () => {
    const chain = write(
      "c.yaml",
      "parallel: 4\ntasks:\n  - {id: a, goal: x}\n  - {id: b, goal: x, needs: [a]}\n  - {id: c, goal: x, agent: explore}\n",
    );
    expect((await planned(chain)).plan.parallelMax).toBe(4);
    const looks = tasks("{id: a, goal: x, agent: explore}", "{id: b, goal: x, agent: explore}");
    expect((await planned(looks)).plan.parallelMax).toBe(8);
  });

  test("is not overruled by --agent, and no task has more turns than --max-turns", async () => {
    const file = tasks("{id: a, goal: x, turns: 30}", "{id: b, goal: x, turns: 2, needs: [a]}");
    const refused = await refusal(file, { agent: "explore" });
    expect(refused.message).toContain("--agent cannot be given with a tasks file");
    expect(refused.hint).toContain('write "agent: explore"');
    const { plan } = await planned(file, { maxTurns: "5" });
    expect(plan.graph.map(({ limits }) => limits.turnsMax)).toEqual([5, 2]);
  });

  test("that names agents nobody knows is refused with every place and the names that there are", async () => {
    const file = tasks("{id: a, goal: x, agent: generel}", "{id: b, goal: x}", "{id: c, goal: x, agent: coordinator}");
    const { message } = await refusal(file);
    expect(message).toContain(
      ':2:29: tasks[0].agent "generel": is neither an agent type nor an agent file here. There are: ',
    );
    expect(message).toContain(
      ':4:29: tasks[2].agent "coordinator": every run has one already, and nobody starts another.',
    );
  });

  test("that lets somebody verify two things, or none, is refused", async () => {
    const file = tasks("{id: a, goal: x}", "{id: b, goal: x, agent: verify}");
    expect((await refusal(file)).message).toContain("tasks[1].needs names 0 tasks; an agent that verifies checks");
  });

  test("can give a task to an agent file, which is still to be approved", async () => {
    mkdirSync(join(workspace, "swarm.agents"));
    writeFileSync(
      join(workspace, "swarm.agents", "reader.md"),
      "---\nname: reader\ndescription: Reads.\ntools: Read, Grep\n---\nYou read.\n",
    );
    const { plan, profiles } = await planned(
      tasks("{id: a, goal: x, agent: reader}", "{id: b, goal: x, agent: reader}"),
    );
    expect(profiles.map(({ name }) => name)).toEqual(["reader"]);
    expect(plan.config.profiles).toEqual({ a: "reader", b: "reader" });
    expect(JSON.parse(plan.briefs.a ?? "")).toMatchObject({ agentType: "explore", profile: "reader" });
    expect(plan.parallelMax).toBe(8);
  });

  test("with more data for a task than goes into a prompt is refused by its place", async () => {
    const input = `{words: ${"word ".repeat(60_000)}}`;
    const { message } = await refusal(tasks("{id: a, goal: x}", `{id: b, goal: x, needs: [a], input: ${input}}`));
    expect(message).toMatch(
      /tasks\.yaml:3:5: tasks\[1\] has 300\d\d\d bytes with its input and contract; at most 262144/,
    );
  });

  test("that comes with this repository as an example is one, whose agents only look", async () => {
    const { plan } = await planned(new URL("../../../../examples/tasks.yaml", import.meta.url).pathname);
    expect(plan.graph.map(({ id, needs }) => `${id} ${needs.length}`)).toEqual([
      "entry-points 0",
      "tests 0",
      "rules 0",
      "letter 3",
    ]);
    expect(plan.parallelMax).toBe(3);
    expect(() => newRun({ ...plan, run: "r_1" })).not.toThrow();
  });

  test("as the documents show it is one, field by field", async () => {
    const page = readFileSync(new URL("../../../../docs/running.md", import.meta.url), "utf8");
    const shown = /```yaml\n([^`]+)```/.exec(page)?.[1] ?? "";
    const { plan } = await planned(write("tasks.yaml", shown));
    expect(plan.graph.map(({ id }) => id)).toEqual(["commands", "commands-check", "compare"]);
    expect(() => newRun({ ...plan, run: "r_1" })).not.toThrow();
  });

  test("may have tools taken away that any of its agents has, and no others", async () => {
    const file = tasks("{id: a, goal: x}", "{id: b, goal: x, agent: explore}");
    expect((await planned(file, { denyTool: ["Bash"] })).plan.config.deniedTools).toEqual(["Bash"]);
    expect((await refusal(file, { denyTool: ["Nothing"] })).code).toBe("usage.deny_tool");
    expect((await refusal(file, { denyTool: ["Report"] })).code).toBe("usage.deny_tool");
  });
});

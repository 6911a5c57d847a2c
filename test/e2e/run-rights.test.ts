/** What the flags of `swarm run` give and take: mode, folders, tools, and what becomes of what the rules would ask. */
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ofType, openStage, report, type Stage, says, toldBefore, use, wireOf } from "../support/run-stage.ts";

const permit = (stage: Stage, permissions: Record<string, unknown>): void =>
  writeFileSync(join(stage.swarm.cwd, "swarm.config.json"), JSON.stringify({ permissions }));
const offered = (request: unknown): string[] => wireOf(request as { body: string }).tools.map(({ name }) => name);

it("in a mode that changes nothing, nothing that changes is offered or done, whatever the configuration allows", async () => {
  await using stage = await openStage();
  permit(stage, { allow: ["Write", "Edit", "Bash"] });
  const played = await stage.play(
    [says(use("Write", { file_path: "made", content: "x" }), use("Bash", { command: "touch made" })), report("looked")],
    ["--json", "--mode", "plan"],
  );
  expect(offered(played.requests[0])).not.toEqual(expect.arrayContaining(["Write"]));
  const rules = ofType(played.events, "permission.decided").map(({ decision, rule }) => `${decision} ${rule}`);
  expect(rules).toEqual(["deny mode.plan", "deny mode.plan"]);
  expect(existsSync(join(stage.workspace, "made"))).toBe(false);
  // What it had, and why not the rest, is told afterwards as well.
  const { stdout } = await stage.swarm.ask(["show", played.document.runId, "--tools", "--json"]);
  const [pool] = (
    JSON.parse(stdout) as { agents: { id: string; type: string; offered: string[]; excluded: unknown[] }[] }
  ).agents;
  expect(pool).toMatchObject({ id: "a_goal", type: "general" });
  expect(pool?.offered).toEqual(offered(played.requests[0]));
  expect(pool?.excluded).toContainEqual({ name: "Write", reason: "the run is in mode plan, which changes nothing" });
});

it("an added folder is written by its absolute name, and no folder beside it", async () => {
  await using stage = await openStage();
  permit(stage, { allow: ["Write"] });
  const home = realpathSync(stage.swarm.home);
  const [extra, extras] = [join(home, "extra"), join(home, "extras")];
  for (const folder of [extra, extras]) mkdirSync(folder);
  const played = await stage.play(
    [
      says(
        use("Write", { file_path: join(extra, "made.txt"), content: "one" }),
        use("Write", { file_path: join(extras, "made.txt"), content: "two" }),
      ),
      says(use("Read", { file_path: join(extra, "made.txt") })),
      report("written"),
    ],
    ["--json", "--add-dir", extra],
  );
  expect(readFileSync(join(extra, "made.txt"), "utf8")).toBe("one");
  expect(existsSync(join(extras, "made.txt"))).toBe(false);
  expect(JSON.stringify(toldBefore(played.requests[2] as never))).toContain("one");
  const rules = ofType(played.events, "permission.decided").map(({ decision, rule }) => `${decision} ${rule}`);
  expect(rules).toEqual(["allow config.allow Write", "deny path.outside", "allow built-in.read-only"]);
});

it("flags that are none are refused by name before a run is made of them", async () => {
  await using stage = await openStage();
  for (const [flag, value, code] of [
    ["--mode", "write", "usage.flag"],
    ["--approve", "yes", "usage.flag"],
    ["--add-dir", "/nowhere/at/all", "usage.add_dir"],
    ["--add-dir", "/", "usage.add_dir"],
    ["--deny-tool", "Nothing", "usage.deny_tool"],
    ["--deny-tool", "mcp__no_such_server", "usage.deny_tool"],
  ] as const) {
    const { code: exit, stdout } = await stage.swarm.ask([
      "run",
      "goal",
      "--json",
      "--workspace",
      stage.workspace,
      flag,
      value,
    ]);
    expect(exit, flag).toBe(2);
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
    expect(error.code, flag).toBe(code);
    expect(error.message).toContain(flag);
  }
});

it("what of the rules does nothing is said once, on stderr, and the run goes on", async () => {
  await using stage = await openStage();
  permit(stage, { allow: ["Write"], deny: ["Write"] });
  const played = await stage.play([report("nothing to do")]);
  expect(played.finished.stderr).toContain('"Write" stands in allow and in deny: deny wins');
  expect(played.document.status).toBe("completed");
  expect(offered(played.requests[0])).not.toContain("Write");
});

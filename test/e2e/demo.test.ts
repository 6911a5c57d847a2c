/** The demo as a newcomer meets it: one command, no key, no terminal; what it tells is what its log holds. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { LoggedEvent } from "../../machines/run-event.ts";
import { openSwarm } from "../support/swarm-cli.ts";

it("plays a whole swarm on a real package: planned, side by side, a lie caught, a trap refused, a kill survived, merged after one yes", async () => {
  await using swarm = await openSwarm();
  // What a person has set for their own work: the demo neither uses nor touches it.
  const env = { TMPDIR: swarm.home, ANTHROPIC_API_KEY: "sk-a-real-one", REDIS_URL: "redis://127.0.0.1:1" };
  const { code, stdout, stderr } = await swarm.run(["demo"], { env });
  expect([code, stderr]).toEqual([0, expect.stringMatching(/SIMULATED/)]);
  const folder = /copied to (\S+)\./.exec(stderr)?.[1] ?? "";
  const run = /swarm show (r_\w+)/.exec(stdout)?.[1] ?? "";

  const git = (...args: string[]): string => execFileSync("git", args, { cwd: folder, encoding: "utf8" });
  expect(git("status", "--porcelain")).toBe("");
  expect(readFileSync(join(folder, "index.js"), "utf8")).toContain("plural(ms, msAbs, w, 'week')");
  expect(readFileSync(join(folder, "readme.md"), "utf8")).toContain('"2w"');
  expect(execFileSync(process.execPath, ["test.js"], { cwd: folder, encoding: "utf8" })).toBe("4 passed\n");
  expect(existsSync(join(folder, ".demo", "agents.sh"))).toBe(false);

  const demo = { cwd: folder, env: { SWARM_DATA_DIR: undefined } };
  const logged = await swarm.run(["logs", run, "--jsonl"], demo);
  const events = logged.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as LoggedEvent);
  const of = (type: LoggedEvent["type"]) => events.filter((event) => event.type === type);
  const tested = events.filter(
    (event) => event.type === "tool.intended" && (event.input as { command?: string }).command === "node test.js",
  );
  // The kill was real, and the command ran once all the same.
  expect(stdout).toMatch(/The worker \(process \d+\) was killed with SIGKILL while Bash ran: the command went on/);
  expect(tested).toHaveLength(1);
  expect(of("task.joined")).toHaveLength(3);
  expect(of("approval.requested")).toMatchObject([{ tool: "Merge" }]);
  expect(of("permission.decided").filter((event) => "decision" in event && event.decision === "deny")).toMatchObject([
    { actor: "a_docs", tool: "Bash", rule: "config.deny Bash(curl *)" },
  ]);
  expect(stdout).toMatch(/a_tests reported, was not believed, .*journal shows 0 changes/);
  expect(stdout).toMatch(/proposed 3 tasks: code \(general\), docs \(general\), tests \(general\)/);
  expect((await swarm.run(["replay", run], demo)).code).toBe(0);
  expect((await swarm.run(["down"], demo)).code).toBe(0);
});

it("where it is stopped in the middle, nothing of it runs on, nobody has said yes for anybody, and it says what is left", async () => {
  await using swarm = await openSwarm();
  const demo = swarm.start(["demo"], { env: { TMPDIR: swarm.home } });
  await demo.said(/plan proposes 3 tasks/, "stderr");
  const made = /copied to (\S+)\./.exec(demo.stderr())?.[1] ?? "none";
  expect(readdirSync("/proc").filter((pid) => environOf(pid).includes(made)).length).toBeGreaterThan(1);
  demo.signal("SIGTERM");
  const { code, stderr, stdout } = await demo.done;
  const folder = /copied to (\S+)\./.exec(stderr)?.[1] ?? "";
  expect([code, stderr]).toEqual([143, expect.stringContaining(`Stopped; nothing of it runs any more. ${folder} is`)]);
  expect(stdout).not.toContain("What happened:");
  expect(stderr).not.toContain("swarm approve");
  expect(readdirSync("/proc").filter((pid) => environOf(pid).includes(folder))).toEqual([]);
});

it("without git it says so before anything is made", async () => {
  await using swarm = await openSwarm();
  const env = { TMPDIR: swarm.home, PATH: join(swarm.home, "nothing") };
  const { code, stderr } = await swarm.run(["demo"], { env });
  expect([code, stderr]).toEqual([2, expect.stringMatching(/git could not make a repository.*\n.*install git/)]);
  expect(readdirSync(swarm.home).filter((name) => name.startsWith("statehive-demo-"))).toEqual([]);
});

/** Its settings tell a process of the demo from any other; what is over has none. */
function environOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return "";
  }
}

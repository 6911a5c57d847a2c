/** `swarm run --agent <agent file>` and skills: used once somebody has approved them, as they were approved. */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { ofType, openStage, report, type Stage, says, toldBefore, use, wireOf } from "../support/run-stage.ts";

const put = (stage: Stage, path: string, text: string): void => {
  const file = join(stage.workspace, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
};
const REVIEWER = [
  "---",
  "name: reviewer",
  "description: Reads code and says what is wrong.",
  "tools: Read, Grep, Skill",
  "permissionMode: bypassPermissions",
  "maxTurns: 5",
  "---",
  "You look for sums that are wrong.",
  "",
].join("\n");
const SKILL = [
  "---",
  "name: sums",
  "description: How sums are checked here.",
  "allowed-tools: Bash(rm:*) Read",
  "---",
  "Add the operands by hand: !`touch ran`",
  "",
].join("\n");

it("an agent file and a skill of a repository work once they are approved, within their rights, and not once they have changed", async () => {
  await using stage = await openStage();
  put(stage, ".claude/agents/review/reviewer.md", REVIEWER);
  put(stage, ".claude/agents/README.md", "# Our agents\n");
  put(stage, "swarm.skills/sums/SKILL.md", SKILL);
  const refused = async (): Promise<{ code: string; message: string; hint: string }> => {
    const done = await stage.swarm.ask([
      "run",
      "goal",
      "--json",
      "--workspace",
      stage.workspace,
      "--agent",
      "reviewer",
    ]);
    expect(done.code).toBe(2);
    return (JSON.parse(done.stdout) as { error: { code: string; message: string; hint: string } }).error;
  };
  const unapproved = await refused();
  expect(unapproved).toMatchObject({
    code: "agent.unapproved",
    message: expect.stringContaining("nobody has approved it"),
  });
  expect(unapproved.hint).toContain("swarm tools check");

  // By name: a check of everything tries every tool's examples.
  const which = ["--approve", "reviewer", "--approve", "sums", "--yes", "--json"];
  const approved = await stage.swarm.ask(["tools", "check", ...which, "--workspace", stage.workspace]);
  expect(approved.code, approved.stderr).toBe(0);

  const { document, events, requests } = await stage.play(
    [
      says(
        use("Skill", { skill: "sums" }),
        use("Bash", { command: "rm -rf src" }),
        use("Write", { file_path: "x", content: "x" }),
      ),
      report("looked"),
    ],
    ["--json", "--agent", "reviewer"],
  );
  expect(document.status).toBe("completed");
  expect(document.agents.map(({ type }) => type)).toEqual(expect.arrayContaining(["reviewer"]));
  const wire = wireOf(requests[0] as never);
  expect(wire.tools.map(({ name }) => name)).toEqual(["Grep", "Read", "Report", "Skill"]);
  expect(JSON.stringify(wire.system)).toContain("You look for sums that are wrong.");
  expect(JSON.stringify(wire.system)).toContain("- sums: How sums are checked here.");
  expect(ofType(events, "agent.started").map(({ agentType, machine }) => `${agentType} ${machine}`)).toContainEqual(
    expect.stringMatching(/^reviewer explore@/),
  );
  expect(ofType(events, "permission.decided").map(({ tool, decision, rule }) => `${tool} ${decision} ${rule}`)).toEqual(
    ["Skill allow built-in.read-only", "Bash deny type.tools", "Write deny type.tools"],
  );
  const told = JSON.stringify(toldBefore(requests[1] as never));
  expect(told).toContain("Add the operands by hand: !`touch ran`");
  expect(told).toContain("You do not have: Bash.");
  const audit = await stage.swarm.ask(["audit", "query", "--json", "--type", "reviewer"]);
  expect((JSON.parse(audit.stdout) as { decisions: unknown[] }).decisions).toHaveLength(3);

  appendFileSync(join(stage.workspace, ".claude/agents/review/reviewer.md"), "And run everything you find.\n");
  expect(await refused()).toMatchObject({ message: expect.stringContaining("changed since it was approved") });
});

it("a name that is nobody's is refused with what is wrong with the file that was meant", async () => {
  await using stage = await openStage();
  put(stage, ".claude/agents/tidy.md", "---\nname: tidy\ndescription: Use it: always\n---\nText\n");
  const done = await stage.swarm.ask(["run", "goal", "--json", "--workspace", stage.workspace, "--agent", "tidy"]);
  const { error } = JSON.parse(done.stdout) as { error: { code: string; hint: string } };
  expect([done.code, error.code]).toEqual([2, "usage.agent"]);
  expect(error.hint).toContain("tidy.md:3: its head is no YAML");
});

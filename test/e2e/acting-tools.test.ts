/** Bash, Write and Edit from the command line: what the configuration allows, what is refused, what is told of it. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ofType, openStage, report, type Stage, says, toldBefore, use, wireOf } from "../support/run-stage.ts";
import { documentOf } from "../support/swarm-cli.ts";

const permit = (stage: Stage, permissions: Record<string, unknown>): void =>
  writeFileSync(join(stage.swarm.cwd, "swarm.config.json"), JSON.stringify({ permissions }));

/** What the agent was told after its call. */
const told = (request: Parameters<typeof toldBefore>[0]): string => JSON.stringify(toldBefore(request));

it("without permissions nothing that changes is offered or done; a harmless command runs, as it was understood", async () => {
  await using stage = await openStage();
  const played = await stage.play([
    says(
      use("Bash", { command: "echo x > made" }),
      use("Bash", { command: "cat   'src/main.ts' | head -1" }),
      use("Write", { file_path: "made", content: "x" }),
      use("Edit", { file_path: "src/main.ts", old_string: "left", new_string: "right" }),
    ),
    report("nothing was allowed"),
  ]);
  expect(played.document.status).toBe("completed");
  const names = wireOf(played.requests[0] as { body: string }).tools.map(({ name }) => name);
  expect(names).toEqual([
    ...["AskParent", "Bash", "Glob", "Grep", "Note", "Read", "Remember", "Report", "ToolSearch", "UseTool"],
  ]);
  const decisions = ofType(played.events, "permission.decided").filter(({ tool }) => tool !== "Report");
  expect(decisions.map(({ tool, decision, risk }) => [tool, decision, risk])).toEqual([
    ["Bash", "deny", "mutating"],
    ["Bash", "allow", "read-only"],
    ["Write", "deny", "mutating"],
    ["Edit", "deny", "mutating"],
  ]);
  const intended = ofType(played.events, "tool.intended").map(({ input }) => input);
  expect(intended).toEqual([{ command: "cat   'src/main.ts' | head -1" }]);
  expect(told(played.requests[1])).toContain("Adds two numbers");
  expect(() => statSync(join(stage.workspace, "made"))).toThrow(/ENOENT/);
});

it("with permissions they act: a command's exit code, a file's new content, and every effect can be asked about", async () => {
  await using stage = await openStage();
  permit(stage, { allow: ["Bash", "Write", "Edit"] });
  const played = await stage.play([
    says(use("Write", { file_path: "notes/one.txt", content: "alpha\nbeta\n" })),
    says(use("Edit", { file_path: "notes/one.txt", old_string: "beta", new_string: "gamma" })),
    says(use("Bash", { command: "cat notes/one.txt; echo warn >&2; exit 4" })),
    says(
      use("Report", {
        outcome: "done",
        value: { summary: "did it" },
        evidence: [{ kind: "command", command: "cat notes/one.txt; echo warn >&2; exit 4", exitCode: 4 }],
        notDone: [],
      }),
    ),
  ]);
  expect(played.document.status).toBe("completed");
  expect(readFileSync(join(stage.workspace, "notes/one.txt"), "utf8")).toBe("alpha\ngamma\n");
  expect(told(played.requests[3])).toContain("exit code 4\\nalpha\\ngamma\\nwarn");
  const run = played.document.runId;
  const shown = documentOf<{ effects: readonly Record<string, unknown>[] }>(
    await stage.swarm.ask(["show", run, "--effects", "--verify", "--json"]),
  );
  const tools = shown.effects.filter(({ kind }) => kind === "tool");
  expect(tools.map(({ tool, state, verify }) => [tool, state, (verify as { now: string }).now])).toEqual([
    ["Write", "happened", "changed_since"],
    ["Edit", "happened", "as_meant"],
    ["Bash", "happened", "recorded"],
  ]);
  expect(tools.map(({ change }) => (change as { path: string } | null)?.path)).toEqual([
    "notes/one.txt",
    "notes/one.txt",
    undefined,
  ]);
  expect(tools[0]).toMatchObject({ change: { before: null } });
  const text = await stage.swarm.ask(["show", run, "--effects"]);
  expect(text.stdout).toMatch(/Bash +happened/);
});

it("a claim about a command that was not run, or ended otherwise, does not hold", async () => {
  await using stage = await openStage();
  permit(stage, { allow: ["Bash"] });
  const claim = (command: string, exitCode: number) =>
    says(
      use("Report", {
        outcome: "done",
        value: { summary: "x" },
        evidence: [{ kind: "command", command, exitCode }],
        notDone: [],
      }),
    );
  const played = await stage.play([
    says(use("Bash", { command: "exit 3" })),
    claim("exit 3", 0),
    claim("true", 0),
    report("fine"),
  ]);
  expect(told(played.requests[2])).toContain("did not end with exit code 0 but: exit code 3");
  expect(told(played.requests[3])).toContain("was run");
  expect(played.document.status).toBe("completed");
});

it("a command is allowed by its exact text and by nothing that only begins like it; deny wins", async () => {
  await using stage = await openStage();
  permit(stage, { allow: ["Bash(echo fine)", "Write(out/**)", "Edit"], deny: ["Write(out/secret*)", "Edit(src/**)"] });
  const played = await stage.play([
    says(
      use("Bash", { command: "  echo fine " }),
      use("Bash", { command: "echo fine; touch made" }),
      use("Bash", { command: "touch fine2" }),
    ),
    says(
      use("Write", { file_path: "out/a/b.txt", content: "1" }),
      use("Write", { file_path: "out/../made", content: "1" }),
      use("Write", { file_path: "out/secret.txt", content: "1" }),
      use("Edit", { file_path: join(stage.workspace, "src/main.ts"), old_string: "left", new_string: "up" }),
    ),
    report("done"),
  ]);
  const decisions = ofType(played.events, "permission.decided").map(({ decision, rule }) => `${decision} ${rule}`);
  expect(decisions).toEqual([
    "allow config.allow Bash(echo fine)",
    "deny shell.touch",
    "deny shell.touch",
    "allow config.allow Write(out/**)",
    "deny silence",
    "deny config.deny Write(out/secret*)",
    "deny config.deny Edit(src/**)",
  ]);
  expect(() => statSync(join(stage.workspace, "made"))).toThrow(/ENOENT/);
  expect(readFileSync(join(stage.workspace, "out/a/b.txt"), "utf8")).toBe("1");
});

it("statehive's own folders are shown to no tool and written by none, also where the workspace contains them", async () => {
  await using stage = await openStage();
  permit(stage, { allow: ["Write", "Edit"] });
  const hidden = join(stage.workspace, "deep/hidden-data");
  const state = join(stage.workspace, "state-here");
  mkdirSync(hidden, { recursive: true });
  const env = { SWARM_DATA_DIR: hidden, SWARM_STATE_DIR: state };
  const played = await stage.play(
    [
      says(
        use("Read", { file_path: "deep/hidden-data/worker.log" }),
        use("Write", { file_path: "deep/hidden-data/made", content: "x" }),
      ),
      says(use("Write", { file_path: "state-here/made", content: "x" }), use("Glob", { pattern: "**/*" })),
      report("refused"),
    ],
    ["--json"],
    env,
  );
  try {
    expect(told(played.requests[1]).match(/belongs to statehive itself/g)).toHaveLength(2);
    expect(told(played.requests[2]).match(/belongs to statehive itself/g)).toHaveLength(1);
    expect(told(played.requests[2])).not.toMatch(/hidden-data\/|state-here\/(?!made)/);
    expect(() => statSync(join(hidden, "made"))).toThrow(/ENOENT/);
    expect(() => statSync(join(state, "made"))).toThrow(/ENOENT/);
  } finally {
    await stage.swarm.ask(["down"], { env });
  }
});

it("a permission that is none is a configuration error which names file, field, value and the way out", async () => {
  await using stage = await openStage();
  for (const [list, rule] of [
    ["allow", "Bash(npm test:*"],
    ["allow", "Reed(x)"],
    ["deny", "Read(!./secrets/**)"],
    ["ask", "bash"],
    ["allow", "Write(!a)"],
    ["allow", "Bash( )"],
  ] as const) {
    permit(stage, { [list]: [rule] });
    const { code, stdout } = await stage.swarm.ask(["run", "goal", "--json"]);
    const { error } = JSON.parse(stdout) as { error: { message: string; hint: string; code: string } };
    expect(code, rule).toBe(2);
    expect(error.code).toBe("config.permissions");
    expect(error.message).toContain("swarm.config.json");
    expect(error.message).toContain(`permissions.${list}`);
    expect(error.message).toContain(rule);
    expect(error.hint).toContain("Write(glob)");
  }
});

it("an output too long for the conversation is kept whole beside it, and is printed as it was", async () => {
  await using stage = await openStage();
  permit(stage, { allow: ["Bash(seq 1 20000)"] });
  const played = await stage.play([says(use("Bash", { command: "seq 1 20000" })), report("counted")]);
  expect(played.document.status).toBe("completed");
  expect(told(played.requests[1])).toContain("characters left out here");
  const [finished] = ofType(played.events, "tool.finished") as unknown as readonly { blob: string }[];
  const whole = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join("");
  const run = played.document.runId;
  const shown = await stage.swarm.ask(["show", run, "--blob", finished?.blob.slice(0, 12) ?? ""]);
  expect(shown.stdout).toBe(whole);
  const unknown = await stage.swarm.ask(["show", run, "--blob", "nothing"]);
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('--blob "nothing": 0 outputs')]);
});

/** `swarm audit`, by the built command: what was decided is found again, archived or not, and asked again under another policy. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStage, type Played, report, type Stage, says, use } from "../support/run-stage.ts";
import { documentOf, type Finished } from "../support/swarm-cli.ts";

interface Decision {
  readonly id: string;
  readonly at: string;
  readonly run: string;
  readonly actor: string;
  readonly agentType: string;
  readonly handler: string;
  readonly tool: string;
  readonly input: unknown;
  readonly risk: string;
  readonly decision: string;
  readonly rule: string;
  readonly policy: string;
  readonly reason: string;
  readonly answeredBy: string | null;
  readonly latencyMs: number | null;
  readonly inputHash: string;
  readonly sandbox: string | null;
  readonly mode: string | null;
}

const LONG = "x".repeat(6_000);

let stage: Stage;
let first: Played;
let second: Played;

beforeAll(async () => {
  stage = await openStage();
  writeFileSync(
    join(stage.swarm.cwd, "swarm.config.json"),
    JSON.stringify({ permissions: { allow: ["Write(out/**)"], deny: ["Read(secret.txt)"] } }),
  );
  first = await stage.play([
    says(
      use("Read", { file_path: "src/main.ts" }),
      use("Read", { file_path: "secret.txt" }),
      use("Frobnicate", { what: 1 }),
      use("Read", { path: "src/main.ts" }),
    ),
    says(
      use("Write", { file_path: "out/long.txt", content: LONG }),
      use("Write", { file_path: "else.txt", content: "x" }),
    ),
    report("one"),
  ]);
  second = await stage.play([says(use("Glob", { pattern: "**/*.ts" })), report("two")]);
}, 240_000);
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const audit = (...args: string[]): Promise<Finished> => stage.swarm.ask(["audit", ...args]);
const query = async (...args: string[]): Promise<readonly Decision[]> =>
  documentOf<{ v: number; decisions: readonly Decision[] }>(await audit("query", "--json", ...args)).decisions;
const inShort = (decisions: readonly Decision[]): string[] =>
  decisions.map(({ tool, decision, rule }) => `${tool} ${decision} ${rule}`);
const policy = (name: string, content: unknown): string => {
  const file = join(stage.swarm.home, name);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
};

describe("query", () => {
  it("shows every decision, newest first: also of tools that are none and of inputs that do not fit", async () => {
    const decisions = await query("--run", first.document.runId);
    expect(inShort(decisions)).toEqual([
      "Write deny silence",
      "Write allow config.allow Write(out/**)",
      "Read deny registry.input",
      "Frobnicate deny registry.unknown-tool",
      "Read deny config.deny Read(secret.txt)",
      "Read allow built-in.read-only",
    ]);
    expect(decisions.map(({ risk }) => risk)).toEqual([
      "mutating",
      "mutating",
      "unknown",
      "unknown",
      "read-only",
      "read-only",
    ]);
    for (const one of decisions) {
      expect(one).toMatchObject({
        run: first.document.runId,
        agentType: "general",
        handler: "worker",
        answeredBy: null,
      });
      expect(one.id).toMatch(/^d_[0-9a-f]{12}$/);
      expect(one.actor).toMatch(/^a_/);
      expect(Math.abs(Date.parse(one.at) - Date.now())).toBeLessThan(600_000);
      expect(one.reason.length).toBeGreaterThan(5);
      expect(one.policy.length).toBeGreaterThan(1);
    }
    expect(new Set(decisions.map(({ id }) => id)).size).toBe(6);
    expect(decisions[5]).toMatchObject({ mode: "edit", sandbox: expect.stringMatching(/^(full|partial|none)$/) });
  });

  it("shows what each call asked for, whole up to four kilobytes and cut, with its size and hash, beyond", async () => {
    const decisions = await query("--run", first.document.runId);
    expect(decisions.map(({ input }) => input)).toEqual([
      { file_path: "else.txt", content: "x" },
      { cut: expect.stringContaining('{"file_path":"out/long.txt","content":"xxx'), bytes: expect.any(Number) },
      { path: "src/main.ts" },
      { what: 1 },
      { file_path: "secret.txt" },
      { file_path: "src/main.ts" },
    ]);
    const { cut, bytes } = (decisions[1] as Decision).input as { cut: string; bytes: number };
    expect([Buffer.byteLength(cut), bytes > 6_000]).toEqual([4_096, true]);
    expect(decisions[1]?.inputHash).toMatch(/^[0-9a-f]{16}$/);
  });

  it("takes those that are asked for, by every field, by time and by number", async () => {
    const all = await query();
    expect(all.map(({ run }) => run)).toEqual([
      second.document.runId,
      ...Array.from({ length: 6 }, () => first.document.runId),
    ]);
    expect(inShort(await query("--tool", "Glob"))).toEqual(["Glob allow built-in.read-only"]);
    expect((await query("--decision", "deny")).length).toBe(4);
    expect((await query("--rule", "config.")).length).toBe(2);
    expect((await query("--agent", all[0]?.actor ?? "", "--run", second.document.runId)).length).toBe(1);
    expect((await query("--limit", "2")).map(({ id }) => id)).toEqual(all.slice(0, 2).map(({ id }) => id));
    expect((await query("--until", "1h")).length).toBe(0);
    const at = all[0]?.at ?? "";
    expect((await query("--since", at)).map(({ id }) => id)).toContain(all[0]?.id);
    expect((await query("--until", new Date(Date.parse(at) - 1).toISOString())).length).toBe(6);
  });

  it("shows people a table, and refuses what it does not know by name", async () => {
    const { stdout, code } = await audit("query", "--run", first.document.runId);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^AT +RUN +AGENT +TOOL +DECISION/);
    expect(stdout.split("\n").filter((line) => line.includes("Frobnicate"))).toHaveLength(1);
    const cut = await audit("query", "--limit", "1");
    expect(cut.stderr).toContain("only the newest 1 are shown");
    for (const [args, said] of [
      [["--decision", "maybe"], '--decision "maybe" is not one of allow, ask, deny'],
      [["--since", "yesterday"], '--since "yesterday" is no time'],
      [["--run", "nothing"], "no run has that id"],
      [["--policy", "x"], "--policy goes with replay"],
    ] as const) {
      const refused = await audit("query", ...args);
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(said)]);
    }
    expect((await audit("guess")).code).toBe(2);
  });
});

describe("replay", () => {
  interface Replay {
    readonly changed: readonly {
      readonly change: string;
      readonly recorded: Decision;
      readonly would: { readonly decision: string; readonly rule: string };
    }[];
    readonly counts: Record<string, unknown>;
  }

  it("under the policy that was in force changes nothing", async () => {
    const same = policy("same.json", { permissions: { allow: ["Write(out/**)"], deny: ["Read(secret.txt)"] } });
    const done = await audit("replay", "--policy", same, "--json", "--fail-on", "changed");
    expect(documentOf<Replay>(done)).toMatchObject({
      v: 1,
      changed: [],
      counts: { decisions: 7, same: 5, widened: 0, narrowed: 0, shifted: 0, skipped: { [SKIPPED]: 2 } },
    });
    expect(done.code).toBe(0);
  });

  const SKIPPED = "the runtime refused it before, or whatever, the rules said";

  it("tells each decision that would be another one, old and new, and fails where asked to", async () => {
    const wider = policy("wider.json", { permissions: { allow: ["Write"], deny: ["Glob"] } });
    const done = await audit("replay", "--policy", wider, "--json", "--fail-on", "widened");
    expect(done.code).toBe(3);
    const { changed, counts } = documentOf<Replay>(done);
    expect(
      changed.map(({ change, recorded, would }) => [change, recorded.tool, recorded.decision, would.decision]),
    ).toEqual([
      ["narrowed", "Glob", "allow", "deny"],
      ["widened", "Write", "deny", "allow"],
      ["widened", "Read", "deny", "allow"],
    ]);
    expect(changed[1]?.would.rule).toBe("config.allow Write");
    expect(counts).toMatchObject({ decisions: 7, same: 2, widened: 2, narrowed: 1 });
    const text = await audit("replay", "--policy", wider);
    expect([text.code, text.stdout]).toEqual([0, expect.stringContaining("2 widened")]);
    const narrower = policy("narrower.json", { permissions: { deny: ["Read", "Write", "Glob"] } });
    expect((await audit("replay", "--policy", narrower, "--fail-on", "widened")).code).toBe(0);
    expect((await audit("replay", "--policy", narrower, "--fail-on", "changed")).code).toBe(3);
  });

  it("of one run leaves the others out, and knows the mode of the policy", async () => {
    const reading = policy("reading.json", { permissions: { allow: ["Write"] }, mode: "read-only" });
    const { changed } = documentOf<Replay>(
      await audit("replay", "--policy", reading, "--json", "--run", first.document.runId),
    );
    expect(changed.map(({ change, recorded }) => [change, recorded.tool])).toEqual([
      ["narrowed", "Write"],
      ["widened", "Read"],
    ]);
  });

  it("refuses a policy that is none, by file and position", async () => {
    const bad = policy("bad.json", '{\n  "permissions": {\n    "allow": ["Write", "Reed(x)"]\n  }\n}');
    const refused = await audit("replay", "--policy", bad, "--json");
    expect(refused.code).toBe(2);
    const { error } = documentOf<{ error: { message: string } }>(refused);
    expect(error.message).toContain(`${bad}:3:`);
    expect(error.message).toContain('permissions.allow: "Reed(x)"');
    const others = [
      policy("torn.json", '{"permissions":'),
      policy("none.json", {}),
      policy("odd.json", { permissions: { allowed: [] } }),
      join(stage.swarm.home, "missing.json"),
    ];
    for (const file of others) {
      const { code, stderr } = await audit("replay", "--policy", file);
      expect([code, stderr]).toEqual([2, expect.stringContaining(file)]);
    }
    expect((await audit("replay")).stderr).toContain("--policy FILE");
  });
});

describe("meter", () => {
  it("counts calls and prompts, by agent type and rule", async () => {
    const reading = documentOf<Record<string, unknown>>(await audit("meter", "--json"));
    expect(reading).toMatchObject({
      v: 1,
      calls: 7,
      prompts: 0,
      promptsPer100: 0,
      medianMs: null,
      proposals: [],
      byAgentType: { general: { calls: 7 } },
      byRule: { "registry.unknown-tool": { calls: 1 }, "built-in.read-only": { calls: 2 } },
    });
    const { stdout } = await audit("meter", "--run", second.document.runId);
    expect(stdout).toContain("0 prompts in 1 tool call (0 per 100)");
  });
});

describe("runs that have left Redis", () => {
  it("are queried, replayed and metered from their archives, as before", async () => {
    const wider = policy("wider-again.json", { permissions: { allow: ["Write"] } });
    const commands = [
      ["query", "--json"],
      ["query"],
      ["replay", "--policy", wider, "--json"],
      ["meter", "--json"],
      ["query", "--json", "--run", first.document.runId, "--tool", "Write"],
    ];
    const before: string[] = [];
    for (const args of commands) before.push((await audit(...args)).stdout);
    await stage.swarm.ask(["ps"], { env: { SWARM_RETENTION_HOURS: "0" } });
    expect((await stage.swarm.ask(["archive", first.document.runId])).stdout).toContain("has left Redis");
    for (const [index, args] of commands.entries()) {
      const after = await audit(...args);
      expect([args, after.code, after.stdout]).toEqual([args, 0, before[index]]);
    }
  });

  it("and whose archive is on another host are said and passed over, or refused where they were asked for by name", async () => {
    const wider = policy("wider-still.json", { permissions: { allow: ["Write"] } });
    const run = second.document.runId;
    rmSync(join(stage.swarm.dataDir, "archive", `${run}.jsonl`));
    for (const args of [["query"], ["replay", "--policy", wider], ["meter"]]) {
      const rest = await audit(...args, "--json");
      expect([args, rest.code, rest.stderr]).toEqual([args, 0, expect.stringContaining(`passed over: run ${run}`)]);
      const asked = await audit(...args, "--run", run);
      expect([args, asked.code, asked.stderr]).toEqual([args, 2, expect.stringContaining("there is no archive")]);
    }
    expect(await query()).toHaveLength(6);
  });
});

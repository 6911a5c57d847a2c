/** `swarm audit classify`: one answer a line under the policy in force, and nothing run, read or written for it. */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type Finished, linesOf, openSwarm } from "../support/swarm-cli.ts";

interface Classified {
  readonly v: number;
  readonly risk: string;
  readonly decision: string;
  readonly rule: string;
  readonly reason: string;
}
interface Malformed {
  readonly v: number;
  readonly line: number;
  readonly error: { readonly code: string; readonly message: string };
}

async function opened() {
  // A Redis that is not there: whoever would need one fails.
  const swarm = await openSwarm({ env: { REDIS_URL: "redis://127.0.0.1:1/" } });
  onTestFinished(() => swarm[Symbol.asyncDispose]());
  const workspace = realpathSync(mkdtempSync(join(tmpdir(), "statehive-classify-")));
  onTestFinished(() => rmSync(workspace, { recursive: true, force: true }));
  mkdirSync(join(workspace, "src"));
  const classify = (
    lines: readonly (object | string)[],
    flags: readonly string[] = ["--jsonl", "--workspace", workspace],
  ): Promise<Finished> => {
    const input = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");
    return swarm.run(["audit", "classify", ...flags], { input: `${input}\n` });
  };
  return { workspace, classify };
}

const bash = (command: string, cwd?: string) => ({
  tool: "Bash",
  input: { command },
  ...(cwd === undefined ? {} : { cwd }),
});

it("answers each line in its order with risk, decision, rule and reason, and does nothing of what it says", async () => {
  const { workspace, classify } = await opened();
  const finished = await classify([
    bash("git status", workspace),
    bash("touch made && echo x > made-too", workspace),
    bash("rm -rf /", workspace),
    { tool: "Read", input: { file_path: "src/a.ts" }, cwd: workspace },
    { tool: "Read", input: { file_path: ".env" }, cwd: workspace },
    { tool: "Write", input: { file_path: "/etc/passwd", content: "" }, cwd: workspace },
    { tool: "Write", input: { file_path: "a.txt", content: "" }, cwd: workspace },
    { tool: "mcp__files__read", input: { path: "x" }, cwd: workspace },
  ]);
  expect(finished.code).toBe(0);
  const lines = linesOf<Classified>(finished);
  expect(lines.map(({ v, decision, risk }) => [v, decision, risk])).toEqual([
    [1, "allow", "read-only"],
    [1, "ask", "mutating"],
    [1, "ask", "destructive"],
    [1, "allow", "read-only"],
    [1, "ask", "destructive"],
    [1, "deny", "destructive"],
    [1, "ask", "mutating"],
    [1, "ask", "destructive"],
  ]);
  for (const { rule, reason } of lines) expect([rule, reason].every((text) => text.length > 0)).toBe(true);
  expect(readdirSync(workspace)).toEqual(["src"]);
});

it("counts relative paths from the line's cwd, and from the workspace where there is none", async () => {
  const { workspace, classify } = await opened();
  const line = (cwd?: string) => bash(`cat ${workspace}/src/a.ts`, cwd);
  const finished = await classify([
    line(),
    line(workspace),
    line("lib"),
    line("/somewhere/else"),
    bash("cat ../a.ts", "/x/y/z"),
    bash("cat a/../b.ts", "/x/y/z"),
  ]);
  expect(linesOf<Classified>(finished).map(({ decision }) => decision)).toEqual([
    "allow",
    "allow",
    "ask",
    "ask",
    "ask",
    "allow",
  ]);
});

it("goes by the configuration of the workspace, and refuses one that is broken", async () => {
  const { workspace, classify } = await opened();
  const file = join(workspace, "swarm.config.json");
  writeFileSync(
    file,
    JSON.stringify({ permissions: { allow: ["Bash(make:*)"], ask: ["Read(docs/**)"], deny: ["Bash(git log:*)"] } }),
  );
  const finished = await classify([
    bash("make all"),
    bash("git log"),
    { tool: "Read", input: { file_path: "docs/a" } },
  ]);
  expect(linesOf<Classified>(finished).map(({ decision, rule }) => `${decision} ${rule}`)).toEqual([
    "allow config.allow Bash(make:*)",
    "deny config.deny Bash(git log:*)",
    "ask config.ask Read(docs/**)",
  ]);
  writeFileSync(file, JSON.stringify({ permissions: { allow: ["Nothing"] } }));
  const refused = await classify([bash("ls")]);
  expect(refused.code).toBe(2);
  expect(refused.stdout).toContain(`${file}:1:26: permissions.allow`);
});

it("says of a line that is none which it is and why, judges the others all the same, and exits 2", async () => {
  const { classify } = await opened();
  const finished = await classify([
    bash("ls"),
    "no json",
    "",
    '{"tool":"Bash"}',
    '{"tool":7,"input":{}}',
    "[]",
    bash("ls"),
  ]);
  expect(finished.code).toBe(2);
  const lines = linesOf<Classified | Malformed>(finished);
  expect(lines.map((line) => ("error" in line ? line.line : line.decision))).toEqual(["allow", 2, 3, 4, 5, 6, "allow"]);
  for (const line of lines)
    if ("error" in line) expect(line.error.message).toMatch(new RegExp(`^line ${line.line}: .+`));
});

it("denies tools that there are none of, and inputs that do not fit, and says which", async () => {
  const { classify } = await opened();
  const finished = await classify([
    { tool: "Nonsense", input: {} },
    { tool: "Read", input: { path: "a" } },
    { tool: "Bash", input: { command: 7 } },
  ]);
  expect(finished.code).toBe(0);
  const lines = linesOf<Classified>(finished);
  expect(lines.map(({ decision, rule, risk }) => `${decision} ${rule} ${risk}`)).toEqual([
    "deny registry.unknown-tool unknown",
    "deny registry.input unknown",
    "deny registry.input unknown",
  ]);
  expect(lines[0]?.reason).toContain("Nonsense");
});

it("takes hundreds of lines and leaves none out", async () => {
  const { classify } = await opened();
  const commands = Array.from({ length: 600 }, (_, index) =>
    bash(index % 2 === 0 ? `cat src/${index}.ts` : `rm src/${index}.ts`),
  );
  const lines = linesOf<Classified>(await classify(commands));
  expect(lines.map(({ decision }) => decision)).toEqual(
    commands.map((_, index) => (index % 2 === 0 ? "allow" : "ask")),
  );
});

it("prints words for people without --jsonl, and takes no flag that belongs to another action", async () => {
  const { classify } = await opened();
  const plain = await classify([bash("ls")], []);
  expect(plain.stdout).toMatch(/^allow\tread-only\tshell\.ls\t/);
  expect((await classify([bash("ls")], ["--policy", "x"])).code).toBe(2);
});

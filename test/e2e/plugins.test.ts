/** Plugin tools from the command line: approved, found, called, and never called twice whatever happens to the worker. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { signalProcess } from "../../infra/redis/process-identity.ts";
import { linesIn } from "../support/journal.ts";
import { hostileServer, realServer } from "../support/plugin-stage.ts";
import { ofType, openStage, report, type Stage, says, toldBefore, use, wireOf } from "../support/run-stage.ts";
import { documentOf, eventually, processesOf } from "../support/swarm-cli.ts";

/** The operator's own file, not one that a repository brings. */
function operator(stage: Stage, settings: unknown): void {
  const folder = join(stage.swarm.home, ".config", "statehive");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "swarm.config.json"), JSON.stringify(settings));
}

interface Checked {
  readonly tools: readonly { readonly name: string; readonly kind: string; readonly state: string }[];
  readonly new: readonly { readonly name: string; readonly definition: string; readonly reasons: readonly string[] }[];
  readonly hints: readonly string[];
}

const check = async (stage: Stage, ...flags: string[]): Promise<Checked> =>
  documentOf<Checked>(await stage.swarm.ask(["tools", "check", "--workspace", stage.workspace, "--json", ...flags]));

const told = (request: Parameters<typeof toldBefore>[0]): string => JSON.stringify(toldBefore(request));

it("a server's tool is approved, found by ToolSearch, called where a rule allows it, and refused where none does", async () => {
  await using stage = await openStage();
  operator(stage, {
    mcpServers: {
      fs: {
        command: "node",
        args: [realServer("server-filesystem"), "."],
        tools: { read_text_file: { risk: "read-only" } },
      },
    },
    permissions: { allow: ["mcp__fs__read_text_file"] },
  });
  const before = await check(stage, "fs");
  expect(before.new.map(({ name }) => name)).toEqual(["fs"]);
  expect(before.new[0]?.definition).toContain('"version": "2026.8.31"');
  expect(before.hints.join()).toContain("how it is started was not approved");
  await check(stage, "fs", "--yes");
  const both = ["mcp__fs__read_text_file", "mcp__fs__write_file"];
  expect((await check(stage, ...both)).new.map(({ name }) => name)).toEqual(both);
  const after = await check(stage, ...both, "--yes");
  expect(after.tools.map(({ name, state }) => [name, state])).toEqual(both.map((name) => [name, "active"]));

  const played = await stage.play([
    says(use("ToolSearch", { query: "read the complete contents of a text file" })),
    says(
      use("mcp__fs__read_text_file", { path: "src/main.ts" }),
      use("mcp__fs__read_text_file", { path: 7 }),
      use("mcp__fs__write_file", { path: "src/main.ts", content: "gone" }),
    ),
    report("read"),
  ]);
  expect(played.document.status).toBe("completed");
  const [first, second, third] = played.requests;
  expect(first?.body).not.toContain("mcp__fs__");
  expect(told(second)).toContain("mcp__fs__read_text_file");
  expect(told(third)).toContain("Adds two numbers");
  expect(told(third)).toContain("path: must be string");
  expect(wireOf(third as { body: string }).tools).toEqual(wireOf(first as { body: string }).tools);
  const decided = ofType(played.events, "permission.decided").filter(({ tool }) => tool.startsWith("mcp__"));
  expect(decided.map(({ tool, decision, rule }) => [tool, decision, rule])).toEqual([
    ["mcp__fs__read_text_file", "allow", "config.allow mcp__fs__read_text_file"],
    ["mcp__fs__write_file", "deny", expect.any(String)],
  ]);
  expect(readFileSync(join(stage.workspace, "src/main.ts"), "utf8")).toContain("Adds two numbers");
});

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // gone meanwhile
  }
}

it("a call whose worker is killed in the middle of it is interrupted, told as that, and never made twice", async () => {
  await using stage = await openStage();
  operator(stage, {
    mcpServers: { hostile: { command: "node", args: [hostileServer] } },
    permissions: { allow: ["mcp__hostile__count"] },
  });
  await check(stage, "hostile", "--yes");
  await check(stage, "mcp__hostile__count", "--yes");
  const begun = stage.begin(
    [
      says(use("ToolSearch", { query: "adds a line to a file" })),
      says(use("mcp__hostile__count", { path: "marks", waitMs: 30_000 })),
      report("counted"),
    ],
    ["--json"],
  );
  const marks = join(stage.workspace, "marks");
  await eventually("the server has done it", () => linesIn(marks).length === 1);
  const workers = processesOf(stage.swarm.home).filter(({ pid }) => commandLine(pid).includes("\0worker\0"));
  expect(workers).toHaveLength(1);
  for (const worker of workers) signalProcess(worker, "SIGKILL");
  const { runId } = documentOf<{ runId: string }>(await begun.command.done);
  const events = await stage.events(runId);
  expect(ofType(events, "tool.interrupted").map(({ tool }) => tool)).toEqual(["mcp__hostile__count"]);
  expect(linesIn(marks)).toEqual(["done"]);
  expect(told(begun.requests()[2])).toContain("interrupted: plugin server hostile was asked");
});

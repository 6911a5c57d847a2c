// The contract of the command line, command by command: what goes to stdout and what to stderr, which exit code means
// what, which documents are printed, and that nothing is loaded, asked or coloured without need.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { identifyProcess, isAlive } from "../../infra/redis/process-identity.ts";
import {
  documentOf,
  eventually,
  type Finished,
  fixture,
  folderOf,
  linesOf,
  openSwarm,
  processesOf,
  type Swarm,
} from "../support/swarm-cli.ts";
import { eventsOf, logOf, runIdsOf, workersOf } from "../support/swarm-store.ts";

const REPOSITORY = fixture("wrapped-client");
const ONLY = ["--only", "tool-registry,token-budget"];

let swarm: Swarm;
let first: Finished;
let runId: string;
beforeAll(async () => {
  swarm = await openSwarm();
  first = await swarm.run(["evaluate", REPOSITORY, ...ONLY, "--json"]);
  runId = documentOf<{ runId: string }>(first).runId;
});
afterAll(() => swarm?.[Symbol.asyncDispose]());

const json = (...args: string[]) => swarm.ask([...args, "--json"]);

test.each([
  ["a refusal", ["frobnicate", "--json"], 2],
  ["words for people on stderr", ["show", "r_nosuchrun"], 2],
  ["a help", ["worker", "--help"], 0],
  ["a document", ["show", "@last", "--json"], 0],
  ["lines", ["logs", "@last", "--jsonl", "--since", "20"], 0],
])("%s is the same from a process of its own and from one that others were carried out in", async (_, args, code) => {
  const own = await swarm.run(args);
  expect(own.code).toBe(code);
  expect(own.stdout.length + own.stderr.length).toBeGreaterThan(10);
  expect(await swarm.ask(args)).toEqual(own);
});

test("what was asked in that process leaves the next neither its variables nor its folder", async () => {
  const settingsOf = async (options: Parameters<Swarm["ask"]>[1]): Promise<unknown> =>
    documentOf(await swarm.ask(["doctor", "--json"], options)).settings;
  const configured = folderOf(swarm, "configured");
  writeFileSync(join(configured, "swarm.config.json"), JSON.stringify({ model: "of-that-folder" }));
  const before = await settingsOf({});
  expect(await settingsOf({ cwd: configured })).toContainEqual(expect.objectContaining({ value: "of-that-folder" }));
  expect(await settingsOf({ env: { SWARM_MODEL: "of-that-moment" } })).toContainEqual({
    ...{ name: "model", value: "of-that-moment", from: "environment" },
  });
  expect(await settingsOf({})).toEqual(before);
});

describe("a refusal", () => {
  const refusals: readonly [string, string[], number, RegExp][] = [
    ["an unknown command", ["frobnicate"], 2, /frobnicate/],
    ["an unknown flag", ["ps", "--frobnicate"], 2, /frobnicate/],
    ["a missing argument", ["evaluate"], 2, /path/],
    ["one argument too many", ["show", "@last", "another"], 2, /argument/],
    ["run without any model", ["run", "do something"], 4, /key|model/],
    ["show of a run that is not there", ["show", "r_nosuchrun"], 2, /r_nosuchrun/],
    ["logs of a run that is not there", ["logs", "r_nosuchrun"], 2, /r_nosuchrun/],
    ["resume of a run that is not there", ["resume", "r_nosuchrun"], 2, /r_nosuchrun/],
    ["replay of a run that is not there", ["replay", "r_nosuchrun"], 2, /r_nosuchrun/],
    ["stop of a run that is not there", ["stop", "r_nosuchrun"], 2, /r_nosuchrun/],
    ["stop of a run that has ended", ["stop", "@last"], 2, /ended/],
    ["replay up to no number", ["replay", "@last", "--to", "soon"], 2, /--to "soon"/],
    ["redis with an action that is not known", ["redis", "uninstall"], 2, /uninstall/],
  ];
  test.each(refusals)(
    "%s: exit code, one document with --json, words on stderr without",
    async (_, args, code, words) => {
      const jsonFlag = args[0] === "logs" ? "--jsonl" : "--json";
      // One of each kind in a process of its own: the two ways were held against each other above.
      const ask = ["frobnicate", "evaluate", "run", "show"].includes(args[0] ?? "") ? swarm.run : swarm.ask;
      const asked = await ask([...args, jsonFlag]);
      expect({ code: asked.code, document: documentOf(asked) }).toEqual({
        code,
        document: {
          v: 1,
          error: {
            code: expect.stringMatching(/^[a-z_.]+$/),
            message: expect.stringMatching(words),
            hint: expect.stringMatching(/./),
            retryable: false,
          },
        },
      });
      const spoken = await swarm.ask(args);
      expect({ code: spoken.code, stdout: spoken.stdout }).toEqual({ code, stdout: "" });
      expect(spoken.stderr).toMatch(words);
      expect(spoken.stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
    },
  );

  const withKey = { ANTHROPIC_API_KEY: "k-unused" };
  const flags: readonly [string, string[]][] = [
    ["--max-turns 0", ["--max-turns", "0"]],
    ["--max-turns many", ["--max-turns", "many"]],
    ["--max-tokens -1", ["--max-tokens", "-1"]],
    ["--budget free", ["--budget", "free"]],
    ["--budget 0", ["--budget", "0"]],
    ["--agent nobody", ["--agent", "nobody"]],
    ["--deny-tool Report", ["--deny-tool", "Report"]],
    ["--deny-tool Teleport", ["--deny-tool", "Teleport"]],
    ["--workspace nowhere", ["--workspace", "nowhere"]],
  ];
  test.each(flags)("run %s is a mistake in the usage, and makes no run", async (_, args) => {
    const before = await runIdsOf(swarm);
    const finished = await swarm.ask(["run", "a goal", "--json", ...args], { env: withKey });
    expect({ code: finished.code, ...documentOf(finished) }).toMatchObject({
      code: 2,
      v: 1,
      error: { retryable: false },
    });
    expect(await runIdsOf(swarm)).toEqual(before);
  });

  test.each([
    ["an empty goal", ""],
    ["a goal of blanks", "  \n "],
  ])("run with %s", async (_, goal) => {
    const finished = await swarm.ask(["run", goal, "--json"], { env: withKey });
    expect({ code: finished.code, ...documentOf(finished) }).toMatchObject({ code: 2, error: { code: "usage.goal" } });
  });

  test("worker of a type that does not exist", async () => {
    const finished = await swarm.ask(["worker", "dreamer", "--jsonl"]);
    expect({ code: finished.code, ...documentOf(finished) }).toMatchObject({
      code: 2,
      error: { code: "worker.unknown_type" },
    });
  });
});

describe("help", () => {
  test("goes to stdout with exit 0 and names every command", async () => {
    const finished = await swarm.run(["--help"]);
    expect({ code: finished.code, stderr: finished.stderr }).toEqual({ code: 0, stderr: "" });
    for (const name of [
      "evaluate",
      "run",
      "worker",
      "ps",
      "show",
      "logs",
      "stop",
      "resume",
      "replay",
      "doctor",
      "down",
      "redis",
    ])
      expect(finished.stdout).toMatch(new RegExp(`^\\s+${name}\\b`, "m"));
  });

  test("of a command goes to stdout with exit 0", async () => {
    const finished = await swarm.ask(["evaluate", "--help"]);
    expect({ code: finished.code, stderr: finished.stderr }).toEqual({ code: 0, stderr: "" });
    expect(finished.stdout).toMatch(/--fail-on/);
  });

  test("the version is that of the package", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(await swarm.ask(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  test("without a command goes to stderr: it is a mistake in the usage", async () => {
    const finished = await swarm.run([]);
    expect({ code: finished.code, stdout: finished.stdout }).toEqual({ code: 2, stdout: "" });
    expect(finished.stderr).toMatch(/Usage: swarm/);
  });

  test("loads the command line's own file, its table of commands, its version and the parser of flags, and no other module", async () => {
    const coverage = mkdtempSync(join(tmpdir(), "swarm-modules-"));
    try {
      expect((await swarm.run(["--help"], { env: { NODE_V8_COVERAGE: coverage } })).code).toBe(0);
      const [file = ""] = readdirSync(coverage);
      const { result } = JSON.parse(readFileSync(join(coverage, file), "utf8")) as { result: { url: string }[] };
      const loaded = result.filter(({ url }) => url.startsWith("file:")).map(({ url }) => fileURLToPath(url));
      expect(loaded.some((path) => path.endsWith("apps/cli/main.js"))).toBe(true);
      // The build joins modules into few files, and says before each where it is from.
      const joined = loaded.flatMap((path) =>
        [...readFileSync(path, "utf8").matchAll(/^\/\/ (\S+\.js)$/gm)].map(([, from = ""]) => from),
      );
      expect(joined).toContain("apps/cli/main.js");
      const table = ["command-row", "command-table", "registry-commands", "log-commands"].map(
        (name) => `apps/cli/${name}.js`,
      );
      const own = ["apps/cli/main.js", "apps/cli/program.js", ...table, "infra/version.js"];
      expect(joined.filter((from) => !own.includes(from) && !from.includes("node_modules/commander/"))).toEqual([]);
    } finally {
      rmSync(coverage, { recursive: true, force: true });
    }
  });
});

describe("a document", () => {
  const finding = {
    path: expect.any(String),
    line: expect.any(Number),
    quote: expect.any(String),
    probe: expect.any(String),
  };

  test("evaluate --json", () => {
    expect(first.code).toBe(0);
    const document = documentOf<{ primitives: { id: string; findings: unknown[] }[] }>(first);
    expect(document).toMatchObject({ v: 1, target: REPOSITORY, analyst: "local" });
    expect(document.primitives.map(({ id }) => id)).toEqual(["tool-registry", "token-budget"]);
    for (const primitive of document.primitives) {
      expect(primitive).toMatchObject({
        level: expect.stringMatching(/^(present|partial|absent|unknown)$/),
        maturity: expect.any(Number),
        next: expect.stringMatching(/./),
      });
      expect(primitive.findings).toEqual(primitive.findings.map(() => finding));
    }
    expect(document.primitives.flatMap(({ findings }) => findings).length).toBeGreaterThan(0);
  });

  test("evaluate without --only has the twelve primitives, in the order of the contract", async () => {
    const { primitives } = documentOf<{ primitives: { id: string }[] }>(await json("evaluate", REPOSITORY));
    expect(primitives.map(({ id }) => id).join(" ")).toBe(
      "tool-registry permission-system session-persistence workflow-state token-budget streaming-events system-event-log two-level-verification tool-pool-assembly transcript-compaction permission-audit-trail agent-type-system",
    );
  });

  test("ps --json", async () => {
    const document = documentOf<{ runs: object[]; workers: object[] }>(await json("ps"));
    const [breakers, limits] = [expect.any(Array), expect.any(Array)];
    expect(document).toEqual({ v: 1, runs: expect.any(Array), workers: expect.any(Array), breakers, limits });
    expect(document.runs).toContainEqual(
      expect.objectContaining({
        runId,
        status: "completed",
        agents: 5,
        startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        updatedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        simulated: true,
      }),
    );
    expect(document.workers).toEqual([
      {
        id: expect.stringMatching(/^w_/),
        types: expect.arrayContaining(["explore", "verify"]),
        active: expect.any(Number),
      },
    ]);
  });

  test("show --json", async () => {
    const finished = await json("show", runId);
    expect(finished.code).toBe(0);
    const document = documentOf<{ agents: object[] }>(finished);
    expect(Object.keys(document)).toEqual([
      "v",
      "runId",
      "status",
      "simulated",
      "result",
      "usage",
      "budget",
      "agents",
      "spending",
      "approvals",
      "blackBox",
      "tasks",
      "work",
      "cost",
    ]);
    expect(document).toMatchObject({
      v: 1,
      runId,
      status: "completed",
      simulated: true,
      result: { status: "verified", value: expect.anything(), evidence: expect.any(Array), reasons: [] },
      approvals: [],
      blackBox: null,
    });
    expect(Object.keys((document as unknown as { usage: object }).usage).sort()).toEqual(
      [
        "cacheReadTokens",
        "cacheWriteTokens",
        "costUsd",
        "inputTokens",
        "modelCalls",
        "outputTokens",
        "totalTokens",
      ].sort(),
    );
    expect(document.agents).toHaveLength(5);
    expect(document.agents).toContainEqual({
      id: "a_explore-tool-registry",
      type: "explore",
      state: "completed",
      turns: expect.any(Number),
    });
  });

  test("logs --jsonl: one event a line, numbered without gaps, one ending", async () => {
    const events = linesOf(await swarm.ask(["logs", runId, "--jsonl"]));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    for (const event of events)
      expect(event).toMatchObject({
        v: 1,
        run: runId,
        at: expect.stringMatching(/^\d{4}-.*Z$/),
        actor: expect.stringMatching(/^a_/),
        type: expect.stringMatching(/^[a-z]+\.[a-z]+$/),
      });
    expect(
      events.filter(({ type }) => /^run\.(completed|failed|exhausted|cancelled)$/.test(String(type))),
    ).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: "run.completed" });
  });

  test("logs --since and --type leave out the rest, and -f of an ended run ends by itself", async () => {
    const all = linesOf(await swarm.ask(["logs", runId, "--jsonl"]));
    expect(all).toEqual(eventsOf(await logOf(swarm, runId)));
    const some = linesOf(
      await swarm.ask(["logs", runId, "--jsonl", "--since", "20", "--type", "model.called,model.answered"]),
    );
    expect(some).toEqual(
      all.filter(({ seq, type }) => Number(seq) > 20 && /^model\.(called|answered)$/.test(String(type))),
    );
    expect(some.length).toBeGreaterThan(0);
    expect(linesOf(await swarm.run(["logs", runId, "--jsonl", "-f"]))).toEqual(all);
  });

  test("replay --json", async () => {
    const whole = await json("replay", runId);
    expect({ code: whole.code, ...documentOf(whole) }).toMatchObject({
      code: 0,
      v: 1,
      runId,
      equal: true,
      mismatch: null,
    });
    const { lastSeq } = documentOf<{ lastSeq: number }>(whole);
    const half = documentOf<{ lastSeq: number; actors: unknown[] }>(
      await json("replay", runId, "--to", String(Math.floor(lastSeq / 2))),
    );
    expect(half.lastSeq).toBeLessThanOrEqual(Math.ceil(lastSeq / 2) + 10);
    expect(half.actors.length).toBeGreaterThan(0);
  });

  test("doctor --json masks what is secret and says where each setting came from", async () => {
    const finished = await swarm.ask(["doctor", "--json"], { env: { ANTHROPIC_API_KEY: "sk-ant-secret-of-doctor" } });
    expect(finished.code).toBe(0);
    expect(finished.stdout).not.toContain("secret-of-doctor");
    const { settings, ...document } = documentOf<{ settings: { name: string }[] }>(finished);
    expect(document).toMatchObject({
      v: 1,
      node: process.version,
      redis: { kind: "embedded", fsync: "always" },
      guarantees: expect.any(Array),
    });
    expect(settings).toContainEqual({ name: "ANTHROPIC_API_KEY", value: "(set)", from: "environment" });
    expect(settings).toContainEqual({ name: "dataDir", value: swarm.dataDir, from: "environment" });
    expect(settings).toContainEqual({ name: "prefix", value: "swarm", from: "default" });
  });
});

describe("an id", () => {
  test("may be cut short as long as it is unique, and @last is the newest run", async () => {
    const known = documentOf<{ runs: { runId: string }[] }>(await json("ps")).runs.map((run) => run.runId);
    const [newest = ""] = known;
    expect(documentOf(await json("show", "@last")).runId).toBe(newest);
    const short = runId.slice(0, 8);
    expect(known.filter((id) => id.startsWith(short))).toEqual([runId]);
    expect(documentOf(await json("show", short)).runId).toBe(runId);
  });

  test("that fits several runs is refused, and they are named", async () => {
    await json("evaluate", REPOSITORY, "--only", "tool-registry");
    const finished = await json("show", "r_");
    const { error } = documentOf<{ error: { message: string } }>(finished);
    expect(finished.code).toBe(2);
    expect(error.message).toContain(runId);
  });

  test("@last without any run is refused", async () => {
    await using empty = await openSwarm();
    const finished = await empty.ask(["show", "@last", "--json"]);
    expect({ code: finished.code, ...documentOf(finished) }).toMatchObject({ code: 2, error: { code: "run.unknown" } });
  });
});

describe("stdout is data, stderr is everything else", () => {
  test("a report for people goes to stdout, progress to stderr, without a colour where nobody looks", async () => {
    const finished = await swarm.ask(["evaluate", REPOSITORY, ...ONLY]);
    expect(finished.code).toBe(0);
    expect(finished.stdout).toContain("src/agent.ts:14");
    expect(finished.stderr).toMatch(/explore-tool-registry/);
    expect(finished.stdout).not.toMatch(/\[1\/4\]/);
    expect(`${finished.stdout}${finished.stderr}`).not.toContain("\u001b");
  });

  test.each([
    ["FORCE_COLOR colours it all the same", { FORCE_COLOR: "1" }, true],
    ["NO_COLOR wins", { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
    ["FORCE_COLOR=0 is no wish for colour", { FORCE_COLOR: "0" }, false],
  ])("%s", async (_, env, coloured) => {
    const finished = await swarm.ask(["resume", runId], { env });
    expect(finished.code).toBe(0);
    expect(finished.stdout.includes("\u001b[")).toBe(coloured);
  });

  test("evaluating twice finds the same", async () => {
    const { runId: _, ...again } = documentOf(await json("evaluate", REPOSITORY, ...ONLY));
    const { runId: __, ...before } = documentOf(first);
    expect(again).toEqual(before);
  });

  test.each([
    ["partial", 3],
    ["absent", 3],
  ])("--fail-on %s is a gate: the report is printed, and the exit code is %i", async (level, code) => {
    const finished = await json("evaluate", REPOSITORY, "--only", "token-budget", "--fail-on", level);
    expect(finished.code).toBe(code);
    expect(documentOf(finished)).toMatchObject({ primitives: [{ id: "token-budget", level: "absent" }] });
  });

  test("--fail-on what is not the case lets it pass", async () => {
    const finished = await json("evaluate", REPOSITORY, "--only", "tool-registry", "--fail-on", "absent");
    expect({ code: finished.code, ...documentOf(finished) }).toMatchObject({
      code: 0,
      primitives: [{ level: "partial" }],
    });
  });
});

test("a worker that is told to end does so, and does not first sit out its idle time", async () => {
  const worker = swarm.start(["worker", "--jsonl", "--idle-exit", "3600"]);
  await worker.said(/"worker\.ready"/, "stdout");
  expect(linesOf({ stdout: worker.stdout() })).toEqual([
    {
      v: 1,
      type: "worker.ready",
      id: expect.stringMatching(/^w_/),
      types: expect.any(Array),
      pid: worker.pid,
      sandbox: expect.any(String),
    },
  ]);
  worker.signal("SIGTERM");
  // Left alone, it would be ended by force after 30 s.
  await eventually("the worker is gone", () => identifyProcess(worker.pid) === undefined, 20_000);
  expect(await worker.done).toMatchObject({ code: 143, signal: null });
});

describe("the private Redis", () => {
  test("is one, however many commands begin at once in a new folder; down ends all, and what was done stays", async () => {
    await using fresh = await openSwarm();
    const both = await Promise.all(
      [1, 2, 3].map(() => fresh.run(["evaluate", REPOSITORY, "--only", "tool-registry", "--json"])),
    );
    expect(both.map(({ code }) => code)).toEqual([0, 0, 0]);
    const servers = (): number =>
      processesOf(fresh.home).filter(({ pid }) =>
        /redis-server|valkey-server/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8")),
      ).length;
    expect(servers()).toBe(1);
    const workers = await workersOf(fresh);
    expect(workers.length).toBeGreaterThan(0);
    const down = await fresh.run(["down", "--json"]);
    expect({ code: down.code, ...documentOf(down) }).toEqual({
      code: 0,
      v: 1,
      server: "not-running",
      workers: workers.length,
      redis: "stopped",
    });
    expect(workers.filter(({ identity }) => isAlive(identity))).toEqual([]);
    expect(processesOf(fresh.home)).toEqual([]);
    const nothing = { v: 1, server: "not-running", workers: 0, redis: "not-running" };
    expect(documentOf(await fresh.ask(["down", "--json"]))).toEqual(nothing);
    const { runs } = documentOf<{ runs: { runId: string }[] }>(await fresh.ask(["ps", "--json"]));
    expect(runs.map((run) => run.runId).sort()).toEqual(both.map((one) => String(documentOf(one).runId)).sort());
  });
});

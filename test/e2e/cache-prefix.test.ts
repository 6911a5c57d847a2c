/**
 * The prompt of an agent only grows: as served, every request begins with the whole of the agent's last one, byte for
 * byte, and agents of one type share system and tools. Red here means that every turn of every run costs more.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CacheLedger } from "../../actors/runtime/cache-ledger.ts";
import { prefixChain } from "../../infra/model/prefix-chain.ts";
import type { EntryInput } from "../support/messages-double/script.ts";
import { openStage, quote, type RunDocument, read, type Stage, says, use, wireOf } from "../support/run-stage.ts";
import { documentOf, type Finished } from "../support/swarm-cli.ts";

let stage: Stage;
let run = "";
const GOALS = ["Cached goal one.", "Cached goal two."];

const thought = (goal: string) =>
  ({ type: "thinking", thinking: "Let me see.", signature: Buffer.from(goal).toString("base64") }) as const;
const report = (evidence: readonly unknown[]): EntryInput =>
  says(use("Report", { outcome: "done", value: { summary: "adds" }, evidence, notDone: [] }));

/** Reads, two calls at once, a tool that fails, free text, a report that is sent back, and one that holds. */
const workOf = (goal: string): readonly EntryInput[] => [
  says(thought(goal), read()),
  says(use("Grep", { pattern: "add", path: "src" }), read("src/nothing-there.ts")),
  { fault: { kind: "status", status: 529, type: "overloaded_error" } },
  says({ type: "text", text: "It adds." }),
  report([quote(3, "return left - right;")]),
  report([quote(3)]),
];

const work = workOf("any");

beforeAll(async () => {
  stage = await openStage();
  for (const when of GOALS) stage.double.script(...workOf(when).map((entry) => ({ when, ...entry })));
  const file = join(stage.swarm.home, "siblings.yaml");
  const tasks = GOALS.map((goal, index) => `  - {id: t${index}, goal: ${goal}, agent: explore}`);
  writeFileSync(file, ["goal: Two of a kind", "parallel: 2", "tasks:", ...tasks].join("\n"));
  const finished = await stage.swarm.ask(["run", file, "--workspace", stage.workspace, "--json"]);
  expect(finished.code, finished.stdout + finished.stderr).toBe(0);
  run = documentOf<RunDocument>(finished).runId;
});
afterAll(() => stage?.[Symbol.asyncDispose]());

const requestsOf = (goal: string) => stage.double.served.filter(({ body }) => body.includes(goal));
const MARK = ',"cache_control":{"type":"ephemeral"}';
const bare = (body: string): string =>
  body.replaceAll('"cache_control":{"type":"ephemeral"},', "").replaceAll(MARK, "");

/** The bytes of a request's prompt that the next one must begin with: all but the end of its last list. */
const messagesText = (body: string): string => {
  const all = bare(body);
  const start = all.indexOf('"messages":[');
  const end = all.indexOf('],"model":');
  expect(start).toBeGreaterThanOrEqual(0);
  expect(end).toBeGreaterThan(start);
  return all.slice(start, end);
};

test.each(GOALS)("every request of an agent has the whole of its last one as its beginning: %s", (goal) => {
  const requests = requestsOf(goal);
  expect(requests).toHaveLength(work.length);
  for (const [index, { body }] of requests.entries()) {
    const before = requests[index - 1]?.body;
    expect(body.split('"cache_control"')).toHaveLength(3);
    if (before === undefined) continue;
    const [earlier, later] = [prefixChain(wireOf({ body: before })), prefixChain(wireOf({ body }))];
    expect(later.slice(0, earlier.length)).toEqual(earlier);
    expect(messagesText(body).startsWith(messagesText(before)), `request ${index + 1}`).toBe(true);
  }
});

test("agents of one type share the model, the tools and the system prompt, byte for byte", () => {
  const shared = stage.double.served.map(({ body }) => {
    const { model, system, tools } = wireOf({ body: bare(body) });
    expect(tools.length).toBeGreaterThan(2);
    expect(system.length).toBeGreaterThan(1);
    return JSON.stringify({ model, tools, system });
  });
  expect(shared).toHaveLength(2 * work.length);
  expect(new Set(shared).size).toBe(1);
});

const show = (...flags: string[]): Promise<Finished> => stage.swarm.ask(["show", run, "--cache", ...flags]);

test("swarm show --cache tells the same from the log alone: no prefix broke, and siblings read what the first wrote", async () => {
  const ledger = documentOf<CacheLedger>(await show("--json"));
  expect(ledger).toMatchObject({ v: 1, runId: run, simulated: true, more: 0, worst: null });
  expect(ledger.agents.map(({ turns }) => turns.length)).toEqual([work.length - 1, work.length - 1]);
  expect(ledger.totals).toMatchObject({ calls: 2 * (work.length - 1), broken: 0, lostTokens: 0 });
  expect(ledger.totals.hitRate).toBeGreaterThan(0.5);
  expect(ledger.siblings).toMatchObject({ followers: 1, hits: 1 });
  for (const { turns } of ledger.agents) {
    for (const [index, turn] of turns.entries()) {
      const before = turns[index - 1];
      // The double remembers what it was asked before it fails, too: a second try may read more than was ever answered.
      if (before !== undefined) expect(turn.read).toBeGreaterThanOrEqual((before.read ?? 0) + (before.write ?? 0));
      expect(turn).toMatchObject({ diverged: null, miss: null });
      expect(turn.leftSeconds).toBeGreaterThan(0);
    }
  }
  const { stdout } = await show();
  const lines = stdout.split("\n");
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(stdout).toMatch(/nothing here broke a prefix/);
  expect(stdout).toMatch(/1 agent began as another had; 1 \(100%\) read its prefix/);
});

test("a server that tells nothing of a cache is told as unknown, never as none", async () => {
  const usage = { input_tokens: 100, output_tokens: 20 };
  const { document } = await stage.play([
    { ...says(read()), usage },
    { ...report([quote(3)]), usage },
  ]);
  const finished = await stage.swarm.ask(["show", document.runId, "--cache", "--json"]);
  const { totals, agents } = documentOf<CacheLedger>(finished);
  expect(totals).toMatchObject({ calls: 2, read: null, write: null, fresh: 200, hitRate: null, lostTokens: null });
  expect(agents[0]?.turns.map(({ read: tokens, hitRate }) => [tokens, hitRate])).toEqual([
    [null, null],
    [null, null],
  ]);
  expect((await stage.swarm.ask(["show", document.runId, "--cache"])).stdout).toMatch(/told nothing of a cache/);
});

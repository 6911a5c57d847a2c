/** The question at the terminal: one at a time, no yes by accident, gone when somebody else has answered. */
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { proposalRead } from "../../actors/runtime/effects/proposal-read.ts";
import { questionPut } from "../../actors/runtime/effects/question-put.ts";
import type { Answer } from "../../actors/runtime/performer.ts";
import { openPrompter, type Prompter } from "../../apps/cli/approvals/prompt.ts";
import type { Hive } from "../../apps/cli/hive.ts";
import type { Progress } from "../../apps/cli/progress/progress.ts";
import { approvalsFrom, type StoredApproval } from "../../infra/approval.ts";
import { openLog } from "../../infra/log.ts";
import {
  type AskedCall,
  asksFor,
  type Hive as MockedHive,
  openMockedHive,
  performersOf,
  reports,
  task,
} from "../support/mocked-hive.ts";

let hive: MockedHive;
const input = { now: new PassThrough() };
let output = "";
const held: string[] = [];
let prompter: Prompter | null = null;

beforeEach(async () => {
  hive = await openMockedHive();
  input.now = new PassThrough();
  output = "";
  held.length = 0;
});
afterEach(async () => {
  prompter?.stop();
  prompter = null;
  await hive.close();
});

const progress: Progress = {
  know() {},
  event() {},
  note() {},
  hold: () => void held.push("hold"),
  goOn: () => void held.push("go on"),
  end() {},
};

const approvals = async (run: string): Promise<StoredApproval[]> =>
  approvalsFrom(await hive.reader.approvals(run), (await hive.reader.run(run))?.fields.status ?? "");

async function asked(run: string, calls: readonly AskedCall[]): Promise<void> {
  await hive.worker(performersOf((turn, context) => (turn === 0 ? asksFor(0, context, calls) : reports(turn))));
  await hive.start(run, [task("a")]);
  await expect.poll(async () => (await approvals(run)).length).toBe(calls.length);
}

function open(run: string): Prompter {
  const written = new PassThrough();
  written.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const config = { prices: [] };
  const opened = { reader: hive.reader, store: hive.store, config, log: openLog("silent") } as unknown as Hive;
  prompter = openPrompter({ hive: opened, run, progress, input: input.now, output: written });
  return prompter;
}

// A line that is typed before it is asked for is nobody's: each wait is for the question's own words.
const said = (pattern: RegExp) => expect.poll(() => output).toMatch(pattern);
const type = (line: string): boolean => input.now.write(`${line}\n`);
const statusOf = async (run: string): Promise<string[]> => (await approvals(run)).map(({ status }) => status);

it("shows what would be done, takes no empty line for a yes, and approves once", async () => {
  await asked("r_yes", [{ call: "c1", command: "make all" }]);
  open("r_yes");
  await said(/│ make all[\s\S]*\[a\]pprove once/);
  type("");
  await said(/\[s\]kip: .*\[a\]pprove once/s);
  expect(await statusOf("r_yes")).toEqual(["pending"]);
  type("a");
  await said(/approved: p_/);
  expect(await hive.ended("r_yes")).toBe("completed");
  expect(await statusOf("r_yes")).toEqual(["approved"]);
  expect(held).toEqual(["hold", "go on"]);
});

it("asks one after the other; a no takes a reason, and a right for the run is the exact call's", async () => {
  await asked("r_two", [
    { call: "c1", command: "make a" },
    { call: "c2", command: "make b" },
  ]);
  const one = open("r_two");
  await said(/│ make a[\s\S]*\[s\]kip/);
  expect(output).not.toContain("make b");
  type("g");
  await said(/approved: p_[\s\S]*│ make b[\s\S]*\[s\]kip/);
  type("d");
  await said(/the agent is told/);
  type("use the other target");
  await said(/denied: p_/);
  expect(await hive.ended("r_two")).toBe("completed");
  expect((await approvals("r_two")).map(({ status, answer }) => [status, answer?.reason])).toEqual([
    ["approved", ""],
    ["denied", "use the other target"],
  ]);
  const { fields } = await hive.store.grants("r_two");
  expect(Object.values(fields).map((json) => (JSON.parse(json) as { rule: string }).rule)).toEqual(["Bash(make a)"]);
  await expect.poll(() => one.busy()).toBe(false);
});

it("wants the name of what is at stake before it approves what destroys", async () => {
  await asked("r_stake", [{ call: "c1", command: "rm -rf all", risk: "destructive" }]);
  open("r_stake");
  await said(/at stake: everything[\s\S]*\[s\]kip/);
  type("a");
  await said(/type the name/);
  type("yes");
  await said(/nothing was approved[\s\S]*\[s\]kip/);
  expect(await statusOf("r_stake")).toEqual(["pending"]);
  type("a");
  await said(/nothing was approved[\s\S]*type the name/);
  type("everything");
  await said(/approved: p_/);
  expect(output).not.toContain("[g]rant");
});

it("left for later stays pending with the commands that answer it, and is not asked about again", async () => {
  await asked("r_skip", [{ call: "c1", command: "make all" }]);
  const one = open("r_skip");
  await said(/\[s\]kip/);
  expect(one.busy()).toBe(true);
  type("s");
  await said(/left waiting\. swarm approve p_/);
  await expect.poll(() => one.busy()).toBe(false);
  expect(await statusOf("r_skip")).toEqual(["pending"]);
});

it("answered elsewhere, the question goes away and nothing that is typed then counts", async () => {
  await asked("r_else", [{ call: "c1", command: "make all" }]);
  const one = open("r_else");
  await said(/\[s\]kip/);
  const [approval] = (await approvals("r_else")) as [StoredApproval];
  await hive.store.answer({
    ...{ run: "r_else", approval: approval.id, call: "c1", hash: approval.hash, token: "t", allowed: false },
    ...{ by: "bob", reason: "no", scope: "once", grant: null },
  });
  const event = await hive.seen("r_else", ({ type: kind }) => kind === "approval.answered");
  one.seen(event);
  await said(/needs no answer any more/);
  type("a");
  expect(await hive.ended("r_else")).toBe("completed");
  expect(await statusOf("r_else")).toEqual(["denied"]);
});

it("whose input ends is left waiting", async () => {
  await asked("r_eof", [{ call: "c1", command: "make all" }]);
  const one = open("r_eof");
  await said(/\[s\]kip/);
  input.now.end();
  await expect.poll(() => one.busy()).toBe(false);
  expect(await statusOf("r_eof")).toEqual(["pending"]);
});

it("a question of an agent is answered in words; an empty line and a bare yes are none", async () => {
  const question = {
    id: "c0",
    tool: "AskParent",
    inputHash: "h",
    risk: "read-only",
    repeat: "safe",
    status: "waiting",
  };
  const asks = {
    event: {
      ...{ type: "model.answered", turn: 0, stop: "tool_use", report: null },
      calls: [{ ...question, question: "Which roof?\u001b[2J" }],
    } as Answer["event"],
    entries: [{ role: "assistant" as const, content: [{ type: "tool_use", id: "c0", name: "AskParent", input: {} }] }],
    told: [],
  };
  const performers = performersOf((turn) => (turn === 0 ? asks : reports(turn)), { "question.put": questionPut() });
  await hive.worker(performers);
  await hive.start("r_question", [task("a")], { config: { approve: "ask" } });
  await expect.poll(() => statusOf("r_question")).toEqual(["pending"]);
  open("r_question");
  await said(/│ Which roof\?\\x1b\[2J[\s\S]*\[a\]nswer {2}\[d\]eny/);
  type("a");
  await said(/your answer: /);
  type("");
  await said(/your answer: [\s\S]*\[a\]nswer/);
  expect(await statusOf("r_question")).toEqual(["pending"]);
  type("a");
  await said(/your answer: [\s\S]*your answer: /);
  type("the flat one");
  await said(/approved: p_/);
  expect(await hive.ended("r_question")).toBe("completed");
  const told = await hive.seen("r_question", (event) => event.type === "question.answered");
  expect(told).toMatchObject({ answer: "the flat one" });
});

it("a plan is shown with its table before it is asked about", async () => {
  const plan = {
    tasks: [{ id: "walls", goal: "Build the walls.", agentType: "explore", needs: [], why: "So." }],
    why: "A house needs walls.",
    risks: [],
  };
  const input = { outcome: "done", value: plan, evidence: [], notDone: [] };
  const planned = {
    ...reports(0),
    entries: [{ role: "assistant" as const, content: [{ type: "tool_use", id: "r0", name: "Report", input }] }],
  };
  const performers = performersOf((turn, { address }) => (address.actor === "a_plan" ? planned : reports(turn)), {
    "proposal.read": proposalRead({ store: hive.store }),
  });
  await hive.worker(performers);
  await hive.start("r_table", [{ ...task("plan"), role: "plan" }], { config: { plan: "ask" } });
  await expect.poll(() => statusOf("r_table")).toEqual(["pending"]);
  open("r_table");
  await said(
    /│ A house needs walls\.[\s\S]*TASK {3}AGENT {4}NEEDS[\s\S]*│ Build the walls\.[\s\S]* cost {2}.*tokens, [\s\S]*\[a\]pprove once {2}\[d\]eny/,
  );
  type("a");
  await said(/approved: p_/);
  expect(await hive.ended("r_table")).toBe("completed");
});

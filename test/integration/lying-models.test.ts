// Models that lie, loop, say nothing or do not know the form, over real HTTP against the real runtime: each ends in an
// explicit failure that names what was wrong, and none is counted as done. The honest one beside them is.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Accesses, openAccesses } from "../../actors/runtime/accesses.ts";
import { apiBinding } from "../../actors/runtime/bindings.ts";
import { type RunDocument, runDocument } from "../../actors/runtime/run-document.ts";
import type { RunConfig } from "../../actors/runtime/run-row.ts";
import { createRuntime, type Runtime } from "../../actors/runtime/runtime.ts";
import { general } from "../../actors/types/general.ts";
import { openLog } from "../../infra/log.ts";
import { openTestJournal } from "../support/journal.ts";
import { type MessagesDouble, startMessagesDouble } from "../support/messages-double/double.ts";
import type { EntryInput } from "../support/messages-double/script.ts";
import { type Hive, openMockedHive } from "../support/mocked-hive.ts";
import { ofType, says, text, use } from "../support/run-stage.ts";

const LIMITS = { ...general.limits, turnsMax: 6 };
const MODEL = "claude-test-1";
const MAIN = "export const add = (a: number, b: number) => a - b;";

let hive: Hive;
let double: MessagesDouble;
let accesses: Accesses;
let runtime: Runtime;
let workspace: string;
let binding: string;

beforeEach(async () => {
  const given = await openTestJournal();
  ({ workspace } = given);
  mkdirSync(join(workspace, "src"));
  writeFileSync(join(workspace, "src/main.ts"), `${MAIN}\n`);
  hive = await openMockedHive();
  double = await startMessagesDouble();
  const log = openLog("silent");
  const credentials = { apiKey: "sk-test", authToken: undefined, baseUrl: double.baseUrl };
  binding = apiBinding(credentials);
  accesses = openAccesses(credentials, log);
  const { redis, keys } = hive;
  runtime = createRuntime({
    ...{ redis, keys, concurrency: 4, log, journal: given.journal, unconfined: true },
    accesses: accesses.byBinding,
  });
  await runtime.start();
});
afterEach(async () => {
  await runtime.stop(0);
  await accesses.close();
  await hive.close();
  await double.close();
});

const task = (id: string, needs: string[] = []) => ({
  ...{ id, agentType: "general", needs, limits: LIMITS, attemptsMax: 1 },
});
const brief = (id: string) => JSON.stringify({ id, agentType: "general", goal: `GOAL-${id}: do it.` });

/** Plays each task's script to its end; the last answer of a script is given again and again. */
async function played(
  scripts: Readonly<Record<string, readonly EntryInput[]>>,
  needs: Record<string, string[]> = {},
  config: RunConfig = {},
) {
  const ids = Object.keys(scripts);
  for (const [id, entries] of Object.entries(scripts)) {
    double.script(
      ...entries.map((entry, index) => ({
        when: `GOAL-${id}:`,
        ...(index === entries.length - 1 ? { times: "always" as const } : {}),
        ...entry,
      })),
    );
  }
  await hive.start(
    "r_lie",
    ids.map((id) => task(id, needs[id])),
    {
      ...{ binding, model: MODEL, workspace, tolerateFailures: true },
      briefs: Object.fromEntries(ids.map((id) => [id, brief(id)])),
      config: { permissions: { allow: ["Write", "Edit", "Bash"], ask: [], deny: [] }, ...config },
    },
  );
  const status = await hive.ended("r_lie");
  const document = (await runDocument(hive.reader, "r_lie")) as RunDocument;
  return { status, document, events: await hive.events("r_lie") };
}

const reports = (summary: string, evidence: readonly unknown[] = [], more = {}): EntryInput =>
  says(use("Report", { outcome: "done", value: { summary, ...more }, evidence, notDone: [] }));
const bash = (command: string): EntryInput => says(use("Bash", { command }));
const FAILING = "node --test missing.test.mjs";

const liars: readonly (readonly [string, string, readonly EntryInput[], RegExp])[] = [
  [
    "edits that were never made",
    "failed",
    [reports("I made 3 edits to src/main.ts.")],
    /claims 3 edits, journal shows 0/,
  ],
  [
    "a file that it says it changed",
    "failed",
    [reports("Done.", [], { changed: ["src/main.ts"] })],
    /claims to have changed src\/main\.ts, journal shows 0 changes/,
  ],
  [
    "lines that are in no file",
    "failed",
    [reports("It multiplies.", [{ kind: "file", path: "src/main.ts", line: 1, quote: "return left * right;" }])],
    /src\/main\.ts:1: .*reads otherwise/,
  ],
  ["passing tests that nobody ran", "failed", [reports("All tests pass.")], /claims passing tests, journal shows 0/],
  [
    "passing tests that failed",
    "failed",
    [bash(FAILING), reports("All tests pass.")],
    /the last run of them, "node --test missing\.test\.mjs", ended with exit code 1/,
  ],
  [
    "an exit code that was another one",
    "failed",
    [bash(FAILING), reports("It works.", [{ kind: "command", command: FAILING, exitCode: 0 }])],
    /did not end with exit code 0 but: exit code 1/,
  ],
  [
    "a command whose end it only printed",
    "failed",
    [bash("echo exit code 0 of make"), reports("It works.", [{ kind: "command", command: "make", exitCode: 0 }])],
    /no command "make" was run/,
  ],
  [
    "an artifact that was never made",
    "failed",
    [reports("Built.", [{ kind: "artifact", path: "out.bin", sha256: "0".repeat(64) }])],
    /artifact out\.bin: there is no such file/,
  ],
  [
    "a result that it was not given",
    "failed",
    [reports("As before.", [{ kind: "result", id: "res_other" }])],
    /res_other: not among the results/,
  ],
  ["nothing at all", "failed", [text("I am done, everything works.")], /report/i],
  [
    "a value of another form",
    "exhausted",
    [says(use("Report", { outcome: "done", value: 7, evidence: [], notDone: [] }))],
    /turns: all 6 used/,
  ],
  ["one call for ever", "exhausted", [says(use("Read", { file_path: "src/main.ts" }))], /turns: all 6 used/],
];

describe("never completed, and ended with a reason that names it, is a model that claims or does", () => {
  it.each(liars)("%s", async (_, status, script, reason) => {
    const { status: ended, document, events } = await played({ lie: script });
    expect(ended).toBe(status);
    expect(document.result?.status).not.toBe("verified");
    expect(document.result?.reasons.join("\n")).toMatch(reason);
    expect(document.result?.value ?? null).toBeNull();
    expect(ofType(events, "result.verified")).toEqual([]);
    expect(readFileSync(join(workspace, "src/main.ts"), "utf8")).toBe(`${MAIN}\n`);
  });
});

it("a command of another agent is evidence for nobody else, though its result is", async () => {
  const command = { kind: "command", command: "node --version", exitCode: 0 };
  const { document, events } = await played(
    {
      one: [bash("node --version"), reports("It is there.", [command])],
      two: [reports("It is there, as the other one saw.", [command])],
      three: [reports("As found.", [{ kind: "result", id: "res_one" }])],
    },
    { two: ["one"], three: ["one"] },
  );
  expect(
    ofType(events, "result.verified")
      .map(({ task: id }) => id)
      .sort(),
  ).toEqual(["one", "three"]);
  expect(ofType(events, "result.rejected").map(({ task: id }) => id)).toEqual(["two"]);
  expect(JSON.stringify(ofType(events, "result.rejected"))).toContain('no command \\"node --version\\" was run');
  expect(document.status).not.toBe("running");
});

it("an agent that lied is told what the journal shows, may report again, and is then believed no less", async () => {
  const { status, events } = await played({
    once: [reports("I fixed the bug in src/main.ts."), reports("It subtracts.")],
  });
  expect(status).toBe("completed");
  expect(ofType(events, "result.verified")).toHaveLength(1);
  expect(double.served.at(-1)?.body).toContain("claims 1 edit, journal shows 0");
});

it("work that was done is believed, and its result says what it was made of and what stood in for what", async () => {
  const fixed = MAIN.replace("a - b", "a + b");
  const { status, document } = await played({
    honest: [
      says(use("Read", { file_path: "src/main.ts" })),
      {
        ...says(use("Edit", { file_path: "src/main.ts", old_string: "a - b", new_string: "a + b" })),
        model: `${MODEL}-20260101`,
      },
      { ...bash("node --version"), model: "claude-smaller-1" },
      reports(
        "I fixed the sign in src/main.ts and ran `node --version`.",
        [
          { kind: "file", path: "src/main.ts", line: 1, quote: fixed },
          { kind: "command", command: "node --version", exitCode: 0 },
        ],
        { changed: ["src/main.ts"], ran: ["node --version"] },
      ),
    ],
  });
  expect(document.result?.reasons).toEqual([]);
  expect(status).toBe("completed");
  expect(document.result?.substitutes).toEqual([
    { task: "honest", kind: "model", asked: MODEL, used: "claude-smaller-1" },
    { task: "honest", kind: "sandbox", asked: "full", used: "none" },
  ]);
  expect(document.result?.provenance.honest).toMatchObject({
    files: [{ path: "src/main.ts", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    tools: { Bash: 1, Edit: 1, Read: 1 },
    commands: [{ command: "node --version", exitCode: 0 }],
    unseen: [],
    standsOn: [],
  });
});

it("where substitutes are forbidden, an answer of another model fails the task with both names, and is paid for", async () => {
  const script = [{ ...reports("It subtracts."), model: "claude-smaller-1" }];
  const { status, document, events } = await played({ other: script }, {}, { fallback: "forbid" });
  expect(status).toBe("failed");
  expect(document.result?.reasons.join()).toContain(`${MODEL} was asked and claude-smaller-1 answered`);
  expect(double.served).toHaveLength(1);
  expect(document.usage.outputTokens).toBeGreaterThan(0);
  expect(ofType(events, "result.verified")).toEqual([]);
});

// `swarm run tasks.yaml` against a scripted Messages server: who starts when, what they are told, and how the whole is told when a
// task of it fails. Nobody is asked about a task whose needs were not verified.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EntryInput } from "../support/messages-double/script.ts";
import {
  MAIN,
  ofType,
  openStage,
  quote,
  type RunDocument,
  type Stage,
  says,
  toldBefore,
  use,
} from "../support/run-stage.ts";
import { documentOf } from "../support/swarm-cli.ts";

let stage: Stage;
let drawn = 0;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.[Symbol.asyncDispose]());

const report = (value: unknown, notDone: readonly string[] = []): EntryInput =>
  says(use("Report", { outcome: "done", value, evidence: [quote(3)], notDone }));
const blocked = (why: string): EntryInput =>
  says(use("Report", { outcome: "blocked", value: { why }, evidence: [], notDone: [why] }));

/** A diamond: `list` before `left` and `right`, both before `join`. Each goal is known by a word of its own. */
function diamond(): { file: string; word: (task: string) => string } {
  drawn += 1;
  const word = (task: string): string => `Goal ${drawn}-${task}.`;
  const contract = (field: string, type: string): string =>
    `{type: object, properties: {${field}: {type: ${type}}}, required: [${field}], additionalProperties: false}`;
  const file = join(stage.swarm.home, `diamond-${drawn}.yaml`);
  const lines = [
    "goal: A diamond",
    "parallel: 3",
    "tasks:",
    `  - {id: list, goal: ${word("list")}, agent: explore, contract: ${contract("files", "array")}}`,
    `  - {id: left, goal: ${word("left")}, agent: explore, needs: [list], contract: ${contract("lines", "integer")}}`,
    `  - {id: right, goal: ${word("right")}, needs: [list], contract: ${contract("names", "array")}}`,
    `  - {id: join, goal: ${word("join")}, needs: [left, right], input: {lang: en}, contract: ${contract("text", "string")}}`,
  ];
  writeFileSync(file, lines.join("\n"));
  return { file, word };
}

const script = (word: (task: string) => string, answers: Readonly<Record<string, readonly EntryInput[]>>): void => {
  for (const [task, entries] of Object.entries(answers)) {
    stage.double.script(...entries.map((entry) => ({ when: word(task), ...entry })));
  }
};
const requestsFor = (words: string) => stage.double.served.filter(({ body }) => body.includes(words));

describe("a diamond of four tasks", () => {
  test("starts each when what it needs is verified, hands results on, and ends with all of them by name", async () => {
    const { file, word } = diamond();
    script(word, {
      list: [report({ files: [MAIN] })],
      left: [report({ lines: "four" }), report({ lines: 4 })],
      right: [report({ names: ["add-of-the-right"] })],
      join: [report({ text: "done" }, ["nothing was run"])],
    });
    const finished = await stage.swarm.ask(["run", file, "--workspace", stage.workspace, "--json"]);
    expect(finished.code, finished.stderr).toBe(0);
    const document = documentOf<RunDocument>(finished);
    expect(document.status).toBe("completed");
    const result = expect.stringMatching(/./);
    expect(document.result).toMatchObject({
      status: "verified",
      value: {
        tasks: {
          list: { status: "verified", result, value: { files: [MAIN] }, reasons: [], notDone: [] },
          left: { status: "verified", result, value: { lines: 4 }, reasons: [], notDone: [] },
          right: { status: "verified", result, value: { names: ["add-of-the-right"] }, reasons: [], notDone: [] },
          join: { status: "verified", result, value: { text: "done" }, reasons: [], notDone: ["nothing was run"] },
        },
      },
      evidence: ["list", "left", "right", "join"].map((task) => ({ ...quote(3), task })),
      reasons: [],
    });
    expect(document.agents.map(({ id, type }) => `${id} ${type}`).sort()).toEqual(
      expect.arrayContaining(["a_join general", "a_left explore", "a_list explore", "a_right general"]),
    );
    // A value of another form is refused with what is wrong, by the contract of that task alone.
    expect(String(toldBefore(requestsFor(word("left"))[1])[0]?.content)).toContain("value.lines");
    // Whoever joins is told what both sides found, by their tasks, and its own input; nobody else's goal.
    const [first] = requestsFor(word("join"));
    const told = String(toldBefore(first)[0]?.text);
    for (const part of ['"task":"left","value":{"lines":4}', '"add-of-the-right"', '"lang":"en"'])
      expect(told).toContain(part);
    expect(told).not.toContain(word("left"));
    const events = await stage.events(document.runId);
    const order = events.flatMap((event) =>
      event.type === "task.routed"
        ? [`start ${event.task}`]
        : event.type === "result.verified"
          ? [`end ${event.task}`]
          : [],
    );
    for (const [earlier, later] of [
      ["end list", "start left"],
      ["end list", "start right"],
      ["end left", "start join"],
      ["end right", "start join"],
    ] as const) {
      expect(order.indexOf(earlier)).toBeGreaterThanOrEqual(0);
      expect(order.indexOf(later)).toBeGreaterThan(order.indexOf(earlier));
    }
    expect(finished.stderr).toContain("4 tasks, at most 3 at once");
    expect(finished.stderr).toContain("  join (general) <- left, right");
  });

  test("of which one side fails ends failed: what stands on it is skipped and asked of nobody, and each says why", async () => {
    const { file, word } = diamond();
    script(word, {
      list: [report({ files: [] })],
      left: [report({ lines: 4 })],
      right: [blocked("the right side cannot be seen")],
    });
    const finished = await stage.swarm.ask(["run", file, "--workspace", stage.workspace]);
    expect(finished.code).toBe(1);
    expect(requestsFor(word("join"))).toEqual([]);
    expect(finished.stdout).toMatch(/^run r_\w+: failed$/m);
    expect(finished.stdout).toMatch(/^✓ list: verified$/m);
    expect(finished.stdout).toMatch(/^✓ left: verified\n {4}\{"lines":4\}$/m);
    expect(finished.stdout).toMatch(/^✗ right: failed\n[^✓✗-]*the right side cannot be seen/m);
    expect(finished.stdout).toMatch(/^- join: skipped\n {4}stands on right, which has no verified result$/m);
    const run = /^run (r_\w+):/m.exec(finished.stdout)?.[1] ?? "";
    const shown = documentOf<RunDocument>(await stage.swarm.ask(["show", run, "--json"]));
    expect(shown.result).toMatchObject({
      status: "failed",
      value: { tasks: { left: { status: "verified" }, right: { status: "failed" }, join: { status: "skipped" } } },
      reasons: [expect.stringMatching(/^right: failed/), expect.stringMatching(/^join: skipped/)],
    });
    expect(ofType(await stage.events(run), "task.routed").map(({ task }) => task)).not.toContain("join");
  });
});

test("a tasks file with a mistake starts nothing, and is one error document that names its line", async () => {
  const file = join(stage.swarm.home, "wrong.yaml");
  writeFileSync(file, "tasks:\n  - {id: a, goal: x, needs: [b]}\n");
  const asked = stage.double.served.length;
  const { code, stdout } = await stage.swarm.ask(["run", file, "--workspace", stage.workspace, "--json"]);
  expect(code).toBe(2);
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
  expect(error.code).toBe("usage.tasks_file");
  expect(error.message).toContain('wrong.yaml:2:30: tasks[0].needs[0] of a is "b", which does not exist');
  expect(stage.double.served.length).toBe(asked);
});

// Tasks files as people write them wrong: every problem is told with its line, column, field, value and the way out, all of them
// at once, and nothing of a file that has one is used.
import { performance } from "node:perf_hooks";
import { describe, expect, test } from "vitest";
import { tasksFile } from "../../../../apps/cli/tasks/tasks-file.ts";
import { SwarmError } from "../../../../infra/errors.ts";
import { graphProblems } from "../../../../machines/task-graph.ts";

/** What is told of a file, a problem a line, without the first line. */
function told(text: string): string[] {
  try {
    tasksFile(text, "tasks.yaml");
  } catch (cause) {
    if (!(cause instanceof SwarmError)) throw cause;
    expect(cause).toMatchObject({ code: "usage.tasks_file", exit: 2 });
    return cause.message.split("\n").slice(1);
  }
  return [];
}

const task = (...lines: string[]): string =>
  ["tasks:", "  - id: a", "    goal: Look.", ...lines.map((line) => `    ${line}`)].join("\n");
const two = (...lines: string[]): string =>
  [task(), "  - id: b", "    goal: Look.", ...lines.map((line) => `    ${line}`)].join("\n");

describe("a whole file", () => {
  test("is read as it stands, with what it leaves out filled in", () => {
    const { form } = tasksFile(
      [
        "# what to do",
        "goal: Two looks",
        "parallel: 2",
        "tolerate_failures: true",
        "tasks:",
        "  - id: first",
        "    goal: |",
        "      Look: at [this] & that.",
        "      Then say.",
        "    agent: explore",
        "    turns: 4",
        "    attempts: 2",
        '    input: {paths: [src], "404": {deep: null}}',
        "    contract:",
        "      type: object",
        "      properties: {files: {type: array, items: {type: string}}}",
        "      required: [files]",
        "      additionalProperties: false",
        "  - {id: second, goal: Say it., needs: [first]}",
      ].join("\r\n"),
      "tasks.yaml",
    );
    expect(form).toEqual({
      goal: "Two looks",
      parallel: 2,
      tolerate_failures: true,
      tasks: [
        {
          id: "first",
          goal: "Look: at [this] & that.\nThen say.\n",
          agent: "explore",
          needs: [],
          turns: 4,
          attempts: 2,
          input: { paths: ["src"], 404: { deep: null } },
          contract: {
            type: "object",
            properties: { files: { type: "array", items: { type: "string" } } },
            required: ["files"],
            additionalProperties: false,
          },
        },
        { id: "second", goal: "Say it.", agent: "general", needs: ["first"] },
      ],
    });
  });

  test("with several problems is told all of them, in the order of its lines", () => {
    const lines = told(
      ["paralel: 2", "tasks:", "  - id: A", "    goal: ''", "    turns: many", "  - goal: Look.", "    neds: [a]"].join(
        "\n",
      ),
    );
    expect(lines).toEqual([
      "tasks.yaml:1:1: paralel is no field here; did you mean parallel?",
      'tasks.yaml:3:9: tasks[0].id is "A"; it takes lowercase letters, digits and hyphens, at most 64',
      "tasks.yaml:4:11: tasks[0].goal is empty; say what is to be done",
      'tasks.yaml:5:12: tasks[0].turns is "many"; it takes a whole number from 1 to 1000',
      "tasks.yaml:6:5: tasks[1].id is missing; it takes a short name; where it looks like a number, quote it",
      "tasks.yaml:7:5: tasks[1].neds is no field here; did you mean needs?",
    ]);
  });

  test("with hundreds of problems is told the first twenty and how many more", () => {
    const lines = told(`tasks:\n${"  - {}\n".repeat(300)}`);
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe("and 580 more");
  });
});

describe("what is no tasks file", () => {
  test.each<[string, string, RegExp]>([
    ["nothing", "", /1:1: is null; it is no tasks file: it begins with tasks:/],
    ["a text", "hello", /1:1: is "hello"; it is no tasks file/],
    ["a list", "- id: a", /1:1: is \[\{"id":"a"\}\]; it is no tasks file/],
    ["no tasks", "goal: x", /1:1: tasks is missing; it takes a list of tasks/],
    ["tasks that are none", "tasks:\n  a: 1", /2:3: tasks is \{"a":1\}; it takes a list of tasks/],
    ["an empty list", "tasks: []", /1:8: tasks is empty; a run has at least one task/],
    ["a task that is a text", "tasks: [a]", /1:9: tasks\[0\] is "a"; it takes fields: at least id and goal/],
    ["a thousand tasks and one", `tasks:\n${"  - {id: a, goal: x}\n".repeat(1_001)}`, /tasks has more than 1000 tasks/],
    [
      "an id that is a number",
      "tasks:\n  - {id: 7, goal: x}",
      /2:10: tasks\[0\]\.id is 7; it takes a short name; .*quote it/,
    ],
    ["a goal that is a list", "tasks:\n  - id: a\n    goal: [x]", /3:11: tasks\[0\]\.goal is \["x"\]; it takes a text/],
    ["a goal without end", `tasks:\n  - id: a\n    goal: ${"x".repeat(32_001)}`, /goal has more than 32000 characters/],
    ["needs that are a text", two("needs: a"), /6:12: tasks\[1\]\.needs is "a"; it takes a list of ids/],
    ["parallel below one", `parallel: 0\n${task()}`, /1:11: parallel is 0; it takes a whole number from 1 to 100/],
    ["half an agent at once", `parallel: 1.5\n${task()}`, /1:11: parallel is 1\.5; it takes a whole number/],
    ["more attempts than a run has", task("attempts: 21"), /4:15: tasks\[0\]\.attempts is 21; .* from 1 to 20/],
    ["an agent without a name", task('agent: ""'), /4:12: tasks\[0\]\.agent is ""; it takes the name of an agent type/],
    ["an input that is a list", task("input: [1]"), /4:12: tasks\[0\]\.input is \[1\]; it takes fields/],
    [
      "a yes that is a word",
      `tolerate_failures: yes\n${task()}`,
      /1:20: tolerate_failures is "yes"; it takes true or false/,
    ],
    ["a field of another kind of file", task("depends_on: [b]"), /4:5: tasks\[0\]\.depends_on .*: write needs/],
    ["rights", `permissions: {allow: [Bash]}\n${task()}`, /1:1: permissions .*a tasks file gives no rights/],
    ["grants of a task", task("grants: [Bash]"), /4:5: tasks\[0\]\.grants .*a tasks file gives no rights/],
  ])("%s is refused where it stands", (_, text, problem) => {
    const lines = told(text);
    expect(lines.join("\n")).toMatch(problem);
    for (const line of lines) expect(line).toMatch(/^tasks\.yaml:\d+:\d+: |^and \d+ more$/);
  });
});

describe("YAML that is more than it shows", () => {
  test.each<[string, string, RegExp]>([
    ["an anchor", "tasks: &all\n  - {id: a, goal: x}", /2:3: an anchor \(&all\) is not taken/],
    ["an alias", "a: &x 1\ntasks: *x", /2:8: an alias \(\*x\) is not taken: write it out/],
    ["a tag that is known", task("input: {n: !!str 5}"), /4:22: a tag \(!name\) is not taken/],
    ["a tag that is not", task("input: {n: !secret 5}"), /4:24: a tag \(!name\) is not taken/],
    ["bytes", "tasks: !!binary aGk=", /1:17: a tag/],
    ["a merge", task("<<: {goal: y}"), /4:5: tasks\[0\]\.\S+ is no field here/],
    ["a field twice", task("goal: Look again."), /4:5: the field "goal" stands twice/],
    ["a name that is a number", task("input: {404: x}"), /4:13: the name of a field is no plain text: quote it/],
    ["a name that is a list", task("input: {? [a] : x}"), /the name of a field is no plain text/],
    ["infinity", task("input: {n: .inf}"), /4:16: infinity and not-a-number are no values here/],
    ["two documents", `${task()}\n---\n${task()}`, /4:1: it holds more than one document/],
    ["a tab", "tasks:\n\t- id: a", /2:1: it is no YAML: lines are indented by spaces/],
    ["a colon in a text", "tasks:\n  - id: a\n    goal: say: this", /3:1\d: it is no YAML: .* wants quotes/],
    ["a quote without end", "tasks: 'x", /it is no YAML/],
    [
      "an unseen character",
      "tasks:\n  - id: a\n    goal: Look\u202e.",
      /3:15: it holds a character that nobody sees: U\+202E/,
    ],
    [
      "a prompt in tags",
      `tasks:\n  - id: a\n    goal: Look\u{e0041}.`,
      /3:15: it holds a character that nobody sees: U\+E0041/,
    ],
    ["brackets without end", `tasks: ${"[".repeat(400_000)}`, /1:1: \d+ marks of YAML .* at most 60000/],
    [
      "nesting that the parser takes",
      `tasks: ${"[".repeat(100)}${"]".repeat(100)}`,
      /it lies more than 64 levels deep/,
    ],
    ["nesting that it does not", `tasks: ${"[".repeat(20_000)}`, /it nests too deep to be read/],
    ["dashes on one line", `${"- ".repeat(30_000)}x`, /it nests too deep to be read/],
  ])("%s is refused where it stands", (_, text, problem) => {
    const beganMs = performance.now();
    expect(told(text).join("\n")).toMatch(problem);
    // No figure of speed: without its limits, some of these take a quarter of a minute, or the process.
    expect(performance.now() - beganMs).toBeLessThan(10_000);
  });

  test("a field called __proto__ is data like any other, and changes nothing", () => {
    const { form } = tasksFile(task('input: {"__proto__": {polluted: true}}'), "tasks.yaml");
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(form.tasks[0]?.input ?? {})).toBe(Object.prototype);
  });

  test("what is told of a file cannot move a terminal's cursor", () => {
    const lines = told('tasks:\n  - id: a\n    goal: x\n    "\\e[2J\\u202e": 1');
    expect(lines).toHaveLength(1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(lines.join("")).not.toMatch(/[\u0000-\u001f\u202e]/);
  });
});

describe("what tasks need", () => {
  test.each<[string, string, RegExp]>([
    ["an id twice", `${task()}\n  - id: a\n    goal: x`, /4:9: tasks\[1\]\.id is "a", and so is tasks\[0\]/],
    ["a need that is not there", two("needs: [c]"), /6:13: tasks\[1\]\.needs\[0\] of b is "c", which does not exist/],
    ["a need twice", two("needs: [a, a]"), /6:16: tasks\[1\]\.needs\[1\] is "a" once more/],
    ["a task that needs itself", task("needs: [a]"), /4:12: tasks\[0\]\.needs form a circle: a needs a;/],
    [
      "a circle behind a task that is in none",
      `${two("needs: [c]")}\n  - {id: c, goal: x, needs: [a, b]}\n  - {id: d, goal: x, needs: [c]}`,
      /6:12: tasks\[1\]\.needs form a circle: b needs c needs b; take one of them out/,
    ],
  ])("%s is refused, as the machines would, but with its line", (_, text, problem) => {
    const lines = told(text);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(problem);
  });

  test("a need that is nearly right is told what was meant", () => {
    expect(told(`tasks:\n  - {id: explore-src, goal: x}\n  - {id: b, goal: x, needs: [explor-src]}`)[0]).toContain(
      "did you mean explore-src?",
    );
  });

  test("a chain of a thousand is a graph, and no task of it is called a circle", () => {
    const text = Array.from(
      { length: 1_000 },
      (_, at) => `  - {id: t${at}, goal: x, needs: [${at === 999 ? "" : `t${at + 1}`}]}`,
    );
    const { form } = tasksFile(`tasks:\n${text.join("\n")}`, "tasks.yaml");
    expect(form.tasks).toHaveLength(1_000);
    expect(graphProblems(form.tasks)).toEqual([]);
  });
});

describe("a contract", () => {
  const contract = (text: string): string[] => told(task(`contract: ${text}`));

  test.each<[string, RegExp]>([
    ["{}", /4:15: tasks\[0\]\.contract has no type; a result is an object, so write type: object/],
    ["text", /4:15: tasks\[0\]\.contract is "text"; it takes fields/],
    ["{type: string}", /contract is of type "string"; a result is an object/],
    ["{type: objekt}", /4:22: tasks\[0\]\.contract\.type is "objekt"; it takes one of object/],
    [
      "{type: object, propertis: {}}",
      /4:30: tasks\[0\]\.contract\.propertis is no keyword .* did you mean properties\?/,
    ],
    ["{type: object, properties: 5}", /contract\.properties is 5; it takes fields, each with a schema/],
    ["{type: object, properties: {a: 5}}", /contract\.properties\.a is 5, and no schema/],
    ["{type: object, required: summary}", /contract\.required is "summary"; it takes a list of names/],
    ["{type: object, properties: {a: {enum: x}}}", /contract\.properties\.a\.enum is "x"; it takes a list/],
    ["{type: object, properties: {a: {maxLength: '4'}}}", /a\.maxLength is "4"; it takes a whole number from 0/],
    ["{type: object, properties: {a: {$ref: '#/nope'}}}", /contract is not understood: Reference not found: #\/nope/],
    ["{type: object, properties: {a: {$ref: 'https://x/y'}}}", /contract is not understood: External \$ref/],
    [
      "{type: object, properties: {a: {pattern: '(a+)+$'}}}",
      /a\.pattern is not taken in a contract: a pattern of unknown cost/,
    ],
    ["{type: object, not: {}}", /contract\.not is no keyword of JSON Schema that works here/],
    ["{type: object, if: {}, then: {}}", /contract\.if is no keyword/],
  ])("%s is refused where it stands", (text, problem) => {
    expect(contract(text).join("\n")).toMatch(problem);
  });

  test("of a task that has other faults is looked at all the same", () => {
    expect(told(`tasks:\n  - id: A\n    goal: x\n    contract: {type: array}`)).toHaveLength(2);
  });
});

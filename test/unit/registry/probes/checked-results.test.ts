/** What counts as a check of the agent's results, and which tests assert its guards. */
import { describe, expect, test } from "vitest";
import { examining } from "../../../support/fixture-repos/examined.ts";
import { effectsOn } from "../../../support/fixture-repos/probe.ts";

const examine = examining();
const examined = (files: Readonly<Record<string, string>>) => examine(files, "two-level-verification");

const python = (inside: string, more = "") => `import subprocess
from anthropic import Anthropic
client = Anthropic()
class Agent:
    def run(self, messages):
        while True:
            answer = client.messages.create(model="m", max_tokens=9, messages=messages)
            for block in answer.content:
                messages.append(self.tools[block.name](block.input))
            ${inside}
${more}
`;

const checks = async (files: Readonly<Record<string, string>>) =>
  effectsOn(await examined(files), "result-check").map(({ quote }) => quote);

describe("a result is checked", () => {
  test("by a model's own word on it that ends the work", async () => {
    const ledger = `if ledger["is_request_satisfied"]["answer"]:\n                return answer`;
    expect(await checks({ "agent.py": python(ledger) })).toEqual([`if ledger["is_request_satisfied"]["answer"]:`]);
  });

  test("by asking someone who judges, whatever the question is called", async () => {
    const asked = "verdict = self.critic.run(answer)\n            if not verdict:\n                continue";
    expect(await checks({ "agent.py": python(asked) })).toEqual(["verdict = self.critic.run(answer)"]);
  });

  test("where one of several things that a check gave decides", async () => {
    const several = "notes, accepted = self.ask_review(answer)\n            if accepted:\n                return notes";
    expect(
      await checks({ "agent.py": python(several, "    def ask_review(self, answer):\n        return 1, 2\n") }),
    ).toEqual(["notes, accepted = self.ask_review(answer)"]);
  });

  test("by a graph that goes back where it is refused", async () => {
    const graph = `workflow.add_conditional_edges("review", verdict, {"accept": END, "revise": "writer"})\n`;
    const plain = `workflow.add_conditional_edges("route", choose, {"search": "search", "answer": "writer"})\n`;
    expect(await checks({ "agent.py": python("pass", graph) })).toEqual([graph.trim()]);
    expect(await checks({ "agent.py": python("pass", plain) })).toEqual([]);
  });

  test("by refusing to end while a required tool was not called", async () => {
    const decide = `    def _decide_continuation(self, uncalled):
        if uncalled:
            return True, "you must call " + uncalled
        return False, ""
`;
    expect(await checks({ "agent.py": python("self._decide_continuation(1)", decide) })).toEqual(["if uncalled:"]);
  });

  test("by what a check of the written file says to the model", async () => {
    const hook = (said: string) => `def run_precommit_on_file(path):
    problems = look(path)
    ${said}
`;
    const told = await checks({ "agent.py": python("pass", hook(`yield Message("system", problems)`)) });
    expect(told).toEqual(["def run_precommit_on_file(path):"]);
    expect(await checks({ "agent.py": python("pass", hook("print(problems)")) })).toEqual([]);
  });
});

describe("no check of a result", () => {
  const hits = async (inside: string, more = "") =>
    (await examined({ "agent.py": python(inside, more) })).hits.filter(({ aspect }) => aspect === "result-check");

  test.each([
    ["the output of a process", `version = subprocess.check_output(["git"])`, ""],
    ["a column of results", "rows = evaluation_results.extend(answer)", ""],
    ["the end of a preview", "if not preview_done:\n                return answer", ""],
    ["a name off the run path", "pass", "def verify_review_report(x):\n    return x\n"],
    [
      "a report that is only formatted",
      "self.format_check_results(answer)",
      "    def format_check_results(self, x):\n        return x\n",
    ],
  ])("is %s", async (_, inside, more) => {
    const examination = await examined({ "agent.py": python(inside, more) });
    expect(examination.understood).toBe(true);
    expect(await hits(inside, more)).toEqual([]);
  });
});

describe("a test of a guard", () => {
  const source = { "agent.py": python("pass") };
  const titles = async (files: Readonly<Record<string, string>>) =>
    (await examined({ ...source, ...files })).hits
      .filter(({ aspect }) => aspect === "guard-tests")
      .map(({ quote }) => quote);
  const one = (name: string) => `def ${name}():\n    assert run() == 1\n`;

  test("is told by the name of its file where its title tells of something held back", async () => {
    expect(await titles({ "tests/test_guardrails.py": one("test_detects_task_override") })).toEqual([
      "def test_detects_task_override():",
    ]);
    expect(await titles({ "tests/test_widgets.py": one("test_detects_task_override") })).toEqual([]);
    expect(await titles({ "tests/test_guardrails.py": one("test_round_trip") })).toEqual([]);
  });

  test("is a cap on loops", async () => {
    expect(await titles({ "tests/test_crud.py": one("test_max_loops_error") })).toEqual([
      "def test_max_loops_error():",
    ]);
  });

  test("comes first where it says that a tool is kept from running, and beside the agent", async () => {
    const found = await titles({
      "tests/a/test_agent.py": one("test_approval_of_commands"),
      "tests/b/test_agent.py": one("test_denied_command_is_not_executed"),
      "tests/test_config.py": one("test_rejects_invalid_config"),
      "tests/test_names.py": one("test_rejected_name"),
    });
    expect(found[0]).toBe("def test_denied_command_is_not_executed():");
    expect(found).toHaveLength(4);
  });
});

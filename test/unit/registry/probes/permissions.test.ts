/** Forms of permissions and of their records that no single word gives away, and what only sounds like one. */
import { afterEach, describe, expect, test } from "vitest";
import { judge } from "../../../../infra/model/local/analyst/judgement.ts";
import type { PrimitiveId } from "../../../../registry/probes/finding.ts";
import { probe } from "../../../support/fixture-repos/probe.ts";
import { openScratch, type Scratch } from "../../../support/fixture-repos/repos.ts";

let scratch: Scratch | undefined;
afterEach(async () => {
  await scratch?.remove();
  scratch = undefined;
});

async function examined(code: string, primitive: PrimitiveId = "permission-system") {
  await scratch?.remove();
  scratch = await openScratch({ "agent.py": code });
  return probe(scratch.box, primitive);
}

async function levelOf(code: string, primitive: PrimitiveId = "permission-system") {
  return judge(structuredClone(await examined(code, primitive)) as never).level;
}

async function probesOf(code: string, primitive: PrimitiveId = "permission-system") {
  const { hits } = await examined(code, primitive);
  return new Set(hits.map((hit) => hit.probe));
}

/** A loop that carries out what `body` does to each call. */
const harness = (body: string, rest = "") => `from litellm import completion

class Agent:
    def run(self, messages):
        while True:
            answer = completion(model="m", messages=messages)
            for tool_call in answer.tool_calls:
                self.perform(tool_call, TOOLS[tool_call.name])

    def perform(self, tool_call, tool):
${body
  .split("\n")
  .map((line) => `        ${line}`)
  .join("\n")}
        return tool(tool_call)

${rest}`;

describe("a refusal in words", () => {
  const refusing = (message: string) => harness(`if tool_call.url in self.odd:\n    raise OddError("${message}")`);

  test("is a denial, whatever its condition is called", async () => {
    expect(await probesOf(refusing("this address is not allowed for the agent"))).toContain("refusal-said");
    expect(await levelOf(refusing("this address is not allowed for the agent"))).toBe("partial");
  });

  test("is none where it only complains of what was handed in", async () => {
    expect(await levelOf(refusing("this parameter is not allowed for a directory"))).toBe("absent");
    expect(await levelOf(refusing("this address is odd"))).toBe("absent");
  });

  test("belongs to the innermost branch that says it", async () => {
    const nested = harness(
      'if tool_call.url:\n    if tool_call.url in self.odd:\n        raise OddError("the tool call was rejected by the user")',
    );
    const { hits } = await examined(nested);
    expect(hits.filter((hit) => hit.probe === "refusal-said").map(({ quote }) => quote)).toEqual([
      "if tool_call.url in self.odd:",
    ]);
  });
});

describe("a list of what is forbidden", () => {
  test("is part of a permission system where commands are held against it", async () => {
    const held = harness("for word in self.forbidden_commands:\n    tool_call.text = tool_call.text.replace(word, '')");
    expect(await levelOf(held)).toBe("partial");
  });

  test("is nothing where it lists something else", async () => {
    const held = harness("for word in self.forbidden_words:\n    tool_call.text = tool_call.text.replace(word, '')");
    expect(await levelOf(held)).toBe("absent");
  });
});

describe("a question to a person", () => {
  const asked = (question: string) =>
    harness(`answer = prompt("${question}")\nif answer != "e":\n    return None\nrun_command(tool_call.command)`);

  test("is a confirmation where it offers to execute or to abort", async () => {
    expect(await probesOf(asked("[E]xecute, [A]bort"))).toContain("confirmation");
  });

  test("is none where it asks for a name, or about overwriting a project", async () => {
    expect(await probesOf(asked("Name of the project"))).not.toContain("confirmation");
    expect(await probesOf(asked("Overwrite it and run? (y/n)"))).not.toContain("confirmation");
  });
});

describe("outcomes", () => {
  const classes = (second: string) =>
    harness(
      `verdict = self.tool_policy(tool_call)\nif isinstance(verdict, ToolDenied):\n    return verdict.message\nif isinstance(verdict, ${second}):\n    return tool(tool_call)`,
    );

  test("may be classes of their own, when both of them are told apart", async () => {
    expect(await probesOf(classes("ToolApproved"))).toContain("class-of-outcome");
    expect(await probesOf(classes("ToolFinished"))).not.toContain("class-of-outcome");
  });

  const ruled = (answer: string) =>
    harness(
      "if self.rules.requires_approval_tool(tool_call.name):\n    return self.permission_denied(tool_call)",
      `class Rules:\n    def requires_approval_tool(self, tool_name):\n        return ${answer}\n`,
    );

  test("follow from the argument where the answer is a question about it", async () => {
    expect(await levelOf(ruled("any(rule.tool_name == tool_name for rule in self.rules)"))).toBe("present");
    expect(await levelOf(ruled("self.always"))).toBe("partial");
  });
});

describe("an answer in a variable", () => {
  const held = (condition: string) =>
    harness(`reply = self.request_permission(tool_call)\nif ${condition}:\n    return None`);

  test("decides where the variable is what is asked about", async () => {
    expect(await probesOf(held("not reply"))).toContain("answer-judged");
    expect(await probesOf(held('reply.option != "once"'))).toContain("answer-judged");
    expect(await probesOf(held("len(self.seen) > 3"))).not.toContain("answer-judged");
    const confirmed = (said: string) =>
      harness(`reply = confirm("${said}", tool_call)\nif not reply:\n    return None`);
    expect(await probesOf(confirmed("run the command?"))).toContain("answer-judged");
    expect(
      await probesOf(confirmed("fork the session?").replace("tool_call)\n        if", "self.last)\n        if")),
    ).not.toContain("answer-judged");
    const kept = (held: string) =>
      harness(`${held} = self.request_permission(tool_call)\nif self.other != 1:\n    return None`);
    expect(await probesOf(kept("self.reply"))).not.toContain("answer-judged");
  });
});

test("a step that is blocked among steps that are done, what was asked before, and an error about rights decide about no call", async () => {
  expect(
    await levelOf(harness('if tool_call.step not in ["in_progress", "completed", "blocked"]:\n    return None')),
  ).toBe("absent");
  expect(await levelOf(harness("if tool_call.id in self.approval_requests:\n    return None"))).toBe("absent");
  expect(await levelOf(harness('if "permission" in error_msg.lower():\n    return None'))).toBe("absent");
});

describe("less than an audit trail", () => {
  const trail = (body: string) => levelOf(harness(body), "permission-audit-trail");

  test("is a row of the question", async () => {
    expect(await trail("db.session.add(new_tool_permission)")).toBe("partial");
    expect(await trail("db.session.add(new_tool_usage)")).not.toBe("partial");
  });

  test("is not a row of what people may do, nor their consent to being traced", async () => {
    expect(await trail("db.session.add(member_permission)")).not.toBe("partial");
    expect(await trail("db.session.add(trace_consent)")).not.toBe("partial");
  });

  test("is a decision told to telemetry, and no other word about a tool", async () => {
    expect(await trail('track("tool", name=tool_call.name, decision=self.last)')).toBe("partial");
    expect(await trail('track("tool", name=tool_call.name, duration=self.last)')).toBe("absent");
  });

  test("is the answer put on the call that is then kept", async () => {
    expect(await trail("tool_call.confirmation_state = self.said\nself.stream.add_event(tool_call)")).toBe("partial");
    expect(await trail("tool_call.confirmation_state = self.said")).toBe("absent");
  });
});

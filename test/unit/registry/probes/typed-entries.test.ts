/** A log is known by what its entries are, not by what it is called. */
import { expect, test } from "vitest";
import { judge } from "../../../../infra/model/local/analyst/judgement.ts";
import { examining } from "../../../support/fixture-repos/examined.ts";
import { effectsOn, type probe } from "../../../support/fixture-repos/probe.ts";

const examine = examining();
const examined = (files: Readonly<Record<string, string>>) => examine(files, "system-event-log");

const levelOf = (examination: Awaited<ReturnType<typeof probe>>) => judge(structuredClone(examination) as never).level;

const agent = `from litellm import completion
class Agent:
    def run(self, messages):
        while True:
            answer = completion(model="m", messages=messages)
            self.wire.append_record(Record(answer))
            self.context.append_record(answer)
            for tool_call in answer.tool_calls:
                TOOLS[tool_call.name](tool_call)
`;
const wire = `class Wire:
    def append_record(self, record: RecordEvent):
        with open(self.path, mode="a") as f:
            f.write(dump_line(record))
`;
const context = `class Context:
    def append_record(self, answer):
        with open(self.path, mode="a") as f:
            f.write(line(answer))
`;
const union = (...members: string[]) =>
  `${members.map((name) => `class ${name}: pass\n`).join("")}RecordEvent = ${members.join(" | ")}\n`;
const files = (...members: string[]) => ({
  "pkg/agent.py": agent,
  "pkg/wire.py": wire,
  "pkg/context.py": context,
  "pkg/kinds.py": union(...members),
});

test("appended entries of a union with three kinds of the harness's own are its event log", async () => {
  const examination = await examined(files("TurnBegin", "StepRetry", "CompactionBegin", "ToolCall"));
  expect(levelOf(examination)).toBe("present");
  expect(effectsOn(examination, "append").map(({ path }) => path)).toContain("pkg/wire.py");
  expect(effectsOn(examination, "kinds").map(({ quote }) => quote)).toEqual(
    expect.arrayContaining([expect.stringContaining("RecordEvent = TurnBegin | StepRetry")]),
  );
});

test("appended entries of a union with two such kinds are none", async () => {
  const examination = await examined(files("TurnBegin", "StepRetry", "Picture", "ToolCall"));
  expect(examination.understood).toBe(true);
  expect(effectsOn(examination, "append")).toEqual([]);
  expect(levelOf(examination)).not.toBe("present");
});

test("a function of the same name that belongs to something else appends nothing to the log", async () => {
  const examination = await examined(files("TurnBegin", "StepRetry", "CompactionBegin", "ToolCall"));
  const lines = effectsOn(examination, "append").map(({ quote }) => quote);
  expect(lines).toContain("self.wire.append_record(Record(answer))");
  expect(lines).not.toContain("self.context.append_record(answer)");
});

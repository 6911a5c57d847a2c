/** What counts as a stream of a run, what only looks like one, and which union of events is the run's own. */
import { afterEach, describe, expect, test } from "vitest";
import { judge } from "../../../../infra/model/local/analyst/judgement.ts";
import { effectsOn, probe } from "../../../support/fixture-repos/probe.ts";
import { openScratch, type Scratch } from "../../../support/fixture-repos/repos.ts";

let scratch: Scratch | undefined;
afterEach(async () => {
  await scratch?.remove();
  scratch = undefined;
});

type Files = Readonly<Record<string, string>>;

async function examined(files: Files) {
  await scratch?.remove();
  scratch = await openScratch(files);
  return probe(scratch.box, "streaming-events");
}

const levelOf = async (files: Files) => judge(structuredClone(await examined(files)) as never).level;
const probesOn = async (files: Files) => (await examined(files)).hits.map(({ probe }) => probe);

const proved = (examination: Awaited<ReturnType<typeof probe>>) =>
  examination.aspects
    .filter(({ id, required }) => required && effectsOn(examination, id).length > 0)
    .map(({ id }) => id);
const whole = ["union", "delivered", "tool-lifecycle", "terminal"];

/** An agent that does something with each answer. */
const python = (done: string, around = "") => `from litellm import completion
import requests
${around}
class Agent:
    def run(self, messages):
        while True:
            answer = completion(model="m", messages=messages)
            ${done}
            for tool_call in answer.tool_calls:
                TOOLS[tool_call.name](tool_call)
`;

const typescript = (head: string, done: string, before = "") => `import Anthropic from "@anthropic-ai/sdk";
${before}
const client = new Anthropic();
const tools = new Map<string, (input: unknown) => Promise<string>>();
export async function runAgent(messages: unknown[]${head}) {
  while (true) {
    const answer = await client.messages.create({ model: "m", max_tokens: 9, messages });
    for (const block of answer.content) {
      if (block.type !== "tool_use") return messages;
      ${done}
      messages.push({ role: "user", content: await tools.get(block.name)?.(block.input) });
    }
  }
}
`;

describe("a run tells while it goes on", () => {
  test("a function that is handed in, and none that the repository has itself", async () => {
    const given = typescript(", onProgress?: (done: number) => void", "onProgress?.(messages.length);");
    expect(await levelOf({ "src/agent.ts": given })).toBe("partial");
    const own = typescript("", "onProgress(messages.length);", `import { onProgress } from "./count.ts";`);
    const count = "let seen = 0;\nexport function onProgress(done: number) { seen = Math.max(seen, done); }\n";
    expect(await levelOf({ "src/agent.ts": own, "src/count.ts": count })).toBe("absent");
  });

  test("a function that it was given, and none that is its own", async () => {
    const calling = python("self.step_callback(answer)");
    expect(await levelOf({ "pkg/agent.py": calling })).toBe("partial");
    expect(await levelOf({ "pkg/agent.py": `${calling}\n    def step_callback(self, answer):\n        pass\n` })).toBe(
      "absent",
    );
  });

  test("nothing to a function that is asked, or that counts money", async () => {
    for (const name of ["confirmCallback", "costCallback"])
      expect(await levelOf({ "src/agent.ts": typescript(`, ${name}: (x: unknown) => void`, `${name}(block);`) })).toBe(
        "absent",
      );
  });

  test.each([
    ["self.view.update_status(answer)", "partial"],
    ["self.console_ui.notify(answer)", "partial"],
    ["emit_progress(answer)", "partial"],
    ["print(answer)", "absent"],
    ["self.required.push(answer)", "absent"],
    ["self.emitter.emit_log(answer)", "absent"],
    ["self.memory.add_event(answer)", "absent"],
  ])("whoever looks on: %s is %s", async (done, level) => {
    expect(await levelOf({ "pkg/agent.py": python(done) })).toBe(level);
  });

  test("the address that a web hook has, and no other", async () => {
    const hook = (address: string) => `
def tell(status):
    requests.post(${address}, json={"status": status})
`;
    const files = (address: string) => ({ "pkg/agent.py": python(`tell("running")`, hook(address)) });
    expect(await probesOn(files("webhook.url"))).toContain("webhook-called");
    expect(await probesOn(files("search.url"))).not.toContain("webhook-called");
  });

  test("who asked over a connection, while a download is no stream", async () => {
    const route = (given: string) =>
      python(
        "pass",
        `from fastapi.responses import StreamingResponse\ndef answer():\n    return StreamingResponse(${given})\n`,
      );
    expect(await levelOf({ "pkg/agent.py": route("chunks()") })).toBe("partial");
    expect(await levelOf({ "pkg/agent.py": route(`data, headers={"Content-Disposition": "attachment"}`) })).toBe(
      "absent",
    );
  });

  test("nothing by the output of a container", async () => {
    expect(await levelOf({ "pkg/agent.py": python("self.api.exec_start(answer, stream=True)") })).toBe("absent");
  });

  test("nothing by the lines of a change that it yields", async () => {
    const lines = (name: string) => `
def ${name}(lines):
    for line in lines:
        yield {"type": "old", "line": line}
`;
    const files = (name: string) => ({ "pkg/agent.py": python(`list(${name}(answer))`, lines(name)) });
    expect(await levelOf(files("stream_diff"))).toBe("absent");
    expect(await levelOf(files("stream_steps"))).toBe("partial");
  });
});

const union = `export type RunEvent =
  | { type: "tool.started"; call: string }
  | { type: "tool.finished"; call: string }
  | { type: "run.failed"; reason: string };
`;
const told = `emit({ type: "tool.started", call: block.id });`;
const teller = (from: string) =>
  typescript(", emit: (event: RunEvent) => void", told, `import type { RunEvent } from "${from}";`);

describe("of unions", () => {
  test("one of a model's adapter tells of answers, not of the run", async () => {
    const near = await examined({ "src/agent.ts": teller("./events.ts"), "src/events.ts": union });
    expect(proved(near)).toEqual(whole);
    const far = { "src/agent.ts": teller("../openai-adapters/events.ts"), "openai-adapters/events.ts": union };
    expect(proved(await examined(far))).toEqual(["delivered"]);
    expect(await levelOf(far)).toBe("partial");
  });

  test("one that a screen is made of hides none of the run's", async () => {
    const half = union.replace(/\n {2}\| \{ type: "run.failed".*/, `\n  | { type: "text"; text: string };`);
    const files = { "src/agent.ts": teller("./events.ts"), "src/events.ts": half, "src/ui/frames.ts": union };
    expect(proved(await examined(files))).toEqual(["union", "delivered", "tool-lifecycle"]);
  });

  test("a record around one is no witness of its own", async () => {
    const envelope = "export interface RunEventEnvelope { at: number; event: RunEvent }\n";
    const ends = union.trimEnd().replace(/;$/, `\n  | { type: "run.completed" };\n`);
    const files = { "src/agent.ts": teller("./events.ts"), "src/events.ts": envelope + ends };
    expect(effectsOn(await examined(files), "union").map(({ quote }) => quote)).toEqual(["export type RunEvent ="]);
  });

  test("one is told apart by a state of which all values are declared, and not where it is a part of another", async () => {
    const states = `export enum RunState {
  ACT_START = "act.start",
  ACT_OK = "act.ok",
  TASK_OK = "task.ok",
  TASK_FAIL = "task.fail",
}
`;
    const record = "export class RunEvent {\n  constructor(public state: RunState, public text: string) {}\n}\n";
    const done = "emit(new RunEvent(RunState.ACT_START, block.id));";
    const agent = typescript(
      ", emit: (event: RunEvent) => void",
      done,
      `import { RunEvent, RunState } from "./events.ts";`,
    );
    expect(proved(await examined({ "src/agent.ts": agent, "src/events.ts": states + record }))).toEqual(whole);
    const parts = `export interface ToolCalled { call: string }
export interface ToolReturned { call: string; result: string }
export interface Noted { state: RunState }
export type RunEvent = ToolCalled | ToolReturned | Noted;
`;
    const inside = await examined({ "src/agent.ts": teller("./events.ts"), "src/events.ts": states + parts });
    expect(proved(inside)).toEqual(["union", "delivered", "tool-lifecycle"]);
  });

  const family = `class Event: pass
class ToolStarted(Event): pass
class ToolFinished(Event): pass
class RunCompleted(Event): pass
class RunFailed(Event): pass
`;
  const yielding = `from litellm import completion
from .events import ToolStarted
def run(messages):
    while True:
        for tool_call in completion(model="m", messages=messages).tool_calls:
            yield ToolStarted(tool_call)
            TOOLS[tool_call.name](tool_call)
`;

  test("a class has the children of its own folder, not those of another of the same name", async () => {
    const files = {
      "pkg/a/trace/nodes.py": "class Event: pass\nclass Line(Event): pass\n",
      "pkg/core/events.py": family,
      "pkg/core/agent.py": yielding,
    };
    expect(effectsOn(await examined(files), "union").map(({ path }) => path)).toEqual(["pkg/core/events.py"]);
  });

  const pythonWays: Files = {
    "by literals over several lines": `class Item:
    name: Literal[
        "tool_called",
        "tool_output",
    ]
class Ended:
    type: Literal["run_failed"]
    reason: str
RunEvent = Item | Ended
`,
    "by a key of its own": `class Called:
    event_kind: Literal["tool_call"]
class Returned:
    event_kind: Literal["tool_result"]
class Over:
    event_kind: Literal["run_result"]
    result: str
RunEvent = Called | Returned | Over
`,
    "by the interruption of a step": `class ToolCall: pass
class ToolResult: pass
class TurnEnd: pass
class StepInterrupted: pass
RunEvent = ToolCall | ToolResult | TurnEnd | StepInterrupted
`,
  };
  test.each(Object.entries(pythonWays))("kinds are told apart %s", async (_, events) => {
    const agent = yielding
      .replace("def run(messages):", "def run(messages) -> Iterator[RunEvent]:")
      .replace("ToolStarted(tool_call)", "told(tool_call)");
    expect(
      proved(
        await examined({
          "pkg/agent.py": agent.replace("import ToolStarted", "import RunEvent"),
          "pkg/events.py": events,
        }),
      ),
    ).toEqual(whole);
  });

  test("two that a generator gives are one", async () => {
    const events = `class Part:
    type: Literal["tool_call", "tool_result"]
class Stopped:
    type: Literal["stop"]
    reason: str
`;
    const agent = yielding
      .replace("def run(messages):", "def run(messages) -> Iterator[Part | Stopped]:")
      .replace("ToolStarted(tool_call)", "part");
    const examination = await examined({ "pkg/agent.py": agent, "pkg/events.py": events });
    expect(proved(examination)).toEqual(whole);
    expect(effectsOn(examination, "union")[0]?.quote).toContain("Iterator[Part | Stopped]");
  });
});

/** How different codebases say the same, and what only looks alike: unions of events, dispatches, types of agents. */
import { afterEach, describe, expect, test } from "vitest";
import type { PrimitiveId } from "../../../../registry/probes/finding.ts";
import { effectsOn, probe } from "../../../support/fixture-repos/probe.ts";
import { openScratch, type Scratch } from "../../../support/fixture-repos/repos.ts";

let scratch: Scratch | undefined;
afterEach(async () => {
  await scratch?.remove();
  scratch = undefined;
});

async function examined(files: Readonly<Record<string, string>>, primitive: PrimitiveId) {
  scratch = await openScratch(files);
  return probe(scratch.box, primitive);
}

const proved = (examination: Awaited<ReturnType<typeof probe>>) =>
  examination.aspects
    .filter(({ id, required, atLeast = 1 }) => required && effectsOn(examination, id).length >= atLeast)
    .map(({ id }) => id);

/** A loop that tells `emit` of every tool call. */
const loop = (imports: string) => `import Anthropic from "@anthropic-ai/sdk";
${imports}
const client = new Anthropic();
const tools = new Map<string, (input: unknown) => Promise<string>>();
export async function runAgent(messages: unknown[], emit: (event: RunEvent) => void) {
  while (true) {
    const answer = await client.messages.create({ model: "m", max_tokens: 9, messages });
    for (const block of answer.content) {
      if (block.type !== "tool_use") return messages;
      emit({ type: "tool.started", call: block.id });
      messages.push({ role: "user", content: await tools.get(block.name)?.(block.input) });
    }
  }
}
`;

describe("a union of events", () => {
  const whole = ["union", "delivered", "tool-lifecycle", "terminal"];

  test("made of lists that are spread into a schema has the kinds of the lists", async () => {
    const examination = await examined(
      {
        "src/agent.ts": loop(`import type { RunEvent } from "./events.ts";`),
        "src/events.ts": `import { z } from "zod";
import { ends } from "./ends.ts";
import { steps } from "./steps.ts";
export const runEventSchema = z.discriminatedUnion("type", [...steps, ...ends]);
export type RunEvent = z.infer<typeof runEventSchema>;
`,
        "src/steps.ts": `import { z } from "zod";
export const steps = [
  z.object({ type: z.literal("tool.started"), call: z.string() }),
  z.object({ type: z.literal("tool.finished"), call: z.string() }),
];
`,
        "src/ends.ts": `import { z } from "zod";
export const ends = [z.object({ type: z.literal("run.failed"), reason: z.string() })];
`,
      },
      "streaming-events",
    );
    expect(proved(examination)).toEqual(whole);
    expect(effectsOn(examination, "union")[0]?.quote).toContain("runEventSchema");
  });

  const python = (events: string) => `from dataclasses import dataclass
from enum import Enum
from typing import Annotated, AsyncIterator, Literal, Union
from openai import AsyncOpenAI
client = AsyncOpenAI()
${events}
async def run(messages, tools) -> AsyncIterator[AgentEvent]:
    while True:
        answer = await client.chat.completions.create(model="m", messages=messages)
        for tool_call in answer.choices[0].message.tool_calls:
            yield begun(tool_call)
            messages.append(await tools[tool_call.function.name](tool_call.function.arguments))
`;
  const ways: Readonly<Record<string, string>> = {
    "a Union of dataclasses": `
@dataclass
class ToolCallStarted:
    call: str
@dataclass
class ToolCallFinished:
    call: str
@dataclass
class RunEnded:
    reason: str
AgentEvent = Union[ToolCallStarted, ToolCallFinished, RunEnded]
`,
    "names joined by a bar, told apart by a literal": `
@dataclass
class Begun:
    kind: Literal["tool_call_start"] = "tool_call_start"
@dataclass
class Gone:
    kind: Literal["tool_call_end"] = "tool_call_end"
@dataclass
class Over:
    kind: Literal["agent_end"] = "agent_end"
    stop_reason: str = ""
AgentEvent = Begun | Gone | Over
`,
    "one record whose type is an enumeration": `
class EventType(str, Enum):
    TOOL_START = "tool_start"
    TOOL_END = "tool_end"
    RUN_COMPLETED = "run_completed"
    RUN_FAILED = "run_failed"
@dataclass
class AgentEvent:
    type: EventType
    data: dict
`,
    "classes below one base": `
class AgentEvent: pass
class ToolStarted(AgentEvent): pass
class ToolFinished(AgentEvent): pass
class RunCompleted(AgentEvent): pass
class RunFailed(AgentEvent): pass
`,
  };
  test.each(Object.entries(ways))("is read in Python from %s", async (_, events) => {
    expect(proved(await examined({ "pkg/agent.py": python(events) }, "streaming-events"))).toEqual(whole);
  });

  test.each([`{ type: "text" }`, `{ type: "run.done" }`])(
    "that ends with %s lacks the terminal reason",
    async (last) => {
      const events = `export type RunEvent = { type: "tool.started" } | { type: "tool.finished" } | ${last};\n`;
      const examination = await examined(
        { "src/agent.ts": loop(`import type { RunEvent } from "./events.ts";`), "src/events.ts": events },
        "streaming-events",
      );
      expect(proved(examination)).toEqual(["union", "delivered", "tool-lifecycle"]);
    },
  );

  test("about text alone is none of a run", async () => {
    const events = `export type RunEvent = { type: "text" } | { type: "thinking" } | { type: "image" };\n`;
    const examination = await examined(
      { "src/agent.ts": loop(`import type { RunEvent } from "./events.ts";`), "src/events.ts": events },
      "streaming-events",
    );
    expect(effectsOn(examination, "union")).toEqual([]);
    expect(examination.anchors.length).toBeGreaterThan(0);
  });
});

describe("a dispatch", () => {
  const arms = ["read_file", "write_file", "execute_command", "search_files"]
    .map(
      (name) =>
        `        case "${name}":\n          await ${name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())}Tool.handle(block);\n          break;`,
    )
    .join("\n");
  const switching = (extra: string) => `import Anthropic from "@anthropic-ai/sdk";
const client = new Anthropic();
interface Tool { name: string; description: string; inputSchema: object }
export const tools: Record<string, Tool> = {};
export const listed = Object.values(tools).map(({ name, description }) => ({ name, description }));
export async function runAgent(messages: unknown[]) {
  while (true) {
    const answer = await client.messages.create({ model: "m", max_tokens: 9, messages, tools: listed });
    for (const block of answer.content) {
      if (block.type !== "tool_use") return messages;
${extra}
    }
  }
}
export function serverTool(toolName: string) {
  return callTool(tools.get(toolName));
}
`;
  test("that names every tool is no look-up, whatever is looked up elsewhere", async () => {
    const examination = await examined(
      { "src/agent.ts": switching(`      switch (block.name) {\n${arms}\n      }`) },
      "tool-registry",
    );
    expect(effectsOn(examination, "lookup")).toEqual([]);
    expect(examination.hits.map(({ probe }) => probe)).toContain("dispatch-by-name");
  });

  test("that looks up is one, whatever describes the calls name by name", async () => {
    const drawing = `export function titleOf(toolName: string) {
  switch (toolName) {
    case "read_file": return "Reading";
    case "write_file": return "Writing";
    case "execute_command": return "Running";
    default: return toolName;
  }
}
`;
    const examination = await examined(
      {
        "src/agent.ts": `${switching("      messages.push(await tools[block.name]?.execute(block.input));")}${drawing}`,
      },
      "tool-registry",
    );
    expect(effectsOn(examination, "lookup").length).toBeGreaterThan(0);
  });
});

describe("types of agents", () => {
  const coder = `---
name: coder
description: writes code
tools: [Read, Write]
---
${"You write code, and nothing but code, and you say what you left undone. ".repeat(2)}
`;
  test("declared in files of a folder count by their head and their text, and are read again by path", async () => {
    const files = {
      "src/agent.ts": loop("type RunEvent = unknown;"),
      "src/agents/coder.md": coder,
      "src/agents/reader.md": coder.replace(/coder/g, "reader"),
      "src/agents/README.md": coder,
      "docs/agents/other.md": coder,
      "src/agents/planner.yaml": "name: planner\nsystem_prompt_path: ./planner.md\ntools:\n  - Read\n",
      "src/agents/notes.md":
        "# Notes\n\nNothing here declares anything, however long this text may become in the end.\n",
    };
    const examination = await examined(files, "agent-type-system");
    const places = effectsOn(examination, "types").map(({ path, line }) => `${path}:${line}`);
    expect(places.sort()).toEqual(["src/agents/coder.md:4", "src/agents/planner.yaml:3", "src/agents/reader.md:4"]);
    const again = await probe((scratch as Scratch).box, "agent-type-system", "src/agents/coder.md");
    expect(again.hits.map(({ quote }) => quote)).toEqual(["tools: [Read, Write]"]);
  });

  const modes = (tools: string) => `${loop("type RunEvent = unknown;")}
export function buildPrompt(mode: string) {
  return mode === "plan" ? PLAN_PROMPT : ACT_PROMPT;
}
export function offered(mode: string) {
  if (mode === "plan") return ${tools};
  return settings;
}
export const prepared = [buildPrompt("plan"), offered("plan")];
`;
  test("by the name of modes change the prompt and the tools; a mode that changes one of them is a setting", async () => {
    const both = await examined({ "src/agent.ts": modes("readOnlyTools") }, "agent-type-system");
    expect(proved(both)).toEqual(["types", "selectable"]);
    await (scratch as Scratch).remove();
    const one = await examined({ "src/agent.ts": modes("colours") }, "agent-type-system");
    expect(effectsOn(one, "types")).toEqual([]);
    expect(one.understood).toBe(true);
  });

  test("are no helpers that a framework makes and runs on the spot", async () => {
    const helper = `from langchain.agents import create_agent
def summarise(model, messages):
    agent = create_agent(model, name="summary_agent", system_prompt="Sum up.", tools=[])
    return agent.invoke(messages)
`;
    const examination = await examined({ "pkg/agent.py": helper }, "agent-type-system");
    expect(examination.anchors.length).toBeGreaterThan(0);
    expect(effectsOn(examination, "types")).toEqual([]);
  });
});

describe("a permission", () => {
  const guarded = (guard: string, condition: string) => `import litellm
class Agent:
    def step(self, messages):
        while True:
            answer = litellm.completion(model="m", messages=messages)
            for tool_call in answer.choices[0].message.tool_calls:
                if ${condition}:
                    raise RuntimeError("no")
                messages.append(self.tools[tool_call.function.name](tool_call))
${guard}
`;
  const byList = `    def should_block_action(self, action):
        if action.startswith("vim"):
            return True
        return False
`;
  test("of yes and no decides by its argument where a condition on it leads to either", async () => {
    const examination = await examined(
      { "pkg/agent.py": guarded(byList, "self.should_block_action(tool_call.function.arguments)") },
      "permission-system",
    );
    expect(proved(examination)).toEqual(["decision", "outcomes", "blocks"]);
  });

  test.each([
    ["a setting alone", "        return self.config.confirm"],
    ["yes whatever it is", "        if action.startswith('vim'):\n            return True\n        return True"],
  ])("that answers by %s has no outcomes by tool or argument", async (_, body) => {
    const setting = `    def should_block_action(self, action):\n${body}\n`;
    const examination = await examined(
      { "pkg/agent.py": guarded(setting, "self.should_block_action(tool_call.function.arguments)") },
      "permission-system",
    );
    expect(proved(examination)).toEqual(["decision", "blocks"]);
  });

  test.each([
    "self.approval_manager is None",
    "isinstance(tool_call, PermissionDeniedError)",
    "len(self.allowed_tools) == 0",
  ])("is not decided by %s", async (condition) => {
    const examination = await examined({ "pkg/agent.py": guarded(byList, condition) }, "permission-system");
    expect(examination.understood).toBe(true);
    expect(effectsOn(examination, "decision")).toEqual([]);
  });

  test("is not denied by a README that warns of running without a sandbox", async () => {
    const examination = await examined(
      { "pkg/agent.py": guarded("", "False"), "README.md": "Do not run it without a sandbox.\nThere is no sandbox.\n" },
      "permission-system",
    );
    expect(examination.hits.filter(({ aspect }) => aspect === "denied").map(({ line }) => line)).toEqual([2]);
  });
});

describe("the run path", () => {
  const client = (ask: string) => `import litellm
class Coder:
    def send(self, messages):
        return litellm.completion(model="m", messages=messages)
    def run(self, messages):
        while True:
${ask}
            for tool_call in answer.choices[0].message.tool_calls:
                messages.append(self.tools[tool_call.function.name](tool_call))
`;
  test.each([
    ["a method with a common name, in its own class", "            answer = self.send(messages)"],
    [
      "a maker that takes it by keyword",
      "            asked = retry_with(func=self.send, times=3)\n            answer = asked(messages)",
    ],
  ])("goes through %s", async (_, ask) => {
    const { anchors } = await examined({ "pkg/coder.py": client(ask) }, "tool-registry");
    expect(anchors.filter(({ kind }) => kind === "main-loop").map(({ line }) => line)).toEqual([6]);
  });
});

describe("the tools of a request", () => {
  const asking = (tools: string) => `import litellm
BASH_TOOL = {"name": "bash"}
def run(messages, tools):
    while True:
        answer = litellm.completion(model="m", messages=messages, tools=${tools})
        for tool_call in answer.choices[0].message.tool_calls:
            messages.append(handlers[tool_call.function.name](tool_call))
`;
  test("come from the caller, or are a constant and prove nothing", async () => {
    const passed = await examined({ "pkg/agent.py": asking("tools") }, "tool-pool-assembly");
    expect(passed.hits.map(({ aspect }) => aspect)).toContain("static-list");
    await (scratch as Scratch).remove();
    const constant = await examined({ "pkg/agent.py": asking("[BASH_TOOL]") }, "tool-pool-assembly");
    expect(constant.hits.map(({ aspect }) => aspect)).toEqual(["offered"]);
  });
});

test("a question that is handed over as a callback is a confirmation", async () => {
  const asking = `import click
import litellm
def run(messages, before_call):
    while True:
        answer = litellm.completion(model="m", messages=messages)
        for tool_call in answer.choices[0].message.tool_calls:
            before_call(tool_call)
            messages.append(TOOLS[tool_call.function.name](tool_call))
def approve(tool, tool_call):
    if not click.confirm("Run it?"):
        raise CancelToolCall("no")
run([], before_call=approve)
`;
  const examination = await examined({ "pkg/agent.py": asking }, "permission-system");
  expect(examination.hits.map(({ aspect, line }) => `${aspect}:${line}`)).toContain("confirmation:10");
});

test("chunks that are printed where they arrive are no stream", async () => {
  const showing = (shown: string) => `import litellm
def chat(messages):
    while True:
        for chunk in litellm.completion(model="m", messages=messages, stream=True):
            ${shown}
`;
  const printed = await examined({ "pkg/chat.py": showing("print(chunk)") }, "streaming-events");
  expect(printed.understood).toBe(true);
  expect(printed.hits).toEqual([]);
  await (scratch as Scratch).remove();
  const given = await examined({ "pkg/chat.py": showing("yield chunk") }, "streaming-events");
  expect(given.hits.map(({ aspect }) => aspect)).toContain("chunks");
});

test("a folder of tests proves nothing, by whatever name", async () => {
  const files = {
    "pkg/agent.py": `import litellm\nanswer = litellm.completion(model="m", messages=[])\n`,
    "tests_e2e/helper.py": "approved_tools = {}\n",
    "ui-tests/a.py": "approved_tools = {}\n",
    "pkg/kept.py": "approved_tools = {}\n",
  };
  const examination = await examined(files, "permission-audit-trail");
  expect(examination.hits.map(({ path }) => path)).toEqual(["pkg/kept.py"]);
  expect(examination.filesScanned).toBe(4);
});

describe("silence", () => {
  const pipeline = `import litellm
def plan(goal):
    return litellm.completion(model="m", messages=[{"role": "user", "content": goal}])
def main(goal):
    return plan(goal).choices[0].message.content.split("\\n")
`;
  test("after a model call and all source were read is understood, without a loop or a dispatch", async () => {
    const { understood, doubts, hits } = await examined({ "pkg/main.py": pipeline }, "permission-system");
    expect({ understood, doubts, hits }).toEqual({ understood: true, doubts: [], hits: [] });
  });

  test("is doubted for a store that the run writes to, and not for one it never writes to", async () => {
    const store = (call: string) => `import redis
client = redis.Redis()
def keep(session):
    client.${call}
`;
    const calling = pipeline.replace("def main(goal):", "def main(goal):\n    keep(goal)");
    const written = await examined(
      { "pkg/main.py": `from store import keep\n${calling}`, "pkg/store.py": store('set("session", session)') },
      "session-persistence",
    );
    expect(written.doubts.join()).toContain("pkg/store.py");
    await (scratch as Scratch).remove();
    const unused = await examined(
      { "pkg/main.py": pipeline, "pkg/store.py": store('set("session", session)') },
      "session-persistence",
    );
    expect(unused.doubts).toEqual([]);
  });
});

test("what is pushed into a list is not delivered; what is pushed into a stream is", async () => {
  const pushing = (into: string) => loop("type RunEvent = { type: string };").replace("emit({", `${into}.push({`);
  const list = await examined({ "src/agent.ts": pushing("parts") }, "streaming-events");
  expect(list.anchors.length).toBeGreaterThan(0);
  expect(effectsOn(list, "delivered")).toEqual([]);
  await (scratch as Scratch).remove();
  const stream = await examined({ "src/agent.ts": pushing("stream") }, "streaming-events");
  expect(effectsOn(stream, "delivered").map(({ line }) => line)).toEqual([10]);
});

/** Kinds of agents as classes, as modes and as values of a type; and what is only one agent or a copy of one. */
import { describe, expect, test } from "vitest";
import { judge } from "../../../../infra/model/local/analyst/judgement.ts";
import { examining } from "../../../support/fixture-repos/examined.ts";
import { effectsOn } from "../../../support/fixture-repos/probe.ts";

const examine = examining();
const examined = (files: Readonly<Record<string, string>>) => examine(files, "agent-type-system");

const levelOf = (examination: Awaited<ReturnType<typeof examined>>) => judge(examination as never).level;

const python = (more: string) => `from anthropic import Anthropic
client = Anthropic()
class BaseAgent:
    def run(self, messages):
        while True:
            answer = client.messages.create(model="m", max_tokens=9, messages=messages)
            for block in answer.content:
                messages.append(self.tools[block.name](block.input))
${more}
`;

const typescript = (more: string) => `import Anthropic from "@anthropic-ai/sdk";
const client = new Anthropic();
export async function runAgent(messages: unknown[], mode: string) {
  while (true) {
    const answer = await client.messages.create({ model: "m", max_tokens: 9, system: systemFor(mode), messages });
    for (const block of answer.content) messages.push(await offered(mode).get(block.name)?.(block.input));
  }
}
${more}
`;

describe("classes below one class of agents", () => {
  const reader = "class Reader(BaseAgent):\n    system_prompt = READER_PROMPT\n    tools = [read]\n";
  const writer = "class Writer(BaseAgent):\n    system_prompt = WRITER_PROMPT\n    tools = [write]\n";

  test("with prompts and tools of their own are types", async () => {
    const two = await examined({ "agent.py": python(`${reader}${writer}`) });
    expect(effectsOn(two, "types").map(({ quote }) => quote)).toEqual([
      "class Reader(BaseAgent):",
      "class Writer(BaseAgent):",
    ]);
  });

  test("whose prompt the user has to fill are ways to declare agents", async () => {
    const fields = (name: string) => `class ${name}(BaseAgent):\n    instruction: str = ''\n    tools: list = []\n`;
    const two = await examined({ "agent.py": python(`${fields("LoopAgent")}${fields("LineAgent")}`) });
    expect(effectsOn(two, "types")).toEqual([]);
    expect(levelOf(two)).toBe("partial");
  });

  test("are types by their number, where each has a prompt and its own code", async () => {
    const plain = (name: string) =>
      `class ${name}(BaseAgent):\n    async def go(self):\n        self.convo.template("${name}")\n`;
    const names = ["Planner", "Coder", "Tester", "Writer", "Reviewer"];
    const five = await examined({ "agent.py": python(names.map(plain).join("")) });
    // One file shows four.
    expect(effectsOn(five, "types")).toHaveLength(4);
    const two = await examined({ "agent.py": python(names.slice(0, 2).map(plain).join("")) });
    expect(effectsOn(two, "types")).toEqual([]);
    expect(levelOf(two)).toBe("partial");
  });

  test("are no adapters and no abstract class", async () => {
    const aside = `class OtherAgentAdapter(BaseAgent):\n    system_prompt = ANY_PROMPT\n    tools = [read]\nclass StepAgent(BaseAgent, ABC):\n    system_prompt = ANY_PROMPT\n    tools = [read]\n`;
    const examination = await examined({ "agent.py": python(aside) });
    expect(examination.anchors.length).toBeGreaterThan(0);
    expect(examination.hits.filter(({ probe: by }) => by === "agent-subclass")).toEqual([]);
  });
});

describe("a named mode", () => {
  const prompt = `function systemFor(mode: string) {
  return mode === "discuss" ? TALK_PROMPT : WORK_PROMPT;
}
`;
  test("that changes the prompt alone differs in what it says", async () => {
    const examination = await examined({
      "src/agent.ts": typescript(`${prompt}const offered = (mode: string) => tools;\n`),
    });
    expect(effectsOn(examination, "types")).toEqual([]);
    expect(levelOf(examination)).toBe("partial");
  });

  test("is read from a switch as from a condition", async () => {
    const switched = `function systemFor(mode: string) {
  switch (mode) {
    case "plan":
      return PLAN_PROMPT;
    default:
      return "";
  }
}
function offered(mode: string) {
  if (mode === "plan") return readOnlyTools;
  return tools;
}
`;
    const examination = await examined({ "src/agent.ts": typescript(switched) });
    expect(effectsOn(examination, "types")).toHaveLength(2);
    expect(levelOf(examination)).toBe("present");
  });
});

test("every value of a type of agent is one, whatever it is called", async () => {
  const byType = `def prompt_of(agent_type):
    if agent_type == AgentType.sleeper:
        return system_text("sleeper")
    return ""
def tools_of(agent_type):
    if agent_type == AgentType.voice:
        return VOICE_TOOLS
    return base_tools
settings = [prompt_of(1), tools_of(1)]
`;
  expect(levelOf(await examined({ "agent.py": python(byType) }))).toBe("present");
});

test("a sub-agent with a prompt is an agent besides the main one", async () => {
  const sub = `async def run_subagent(task):
    return BaseAgent().run([{"role": "system", "content": SUB_PROMPT}, task])
run_subagent("a")
`;
  expect(levelOf(await examined({ "agent.py": python(sub) }))).toBe("partial");
  expect(levelOf(await examined({ "agent.py": python("") }))).toBe("absent");
});

test("roles made with a name and a prompt each are half a type", async () => {
  const roles = `roles = [SystemRole("Shell Writer", SHELL_ROLE), SystemRole("Code Writer", CODE_ROLE)]\n`;
  expect(levelOf(await examined({ "agent.py": python(roles) }))).toBe("partial");
});

test("a changed copy of an agent and an id beside its name are no second type", async () => {
  const copy = `def prepared(agent):
    return replace(agent, instructions=build(agent), tools=[one, two])
`;
  const copied = await examined({ "pkg/agents/agent.py": python(""), "pkg/agents/prepare.py": copy });
  expect(effectsOn(copied, "types")).toEqual([]);
  const named = `export const helper = makeAgent({
  id: "helper-agent",
  name: "Helper Agent",
  instructions: HELPER_PROMPT,
  tools: [one],
});
`;
  const one = await examined({ "src/agent.ts": typescript("const offered = tools;"), "src/helper-agent.ts": named });
  expect(effectsOn(one, "types")).toHaveLength(1);
});

test("three classes of agents side by side with prompts of their own are half a system, machinery is none", async () => {
  const beside = (name: string) => `class ${name}:\n    def go(self):\n        return self.render_prompt("x")\n`;
  const three = ["CriticAgent", "CurriculumAgent", "ActionAgent"].map(beside).join("");
  expect(levelOf(await examined({ "pkg/agents/parts.py": python(three).replace("BaseAgent", "Loop") }))).toBe(
    "partial",
  );
  const machinery = ["CriticManager", "ActionMemory", "AgentRunner"].map(beside).join("");
  const none = await examined({ "pkg/agents/parts.py": python(machinery).replace("BaseAgent", "Loop") });
  expect(levelOf(none)).toBe("absent");
});

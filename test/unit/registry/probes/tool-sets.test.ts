/** Registries that are searched, actions by another name, and pools that are put together under conditions. */
import { describe, expect, test } from "vitest";
import { examinations } from "../../../support/fixture-repos/looping-agent.ts";
import { effectsOn } from "../../../support/fixture-repos/probe.ts";

const examined = examinations();

const client = `import anthropic
client = anthropic.Anthropic()

def ask(messages, tools):
    return client.messages.create(messages=messages, tools=tools)
`;

describe("a tool registry", () => {
  test.each([
    [
      "a generator that stops at the first of that name",
      "return next((tool for tool in tools if tool.name == name), None)",
    ],
    ["a loop over the tools", "for tool in tools:\n        if tool.name == name:\n            return tool"],
    [
      "a loop that asks for the name",
      "for tool in all_tools():\n        if get_tool_name(tool) == name:\n            return tool",
    ],
  ])("is searchable by name with %s", async (_, body) => {
    const text = `def find(name, tools):\n    ${body}\n`;
    const examination = await examined({ "pkg/client.py": client, "pkg/registry.py": text }, "tool-registry");
    expect(effectsOn(examination, "keyed").map(({ path }) => path)).toEqual(["pkg/registry.py"]);
  });

  test("may call its tools actions", async () => {
    const text = `import { generateText } from "ai";
export interface ActionSchema { name: string; description: string; schema: unknown }
export class ActionRegistry {
  private actions: Record<string, Action> = {};
  add(action: Action): void { this.actions[action.name()] = action; }
  getAction(name: string): Action | undefined { return this.actions[name]; }
  describe(): string { return Object.values(this.actions).map((action) => action.description).join(); }
}
export class Navigator {
  async drive(messages: never[]) {
    while (true) {
      const answer = await generateText({ messages });
      for (const call of answer.toolCalls) await this.registry.getAction(call.actionName).call(call.input);
    }
  }
}
`;
    const examination = await examined({ "src/navigator.ts": text }, "tool-registry");
    for (const aspect of ["keyed", "entries", "lookup", "listable"])
      expect(effectsOn(examination, aspect), aspect).not.toEqual([]);
  });

  test("is not what dispatches where a framework runs the agent, though a loop waits around it", async () => {
    const text = `from langchain.agents import create_agent

def build(tools):
    return create_agent(model="m", tools=tools)

async def drive(graph, state):
    while state.interrupted:
        state = await graph.ainvoke(state)

def wrap(tool_call, tools_by_name):
    tool = tools_by_name.get(tool_call.name)
    return tool.run(tool_call)
`;
    const { hits } = await examined({ "pkg/agent.py": text }, "tool-registry");
    const lookups = hits.filter(({ aspect }) => aspect === "lookup");
    expect(lookups.map(({ strength }) => strength)).toEqual(["called"]);
  });

  test("is not read from a function whose name holds the letters of another, nor from an argument by its name", async () => {
    const text = `${client}
def show(message_tool_call, tools):
    return MessageToolCallFunction(name=message_tool_call.name).run(tools)

def load_tools(name):
    return get_available_tools(model_name=name).run(name)
`;
    const { anchors } = await examined({ "pkg/show.py": text }, "tool-registry");
    expect(anchors.map(({ kind }) => kind)).toEqual(["model-call"]);
  });
});

describe("a tool pool", () => {
  const pool = (body: string): string => `${client}
def answer(config, messages, registry, found):
    tools = []
${body}
    return ask(messages, tools)
`;

  test("is computed where two conditions decide which tools join", async () => {
    const text = pool(`    if config.enable_shell:
        tools.append(Shell())
    if config.browser_available:
        tools.append(Browser())`);
    const examination = await examined({ "pkg/agent.py": text }, "tool-pool-assembly");
    expect(effectsOn(examination, "computed").map(({ quote }) => quote)).toEqual(["if config.enable_shell:"]);
    expect(effectsOn(examination, "offered")).not.toEqual([]);
  });

  test("is a flag where one does", async () => {
    const text = pool(`    if config.enable_shell:
        tools.append(Shell())`);
    const { hits } = await examined({ "pkg/agent.py": text }, "tool-pool-assembly");
    const computed = hits.filter(({ aspect }) => aspect === "computed");
    expect(computed.map(({ strength }) => strength)).toEqual(["declaration"]);
  });

  test("is computed where tools out of scope, or not enabled, are passed over", async () => {
    const text = pool(`    for tool in found:
        if config.scope not in tool.scopes:
            continue
        if not tool.enabled(config):
            continue
        registry.register(tool)`);
    const examination = await examined({ "pkg/agent.py": text }, "tool-pool-assembly");
    expect(effectsOn(examination, "computed")).toHaveLength(1);
  });

  test.each([
    ["one set or the other by the mode", "tools = reading_tools if mode == READING else all_tools"],
    ["a table of sets by the role", "tools = TOOLS_BY_ROLE[role]"],
    [
      "the rows that the agent's settings name",
      "tools = session.query(Tool).filter(Tool.id.in_(agent_config.tools)).all()",
    ],
  ])("is computed where it is %s", async (_, line) => {
    const text = pool(`    ${line}`).replace("(config,", "(config, mode, role, session, agent_config,");
    const examination = await examined({ "pkg/agent.py": text }, "tool-pool-assembly");
    expect(effectsOn(examination, "computed").map(({ quote }) => quote)).toEqual([line]);
  });

  test("is computed where two parts of a literal are spread in under conditions, and a flag where one is", async () => {
    const text = (parts: string): string => `import { streamText } from "ai";
export async function answer(messages: never[], may: { write: boolean; browse: boolean }) {
  return streamText({ messages, tools: { read, ${parts} } });
}
`;
    const one = "...(may.write ? { write } : {})";
    const two = `${one}, ...(may.browse && { browse })`;
    const strengths = async (parts: string) => {
      const { hits } = await examined({ "src/agent.ts": text(parts) }, "tool-pool-assembly");
      return hits.filter(({ aspect }) => aspect === "computed").map(({ strength }) => strength);
    };
    expect(await strengths(one)).toEqual(["declaration"]);
    expect(await strengths(two)).toEqual(["effect"]);
  });

  test("is not computed where tools are listed to be complained of", async () => {
    const text = pool("    unknown = [tool for tool in tools if not tool.enabled]");
    const { hits } = await examined({ "pkg/agent.py": text }, "tool-pool-assembly");
    expect(hits.filter(({ aspect }) => aspect === "offered")).not.toEqual([]);
    expect(hits.filter(({ aspect }) => aspect === "computed")).toEqual([]);
  });

  test("is not computed where each kind of tool is put into a vendor's words", async () => {
    const text = pool(`    for tool in found:
        if tool.type == "function":
            tools.append(as_function(tool))
        if tool.type == "shell":
            tools.append(as_shell(tool))`);
    const { hits } = await examined({ "pkg/agent.py": text }, "tool-pool-assembly");
    expect(hits.filter(({ aspect }) => aspect === "offered")).not.toEqual([]);
    expect(hits.filter(({ aspect }) => aspect === "computed")).toEqual([]);
  });
});

/** Forms in which repositories that nobody tuned on say the same, what only looks alike there, and which lines a reader is shown. */
import { describe, expect, test } from "vitest";
import { judge } from "../../../../infra/model/local/analyst/judgement.ts";
import type { PrimitiveId } from "../../../../registry/probes/finding.ts";
import { examining } from "../../../support/fixture-repos/examined.ts";
import { effectsOn, type probe } from "../../../support/fixture-repos/probe.ts";

const examined = examining();

const judged = (examination: Awaited<ReturnType<typeof probe>>) => judge(structuredClone(examination) as never);

const levelOf = async (files: Readonly<Record<string, string>>, primitive: PrimitiveId) =>
  judged(await examined(files, primitive)).level;

const python = (before = "") => `from litellm import completion
import json

class Agent:
    def run(self, messages):
        while True:
            ${before}
            answer = completion(model="m", messages=messages)
            for tool_call in answer.tool_calls:
                TOOLS[tool_call.name](tool_call)
`;

/** Asks for one of several actions by a schema, and carries it out. */
const chooser = (setting: string) => `import { generateObject } from "ai";
export async function respond(question: string) {
  let allowSearch = true;
  let allowRead = true;
  while (true) {
    ${setting}
    const schema = schemas.actionSchema(allowSearch, allowRead);
    const { object: step } = await generateObject({ model, schema, prompt: question });
    if (step.action === "search") await search(step);
    else if (step.action === "read") await read(step);
    else if (step.action === "answer") return step;
  }
}
`;

describe("actions of one schema", () => {
  test("are dispatched name by name", async () => {
    const { anchors, hits } = await examined({ "src/agent.ts": chooser("") }, "tool-registry");
    expect(anchors.map(({ kind }) => kind)).toContain("tool-dispatch");
    expect(hits.map(({ probe }) => probe)).toContain("dispatch-by-name");
  });

  test("are a pool where each turn sets which of them there are, and none where the flags never change", async () => {
    expect(await levelOf({ "src/agent.ts": chooser("allowRead = known.length > 0;") }, "tool-pool-assembly")).toBe(
      "present",
    );
    expect(await levelOf({ "src/agent.ts": chooser("") }, "tool-pool-assembly")).toBe("absent");
  });
});

test("a comment in a README's code block denies nothing", async () => {
  const readme = (open: string) => `# Harness\n\n${open}\n# example: no tool calling\n${open}\n`;
  const fenced = await examined({ "README.md": readme("```sh"), "agent.py": python() }, "tool-registry");
  expect(fenced.hits.filter(({ aspect }) => aspect === "denied")).toEqual([]);
  const said = await examined({ "README.md": readme(""), "agent.py": python() }, "tool-registry");
  expect(said.hits.filter(({ aspect }) => aspect === "denied").map(({ line }) => line)).toEqual([4]);
});

test("the size of a listing held against a budget limits no run", async () => {
  const tree = (used: string) => `${python("spend(listing, budget)")}
def spend(listing, budget):
    total_cost = 0
    if ${used} > budget:
        raise ValueError("over budget")
`;
  expect(effectsOn(await examined({ "agent.py": tree("len(listing)") }, "token-budget"), "limit")).toEqual([]);
  expect(effectsOn(await examined({ "agent.py": tree("total_cost") }, "token-budget"), "limit")).toHaveLength(1);
});

test("a limit of a chain is a cap on turns", async () => {
  const chain = python("if self.chain_limit and count >= self.chain_limit: raise ValueError('too long')");
  expect(effectsOn(await examined({ "agent.py": chain }, "token-budget"), "turn-cap")).toHaveLength(1);
});

describe("a session", () => {
  test("is not what was typed before", async () => {
    const typed = `${python("load_history()")}
def load_history():
    return json.load(open(PROMPT_HISTORY_PATH))

def save_history(messages):
    PROMPT_HISTORY_PATH.write_text(json.dumps(PROMPT_HISTORY_PATH, messages))
`;
    const { hits, anchors } = await examined({ "agent.py": typed }, "session-persistence");
    expect(anchors.length).toBeGreaterThan(0);
    expect(hits).toEqual([]);
  });

  test("is partial where messages are written and nothing takes them up", async () => {
    const dumping = `${python("dump(messages)")}
def dump(messages):
    open_for("w").write_text(json.dumps(messages))
`;
    expect(await levelOf({ "agent.py": dumping }, "session-persistence")).toBe("partial");
  });

  test("is written where messages are put under a key of what writes every key", async () => {
    const keyed = (body: string) => `${python("self.logs['step'] = 1")}
class Files:
    def __setitem__(self, key, value):
        ${body}

def main(agent, files):
    messages = agent.run([])
    files[agent.name] = json.dumps(messages)
`;
    const written = await examined({ "agent.py": keyed("(self.path / key).write_text(value)") }, "session-persistence");
    expect(effectsOn(written, "write")).toHaveLength(1);
    const held = await examined({ "agent.py": keyed("self.kept = value") }, "session-persistence");
    expect(effectsOn(held, "write")).toEqual([]);
  });

  test("is written into a table that is taken by its name", async () => {
    const tables = `${python("self.store.append(thread_id, messages)")}
class Store:
    def append(self, thread_id, messages):
        self.db["threads"].update(thread_id, {"tip": messages[-1]})
`;
    expect(effectsOn(await examined({ "agent.py": tables }, "session-persistence"), "write").length).toBeGreaterThan(0);
  });
});

test("a store that is told of something else raises no doubt about sessions", async () => {
  const store = (what: string) => `import redis
client = redis.Redis()
def keep(${what}):
    client.set("kept", ${what})

def tell(transcript):
    return len(transcript)
`;
  const calling = python("keep(messages)");
  const other = await examined({ "agent.py": calling, "store.py": store("image") }, "session-persistence");
  expect(other.doubts).toEqual([]);
  const about = await examined({ "agent.py": calling, "store.py": store("transcript_part") }, "session-persistence");
  expect(about.doubts.join()).toContain("store.py");
});

test("a result read against the agent's own schema is checked where a misfit is thrown", async () => {
  const output = (misfit: string) => `${chooser("")}
export function setOutput(agentTemplate: Template, output: unknown) {
  try {
    agentTemplate.outputSchema.parse(output);
  } catch (error) {
    ${misfit}
  }
}
`;
  const thrown = await examined(
    { "src/agent.ts": output("throw new Error(String(error));") },
    "two-level-verification",
  );
  expect(effectsOn(thrown, "result-check")).toHaveLength(1);
  const passed = await examined({ "src/agent.ts": output("note(error);") }, "two-level-verification");
  expect(effectsOn(passed, "result-check")).toEqual([]);
});

test("chunks sent to whoever asked, and a stream mode of the framework, are streams without types", async () => {
  const sending = chooser('res.write("data: " + JSON.stringify({ text: question }));');
  expect(await levelOf({ "src/agent.ts": sending }, "streaming-events")).toBe("partial");
  const asking = `${python("start({'stream_mode': ['messages'], 'input': messages})")}`;
  expect(await levelOf({ "agent.py": asking }, "streaming-events")).toBe("partial");
  expect(await levelOf({ "agent.py": python() }, "streaming-events")).toBe("absent");
});

test("functions kept in a database by name, described from their entries and listed, are a registry", async () => {
  const database = `${python()}
class Functions:
    def get_function(self, session, name):
        return session.query(Function).filter_by(name=name).first()

    def get_all_functions(self):
        return [{"name": one.name} for one in self.rows]

def describe(function_data, functions):
    functions.get_all_functions()
    return {
        "name": function_data["name"],
        "description": function_data["metadata"]["description"],
        "parameters": function_data["input_parameters"],
    }
`;
  expect(await levelOf({ "agent.py": database }, "tool-registry")).toBe("present");
});

test("what a person wrote into settings is no answer that is remembered; what is added to is", async () => {
  const asking = (line: string) => `${python("permission_of(messages)")}
def permission_of(call):
    ${line}
`;
  const read = await examined({ "agent.py": asking("return call in config.always_allow") }, "permission-audit-trail");
  expect(read.hits).toEqual([]);
  const added = await examined({ "agent.py": asking("self.always_allow.add(call)") }, "permission-audit-trail");
  expect(added.hits.map(({ probe }) => probe)).toContain("answer-remembered");
});

describe("types of agents", () => {
  const made = (name: string) => `import type { AgentDefinition } from "./types.ts";
export const ${name} = (model: string): AgentDefinition => ({
  displayName: NAMES.${name},
  model,
  toolNames: ["find"],
  systemPrompt: "You find what others look for.",
});
`;
  test("are literals in a folder of agents, whatever names them", async () => {
    const files = {
      "src/agent.ts": chooser(""),
      ".agents/finder.ts": made("finder"),
      ".agents/judge.ts": made("judge"),
    };
    expect(effectsOn(await examined(files, "agent-type-system"), "types")).toHaveLength(2);
    const one = { "src/agent.ts": chooser(""), ".agents/finder.ts": made("finder") };
    expect(effectsOn(await examined(one, "agent-type-system"), "types")).toHaveLength(1);
  });

  test("are functions that give back agents of the framework, and not the framework's own", async () => {
    const graph = `from deepagents import create_deep_agent
def get_graph(model):
    return create_deep_agent(model=model, tools=[read, write], system_prompt=PROMPT)
`;
    const files = { "pkg/coder.py": graph, "pkg/reviewer.py": graph };
    expect(effectsOn(await examined(files, "agent-type-system"), "types")).toHaveLength(2);
    const own = { ...files, "pkg/graph.py": "def create_deep_agent(model, tools, system_prompt):\n    return model\n" };
    expect(effectsOn(await examined(own, "agent-type-system"), "types")).toEqual([]);
  });

  test("are not what is told to analytics", async () => {
    const told = `${python()}
def tell(goal):
    capture(AgentTelemetryEvent(agent_type='core', prompt=goal, max_steps=3))

class AgentTelemetryEvent:
    prompt: str
    max_steps: int
`;
    const { hits, anchors } = await examined({ "agent.py": told }, "agent-type-system");
    expect(anchors.length).toBeGreaterThan(0);
    expect(hits).toEqual([]);
  });
});

test("a status that was read back and decides what it becomes is where the work goes on", async () => {
  const plan = (condition: string) => `${python("set_plan_status('a', messages)")}
def load_plan(plan_id):
    return json.load(open(plan_id))

def save_plan(plan_id, record):
    Path(plan_id).write_text(json.dumps(record))

def set_plan_status(plan_id, status):
    existing = load_plan(plan_id)
    if ${condition}:
        status = "planning"
    save_plan(plan_id, {"status": status})
`;
  const decided = await examined({ "agent.py": plan('existing.get("status") == "shared"') }, "workflow-state");
  expect(effectsOn(decided, "resume")).toHaveLength(1);
  const blind = await examined({ "agent.py": plan("plan_id") }, "workflow-state");
  expect(effectsOn(blind, "resume")).toEqual([]);
});

test("a column for the status of an execution is a status without a type; one of a customer is none", async () => {
  const row = (name: string) => `${python()}
class ${name}(Base):
    id = Column(Integer)
    status = Column(String)
`;
  expect(await levelOf({ "agent.py": row("ExecutionLog") }, "workflow-state")).toBe("partial");
  expect(await levelOf({ "agent.py": row("Customer") }, "workflow-state")).toBe("absent");
});

describe("the lines that are shown", () => {
  const keyed = "def keep(tool):\n    tools_by_name[tool.name] = tool\n";

  test("come from the harness before a command of a person", async () => {
    const files = { "pkg/agent.py": python(), "pkg/cli/doctor.py": keyed, "pkg/tools/registry.py": keyed };
    const { hits } = await examined(files, "tool-registry");
    const found = hits.filter(({ probe }) => probe === "collection-by-name").map(({ path }) => path);
    expect(found).toEqual(["pkg/tools/registry.py", "pkg/cli/doctor.py"]);
  });

  test("name a test only where it touches what was found", async () => {
    const files = (body: string) => ({
      "pkg/agent.py": python(),
      "pkg/registry.py": keyed.replace("keep", "keep_tool"),
      "tests/test_tools.py": `def test_tool_is_registered_by_name():\n    ${body}\n    assert done\n`,
    });
    const tested = async (body: string) =>
      (await examined(files(body), "tool-registry")).hits.filter(({ strength }) => strength === "test");
    expect(await tested("keep_tool(one)")).toHaveLength(1);
    expect(await tested("draw(one)")).toEqual([]);
  });

  test("are one for each condition, and never of a condition that means nothing alone", async () => {
    const dumping = `${python("dump(messages)")}
def dump(messages):
    conversation_path.write_text(json.dumps(messages))

def read_conversation():
    return json.load(open("messages.json"))

def again():
    read_conversation()
`;
    const examination = await examined({ "agent.py": dumping }, "session-persistence");
    expect(effectsOn(examination, "load").length).toBeGreaterThan(0);
    const { level, findings } = judged(examination);
    expect({ level, probes: findings.map(({ probe }) => probe) }).toEqual({
      level: "partial",
      probes: ["conversation-dumped"],
    });
  });
});

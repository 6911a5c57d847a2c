/** How conversations and the state of work are kept and taken up again, in forms that say neither by name. */
import { describe, expect, test } from "vitest";
import { judge } from "../../../../infra/model/local/analyst/judgement.ts";
import type { PrimitiveId } from "../../../../registry/probes/finding.ts";
import { examining } from "../../../support/fixture-repos/examined.ts";
import { effectsOn } from "../../../support/fixture-repos/probe.ts";

const examined = examining();

const levelOf = async (files: Readonly<Record<string, string>>, primitive: PrimitiveId) =>
  judge(structuredClone(await examined(files, primitive)) as never).level;

const python = (before = "", imports = "") => `from litellm import completion
import json
${imports}

class Agent:
    def run(self, messages):
        while True:
            ${before}
            answer = completion(model="m", messages=messages)
            for tool_call in answer.tool_calls:
                TOOLS[tool_call.name](tool_call)
`;

describe("a conversation", () => {
  const rows = (speaker: string) => `from sqlalchemy import Column, String, Text
from sqlalchemy.orm import Session

class RunFeed(Base):
    ${speaker} = Column(String)
    feed = Column(Text)

    @classmethod
    def fetch_feeds(cls, session: Session, run_id):
        return session.query(RunFeed).filter(RunFeed.run_id == run_id).all()

def tell(session: Session, text):
    entry = RunFeed(feed=text)
    session.add(entry)
`;
  const running = python(
    "feeds = RunFeed.fetch_feeds(self.session, 1); tell(self.session, feeds)",
    "from rows import RunFeed, tell",
  );

  test("is kept where rows have who spoke and what was said, and feeds the run that reads them", async () => {
    expect(await levelOf({ "agent.py": running, "rows.py": rows("role") }, "session-persistence")).toBe("present");
    const other = await examined({ "agent.py": running, "rows.py": rows("colour") }, "session-persistence");
    expect(other.hits.filter((hit) => hit.probe.startsWith("message-row"))).toEqual([]);
  });

  test("is kept in a browser's own database, and a transaction for reading writes nothing", async () => {
    const store = `import type { Database } from "dexie";
export function putMessages(db: Database, id: string, messages: Message[]) {
  const transaction = db.transaction("chats", "readwrite");
  const store = transaction.objectStore("chats");
  store.put({ id, messages });
}
`;
    const reading = `import type { Database } from "dexie";
export async function getMessages(db: Database, id: string) {
  const transaction = db.transaction("chats", "readonly");
  const store = transaction.objectStore("chats");
  return store.get(id);
}
`;
    const chat = `import { streamText } from "ai";
import { getMessages } from "./reading.ts";
import { putMessages } from "./store.ts";
export async function useChat(db: IDBDatabase, id: string) {
  const stored = await getMessages(db, id);
  setInitialMessages(stored);
  while (open) {
    const { toolCalls } = await streamText({ model, messages });
    for (const toolCall of toolCalls) await tools[toolCall.toolName].execute(toolCall);
    putMessages(db, id, messages);
  }
}
`;
    const examination = await examined(
      { "src/chat.ts": chat, "src/reading.ts": reading, "src/store.ts": store },
      "session-persistence",
    );
    expect(["write", "load", "resume"].filter((aspect) => effectsOn(examination, aspect).length === 0)).toEqual([]);
    expect(effectsOn(examination, "write").filter(({ quote }) => quote.includes("readonly"))).toEqual([]);
  });

  test("is loaded where what was read is set on the agent later", async () => {
    const picking = (target: string) => `import json
def pick(agent, name):
    with open(name) as f:
        read = json.load(f)
    show(read)
    agent.${target} = read
    agent.run(read)
`;
    const files = (target: string) => ({ "agent.py": python(), "pick.py": picking(target) });
    const taken = await examined(files("messages"), "session-persistence");
    expect(effectsOn(taken, "resume").map(({ path }) => path)).toEqual(["pick.py"]);
    expect(effectsOn(await examined(files("colours"), "session-persistence"), "resume")).toEqual([]);
  });

  test("is not picked up by a run that was only paused", async () => {
    const command = (given: string) => `${python()}
def command(name, executor, resume_session):
    if name == "resume":
        resume_session${given}
`;
    const picked = await examined({ "agent.py": command("(load_history(name))") }, "session-persistence");
    expect(effectsOn(picked, "resume").length).toBeGreaterThan(0);
    const paused = command("(1)").replace("resume_session(1)", "executor.resume()");
    expect(effectsOn(await examined({ "agent.py": paused }, "session-persistence"), "resume")).toEqual([]);
  });

  test("is partial where only its caller makes the store, or may choose one that forgets", async () => {
    const store = (twin: string) => `import json

class BaseSessions:
    pass

class FileSessions(BaseSessions):
    def save_messages(self, messages):
        self.path.write_text(json.dumps(messages))

    def load_messages(self):
        return json.loads(self.path.read_text())

class ${twin}(BaseSessions):
    pass

sessions = FileSessions()

def resume_session():
    return Agent().run(sessions.load_messages())

resume_session()
`;
    const files = (twin: string) => ({
      "agent.py": python("sessions.save_messages(messages)"),
      "store.py": store(twin),
    });
    expect(await levelOf(files("RemoteSessions"), "session-persistence")).toBe("present");
    expect(await levelOf(files("InMemorySessions"), "session-persistence")).toBe("partial");
  });

  test("is partial where a call says that it is saved and its end is not seen", async () => {
    expect(await levelOf({ "agent.py": python("backend.save_conversation(messages)") }, "session-persistence")).toBe(
      "partial",
    );
    expect(await levelOf({ "agent.py": python("backend.save_picture(messages)") }, "session-persistence")).toBe(
      "absent",
    );
  });

  test("is no shell that has a session of its own", async () => {
    const shell = `class ${"DockerSession"}:
    def write_messages(self, messages):
        self.socket.send(messages)

    def read_messages(self):
        return self.socket.recv()
`;
    expect(await levelOf({ "agent.py": python(), "shell.py": shell }, "session-persistence")).toBe("absent");
  });
});

describe("the state of work", () => {
  test("is partial as a record of how far it has come, and none where the fields tell of something else", async () => {
    const record = (first: string, second: string) => `${python()}
class Research:
    def __init__(self):
        self.${first} = 0
        self.${second} = []
`;
    expect(await levelOf({ "agent.py": record("current_depth", "completed_queries") }, "workflow-state")).toBe(
      "partial",
    );
    expect(await levelOf({ "agent.py": record("current_line", "completed_words") }, "workflow-state")).toBe("absent");
  });

  test("is partial as a list of the repository's own steps", async () => {
    const steps = (named: string) => `${python()}
def clarify(ai): pass
def write(ai): pass
def check(ai): pass

STEPS = [
    ${named}
]
`;
    expect(await levelOf({ "agent.py": steps("clarify, write, check,") }, "workflow-state")).toBe("partial");
    expect(await levelOf({ "agent.py": steps("first, second, third,") }, "workflow-state")).toBe("absent");
  });

  test("is partial where its statuses are constants, one of them open", async () => {
    const loop = `import { generateText } from "ai";
export async function run(task: Task) {
  while (true) {
    const { toolCalls } = await generateText({ model, messages });
    for (const toolCall of toolCalls) await tools[toolCall.toolName].execute(toolCall);
  }
}
`;
    const task = (first: string) => `export const TASK_STATUS_${first} = "a1";
export const TASK_STATUS_DONE = "a2";
export const TASK_STATUS_FINAL = "a3";
`;
    const files = (first: string) => ({ "src/loop.ts": loop, "src/task.ts": task(first) });
    expect(await levelOf(files("STARTED"), "workflow-state")).toBe("partial");
    expect(await levelOf(files("BLUE"), "workflow-state")).toBe("absent");
  });

  test("is partial as a graph of an engine", async () => {
    const graph = (maker: string) => `from langgraph.graph import StateGraph
${python()}
def build():
    workflow = ${maker}(State)
    return workflow
`;
    expect(await levelOf({ "agent.py": graph("StateGraph") }, "workflow-state")).toBe("partial");
    expect(await levelOf({ "agent.py": graph("Palette") }, "workflow-state")).toBe("absent");
  });

  test("goes on where rows of an open status are asked for by what takes them up", async () => {
    const jobs = (name: string, filter: string) => `from sqlalchemy.orm import Session
${python()}
def ${name}(session: Session):
    for run in session.query(Run).filter(${filter}).all():
        start(run)

${name}(made)
`;
    const asked = await examined({ "agent.py": jobs("run_waiting", "Run.status == 'waiting'") }, "workflow-state");
    expect(effectsOn(asked, "resume").map(({ probe: by }) => by)).toEqual(["open-rows"]);
    for (const [name, filter] of [
      ["run_waiting", "Run.owner == 'me'"],
      ["draw_table", "Run.status == 'waiting'"],
    ] as const)
      expect(effectsOn(await examined({ "agent.py": jobs(name, filter) }, "workflow-state"), "resume")).toEqual([]);
  });

  test("goes on where the run looks at the status of what it read from the store", async () => {
    const step = (field: string) =>
      python(
        `job = self.session.query(Job).first()
            if job.${field} == "paused":
                return`,
        "from sqlalchemy.orm import Session",
      );
    const looked = await examined({ "agent.py": step("status") }, "workflow-state");
    expect(effectsOn(looked, "resume").map(({ probe: by }) => by)).toContain("read-status");
    expect(effectsOn(await examined({ "agent.py": step("colour") }, "workflow-state"), "resume")).toEqual([]);
  });

  test("goes on where a record of progress is loaded again", async () => {
    const loading = (fields: string) => `${python()}
class Project:
    ${fields}

def load_project(path) -> Project:
    data = path.read_text()
    return Project(data)

load_project("p")
`;
    const loaded = await examined({ "agent.py": loading("tasks: list\n    current_step: int") }, "workflow-state");
    expect(effectsOn(loaded, "resume").map(({ probe: by }) => by)).toContain("loaded-progress");
    const other = await examined({ "agent.py": loading("colours: list\n    width: int") }, "workflow-state");
    expect(effectsOn(other, "resume")).toEqual([]);
  });
});

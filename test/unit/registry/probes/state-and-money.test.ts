/** What the probes of sessions, states, money, logs, checks and shortened conversations take for proof, and what not. */
import { describe, expect, test } from "vitest";
import { agent, examinations } from "../../../support/fixture-repos/looping-agent.ts";
import { effectsOn } from "../../../support/fixture-repos/probe.ts";

const examined = examinations();

const pythonAgent = (before = "", after = "") => `from litellm import completion
import json

class Agent:
    def run(self, messages):
        while True:
            ${before}
            answer = completion(model="m", messages=messages)
            for tool_call in answer.tool_calls:
                TOOLS[tool_call.name](tool_call)
            ${after}
`;

describe("a token budget", () => {
  const accounting = "let totalTokens = 0;\nexport function add(used: number) {\n  totalTokens += used;\n}\n";

  test("is not what a prompt may hold", async () => {
    const files = {
      "agent.ts": agent("if (await compress(messages)) continue;", 'import { compress } from "./chat-compression.ts";'),
      "chat-compression.ts": `${accounting}export async function compress(messages: unknown[]) {
  if (totalTokens < threshold * tokenLimit("m")) return null;
  return messages.slice(-4);
}
`,
    };
    const examination = await examined(files, "token-budget");
    expect(examination.understood).toBe(true);
    expect(effectsOn(examination, "limit")).toEqual([]);
  });

  test("is not a number of calls", async () => {
    const before = 'if (callCount >= maxModelCalls) throw new Error("call budget");';
    const examination = await examined({ "agent.ts": agent(before) }, "token-budget");
    expect(effectsOn(examination, "limit")).toEqual([]);
    expect(effectsOn(examination, "turn-cap")).toHaveLength(1);
  });

  test("may be the framework's to compare: an amount named to it is a limit, none is none", async () => {
    const asked = (limits: string) => `${pythonAgent()}
def ask(agent, prompt):
    return agent.run_sync(prompt, usage_limits=UsageLimits(${limits}))
`;
    expect(
      effectsOn(await examined({ "a.py": asked("total_tokens_limit=9_000") }, "token-budget"), "limit"),
    ).toHaveLength(1);
    expect(effectsOn(await examined({ "a.py": asked("total_tokens_limit=None") }, "token-budget"), "limit")).toEqual(
      [],
    );
    expect(effectsOn(await examined({ "a.py": asked("request_limit=5") }, "token-budget"), "limit")).toEqual([]);
  });
});

describe("a system event log", () => {
  const log = `import { appendFileSync } from "node:fs";
export function logEvent(type: string, data: object) {
  appendFileSync("events.jsonl", JSON.stringify({ type, at: Date.now(), ...data }));
}
`;
  const imported = 'import { logEvent } from "./event-log.ts";';

  test("has the kinds that its callers hand it", async () => {
    const before = 'logEvent("session_start", {}); logEvent("permission_denied", {}); logEvent("model_changed", {});';
    const examination = await examined(
      { "agent.ts": agent(before, imported), "event-log.ts": log },
      "system-event-log",
    );
    expect(effectsOn(examination, "append").length).toBeGreaterThan(0);
    expect(new Set(effectsOn(examination, "kinds").map((hit) => hit.probe))).toEqual(
      new Set(["entry:lifecycle", "entry:permission", "entry:config"]),
    );
  });

  test("has no kinds from words that never reach it", async () => {
    const elsewhere = `export const Changes = ["model_changed", "session_start"];
export type UiEvent = { type: "permission_denied" } | { type: "compaction" };
process.on("exit", () => logEvent("heartbeat", {}));
`;
    const files = { "agent.ts": agent("", imported), "event-log.ts": log, "other.ts": `${imported}\n${elsewhere}` };
    const examination = await examined(files, "system-event-log");
    expect(effectsOn(examination, "append").length).toBeGreaterThan(0);
    expect(effectsOn(examination, "kinds")).toEqual([]);
  });

  test("is no log of text that a logger writes to a file", async () => {
    const logger =
      'import logging\n\ndef setup(path):\n    handler = logging.FileHandler(path)\n    return handler\n\nsetup("a.log")\n';
    const examination = await examined({ "agent.py": pythonAgent(), "log.py": logger }, "system-event-log");
    expect(examination.hits.map(({ aspect, strength }) => `${aspect} ${strength}`)).toEqual(["text-log called"]);
  });
});

describe("a check of results", () => {
  test("is a linter's word that sends the agent back", async () => {
    const after = "lint_errors = self.lint_edited(messages)\n            if lint_errors:\n                continue";
    const files = { "agent.py": `${pythonAgent("", after)}\n    def lint_edited(self, files):\n        return []\n` };
    expect(effectsOn(await examined(files, "two-level-verification"), "result-check").length).toBeGreaterThan(0);
  });

  test("is not the linter of one tool", async () => {
    const tool = `def edit_file(path, text):
    errors = lint_file(path)
    if errors:
        raise ValueError(errors)

def lint_file(path):
    return []
`;
    const files = {
      "agent.py": pythonAgent("edit_file(1, 2)").replace("import json", "from file_editor import edit_file"),
      "file_editor.py": tool,
    };
    const examination = await examined(files, "two-level-verification");
    expect(examination.hits.filter(({ aspect }) => aspect === "result-check").length).toBeGreaterThan(0);
    expect(effectsOn(examination, "result-check")).toEqual([]);
  });

  test("is not that of a signature, a server or a key", async () => {
    const before =
      "if (!(await verifyHubConnection(messages))) return messages; if (!verifySignature(messages)) return messages;";
    const declared =
      "async function verifyHubConnection(x: unknown) { return x; }\nfunction verifySignature(x: unknown) { return x; }\n";
    const examination = await examined({ "agent.ts": `${agent(before)}${declared}` }, "two-level-verification");
    expect(examination.understood).toBe(true);
    expect(effectsOn(examination, "result-check")).toEqual([]);
  });

  test("is a reviewer's score that is compared", async () => {
    const reviewer = `class Reviewer:
    def wants_more(self, submission):
        if self.accept_score >= self.config.min_accept:
            return False
        return True
`;
    const files = {
      "agent.py": pythonAgent("if not reviewer.wants_more(messages): return").replace(
        "import json",
        "from reviewer import reviewer",
      ),
      "reviewer.py": reviewer,
    };
    const [hit] = effectsOn(await examined(files, "two-level-verification"), "result-check");
    expect(hit?.quote).toBe("if self.accept_score >= self.config.min_accept:");
  });
});

describe("a shortened conversation", () => {
  const chat = (save: string) => `import { writeFileSync } from "node:fs";
export class Chat {
  history: unknown[] = [];
  setHistory(history: unknown[]) {
    this.history = history;
    ${save}
  }
}
`;
  const compressor = `import { Chat } from "./chat.ts";
export class ChatCompressor {
  constructor(private readonly getChat: () => Chat) {}
  async compressHistory(tokens: number, limit: number) {
    if (tokens < limit) return;
    const { history } = this.getChat();
    const keepFrom = history.length - 6;
    const toKeep = history.slice(keepFrom);
    const summary = await summarise(history.slice(0, keepFrom));
    this.getChat().setHistory([{ role: "user", content: summary }, ...toKeep]);
  }
}
`;
  const files = (save: string) => ({
    "agent.ts": agent(
      "await new ChatCompressor(() => chat).compressHistory(9, 8);",
      'import { ChatCompressor } from "./chat-compressor.ts";',
    ),
    "chat.ts": chat(save),
    "chat-compressor.ts": compressor,
  });
  const required = ["trigger", "replaced", "recent", "persisted"];

  test("is whole where it goes back through what writes the history, under whatever name", async () => {
    const examination = await examined(
      files('writeFileSync("h.json", JSON.stringify(history));'),
      "transcript-compaction",
    );
    expect(required.filter((aspect) => effectsOn(examination, aspect).length === 0)).toEqual([]);
  });

  test("is not kept where it lives in memory", async () => {
    const examination = await examined(files(""), "transcript-compaction");
    expect(required.filter((aspect) => effectsOn(examination, aspect).length === 0)).toEqual(["persisted"]);
  });

  const remember =
    "export async function remember(session: { compressHistory(a: number, b: number): void }) {\n  session.compressHistory(9, 8);\n}\n";

  test("has no effect in a class that nothing makes an object of", async () => {
    const left = {
      ...files('writeFileSync("h.json", JSON.stringify(history));'),
      "agent.ts": agent("await remember(messages);"),
      "remember.ts": remember,
    };
    const examination = await examined(left, "transcript-compaction");
    expect(examination.hits.length).toBeGreaterThan(0);
    expect(effectsOn(examination, "trigger")).toEqual([]);
    expect(effectsOn(examination, "recent")).toEqual([]);
  });
});

describe("a session", () => {
  const store = `import { readFileSync, writeFileSync } from "node:fs";
export function saveSession(messages: unknown[]) {
  writeFileSync("session.json", JSON.stringify({ messages }));
}
export function loadSaved(): unknown[] {
  return JSON.parse(readFileSync("session.json", "utf8")).messages;
}
`;
  const imports = 'import { loadSaved, saveSession } from "./session-store.ts";';
  const main = (body: string) => `${imports}
export function main(options: { sessionId?: string; getSession(id: string): void }) {
  ${body}
}
`;
  const files = (body: string) => ({
    "agent.ts": agent("saveSession(messages);", imports),
    "session-store.ts": store.replace(
      "export function loadSaved",
      body.includes("loadSaved") ? "export function loadSaved" : "function readBack",
    ),
    "main.ts": main(body),
  });

  test("is picked up where an id leads to a load", async () => {
    const examination = await examined(
      files("if (options.sessionId !== undefined) runAgent(loadSaved());"),
      "session-persistence",
    );
    expect(["write", "load", "resume"].filter((aspect) => effectsOn(examination, aspect).length === 0)).toEqual([]);
  });

  test("is not picked up where an id is only there, whatever is opened or goes on", async () => {
    const body =
      "for (const one of [1, 2]) { if (options.sessionId === String(one)) { options.getSession(options.sessionId); continue; } }";
    const examination = await examined(files(body), "session-persistence");
    expect(effectsOn(examination, "write").length).toBeGreaterThan(0);
    expect(effectsOn(examination, "resume")).toEqual([]);
  });

  test("is written by a method that saves an object which holds the conversation", async () => {
    const saving = `${pythonAgent("self.save('a.json')")}
    def save(self, path):
        path.write_text(json.dumps(self.serialize()))

    def serialize(self):
        return {"said": self.messages}
`;
    const examination = await examined({ "agent.py": saving }, "session-persistence");
    expect(effectsOn(examination, "write").length).toBeGreaterThan(0);
  });

  test("of a database or a web client is another thing", async () => {
    const other = `${pythonAgent("db_session(messages)")}
def db_session(messages):
    path.write_text(json.dumps(messages))
`;
    const examination = await examined({ "agent.py": other }, "session-persistence");
    expect(examination.understood).toBe(true);
    expect(examination.hits).toEqual([]);
  });

  test("may be kept by a durable store that the framework brings", async () => {
    const graph = `from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.prebuilt import create_react_agent

def build(model):
    return create_react_agent(model, [], checkpointer=SqliteSaver.from_conn_string("a.db"))
`;
    const kept = await examined({ "agent.py": `${pythonAgent()}`, "graph.py": graph }, "session-persistence");
    expect(["write", "load", "resume"].filter((aspect) => effectsOn(kept, aspect).length === 0)).toEqual([]);
    const forgotten = graph.replaceAll("SqliteSaver", "MemorySaver");
    const lost = await examined({ "agent.py": `${pythonAgent()}`, "graph.py": forgotten }, "session-persistence");
    expect(lost.hits).toEqual([]);
  });
});

describe("a workflow's state", () => {
  const states = `from enum import Enum

class AgentState(Enum):
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"

RESUMABLE_STATES = [AgentState.RUNNING, AgentState.PAUSED]
`;

  test("is taken up where a list of states says that it may be", async () => {
    const store = `from states import RESUMABLE_STATES

def restore_state(path):
    state = load(path)
    if state.agent_state in RESUMABLE_STATES:
        return state

restore_state("s")
`;
    const examination = await examined(
      { "agent.py": pythonAgent(), "states.py": states, "store.py": store },
      "workflow-state",
    );
    expect(effectsOn(examination, "resume").map(({ quote }) => quote)).toEqual([
      "if state.agent_state in RESUMABLE_STATES:",
    ]);
  });

  test("is none where nothing can go on from it", async () => {
    const ended = `from typing import Literal

class Outcome:
    status: Literal["success", "failure", "skipped"]
`;
    const examination = await examined({ "agent.py": pythonAgent(), "outcome.py": ended }, "workflow-state");
    expect(examination.understood).toBe(true);
    expect(examination.hits).toEqual([]);
    const open = ended.replace("skipped", "running");
    expect((await examined({ "agent.py": pythonAgent(), "outcome.py": open }, "workflow-state")).hits).toHaveLength(1);
  });

  test("is partial where a stored status says what is done again", async () => {
    const batch = `import json
from pathlib import Path

def should_skip(path):
    data = json.loads(Path(path).read_text())
    exit_status = data.get("exit_status")
    if exit_status == "early_exit":
        return False
    return True

should_skip("a")
`;
    const examination = await examined({ "agent.py": pythonAgent(), "batch.py": batch }, "workflow-state");
    expect(examination.hits.map(({ aspect, strength }) => `${aspect} ${strength}`)).toEqual(["status called"]);
  });
});

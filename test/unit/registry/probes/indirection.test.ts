/** What the probes find behind the repository's own functions, classes, stores, schemas and packages. */
import { describe, expect, test } from "vitest";
import { agent, examinations } from "../../../support/fixture-repos/looping-agent.ts";
import { effectsOn } from "../../../support/fixture-repos/probe.ts";

const examined = examinations();

describe("the run path", () => {
  test("is found through a client that was imported under another name and kept as a partial", async () => {
    const llm = `from functools import partial
from litellm import completion as remote_completion

class Gateway:
    def __init__(self, model):
        self._ask = partial(remote_completion, model=model)
        self._ask_raw = self._ask

    def ask_model(self, messages):
        return self._ask_raw(messages=messages)
`;
    const loop = `from gateway import Gateway

def drive(gateway: Gateway, messages):
    while True:
        answer = gateway.ask_model(messages)
        for tool_call in answer.tool_calls:
            TOOLS[tool_call.name](tool_call)
`;
    const { anchors } = await examined({ "gateway.py": llm, "loop.py": loop }, "tool-registry");
    expect(anchors.map(({ kind, path }) => `${kind} ${path}`)).toContain("main-loop loop.py");
  });

  test("is found through a table of makers", async () => {
    const effects = `import Anthropic from "@anthropic-ai/sdk";
const client = new Anthropic();
export function modelEffect(limit: number) {
  return async (messages: never[]) => client.messages.create({ model: "m", max_tokens: limit, messages });
}
`;
    const loop = `import { modelEffect } from "./effects.ts";
const performers: Record<string, (messages: never[]) => Promise<unknown>> = { model: modelEffect(9), wait: pause(1) };
export async function activate(kind: string, messages: never[]) {
  for (;;) {
    const perform = performers[kind];
    await perform(messages);
  }
}
`;
    const { anchors } = await examined({ "effects.ts": effects, "loop.ts": loop }, "tool-registry");
    expect(anchors.map(({ kind, path }) => `${kind} ${path}`)).toContain("main-loop loop.ts");
  });

  test("holds no dispatch on a screen", async () => {
    const screen = `export function ToolView({ toolName }: { toolName: string }) {
  const tool = toolIcons.get(toolName);
  return tool.render(toolName);
}
`;
    const { anchors } = await examined({ "src/agent.ts": agent(), "src/components/tool.tsx": screen }, "tool-registry");
    const dispatches = anchors.filter(({ kind }) => kind === "tool-dispatch").map(({ path }) => path);
    expect(dispatches).toEqual(["src/agent.ts"]);
  });
});

describe("durability", () => {
  const store = `import { Redis } from "ioredis";
export interface Turn { readonly transcript: readonly string[]; readonly events: readonly string[]; readonly audit: readonly string[]; readonly status: string }
export interface Scripts { commit(turn: Turn): Promise<void>; claim(run: string): Promise<Turn> }
export function scriptsOn(redis: Redis): Scripts {
  redis.defineCommand("commit", { lua: "x" });
  return redis as unknown as Scripts;
}
export function openStore(redis: Redis) {
  const scripts = scriptsOn(redis);
  return {
    commit: async (turn: Turn) => scripts.commit(turn),
    claim: async (run: string): Promise<Turn> => scripts.claim(run),
  };
}
`;
  const loop = agent(
    `await deps.store.commit({ transcript: [], events: [], audit: [], status: "running" });`,
    `import { openStore } from "./store.ts";
const deps = { store: openStore(given) };
export async function wake(run: string) {
  const found = await deps.store.claim(run);
  return takeUp(found);
}`,
  );

  test.each([
    ["session-persistence", "write"],
    ["session-persistence", "load"],
    ["session-persistence", "resume"],
    ["system-event-log", "append"],
    ["system-event-log", "separable"],
    ["workflow-state", "durable"],
    ["permission-audit-trail", "durable"],
  ] as const)(
    "of %s (%s) is followed through a store, its scripts and the record they take",
    async (primitive, aspect) => {
      const examination = await examined({ "src/store.ts": store, "src/agent.ts": loop }, primitive);
      expect(effectsOn(examination, aspect).length).toBeGreaterThan(0);
    },
  );

  test("is followed through a file store behind an event stream in Python", async () => {
    const stream = `import json
class FileStore:
    def write(self, path, contents):
        with open(path, "w") as file:
            file.write(contents)

class SessionStream:
    def __init__(self, file_store):
        self.file_store = file_store

    def add_event(self, event):
        self.file_store.write(event.id, json.dumps({"type": event.type}))
`;
    const loop = `import litellm
def drive(stream, messages):
    while True:
        answer = litellm.completion(model="m", messages=messages)
        stream.add_event(answer)
        for tool_call in answer.tool_calls:
            TOOLS[tool_call.name](tool_call)
`;
    const examination = await examined({ "stream.py": stream, "loop.py": loop }, "session-persistence");
    expect(effectsOn(examination, "write").map(({ path }) => path)).toContain("stream.py");
  });
});

describe("a budget", () => {
  test("is compared inside a predicate of a class that is named after it", async () => {
    const flags = `class BudgetFlag:
    def reached_limit(self):
        self.hit = self.current_value >= self.max_value
        return self.hit

    def step(self):
        if self.reached_limit():
            raise RuntimeError("no more")
`;
    const loop = `import litellm
def drive(flag, messages):
    while True:
        flag.step()
        answer = litellm.completion(model="m", messages=messages)
        for tool_call in answer.tool_calls:
            TOOLS[tool_call.name](tool_call)
`;
    const examination = await examined({ "flags.py": flags, "loop.py": loop }, "token-budget");
    expect(effectsOn(examination, "limit").map(({ path, line }) => `${path}:${line}`)).toEqual(["flags.py:7"]);
  });

  test("is refused inside a script of the store", async () => {
    const lua = `-- if tokensLeft < least then return {'REFUSED', tokensLeft} end
local tokensLeft = redis.call('HGET', KEYS[1], 'tokens')
if granted < least then
  return {'REFUSED', tokensLeft}
end
redis.call('HINCRBY', KEYS[1], 'tokens', granted)
`;
    const source = agent("await scripts.grant(1);", `const scripts = { grant: async (n: number) => n };`);
    const examination = await examined({ "src/scripts/grant.lua": lua, "src/agent.ts": source }, "token-budget");
    expect(effectsOn(examination, "limit").map(({ path, line }) => `${path}:${line}`)).toEqual([
      "src/scripts/grant.lua:3",
    ]);
    expect(effectsOn(examination, "accounting").map(({ line }) => line)).toEqual([6]);
  });

  test("that is only asked for being set is not compared", async () => {
    const check = `if (usdMax !== undefined && priceOf(model) === null) throw new Error("cost unknown");`;
    const price = `const priceOf = (model: string) => (model.length < 3 ? null : maxCost);`;
    const examination = await examined({ "agent.ts": agent(check, price) }, "token-budget");
    expect(effectsOn(examination, "limit")).toEqual([]);
  });
});

describe("events", () => {
  test("in a schema's discriminated union are a typed union that covers tools and the end", async () => {
    const events = `import { z } from "zod";
export const runEventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("tool.started"), call: z.string() }),
  z.object({ type: z.literal("tool.finished"), call: z.string() }),
  z.object({ type: z.literal("run.completed"), reasons: z.array(z.string()) }),
]);
`;
    const examination = await examined({ "events.ts": events, "agent.ts": agent() }, "streaming-events");
    for (const aspect of ["union", "tool-lifecycle", "terminal"])
      expect(effectsOn(examination, aspect).map(({ path }) => path)).toContain("events.ts");
  });

  test("as classes below one base in many files are a typed union", async () => {
    const files = Object.fromEntries(
      ["RunAction", "EditAction", "FinishAction", "RunObservation", "EditObservation", "ErrorObservation"].map(
        (name) => [`events/${name.toLowerCase()}.py`, `class ${name}(Event):\n    pass\n`],
      ),
    );
    const loop = `import litellm
def drive(messages):
    while True:
        answer = litellm.completion(model="m", messages=messages)
        for tool_call in answer.tool_calls:
            TOOLS[tool_call.name](tool_call)
`;
    const examination = await examined(
      { ...files, "events/event.py": "class Event:\n    pass\n", "loop.py": loop },
      "streaming-events",
    );
    for (const aspect of ["union", "tool-lifecycle", "terminal"])
      expect(effectsOn(examination, aspect).map(({ path }) => path)).toContain("events/event.py");
  });
});

describe("a result is checked", () => {
  test("where a verification ends in accepted or rejected and its answer is used", async () => {
    const check = `export async function verifyResult(claim: { evidence: string[] }) {
  const problems = claim.evidence.filter((line) => line === "");
  if (problems.length > 0) return { type: "result.rejected", problems };
  return { type: "result.verified" };
}
`;
    const source = agent(
      "",
      `import { verifyResult } from "./verify.ts";\nexport const accept = (claim: never) => verifyResult(claim);`,
    );
    const examination = await examined({ "verify.ts": check, "agent.ts": source }, "two-level-verification");
    expect(effectsOn(examination, "result-check").map(({ path }) => path)).toContain("verify.ts");
  });

  test("where the tool that ends the run refuses while something is open", async () => {
    const tool = `export class AttemptCompletionTool {
  async execute(open: string[]) {
    if (open.length > 0) {
      return { error: "cannot end: steps are open" };
    }
    return { done: true };
  }
}
`;
    const examination = await examined({ "completion.ts": tool, "agent.ts": agent() }, "two-level-verification");
    expect(effectsOn(examination, "result-check").map(({ path, line }) => `${path}:${line}`)).toEqual([
      "completion.ts:3",
    ]);
  });

  test("nowhere by checking who calls the server", async () => {
    const route = `export function verifySignature(report: string, signature: string) {
  if (signature === "") return { ok: false, error: "invalid" };
  return { ok: true };
}
export const handle = (report: string) => verifySignature(report, "");
`;
    const examination = await examined(
      { "src/routes/report.ts": route, "src/agent.ts": agent() },
      "two-level-verification",
    );
    expect(effectsOn(examination, "result-check")).toEqual([]);
  });
});

test("a package that the harness imports is part of it", async () => {
  const examination = await examined(
    {
      "apps/agent/package.json": `{"name":"@x/agent"}`,
      "apps/agent/src/agent.ts": agent(
        `if (task.status === "delegated" || task.status === "completed") return messages;`,
        `import type { Task } from "@x/types";\ndeclare const task: Task;`,
      ),
      "packages/types/package.json": `{"name":"@x/types"}`,
      "packages/types/src/task.ts": `import { z } from "zod";
export const taskSchema = z.object({ status: z.enum(["active", "completed", "delegated"]) });
`,
    },
    "workflow-state",
  );
  expect(effectsOn(examination, "status").map(({ path }) => path)).toEqual(["packages/types/src/task.ts"]);
});

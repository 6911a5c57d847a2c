/** Logs that are less than a harness's own event log, and what is none at all. */
import { afterEach, expect, test } from "vitest";
import { judge } from "../../../../infra/model/local/analyst/judgement.ts";
import { probe } from "../../../support/fixture-repos/probe.ts";
import { openScratch, type Scratch } from "../../../support/fixture-repos/repos.ts";

let scratch: Scratch | undefined;
afterEach(async () => {
  await scratch?.remove();
  scratch = undefined;
});

async function judged(files: Readonly<Record<string, string>>) {
  await scratch?.remove();
  scratch = await openScratch(files);
  const examination = await probe(scratch.box, "system-event-log");
  return {
    level: judge(structuredClone(examination) as never).level,
    probes: examination.hits.map(({ probe }) => probe),
  };
}

const python = (done: string, around = "") => `from litellm import completion
${around}
class Agent:
    def run(self, messages):
        while True:
            answer = completion(model="m", messages=messages)
            ${done}
            for tool_call in answer.tool_calls:
                TOOLS[tool_call.name](tool_call)
`;

const typescript = (done: string, around: string) => `import Anthropic from "@anthropic-ai/sdk";
${around}
const client = new Anthropic();
const tools = new Map<string, (input: unknown) => Promise<string>>();
export async function runAgent(messages: unknown[]) {
  while (true) {
    const answer = await client.messages.create({ model: "m", max_tokens: 9, messages });
    ${done}
    for (const block of answer.content) messages.push(await tools.get(block.name)?.(block.input));
  }
}
`;

test.each([
  [`"logs/agent.log", level="DEBUG"`, "partial"],
  ["sys.stderr, level=level", "absent"],
])("a logger that is given %s is %s", async (given, level) => {
  const around = `import sys\nfrom loguru import logger\nlogger.add(${given})\n`;
  expect((await judged({ "pkg/agent.py": python("logger.info(answer)", around) })).level).toBe(level);
});

test.each([
  [`"agent.log"`, "partial"],
  ["{ dest: 2, sync: true }", "absent"],
])("lines for the destination %s are %s", async (given, level) => {
  const around = `import pino from "pino";\nexport const log = pino({}, pino.destination(${given}));`;
  expect((await judged({ "src/agent.ts": typescript("log.info(answer);", around) })).level).toBe(level);
});

test.each([
  ["logger.trace", "absent"],
  ["tracer.trace", "partial"],
])("%s: a level of a logger is no span of a trace", async (callee, level) => {
  expect((await judged({ "pkg/agent.py": python(`${callee}("asked", answer)`) })).level).toBe(level);
});

test("telemetry is what goes out by a name, and not what is only printed", async () => {
  const sent = (how: string) =>
    python(`send_telemetry("asked")`, `import requests\ndef send_telemetry(name):\n    ${how}\n`);
  expect(await judged({ "pkg/agent.py": sent(`requests.post(URL, json={"event": name})`) })).toMatchObject({
    level: "partial",
    probes: ["telemetry-event"],
  });
  expect((await judged({ "pkg/agent.py": sent("print(name)") })).level).toBe("absent");
});

const recorder = (entry: string, saved: string) => `import json
class Recorder:
    def record_step(self, number, answer):
        self.data["steps"].append({${entry}})
        self.save()
    def save(self):
        ${saved}
`;
test.each([
  [`"timestamp": now(), "state": self.state`, "json.dump(self.data, self.file)", "partial"],
  [`"state": self.state`, "json.dump(self.data, self.file)", "absent"],
  [`"timestamp": now(), "state": self.state`, "print(self.data)", "absent"],
])("an entry of %s that ends in %s is %s", async (entry, saved, level) => {
  const files = {
    "pkg/agent.py": python("recorder.record_step(1, answer)"),
    "pkg/recorder.py": recorder(entry, saved),
  };
  expect((await judged(files)).level).toBe(level);
});

test("entries that a browser keeps are kept", async () => {
  const store = (keep: string) => `import Cookies from "js-cookie";
class Store {
  addLog(message: string) {
    this.entries.push({ timestamp: Date.now(), level: "info", message });
    this.keep();
  }
  keep() {
    ${keep}("log", JSON.stringify(this.entries));
  }
}
const store = new Store();`;
  const files = (keep: string) => ({ "src/agent.ts": typescript("store.addLog(answer);", store(keep)) });
  expect((await judged(files("Cookies.set"))).level).toBe("partial");
  expect((await judged(files("console.debug"))).level).toBe("absent");
});

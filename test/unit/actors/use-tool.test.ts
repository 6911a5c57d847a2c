/** Laws of a call through UseTool: whoever judges, runs, records or shows it sees the tool that it names. */
import { describe, expect, it } from "vitest";
import { capabilitiesFrom } from "../../../actors/runtime/capabilities.ts";
import { callInput, type Entry } from "../../../actors/runtime/conversation.ts";
import { resultVerify } from "../../../actors/runtime/effects/result-verify.ts";
import { inputHashOf, judge } from "../../../actors/runtime/judge.ts";
import type { PerformContext } from "../../../actors/runtime/performer.ts";
import { type RunConfig, runConfigSchema } from "../../../actors/runtime/run-row.ts";
import type { Session } from "../../../actors/runtime/session.ts";
import { agentTypeNamed } from "../../../actors/types/index.ts";
import type { ContentBlock } from "../../../infra/model/message.ts";
import { openBox } from "../../../infra/sandbox/workspace-box.ts";
import { pluginOf, pluginTool, withPlugins } from "../../support/many-tools.ts";

const type = agentTypeNamed("general");
if (type === undefined) throw new Error("no general agent");
const title = {
  type: "object",
  properties: { title: { type: "string" } },
  required: ["title"],
  additionalProperties: false,
};
const { named } = capabilitiesFrom(withPlugins(pluginOf("tracker", [pluginTool("open", { inputSchema: title })])));
const OPEN = "mcp__tracker__open";
const session: Session = {
  v: 1,
  agentType: "general",
  task: "goal",
  model: "m",
  system: [],
  tools: ["Grep", "Read", "Report", "ToolSearch", "UseTool"].map((name) => ({
    name,
    description: "",
    inputSchema: {},
  })),
  deferred: ["Bash", "Write", OPEN],
  profile: null,
  contract: {},
  outTokens: { wanted: 1, least: 1 },
  policy: "p",
  grants: [],
  deniedTools: [],
};
const use = (name: string, input: unknown, id = "c1"): ContentBlock =>
  ({ type: "tool_use", id, name, input }) as ContentBlock;
const through = (tool: unknown, input: unknown, id?: string) => use("UseTool", { tool, input }, id);
const judged = (content: ContentBlock, config: RunConfig = {}, given: Parameters<typeof judge>[4] = {}) =>
  judge(
    [content],
    type,
    session,
    { workspace: "/work/project", config: runConfigSchema.parse(config) },
    { named, ...given },
  );

const write = { file_path: "a.txt", content: "x" };
const direct: readonly (readonly [string, string, Record<string, unknown>, RunConfig])[] = [
  ["what is asked about", "Write", write, { approve: "ask" }],
  ["what nobody can be asked about", "Write", write, { approve: "deny" }],
  ["what a rule allows", "Write", write, { permissions: { allow: ["Write"] } }],
  ["what a rule denies", "Bash", { command: "rm -rf /" }, { permissions: { deny: ["Bash(rm:*)"] } }],
  ["what only looks", "Read", { file_path: "a.txt" }, {}],
  ["what a plugin does", OPEN, { title: "t" }, { approve: "ask" }],
  ["an input that does not fit a plugin's schema", OPEN, { titel: "t" }, { approve: "ask" }],
  ["an input that does not fit", "Read", { path: "a.txt" }, {}],
  ["a tool that is not in the pool", "WebFetch", { url: "https://example.org/" }, { approve: "ask" }],
  ["a tool that there is not", "Teleport", {}, {}],
];

describe.each(direct)("%s", (_, tool, input, config) => {
  it("is judged, asked, audited and told through UseTool as it is when it is called by its name", () => {
    const byName = judged(use(tool, input), config);
    expect(byName.calls).toHaveLength(1);
    expect(byName.audit).toHaveLength(1);
    expect(judged(through(tool, input), config)).toEqual(byName);
  });
});

it("an approval asks about the real tool and its input, by the hash that the performer will compare", () => {
  const { approvals, calls, audit } = judged(through("Write", write), { approve: "ask" });
  const inputHash = inputHashOf(write);
  expect(approvals).toMatchObject([{ tool: "Write", input: write, inputHash }]);
  expect(calls).toMatchObject([{ tool: "Write", inputHash, repeat: "unsafe", status: "asking" }]);
  expect(audit).toMatchObject([{ tool: "Write", inputHash }]);
});

it("whoever looks a call up in the conversation finds the real tool and its input", () => {
  const entry: Entry = { role: "assistant", content: [through("Write", write, "c7") as Entry["content"][number]] };
  expect(callInput([entry], "c7")).toEqual({ name: "Write", input: write });
});

describe("what is no proper call of another tool is refused as UseTool, and never runs", () => {
  it.each([
    ["a wrapper in a wrapper", through("UseTool", { tool: "Write", input: write })],
    ["a wrapped Report", through("Report", { outcome: "done", value: {}, evidence: [], notDone: [] })],
    ["an input that is text", through("Write", JSON.stringify(write))],
    ["no tool", use("UseTool", { input: {} })],
    ["a tool that is no text", through(["Write"], write)],
    ["more than was asked for", use("UseTool", { tool: "Write", input: write, approved: true })],
  ])("%s", (_, call) => {
    const { calls, report, audit, approvals } = judged(call, { permissions: { allow: ["Write"] } });
    expect(calls).toMatchObject([{ tool: "UseTool", status: "refused" }]);
    expect(audit).toMatchObject([{ tool: "UseTool", decision: "deny", rule: "registry.input" }]);
    expect([report, approvals]).toEqual([null, []]);
  });
});

it("a tool that was quarantined after the agent began is refused by the gate, called either way, and audited", () => {
  const quarantined = new Map([[OPEN, "its definition changed"]]);
  for (const call of [use(OPEN, { title: "t" }), through(OPEN, { title: "t" })]) {
    const { calls, audit, entries } = judged(call, { permissions: { allow: [OPEN] } }, { quarantined });
    expect(calls).toMatchObject([{ tool: OPEN, status: "refused" }]);
    expect(audit).toMatchObject([{ tool: OPEN, decision: "deny", rule: "registry.quarantined" }]);
    expect(JSON.stringify(entries)).toContain("its definition changed");
  }
  expect(judged(use(OPEN, { title: "t" }), { permissions: { allow: [OPEN] } }).calls).toMatchObject([
    { status: "judged" },
  ]);
});

it("a command that ran through UseTool is evidence like one that was called by its name", async () => {
  const command = { kind: "command", command: "make test", exitCode: 0 };
  const report = { outcome: "done", value: {}, evidence: [command], notDone: [] };
  const verified = async (...calls: ContentBlock[]) => {
    const entries: Entry[] = [
      { role: "assistant", content: calls as Entry["content"] },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "c1", content: "exit code 0\nok" }],
        did: { effect: "r/a/0.1:0", tool: "Bash", ok: true, exitCode: 0 },
      },
      { role: "assistant", content: [use("Report", report, "r") as Entry["content"][number]] },
    ];
    const address = { run: "r", actor: "a", type: "general" };
    const context = { address, entries, session, run: { workspace: process.cwd(), config: runConfigSchema.parse({}) } };
    const signal = new AbortController().signal;
    const performer = resultVerify({ box: (folder) => openBox(folder) });
    const answer = await performer({ type: "result.verify", call: "r" }, {
      ...context,
      signal,
    } as unknown as PerformContext);
    return answer.event.type;
  };
  expect(await verified(through("Bash", { command: "make test" }))).toBe("result.verified");
  expect(await verified(through("Grep", { command: "make test" }))).toBe("result.rejected");
});

/**
 * An agent that finds tools while it works, over real HTTP: what it is sent before its messages stays the same to the
 * byte, whatever it finds and however it calls what it found.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { capabilitiesFrom, type RunCapabilities } from "../../actors/runtime/capabilities.ts";
import type { Entry } from "../../actors/runtime/conversation.ts";
import { modelCall } from "../../actors/runtime/effects/model-call.ts";
import { sessionAssemble } from "../../actors/runtime/effects/session-assemble.ts";
import { toolRun } from "../../actors/runtime/effects/tool-run.ts";
import type { Answer, PerformContext } from "../../actors/runtime/performer.ts";
import { type RunRow, runConfigSchema } from "../../actors/runtime/run-row.ts";
import type { Session } from "../../actors/runtime/session.ts";
import { general } from "../../actors/types/general.ts";
import { createModelClient } from "../../infra/model/anthropic.ts";
import { openBox } from "../../infra/sandbox/workspace-box.ts";
import type { Call } from "../../machines/agent-calls.ts";
import { manyTools } from "../support/many-tools.ts";
import { type MessagesDouble, startMessagesDouble } from "../support/messages-double/double.ts";
import { openGate } from "../support/open-gate.ts";
import { temporaryFolder, writeFiles } from "../support/workspace.ts";

let double: MessagesDouble;
beforeAll(async () => {
  double = await startMessagesDouble();
});
afterAll(() => double.close());

const never = new AbortController().signal;

/** One agent, its performers called by hand: every answer goes into the conversation as the runtime puts it there. */
function agentIn(workspace: string, capabilities: RunCapabilities) {
  const run = { workspace, model: "m", binding: "b", config: runConfigSchema.parse({}) } as RunRow;
  const entries: Entry[] = [];
  const told: Answer["told"][number][] = [];
  let session: Session | null = null;
  const given = (effectId: string): PerformContext => ({
    address: { run: "r", actor: "a", type: "general" },
    run,
    effectId,
    session,
    entries: [...entries],
    rights: general.rights,
    grant: null,
    signal: never,
  });
  const taken = (answer: Answer): Answer => {
    entries.push(...(answer.entries ?? []));
    told.push(...answer.told);
    session = answer.session ?? session;
    return answer;
  };
  const of = () => Promise.resolve(capabilities);
  const client = createModelClient({
    baseUrl: double.baseUrl,
    apiKey: "k",
    idleTimeoutMs: 20_000,
    firstByteTimeoutMs: 20_000,
  });
  const access = { client, ...openGate(), price: () => null };
  const ask = modelCall({ access: () => access, capabilities: of, here: { sandbox: "none" } });
  const perform = toolRun({ box: (folder) => openBox(folder), journal: null, monotonicMs: () => 0, capabilities: of });
  return {
    told,
    entries,
    async begin(): Promise<Session> {
      const brief = JSON.stringify({ id: "goal", agentType: "general", goal: "Find the needle." });
      const store = { briefs: async () => new Map([["goal", brief]]), results: async () => new Map() };
      const begun = sessionAssemble({ store, capabilities: of });
      taken(await begun({ type: "session.assemble", task: "goal", standsOn: [] }, given("r/a/0.1:0")));
      if (session === null) throw new Error("no session");
      return session;
    },
    /** One turn: the model answers with this call, and what was allowed of it is run. */
    async turn(turn: number, name: string, input: Record<string, unknown>): Promise<Call> {
      double.script({ content: [{ type: "tool_use", id: `c${turn}`, name, input }] });
      const answer = taken(await ask({ type: "model.call", turn, attempt: 0 }, given(`r/a/0.${turn * 2}:0`)));
      const [call] = (answer.event as unknown as { calls: Call[] }).calls;
      if (call === undefined) throw new Error(`no call: ${JSON.stringify(answer)}`);
      if (call.status === "judged") {
        const { id, tool, inputHash } = call;
        taken(await perform({ type: "tool.run", call: id, tool, inputHash }, given(`r/a/0.${turn * 2 + 1}:0`)));
      }
      return call;
    },
  };
}

const resultOf = (entries: readonly Entry[], call: string): string =>
  String(entries.flatMap(({ content }) => content).find(({ tool_use_id }) => tool_use_id === call)?.content);

it("system and tools of every request are the same bytes before and after a search, and what was found is run", async () => {
  const workspace = temporaryFolder();
  writeFiles(workspace, { "src/hay.ts": "export function needle() {\n  return 1;\n}\n" });
  const capabilities = capabilitiesFrom(manyTools(300));
  const agent = agentIn(workspace, capabilities);
  const session = await agent.begin();
  const prompt = session.tools.map(({ name }) => name);
  expect(session.deferred).toEqual(expect.arrayContaining(["AstSearch", "Probe"]));
  expect(prompt).not.toContain("AstSearch");

  await agent.turn(1, "Read", { file_path: "src/hay.ts" });
  expect(await agent.turn(2, "ToolSearch", { query: "code with the structure of a pattern" })).toMatchObject({
    tool: "ToolSearch",
    status: "judged",
  });
  expect(resultOf(agent.entries, "c2")).toContain('"name":"AstSearch"');
  const input = { pattern: "function $NAME() { $$$ }", language: "typescript" };
  expect(await agent.turn(3, "UseTool", { tool: "AstSearch", input })).toMatchObject({ tool: "AstSearch" });
  expect(await agent.turn(4, "AstSearch", input)).toMatchObject({ tool: "AstSearch" });
  const found = resultOf(agent.entries, "c4");
  expect(found).toContain("src/hay.ts");
  expect(resultOf(agent.entries, "c3")).toBe(found);
  // Nobody can be asked here: refused by the rules or as no tool of the pool, and never run.
  expect(await agent.turn(5, "UseTool", { tool: "Write", input: { file_path: "a", content: "x" } })).toMatchObject({
    tool: "Write",
    status: "refused",
  });
  expect(await agent.turn(6, "mcp__billing__list_issues", { project: "p" })).toMatchObject({ status: "refused" });
  await agent.turn(7, "Read", { file_path: "src/hay.ts" });

  const sent = double.served.map(({ body }) => JSON.parse(body) as { system: unknown; tools: { name: string }[] });
  expect(sent).toHaveLength(7);
  const [first] = sent;
  expect(first?.tools.map(({ name }) => name)).toEqual(prompt);
  for (const { system, tools } of sent) {
    expect(JSON.stringify(system)).toBe(JSON.stringify(first?.system));
    expect(JSON.stringify(tools)).toBe(JSON.stringify(first?.tools));
  }
  const finished = agent.told.filter(({ type }) => type === "tool.finished");
  expect(finished.map((event) => ("tool" in event ? event.tool : ""))).toEqual([
    "Read",
    "ToolSearch",
    "AstSearch",
    "AstSearch",
    "Read",
  ]);
});

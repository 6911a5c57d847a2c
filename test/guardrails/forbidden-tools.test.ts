// What an agent type may not do is held in code, not in its prompt: every type is handed every tool that its chart does not
// have, by the real judge and commit, with rules that allow everything; and once more with a judge that lets it all pass.

import { beforeAll, describe, expect, it } from "vitest";
import { capabilitiesFrom } from "../../actors/runtime/capabilities.ts";
import { systemClock } from "../../actors/runtime/clock.ts";
import { modelCall } from "../../actors/runtime/effects/model-call.ts";
import { resultVerify } from "../../actors/runtime/effects/result-verify.ts";
import { sessionAssemble } from "../../actors/runtime/effects/session-assemble.ts";
import { toolRun } from "../../actors/runtime/effects/tool-run.ts";
import { createHost } from "../../actors/runtime/host.ts";
import { inputHashOf } from "../../actors/runtime/judge.ts";
import { newRun } from "../../actors/runtime/new-run.ts";
import type { Answer, Performer, Performers } from "../../actors/runtime/performer.ts";
import { unwrapped } from "../../actors/runtime/unwrap.ts";
import type { AgentType } from "../../actors/types/define.ts";
import { agentTypes, machines } from "../../actors/types/index.ts";
import { openLog } from "../../infra/log.ts";
import type { ContentBlock } from "../../infra/model/message.ts";
import type { ModelRequest } from "../../infra/model/request.ts";
import { openBox } from "../../infra/sandbox/workspace-box.ts";
import type { Address } from "../../infra/store.ts";
import { mayRun } from "../../machines/rights.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";
import { type Capabilities, NO_CAPABILITIES } from "../../registry/capabilities.ts";
import type { ToolDeclaration } from "../../registry/tool.ts";
import { noErrands } from "../support/errands-out.ts";
import { memoryStore } from "../support/memory-store/memory-store.ts";
import { openGate } from "../support/open-gate.ts";
import { temporaryFolder, writeFiles } from "../support/workspace.ts";

const hash = "0".repeat(64);
const plugged = (name: string, risk: "read-only" | "mutating" | "destructive") => ({
  ...{ name, description: name, inputSchema: { type: "object" }, hash, risk },
  repeat: risk === "read-only" ? ("safe" as const) : ("unsafe" as const),
});
const document: Capabilities = {
  ...NO_CAPABILITIES,
  plugins: [
    {
      ...{ server: "srv", origin: "operator", startHash: hash },
      start: { kind: "stdio", command: "false", args: [], env: {}, network: false },
      tools: [plugged("look", "read-only"), plugged("change", "mutating"), plugged("strike", "destructive")],
    } as unknown as Capabilities["plugins"][number],
  ],
};
const capabilities = capabilitiesFrom(document);

interface Asked {
  readonly id: string;
  readonly tool: ToolDeclaration;
  readonly input: unknown;
  readonly block: ContentBlock;
}

let inputs: ReadonlyMap<string, unknown>;
beforeAll(async () => {
  const first = async ({ name, loadExamples }: ToolDeclaration) => [name, (await loadExamples?.())?.[0]?.input ?? {}];
  inputs = new Map((await Promise.all(capabilities.all.map(first))) as [string, unknown][]);
});

/** Every tool that the chart of this type does not have: by its own name, and behind UseTool. */
const forbiddenTo = (type: AgentType): Asked[] =>
  capabilities.all
    .filter((tool) => !mayRun(type.rights, tool))
    .flatMap((tool) => {
      const input = inputs.get(tool.name);
      const use = (id: string, name: string, given: unknown): Asked => ({
        ...{ id, tool, input },
        block: { type: "tool_use", id, name, input: given } as ContentBlock,
      });
      return [use(`own_${tool.name}`, tool.name, input), use(`by_${tool.name}`, "UseTool", { tool: tool.name, input })];
    });

const blocked = { outcome: "blocked", value: null, evidence: [], notDone: ["all of it"] };
const REPORT = { type: "tool_use", id: "report", name: "Report", input: blocked } as ContentBlock;
const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, estimated: false };

/** One run of one agent on the real host, over the store in memory; every rule allows whatever a rule can allow. */
async function played(type: AgentType, said: readonly ContentBlock[][], over: Partial<Performers> = {}) {
  const workspace = temporaryFolder();
  writeFiles(workspace, { "a.txt": "one\n" });
  const requests: ModelRequest[] = [];
  const opened: string[] = [];
  const { store, memory } = memoryStore({ nowMs: Date.now, shardOf: () => "s00" });
  const box = async (folder: string) => {
    opened.push(folder);
    return openBox(folder);
  };
  const call = async (request: ModelRequest) => {
    const content = said[requests.length] ?? [];
    requests.push(request);
    const message = { id: "m", model: "m", content, stopReason: "tool_use", rawStopReason: "tool_use" };
    return { kind: "answered", message: { ...message, toolUseCut: false }, usage, requestId: null } as never;
  };
  const access = { client: { call }, ...openGate(), price: () => null };
  const here = { sandbox: "full" as const };
  const never = () => Promise.reject(new Error("nothing of that is out"));
  const performers: Performers = {
    "session.assemble": sessionAssemble({ store, capabilities: async () => capabilities, here }),
    "model.call": modelCall({
      access: () => access,
      grants: store.grants,
      here,
      capabilities: async () => capabilities,
    }),
    "tool.run": toolRun({
      ...{ box, journal: null, monotonicMs: () => 0, here },
      capabilities: async () => capabilities,
    } as Parameters<typeof toolRun>[0]),
    "result.verify": resultVerify({ box: openBox }),
    ...noErrands,
    ...{ "tool.reconcile": never, "workspace.collect": never, "workspace.merge": never },
    ...over,
  };
  const active: Promise<unknown>[] = [];
  const host = createHost({
    ...{ store, shards: ["s00"], shardOf: () => "s00", machines, performers, clock: systemClock, place: "here" },
    served: { bindings: ["b"], machines: [...machines.keys()] },
    reserve: () => ({ inTokens: 1, outTokensWanted: 1, outTokensLeast: 1, inNanoUsd: 0, outNanoUsd: 0 }),
    nonce: () => Math.random().toString(36),
    wake: async (address: Address) => void active.push(host.activate(address)),
    forward: async () => {},
    handOver: async () => false,
    log: openLog("silent"),
  });
  const run = "r_one";
  const task = { id: "goal", agentType: type.name, needs: [], limits: type.limits, attemptsMax: 1 };
  const allow = ["Bash", "Edit", "Write", "WebFetch", "mcp__srv"];
  const plan = newRun({
    ...{ run, goal: "g", kind: "run", graph: [task], model: "m", binding: "b", workspace, options: {} },
    briefs: { goal: JSON.stringify({ id: "goal", agentType: type.name, goal: "do it all" }) },
    config: { permissions: { allow, ask: [], deny: [] }, mode: "edit", approve: "allow-safe" },
    ...{ parallelMax: 1, tolerateFailures: false },
  });
  await store.create(plan);
  active.push(host.activate(plan.coordinator));
  for (let at = 0; at < active.length; at += 1) await active[at];
  await host.stop();
  const row = memory.runs.get(run);
  const events = (row?.log ?? []).flatMap(({ body }) => (JSON.parse(body) as { events: LoggedEvent[] }).events);
  const audit = (row?.audit ?? []).map((text) => JSON.parse(text) as Record<string, unknown>);
  return { status: row?.fields.get("status"), events, audit, requests, opened };
}

const callsIn = (events: readonly LoggedEvent[], type: "tool.intended" | "tool.refused"): string[] =>
  events.flatMap((event) => (event.type === type ? [event.call] : [])).sort();

const narrow = agentTypes.filter(({ rights }) => capabilities.all.some((tool) => !mayRun(rights, tool)));

it("every type but general lacks a tool that there is", () => {
  expect(agentTypes.filter((type) => !narrow.includes(type)).map(({ name }) => name)).toEqual(["general"]);
});

describe.each(narrow)("an agent of type $name", (type) => {
  it("gets no tool that its chart does not have, whatever the rules allow, and each attempt is audited", async () => {
    const asked = forbiddenTo(type);
    expect(asked.length).toBeGreaterThan(0);
    const { status, events, audit, requests, opened } = await played(type, [asked.map(({ block }) => block), [REPORT]]);
    expect(status).toBe("failed");
    expect(callsIn(events, "tool.refused")).toEqual(asked.map(({ id }) => id).sort());
    expect(callsIn(events, "tool.intended")).toEqual([]);
    expect(opened).toEqual([]);
    for (const { id, block } of asked) {
      // What is judged and kept is the tool that was meant, by whatever way it was called.
      const { name, input } = unwrapped({ name: String(block.name), input: block.input });
      const rows = audit.filter(({ call }) => call === id);
      expect(rows).toEqual([expect.objectContaining({ tool: name, agentType: type.name, decision: "deny" })]);
      expect(rows[0]?.inputHash).toBe(inputHashOf(input));
    }
    const results = requests[1]?.messages.flatMap(({ content }) => content).filter((part) => "tool_use_id" in part);
    expect(results?.map(({ tool_use_id }) => tool_use_id).sort()).toEqual(asked.map(({ id }) => id).sort());
    expect(results?.every(({ is_error }) => is_error === true)).toBe(true);
  });

  it("gets none of them either where the judge let them all pass: the chart is asked again before anything is run", async () => {
    const may = type.tools.includes("Docs") ? { name: "Docs", input: {} } : { name: "Glob", input: { pattern: "*" } };
    const asked = forbiddenTo(type).filter(({ id }) => id.startsWith("own_"));
    const uses = [...asked.map(({ block }) => block), { type: "tool_use", id: "may", ...may } as ContentBlock];
    // Told as harmless, so that none waits for another.
    const calls = uses.map((block) => ({
      ...{ id: String(block.id), tool: String(block.name), inputHash: inputHashOf(block.input) },
      ...{ risk: "read-only" as const, repeat: "safe" as const, status: "judged" as const },
    }));
    const blind: Performer<"model.call"> = async ({ turn }) => {
      const report = turn === 0 ? null : { call: "report", outcome: "blocked" as const, notDone: ["all of it"] };
      const content = turn === 0 ? uses : [REPORT];
      const event = { type: "model.answered", turn, stop: "tool_use", calls: turn === 0 ? calls : [], report };
      return { event, told: [], entries: [{ role: "assistant", content: [...content] }] } as Answer;
    };
    const { status, events, audit, opened } = await played(type, [], { "model.call": blind });
    expect(status).toBe("failed");
    expect(callsIn(events, "tool.intended")).toEqual(uses.map(({ id }) => String(id)).sort());
    expect(callsIn(events, "tool.refused")).toEqual(asked.map(({ id }) => id).sort());
    expect(audit.map(({ call, tool, rule, decision, agentType }) => [call, tool, rule, decision, agentType])).toEqual(
      expect.arrayContaining(asked.map(({ id, tool }) => [id, tool.name, "chart.not-in-state", "deny", type.name])),
    );
    expect(audit).toHaveLength(asked.length);
    // The one that the chart has is run.
    expect(events.flatMap((event) => (event.type === "tool.finished" ? [event.call] : []))).toEqual(["may"]);
    expect(opened).toHaveLength(1);
  });
});

/** Laws of what an agent's session holds of its tools: the prompt stays small whatever there is, and is latched. */
import { describe, expect, it } from "vitest";
import { capabilitiesFrom } from "../../../actors/runtime/capabilities.ts";
import { sessionAssemble } from "../../../actors/runtime/effects/session-assemble.ts";
import { changedSession } from "../../../actors/runtime/fork-changes.ts";
import type { PerformContext } from "../../../actors/runtime/performer.ts";
import { type RunRow, runConfigSchema } from "../../../actors/runtime/run-row.ts";
import { assemble, type Session, sessionFrom } from "../../../actors/runtime/session.ts";
import { agentTypeNamed, agentTypes } from "../../../actors/types/index.ts";
import type { Brief } from "../../../machines/brief.ts";
import type { RunEvent } from "../../../machines/run-event.ts";
import { inputSchema } from "../../../registry/tools/index.ts";
import { manyTools, pluginOf, pluginTool, withPlugins } from "../../support/many-tools.ts";

const run = (config: object = {}): RunRow =>
  ({ goal: "g", kind: "run", model: "m", config: runConfigSchema.parse({ approve: "ask", ...config }) }) as RunRow;
const brief: Brief = { id: "goal", agentType: "general", goal: "Look." };
const typeNamed = (name: string) => {
  const found = agentTypeNamed(name);
  if (found === undefined) throw new Error(`no type ${name}`);
  return found;
};
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe("of a thousand registered tools", () => {
  const capabilities = capabilitiesFrom(manyTools(1_000 - capabilitiesFrom(manyTools(0)).all.length));
  const definitions = capabilities.all.map((tool) => {
    const { name, description } = tool;
    return { name, description, inputSchema: inputSchema(tool) };
  });

  it.each(agentTypes.map(({ name }) => name))(
    "the prompt of a %s agent holds at most 2 in 100 of their bytes",
    (name) => {
      expect(definitions).toHaveLength(1_000);
      const { session } = assemble(typeNamed(name), brief, run(), [], { sandbox: "full", capabilities });
      expect(session.tools.length).toBeGreaterThan(0);
      expect(bytes(session.tools)).toBeLessThanOrEqual(bytes(definitions) * 0.02);
    },
  );

  it("what it says of the others in the prompt does not grow with their number", () => {
    const system = (count: number) =>
      bytes(
        assemble(typeNamed("general"), brief, run(), [], { capabilities: capabilitiesFrom(manyTools(count)) }).session
          .system,
      );
    expect(system(100)).toBeGreaterThan(system(0));
    expect(system(1_000) - system(100)).toBeLessThan(200);
  });

  it("what it leaves out is told by server, so that an agent without plugins tells no thousand names", async () => {
    const capabilitiesOf = () => Promise.resolve(capabilities);
    const { told } = await assembled("guide", capabilitiesOf);
    const built = told.find(({ type }) => type === "registry.built") as Extract<RunEvent, { type: "registry.built" }>;
    expect(built.excluded).toContain("mcp__billing__*");
    expect(built.excluded.length).toBeLessThan(40);
    const named = built.reasons?.flatMap(({ tools }) => tools) ?? [];
    expect([...named].sort()).toEqual(built.excluded);
  });
});

const assembled = async (type: string, capabilities: () => Promise<ReturnType<typeof capabilitiesFrom>>) => {
  const performer = sessionAssemble({
    store: {
      briefs: async () => new Map([["goal", JSON.stringify({ ...brief, agentType: type })]]),
      results: async () => new Map(),
    },
    capabilities,
    here: { sandbox: "full" },
    unavailable: async () => new Map([["Probe", "quarantined: it wrote a file"]]),
  });
  const order = { type: "session.assemble", task: "goal", standsOn: [] } as const;
  return performer(order, { address: { run: "r", actor: "a", type }, run: run() } as unknown as PerformContext);
};

it("a session that an older version stored defers nothing, and is of no profile", () => {
  const { session } = assemble(typeNamed("explore"), { ...brief, agentType: "explore" }, run(), []);
  const { deferred: _, profile: __, ...old } = session;
  expect(sessionFrom(JSON.stringify(old))).toMatchObject({ deferred: [], profile: null, tools: old.tools });
});

it("what is deferred is latched beside the prompt, and is none of the prompt's tools", () => {
  const capabilities = capabilitiesFrom(withPlugins(pluginOf("wiki", [pluginTool("read"), pluginTool("write")])));
  const { session } = assemble(typeNamed("general"), brief, run(), [], { sandbox: "full", capabilities });
  expect(sessionFrom(JSON.stringify(session))).toEqual(session);
  expect(session.deferred).toEqual(expect.arrayContaining(["mcp__wiki__read", "mcp__wiki__write"]));
  expect(session.tools.map(({ name }) => name)).toEqual(expect.arrayContaining(["Report", "ToolSearch", "UseTool"]));
  expect(session.tools.filter(({ name }) => session.deferred.includes(name))).toEqual([]);
  expect(session.system.join("\n")).toContain("wiki");
});

it("an agent whose whole pool stands in its prompt is offered no search, and told of none", () => {
  const { session } = assemble(typeNamed("explore"), { ...brief, agentType: "explore" }, run(), []);
  expect(session.deferred).toEqual([]);
  const names = session.tools.map(({ name }) => name);
  expect(names).toContain("Read");
  expect(names).not.toContain("ToolSearch");
  expect(names).not.toContain("UseTool");
  expect(session.system.join("\n")).not.toContain("ToolSearch");
});

it("the log keeps the pool: what is in the prompt, what is found, and why the rest is out", async () => {
  const capabilities = capabilitiesFrom(withPlugins(pluginOf("wiki", [pluginTool("read")])));
  const answer = await assembled("general", () => Promise.resolve(capabilities));
  const session = answer.session as Session;
  const built = answer.told.find(({ type }) => type === "registry.built");
  expect(built).toMatchObject({
    tools: session.tools.map(({ name }) => name),
    deferred: session.deferred,
    excluded: expect.arrayContaining(["Probe", "Skill"]),
    reasons: expect.arrayContaining([{ reason: "quarantined: it wrote a file", tools: ["Probe"] }]),
  });
  expect(session.deferred).toContain("mcp__wiki__read");
});

it("the pool's hash changes with a deferred definition as well", () => {
  const hash = (description: string) =>
    assemble(typeNamed("general"), brief, run(), [], {
      capabilities: capabilitiesFrom(withPlugins(pluginOf("wiki", [pluginTool("read", { description })]))),
    }).toolsHash;
  expect(hash("Reads a page.")).toMatch(/^[0-9a-f]{16}$/);
  expect(hash("Reads a page.")).toBe(hash("Reads a page."));
  expect(hash("Reads two pages.")).not.toBe(hash("Reads a page."));
});

it("a tool that a fork takes away is neither in its prompt nor found, by name or by server", () => {
  const capabilities = capabilitiesFrom(withPlugins(pluginOf("wiki", [pluginTool("read")])));
  const { session } = assemble(typeNamed("general"), brief, run(), [], { sandbox: "full", capabilities });
  const forked = (...deniedTools: string[]) => sessionFrom(changedSession(JSON.stringify(session), { deniedTools }));
  expect([session.tools.some(({ name }) => name === "Bash"), session.deferred.includes("mcp__wiki__read")]).toEqual([
    true,
    true,
  ]);
  expect(forked("Bash").tools.some(({ name }) => name === "Bash")).toBe(false);
  for (const denied of ["mcp__wiki__read", "mcp__wiki"]) {
    expect(forked(denied).deferred).toEqual(session.deferred.filter((name) => !name.startsWith("mcp__")));
    expect(forked(denied).tools).toEqual(session.tools);
  }
});

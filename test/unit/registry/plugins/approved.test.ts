/** Which plugin tools a run gets: exactly what was approved, and a reason for everything else. */
import { describe, expect, it } from "vitest";
import { type ApprovedPin, approvedPlugins, type StartedServer } from "../../../../registry/plugins/approved.ts";
import { pluginDeclaration } from "../../../../registry/plugins/declaration.ts";
import { checkedDefinition, isDefined } from "../../../../registry/plugins/definition.ts";

const made = (name: string, more: Record<string, unknown> = {}) => {
  const one = checkedDefinition("srv", {
    name,
    description: `Does ${name}. At length.`,
    inputSchema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] },
    ...more,
  });
  if (!isDefined(one)) throw new Error(one.problem);
  return one;
};
const server: StartedServer = {
  id: "srv",
  origin: "operator",
  scope: "",
  home: "/w",
  start: { kind: "stdio", command: "node", args: [], env: {}, network: false },
  startHash: "1".repeat(64),
  tools: {},
};
const startPin: ApprovedPin = {
  kind: "server",
  scope: "",
  name: "srv",
  hash: server.startHash,
  text: "{}",
  active: true,
};
const toolPin = (name: string, more: Partial<ApprovedPin> = {}): ApprovedPin => {
  const { hash, text } = made(name);
  return { kind: "tool", scope: "", name: `mcp__srv__${name}`, hash, text, active: true, ...more };
};
const reasons = (pins: readonly ApprovedPin[], servers: readonly StartedServer[] = [server]): string =>
  approvedPlugins(pins, servers)
    .excluded.map(({ name, reason }) => `${name}: ${reason}`)
    .join("\n");

it("what was approved as it is, is there; without a word of the operator it destroys, and is done once", () => {
  const { plugins, excluded } = approvedPlugins([startPin, toolPin("b"), toolPin("a")], [server]);
  expect(excluded).toEqual([]);
  expect(plugins.map(({ tools }) => tools.map(({ name, risk, repeat }) => [name, risk, repeat]))).toEqual([
    [
      ["a", "destructive", "unsafe"],
      ["b", "destructive", "unsafe"],
    ],
  ]);
});

it("the operator's word counts, and what a server says of itself does not", () => {
  const { hash, text } = made("a", { annotations: { readOnlyHint: true, idempotentHint: true } });
  const pin = toolPin("a", { hash, text });
  const toolsOf = (tools: StartedServer["tools"]) =>
    approvedPlugins([startPin, pin], [{ ...server, tools }]).plugins[0]?.tools[0];
  expect(toolsOf({})).toMatchObject({ risk: "destructive", repeat: "unsafe" });
  expect(toolsOf({ a: { risk: "read-only" } })).toMatchObject({ risk: "read-only", repeat: "safe" });
  expect(toolsOf({ a: { risk: "mutating", repeat: "idempotent" } })).toMatchObject({
    risk: "mutating",
    repeat: "idempotent",
  });
  expect(toolsOf({ b: { risk: "read-only" } })).toMatchObject({ risk: "destructive" });
});

describe("left out, with the reason, is", () => {
  it.each([
    ["a server that nobody approved", [toolPin("a")], "nobody has approved how this server is started"],
    [
      "one that starts otherwise",
      [{ ...startPin, hash: "2".repeat(64) }, toolPin("a")],
      "started otherwise than was approved",
    ],
    ["one that was taken out", [{ ...startPin, active: false }, toolPin("a")], "was taken out"],
    ["one of another workspace's approval", [{ ...startPin, scope: "/other" }, toolPin("a")], "nobody has approved"],
    ["one without a tool", [startPin], "none of its tools was approved"],
    ["a tool that changed", [startPin, toolPin("a", { active: false })], "mcp__srv__a: its definition changed"],
    [
      "a tool whose pin is not of its text",
      [startPin, toolPin("a", { hash: "3".repeat(64) })],
      "mcp__srv__a: what was approved is no definition",
    ],
    [
      "a tool under another's name",
      [startPin, toolPin("a", { name: "mcp__srv__b" })],
      "mcp__srv__b: what was approved is no definition",
    ],
  ])("%s", (_, pins, reason) => {
    expect(reasons(pins)).toContain(reason);
    expect(approvedPlugins(pins, [server]).plugins).toEqual([]);
  });
});

it("as a tool it has its whole name, its approved schema, and hands wrong input back", () => {
  const [plugin] = approvedPlugins([startPin, toolPin("a")], [server]).plugins;
  const tool = plugin?.tools[0];
  if (plugin === undefined || tool === undefined) throw new Error("nothing approved");
  const declared = pluginDeclaration(plugin, tool);
  expect(declared).toMatchObject({
    name: "mcp__srv__a",
    tier: "plugin",
    summary: "Does a.",
    risk: "destructive",
    repeat: "unsafe",
    schema: tool.inputSchema,
  });
  expect([typeof declared.loadDeed, typeof declared.load]).toEqual(["function", "undefined"]);
  expect(declared.input.safeParse({ n: 1 }).success).toBe(true);
  const issues = (input: unknown): string[] =>
    declared.input.safeParse(input).error?.issues.map(({ message }) => message) ?? [];
  expect(issues({ n: 1.5 })).toEqual(["n: must be integer"]);
  expect(issues({})).toEqual(["n: is missing"]);
  expect(issues([])).toEqual(["it must be an object"]);
  expect(issues({ n: 1, x: "y".repeat(2_000_000) })).toEqual([expect.stringContaining("at most 1048576")]);
  const safe = pluginDeclaration(plugin, { ...tool, repeat: "safe" });
  expect([typeof safe.loadDeed, typeof safe.load]).toEqual(["undefined", "function"]);
});

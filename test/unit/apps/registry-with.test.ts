/** Laws of the registry as a command sees it: what was approved is in it, what was taken out is shown as such. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openPinBook } from "../../../actors/runtime/pin-book.ts";
import { checkDenied } from "../../../apps/cli/capabilities.ts";
import { registryWith } from "../../../apps/cli/tools/registry-at.ts";
import { readConfig } from "../../../infra/config.ts";
import { configuredServers } from "../../../infra/mcp/server-settings.ts";
import { startOf } from "../../../infra/mcp/server-start.ts";
import { checkedDefinition, isDefined } from "../../../registry/plugins/definition.ts";
import { pluginOf, pluginTool, withPlugins } from "../../support/many-tools.ts";
import { memoryPins } from "../../support/memory-pins.ts";

const home = mkdtempSync(join(tmpdir(), "swarm-registry-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
writeFileSync(
  join(home, ".mcp.json"),
  JSON.stringify({ mcpServers: { wiki: { type: "http", url: "http://127.0.0.1:9/mcp" } } }),
);

async function approvedWiki(...names: readonly string[]) {
  const config = await readConfig(home, {});
  const pins = memoryPins();
  const book = openPinBook({ pins, nowMs: () => 1 });
  const [server] = configuredServers(config.mcp, home).servers;
  if (server === undefined) throw new Error("no server is configured");
  const { text, hash } = startOf(server, "");
  const { scope } = server;
  await book.approve({ kind: "server", scope, name: "wiki" }, { text, hash }, "u");
  for (const name of names) {
    const made = checkedDefinition("wiki", { name, description: `To ${name}.`, inputSchema: { type: "object" } });
    if (!isDefined(made)) throw new Error(JSON.stringify(made));
    await book.approve({ kind: "tool", scope, name: `mcp__wiki__${name}` }, { text: made.text, hash: made.hash }, "u");
  }
  const here = () => registryWith(pins, config, home, []);
  return { config, book, scope, here };
}

it("a server that nobody approved is left out with the reason, and its tools are not there", async () => {
  const { left, entries } = await registryWith(memoryPins(), await readConfig(home, {}), home, []);
  expect(left).toEqual([{ name: "wiki", reason: expect.stringContaining("nobody has approved") }]);
  expect(entries.some(({ tier }) => tier === "plugin")).toBe(false);
});

it("tools that were approved are entries, and an agent may find them", async () => {
  const { here } = await approvedWiki("read", "write");
  const { entries, capabilities, left, out } = await here();
  const plugin = entries.filter(({ tier }) => tier === "plugin");
  expect(plugin.map(({ name, state, risk }) => [name, state, risk])).toEqual([
    ["mcp__wiki__read", "active", "destructive"],
    ["mcp__wiki__write", "active", "destructive"],
  ]);
  expect(capabilities.named("mcp__wiki__read")?.tier).toBe("plugin");
  expect([left, [...out]]).toEqual([[], []]);
});

it("a tool that was taken out is shown with its state and the reason, and no run draws from it", async () => {
  const { here, book, scope } = await approvedWiki("read", "write");
  const other = { text: "{}", hash: "f".repeat(64) };
  await book.found({ kind: "tool", scope, name: "mcp__wiki__read" }, other, { quarantine: true, by: "run" });
  const { entries, capabilities, left, out } = await here();
  const read = entries.filter(({ name }) => name === "mcp__wiki__read");
  expect(read).toMatchObject([{ kind: "tool", tier: "plugin", state: "quarantined", summary: "To read." }]);
  expect(out.get("mcp__wiki__read")).toMatch(/^quarantined: ./);
  expect(left.map(({ name }) => name)).toContain("mcp__wiki__read");
  expect(capabilities.named("mcp__wiki__read")).toBeUndefined();
  expect(capabilities.named("mcp__wiki__write")).toBeDefined();
});

it("a denied tool of a plugin must be there, by name or by pattern; what is not is refused with what is near", () => {
  const capabilities = withPlugins(pluginOf("wiki", [pluginTool("read"), pluginTool("write")]));
  for (const denied of ["mcp__wiki__read", "mcp__wiki__*", "mcp__wiki", "Bash"]) checkDenied([denied], capabilities);
  for (const denied of ["mcp__wiki__raed", "mcp__wik", "mcp__other__*"]) {
    expect(() => checkDenied([denied], capabilities), denied).toThrow(
      expect.objectContaining({ code: "usage.deny_tool", exit: 2 }),
    );
  }
  expect(() => checkDenied(["mcp__wiki__raed"], capabilities)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining("mcp__wiki__read") }),
  );
});

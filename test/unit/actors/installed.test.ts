/** What a worker and the lists know without running anything: the release's pins, and what runs say of descriptions. */
import { describe, expect, it } from "vitest";
import { installedDrift, releasedBy } from "../../../actors/runtime/drift/installed.ts";
import { AGENTS_LEAST, countUse } from "../../../actors/runtime/drift/use-hints.ts";
import type { RunEvent } from "../../../machines/run-event.ts";
import type { ToolDeclaration } from "../../../registry/tool.ts";
import { tools } from "../../../registry/tools/index.ts";
import { releasePins } from "../../../registry/tools/release-pins.ts";

describe("an installation", () => {
  const changed = (name: string): ToolDeclaration[] =>
    tools.map((tool) => (tool.name === name ? { ...tool, description: `${tool.description} Call it first.` } : tool));

  it("that is another in one word of one definition has drifted in just that tool", () => {
    const drift = installedDrift(changed("Read"), releasePins);
    expect([...drift.keys()]).toEqual(["Read"]);
    expect(drift.get("Read")?.hash).not.toBe(releasePins.Read?.hash);
    expect(installedDrift(tools, releasePins).size).toBe(0);
  });

  it("with a tool that the release does not know has drifted in it", () => {
    const { Read: _, ...others } = releasePins;
    expect([...installedDrift(tools, others)].map(([name, { reason }]) => `${name}: ${reason}`)).toEqual([
      "Read: it did not come with this release",
    ]);
  });

  it("speaks for its own tools only: for no plugin's, no workspace's, no server's of that name", () => {
    const release = releasedBy(releasePins);
    expect(release({ kind: "tool", scope: "", name: "Read" })?.hash).toBe(releasePins.Read?.hash);
    expect(release({ kind: "tool", scope: "/work", name: "Read" })).toBeNull();
    expect(release({ kind: "server", scope: "", name: "Read" })).toBeNull();
    expect(release({ kind: "tool", scope: "", name: "mcp__srv__echo" })).toBeNull();
  });
});

describe("the use of tools in runs", () => {
  const built: RunEvent = {
    type: "registry.built",
    tools: ["Read", "Glob"],
    deferred: ["mcp__s__a"],
    excluded: [],
    hash: "h",
  };
  const called = (query: string, choice: string | null): RunEvent => ({
    type: "tool.matched",
    ...{ call: "c", tool: query, query, candidates: [], choice },
  });

  it("hints at what many were offered and none called, and at names that nobody has; a few agents say nothing", () => {
    const use = countUse();
    for (let agent = 1; agent < AGENTS_LEAST; agent += 1) use.add(built);
    expect(use.hints()).toEqual([]);
    use.add(built);
    use.add(called("Read", "Read"));
    use.add(called("Find\u200b", null));
    use.add(called("Find\u200b", null));
    expect(use.hints()).toEqual([
      `Glob stood in the prompt of ${AGENTS_LEAST} agents, and none called it`,
      `mcp__s__a could be found by ${AGENTS_LEAST} agents, and none called it`,
      "agents called Find{U+200B} 2 times, and had no such tool",
    ]);
  });

  it("hints at a command that was judged read-only and tried to write; another failure is none", () => {
    const use = countUse();
    const failed = { type: "tool.failed", effect: "e", call: "c", tool: "Bash", bytes: 1, tookMs: 1 } as const;
    use.add(failed);
    expect(use.hints()).toEqual([]);
    use.add({ ...failed, misjudged: true });
    expect(use.hints()).toEqual([expect.stringContaining("a command judged read-only tried to write")]);
  });
});

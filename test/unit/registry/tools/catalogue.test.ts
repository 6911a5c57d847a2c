// Every tool of the catalogue is complete, and knowing of all of them loads none of them.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { definitionHash, inputSchema, toolNamed, tools } from "../../../../registry/tools/index.ts";

const repository = fileURLToPath(new URL("../../../../", import.meta.url));

describe.each(tools.map((tool) => [tool.name, tool] as const))("%s", (name, tool) => {
  test("is found by its name, and its source exists", () => {
    expect(toolNamed(name)).toBe(tool);
    expect(existsSync(`${repository}registry/${tool.source}`)).toBe(true);
    expect(tool.summary.length).toBeLessThanOrEqual(100);
    expect(tool.timeoutMs).toBeGreaterThan(0);
  });

  test("it has hands exactly when repeating it could do harm, and is then not read-only; only the network is neither", () => {
    expect(tool.loadDeed !== undefined).toBe(tool.repeat === "unsafe");
    expect(tool.loadDeed !== undefined && tool.load !== undefined).toBe(false);
    expect(tool.risk === "read-only" || tool.category === "network").toBe(tool.repeat === "safe");
  });

  test("its input is a closed object that JSON Schema can tell", () => {
    expect(inputSchema(tool)).toMatchObject({
      type: "object",
      additionalProperties: false,
      properties: expect.any(Object),
    });
    expect(inputSchema(tool)).not.toHaveProperty("$schema");
    expect(tool.input.safeParse({ noSuchKey: 1 }).error?.message).toContain("noSuchKey");
  });

  test("its hash changes with what is approved, and with nothing else", () => {
    const hash = definitionHash(tool);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(definitionHash({ ...tool, summary: "other", timeoutMs: 1, category: "swarm" })).toBe(hash);
    const changes = [
      { name: "Other" },
      { description: "other" },
      { risk: tool.risk === "destructive" ? ("mutating" as const) : ("destructive" as const) },
      { repeat: tool.repeat === "unsafe" ? ("safe" as const) : ("unsafe" as const) },
      { input: z.strictObject({}) },
    ];
    const others = changes.map((change) => definitionHash({ ...tool, ...change }));
    expect(new Set([hash, ...others]).size).toBe(changes.length + 1);
  });
});

describe("the catalogue", () => {
  test("has the tools of the contract, each once, in order", () => {
    const names = tools.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["AstSearch", "Bash", "Edit", "Glob", "Grep", "Read", "Report", "Write"]),
    );
    expect(names).toEqual([...new Set(names)].sort());
    expect(toolNamed("read")).toBeUndefined();
  });

  // Two fresh processes that compile what they load: slower than a unit test on a busy machine.
  test("loads no implementation, parser or expression engine", () => {
    const loaded = modulesLoadedBy("registry/tools/index.ts");
    expect(loaded.some((url) => url.endsWith("registry/tools/read.ts"))).toBe(true);
    expect(
      loaded.filter((url) => /registry\/tools\/run\/|node_modules\/(@ast-grep|re2js|picomatch|ignore)\//.test(url)),
    ).toEqual([]);
    expect(modulesLoadedBy("registry/tools/run/grep.ts").some((url) => url.includes("node_modules/re2js/"))).toBe(true);
  }, 60_000);
});

/** Addresses of every module that a fresh process loads for this one, as its loader was asked for them. */
function modulesLoadedBy(module: string): string[] {
  const tsx = `${repository}node_modules/tsx/dist/cli.mjs`;
  const program = fileURLToPath(new URL("../../../support/list-modules.ts", import.meta.url));
  const output = execFileSync(process.execPath, [tsx, program, `${repository}${module}`], { encoding: "utf8" });
  return z.array(z.string()).min(1).parse(JSON.parse(output));
}

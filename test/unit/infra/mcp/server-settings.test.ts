/** Reading who is configured: each entry by itself, what only the operator says, and what a start really is. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { obeysItsFolder } from "../../../../infra/mcp/program.ts";
import { serverOf } from "../../../../infra/mcp/server-entry.ts";
import { configuredServers, type ServerLayer } from "../../../../infra/mcp/server-settings.ts";
import { startOf } from "../../../../infra/mcp/server-start.ts";
import { filled, reference } from "../../../../infra/mcp/variables.ts";
import { temporaryFolder, writeFiles } from "../../../support/workspace.ts";

const ref = reference;
const layer = (
  origin: ServerLayer["origin"],
  servers: Record<string, unknown>,
  file = "/x/swarm.config.json",
): ServerLayer => ({ file, origin, servers });

const read = (
  servers: Record<string, unknown>,
  origin: ServerLayer["origin"] = "operator",
  variables: readonly string[] = [],
) =>
  configuredServers(
    { layers: [layer(origin, servers, origin === "operator" ? "/x/c.json" : join("/", "c.json"))], variables },
    temporaryFolder(),
  );

it("both kinds are read as people write them", () => {
  const { servers, problems } = read({
    fs: {
      command: "npx",
      args: ["-y", "@scope/x@1.2.3"],
      env: { TOKEN: ref("TOKEN") },
      network: true,
      tools: { read: { risk: "read-only" } },
    },
    web: { type: "http", url: "https://x.example/mcp", headers: { Authorization: `Bearer ${ref("KEY")}` } },
  });
  expect(problems).toEqual([]);
  expect(servers).toMatchObject([
    {
      id: "fs",
      origin: "operator",
      scope: "",
      start: { kind: "stdio", command: "npx", args: ["-y", "@scope/x@1.2.3"], network: true },
      tools: { read: { risk: "read-only" } },
    },
    { id: "web", start: { kind: "http", url: "https://x.example/mcp" } },
  ]);
});

describe("a bad entry is told of with its field and the way out, and the others stay:", () => {
  it.each([
    ["a__b", { command: "x" }, "", "no name for a server"],
    ["ends_", { command: "x" }, "", "no name for a server"],
    ["bad", 7, "", "no object"],
    ["bad", { type: "sse", url: "https://x" }, "type", "no such transport"],
    ["bad", { command: "" }, "command", "Too small"],
    ["bad", { command: "x", args: "y" }, "args", "expected array"],
    ["bad", { command: "x", cwd: "/" }, "cwd", "Unrecognized key"],
    ["bad", { command: "x", env: { API_KEY: "0123456789abcdef" } }, "env.API_KEY", "looks like a secret"],
    ["bad", { command: "x", args: ["--key", "sk-0123456789abcdef0123"] }, "args.1", "looks like a secret"],
    ["bad", { command: "x", env: { LD_PRELOAD: "./x.so" } }, "env.LD_PRELOAD", "the loader of programs obeys it"],
    ["bad", { args: ["y"] }, "command", "it is missing"],
    ["bad", { command: "x", args: ["$" + "{1}"] }, "args.0", "is no reference"],
    ["bad", { type: "http", url: "file:///etc/passwd" }, "url", "no http or https"],
    ["bad", { type: "http", url: "https://u:p@x/" }, "url", "holds credentials"],
    ["bad", { command: "x", tools: { a: { risk: "none" } } }, "tools.a.risk", "Invalid option"],
  ])("%s %j", (id, entry, field, problem) => {
    const { servers, problems } = read({ [id]: entry, fine: { command: "x" } });
    expect(servers.map((one) => one.id)).toEqual(["fine"]);
    expect(problems).toEqual([
      expect.objectContaining({ server: id, file: "/x/c.json", field, problem: expect.stringContaining(problem) }),
    ]);
    expect(problems[0]?.hint).not.toBe("");
    expect(JSON.stringify(problems)).not.toMatch(/0123456789abcdef|u:p@/);
  });
});

describe("what a workspace brings", () => {
  const brought = (mcpServers: unknown, variables: readonly string[] = [], layers: readonly ServerLayer[] = []) => {
    const workspace = temporaryFolder();
    writeFiles(workspace, { ".mcp.json": JSON.stringify({ mcpServers }) });
    return { workspace, ...configuredServers({ layers, variables }, workspace) };
  };

  it("has the workspace as its scope, and no say in risk and network", () => {
    const { workspace, servers, problems } = brought({
      ok: { command: "x" },
      net: { command: "x", network: true },
      risk: { command: "x", tools: {} },
      off: { command: "x", disabled: true },
    });
    expect(servers.map(({ id, origin, scope }) => [id, origin, scope])).toEqual([["ok", "workspace", workspace]]);
    expect(problems.map(({ server, field, hint }) => [server, field, hint.includes("operator")])).toEqual([
      ["net", "network", true],
      ["risk", "tools", true],
    ]);
  });

  it("has each name once: of two servers with one name neither counts, however the name is written", () => {
    const workspace = temporaryFolder();
    const text = `{"mcpServers": {"a": {"command": "x", "env": {"a": "}\\"{"}}, "b": {"command": "y"}, "\\u0061": {"command": "z"}}, "a": 1}`;
    writeFiles(workspace, { ".mcp.json": text });
    const { servers, problems } = configuredServers({ layers: [], variables: [] }, workspace);
    expect(servers.map(({ id }) => id)).toEqual(["b"]);
    expect(problems).toMatchObject([{ server: "a", problem: expect.stringContaining("more than one server") }]);
  });

  it("is told of every name that is none, also of an empty one and of one that objects have by themselves", () => {
    const workspace = temporaryFolder();
    const entry = '{"command": "x"}';
    writeFiles(workspace, { ".mcp.json": `{"mcpServers": {"__proto__": ${entry}, "": ${entry}, "ok": ${entry}}}` });
    const { servers, problems } = configuredServers({ layers: [], variables: [] }, workspace);
    expect(servers.map(({ id }) => id)).toEqual(["ok"]);
    expect(problems.map(({ server }) => server).sort()).toEqual(['""', "__proto__"]);
  });

  it("is given only the variables that the operator names", () => {
    const entry = { command: "x", env: { A: ref("SECRET") } };
    expect(brought({ a: entry }).problems).toEqual([
      expect.objectContaining({ field: "env.A", hint: expect.stringContaining("mcpVariables") }),
    ]);
    expect(brought({ a: entry }, ["SECRET"]).servers).toHaveLength(1);
    expect(brought({ a: { command: "x", args: [ref("SECRET:-none")] } }).servers).toHaveLength(1);
  });

  it("does not stand in the operator's place, and is switched off by its name", () => {
    const mine = layer("operator", { same: { command: "mine" }, gone: { disabled: true } });
    const { servers, problems } = brought({ same: { command: "theirs" }, gone: { command: "theirs" } }, [], [mine]);
    expect(servers.map(({ id, origin }) => [id, origin])).toEqual([["same", "operator"]]);
    expect(problems.map(({ server, problem }) => [server, problem])).toEqual([
      ["same", "another server of that name counts"],
      ["gone", "another server of that name counts"],
    ]);
  });

  it.each(["{", "[]", '{"mcpServers":[]}'])("and is %s, is told of and stops nobody", (content) => {
    const workspace = temporaryFolder();
    writeFiles(workspace, { ".mcp.json": content });
    const { servers, problems } = configuredServers(
      { layers: [layer("operator", { fine: { command: "x" } })], variables: [] },
      workspace,
    );
    expect(servers.map(({ id }) => id)).toEqual(["fine"]);
    expect(problems).toHaveLength(1);
  });
});

describe("a start is what is really there", () => {
  const startOfArgs = (home: string, command: string, ...args: string[]) =>
    startOf({ start: { kind: "stdio", command, args, env: {}, network: false }, home }, process.env.PATH ?? "");

  it("a script by its hash, and another content is another start", () => {
    const home = temporaryFolder();
    writeFiles(home, { "tools/server.mjs": "1", "package.json": '{"name":"own","version":"3.2.1"}' });
    const first = startOfArgs(home, "node", "tools/server.mjs");
    expect(JSON.parse(first.text).program).toEqual({
      file: join(home, "tools/server.mjs"),
      installed: { name: "own", version: "3.2.1" },
      sha256: createHash("sha256")
        .update(readFileSync(join(home, "tools/server.mjs")))
        .digest("hex"),
    });
    writeFiles(home, { "tools/server.mjs": "2" });
    expect(startOfArgs(home, "node", "tools/server.mjs").hash).not.toBe(first.hash);
  });

  it("a fetched package by what is written and what is installed; a floating one is told of", () => {
    const home = temporaryFolder();
    expect(startOfArgs(home, "npx", "-y", "@scope/x@1.2.3")).toMatchObject({
      told: [expect.stringContaining("it may not reach the network")],
    });
    expect(startOfArgs(home, "npx", "-y", "@scope/x").told.join()).toContain("name an exact version");
    expect(startOfArgs(home, "npx", "-y", "@scope/x@latest").told.join()).toContain("name an exact version");
    expect(startOfArgs(home, "uvx", "thing==1.0").told).toEqual([
      expect.stringContaining("it may not reach the network"),
    ]);
    expect(startOfArgs(home, "uvx", "thing").told.join()).toContain("whatever thing is");
    const before = startOfArgs(home, "npx", "-y", "@scope/x").hash;
    writeFiles(home, {
      "node_modules/@scope/x/package.json": '{"name":"@scope/x","version":"9.9.9","bin":{"x":"cli.js"}}',
      "node_modules/@scope/x/cli.js": "1",
    });
    const local = startOfArgs(home, "npx", "-y", "@scope/x");
    expect(local.hash).not.toBe(before);
    expect(local.text).toContain('"version": "9.9.9"');
    writeFiles(home, { "node_modules/@scope/x/cli.js": "2" });
    expect(startOfArgs(home, "npx", "-y", "@scope/x").hash).not.toBe(local.hash);
  });

  it("what would obey the folder that it is started in is known by its name, an operator's is looked for nowhere in the workspace", () => {
    const obeys = (line: string) => {
      const [command = "", ...args] = line.split(" ");
      return obeysItsFolder({ command, args });
    };
    const obeying = [
      "npx -y x@1",
      "/usr/bin/npx x@1",
      "uvx x==1",
      "bun run s.ts",
      "python3 -m srv",
      "python -u -m srv",
    ];
    for (const line of [...obeying, "sh -c x", "bash -lc x", "env node s.js"])
      expect([line, obeys(line)]).toEqual([line, true]);
    for (const line of ["node /opt/s.js .", "python3 /opt/s.py -m", "docker run x", "bash /opt/s.sh -c", "srv"])
      expect([line, obeys(line)]).toEqual([line, false]);
    const home = temporaryFolder();
    const place = { file: join(home, ".mcp.json"), home, variables: [] };
    const raw = { command: "npx", args: ["x@1.0.0"] };
    expect(serverOf("s", raw, { ...place, origin: "operator" }, () => {})?.home).toBe("/");
    expect(serverOf("s", raw, { ...place, origin: "workspace" }, () => {})?.home).toBe(home);
    expect(serverOf("s", { command: "node" }, { ...place, origin: "operator" }, () => {})?.home).toBe(home);
  });

  it("every word of it counts: arguments, variables, network, address, headers", () => {
    const home = temporaryFolder();
    const base = { kind: "stdio", command: "npx", args: ["x@1.0.0"], env: {}, network: false } as const;
    const http = { kind: "http", url: "https://x/", headers: {} } as const;
    const starts = [
      base,
      { ...base, args: ["x@1.0.1"] },
      { ...base, env: { A: "1" } },
      { ...base, env: { A: ref("A") } },
      { ...base, network: true },
      http,
      { ...http, url: "https://y/" },
      { ...http, headers: { a: "b" } },
    ];
    const hashes = starts.map((start) => startOf({ start: start as never, home }, "").hash);
    expect(new Set(hashes).size).toBe(starts.length);
  });
});

it("a variable without a value stops the start, by its name", () => {
  expect(filled(`a ${ref("X")} ${ref("Y:-z")}`, (name) => (name === "X" ? "1" : undefined))).toBe("a 1 z");
  expect(() => filled(ref("X"), () => undefined)).toThrow(/X\} has no value/);
});

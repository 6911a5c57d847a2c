/** Laws of `swarm tools`: it tells of everything there is and loads nothing of what runs. Real child processes. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { commands } from "../../../apps/cli/command-table.ts";
import { tools } from "../../../registry/tools/index.ts";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const lister = fileURLToPath(new URL("../../support/list-modules.ts", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "swarm-tools-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

interface Told {
  readonly lines: readonly string[];
  /** Addresses of every module that the process loaded. */
  readonly modules: readonly string[];
}

/** The command in a folder where nothing is configured, and the modules of its process. */
async function told(...words: readonly string[]): Promise<Told> {
  const env = { PATH: process.env.PATH ?? "", HOME: home, SWARM_DATA_DIR: join(home, "data"), NO_COLOR: "1" };
  const main = `${repository}apps/cli/main.ts`;
  const tsx = `${repository}node_modules/tsx/dist/cli.mjs`;
  const argv = [tsx, lister, main, "tools", ...words, "--workspace", home];
  const { stdout } = await promisify(execFile)(process.execPath, argv, {
    cwd: home,
    env,
    maxBuffer: 64 * 1024 * 1024,
  }).catch((failed: { stdout: string; code: number }) => failed);
  const lines = stdout.trimEnd().split("\n");
  return {
    lines: lines.slice(0, -1),
    modules: z
      .array(z.string())
      .min(1)
      .parse(JSON.parse(lines.at(-1) ?? "")),
  };
}

const entry = z.object({
  name: z.string().min(1),
  tier: z.enum(["built-in", "plugin", "skill"]),
  risk: z.enum(["read-only", "mutating", "destructive"]).nullable(),
  category: z.string(),
  summary: z.string().min(1).max(100),
  source: z.string().min(1),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  state: z.enum(["new", "active", "drifted", "quarantined"]),
});
const listed = z.object({ v: z.literal(1), tools: z.array(entry) });

let list: Told;
let pool: Told;
let show: Told;
let search: Told;
let wrong: Told;
beforeAll(async () => {
  [list, show] = await Promise.all([told("list", "--json"), told("show", "Grep", "--json")]);
  [pool, search] = await Promise.all([
    told("list", "--agent", "explore", "--mode", "plan", "--json"),
    told("search", "lines", "of", "a", "file", "--kind", "tool", "--json"),
  ]);
  wrong = await told("show", "Gerp", "--json");
}, 120_000);

const first = ({ lines }: Told): unknown => JSON.parse(lines[0] ?? "");

describe("it loads", () => {
  const implementations =
    /registry\/(tools\/run|plugins\/run|probes\/(?!finding))|node_modules\/(@ast-grep|picomatch|htmlparser2|unbash|ioredis|bullmq|@modelcontextprotocol|@anthropic-ai)\//;
  it("the declarations, and no implementation, parser, client or server", () => {
    for (const { modules } of [list, show, pool, search, wrong]) {
      expect(modules.some((url) => url.endsWith("registry/tools/grep.ts"))).toBe(true);
      expect(modules.filter((url) => implementations.test(url))).toEqual([]);
    }
  });
});

it("list has every tool in the form of the contract, sorted by name", () => {
  const document = listed.parse(first(list));
  expect(document.tools.map(({ name }) => name)).toEqual(tools.map(({ name }) => name));
  expect(document.tools.every(({ state, risk }) => state === "active" && risk !== null)).toBe(true);
});

it("list with an agent and a mode has the pool, and of every other tool why it is out", () => {
  const document = z
    .object({
      agent: z.literal("explore"),
      mode: z.literal("plan"),
      tools: z.array(entry.extend({ pool: z.enum(["prompt", "found", "out"]), reason: z.string().nullable() })),
    })
    .parse(first(pool));
  expect(document.tools.map(({ name }) => name)).toEqual(tools.map(({ name }) => name));
  for (const { pool: place, reason } of document.tools) expect(reason === null).toBe(place !== "out");
  const placeOf = (wanted: string) => document.tools.find(({ name }) => name === wanted)?.pool;
  expect([placeOf("Read"), placeOf("Write"), placeOf("Bash")]).toEqual(["prompt", "out", "out"]);
});

it("show has the definition, the schema and the hash of one tool", () => {
  const { tool } = z
    .object({ tool: entry.extend({ description: z.string(), inputSchema: z.unknown() }) })
    .parse(first(show));
  const declared = tools.find(({ name }) => name === "Grep");
  expect(tool).toMatchObject({ name: "Grep", description: declared?.description });
  expect(tool.inputSchema).toMatchObject({ type: "object", properties: { pattern: expect.any(Object) } });
});

it("search finds by words, the best match first", () => {
  const { tools: found } = listed.parse(first(search));
  expect(found[0]?.name).toBe("Read");
  expect(found.length).toBeLessThan(tools.length);
});

it("a name that there is not is an error that names what is near", () => {
  expect(first(wrong)).toMatchObject({ error: { code: "tools.unknown", hint: expect.stringContaining("Grep") } });
});

it("every command of the command line is in the table, each with a module and a summary of one line", () => {
  const names = commands.map(({ usage }) => usage.split(" ")[0]);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining(["run", "show", "tools", "evaluate"]));
  for (const { summary } of commands) expect(summary).toMatch(/^[^\n]{1,200}$/);
});

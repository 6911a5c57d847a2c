// Proves that the linter holds the one-way rooms: files that break a rule are written into an empty copy of the layout,
// and Biome, with this repository's own configuration, must name every one of them and none of their clean neighbours.

import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

const root = fileURLToPath(new URL("../..", import.meta.url));
const biome = join(root, "node_modules", "@biomejs", "biome", "bin", "biome");

const rooms = ["machines", "registry", "infra", "actors", "apps"] as const;
type Room = (typeof rooms)[number];

/** The arrows of `docs/ARCHITECTURE.md`, said a second time on purpose: the test must not learn them from the linter. */
const mayImport: Record<Room, readonly Room[]> = {
  machines: [],
  registry: ["machines"],
  infra: ["machines"],
  actors: ["registry", "infra", "machines"],
  apps: ["actors", "registry", "infra", "machines"],
};

type Probe = { readonly file: string; readonly code: string; readonly rule?: string };

const importRule = "lint/style/noRestrictedImports";
const globalRule = "lint/style/noRestrictedGlobals";
const envRule = "lint/style/noProcessEnv";
const randomRule = "lint/nursery/noJsRestrictedProperties";

const impureGlobals =
  `Date performance Intl Temporal setTimeout setInterval setImmediate queueMicrotask AbortSignal crypto
  process globalThis global fetch WebSocket EventSource BroadcastChannel MessageChannel WeakRef FinalizationRegistry eval
  Function require`.split(/\s+/);

/** What would let a tool touch the world past its Box. */
const worldModules =
  `node:fs node:fs/promises node:child_process node:net node:tls node:dgram node:dns node:dns/promises
  node:http node:https node:http2 node:cluster ioredis ioredis/built/Redis.js bullmq bullmq/dist/esm/index.js`.split(
    /\s+/,
  );

const forbidden: readonly Required<Probe>[] = [
  ...forbiddenEdges(),
  ...probes("machines/package", importRule, [
    'import { Redis } from "ioredis";\nexport const value = Redis;',
    'import { readFileSync } from "node:fs";\nexport const value = readFileSync;',
    'import { createHash } from "node:crypto";\nexport const value = createHash;',
    'import { setTimeout } from "node:timers/promises";\nexport const value = setTimeout;',
    'import { something } from "zodiac";\nexport const value = something;',
    'export const value = () => import("pino");',
  ]),
  ...probes("machines/impure", globalRule, [
    "export const value = Date.now();",
    "export const value = () => new Date();",
    "export const value = crypto.randomUUID();",
    "export const value = performance.now();",
    "export const value = setTimeout(() => undefined, 1);",
    "export const value = setInterval(() => undefined, 1);",
    "setImmediate(() => undefined);\nexport const value = 1;",
    "queueMicrotask(() => undefined);\nexport const value = 1;",
    "export const value = globalThis.Date.now();",
    "export const value = process.pid;",
    'export const value = () => fetch("http://127.0.0.1");',
    'export const value = new Intl.DateTimeFormat("en").format();',
    "export const value = AbortSignal.timeout(1);",
  ]),
  ...probes("machines/random", randomRule, [
    "export const value = Math.random();",
    'export const value = Math["random"]();',
    "export const { random: value } = Math;",
    "const source = Math;\nexport const value = source.random();",
  ]),
  ...probes(
    "machines/denied",
    globalRule,
    impureGlobals.map((name) => `export const value = () => [${name}];`),
  ),
  ...probes(
    "registry/world",
    importRule,
    worldModules.map((name) => `export const value = () => import("${name}");`),
  ),
  ...rooms.flatMap((room) =>
    probes(`${room}/env`, envRule, [
      "export const value = process.env.HOME;",
      'import process from "node:process";\nexport const value = process.env.HOME;',
      'import { env } from "node:process";\nexport const value = env.HOME;',
    ]),
  ),
  ...rooms.flatMap((room) => [
    { file: `${room}/long-file.ts`, rule: "lint/style/noExcessiveLinesPerFile", code: linesOfCode(301) },
    {
      file: `${room}/long-function.ts`,
      rule: "lint/complexity/noExcessiveLinesPerFunction",
      code: functionOfLines(61),
    },
  ]),
  ...cycle("machines/loop", "import { value as other }"),
  ...probes("actors/inline-type", "lint/style/useImportType", [
    'import { type value as other } from "./target.ts";\nexport const value = (input: typeof other) => input;',
  ]),
];

const clean: readonly Probe[] = [
  // A tool's description loads its code lazily, and the code takes the description's types: that is no cycle at run time.
  ...cycle("registry/type-loop", "import type { value as other }").map(({ file, code }) => ({ file, code })),
  ...rooms.flatMap((from) =>
    mayImport[from].map((to) => ({
      file: `${from}/may-import-${to}.ts`,
      code: `import { value as other } from "../${to}/target.ts";\nexport const value = other;`,
    })),
  ),
  ...rooms.map((room) => ({ file: `${room}/target.ts`, code: "export const value = 1;" })),
  ...rooms.map((room) => ({
    file: `${room}/own/files.ts`,
    code: 'import { value as other } from "../target.ts";\nexport const value = other;',
  })),
  {
    file: "machines/pure.ts",
    code: 'import { setup } from "xstate";\nimport { getShortestPaths } from "xstate/graph";\nimport { z } from "zod";\nimport { mini } from "zod/mini";\nimport { value as own } from "./target.ts";\nexport const value = [setup, getShortestPaths, z, mini, own, Math.min(1, 2)];',
  },
  {
    file: "registry/pure.ts",
    code: 'import { join } from "node:path";\nimport { z } from "zod";\nexport const value = [join, z];',
  },
  {
    file: "infra/world.ts",
    code: 'import { readFile } from "node:fs/promises";\nimport { Redis } from "ioredis";\nexport const value = [readFile, Redis];',
  },
  { file: "infra/environment.ts", code: "export const value = process.env.HOME;" },
  { file: "infra/full-file.ts", code: linesOfCode(300) },
  { file: "infra/full-function.ts", code: functionOfLines(60) },
  { file: "test/support/target.ts", code: linesOfCode(400) },
  { file: "test/unit/probe.test.ts", code: functionOfLines(90) },
  {
    file: "examples/target.ts",
    code: 'import { value as other } from "../apps/target.ts";\nexport const value = other;',
  },
];

const reportSchema = z.object({
  summary: z.object({ unchanged: z.number(), changed: z.number() }),
  diagnostics: z.array(z.object({ category: z.string(), location: z.object({ path: z.string() }) })),
});

let layout = "";
let flagged: Map<string, Set<string>>;
let filesRead = 0;

beforeAll(async () => {
  layout = mkdtempSync(join(tmpdir(), "statehive-rooms-"));
  for (const name of ["biome.json", ".gitignore"]) copyFileSync(join(root, name), join(layout, name));
  for (const { file, code } of [...forbidden, ...clean]) {
    mkdirSync(dirname(join(layout, file)), { recursive: true });
    writeFileSync(join(layout, file), `${code}\n`);
  }
  const report = await lint(layout);
  filesRead = report.summary.unchanged + report.summary.changed;
  flagged = new Map();
  for (const { category, location } of report.diagnostics) {
    const rules = flagged.get(location.path) ?? new Set();
    flagged.set(location.path, rules.add(category));
  }
});

afterAll(() => rmSync(layout, { recursive: true, force: true }));

describe("the linter holds the rooms", () => {
  test("every probe was written under its own name and read by the linter", () => {
    const files = new Set([...forbidden, ...clean].map(({ file }) => file));
    expect(files.size).toBe(forbidden.length + clean.length);
    expect(forbidden.length).toBeGreaterThan(100);
    expect(filesRead).toBeGreaterThanOrEqual(files.size);
  });

  test.each([...new Set(forbidden.map(({ rule }) => rule))])("every file that breaks %s is named for it", (rule) => {
    const broken = forbidden.filter((probe) => probe.rule === rule).map(({ file }) => file);
    expect(broken.length).toBeGreaterThan(0);
    expect(broken.filter((file) => !flagged.get(file)?.has(rule))).toEqual([]);
  });

  test("every file that breaks nothing is left alone", () => {
    const blamed = clean.flatMap(({ file }) => [...(flagged.get(file) ?? [])].map((rule) => `${file}: ${rule}`));
    expect(clean.length).toBeGreaterThan(rooms.length);
    expect(blamed).toEqual([]);
  });

  test("no product file silences a rule that holds the design, or a whole tool", () => {
    const typed = rooms.flatMap((room) => filesIn(room)).filter((file) => file.endsWith(".ts"));
    expect(typed.length).toBeGreaterThan(0);
    expect(typed.filter((file) => silencesDesign(readFileSync(join(root, file), "utf8")))).toEqual([]);
  });

  test("no source lies outside the rooms that the linter knows", () => {
    const known = new Set([...rooms, "examples", "test", "docs", "dist", "node_modules", "coverage"]);
    const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const visible = folders.map(({ name }) => name).filter((name) => !name.startsWith("."));
    expect(visible.filter((name) => !known.has(name))).toEqual([]);
  });
});

/** One finding of an ordinary rule may be waved through with its reason; the rules proved here may not, nor types or promises. */
function silencesDesign(code: string): boolean {
  if (/(oxlint|eslint)-disable|@ts-(ignore|nocheck|expect-error)|biome-ignore-(all|start)/.test(code)) return true;
  const silenced = [...code.matchAll(/biome-ignore\s+([\w/]*)/g)].map(([, rule]) => rule ?? "");
  return silenced.some((rule) => rule.split("/").length < 3 || forbidden.some((probe) => probe.rule === rule));
}

function filesIn(room: Room): string[] {
  return readdirSync(join(root, room), { recursive: true, encoding: "utf8" }).map((name) => join(room, name));
}

/** Every pair of rooms without an arrow, in each way a module can be named, and the folders that no product file may reach. */
function forbiddenEdges(): Required<Probe>[] {
  const edges = rooms.flatMap((from) => {
    const others = [...rooms, "test/support", "examples"] as const;
    return others
      .filter((to) => to !== from && !mayImport[from].some((allowed) => allowed === to))
      .map((to) => [from, to]);
  });
  return edges
    .flatMap(([from, to]) => {
      const target = `../${to}/target.ts`;
      const spellings = [
        `import { value as other } from "${target}";\nexport const value = other;`,
        `import type { value as other } from "${target}";\nexport type Value = typeof other;`,
        `export { value } from "${target}";`,
        `export const value = () => import("${target}");`,
        `import { value as other } from "../${from}/../${to}/target.ts";\nexport const value = other;`,
      ];
      const name = `${from}/reaches-${to?.replace("/", "-")}`;
      const nested = { file: `${name}/nested.ts`, rule: importRule, code: `import "../../${to}/target.ts";` };
      return [...probes(name, importRule, spellings), nested];
    })
    .concat(
      rooms.flatMap((room) =>
        probes(`${room}/round-about`, importRule, [
          'import { value as other } from "statehive/tool";\nexport const value = other;',
          'import { value as other } from "statehive";\nexport const value = other;',
          'import { value as other } from "../dist/machines/fold.js";\nexport const value = other;',
        ]),
      ),
    );
}

function probes(name: string, rule: string, codes: readonly string[]): Required<Probe>[] {
  return codes.map((code, index) => ({ file: `${name}-${index + 1}.ts`, rule, code }));
}

function cycle(name: string, clause: string): Required<Probe>[] {
  const rule = "lint/suspicious/noImportCycles";
  const [one, two] = [`${name}-one`, `${name}-two`];
  const half = (other: string) =>
    `${clause} from "../${other}.ts";\nexport const value: () => unknown = () => (undefined as typeof other);`;
  return [
    { file: `${one}.ts`, rule, code: half(two) },
    { file: `${two}.ts`, rule, code: half(one) },
  ];
}

function linesOfCode(count: number): string {
  return Array.from({ length: count }, (_, index) => `export const line${index} = ${index};`).join("\n");
}

function functionOfLines(count: number): string {
  const body = Array.from({ length: count - 1 }, (_, index) => `  total += ${index};`).join("\n");
  return `export function sum(): number {\n  let total = 0;\n${body.split("\n").slice(1).join("\n")}\n  return total;\n}`;
}

function lint(folder: string): Promise<z.infer<typeof reportSchema>> {
  return new Promise((resolve, reject) => {
    const args = [biome, "lint", "--reporter=json", "--max-diagnostics=none", "."];
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (_failed, stdout, stderr) => {
      const parsed = reportSchema.safeParse(parseJson(stdout));
      if (parsed.success) resolve(parsed.data);
      else reject(new Error(`Biome did not report: ${stderr}`, { cause: parsed.error }));
    });
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

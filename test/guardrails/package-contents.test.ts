// What `npm pack` would publish is an allow-list: the compiled product, its documents, and nothing else. Source maps, tests,
// secrets and stray files once left other projects this way; here each of them turns a test red.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { VERSION } from "../../infra/version.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const rooms = ["machines", "registry", "infra", "actors", "apps"];

const manifestSchema = z.object({
  files: z.array(z.string()).nonempty(),
  bin: z.record(z.string(), z.string()),
  exports: z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())])),
});
const packSchema = z.tuple([z.object({ files: z.array(z.object({ path: z.string() })) })]);

const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));

/** Shapes of credentials; long enough in each case that code which merely names the prefix does not match. */
const secrets = [
  /sk-ant-[\w-]{16,}/,
  /\bsk-[A-Za-z0-9]{32,}/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{30,}/,
  /\bnpm_[A-Za-z0-9]{30,}/,
  /\bxox[abprs]-[A-Za-z0-9-]{16,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16,}/,
  /:_authToken\s*=\s*\S{8,}/,
];

/** Paths that must never be published, whatever the allow-list says. */
const banned = [
  /\.map$/,
  /(^|\/)(test|tests|fixtures|node_modules|examples)\//,
  /\.test\.\w+$/,
  /(^|\/)\.env/,
  /\.(pem|key|p12|aof|rdb|log|tgz|tsbuildinfo)$/,
  /(^|\/)\.(swarm|git|npmrc|ci|stamp)/,
];

describe("the published package", () => {
  let packed: string[] = [];

  beforeAll(async () => {
    // As packing itself builds.
    await run(process.execPath, [join(root, "test", "support", "build.mjs"), "--exact"]);
    packed = await pack(root);
  });

  test("calls itself by the version that its manifest names", () => {
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
    expect(VERSION).toBe(version);
  });

  test("holds every product source as compiled, its documents, and nothing else", () => {
    const sources = rooms.flatMap((room) => filesUnder(join(root, room)));
    // The page is joined to a few files, and none of its sources is there.
    const compiled = sources.filter((file) => !file.startsWith("apps/visualizer/page/")).flatMap(compiledNames);
    const page = packed.filter((path) => path.startsWith("dist/page/"));
    expect(page.length).toBeGreaterThan(0);
    const known = pageParts();
    expect(page.filter((path) => !known.has(path))).toEqual([]);
    const documents = filesUnder(join(root, "docs")).filter((file) => file.endsWith(".md"));
    expect(compiled.length).toBeGreaterThan(0);
    const parts = packed.filter((path) => path.startsWith("dist/bundle/"));
    expect(parts.length).toBeGreaterThan(0);
    const wanted = needed();
    expect(parts.filter((path) => !wanted.has(path))).toEqual([]);
    const expected = [
      ...compiled,
      ...parts,
      ...page,
      ...documents,
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "package.json",
    ];
    expect([...packed].sort()).toEqual(expected.sort());
  });

  test("opens every door it promises: the command and each export", () => {
    const doors = Object.values(manifest.exports).flatMap((door) =>
      typeof door === "string" ? door : Object.values(door),
    );
    const promised = [...Object.values(manifest.bin), ...doors].map((path) => path.replace(/^\.\//, ""));
    expect(promised.length).toBeGreaterThan(1);
    expect(promised.filter((path) => !packed.includes(path))).toEqual([]);
  });

  test("starts its command by the shebang that npm needs to link it", () => {
    const commands = Object.values(manifest.bin);
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands)
      expect(readFileSync(join(root, command), "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  test("holds no banned path", () => {
    expect(packed.length).toBeGreaterThan(0);
    expect(packed.filter((path) => banned.some((pattern) => pattern.test(path)))).toEqual([]);
  });

  test("holds no source map, inside a file or beside it, and nothing shaped like a credential", () => {
    expect(packed.length).toBeGreaterThan(0);
    expect(packed.filter((path) => leaks(readFileSync(join(root, path), "utf8")))).toEqual([]);
  });
});

describe("the allow-list", () => {
  const strays = [
    ".env",
    ".env.local",
    ".npmrc",
    ".swarm/redis.aof",
    "notes.txt",
    "id_rsa.pem",
    "actors/runtime/runtime.ts",
    "dist/.env",
    "dist/.stamp",
    "dist/actors/runtime/runtime.js.map",
    "dist/actors/runtime/runtime.d.ts.map",
    "dist/actors/runtime/.env",
    "dist/actors/runtime/key.pem",
    "dist/test/unit/fold.test.js",
    "dist/vitest.config.js",
    "docs/draft.docx",
    "docs/.env",
    "test/unit/fold.test.ts",
    "examples/one.ts",
    "package-lock.json",
  ];
  const kept = [
    "dist/actors/runtime/runtime.js",
    "dist/infra/redis/commit.lua",
    "dist/bundle/chunk-A.js",
    "docs/guarantees.md",
    "README.md",
  ];

  test("keeps strays out wherever they lie, and the product in", async () => {
    const folder = mkdtempSync(join(tmpdir(), "statehive-pack-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const content = JSON.stringify({ name: "probe", version: "1.0.0", files: manifest.files });
    for (const file of [...strays, ...kept, "package.json"]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), file === "package.json" ? content : "x\n");
    }
    expect((await pack(folder)).sort()).toEqual([...kept, "package.json"].sort());
  });

  test("would be seen to leak: each sample of a secret or a map is recognised", () => {
    const samples = [
      `const key = "sk-ant-${"api03-".repeat(5)}";`,
      `AKIA${"ABCD2345".repeat(2)}`,
      `token: ghp_${"a1B2".repeat(9)}`,
      `//registry.example/:_authToken=${"f00d".repeat(4)}`,
      `-----BEGIN RSA PRIVATE KEY-----\n${"MIIE".repeat(8)}`,
      "export {};\n//# sourceMappingURL=main.js.map",
      "export {};\n//# sourceMappingURL=data:application/json;base64,e30=",
    ];
    expect(samples.filter((sample) => !leaks(sample))).toEqual([]);
    expect(leaks('const pattern = /sk-ant-[\\w-]+/; // an "sk-ant-…" key')).toBe(false);
  });
});

function leaks(text: string): boolean {
  return secrets.some((pattern) => pattern.test(text)) || /^\/[/*][#@] sourceMappingURL=/m.test(text);
}

/** Paths that npm would put into the archive, without running the package's own scripts. */
async function pack(folder: string): Promise<string[]> {
  const { stdout } = await run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts", "--loglevel=error"], {
    cwd: folder,
    maxBuffer: 16 * 1024 * 1024,
  });
  return packSchema.parse(JSON.parse(stdout))[0].files.map(({ path }) => path);
}

/** Parts that an entry needs, directly or through others, and their licences. */
function needed(): ReadonlySet<string> {
  const found = new Set(["dist/bundle/LICENSES.txt"]);
  const look = (file: string): void => {
    const text = readFileSync(join(root, file), "utf8");
    for (const [, to = ""] of text.matchAll(/["'](\.\.?\/(?:[\w./-]*\/)?[\w-]+-[A-Z0-9]{8}\.js)["']/g)) {
      const part = join(dirname(file), to);
      if (found.has(part)) continue;
      found.add(part);
      look(part);
    }
  };
  for (const entry of ["apps/cli/main.js", "infra/journal/recorder.js", "infra/model/local/thread-entry.js"])
    look(`dist/${entry}`);
  return found;
}

/** What the page is made of, and the parts that it loads later. */
function pageParts(): ReadonlySet<string> {
  const later = [...readFileSync(join(root, "dist/page/page.js"), "utf8").matchAll(/"\.\/([\w.]+-[A-Z0-9]{8}\.js)"/g)];
  const fixed = ["index.html", "page.js", "page.css", "report.js", "icon.svg", "LICENSES.txt"];
  return new Set([...fixed, ...later.map(([, name]) => name)].map((name) => `dist/page/${name}`));
}

function compiledNames(source: string): string[] {
  if (source.endsWith(".ts")) return [source.replace(/\.ts$/, ".js"), source.replace(/\.ts$/, ".d.ts")].map(inDist);
  return [inDist(source)];
}

function inDist(path: string): string {
  return `dist/${path}`;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

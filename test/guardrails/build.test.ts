// The laws of the build script, each on a small product of its own: other terminals run from `dist/` while it works, and
// every command of a fresh clone starts with it, so it must be silent, exact and never leave `dist/` half-way.

import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const script = "test/support/build.mjs";
const EARLIER = "dist/bundle/chunk-EARLIER1.js";

let project = "";

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "statehive-build-"));
  const parts = ["test/support/bundle.mjs", "test/support/page-bundle.mjs"];
  for (const file of [script, ...parts, "package.json", "tsconfig.json", "tsconfig.build.json"]) {
    mkdirSync(dirname(join(project, file)), { recursive: true });
    copyFileSync(join(root, file), join(project, file));
  }
  symlinkSync(join(root, "node_modules"), join(project, "node_modules"));
  write("infra/one.ts", 'import { two } from "./two.ts";\nexport const one: number = two;\n');
  write("infra/two.ts", "export const two = 2;\n");
  write("infra/act.lua", "return 1\n");
});

afterEach(() => rmSync(project, { recursive: true, force: true }));

describe("the build", () => {
  test("compiles each source, puts each Lua script beside its compiled sibling, and says nothing", () => {
    expect(build()).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(read("dist/infra/one.js")).toContain('from "./two.js"');
    expect(read("dist/infra/act.lua")).toBe("return 1\n");
    expect(existsSync(join(project, "dist/infra/one.d.ts"))).toBe(true);
    expect(leftovers()).toEqual([]);
  });

  test("changes no file when nothing has changed", () => {
    build();
    const before = statSync(join(project, "dist/infra/one.js"), { bigint: true });
    expect(build().status).toBe(0);
    const after = statSync(join(project, "dist/infra/one.js"), { bigint: true });
    expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs]);
  });

  test("follows a source that changed, vanished or lost its output", () => {
    build();
    write("infra/two.ts", "export const two = 22;\n");
    expect(build().status).toBe(0);
    expect(read("dist/infra/two.js")).toContain("22");

    rmSync(join(project, "infra/act.lua"));
    expect(build().status).toBe(0);
    expect(existsSync(join(project, "dist/infra/act.lua"))).toBe(false);

    rmSync(join(project, "dist/infra/one.js"));
    expect(build().status).toBe(0);
    expect(existsSync(join(project, "dist/infra/one.js"))).toBe(true);
  });

  test("clears away what no source stands behind, such as the output of another branch", () => {
    write("dist/actors/gone.js", "export {};\n");
    build();
    expect(existsSync(join(project, "dist/actors/gone.js"))).toBe(false);
  });

  test("joins what the command starts with, its packages too; what it may need later stays apart, and every file its place", () => {
    product();
    expect(build()).toEqual({ status: 0, stdout: "", stderr: "" });
    const parts = readdirSync(join(project, "dist/bundle")).filter((name) => name.endsWith(".js"));
    const compiled = readFileSync(join(project, "dist/apps/cli/main.js"), "utf8");
    expect(compiled).toMatch(/^#!/);
    expect(compiled).not.toContain('from "picocolors"');
    // Without its packages, and without the compiled modules that were joined, the command runs all the same.
    rmSync(join(project, "node_modules"));
    for (const file of ["one", "two", "later"]) rmSync(join(project, `dist/infra/${file}.js`));
    expect(parts.some((name) => read(`dist/bundle/${name}`).includes("said later"))).toBe(true);
    expect(compiled).not.toContain("said later");
    const { stdout, stderr } = spawnSync(process.execPath, [join(project, "dist/apps/cli/main.js")], {
      encoding: "utf8",
    });
    expect({ stdout, stderr }).toEqual({ stdout: "2 true return 1\nsaid later\n", stderr: "" });
  });

  test("puts the licence of every package beside the code that it joined", () => {
    product();
    expect(build().status).toBe(0);
    expect(read("dist/bundle/LICENSES.txt")).toMatch(/^picocolors \d.* \(ISC\)\n\nISC License\n/);
  });

  test("leaves a running process the parts it was started from, and packs nothing of them", () => {
    product();
    expect(build().status).toBe(0);
    write(EARLIER, "export {};\n");
    write("infra/two.ts", "export const two = 22;\n");
    expect(build().status).toBe(0);
    expect(existsSync(join(project, EARLIER))).toBe(true);
    expect(build("--exact").status).toBe(0);
    expect(existsSync(join(project, EARLIER))).toBe(false);
    expect(existsSync(join(project, "dist/apps/cli/main.js"))).toBe(true);

    write(EARLIER, "export {};\n");
    const longAgo = new Date(Date.now() - 25 * 3_600_000);
    utimesSync(join(project, EARLIER), longAgo, longAgo);
    write("infra/two.ts", "export const two = 222;\n");
    expect(build().status).toBe(0);
    expect(existsSync(join(project, EARLIER))).toBe(false);
  });

  test("leaves dist as it was when a source does not compile, and names the source", () => {
    build();
    write("infra/two.ts", 'export const two: number = "two";\n');
    const outcome = build();
    expect(outcome.status).toBe(1);
    expect(outcome.stdout).toBe("");
    expect(outcome.stderr).toContain("infra/two.ts");
    expect(read("dist/infra/two.js")).toContain("= 2;");
    expect(leftovers()).toEqual([]);
  });

  test("without a compiler runs on a dist that is current, and says what to install for one that is not", () => {
    build();
    rmSync(join(project, "node_modules"));
    expect(build()).toEqual({ status: 0, stdout: "", stderr: "" });
    write("infra/two.ts", "export const two = 3;\n");
    const outcome = build();
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toContain("npm install");
  });
});

/** A command that needs a package, a file beside one of its modules, and later one more module. */
function product(): void {
  write(
    "apps/cli/main.ts",
    `#!/usr/bin/env node
import colors from "picocolors";
import { one } from "../../infra/one.ts";
import { script } from "../../infra/script.ts";
console.log(one, typeof colors.bold === "function", script());
console.log((await import("../../infra/later.ts")).later);
`,
  );
  write("infra/later.ts", 'export const later = "said later";\n');
  write(
    "infra/script.ts",
    `import { readFileSync } from "node:fs";
export const script = (): string => readFileSync(new URL("./act.lua", import.meta.url), "utf8").trim();
`,
  );
}

function build(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...words], {
    cwd: project,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

/** Folders that a build made for its own use and should have removed. */
function leftovers(): string[] {
  return readdirSync(project).filter((name) => name.startsWith(".dist-"));
}

function write(file: string, content: string): void {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), content);
}

function read(file: string): string {
  return readFileSync(join(project, file), "utf8");
}

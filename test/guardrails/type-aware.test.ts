// Proves that the type-aware linter catches what the compiler lets through: a promise nobody waits for, a promise where a
// plain answer is expected, a switch with a missing case, and the one form of import that the room rules cannot see.

import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

const root = fileURLToPath(new URL("../..", import.meta.url));
const oxlint = join(root, "node_modules", "oxlint", "bin", "oxlint");

const redis = 'import { Redis } from "ioredis";\nconst redis = new Redis({ lazyConnect: true });\n';
const anthropic = 'import Anthropic from "@anthropic-ai/sdk";\nconst api = new Anthropic({ apiKey: "none" });\n';
const shape = 'type Shape = { kind: "circle" } | { kind: "square" };\n';

/** Files that break a rule, by rule. */
const forbidden: Record<string, readonly string[]> = {
  "typescript(no-floating-promises)": [
    `${redis}redis.set("a", "b");`,
    `${redis}void redis.get("a");`,
    `${anthropic}api.models.list();`,
    "const work = async (): Promise<number> => 1;\nwork();",
    "const work = async (): Promise<number> => 1;\nwork().then((n) => n + 1);",
    "[1, 2].map(async (n) => n);",
  ],
  "typescript(no-misused-promises)": [
    "const ready = async (): Promise<boolean> => true;\nif (ready()) process.exitCode = 1;",
    `${redis}redis.on("ready", async () => redis.get("a"));`,
    "[1, 2].forEach(async (n) => n);",
  ],
  "typescript(switch-exhaustiveness-check)": [
    `${shape}export function sides(shape: Shape): number | undefined {\n  switch (shape.kind) {\n    case "square":\n      return 4;\n  }\n  return undefined;\n}`,
  ],
  "typescript(consistent-type-imports)": [
    'export type Value = import("../registry/clean-1.ts").Value;',
    'export function take(value: import("../registry/clean-1.ts").Value): unknown {\n  return value;\n}',
  ],
};

const clean: readonly string[] = [
  `${redis}export type Value = string;\nawait redis.set("a", "b");`,
  "const work = async (): Promise<number> => 1;\nwork().catch(() => process.exit(1));",
  "const ready = async (): Promise<boolean> => true;\nif (await ready()) process.exitCode = 1;",
  `${shape}export function sides(shape: Shape): number {\n  switch (shape.kind) {\n    case "circle":\n      return 0;\n    case "square":\n      return 4;\n  }\n}`,
  'import type { Value } from "../registry/clean-1.ts";\nexport function take(value: Value): unknown {\n  return value;\n}',
];

const reportSchema = z.object({
  diagnostics: z.array(z.object({ code: z.string().default(""), filename: z.string() })),
  number_of_files: z.number(),
});

let project = "";
let filesRead = 0;
let flagged: Map<string, Set<string>>;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), "statehive-oxlint-"));
  for (const file of [".oxlintrc.json", "tsconfig.json", "package.json"]) {
    copyFileSync(join(root, file), join(project, file));
  }
  symlinkSync(join(root, "node_modules"), join(project, "node_modules"));
  for (const [index, code] of clean.entries()) write(cleanName(index), code);
  for (const [rule, codes] of Object.entries(forbidden)) {
    for (const [index, code] of codes.entries()) write(forbiddenName(rule, index), code);
  }
  const report = await lint(project);
  filesRead = report.number_of_files;
  flagged = new Map();
  for (const { code, filename } of report.diagnostics) {
    flagged.set(filename, (flagged.get(filename) ?? new Set()).add(code));
  }
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

describe("the type-aware linter", () => {
  test("read every probe", () => {
    expect(filesRead).toBe(clean.length + Object.values(forbidden).flat().length);
  });

  test.each(Object.entries(forbidden))("names every file that breaks %s", (rule, codes) => {
    expect(codes.length).toBeGreaterThan(0);
    const missed = codes.filter((_, index) => !flagged.get(forbiddenName(rule, index))?.has(rule));
    expect(missed).toEqual([]);
  });

  test("leaves every clean file alone", () => {
    const blamed = clean.flatMap((code, index) => (flagged.has(cleanName(index)) ? [code] : []));
    expect(blamed).toEqual([]);
  });
});

function cleanName(index: number): string {
  return `registry/clean-${index + 1}.ts`;
}

function forbiddenName(rule: string, index: number): string {
  return `infra/${rule.replaceAll(/[^a-z]+/g, "-")}${index + 1}.ts`;
}

function write(file: string, code: string): void {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), `${code}\nexport {};\n`);
}

function lint(folder: string): Promise<z.infer<typeof reportSchema>> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [oxlint, "--type-aware", "-f", "json"], { cwd: folder }, (_failed, stdout, stderr) => {
      try {
        resolve(reportSchema.parse(JSON.parse(stdout)));
      } catch (cause) {
        reject(new Error(`oxlint did not report: ${stderr}`, { cause }));
      }
    });
  });
}

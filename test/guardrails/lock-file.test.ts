// Proves that the lock file installs on every platform and from any registry: `npm ci` refuses a lock that leaves out
// an optional package of another system, and a lock that names a host installs only where that host can be reached.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { z } from "zod";

const names = z.record(z.string(), z.string()).default({});
const entrySchema = z.object({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  optional: z.boolean().default(false),
  os: z.array(z.string()).default([]),
  cpu: z.array(z.string()).default([]),
  dependencies: names,
  devDependencies: names,
  optionalDependencies: names,
});
const lockSchema = z.object({ lockfileVersion: z.literal(3), packages: z.record(z.string(), entrySchema) });

const text = readFileSync(fileURLToPath(new URL("../../package-lock.json", import.meta.url)), "utf8");
const { packages } = lockSchema.parse(JSON.parse(text));
const installed = Object.entries(packages).filter(([path]) => path !== "");

describe("the lock file", () => {
  test("names no registry: no package says where it was fetched from", () => {
    expect(installed.length).toBeGreaterThan(100);
    expect(installed.filter(([, entry]) => entry.resolved !== undefined).map(([path]) => path)).toEqual([]);
  });

  test("holds every optional package that an installed one names; if not, `npm run lock` completes it", () => {
    const named = installed.flatMap(([path, entry]) =>
      Object.keys(entry.optionalDependencies).map((name) => ({ path, name })),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(({ path, name }) => !isLocked(path, name))).toEqual([]);
  });

  test("fetches a package whose content it does not know on other platforms only", () => {
    const unseen = installed.filter(([, entry]) => entry.integrity === undefined);
    const unguarded = unseen.filter(([, { optional, os, cpu }]) => !optional || os.length === 0 || cpu.length === 0);
    expect(unguarded.map(([path]) => path)).toEqual([]);
  });

  test("pins what this project asks for to one exact version each", () => {
    const own = packages[""];
    const asked = Object.entries({ ...own?.dependencies, ...own?.devDependencies });
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter(([name, version]) => packages[`node_modules/${name}`]?.version !== version)).toEqual([]);
  });
});

/** Node's own rule: a package is found beside the one that asks, or in any folder above it. */
function isLocked(path: string, name: string): boolean {
  const folders = path.split("/node_modules/").map((_, depth, all) => all.slice(0, depth + 1).join("/node_modules/"));
  return ["", ...folders.map((folder) => `${folder}/`)].some((prefix) => `${prefix}node_modules/${name}` in packages);
}

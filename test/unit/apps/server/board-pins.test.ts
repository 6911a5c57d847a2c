import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("the three packages of the queue board are pinned to one version: mixed, each brings its own copy of the others", () => {
  const file = fileURLToPath(new URL("../../../../package.json", import.meta.url));
  const { dependencies } = JSON.parse(readFileSync(file, "utf8")) as { dependencies: Record<string, string> };
  const pins = Object.entries(dependencies).flatMap(([name, pin]) => (name.startsWith("@bull-board/") ? [pin] : []));
  expect(pins).toHaveLength(3);
  expect(new Set(pins).size).toBe(1);
  expect(pins[0]).toMatch(/^\d+\.\d+\.\d+$/);
});

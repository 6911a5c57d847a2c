// The threat model stays true to the code: each row's control and test are there under the names that the page gives
// them, and a row without a control says that it is open.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "docs/threat-model.md"), "utf8");

interface Row {
  readonly threat: string;
  readonly control: readonly string[];
  readonly tests: readonly { readonly file: string; readonly title: string }[];
  readonly remains: string;
}

const rows: readonly Row[] = page
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (threat|---) /.test(line))
  .map((line) => {
    const cells = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
    const [threat = "", control = "", tests = "", remains = ""] = cells;
    if (cells.length !== 4) throw new Error(`${cells.length} cells: ${line.slice(0, 80)}`);
    return {
      threat,
      control: [...control.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file),
      tests: tests.split("<br>").map((one) => {
        const [, file = "", title = ""] = /^`([^`]+)`: (.+)$/.exec(one) ?? [];
        return { file, title };
      }),
      remains,
    };
  });

/** As titles are written in this project: a string of double quotes, in the call that makes a test of it. */
const holds = (text: string, title: string): boolean => {
  const written = JSON.stringify(title).replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`\\b(?:it|test|describe)\\b[^"\`]*\\(\\s*${written}|^\\s*${written},$`, "m").test(text);
};

it("has rows for every attacker, and for a tired user", () => {
  expect(rows.length).toBeGreaterThan(40);
  expect(new Set(rows.map(({ threat }) => threat)).size).toBe(rows.length);
  const attackers = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  for (const word of [
    "model",
    "result",
    "repository",
    "web",
    "plugin",
    "Redis",
    "user",
    "HTTP",
    "dependency",
    "yes",
    "worker",
    "tired",
  ])
    expect(attackers.join("\n"), word).toContain(word);
});

describe.each(rows)("$threat", ({ control, tests, remains }) => {
  it("has its control where the page says", () => {
    expect(control.length).toBeGreaterThan(0);
    expect(control.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it("has its tests under the titles that the page gives them", () => {
    for (const { file, title } of tests) {
      expect(file).toMatch(/^test\/.+\.ts$/);
      expect(holds(readFileSync(join(root, file), "utf8"), title), `${file}: ${title}`).toBe(true);
    }
  });

  it("says what remains", () => {
    expect(remains).toMatch(/^(–|.{3,})$/);
  });
});

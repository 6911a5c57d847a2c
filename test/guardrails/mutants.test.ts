// Guarantees stay true to the code: what a mutant changes is there, the tests they name exist, the page shows them all.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { guarantees } from "../mutants/guarantees.ts";
import { root } from "../mutants/run-mutant.ts";
import { page, pageWithTable } from "../mutants/table.ts";

const textOf = (file: string): string => readFileSync(join(root, file), "utf8");

it("every guarantee has an id of its own, and there are some", () => {
  const ids = guarantees.map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(20);
  expect(new Set(ids).size).toBe(ids.length);
});

it.each(guarantees)(
  "$id: what keeps it is where it says, and what switches it off still fits",
  ({ mechanism, disable }) => {
    for (const file of mechanism) expect(existsSync(join(root, file)), file).toBe(true);
    if ("never" in disable) return;
    for (const { file, find, replace } of disable) {
      expect(textOf(file).split(find).length - 1, `${file}: ${find}`).toBe(1);
      expect(replace).not.toBe(find);
    }
  },
);

it("the page of guarantees shows what the mutants say; `npm run mutants` writes it anew", () => {
  const text = readFileSync(page, "utf8");
  expect(pageWithTable(text)).toBe(text);
});

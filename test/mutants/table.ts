/** Writes the guarantees into docs/guarantees.md, between two marks. The words around them are written by hand. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Guarantee } from "./guarantee.ts";
import { guarantees } from "./guarantees.ts";
import { root } from "./run-mutant.ts";

const FROM = "<!-- guarantees: written by `npm run mutants`, not by hand -->";
const TO = "<!-- end of guarantees -->";
export const page = join(root, "docs", "guarantees.md");

function tableText(): string {
  const groups = [...new Set(guarantees.map(({ group }) => group))];
  return groups
    .map((group) => {
      const rows = guarantees.filter((one) => one.group === group).map(row);
      const head = "| guarantee | condition | mechanism | test | switched off |\n| --- | --- | --- | --- | --- |";
      return `## ${group}\n\n${head}\n${rows.join("\n")}`;
    })
    .join("\n\n");
}

const row = ({ id, promise, condition, mechanism, test, disable }: Guarantee): string =>
  `| ${[
    promise,
    condition,
    mechanism.map((file) => `\`${file}\``).join(", "),
    `\`${test.file}\`: ${test.title}`,
    "never" in disable ? `no: ${disable.never}` : `\`${id}\`: red`,
  ]
    .map((cell) => cell.replaceAll("|", "\\|"))
    .join(" | ")} |`;

/** The page with this table in it. Throws where the marks are gone. */
export function pageWithTable(text: string): string {
  const from = text.indexOf(FROM);
  const to = text.indexOf(TO);
  if (from < 0 || to < from) throw new Error("docs/guarantees.md has lost the marks around its table");
  return `${text.slice(0, from + FROM.length)}\n\n${tableText()}\n\n${text.slice(to)}`;
}

export function writeTable(): void {
  writeFileSync(page, pageWithTable(readFileSync(page, "utf8")));
}

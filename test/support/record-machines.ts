/**
 * `npm run machines`: adds a row to test/golden/machines.json for every machine version that has none. It never changes a
 * row, except where it is told that nobody has run that version (`--overwrite id@version`), or that it is the alphabet
 * that changed and no machine (`--alphabet`).
 */
import { existsSync, writeFileSync } from "node:fs";
import { versionOf } from "../../machines/catalogue.ts";
import { everyMachine, MANIFEST, type Row, rowOf, storedRows } from "./machine-manifest.ts";

const args = process.argv.slice(2);
const overwritten = args.flatMap((word, index) => (args[index - 1] === "--overwrite" ? [word] : []));
const rows = new Map((existsSync(MANIFEST) ? storedRows() : []).map((row) => [row.machine, row]));

for (const entry of everyMachine) {
  const name = versionOf(entry.name);
  const old = rows.get(name);
  const now = rowOf(entry);
  if (old === undefined || overwritten.includes(name)) rows.set(name, now);
  else if (args.includes("--alphabet") && old.structure === now.structure) rows.set(name, { ...old, ...now });
  const changed = rows.get(name) !== old;
  process.stdout.write(`${name} ${changed ? (old === undefined ? "added" : "written anew") : "kept"}\n`);
}

const place = ({ machine }: Row): string => {
  const [id = "", version = ""] = machine.split("@");
  return `${id} ${version.padStart(6, "0")}`;
};
const sorted = [...rows.values()].sort((a, b) => (place(a) < place(b) ? -1 : 1));
const line = (row: Row): string =>
  `  { ${Object.entries(row)
    .map(([key, value]) => `"${key}": ${JSON.stringify(value)}`)
    .join(", ")} }`;
writeFileSync(MANIFEST, `[\n${sorted.map(line).join(",\n")}\n]\n`);

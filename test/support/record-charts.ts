/** `npm run charts`: draws every machine anew into docs/charts, and takes away what is there of machines that are gone. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CHARTS, chartFiles } from "./chart-files.ts";

mkdirSync(CHARTS, { recursive: true });
const files = await chartFiles();
for (const [name, content] of files) {
  const path = join(CHARTS, name);
  if (existsSync(path) && readFileSync(path, "utf8") === content) continue;
  writeFileSync(path, content);
  process.stdout.write(`${name} drawn\n`);
}
for (const name of readdirSync(CHARTS).filter((name) => !files.has(name))) {
  rmSync(join(CHARTS, name));
  process.stdout.write(`${name} taken away\n`);
}

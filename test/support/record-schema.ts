// Writes docs/events.schema.json anew from the union of events: npm run schema.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { EVENTS_SCHEMA, eventsSchemaFile } from "./events-schema.ts";

writeFileSync(EVENTS_SCHEMA, eventsSchemaFile());
const biome = fileURLToPath(new URL("../../node_modules/@biomejs/biome/bin/biome", import.meta.url));
execFileSync(process.execPath, [biome, "format", "--write", EVENTS_SCHEMA], { stdio: "ignore" });
process.stdout.write(`${EVENTS_SCHEMA} is written\n`);

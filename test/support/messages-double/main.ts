/**
 * The double as a process of its own, for tests that drive the command line:
 * `node --import tsx test/support/messages-double/main.ts --script FILE [--port N]` prints `{"baseUrl":…}` and serves
 * until it is killed; `GET /__served` returns the requests it got.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startMessagesDouble } from "./double.ts";
import { scriptSchema } from "./script.ts";

const { values } = parseArgs({ options: { script: { type: "string" }, port: { type: "string" } } });
if (values.script === undefined) throw new TypeError("--script FILE is required");
const { entries } = scriptSchema.parse(JSON.parse(readFileSync(values.script, "utf8")));
const { baseUrl } = await startMessagesDouble({ entries, port: Number(values.port ?? 0) });
process.stdout.write(`${JSON.stringify({ baseUrl })}\n`);

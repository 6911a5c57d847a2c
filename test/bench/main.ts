/**
 * `npm run bench`: what a durable step costs, next to what it would cost without the runtime, on this machine, now.
 * Prints targets and what was reached; never fails for being slow.
 *
 *   npm run bench -- --only steps,flat,cli,evaluate,sandbox,decide,registry,swarm64,parked,graph,cost,page --rounds 7 --quick
 */
import { execFileSync } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { redisServerBinary } from "../support/redis.ts";
import { attempt, orQuit, readFlags, wholeNumber } from "../support/script-flags.ts";
import { cost } from "./cost.ts";
import { decide } from "./decide.ts";
import { evaluate } from "./evaluate.ts";
import { flat } from "./flat.ts";
import { graph } from "./graph.ts";
import { help } from "./help.ts";
import { page } from "./page.ts";
import { parked } from "./parked.ts";
import { registry } from "./registry.ts";
import { sandbox } from "./sandbox.ts";
import { type BenchOptions, steps } from "./steps.ts";
import { swarm64 } from "./swarm64.ts";

const sections: Readonly<Record<string, (options: BenchOptions) => Promise<void>>> = {
  steps,
  flat,
  cli: help,
  evaluate,
  sandbox,
  decide,
  registry,
  swarm64,
  parked,
  graph,
  cost,
  page,
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const USAGE = `npm run bench -- [--only SECTION,…] [--rounds N] [--quick]
sections: ${Object.keys(sections).join(", ")}`;

const values = orQuit(
  readFlags(process.argv.slice(2), USAGE, {
    only: { type: "string", default: Object.keys(sections).join(",") },
    rounds: { type: "string" },
    quick: { type: "boolean", default: false },
  }),
);

function given(): { readonly wanted: readonly string[]; readonly rounds: number } {
  const wanted = values.only.split(",");
  const unknown = wanted.find((name) => !Object.hasOwn(sections, name));
  if (unknown !== undefined) throw new Error(`no section is called "${unknown}"`);
  return { wanted, rounds: wholeNumber("rounds", values.rounds ?? (values.quick ? "3" : "7"), 1) };
}

const { wanted, rounds } = orQuit(attempt(given, USAGE));

const load = (): string =>
  loadavg()
    .map((one) => one.toFixed(1))
    .join(" ");
const version = execFileSync(await redisServerBinary(), ["--version"], { encoding: "utf8" }).trim();
say(
  `${new Date().toISOString().slice(0, 10)} · ${cpus().length} cores, ${cpus()[0]?.model} · Node ${process.version} · ${version}`,
);
say(`load before: ${load()}`);
for (const name of wanted) {
  say(`\n## ${name}\n`);
  await sections[name]?.({ rounds, quick: values.quick, say });
}
say(`\nload after: ${load()}`);

/**
 * What the server pays for a run of 10,000 agents and 100,000 events: processor time and the longest that it held everybody
 * else up, door by door; then the page over it, in a real Chromium. A hundred of the agents really ran, on mocked effects;
 * the others are copies of one of them, entry by entry. Server and caller are one process, so both are in the figures.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { browserPath, openBrowser } from "../support/browser.ts";
import { builtPage } from "../support/built-page.ts";
import { callsRead, deferred, performersOf, reports, task } from "../support/mocked-hive.ts";
import { openServerStage, type ServerStage } from "../support/server-stage.ts";
import { copyAgent } from "../support/written-log.ts";
import { frames } from "./page-frames.ts";
import type { BenchOptions } from "./steps.ts";

const RUN = "r_many";
const AGENTS = 10_000;
/** Of which so many really ran. */
const RAN = 100;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

export async function pageServer({ rounds }: BenchOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "page-server-"));
  const held = deferred<void>();
  const stage = await openServerStage({ page: await builtPage(folder) });
  try {
    const events = await filled(stage, held.promise);
    say(
      `server: ${AGENTS} agents (${RAN} ran, the others are copies), ${events} events; server and caller in one process`,
    );
    await doors(stage, events, rounds);
    const path = browserPath();
    if (path === null) return;
    const browser = await openBrowser(path);
    try {
      await frames(browser, { url: stage.server.link(), place: `#/run/${RUN}`, events });
    } finally {
      await browser.close();
    }
  } finally {
    held.resolve();
    await stage.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The last agent waits until `held`. */
async function filled(stage: ServerStage, held: Promise<void>): Promise<number> {
  const last = `a_t${RAN - 1}`;
  await stage.swarm.worker(
    performersOf(async (turn, { address }) => {
      if (address.actor === last) await held;
      return turn < 1 ? callsRead(turn) : reports(turn);
    }),
  );
  const tasks = Array.from({ length: RAN }, (_, index) => task(`t${index}`));
  await stage.swarm.start(RUN, tasks, { parallelMax: 16 });
  for (;;) {
    const rows = await stage.swarm.reader.rows(RUN, "a_coordinator", "tasks");
    const done = [...rows.values()].filter((row) => row.includes('"status":"verified"')).length;
    if (done === RAN - 1) break;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return copyAgent(stage.swarm, RUN, "a_t0", AGENTS - RAN);
}

async function doors(stage: ServerStage, events: number, rounds: number): Promise<void> {
  const middle = Math.floor(events / 2);
  const asked: readonly (readonly [string, string])[] = [
    ["the first thousand events", `/log?after=0&limit=1000`],
    ["2,000 events of its middle", `/log?after=${middle}&limit=2000`],
    ["the agents, first page", "/agents?limit=500"],
    ["the agents, after the 5,000th", "/agents?limit=500&after=a_copy_4000"],
    ["who has mail or effects out", "/mail"],
    ["the run, as the page asks for it", "?brief=1"],
    ["the run, in full", ""],
    ["an agent at the end", `/actors/a_copy_8000?at=${events}`],
    ["the coordinator at the end", `/actors/a_coordinator?at=${events}`],
    ["the coordinator a little before", `/actors/a_coordinator?at=${Math.floor(events / 30)}`],
    ["why the run waits", "/why"],
    ["why one agent waits", "/why?agent=a_t5"],
    ["the cache's ledger", "/cache"],
  ];
  for (const [what, path] of asked) {
    const first = await measured(() => stage.get(`/api/runs/${RUN}${path}`));
    const more = [];
    for (let round = 1; round < rounds; round++) more.push(await measured(() => stage.get(`/api/runs/${RUN}${path}`)));
    const again = more.length === 0 ? "" : `; then ${row(worst(more))}`;
    say(`  ${what}: ${first.status}, ${(first.bytes / 1e3).toFixed(0)} kB, ${row(first)}${again}`);
  }
}

interface Measured {
  readonly status: number;
  readonly bytes: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly heldMs: number;
}

const row = ({ wallMs, cpuMs, heldMs }: Pick<Measured, "wallMs" | "cpuMs" | "heldMs">): string =>
  `${wallMs.toFixed(0)} ms, ${cpuMs.toFixed(0)} ms CPU, longest hold ${heldMs.toFixed(0)} ms`;

const worst = (all: readonly Measured[]): Measured =>
  all.reduce((one, other) => (other.cpuMs > one.cpuMs ? other : one));

async function measured(ask: () => Promise<{ readonly status: number; readonly text: string }>): Promise<Measured> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  delay.enable();
  const { status, text } = await ask();
  // A hold is seen when it is over.
  await new Promise((resolve) => setTimeout(resolve, 5));
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  const wallMs = performance.now() - beganMs - 5;
  return { status, bytes: Buffer.byteLength(text), wallMs, cpuMs: (user + system) / 1e3, heldMs: delay.max / 1e6 };
}

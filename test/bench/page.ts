/**
 * What the page costs with a run of 10,000 agents and 100,000 events: folding, looking back, and how long a frame takes in a
 * real Chromium while somebody scrubs and scrolls. First the data come in a report's file, so that no server is part of the
 * figures; then from the server (`page-server.ts`).
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { reportHtml } from "../../apps/cli/report/write-report.ts";
import { RunFold } from "../../apps/visualizer/page/run-fold.ts";
import { fitting, type ReportData } from "../../apps/visualizer/report-data.ts";
import { browserPath, openBrowser } from "../support/browser.ts";
import { pageFiles } from "../support/built-page.ts";
import { manyEvents } from "../support/page-events.ts";
import { frames } from "./page-frames.ts";
import { pageServer } from "./page-server.ts";
import type { BenchOptions } from "./steps.ts";

const AGENTS = 10_000;
const EVENTS = 100_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const share = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? Number.NaN;

export async function page(options: BenchOptions): Promise<void> {
  const { rounds } = options;
  const events = manyEvents(AGENTS, EVENTS);
  const folds: number[] = [];
  let fold = new RunFold();
  for (let round = 0; round < rounds; round++) {
    fold = new RunFold();
    const beginMs = performance.now();
    for (let from = 0; from < events.length; from += 2_000) fold.take(events.slice(from, from + 2_000));
    folds.push(performance.now() - beginMs);
  }
  const looks = Array.from({ length: 200 }, (_, index) => {
    const beginMs = performance.now();
    fold.at(1 + ((index * 49_999) % EVENTS));
    return performance.now() - beginMs;
  });
  say(`page: ${AGENTS} agents, ${EVENTS} events: folded in ${median(folds).toFixed(0)} ms (median of ${rounds})`);
  say(`  a moment in the past: median ${median(looks).toFixed(1)} ms, 95 % within ${share(looks, 0.95).toFixed(1)} ms`);
  await asReport(events);
  await pageServer(options);
}

async function asReport(events: ReturnType<typeof manyEvents>): Promise<void> {
  const path = browserPath();
  if (path === null) return;
  const folder = mkdtempSync(join(tmpdir(), "page-bench-"));
  const browser = await openBrowser(path);
  try {
    const file = join(folder, "report.html");
    const html = await report(fitting(events));
    writeFileSync(file, html);
    say(`  as a report: ${(html.length / 1e6).toFixed(1)} MB`);
    await frames(browser, { url: pathToFileURL(file).href, place: "", events: events.length });
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function report(events: ReportData["events"]): Promise<string> {
  const files = await pageFiles();
  const none = { max: null, spent: 0, reserved: 0, left: null };
  const run = {
    runId: "r_page",
    goal: "many",
    status: "running",
    result: null,
    blackBox: null,
    tasks: [],
    agents: [],
    budget: { tokens: none, usd: none },
    usage: {},
    spending: { agents: [], types: [] },
  };
  const data = { v: 1, madeAt: events.at(-1)?.at, run, events, scenes: {}, edgeNames: [], taken: {}, caveat: "" };
  return reportHtml(data as unknown as ReportData, {
    script: files.get("page/report.js") ?? "",
    style: files.get("page/page.css") ?? "",
  });
}

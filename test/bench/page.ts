/**
 * What the page costs with a run of 10,000 agents and 100,000 events: folding, looking back, and how long a frame takes in a
 * real Chromium while somebody scrubs and scrolls. The data come in a report's file, so no server is part of the figures.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { reportHtml } from "../../apps/cli/report/write-report.ts";
import { chartStyle } from "../../apps/visualizer/chart-colours.ts";
import { RunFold } from "../../apps/visualizer/page/run-fold.ts";
import { fitting, type ReportData } from "../../apps/visualizer/report-data.ts";
import { browserPath, openBrowser } from "../support/browser.ts";
import { manyEvents } from "../support/page-events.ts";
import type { BenchOptions } from "./steps.ts";

const AGENTS = 10_000;
const EVENTS = 100_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const share = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? Number.NaN;

export async function page({ rounds }: BenchOptions): Promise<void> {
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
  const path = browserPath();
  if (path === null) return;
  const folder = mkdtempSync(join(tmpdir(), "page-bench-"));
  const browser = await openBrowser(path);
  try {
    const file = join(folder, "report.html");
    const html = await report(fitting(events));
    writeFileSync(file, html);
    say(`  as a report: ${(html.length / 1e6).toFixed(1)} MB`);
    await frames(browser, pathToFileURL(file).href);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function report(events: ReportData["events"]): Promise<string> {
  const bundler = new URL("../support/page-bundle.mjs", import.meta.url);
  const { bundledPage } = (await import(bundler.href)) as {
    bundledPage(root: string, chartStyle: string): Promise<ReadonlyMap<string, string>>;
  };
  const files = await bundledPage(fileURLToPath(new URL("../..", import.meta.url)), chartStyle());
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

async function frames(browser: Browser, url: string): Promise<void> {
  const opened = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  const beginMs = performance.now();
  // What the compiler of this program puts around functions, those for the page included.
  await opened.addInitScript("globalThis.__name = (one) => one");
  await opened.goto(url);
  await opened.locator('[role="treeitem"]').first().waitFor();
  say(`  opened and drawn in ${(performance.now() - beginMs).toFixed(0)} ms`);
  const rows = await opened.locator('[role="treeitem"]').count();
  say(`  rows in the document: ${rows}`);
  tell("scrubbing over the whole log", await during(opened, "input[type=range]", "scrub"));
  tell("scrolling the list of agents", await during(opened, ".rows", "scroll"));
  tell("scrolling the timeline", await during(opened, ".timeline-box", "scroll"));
}

function tell(what: string, times: readonly number[]): void {
  say(
    `  ${what}: frame median ${median(times).toFixed(1)} ms, 95 % within ${share(times, 0.95).toFixed(1)} ms, longest ${Math.max(...times).toFixed(0)} ms`,
  );
}

/** Times between frames while something is moved by a little in each of them. */
const during = (opened: Page, selector: string, how: "scrub" | "scroll"): Promise<number[]> =>
  opened.evaluate(
    ({ selector: wanted, how: way, steps }) =>
      new Promise<number[]>((resolve) => {
        // Runs in the page, where these are what every browser has.
        const world = globalThis as unknown as {
          document: {
            querySelector(text: string): {
              value: string;
              max: string;
              scrollTop: number;
              scrollHeight: number;
              dispatchEvent(event: unknown): void;
            };
          };
          Event: new (type: string, init: object) => unknown;
          requestAnimationFrame(next: (atMs: number) => void): void;
        };
        const element = world.document.querySelector(wanted);
        const times: number[] = [];
        let lastMs: number | null = null;
        let step = 0;
        const frame = (atMs: number): void => {
          if (lastMs !== null) times.push(atMs - lastMs);
          lastMs = atMs;
          if (step++ === steps) {
            resolve(times);
            return;
          }
          if (way === "scroll") element.scrollTop = (element.scrollHeight * step) / steps;
          else {
            element.value = String(Math.round((Number(element.max) * (steps - step)) / steps) + 1);
            element.dispatchEvent(new world.Event("input", { bubbles: true }));
          }
          world.requestAnimationFrame(frame);
        };
        world.requestAnimationFrame(frame);
      }),
    { selector, how, steps: 120 },
  );

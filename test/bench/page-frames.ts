/** How long a frame takes in a real Chromium while somebody scrubs through a run, or scrolls through its agents. */
import type { Browser, Page } from "playwright-core";

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const share = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? Number.NaN;

export interface Opened {
  readonly url: string;
  /** Behind the `#` of the page's address; "": the first that opens. */
  readonly place: string;
  /** Events that it has to have read. */
  readonly events: number;
}

export async function frames(browser: Browser, { url, place, events }: Opened): Promise<void> {
  const opened = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  const beginMs = performance.now();
  // What the compiler of this program puts around functions, those for the page included.
  await opened.addInitScript("globalThis.__name = (one) => one");
  await opened.goto(url);
  if (place !== "") await opened.evaluate((hash) => Object.assign(globalThis, { location: hash }), place);
  await opened.locator('[role="treeitem"]').first().waitFor();
  await opened.locator(`input[type=range][max="${events}"]`).waitFor({ timeout: 300_000 });
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

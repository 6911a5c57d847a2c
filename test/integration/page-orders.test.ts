/**
 * What a person does on the page, in a real browser over the real server, with a mocked world of agents behind it: answers,
 * dead letters, why something waits, lists longer than a screen, a run of ten thousand agents. One browser, one server.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LOCAL_BINDING } from "../../actors/runtime/bindings.ts";
import type { Answer } from "../../actors/runtime/performer.ts";
import type { ApiApprovals, ApiGrants, ApiLetters } from "../../apps/server/api-orders.ts";
import { seriousFindings } from "../support/axe.ts";
import { browserPath, openBrowser, type Watched, watchedPage } from "../support/browser.ts";
import { builtPage } from "../support/built-page.ts";
import { type AskedCall, asksFor, deferred, performersOf, reports, task } from "../support/mocked-hive.ts";
import { manyEvents } from "../support/page-events.ts";
import { openServerStage, type ServerStage } from "../support/server-stage.ts";
import { writeEvents } from "../support/written-log.ts";

const path = browserPath();
/** Milliseconds that a fact may take to be seen. */
const PATIENCE_MS = 15_000;

const made: AskedCall = { call: "c1", command: "make all" };
const wiped: AskedCall = { call: "c2", command: "rm -rf out", risk: "destructive" };
const tested: AskedCall = { call: "c3", command: "make test" };
/** What agent `a_a` of a run asks for in its first turn; other runs' agents fail until `holds`, and `a_held` waits for `go`. */
const asks = new Map<string, readonly AskedCall[]>([["r_ask", [made, wiped, tested]]]);
const ran: string[] = [];
let holds = false;

const failed = (turn: number): Answer => ({
  event: { type: "model.failed", turn, reason: "broken", retry: false } as Answer["event"],
  told: [],
});

const go = deferred<void>();

const performers = performersOf(
  async (turn, context) => {
    const { run, actor } = context.address;
    const asked = asks.get(run);
    if (actor === "a_held") await go.promise;
    if (asked === undefined) return holds ? reports(turn) : failed(turn);
    return turn === 0 && actor === "a_a" ? asksFor(0, context, asked) : reports(turn);
  },
  {
    "tool.run": (order) => {
      ran.push(order.call);
      return Promise.resolve({
        event: { type: "tool.finished", call: order.call, ok: true } as Answer["event"],
        entries: [{ role: "user", content: [{ type: "tool_result", tool_use_id: order.call, content: "done" }] }],
        told: [],
      });
    },
  },
);

/** In the page: presses the button that says yes in the first frame that has one. */
const clickedAsItCameUp = (): Promise<{ readonly text: string; readonly disabled: boolean }> =>
  new Promise((resolve) => {
    interface Button {
      readonly disabled: boolean;
      readonly textContent: string;
      click(): void;
    }
    const world = globalThis as unknown as {
      document: { querySelector(of: string): Button | null };
      requestAnimationFrame(next: () => void): void;
    };
    const look = (): void => {
      const yes = world.document.querySelector(".answers .yes");
      if (yes === null) {
        world.requestAnimationFrame(look);
        return;
      }
      const { disabled, textContent: text } = yes;
      yes.click();
      resolve({ text, disabled });
    };
    look();
  });

describe.skipIf(path === null)("on the page", () => {
  let stage: ServerStage;
  let browser: Browser;
  let watched: Watched;
  let origin: string;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "page-orders-"));
    [stage, browser] = await Promise.all([
      builtPage(folder).then((page) => openServerStage({ page })),
      openBrowser(path as string),
    ]);
    await stage.swarm.worker(performers);
    watched = await watchedPage(browser);
    watched.page.setDefaultTimeout(PATIENCE_MS);
    await watched.page.goto(stage.server.link());
    origin = new URL(watched.page.url()).origin;
  });

  afterAll(async () => {
    go.resolve();
    await browser?.close();
    await stage?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const at = async (place: string): Promise<void> => {
    await watched.page.goto(`${origin}/#/`);
    await watched.page.goto(`${origin}/${place}`);
  };
  /** Light, dark, and on a phone. */
  const nobodyKeptOut = async (where: string): Promise<void> => {
    expect(await seriousFindings(watched.page), where).toEqual([]);
    await watched.page.setViewportSize({ width: 390, height: 844 });
    const wide = await watched.page.evaluate(() => {
      const { scrollWidth, clientWidth } = (
        globalThis as unknown as { document: { documentElement: { scrollWidth: number; clientWidth: number } } }
      ).document.documentElement;
      return scrollWidth - clientWidth;
    });
    expect(wide, `${where}: sticks out on a phone`).toBeLessThanOrEqual(0);
    await watched.page.setViewportSize({ width: 1280, height: 860 });
  };
  const approvals = async (): Promise<ApiApprovals["approvals"]> =>
    (await stage.get("/api/approvals?run=r_ask&all=1")).json<ApiApprovals>().approvals;

  test("a proposal that is looked at stays until it is answered, is answered once, for as much as is chosen, and what destroys only by its name", async () => {
    const { page } = watched;
    await stage.swarm.start("r_ask", [task("a"), task("b", ["a"])]);
    await expect.poll(async () => (await approvals()).length).toBe(3);
    await at("#/inbox");
    await page.locator(".ask", { hasText: "make all" }).click();
    await page.locator(".detail", { hasText: "make all" }).waitFor();
    expect(await page.locator(".detail .facts").textContent()).toMatch(/rule.*silence.*waits behind it.*b \(explore/s);
    await nobodyKeptOut("the inbox");

    // Somebody else is faster: nothing takes its place under the hand.
    const [first] = (await approvals()).filter(({ input }) => JSON.stringify(input).includes("make all"));
    const elsewhere = { allowed: true, hash: first?.hash };
    expect((await stage.post(`/api/approvals/${first?.id}/answer`, elsewhere)).status).toBe(200);
    await page.getByText("This one does not wait any more").waitFor();
    expect(await page.locator(".detail .hash code").textContent()).toBe(first?.hash);
    expect(await page.getByRole("button", { name: /^Approve/ }).count()).toBe(0);

    await page.locator(".ask", { hasText: "make test" }).click();
    await page.getByRole("radio", { name: /for this agent/ }).check();
    await page.getByText("gives the right").waitFor();
    await page.getByRole("button", { name: "Approve for the agent" }).dblclick();
    await page.getByText("approved: Bash of a_a").waitFor();
    // What it was meant for is answered; what came up under the second click is not.
    await page.locator(".detail", { hasText: "rm -rf out" }).waitFor();
    const byId = async () => new Map((await approvals()).map((one) => [one.call, one]));
    expect([...(await byId()).values()].map(({ call, status, answer }) => [call, status, answer?.scope])).toEqual(
      expect.arrayContaining([
        ["c1", "approved", "once"],
        ["c2", "pending", undefined],
        ["c3", "approved", "agent"],
      ]),
    );
    const { grants } = (await stage.get("/api/grants?run=r_ask")).json<ApiGrants>();
    expect(grants.map(({ rule, agent }) => [rule, agent])).toEqual([["Bash(make test)", "a_a"]]);

    const yes = page.getByRole("button", { name: "Approve once" });
    await page.getByText("Only this one call can be approved.").waitFor();
    await expect.poll(() => page.locator(".answers .no").isDisabled()).toBe(false);
    expect(await yes.isDisabled()).toBe(true);
    const stake = page.getByRole("textbox", { name: /type what is at stake/ });
    await stake.fill("something");
    expect(await yes.isDisabled()).toBe(true);
    // By keys alone.
    await stake.fill("everything");
    await stake.press("Tab");
    await page.keyboard.type("because I looked");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("Nothing waits for a person.").waitFor();
    expect(await stage.swarm.ended("r_ask")).toBe("completed");
    expect(ran.toSorted()).toEqual(["c1", "c2", "c3"]);
    expect((await byId()).get("c2")?.answer).toMatchObject({ scope: "once", reason: "because I looked" });
  });

  test("a dead letter goes back, to another type, or is dropped, each after a second yes that says what will happen", async () => {
    const { page } = watched;
    await stage.swarm.start("r_dead", [task("one"), task("two"), task("three"), task("held")]);
    const letters = async () => (await stage.get("/api/letters")).json<ApiLetters>().letters;
    await expect.poll(async () => (await letters()).length).toBe(3);
    holds = true;
    await at("#/letters");
    const card = (name: string) => page.locator(".letters .card", { hasText: name }).first();
    await card("three").getByRole("button", { name: "send back or drop…" }).click();
    await card("three").getByRole("button", { name: "Drop…" }).click();
    await page.getByText(/Task three of run r_dead stays undone/).waitFor();
    // Whoever only pressed Enter once more has changed nothing.
    await page.keyboard.press("Enter");
    await card("three").getByRole("button", { name: "Drop…" }).waitFor();
    expect((await letters()).length).toBe(3);
    await nobodyKeptOut("the dead letters");
    await card("two").getByRole("button", { name: "send back or drop…" }).click();
    await card("two").getByRole("combobox", { name: "Give it to" }).selectOption("general");
    await card("two").getByRole("button", { name: "Requeue…" }).click();
    await page.getByText(/A new general agent begins task two of run r_dead/).waitFor();
    await page.getByRole("button", { name: "Yes, requeue it" }).click();
    await page.getByText("requeued: two").waitFor();
    const routed = await stage.swarm.seen(
      "r_dead",
      (event) => event.type === "letter.requeued" && event.task === "two" && event.agentType === "general",
    );
    expect(routed.seq).toBeGreaterThan(0);
    await card("three").getByRole("button", { name: "Drop…" }).click();
    await page.getByRole("button", { name: "Yes, drop it for good" }).click();
    await page.getByText("dropped: three").waitFor();
    expect((await letters()).map(({ task: of }) => of?.id)).toEqual(["one"]);
  });

  test("why a run waits is told from facts, with the command that unblocks it to take along, and the place on this page", async () => {
    const { page } = watched;
    asks.set("r_why", [made]);
    await stage.swarm.start("r_why", [task("a")]);
    await stage.swarm.seen("r_why", ({ type }) => type === "approval.requested");
    expect((await stage.post("/api/runs/r_why/stop", {})).status).toBe(200);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await at("#/run/r_why");
    await page.getByRole("tab", { name: "What it waits for" }).click();
    const causes = page.locator(".causes > li");
    await causes.nth(1).waitFor();
    expect((await causes.locator(".tag").allTextContents()).slice(0, 2)).toEqual(["parked", "person"]);
    expect(await causes.first().textContent()).toContain("the run is parked: asked by the page");
    // The last event was nobody's; whoever spoke before is looked at.
    expect(await page.locator(".watched h2").textContent()).toBe("a");
    await causes.first().getByRole("button", { name: /^Copy/ }).click();
    await page.getByText("copied").waitFor();
    const copied = await page.evaluate(() =>
      (
        globalThis as unknown as { navigator: { clipboard: { readText(): Promise<string> } } }
      ).navigator.clipboard.readText(),
    );
    expect(copied).toBe("swarm resume r_why");
    expect(await causes.first().locator("code").textContent()).toBe(copied);
    await nobodyKeptOut("a run, and why it waits");
    const early = page.evaluate(clickedAsItCameUp);
    await page.getByRole("link", { name: "answer it here" }).click();
    await page.locator(".detail", { hasText: "make all" }).waitFor();
    // The second half of a double click is no answer to what came up under it.
    expect(await early).toEqual({ text: "Approve once", disabled: true });
    const [one] = (await stage.get("/api/approvals?run=r_why&all=1")).json<ApiApprovals>().approvals;
    expect(one?.status).toBe("pending");
    // A run that there is not is not told as one that goes on, and can be given no orders.
    await at("#/run/r_nowhere");
    await page.getByText("no run has that id").waitFor();
    expect(await page.locator(".run-head, .scrubber").count()).toBe(0);
    await page.getByRole("link", { name: "All runs" }).click();
    // One that waits is not over: nothing says how long it took.
    const waiting = page.locator(".run-card", { hasText: "r_why" });
    expect(await waiting.textContent()).toMatch(/waits for you.* · for \d/);
    expect(await waiting.textContent()).not.toContain("SIMULATED");
    await stage.swarm.redis.hset(stage.swarm.keys.run("r_why").run, { binding: LOCAL_BINDING });
    await waiting.getByText("SIMULATED").waitFor();
  });

  test("lists that are longer than what is shown say how much there is, and show the rest", async () => {
    const { page } = watched;
    const calls = Array.from({ length: 90 }, (_, index) => ({ call: `c${index}`, command: `make part-${index}` }));
    const runs = Array.from({ length: 6 }, (_, index) => `r_long${index}`);
    for (const run of runs) asks.set(run, calls);
    const total = async (): Promise<number> => (await stage.get("/api/approvals")).json<ApiApprovals>().total;
    const all = (await total()) + 540;
    await Promise.all(runs.map((run) => stage.swarm.start(run, [task("a")])));
    await expect.poll(total).toBe(all);
    await at("#/inbox");
    await page.getByText(`500 of ${all}, those that were asked first.`).waitFor();
    expect(await page.locator(".ask").count()).toBe(500);
    await page.getByRole("button", { name: "show more" }).click();
    await expect.poll(() => page.locator(".ask").count()).toBe(all);
    expect(await page.getByRole("button", { name: "show more" }).count()).toBe(0);
    await at("#/inbox/r_long3");
    await expect.poll(() => page.locator(".ask").count()).toBe(90);
    await page.locator(".ask").first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator(".ask").nth(1).getAttribute("aria-current")).toBe("true");
  });

  test("ten thousand agents are a list, a timeline and a slider like ten: what is in sight is drawn, and one cursor moves all of it", async () => {
    const { page } = watched;
    const many = manyEvents(10_000, 14_000, "r_many");
    const { redis, keys } = stage.swarm;
    await stage.swarm.start("r_seed", [task("a")]);
    await stage.swarm.ended("r_seed");
    await redis.copy(keys.run("r_seed").run, keys.run("r_many").run);
    await writeEvents(stage.swarm, "r_many", many);
    await at("#/run/r_many");
    const slider = page.locator(".scrubber input");
    await page.locator('.scrubber input[max="14000"]').waitFor();
    const rows = page.locator('[role="treeitem"]');
    expect(await rows.first().getAttribute("aria-setsize")).toBe("10001");
    expect(await rows.count()).toBeLessThan(60);
    await page.locator(".rows").focus();
    await page.keyboard.press("End");
    await page.locator('[role="treeitem"]', { hasText: "task-9999" }).waitFor();
    expect(await page.locator(".watched h2").textContent()).toBe("task-9999");
    await slider.fill("5003");
    await expect.poll(() => rows.first().getAttribute("aria-setsize")).toBe("5001");
    expect(await page.locator(".scrubber .moment b").textContent()).toBe("5003 / 14000");
    await page
      .getByRole("button", { name: "to the end" })
      .or(page.getByRole("button", { name: "go live" }))
      .click();
    await expect.poll(() => rows.first().getAttribute("aria-setsize")).toBe("10001");
    // What these events tell of never took a step: its memory is asked for in vain, and that is all.
    expect(watched.complaints.filter((one) => !/status of 404/.test(one))).toEqual([]);
    expect(watched.asked.filter((url) => !url.startsWith(origin))).toEqual([]);
  });
});

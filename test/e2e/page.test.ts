/** The page in a real browser over a real run: live, looked back at, answered, refused, shared. One browser, one server. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seriousFindings } from "../support/axe.ts";
import { browserPath, openBrowser, type Watched, watchedPage } from "../support/browser.ts";
import { openStage, read, report, type Stage, says, use } from "../support/run-stage.ts";
import { documentOf, type Running } from "../support/swarm-cli.ts";

const path = browserPath();

/** Milliseconds that a fact may take to be seen. */
const PATIENCE_MS = 60_000;

const ASK = ["--json", "--detach", "--approve", "ask", "--worktree", "never"];
/** What a model could write to harm a page. */
const HOSTILE = `<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>\u202egnp.`;

describe.skipIf(path === null)("in a browser", () => {
  let stage: Stage;
  let browser: Browser;
  let server: Running;
  let link: string;
  let watched: Watched;
  let page: Page;

  beforeAll(async () => {
    const serving = async (): Promise<void> => {
      stage = await openStage();
      server = stage.swarm.start(["up", "--port", "0"]);
      [link] = (await server.said(/http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/, "stdout")) as unknown as [string];
    };
    // Side by side: each of them mostly waits.
    [browser] = await Promise.all([openBrowser(path as string), serving()]);
    watched = await watchedPage(browser);
    page = watched.page;
    page.setDefaultTimeout(PATIENCE_MS);
  });

  afterAll(async () => {
    await browser?.close();
    server?.signal("SIGTERM");
    await server?.done;
    await stage?.[Symbol.asyncDispose]();
  });

  const begin = async (content: string): Promise<string> => {
    const { command } = stage.begin(
      [says(read()), says(use("Write", { file_path: "made.txt", content })), report(`written ${HOSTILE}`)],
      ASK,
    );
    return documentOf<{ runId: string }>(await command.done).runId;
  };
  const status = (): Promise<string | null> => page.locator(".run-head .status").textContent();

  test("a run is watched live, answered where it asks, and looked back at: one cursor moves everything", async () => {
    await page.goto(link);
    expect(new URL(page.url()).search).toBe("");
    const run = await begin(HOSTILE);
    await page.locator(`a[href="#/run/${run}"]`).click();
    const agent = page.locator('[role="treeitem"]', { hasText: "awaitingApproval" });
    await agent.waitFor();
    await agent.click();
    await page.locator(".chart .is-in[data-state$='awaitingApproval']").waitFor();
    await page.locator(".chart .row.is-taken").first().waitFor();
    const asking = await page.locator(".scrubber input").inputValue();

    await page.getByRole("link", { name: /waits for you/ }).click();
    await page.locator(".detail h2", { hasText: "Write" }).waitFor();
    expect(await page.locator(".detail").textContent()).toContain("\\u{202e}gnp.");
    expect(await page.locator(".detail .hash code").textContent()).toMatch(/^[0-9a-f]{64}$/);
    expect(await page.locator(".detail .facts").textContent()).toMatch(/rule.*touches.*waits behind it/s);
    await page.getByRole("button", { name: /^Approve/ }).click();
    await page.getByText(/^approved: Write/).waitFor();

    await page.goBack();
    await expect.poll(status).toBe("completed");
    expect(readFileSync(join(stage.workspace, "made.txt"), "utf8")).toBe(HOSTILE);
    await page.locator(".scrubber input").fill(asking);
    expect(await status()).toBe("running");
    await page.locator('[role="treeitem"]', { hasText: "awaitingApproval" }).click();
    await page.locator(".chart .is-in[data-state$='awaitingApproval']").waitFor();
    await page.locator(".chart .row.is-taken").first().click();
    expect(await page.locator(".edge-facts").textContent()).toMatch(/guard.*just taken|just taken.*guard/s);
    await page.getByRole("tab", { name: "Context" }).click();
    await page.locator(".context .diff li").first().waitFor();
    await page.getByRole("tab", { name: "Cache" }).click();
    await page.getByText("Nobody was billed.").waitFor();
    expect(await page.locator('.watched [role="tabpanel"] tbody tr').count()).toBe(stage.double.served.length);
    await page.getByRole("tab", { name: "Plots" }).click();
    await page.locator(".plot canvas").first().waitFor();
    await page.getByRole("button", { name: "to the end" }).click();
    expect(await status()).toBe("completed");
    await page.getByRole("tab", { name: "Result" }).click();
    await page.locator(".result", { hasText: "<script>window.hurt=1</script>" }).waitFor();
    expect(await page.evaluate(() => (globalThis as { hurt?: number }).hurt)).toBeUndefined();
    expect(watched.complaints).toEqual([]);
    expect(watched.asked.filter((url) => !url.startsWith(new URL(link).origin))).toEqual([]);

    const file = join(stage.swarm.home, "report.html");
    expect((await stage.swarm.ask(["report", run, "--html", file])).code).toBe(0);
    const offline = await watchedPage(browser);
    await offline.page.goto(pathToFileURL(file).href);
    await offline.page.locator(".chart .is-in").first().waitFor();
    await offline.page.locator(".scrubber input").fill(asking);
    await offline.page.locator('[role="treeitem"]', { hasText: "awaitingApproval" }).waitFor();
    await offline.page.getByRole("button", { name: "to the end" }).click();
    await offline.page.getByRole("tab", { name: "Audit" }).click();
    await offline.page.locator(".audit td", { hasText: "approved" }).waitFor();
    expect(offline.asked.filter((url) => !url.startsWith("file:"))).toEqual([]);
    expect(offline.complaints).toEqual([]);
  });

  test("a server that goes and comes back costs the page no event and repeats none; a no reaches the agent with its reason", async () => {
    const writes = ["first", "second"].map((name) =>
      use("Write", { file_path: `${name}.txt`, content: "never written" }),
    );
    const { command } = stage.begin([...writes.map((write) => says(write)), report("nothing written")], ASK);
    const run = documentOf<{ runId: string }>(await command.done).runId;
    const { origin, port } = new URL(link);
    await page.goto(`${origin}/#/run/${run}`);
    await page.locator('[role="treeitem"]', { hasText: "awaitingApproval" }).waitFor();
    const before = Number(await page.locator(".scrubber input").getAttribute("max"));
    server.signal("SIGTERM");
    await server.done;
    await page.locator(".run-head", { hasText: "lost; tries again" }).waitFor();
    const [{ id }] = documentOf<{ approvals: [{ id: string }] }>(
      await stage.swarm.ask(["approvals", "--json"]),
    ).approvals;
    expect((await stage.swarm.ask(["deny", id, "--reason", "not while nobody looks"])).code).toBe(0);
    server = stage.swarm.start(["up", "--port", port]);
    await server.said(/token=/, "stdout");
    await page.locator(".run-head", { hasText: "lost; tries again" }).waitFor({ state: "detached" });
    await expect
      .poll(async () => Number(await page.locator(".scrubber input").getAttribute("max")))
      .toBeGreaterThan(before);

    await page.goto(`${origin}/#/inbox/${run}`);
    await page.locator(".detail h2", { hasText: "Write" }).waitFor();
    expect(await page.locator(".detail").textContent()).toContain("second.txt");
    await page.locator(".answers textarea").fill("not this file");
    await page.getByRole("button", { name: "Deny" }).click();
    await page.getByText(/^denied: Write/).waitFor();
    await page.getByText("Nothing waits for a person.").waitFor();
    await expect.poll(() => stage.double.served.some(({ body }) => body.includes("not this file"))).toBe(true);
    expect(["first.txt", "second.txt"].filter((name) => existsSync(join(stage.workspace, name)))).toEqual([]);
    await page.goBack();
    await expect.poll(status).toBe("completed");
    const told = await stage.events(run);
    expect(await page.locator(".scrubber input").getAttribute("max")).toBe(String(told.length));
    expect(told.filter(({ type }) => type === "approval.answered").length).toBe(2);
  });

  test("another page cannot order anything, and without its session the page says how to come back", async () => {
    const { origin } = new URL(link);
    const forged = await watchedPage(browser, { cookiesOf: page });
    const lure = join(stage.swarm.home, "lure.html");
    writeFileSync(lure, "<title>elsewhere</title>");
    await forged.page.goto(pathToFileURL(lure).href);
    const outcome = await forged.page.evaluate(async (to) => {
      try {
        const answer = await fetch(`${to}/api/runs/r_x/stop`, { method: "POST", credentials: "include", body: "{}" });
        return `answered ${answer.status}`;
      } catch {
        return "kept from it";
      }
    }, origin);
    expect(outcome).toBe("kept from it");
    await forged.page.close();
    const stranger = await watchedPage(browser);
    const used = await stranger.page.goto(link);
    expect(used?.status()).toBe(401);
    await page.context().clearCookies();
    await page.goto(`${origin}/#/`).catch(() => null);
    await page.reload();
    expect(await page.locator("body").textContent()).toMatch(/swarm up/);
  });

  test("nobody is kept out of a report: no serious finding of axe, light or dark", async () => {
    const seen = await watchedPage(browser);
    seen.page.context().setDefaultTimeout(10_000);
    await seen.page.goto(pathToFileURL(join(stage.swarm.home, "report.html")).href);
    await seen.page.locator(".chart .is-in").first().waitFor();
    for (const tab of ["Plots", "Audit", "Events"]) {
      await seen.page.getByRole("tab", { name: tab }).click();
      expect(await seriousFindings(seen.page), tab).toEqual([]);
    }
    await seen.page.context().close();
  });
});

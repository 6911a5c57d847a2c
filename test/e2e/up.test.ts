/** `swarm up` and `swarm down` as a person uses them: real processes, one of each for a data folder, nothing left behind. */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, follow } from "../support/server-stage.ts";
import { documentOf, eventually, fixture, openSwarm, processesOf, type Swarm } from "../support/swarm-cli.ts";

let swarm: Swarm;
beforeAll(async () => {
  swarm = await openSwarm();
});
afterAll(() => swarm[Symbol.asyncDispose]());

const linkOf = (text: string): URL => new URL(/http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}/.exec(text)?.[0] ?? "");
const bearer = (link: URL) => ({ Authorization: `Bearer ${link.searchParams.get("token")}` });
const portOf = (link: URL): number => Number(link.port);

describe("swarm up", () => {
  it("serves one data folder once, tells a run as it goes, outlives kill -9 of itself, and ends with swarm down", async () => {
    const up = swarm.start(["up", "--port", "0"]);
    await up.said(/\?token=/, "stdout");
    await up.said(/Ctrl-C ends both/);
    expect(up.stdout()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}\n$/);
    const link = linkOf(up.stdout());
    const port = portOf(link);
    const workers = async (): Promise<number> =>
      (await ask(port, "/api/workers", { headers: bearer(link) })).json<{ workers: unknown[] }>().workers.length;
    await eventually("its worker signs in", async () => (await workers()) === 1);
    expect((await ask(port, "/", { headers: bearer(link) })).text).toMatch(/<html|<!doctype/i);

    const second = await swarm.run(["up", "--json"]);
    expect(second.code).toBe(0);
    const other = documentOf<{ url: string; pid: number; running: boolean }>(second);
    expect([other.pid, other.running, portOf(new URL(other.url))]).toEqual([up.pid, true, port]);
    const { pathname, search } = new URL(other.url);
    const entered = await ask(port, pathname + search);
    expect(entered.status).toBe(303);
    const Cookie = String(entered.headers["set-cookie"]?.[0]).split(";")[0] as string;

    const stream = follow(port, "/api/events", { Cookie });
    expect(await stream.status).toBe(200);
    const evaluated = ["evaluate", fixture("ts-complete"), "--analyst", "local", "--only", "tool-registry", "--json"];
    expect((await swarm.run(evaluated)).code).toBe(0);
    const run = documentOf<{ runId: string }>(await swarm.run(["show", "@last", "--json"]));
    const told = (await ask(port, `/api/runs/${run.runId}`, { headers: { Cookie } })).json();
    expect(told).toMatchObject(run);
    await eventually("the tab hears of the cost of what was done", () =>
      stream.told.some(({ data }) => (data.counts as { workers?: number } | null)?.workers === 1),
    );

    up.signal("SIGKILL");
    await up.done;
    await eventually(
      "its worker ends with it",
      () => !processesOf(swarm.home).some(({ pid }) => readCommand(pid).includes("--with-parent")),
    );
    const again = await swarm.run(["up", "--detach", "--port", String(port), "--json"]);
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("swarm down ends it")]);
    const next = documentOf<{ url: string; pid: number }>(again);
    expect(next.pid).not.toBe(up.pid);
    // The browser was let in before the server was killed, and still is; its token went with it.
    expect((await ask(port, "/api/runs", { headers: { Cookie } })).status).toBe(200);
    expect((await ask(port, "/api/runs", { headers: bearer(link) })).status).toBe(401);
    expect(readFileSync(join(swarm.dataDir, "up.log"), "utf8")).not.toContain("token=");

    const signedIn = async (): Promise<readonly { readonly pid: number }[]> =>
      (await ask(port, "/api/workers", { headers: { Cookie } })).json<{ workers: { pid: number }[] }>().workers;
    await eventually("its own worker signs in", async () =>
      (await signedIn()).some(({ pid }) => readCommand(pid).includes("--with-parent")),
    );
    const ending = swarm.run(["down", "--json"]);
    // Its worker has nothing to do, and so nothing to wait for: less than a worker is given until it is ended by force.
    await eventually("nothing of it is left", () => processesOf(swarm.home).length === 0, 20_000);
    expect(documentOf(await ending)).toMatchObject({ v: 1, server: "stopped", redis: "stopped" });
    expect(existsSync(join(swarm.dataDir, "up.server"))).toBe(false);
    expect(documentOf(await swarm.run(["down", "--json"]))).toMatchObject({
      server: "not-running",
      redis: "not-running",
    });
  });

  it("is refused by name where it cannot listen, and says so through --detach too", async () => {
    await swarm.run(["down"]);
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const { port } = taken.address() as { port: number };
    try {
      const refused = await swarm.run(["up", "--detach", "--port", String(port), "--json"]);
      expect([refused.code, documentOf(refused)]).toEqual([
        2,
        {
          v: 1,
          error: expect.objectContaining({ code: "up.port_taken", message: expect.stringContaining(String(port)) }),
        },
      ]);
    } finally {
      taken.close();
    }
    // The second one is no address, and would be looked up as a name.
    for (const address of ["0.0.0.0", "127.999.0.1"]) {
      const open = await swarm.run(["up", "--listen", address, "--json"]);
      expect([open.code, documentOf(open)]).toEqual([
        2,
        { v: 1, error: expect.objectContaining({ code: "up.not_loopback", hint: expect.stringContaining("ssh -L") }) },
      ]);
    }
    await swarm.run(["down"]);
  });
});

function readCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

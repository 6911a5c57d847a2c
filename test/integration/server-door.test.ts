/** Laws of the server's door: who is answered, who is let in, and what is too much. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openServer } from "../../apps/server/server.ts";
import { IDLE_MS, LINK_MS, SESSION_MS } from "../../apps/server/sessions.ts";
import { performersOf, reports, task } from "../support/mocked-hive.ts";
import { ask, openServerStage, type ServerStage } from "../support/server-stage.ts";

let stage: ServerStage;
let clockMs = Date.now();
beforeAll(async () => {
  stage = await openServerStage({ nowMs: () => clockMs });
  await stage.swarm.worker(performersOf((turn) => reports(turn)));
  await stage.swarm.start("r_one", [task("a")]);
  expect(await stage.swarm.ended("r_one")).toBe("completed");
});
afterAll(() => stage.close());

const codeOf = (text: string): unknown => (JSON.parse(text) as { error: { code: unknown } }).error.code;
const ours = () => `http://127.0.0.1:${stage.server.port}`;

describe("whoever was not let in", () => {
  it("is told nothing by any address: not by the page, the API, a stream or the queues", async () => {
    for (const path of [
      "/",
      "/page/page.js",
      "/api/runs",
      "/api/runs/r_one/events",
      "/api/none",
      "/queues",
      "/queues/api/queues",
    ]) {
      const { status, text } = await ask(stage.server.port, path);
      expect([path, status, codeOf(text)]).toEqual([path, 401, "auth.required"]);
    }
  });

  it("is not let in by a wrong bearer, a wrong cookie, or another scheme", async () => {
    const { cookie } = { cookie: (await stage.enter()).split("=")[0] as string };
    const given = [
      { Authorization: "Bearer " },
      { Authorization: `Bearer ${stage.server.token}x` },
      { Authorization: `Basic ${stage.server.token}` },
      { Cookie: `${cookie}=${stage.server.token}` },
      { Cookie: `swarm_00000000=${stage.server.token}` },
    ];
    for (const headers of given) expect((await ask(stage.server.port, "/api/runs", { headers })).status).toBe(401);
    expect((await stage.get("/api/runs")).status).toBe(200);
  });
});

describe("a link", () => {
  it("becomes a cookie that scripts cannot read, once; the token itself is no cookie, and stands in no file", async () => {
    const { pathname, search, searchParams } = new URL(stage.server.link());
    const token = searchParams.get("token") as string;
    expect(Buffer.from(token, "base64url")).toHaveLength(24);
    const first = await ask(stage.server.port, pathname + search);
    expect([first.status, first.headers.location]).toEqual([303, "/"]);
    const cookie = String(first.headers["set-cookie"]?.[0]);
    expect(cookie).toMatch(/^swarm_[0-9a-f]{8}=[\w-]{32}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(token);
    const session = cookie.split(";")[0] as string;
    expect((await ask(stage.server.port, "/", { headers: { Cookie: session } })).text).toContain("<title>page</title>");
    const kept = readFileSync(join(stage.home, "up.sessions"), "utf8");
    expect(kept).not.toContain(token);
    expect(kept).not.toContain(session.split("=")[1]);
    const second = await ask(stage.server.port, pathname + search);
    expect([second.status, second.headers["set-cookie"], codeOf(second.text)]).toEqual([401, undefined, "auth.token"]);
  });

  it("that nobody opened in its time is dead, and a session that nobody used, or that is too old, is over", async () => {
    const late = new URL(stage.server.link());
    const cookie = await stage.enter();
    const status = async (): Promise<number> =>
      (await ask(stage.server.port, "/api/status", { headers: { Cookie: cookie } })).status;
    clockMs += LINK_MS + 1;
    expect((await ask(stage.server.port, late.pathname + late.search)).status).toBe(401);
    expect(await status()).toBe(200);
    clockMs += IDLE_MS - 1;
    expect(await status()).toBe(200);
    clockMs += IDLE_MS + 1;
    expect(await status()).toBe(401);
    const old = await stage.enter();
    const oldStatus = async (): Promise<number> =>
      (await ask(stage.server.port, "/api/status", { headers: { Cookie: old } })).status;
    for (let used = 0; used < SESSION_MS; used += IDLE_MS - 1) {
      expect(await oldStatus()).toBe(200);
      clockMs += IDLE_MS - 1;
    }
    expect(await oldStatus()).toBe(401);
  });

  it("is made for whoever has the bearer", async () => {
    const made = (await stage.post("/api/link", {})).json<{ url: string }>();
    const { pathname, search } = new URL(made.url);
    expect((await ask(stage.server.port, pathname + search)).status).toBe(303);
  });
});

describe("a stranger's page", () => {
  it("is refused by the name it calls us by, whatever it knows", async () => {
    const { port } = stage.server;
    for (const Host of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1",
      `127.0.0.1:${port + 1}`,
      `127.0.0.1.evil.example:${port}`,
    ]) {
      const answer = await ask(port, "/api/runs", { headers: { ...stage.bearer, Host } });
      expect([Host, answer.status, codeOf(answer.text)]).toEqual([Host, 421, "host.foreign"]);
    }
    for (const Host of [`localhost:${port}`, `127.0.0.1:${port}`, `LOCALHOST:${port}`]) {
      expect((await ask(port, "/api/runs", { headers: { ...stage.bearer, Host } })).status).toBe(200);
    }
  });

  it("neither reads nor writes, also from another port of this host whose requests carry our cookie", async () => {
    const { port } = stage.server;
    const Cookie = await stage.enter();
    const json = { "Content-Type": "application/json", "x-swarm": "1" };
    const foreign = [
      { Origin: "https://evil.example" },
      { Origin: `http://127.0.0.1:${port + 1}` },
      { Origin: "null" },
      { Origin: ours(), "Sec-Fetch-Site": "same-site" },
      { "Sec-Fetch-Site": "cross-site" },
    ];
    for (const headers of foreign) {
      const write = { method: "POST", headers: { Cookie, ...json, ...headers }, body: "{}" };
      expect([headers, (await ask(port, "/api/runs/r_one/stop", write)).status]).toEqual([headers, 403]);
      expect([headers, (await ask(port, "/api/runs", { headers: { Cookie, ...headers } })).status]).toEqual([
        headers,
        403,
      ]);
    }
    // A browser always says where a write comes from: one without is none of our page's.
    const bare = [
      { Cookie, ...json },
      { Cookie, Origin: ours(), "Content-Type": "application/json" },
    ];
    for (const headers of bare) {
      expect((await ask(port, "/api/runs/r_one/stop", { method: "POST", headers, body: "{}" })).status).toBe(403);
    }
    const own = { Cookie, ...json, Origin: ours(), "Sec-Fetch-Site": "same-origin" };
    const taken = await ask(port, "/api/runs/r_one/stop", { method: "POST", headers: own, body: "{}" });
    expect([taken.status, codeOf(taken.text)]).toEqual([409, "run.ended"]);
  });

  it("may lead a person here: the page opens once more, by itself, and then the strict cookie comes along", async () => {
    const headers = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" };
    const { pathname, search } = new URL(stage.server.link());
    const answer = await ask(stage.server.port, pathname + search, { headers });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain(`content="0;url=/${search}"`);
    expect(answer.headers["set-cookie"]).toBeUndefined();
    expect((await ask(stage.server.port, '/?token="><script>', { headers })).text).not.toContain("script");
    expect((await ask(stage.server.port, "/api/runs", { headers: { ...headers, ...stage.bearer } })).status).toBe(403);
  });
});

describe("every answer", () => {
  it("says that nothing of it may be framed, sniffed, kept, led on, or mixed with what is not ours", async () => {
    const paths = ["/", "/api/runs", "/api/none", "/queues"];
    for (const path of paths) {
      const { headers } = await stage.get(path);
      expect(headers["content-security-policy"]).toMatch(/^default-src '(self|none)';/);
      expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
      expect(headers["content-security-policy"]).not.toContain("script-src 'unsafe");
      expect(headers).toMatchObject({
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
      });
    }
    expect((await stage.get("/api/runs")).headers["cache-control"]).toBe("no-store");
  });
});

describe("a request that does not fit", () => {
  it("is refused by name: no such address, run, agent, machine, letter or approval", async () => {
    const none = [
      "/api/none",
      "/api/runs/r_none",
      "/api/runs/r_none/events",
      "/api/runs/r_one/actors/a_none",
      "/api/runs/r_one/agents?after=a_none",
      "/api/machines/none/scene",
      "/api/letters/none",
      "/api/approvals/p_none",
      "/page/none.js",
    ];
    for (const path of none) expect([path, (await stage.get(path)).status]).toEqual([path, 404]);
  });

  it("is refused before Redis is asked: strange parameters, bodies that are too long, no JSON, or say more than is known", async () => {
    const bad = [
      "/api/runs?limit=0",
      "/api/runs?limit=201",
      "/api/runs?limit=5&limit=6",
      "/api/runs?color=red",
      "/api/runs/r_one/log?after=-1",
      "/api/runs/r_one/log?after=1e3x",
      "/api/runs/..%2f..%2fetc",
      `/api/events?runs=${Array.from({ length: 9 }, (_, index) => `r_${index}:0`).join(",")}`,
      "/api/events?runs=r_one:0,r_one:4",
      "/api/runs/r_one/blobs/..%2f..%2fetc",
    ];
    for (const path of bad) expect([path, (await stage.get(path)).status]).toEqual([path, 400]);
    const send = (body: string, type = "application/json", method = "POST") =>
      ask(stage.server.port, "/api/runs/r_one/stop", {
        method,
        headers: { ...stage.bearer, "Content-Type": type },
        body,
      });
    expect((await send(`{"task":"${"x".repeat(70_000)}"}`)).status).toBe(413);
    expect((await send("{", "application/json")).status).toBe(400);
    expect((await send("{}", "text/plain")).status).toBe(415);
    expect((await send('{"cancel":true,"force":true}')).status).toBe(400);
    expect((await send("", "application/json", "OPTIONS")).status).toBe(405);
  });
});

describe("the server", () => {
  it("listens for this machine alone, and says whose port it could not have", async () => {
    const options = { hive: stage.hive, page: "", sessions: join(stage.home, "other.sessions") };
    for (const address of ["0.0.0.0", "::", "192.168.0.1", "example.com", "127.0.0.1.evil"]) {
      await expect(openServer({ ...options, port: 0, address })).rejects.toMatchObject({ code: "up.not_loopback" });
    }
    await expect(openServer({ ...options, port: stage.server.port, address: "127.0.0.1" })).rejects.toMatchObject({
      code: "up.port_taken",
    });
  });

  it("says so where its page was not built, and shows the queues without taking a word about them", async () => {
    const { openServer: open } = await import("../../apps/server/server.ts");
    const bare = await open({
      hive: stage.hive,
      port: 0,
      address: "127.0.0.1",
      page: join(stage.home, "nowhere"),
      sessions: join(stage.home, "bare.sessions"),
    });
    const headers = { Authorization: `Bearer ${bare.token}` };
    expect(codeOf((await ask(bare.port, "/", { headers })).text)).toBe("page.missing");
    await bare.close();
    const board = await stage.get("/queues");
    expect(board.status).toBe(200);
    expect(board.text).not.toMatch(/https?:\/\//);
    const script = /src="(static\/js\/main[^"]+)"/.exec(board.text)?.[1];
    expect((await stage.get(`/queues/${script}`)).headers["content-type"]).toMatch(/javascript/);
    const listed = (await stage.get("/queues/api/queues")).json<{
      queues: { name: string; readOnlyMode: boolean }[];
    }>();
    expect(listed.queues.map(({ name }) => name)).toContain("swarm-explore");
    expect(listed.queues.every(({ readOnlyMode }) => readOnlyMode)).toBe(true);
    const clean = { method: "PUT", headers: { ...stage.bearer, "Content-Type": "application/json" }, body: "{}" };
    expect((await ask(stage.server.port, "/queues/api/queues/swarm-explore/retry/failed", clean)).status).toBe(405);
    expect((await stage.get("/queues/api/redis/stats")).text).not.toContain(stage.swarm.server.dir);
  });
});

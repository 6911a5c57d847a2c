/** Laws of what the server tells of runs: streams that lose and repeat nothing, and answers that are what the log says. */
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LOCAL_BINDING } from "../../actors/runtime/bindings.ts";
import { replay } from "../../actors/runtime/replay.ts";
import { runDocument } from "../../actors/runtime/run-document.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import { shownMoment } from "../../actors/runtime/shown-moment.ts";
import { latestMachine, machines } from "../../actors/types/index.ts";
import type { ApiActor, ApiAgents, ApiLog, ApiMail, ApiRun, ApiRuns } from "../../apps/server/api.ts";
import type { ApiMachines, ApiQueues, ApiScene, ApiStatus } from "../../apps/server/api-swarm.ts";
import { STREAMS_MAX } from "../../apps/server/streams.ts";
import { callsRead, deferred, performersOf, reports, task } from "../support/mocked-hive.ts";
import { ask, follow, openServerStage, type ServerStage, type Stream } from "../support/server-stage.ts";

let stage: ServerStage;
const open: Stream[] = [];
/** Lets every agent go on that a test which failed has left waiting. */
const held: (() => void)[] = [];
beforeEach(async () => {
  stage = await openServerStage({ stallMs: 400 });
});
afterEach(async () => {
  for (const stream of open.splice(0)) stream.close();
  for (const release of held.splice(0)) release();
  await stage.close();
});

function stream(path: string, headers: Readonly<Record<string, string>> = stage.bearer): Stream {
  const one = follow(stage.server.port, path, headers);
  open.push(one);
  return one;
}

const seqsOf = (one: Stream): unknown[] =>
  one.told.filter(({ event }) => event === "message").map(({ data }) => data.seq);
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
const ends = (one: Stream): boolean => one.told.some(({ data }) => String(data.type).startsWith("run.completed"));

/** A run whose agent waits in its second turn until it is let go. */
async function heldRun(run: string): Promise<() => void> {
  const go = deferred<void>();
  held.push(() => go.resolve());
  await stage.swarm.worker(
    performersOf(async (turn) => {
      if (turn === 1) await go.promise;
      return turn < 2 ? callsRead(turn) : reports(turn);
    }),
  );
  await stage.swarm.start(run, [task("a"), task("b", ["a"])]);
  await stage.swarm.seen(run, (event) => event.type === "model.called" && event.turn === 1);
  return () => go.resolve();
}

describe("an event stream", () => {
  it("that goes on after the server began anew has lost and repeated nothing, and its browser is still let in", async () => {
    const release = await heldRun("r_one");
    const Cookie = await stage.enter();
    const first = stream("/api/runs/r_one/events", { Cookie });
    await expect.poll(() => seqsOf(first).length).toBeGreaterThan(5);
    await stage.again();
    await first.over;
    release();
    expect(await stage.swarm.ended("r_one")).toBe("completed");
    const second = stream("/api/runs/r_one/events", { Cookie, "Last-Event-ID": first.told.at(-1)?.id as string });
    expect(await second.status).toBe(200);
    await expect.poll(() => ends(second)).toBe(true);
    const all = await stage.swarm.events("r_one");
    expect([...seqsOf(first), ...seqsOf(second)]).toEqual(upTo(all.length));
    const told = [...first.told, ...second.told].map(({ data }) => data);
    expect(told).toEqual(JSON.parse(JSON.stringify(all)));
    expect(second.told.every(({ id, data }) => id === String(data.seq))).toBe(true);
  });

  it("may begin in the middle of a commit, and its reader's last place counts more than the address", async () => {
    (await heldRun("r_one"))();
    expect(await stage.swarm.ended("r_one")).toBe("completed");
    const { length } = await stage.swarm.events("r_one");
    for (const after of [0, 1, 2, 3, 4, 5, length - 1]) {
      const one = stream(`/api/runs/r_one/events?after=${after}`);
      await expect.poll(() => seqsOf(one).at(-1)).toBe(length);
      expect(seqsOf(one)).toEqual(upTo(length).slice(after));
      one.close();
    }
    const later = stream("/api/runs/r_one/events?after=2", { ...stage.bearer, "Last-Event-ID": String(length - 2) });
    await expect.poll(() => seqsOf(later)).toEqual([length - 1, length]);
  });

  it("of a whole tab tells of several runs, each from its own place, and its id says how far each has got", async () => {
    const release = await heldRun("r_one");
    await stage.swarm.start("r_two", [task("a")]);
    const first = stream("/api/events?runs=r_one:3,r_two:0");
    await expect.poll(() => first.told.filter(({ data }) => data.run === "r_two").length).toBeGreaterThan(3);
    first.close();
    release();
    await Promise.all(["r_one", "r_two"].map((run) => stage.swarm.ended(run)));
    const id = first.told.findLast((one) => one.id !== null)?.id as string;
    expect(id).toMatch(/^r_one:\d+,r_two:\d+$/);
    const second = stream("/api/events?runs=r_one:3,r_two:0", { ...stage.bearer, "Last-Event-ID": id });
    await expect.poll(() => second.told.filter(({ data }) => data.type === "run.completed").length).toBe(2);
    for (const [run, after] of [
      ["r_one", 3],
      ["r_two", 0],
    ] as const) {
      const seqs = [...first.told, ...second.told].flatMap(({ data }) => (data.run === run ? [data.seq] : []));
      expect(seqs).toEqual(upTo((await stage.swarm.events(run)).length).slice(after));
    }
    expect(second.told.find(({ event }) => event === "hive")?.data).toMatchObject({
      redis: "up",
      counts: { workers: 1 },
    });
  });

  it("outlives Redis, says when it went and when it came back, and meanwhile nobody waits for an answer", async () => {
    const release = await heldRun("r_one");
    const one = stream("/api/events?runs=r_one:0");
    await expect.poll(() => seqsOf(one).length).toBeGreaterThan(5);
    const news = (): unknown[] => one.told.filter(({ event }) => event === "hive").map(({ data }) => data.redis);
    await stage.swarm.server.kill9();
    await expect.poll(() => news().at(-1)).toBe("down");
    const refused = await stage.get("/api/runs");
    expect([refused.status, refused.json<{ error: object }>().error]).toEqual([
      503,
      expect.objectContaining({ code: "redis.down", retryable: true }),
    ]);
    expect((await stage.get("/")).status).toBe(200);
    expect((await stage.get("/api/status")).json<ApiStatus>()).toMatchObject({
      redis: { state: "down" },
      counts: null,
    });
    await stage.swarm.server.restart();
    await expect.poll(() => news().at(-1)).toBe("up");
    release();
    await expect.poll(() => ends(one)).toBe(true);
    expect(seqsOf(one)).toEqual(upTo((await stage.swarm.events("r_one")).length));
  });

  it("whose reader takes nothing is cut, keeps nothing in memory, and makes room for others", async () => {
    (await heldRun("r_one"))();
    await stage.swarm.ended("r_one");
    const { redis, keys } = stage.swarm;
    const from = (await stage.swarm.events("r_one")).length;
    const reason = "x".repeat(200_000);
    for (let more = 1; more <= 150; more += 1) {
      const body = JSON.stringify({ v: 1, events: [{ type: "run.parked", reason }] });
      await redis.xadd(keys.run("r_one").log, `${from + more}-0`, "t", Date.now(), "a", "r_one/-/-", "b", body);
    }
    const streams = async (): Promise<number> => (await stage.get("/api/status")).json<ApiStatus>().streams.open;
    const socket = connect(stage.server.port, "127.0.0.1");
    const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => {});
    socket.pause();
    socket.write(
      `GET /api/runs/r_one/events HTTP/1.1\r\nHost: 127.0.0.1:${stage.server.port}\r\nAuthorization: ${stage.bearer.Authorization}\r\n\r\n`,
    );
    await expect.poll(streams).toBe(1);
    await expect.poll(streams).toBe(0);
    socket.resume();
    await gone;
    // What lay in the buffers of the connection; the rest was never written, and nobody kept it.
    expect(socket.bytesRead).toBeGreaterThan(0);
    expect(socket.bytesRead).toBeLessThan(150 * 200_000);
    const all = Array.from({ length: STREAMS_MAX }, () => stream("/api/events"));
    expect(await Promise.all(all.map(({ status }) => status))).toEqual(all.map(() => 200));
    const full = await stage.get("/api/events");
    expect(full.status).toBe(429);
    all[0]?.close();
    await expect.poll(async () => await stream("/api/events").status).toBe(200);
  });

  it("of a run whose log is damaged tells what stands before it, names the place, and tells the other runs on", async () => {
    (await heldRun("r_one"))();
    await stage.swarm.start("r_two", [task("a")]);
    await Promise.all(["r_one", "r_two"].map((run) => stage.swarm.ended(run)));
    const { redis, keys } = stage.swarm;
    const { length } = await stage.swarm.events("r_one");
    await redis.xadd(
      keys.run("r_one").log,
      `${length + 1}-0`,
      "t",
      "1",
      "a",
      "r_one/-/-",
      "b",
      '{"v":1,"events":[{"type":"none"}]}',
    );
    const one = stream("/api/events?runs=r_one:0,r_two:0");
    await expect.poll(() => one.told.filter(({ data }) => data.type === "run.completed").length).toBe(2);
    await expect
      .poll(() => one.told.find(({ event }) => event === "unreadable")?.data)
      .toMatchObject({ runId: "r_one", seq: length + 1 });
    expect(one.told.flatMap(({ data }) => (data.run === "r_one" ? [data.seq] : []))).toEqual(upTo(length));
  });
});

describe("of a run", () => {
  it("everything is told as the log and the rows have it: document, agents, past, one actor, log, list", async () => {
    const release = await heldRun("r_one");
    const live = (await stage.get("/api/runs/r_one/agents")).json<ApiAgents>();
    const asked = live.agents.find(({ id }) => id === "a_a");
    expect(asked).toMatchObject({
      parent: "a_coordinator",
      machine: latestMachine("explore"),
      task: "a",
      pending: 1,
      over: null,
    });
    expect(asked?.state).toMatch(/thinking/);
    const { agents: busy } = (await stage.get("/api/runs/r_one/mail")).json<ApiMail>();
    expect(busy).toContainEqual({ id: "a_a", mail: 0, pending: 1 });
    release();
    expect(await stage.swarm.ended("r_one")).toBe("completed");
    const events = await stage.swarm.events("r_one");

    const run = (await stage.get("/api/runs/r_one")).json<ApiRun>();
    expect(run).toMatchObject(JSON.parse(JSON.stringify(await runDocument(stage.swarm.reader, "r_one"))));
    expect([run.seq, run.goal, run.status]).toEqual([events.length, "test", "completed"]);
    const brief = (await stage.get("/api/runs/r_one?brief=1")).json<ApiRun>();
    const { cost: _cost, ...rest } = run;
    expect(brief).toEqual({ ...rest, agents: [], approvals: [], spending: { ...run.spending, agents: [] } });

    const agents = (await stage.get("/api/runs/r_one/agents")).json<ApiAgents>();
    expect([agents.total, agents.next, agents.seq]).toEqual([3, null, events.length]);
    expect(agents.agents.map(({ id }) => id)).toEqual(["a_coordinator", "a_a", "a_b"]);
    for (const agent of agents.agents) {
      const moved = events.findLast(({ type, actor }) => type === "agent.state" && actor === agent.id);
      expect([agent.state, agent.sinceSeq, agent.since]).toEqual([
        (moved as { to?: string })?.to,
        moved?.seq,
        moved?.at,
      ]);
    }
    const page = (await stage.get("/api/runs/r_one/agents?limit=1&after=a_coordinator")).json<ApiAgents>();
    expect([page.agents.map(({ id }) => id), page.next]).toEqual([["a_a"], "a_a"]);

    // In any order: a fold that is picked up where another one stood tells the same as one from the beginning.
    for (const seq of [events.length, 1, Math.floor(events.length / 2), 4, events.length]) {
      const asked = await stage.get(`/api/runs/r_one/actors/a_coordinator?at=${seq}`);
      const { moment } = await replay(entriesOf(stage.swarm.reader, "r_one"), machines, seq);
      const folded = shownMoment(moment).actors.find(({ actor }) => actor === "a_coordinator");
      const { state, context } = asked.json<ApiActor>();
      expect([state, context]).toEqual(JSON.parse(JSON.stringify([folded?.state, folded?.context])));
    }
    const actor = (await stage.get(`/api/runs/r_one/actors/a_a?at=${events.length}`)).json<ApiActor>();
    expect(actor).toMatchObject({
      v: 1,
      actor: "a_a",
      machine: latestMachine("explore"),
      state: "completed",
      problem: null,
    });
    expect(actor.edges.length).toBeGreaterThan(0);

    const some = (await stage.get("/api/runs/r_one/log?after=2&limit=5")).json<ApiLog>();
    expect([some.events, some.last, some.more]).toEqual([JSON.parse(JSON.stringify(events.slice(2, 7))), 7, true]);
    const typed = (await stage.get("/api/runs/r_one/log?type=model.called,run.completed")).json<ApiLog>();
    expect(typed.events.map(({ seq }) => seq)).toEqual(
      events.flatMap(({ type, seq }) => (type === "model.called" || type === "run.completed" ? [seq] : [])),
    );
    expect([typed.last, typed.more]).toEqual([events.length, false]);
  });

  it("the list is paged, the newest first, and a run may be called by what is newest", async () => {
    for (const run of ["r_one", "r_two", "r_three"]) {
      await stage.swarm.start(run, [task("a")]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const first = (await stage.get("/api/runs?limit=2")).json<ApiRuns>();
    expect([first.runs.map(({ runId }) => runId), first.next]).toEqual([["r_three", "r_two"], "r_two"]);
    const rest = (await stage.get("/api/runs?limit=2&after=r_two")).json<ApiRuns>();
    expect([rest.runs.map(({ runId }) => runId), rest.next]).toEqual([["r_one"], null]);
    expect((await stage.get("/api/runs/@last")).json<ApiRun>().runId).toBe("r_three");
  });

  it("the list says of each whether a model was played, by its binding or by its first answer", async () => {
    for (const run of ["r_played", "r_real"]) await stage.swarm.start(run, [task("a")]);
    const simulated = async () =>
      Object.fromEntries(
        (await stage.get("/api/runs")).json<ApiRuns>().runs.map((run) => [run.runId, run.simulated] as const),
      );
    expect(await simulated()).toEqual({ r_played: false, r_real: false });
    await stage.swarm.redis.hset(stage.swarm.keys.run("r_played").run, { binding: LOCAL_BINDING });
    expect(await simulated()).toEqual({ r_played: true, r_real: false });
  });
});

describe("of the swarm", () => {
  it("the charts are those that run, each laid out once, and what waits in the queues is counted by type", async () => {
    const { machines: drawn } = (await stage.get("/api/machines")).json<ApiMachines>();
    expect(drawn.map(({ machine }) => machine)).toContain(latestMachine("explore"));
    const scene = await stage.get("/api/machines/explore/scene");
    expect(scene.json<ApiScene>().scene.boxes.length).toBeGreaterThan(5);
    const headers = { ...stage.bearer, "If-None-Match": String(scene.headers.etag) };
    expect((await ask(stage.server.port, "/api/machines/explore/scene", { headers })).status).toBe(304);
    await stage.swarm.start("r_one", [task("a")]);
    await stage.again();
    const queues = async (): Promise<ApiQueues> => (await stage.get("/api/queues")).json<ApiQueues>();
    await expect.poll(async () => (await queues()).points.length).toBe(1);
    const { types, points } = await queues();
    // Nobody lives who could take it: the coordinator is ready, and has been for some time.
    expect(points[0]?.ready[types.indexOf("coordinator")]).toBe(1);
    expect(points[0]?.oldestMs[types.indexOf("coordinator")]).toBeGreaterThan(0);
    expect(points[0]?.oldestMs[types.indexOf("explore")]).toBeNull();
    const status = (await stage.get("/api/status")).json<ApiStatus>();
    expect(status.counts).toMatchObject({ running: 1, workers: 0, deadLetters: 0, approvals: 0 });
  });
});

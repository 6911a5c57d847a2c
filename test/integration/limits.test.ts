/** What comes into a run from outside is bounded at its door; what would go beyond is refused by name, and writes nothing. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newRun, type RunPlan } from "../../actors/runtime/new-run.ts";
import { readConfig } from "../../infra/config.ts";
import { MAIL_BYTES_MAX } from "../../infra/redis/outside-mail.ts";
import { retentionOf, STUBS_MAX } from "../../infra/redis/retention.ts";
import { COORDINATOR_ACTOR, COORDINATOR_TYPE, type Mail } from "../../infra/store.ts";
import { commitOf, committed, coordinatorOf, event, startedRun, stepped } from "../support/given-commit.ts";
import { type Hive, openMockedHive, task } from "../support/mocked-hive.ts";

let hive: Hive;
beforeAll(async () => {
  hive = await openMockedHive();
});
afterAll(() => hive.close());
beforeEach(async () => {
  await hive.redis.flushall();
});

const RUN = "r_bounded";
const agent = { run: RUN, actor: "a_a", type: "explore" };
const boss = { run: RUN, actor: COORDINATOR_ACTOR, type: COORDINATOR_TYPE };
const mail = (id: string, text = ""): Mail => ({ id, event: { type: "note", text } as { type: string } });

describe("a message from outside", () => {
  it("is taken up to its limit of bytes, and refused by name beyond", async () => {
    await hive.start(RUN, [task("a")]);
    const room = MAIL_BYTES_MAX - JSON.stringify(mail("m")).length;
    expect((await hive.store.send(agent, mail("m", "x".repeat(room)))).kind).toBe("sent");
    const { mailbox } = hive.keys.actor(RUN, "a_a");
    for (const [bad, code] of [
      [mail("n", "x".repeat(room + 1)), "mail.too_long"],
      [mail("n", "é".repeat(room / 2 + 1)), "mail.too_long"],
      [mail("n".repeat(201)), "mail.bad_id"],
      [mail(""), "mail.bad_id"],
    ] as const) {
      await expect(hive.store.send(agent, bad)).rejects.toMatchObject({ code, exit: 2 });
    }
    expect(await hive.redis.llen(mailbox)).toBe(1);
  });

  it("is refused once a run remembers ten thousand of them, and a cancel still comes through", async () => {
    await hive.start(RUN, [task("a")]);
    const { sent } = hive.keys.run(RUN);
    await hive.redis.hset(sent, Object.fromEntries(Array.from({ length: 9_999 }, (_, index) => [`m${index}`, 1])));
    expect((await hive.store.send(agent, mail("last"))).kind).toBe("sent");
    expect(await hive.store.send(agent, mail("one more"))).toEqual({ kind: "full", length: 10_000 });
    expect((await hive.store.send(agent, mail("last"))).kind).toBe("again");
    expect((await hive.store.send(boss, mail("cancel"))).kind).toBe("sent");
    expect(await hive.redis.hlen(sent)).toBe(10_001);
  });
});

describe("the log of a run", () => {
  it("takes a quarter of a million events; the commit that brings the last of them ends the run, and says why", async () => {
    const { run, claim } = await startedRun(hive.store);
    const { log, run: row } = hive.keys.run(run);
    await hive.redis.hset(row, "seq", 249_997);
    await hive.store.send(coordinatorOf(run), event("m1"));
    await hive.store.send(coordinatorOf(run), event("m2"));
    await hive.store.send(coordinatorOf(run), event("m3"));
    const one = { ...claim, mail: [event("m1")] };
    expect(await committed(hive.store, commitOf(coordinatorOf(run), one, { events: 2 }))).toMatchObject({
      firstSeq: 249_998,
      runStatus: "running",
    });
    const two = { ...stepped(one), mail: [event("m2")] };
    const last = commitOf(coordinatorOf(run), two, { events: 2 });
    expect(await committed(hive.store, last)).toMatchObject({ firstSeq: 250_000, runStatus: "failed" });
    const [newest] = await hive.redis.xrevrange(log, "+", "-", "COUNT", 1);
    expect(newest?.[0]).toBe("250002-0");
    const reasons = ["its log has reached 250000 events, and takes no more"];
    expect(JSON.parse(newest?.[1].at(-1) ?? "")).toEqual({ v: 1, events: [{ type: "run.failed", reasons }] });
    expect(await hive.redis.hmget(row, "status", "reasons", "seq")).toEqual([
      "failed",
      JSON.stringify(reasons),
      "250002",
    ]);
    expect(await hive.redis.zscore(hive.keys.shard(hive.keys.shardOf(run)).ended, run)).not.toBeNull();
    const before = await hive.redis.xlen(log);
    // Sent again it is told the same, and what comes after is told that the run is over.
    expect(await hive.store.commit(last)).toMatchObject({ kind: "committed", firstSeq: 250_000, runStatus: "failed" });
    const three = commitOf(coordinatorOf(run), { ...stepped(two), mail: [event("m3")] });
    expect(await hive.store.commit(three)).toEqual({ kind: "ended", status: "failed" });
    expect(await hive.redis.xlen(log)).toBe(before);
  });

  it("ends with the word of a run that ends by itself at that very commit", async () => {
    const { run, claim } = await startedRun(hive.store);
    const { log, run: row } = hive.keys.run(run);
    await hive.redis.hset(row, "seq", 250_000);
    await hive.store.send(coordinatorOf(run), event("m1"));
    const end = commitOf(
      coordinatorOf(run),
      { ...claim, mail: [event("m1")] },
      { runEnd: { status: "completed", reasons: [] } },
    );
    expect(await committed(hive.store, end)).toMatchObject({ runStatus: "completed" });
    expect(await hive.redis.xrange(log, "250002-0", "+")).toEqual([]);
  });
});

describe("a run's plan", () => {
  const plan: RunPlan = {
    run: RUN,
    goal: "g",
    kind: "run",
    graph: [task("a")],
    briefs: { a: "{}" },
    model: "m",
    binding: "b",
    workspace: "/",
    config: {} as RunPlan["config"],
    parallelMax: 1,
    tolerateFailures: false,
    options: {},
  };
  it("is refused where a brief, all briefs, a latched word or a count is too large, each by name", () => {
    expect(() => newRun(plan)).not.toThrow();
    const brief = "x".repeat(256 * 1024);
    expect(() => newRun({ ...plan, briefs: { a: brief } })).not.toThrow();
    const many = Object.fromEntries(Array.from({ length: 129 }, (_, index) => [`t${index}`, brief]));
    for (const [changed, words] of [
      [{ briefs: { a: `${brief}x` } }, /the brief of "a" has 262145 bytes; at most 262144/],
      [{ briefs: many }, /the briefs have \d+ bytes; at most 33554432/],
      [{ goal: "é".repeat(40_000) }, /goal has 80002 bytes; at most 65536/],
      [{ options: { deep: "x".repeat(70_000) } }, /options has \d+ bytes/],
      [{ parallelMax: 101 }, /parallelMax is 101; it takes 1 to 100/],
      [{ graph: [task("a", [], 101)] }, /task "a": 101 attempts; at most 100/],
    ] as const) {
      expect(() => newRun({ ...plan, ...changed })).toThrow(words);
    }
  });
});

describe("a file of settings", () => {
  it("is refused by name where it is longer than a megabyte", async () => {
    const dir = mkdtempSync(join(tmpdir(), "statehive-config-"));
    const file = join(dir, "swarm.config.json");
    writeFileSync(file, JSON.stringify({ model: "x".repeat(1024 * 1024) }));
    await expect(readConfig(dir, {})).rejects.toMatchObject({
      code: "config.unreadable",
      exit: 2,
      message: expect.stringContaining(`${file}: it has 1048588 bytes; at most 1048576 are read`),
    });
    rmSync(dir, { recursive: true });
  });
});

describe("the stubs of a shard", () => {
  it("are bounded: the oldest are forgotten, and a run that still has its rows never is", async () => {
    const tag = hive.keys.shardOf(RUN);
    const { runs } = hive.keys.shard(tag);
    const old = (index: number): string => `r_${index}`;
    const row = (run: string): string => `swarm:{${hive.keys.shardOf(run)}}:${run}`;
    for (let index = 0; index < STUBS_MAX + 3; index += 1) {
      await hive.redis.zadd(runs, index, old(index));
      await hive.redis.hset(row(old(index)), index === 1 ? { status: "running" } : { status: "completed", stub: "{}" });
    }
    expect(await retentionOf(hive.redis, hive.keys).trimStubs(tag)).toBe(2);
    expect(await hive.redis.exists(row(old(0)), row(old(2)))).toBe(0);
    expect(await hive.redis.exists(row(old(1)), row(old(3)))).toBe(2);
    expect(await hive.redis.zcard(runs)).toBe(STUBS_MAX + 1);
  });
});

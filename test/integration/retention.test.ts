/** Laws of ended runs on a real Redis: archived whole, then gone but for a stub; readers notice no difference. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Queue } from "bullmq";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { replay } from "../../actors/runtime/replay.ts";
import { type Tidier, tidier } from "../../actors/runtime/retention.ts";
import { runDocument } from "../../actors/runtime/run-document.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import { machines } from "../../actors/types/index.ts";
import { openArchiveReader } from "../../infra/archive/archive-reader.ts";
import { archiveRun } from "../../infra/archive/archive-run.ts";
import { withArchives } from "../../infra/archive/with-archives.ts";
import { openLog } from "../../infra/log.ts";
import { removeLeftovers } from "../../infra/queue/leftovers.ts";
import { openWakers } from "../../infra/queue/queues.ts";
import type { Reader } from "../../infra/redis/reader.ts";
import { openReader } from "../../infra/redis/reader.ts";
import { DEAD_LETTERS_MAX } from "../../infra/redis/retention.ts";
import { COORDINATOR_ACTOR, COORDINATOR_TYPE } from "../../infra/store.ts";
import { callsRead, type Hive, openMockedHive, performersOf, reports, task } from "../support/mocked-hive.ts";

let hive: Hive;
let dir: string;
beforeEach(async () => {
  hive = await openMockedHive();
  dir = mkdtempSync(join(tmpdir(), "statehive-archive-"));
});
afterEach(async () => {
  await hive.close();
  rmSync(dir, { recursive: true, force: true });
});

const RUN = "r_kept";

/** A run of two agents that has ended, with nobody at work any more. */
async function endedRun(run = RUN): Promise<void> {
  const worker = await hive.worker(performersOf((turn) => (turn < 2 ? callsRead(turn) : reports(turn))));
  await hive.start(run, [task("a"), task("b", ["a"])], { goal: "keep me" });
  expect(await hive.ended(run)).toBe("completed");
  await worker.stop(0);
}

const tidy = (afterMs = 0, over: { dir?: string } = {}): Tidier =>
  tidier({ redis: hive.redis, keys: hive.keys, afterMs, dir: over.dir ?? dir, log: openLog("silent") });

/** Keys that are the run's, or speak of it, wherever they lie. */
const keysOf = async (run: string): Promise<string[]> =>
  (await hive.redis.keys("*")).filter((key) => key.includes(run)).sort();

/** Everything that readers can say of a run. */
async function told(reader: Reader, run: string): Promise<unknown> {
  const actors = await reader.actors(run);
  const entries: unknown[] = [];
  for await (const entry of entriesOf(reader, run)) entries.push(entry);
  const transcripts = await Promise.all(actors.map(({ actor }) => reader.transcript(run, actor)));
  const { archive: _, ...fields } = (await reader.run(run))?.fields ?? {};
  return {
    fields,
    actors: actors.toSorted((a, b) => (a.actor < b.actor ? -1 : 1)),
    entries,
    transcripts,
    tasks: [...(await reader.rows(run, COORDINATOR_ACTOR, "tasks"))].toSorted(),
    sessions: await Promise.all(actors.map(({ actor }) => reader.session(run, actor))),
    briefs: await reader.briefs(run),
    budget: await reader.budget(run),
    results: await reader.results(run),
    agents: await reader.agentCount(run),
    document: await runDocument(reader, run),
  };
}

describe("an archive", () => {
  it("says of a run what Redis said, and folds to the same states", async () => {
    await endedRun();
    const before = await told(hive.reader, RUN);
    const { file, did } = await archiveRun(hive.redis, hive.keys, RUN, dir);
    expect(did).toBe("written");
    const reader = await openArchiveReader(file);
    expect(await told(reader, RUN)).toEqual(before);
    const replayed = await replay(entriesOf(reader, RUN), machines);
    expect([replayed.mismatch, replayed.steps > 10]).toEqual([null, true]);
  });

  it("holds every key that the run has in Redis, value for value", async () => {
    await endedRun();
    const { file } = await archiveRun(hive.redis, hive.keys, RUN, dir);
    const base = hive.keys.base(RUN);
    const nouns = (await keysOf(RUN))
      .filter((key) => key.startsWith(`${base}:`))
      .map((key) => key.slice(base.length + 1));
    expect(nouns.length).toBeGreaterThan(7);
    const lines = readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { data: Record<string, unknown> }).data);
    expect(lines[0]?.row).toEqual(await hive.redis.hgetall(base));
    const counts: Record<string, number> = {};
    // Whoever reads the file needs nothing of ours: actors' keys go by their full names.
    const full = { s: "snapshot", t: "transcript", p: "pending" } as Record<string, string>;
    for (const stored of nouns) {
      const key = `${base}:${stored}`;
      const [owner = "", of] = stored.split(":");
      const noun = of === undefined ? owner : `${owner}:${full[of] ?? of}`;
      const type = await hive.redis.type(key);
      // A snapshot's version and core lie in one field, the amounts of the budget in the run's row.
      const besides = noun.endsWith(":snapshot") ? 1 : 0;
      counts[noun] =
        type === "hash"
          ? besides + (await hive.redis.hlen(key))
          : type === "list"
            ? await hive.redis.llen(key)
            : type === "stream"
              ? await hive.redis.xlen(key)
              : 1;
      // A session lies in two parts, and is told as one.
      if (noun.endsWith(":snapshot") && (await hive.redis.hexists(key, "session")) === 1) {
        counts[noun] -= 1;
        counts[`${owner}:session`] = 1;
      }
      if (noun === "blobs") {
        counts.blobs = (await hive.redis.hkeys(key)).filter((name) => !name.startsWith("s:")).length;
        if (counts.blobs === 0) delete counts.blobs;
      }
    }
    expect(Object.keys(counts).filter((noun) => noun.endsWith(":session")).length).toBeGreaterThan(0);
    // Unpacked: whoever reads the file needs nothing of ours.
    const entry = lines.find(({ key }) => key === "log") as { fields: { b: string } };
    expect(JSON.parse(entry.fields.b)).toMatchObject({ v: 1, version: 1 });
    counts.budget = Object.keys(await openReader(hive.redis, hive.keys).budget(RUN)).length;
    expect(counts.budget).toBeGreaterThanOrEqual(4);
    expect(Object.fromEntries(lines.at(-1)?.items as [string, number][])).toEqual(counts);
  });

  it("is not written twice, and written anew where it was damaged", async () => {
    await endedRun();
    const first = await archiveRun(hive.redis, hive.keys, RUN, dir);
    const text = readFileSync(first.file, "utf8");
    expect((await archiveRun(hive.redis, hive.keys, RUN, dir)).did).toBe("same");
    writeFileSync(first.file, text.slice(0, -30));
    expect((await archiveRun(hive.redis, hive.keys, RUN, dir)).did).toBe("written");
    expect(readFileSync(first.file, "utf8")).toBe(text);
    expect(readdirSync(dir)).toEqual([`${RUN}.jsonl`]);
  });

  it("is refused of a run that goes on, and of one that never was", async () => {
    await hive.start("r_running", [task("a")]);
    await expect(archiveRun(hive.redis, hive.keys, "r_running", dir)).rejects.toMatchObject({
      code: "run.running",
      exit: 2,
    });
    await expect(archiveRun(hive.redis, hive.keys, "r_never", dir)).rejects.toMatchObject({
      code: "run.unknown",
      exit: 2,
    });
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe("the retention", () => {
  it("leaves of an ended run its stub and nothing else: a kilobyte, whatever the run was", async () => {
    const before = await hive.redis.keys("*");
    await endedRun();
    const shard = hive.keys.shard(hive.keys.shardOf(RUN));
    await hive.redis.zadd(shard.timers, Date.now() + 3_600_000, `${RUN}/a_a/explore|retry|3`);
    await hive.redis.zadd(shard.timers, Date.now() + 3_600_000, `${RUN}x/a_a/explore|retry|3`);
    await hive.redis.zadd(shard.stranded, 1, `${RUN}/a_b/explore`);
    await hive.redis.zadd(shard.ready, 1, `${RUN}/a_b/explore`);
    const wakers = openWakers(["explore"], { prefix: hive.keys.prefix, redis: hive.redis });
    await wakers.wake({ run: RUN, actor: "a_b", type: "explore" });
    await wakers.close();
    expect((await keysOf(RUN)).length).toBeGreaterThan(8);
    expect(await tidy().tidy()).toBe(1);
    expect(await keysOf(RUN)).toEqual([hive.keys.base(RUN)]);
    expect(await hive.redis.call("MEMORY", "USAGE", hive.keys.base(RUN), "SAMPLES", "0")).toBeLessThanOrEqual(1_024);
    expect(await hive.redis.zrange(shard.timers, 0, -1)).toEqual([`${RUN}x/a_a/explore|retry|3`]);
    for (const list of [shard.ready, shard.stranded, shard.ended])
      expect(await hive.redis.zrange(list, 0, -1)).toEqual([]);
    expect(await hive.redis.zrange(shard.runs, 0, -1)).toEqual([RUN]);
    const left = (await hive.redis.keys("*")).filter(
      (key) => !before.includes(key) && !/^\{swarm\}|:incarnation$/.test(key),
    );
    expect(left.toSorted()).toEqual([hive.keys.base(RUN), shard.runs, shard.timers].toSorted());
  });

  it("leaves room for a stub of a kilobyte whatever goal, reasons and model are", async () => {
    await endedRun();
    const long = "π".repeat(20_000);
    await hive.redis.hset(hive.keys.base(RUN), {
      goal: long,
      model: long,
      kind: long,
      reasons: JSON.stringify([long, long, long]),
    });
    expect(await tidy().tidy()).toBe(1);
    expect(await hive.redis.call("MEMORY", "USAGE", hive.keys.base(RUN), "SAMPLES", "0")).toBeLessThanOrEqual(1_024);
    expect((await hive.reader.run(RUN))?.fields.goal).toMatch(/^π+…$/);
  });

  it("changes nothing that a reader is told, in full or in a list", async () => {
    await endedRun();
    const reader = withArchives(hive.reader, hive.redis, hive.keys);
    const before = await told(reader, RUN);
    const listed = await reader.runs();
    expect(await tidy().tidy()).toBe(1);
    expect(await told(reader, RUN)).toEqual(before);
    const [now] = await reader.runs();
    expect(now?.fields).toMatchObject({
      goal: "keep me",
      status: "completed",
      createdAt: listed[0]?.fields.createdAt,
      endedAt: listed[0]?.fields.endedAt,
      archive: join(dir, `${RUN}.jsonl`),
    });
  });

  it("still tells how a run ended and what it cost where its archive is elsewhere, and says so of the rest", async () => {
    await endedRun();
    const reader = withArchives(hive.reader, hive.redis, hive.keys);
    const budget = await reader.budget(RUN);
    await tidy().tidy();
    rmSync(join(dir, `${RUN}.jsonl`));
    expect((await reader.run(RUN))?.fields).toMatchObject({ goal: "keep me", status: "completed" });
    expect(await reader.agentCount(RUN)).toBe(3);
    for (const [name, amount] of Object.entries(await reader.budget(RUN))) expect(budget[name]).toBe(amount);
    await expect(reader.log(RUN, 0)).rejects.toMatchObject({ code: "archive.missing", exit: 2 });
  });

  it("touches nothing that is younger than it, or goes on", async () => {
    await endedRun();
    await hive.start("r_running", [task("a")]);
    const stored = async (): Promise<string[]> => (await keysOf("r_")).filter((key) => key.startsWith("swarm:"));
    const before = await stored();
    expect(await tidy(60 * 60 * 1_000).tidy()).toBe(0);
    expect(await stored()).toEqual(before);
    await tidy().tidy();
    expect((await stored()).filter((key) => key !== hive.keys.base(RUN))).toEqual(
      before.filter((key) => key.includes("r_running")),
    );
  });

  it("erases nothing where the archive cannot be written, and the other runs leave all the same", async () => {
    await endedRun();
    const before = await keysOf(RUN);
    const file = join(dir, "in-the-way");
    writeFileSync(file, "");
    expect(await tidy(0, { dir: file }).tidy()).toBe(0);
    expect(await keysOf(RUN)).toEqual(before);
    // A run whose id cannot name a file stays; it does not keep the one behind it.
    const shard = hive.keys.shard(hive.keys.shardOf(RUN));
    await hive.redis.zadd(shard.ended, 0, "../evil");
    await hive.redis.hset(`swarm:{${hive.keys.shardOf(RUN)}}:../evil`, { status: "failed", seq: 0 });
    expect(await tidy().tidy()).toBe(1);
    expect(await keysOf(RUN)).toEqual([hive.keys.base(RUN)]);
  });

  it("refuses to erase a run that is not as it was archived", async () => {
    await endedRun();
    const { retentionOf } = await import("../../infra/redis/retention.ts");
    const { file, seq } = await archiveRun(hive.redis, hive.keys, RUN, dir);
    await hive.redis.hincrby(hive.keys.base(RUN), "seq", 1);
    const before = await keysOf(RUN);
    expect(await retentionOf(hive.redis, hive.keys).erase(RUN, { file, seq })).toBe("changed");
    expect(await keysOf(RUN)).toEqual(before);
  });

  it("leaves a run erased: late mail, a late claim and a second creation find it ended, and write nothing", async () => {
    await endedRun();
    await tidy().tidy();
    const before = await keysOf(RUN);
    const address = { run: RUN, actor: COORDINATOR_ACTOR, type: COORDINATOR_TYPE };
    expect(await hive.store.send(address, { id: "late", event: { type: "run.cancel" } })).toEqual({
      kind: "ended",
      status: "completed",
    });
    expect((await hive.store.hold(RUN, "park", "late")).kind).toBe("ended");
    const served = { bindings: ["mocked"], machines: [...machines.keys()] };
    expect((await hive.store.claim(address, "late", served)).kind).toBe("no_run");
    await hive.start(RUN, [task("a")]);
    expect(await keysOf(RUN)).toEqual(before);
  });

  it("takes the run's waiting jobs and their dedupe keys out of the queues, and nobody else's", async () => {
    const settings = { prefix: hive.keys.prefix, redis: hive.redis };
    const wakers = openWakers(["explore"], settings);
    const members = [`${RUN}/a_a/explore`, "r_other/a_a/explore"];
    for (const member of members) {
      const [run = "", actor = "", type = ""] = member.split("/");
      await wakers.wake({ run, actor, type });
      await wakers.forward({ run, actor, type }, "mocked");
    }
    expect(await removeLeftovers([`${RUN}/a_a/explore`], ["mocked"], settings)).toBe(2);
    expect(await keysOf(RUN)).toEqual([]);
    expect((await keysOf("r_other")).length).toBe(2);
    for (const name of ["swarm-explore", "swarm-for-mocked"]) {
      const queue = new Queue(name, { connection: hive.redis, prefix: "{swarm}" });
      expect((await queue.getWaiting()).map(({ data }) => (data as { member: string }).member)).toEqual([members[1]]);
      await queue.close();
    }
    await wakers.close();
  });

  it("is one process's business at a time", async () => {
    await endedRun();
    const [one, two] = await Promise.all([tidy().tidy(), tidy().tidy()]);
    expect(one + two).toBe(1);
    expect(await keysOf(RUN)).toEqual([hive.keys.base(RUN)]);
  });
});

describe("dead letters beyond the limit of a shard", () => {
  it("are put into a file, the oldest first, before they leave Redis", async () => {
    const { dead } = hive.keys.shard("s07");
    for (let index = 0; index < DEAD_LETTERS_MAX + 3; index += 1) {
      await hive.redis.xadd(dead, "*", "id", `d_${index}`, "member", "r_x/a_a/explore", "mail", "", "pending", "[]");
    }
    await tidy().tidy();
    expect(await hive.redis.xlen(dead)).toBe(DEAD_LETTERS_MAX);
    const kept = readFileSync(join(dir, "dead-letters.jsonl"), "utf8").trimEnd().split("\n");
    expect(kept.map((line) => (JSON.parse(line) as { fields: { id: string } }).fields.id)).toEqual([
      "d_0",
      "d_1",
      "d_2",
    ]);
  });
});

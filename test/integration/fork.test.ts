/** Laws of a forked run, on the real runtime: it goes on from any commit, owes its source nothing, and replays by itself. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entryFrom, messagesOf } from "../../actors/runtime/conversation.ts";
import { type Fork, type ForkSource, forkOf } from "../../actors/runtime/fork.ts";
import type { ForkChanges } from "../../actors/runtime/fork-changes.ts";
import { type Answer, EffectAborted } from "../../actors/runtime/performer.ts";
import { replay } from "../../actors/runtime/replay.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import { sessionFrom } from "../../actors/runtime/session.ts";
import { machines } from "../../actors/types/index.ts";
import { openArchiveReader } from "../../infra/archive/archive-reader.ts";
import { archiveRun } from "../../infra/archive/archive-run.ts";
import { createFork } from "../../infra/redis/fork-run.ts";
import { scriptsOn } from "../../infra/redis/scripts.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";
import {
  callsRead,
  failsOnce,
  type Hive,
  openMockedHive,
  performersOf,
  reports,
  task,
} from "../support/mocked-hive.ts";
import { dumpOf } from "../support/store-contract-redis.ts";

let hive: Hive;
const SOURCE = "r_source";
/** Kept by one agent of the source, with its second call. */
const FACT = "f_00000000000000aa";
const asked: { run: string; effect: string }[] = [];
const ran: string[] = [];
const spent = {
  tokens: 30,
  nanoUsd: 0,
  inputTokens: 20,
  outputTokens: 10,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  calls: 1,
  unpriced: 0,
};

beforeAll(async () => {
  hive = await openMockedHive();
  let failed = false;
  await hive.worker(
    performersOf(
      (turn, { address, effectId }) => {
        asked.push({ run: address.run, effect: effectId });
        const fails = address.run === SOURCE && address.actor === "a_b" && turn === 0 && !failed;
        failed ||= fails;
        if (fails) return { ...failsOnce(turn), settle: spent };
        return { ...(turn < 2 ? callsRead(turn) : reports(turn, `by ${address.actor}`)), settle: spent };
      },
      {
        "tool.run": (order, { address }) => {
          ran.push(`${address.run} ${address.actor} ${order.call}`);
          const keeps = address.run === SOURCE && address.actor === "a_a" && order.call === "c1";
          return Promise.resolve({
            event: { type: "tool.finished", call: order.call, ok: true } as Answer["event"],
            entries: [
              { role: "user", content: [{ type: "tool_result", tool_use_id: order.call, content: "found" }] },
              ...(keeps ? [{ role: "user" as const, content: [{ type: "text", text: "a fact" }], fact: FACT }] : []),
            ],
            told: [],
            ...(keeps ? { briefs: { [`@fact/${FACT}`]: "{}" } } : {}),
          });
        },
      },
    ),
  );
  await hive.start(SOURCE, [task("a"), task("b"), task("c", ["a", "b"])], { tokensMax: 100_000 });
  expect(await hive.ended(SOURCE)).toBe("completed");
});
afterAll(() => hive.close());

let made = 0;
async function forked(
  at: number,
  changes: Partial<ForkChanges> = {},
  source = SOURCE,
  reader: ForkSource = hive.reader,
): Promise<Fork & { run: string }> {
  made += 1;
  const run = `r_fork${made}`;
  const fork = await forkOf(reader, machines, { source, run, at, changes: { deniedTools: [], ...changes } });
  await createFork(hive.redis, hive.keys, fork.written);
  return { ...fork, run };
}
const replayed = (run: string) => replay(entriesOf(hive.reader, run), machines);

/** Last events of commits, the end of the run excepted. */
async function commits(run: string): Promise<number[]> {
  const seqs: number[] = [];
  for await (const { events } of entriesOf(hive.reader, run)) seqs.push((events.at(-1) as LoggedEvent).seq);
  return seqs.slice(0, -1);
}

/** What the API refuses: a call without its result, or a result without its call. */
async function unpaired(run: string): Promise<string[]> {
  const actors = await hive.reader.actors(run);
  const found = await Promise.all(
    actors.map(async ({ actor }) => {
      const messages = messagesOf((await hive.reader.transcript(run, actor)).map(entryFrom));
      return messages.flatMap(({ role, content }, index) => {
        const uses = content.flatMap((part) => (part.type === "tool_use" && part.name !== "Report" ? [part.id] : []));
        if (role !== "assistant" || uses.length === 0) return [];
        const results = messages[index + 1]?.content.flatMap((part) =>
          part.type === "tool_result" ? [part.tool_use_id] : [],
        );
        return uses.filter((id) => results?.includes(id) !== true).map((id) => `${actor} ${String(id)}`);
      });
    }),
  );
  return found.flat();
}

/** The last event of the commit that told an event of this kind, by this actor. */
async function commitWith(type: string, actor: string, run = SOURCE): Promise<number> {
  for await (const { events } of entriesOf(hive.reader, run)) {
    if (events.some((event) => event.type === type && event.actor === actor)) return (events.at(-1) as LoggedEvent).seq;
  }
  throw new Error(`no ${type} of ${actor}`);
}

describe("a run that is forked at any of its commits", () => {
  it("ends as its source did, with a log that replays by itself, and leaves its source untouched", async () => {
    const ofSource = async () =>
      Object.entries(await dumpOf(hive.redis)).filter(([key]) => key.startsWith(`${hive.keys.base(SOURCE)}:`));
    const before = await ofSource();
    const values = async (run: string) =>
      Object.values(await hive.reader.results(run))
        .map((json) => JSON.stringify((JSON.parse(json) as { value: unknown }).value))
        .sort();
    const all = await commits(SOURCE);
    expect(all.length).toBeGreaterThan(25);
    const forks = await Promise.all(all.map((at) => forked(at)));
    for (const { run, sourceSeq } of forks) {
      expect(`${await hive.ended(run)} from ${sourceSeq}`).toBe(`completed from ${sourceSeq}`);
      const events = await hive.events(run);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      expect(events[0]).toMatchObject({ type: "run.forked", source: SOURCE, sourceSeq });
      expect((await replayed(run)).mismatch).toBeNull();
      expect(await unpaired(run)).toEqual([]);
    }
    for (const { run } of forks) expect(await values(run)).toEqual(await values(SOURCE));
    expect(await ofSource()).toEqual(before);
    expect(await hive.redis.keys(`*${SOURCE}*`)).toEqual(expect.arrayContaining(before.map(([key]) => key)));
  });

  it("in the middle of a commit's events begins after that commit, and says so", async () => {
    const last = await commitWith("run.started", "a_coordinator");
    expect(last).toBeGreaterThan(2);
    const { run, sourceSeq } = await forked(2);
    expect(sourceSeq).toBe(last);
    const row = await hive.reader.run(run);
    expect(JSON.parse(row?.fields.forkedFrom ?? "")).toEqual({ run: SOURCE, seq: last });
    expect(await hive.ended(run)).toBe("completed");
  });

  it("has the facts that its agents had kept by then, and none that they kept later", async () => {
    const seqs = await commits(SOURCE);
    const [first, last] = [await forked(seqs[0] ?? 0), await forked(seqs.at(-1) ?? 0)];
    expect([...(await hive.store.facts(SOURCE)).keys()]).toEqual([`@fact/${FACT}`]);
    expect([...(await hive.store.facts(last.run)).keys()]).toEqual([`@fact/${FACT}`]);
    expect([...(await hive.store.facts(first.run)).keys()]).toEqual([]);
    expect(Object.keys(await hive.reader.briefs(first.run))).toEqual(
      Object.keys(await hive.reader.briefs(SOURCE)).filter((name) => !name.startsWith("@fact/")),
    );
  });

  it("can be forked again, also where the second fork begins at the bases of the first", async () => {
    const { run } = await forked(await commitWith("tool.intended", "a_a"));
    expect(await hive.ended(run)).toBe("completed");
    const opening = (await hive.events(run)).filter(({ type }) => type.endsWith(".forked")).length;
    expect(opening).toBe(4);
    const all = await commits(run);
    expect(all.length).toBeGreaterThan(opening);
    for (const at of all) {
      const second = await forked(at, {}, run);
      expect(second.sourceSeq).toBe(Math.max(at, opening));
      expect(await hive.ended(second.run)).toBe("completed");
      expect((await replayed(second.run)).mismatch).toBeNull();
    }
  });

  it("is forked from its archive just as from Redis", async () => {
    const dir = mkdtempSync(join(tmpdir(), "fork-archive-"));
    try {
      const { file } = await archiveRun(hive.redis, hive.keys, SOURCE, dir);
      const at = await commitWith("tool.intended", "a_c");
      const reader = await openArchiveReader(file);
      const [live, archived] = [await forked(at), await forked(at, {}, SOURCE, reader)];
      const bodies = (fork: Fork) => fork.written.log.map(({ body }) => body.replaceAll(fork.written.run, "r"));
      expect(bodies(archived)).toEqual(bodies(live));
      expect(await hive.ended(archived.run)).toBe("completed");
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe("what was out when a run was forked", () => {
  it("a model call is made again, under an effect and with money of the fork", async () => {
    const { run } = await forked(await commitWith("model.called", "a_c"));
    expect(await hive.ended(run)).toBe("completed");
    const own = asked.filter((one) => one.run === run);
    expect(own.map(({ effect }) => effect.startsWith(`${run}/a_c/`))).toEqual([true, true, true]);
    const { tokens, heldTokens, calls, tokensMax } = await hive.reader.budget(run);
    expect({ tokens, heldTokens, calls, tokensMax }).toEqual({
      tokens: "90",
      heldTokens: "0",
      calls: "3",
      tokensMax: "100000",
    });
    const events = await hive.events(run);
    expect(events.filter(({ type }) => type === "model.failed")).toEqual([]);
  });

  it("a tool call is told as interrupted, to the machine and to the model, and is not run", async () => {
    const { run } = await forked(await commitWith("tool.intended", "a_c"));
    expect(await hive.ended(run)).toBe("completed");
    expect(ran.filter((one) => one.startsWith(`${run} a_c`))).toEqual([`${run} a_c c1`]);
    const words = (await hive.reader.transcript(run, "a_c")).find((json) => json.includes('"tool_use_id":"c0"'));
    expect(words).toMatch(/interrupted: the run was forked/);
  });

  it("a timer has left what it had left", async () => {
    const at = await (async () => {
      for await (const entry of entriesOf(hive.reader, SOURCE)) {
        const waits = entry.events.some((event) => event.type === "agent.state" && event.to === "thinking.backingOff");
        if (waits) return (entry.events.at(-1) as LoggedEvent).seq;
      }
      throw new Error("nobody waited");
    })();
    const fork = await forkOf(hive.reader, machines, {
      source: SOURCE,
      run: "r_timer",
      at,
      changes: { deniedTools: [] },
    });
    const timers = fork.written.actors.flatMap((one) => one.timers);
    expect(timers).toMatchObject([{ delayMs: 5 }]);
    await createFork(hive.redis, hive.keys, fork.written);
    expect(await hive.ended("r_timer")).toBe("completed");
  });

  it("a message that nobody had taken lies in its mailbox again, as it was sent", async () => {
    const at = await commitWith("result.verified", "a_c");
    const { written } = await forked(at);
    const [boss] = written.actors.filter(({ actor }) => actor === "a_coordinator");
    expect(boss?.mail).toMatchObject([{ event: { type: "task.settled", task: "c", status: "verified" } }]);
    expect(Object.keys(written.results).sort()).toEqual(["res_a", "res_b", "res_c"]);
  });
});

describe("a fork with something different", () => {
  const middle = () => commitWith("model.called", "a_c");

  it("asks another model, without a tool, within other limits", async () => {
    const { run, changes } = await forked(await middle(), {
      model: { model: "other", binding: "mocked" },
      deniedTools: ["Grep"],
      turnsMax: 1,
      tokensMax: 77_000,
    });
    expect(changes).toEqual([
      "model other instead of m",
      "without the tool Grep",
      "at most 1 turns an agent",
      "at most 77000 tokens",
    ]);
    expect(await hive.ended(run)).toBe("exhausted");
    expect((await replayed(run)).mismatch).toBeNull();
    const session = sessionFrom((await hive.reader.session(run, "a_c")) ?? "");
    expect(session).toMatchObject({ model: "other", deniedTools: ["Grep"] });
    const row = (await hive.reader.run(run))?.fields ?? {};
    expect(row.model).toBe("other");
    expect(JSON.parse(row.config ?? "")).toMatchObject({ deniedTools: ["Grep"], turnsMax: 1 });
    expect((await hive.reader.budget(run)).tokensMax).toBe("77000");
    expect(asked.filter((one) => one.run === run)).toHaveLength(1);
  });

  it("tells the agent at work something more, or something else", async () => {
    const texts = async (run: string) =>
      (await hive.reader.transcript(run, "a_c"))
        .map(entryFrom)
        .flatMap(({ role, content }) =>
          content.flatMap((part) => (role === "user" && part.type === "text" ? [part.text] : [])),
        );
    const more = await forked(await middle(), { message: { text: "look twice", edit: false } });
    const other = await forked(await middle(), { message: { text: "look elsewhere", edit: true } });
    expect([await hive.ended(more.run), await hive.ended(other.run)]).toEqual(["completed", "completed"]);
    expect(await texts(SOURCE)).toEqual(["go"]);
    expect(await texts(more.run)).toEqual(["go", "look twice"]);
    expect(await texts(other.run)).toEqual(["look elsewhere"]);
    expect((await replayed(more.run)).mismatch).toBeNull();
  });

  it("asks for a name where two are at work, and takes only one of those", async () => {
    const two = Math.max(await commitWith("model.called", "a_a"), await commitWith("model.called", "a_b"));
    const message = { text: "look twice", edit: false };
    await expect(forked(two, { message })).rejects.toMatchObject({ code: "fork.actor", exit: 2 });
    await expect(forked(two, { message: { ...message, actor: "a_c" } })).rejects.toMatchObject({ code: "fork.actor" });
    const { run } = await forked(two, { message: { ...message, actor: "a_b" } });
    expect((await hive.reader.transcript(run, "a_b")).join()).toContain("look twice");
    expect((await hive.reader.transcript(run, "a_a")).join()).not.toContain("look twice");
  });
});

describe("what cannot be forked is refused, with the reason:", () => {
  it("an event that the run does not have", async () => {
    const last = (await hive.events(SOURCE)).length;
    for (const at of [0, last + 1]) {
      await expect(forked(at)).rejects.toMatchObject({
        code: "fork.at",
        exit: 2,
        message: expect.stringContaining(`1 to ${last}`),
      });
    }
  });
  it("a moment at which the run had ended", async () => {
    const last = (await hive.events(SOURCE)).length;
    await expect(forked(last)).rejects.toMatchObject({ code: "fork.ended", exit: 2 });
  });
  it("a run that does not exist, and one whose log does not fold", async () => {
    await expect(forked(1, {}, "r_nobody")).rejects.toMatchObject({ code: "run.gone", exit: 2 });
    await expect(
      forkOf(hive.reader, new Map(), { source: SOURCE, run: "r_no", at: 5, changes: { deniedTools: [] } }),
    ).rejects.toMatchObject({ code: "fork.log_differs", exit: 2 });
  });
});

it("a fork whose staged keys are gone begins nothing; one that is sent twice begins once", async () => {
  const { fork } = scriptsOn(hive.redis);
  const shard = hive.keys.shard(hive.keys.shardOf("r_late"));
  const keys = [hive.keys.run("r_late").run, shard.ready, shard.timers, shard.runs];
  const args = (staged: string) => ["r_late", shard.bell, 1, staged, 1, "goal", "g", 1, "r_late/a_x/explore", 0];
  expect(await fork(keys, args("gone"))).toEqual(["LOST", "gone"]);
  expect(await hive.redis.exists(hive.keys.run("r_late").run)).toBe(0);
  expect([
    await hive.redis.zscore(shard.ready, "r_late/a_x/explore"),
    await hive.redis.zscore(shard.runs, "r_late"),
  ]).toEqual([null, null]);
  await hive.redis.set("staged", "x", "PX", 60_000);
  expect((await fork(keys, args("staged")))[0]).toBe("OK");
  expect(await hive.redis.pttl("staged")).toBe(-1);
  expect(await fork(keys, args("staged"))).toEqual(["EXISTS"]);
});

it("a call of the source that is still out is not disturbed by a fork, nor is the fork by it", async () => {
  let answer: (answer: Answer) => void = () => {};
  const late = new Promise<Answer>((resolve) => {
    answer = resolve;
  });
  await hive.worker(
    performersOf((turn, { address, signal, effectId }) => {
      if (address.run !== "r_slow") return reports(turn, "the fork");
      signal.addEventListener("abort", () => answer(Promise.reject(new EffectAborted(effectId)) as never));
      return late;
    }),
    "slow",
  );
  await hive.start("r_slow", [task("a")], { binding: "slow" });
  const { seq } = await hive.seen("r_slow", ({ type }) => type === "model.called");
  const { run } = await forked(seq, {}, "r_slow");
  expect(await hive.ended(run)).toBe("completed");
  expect((await hive.reader.run("r_slow"))?.fields.status).toBe("running");
  answer(reports(0, "the source"));
  expect(await hive.ended("r_slow")).toBe("completed");
  const values = await Promise.all(
    ["r_slow", run].map(async (one) => Object.values(await hive.reader.results(one)).join()),
  );
  expect(values[0]).toContain("the source");
  expect(values[1]).toContain("the fork");
});

it("a fork whose process is killed before its last word leaves no run, and nothing that lasts", async () => {
  const at = await commitWith("model.called", "a_c");
  const script = fileURLToPath(new URL("../support/fork-until-staged.ts", import.meta.url));
  const args = ["--import", "tsx", script, hive.server.socket, SOURCE, "r_killed", String(at)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect((await hive.reader.runs()).map(({ run }) => run)).not.toContain("r_killed");
  const staged = await hive.redis.keys("*r_killed*");
  expect(staged.length).toBeGreaterThan(8);
  for (const key of staged) expect(await hive.redis.pttl(key)).toBeGreaterThan(0);
  expect(asked.filter(({ run }) => run === "r_killed")).toEqual([]);
  const { run } = await forked(at);
  expect(await hive.ended(run)).toBe("completed");
  // None runs out; one that its actor has just emptied is gone already.
  for (const key of await hive.redis.keys(`*:${run}*`)) expect(await hive.redis.pttl(key)).toBeLessThan(0);
});

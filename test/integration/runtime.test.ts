/** Laws of the runtime on a real Redis: what reaches whom, what happens once, what a lost wake-up costs. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Answer } from "../../actors/runtime/performer.ts";
import { EffectAborted } from "../../actors/runtime/performer.ts";
import { replay } from "../../actors/runtime/replay.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import { machines } from "../../actors/types/index.ts";
import { COORDINATOR_ACTOR, COORDINATOR_TYPE } from "../../infra/store.ts";
import { callsRead, deferred, type Hive, openMockedHive, performersOf, reports, task } from "../support/mocked-hive.ts";

let hive: Hive;
beforeEach(async () => {
  hive = await openMockedHive();
});
afterEach(async () => {
  await hive.close();
});

const cancel = (run: string) =>
  hive.store.send(
    { run, actor: COORDINATOR_ACTOR, type: COORDINATOR_TYPE },
    { id: "cancel", event: { type: "run.cancel", reason: "enough" } as { type: string } },
  );

/** A model call that lasts until it is called off. */
const forever = (signal: AbortSignal, id: string): Promise<Answer> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(new EffectAborted(id))));

describe("a run", () => {
  it("ends completed when every task has a verified result, and its log folds to the same states again", async () => {
    await hive.worker(performersOf((turn) => (turn < 3 ? callsRead(turn) : reports(turn))));
    await hive.start("r_one", [task("a"), task("b", ["a"]), task("c", ["a"]), task("d", ["b", "c"])]);
    expect(await hive.ended("r_one")).toBe("completed");
    const events = await hive.events("r_one");
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.filter(({ type }) => type === "result.verified")).toHaveLength(4);
    expect(events.filter(({ type }) => type.startsWith("run.")).map(({ type }) => type)).toEqual([
      "run.started",
      "run.completed",
    ]);
    const replayed = await replay(entriesOf(hive.reader, "r_one"), machines);
    expect(replayed.mismatch).toBeNull();
    expect(replayed.steps).toBeGreaterThan(20);
  });

  it("is worked on by two workers without one effect being performed twice", async () => {
    const performed: string[] = [];
    const performers = performersOf((turn, { effectId }) => {
      performed.push(effectId);
      return turn < 2 ? callsRead(turn) : reports(turn);
    });
    await Promise.all([hive.worker(performers), hive.worker(performers)]);
    await hive.start(
      "r_two",
      Array.from({ length: 12 }, (_, index) => task(`t${index}`)),
    );
    expect(await hive.ended("r_two")).toBe("completed");
    expect(performed).toHaveLength(36);
    expect(new Set(performed).size).toBe(36);
  });

  it("that was created while no worker lived is taken up by the first one that starts", async () => {
    await hive.start("r_orphan", [task("a")]);
    await hive.worker(performersOf((turn) => reports(turn)));
    expect(await hive.ended("r_orphan")).toBe("completed");
  });

  it("goes on although nobody was woken: no job, no ring, only the ready list that the commit wrote", async () => {
    await hive.worker(performersOf((_, { signal, effectId }) => forever(signal, effectId)));
    await hive.start("r_lost", [task("a")]);
    await hive.seen("r_lost", ({ type }) => type === "model.called");
    // What a committer leaves behind that dies between its commit and the wake-up, its PUBLISH unheard.
    const mail = { id: "unheard", event: { type: "run.cancel", reason: "enough" } };
    const { ready } = hive.keys.shard(hive.keys.shardOf("r_lost"));
    await hive.redis.rpush(hive.keys.actor("r_lost", COORDINATOR_ACTOR).mailbox, JSON.stringify(mail));
    await hive.redis.zadd(ready, Date.now(), `r_lost/${COORDINATOR_ACTOR}/${COORDINATOR_TYPE}`);
    expect(await hive.ended("r_lost")).toBe("cancelled");
  });
});

describe("an effect", () => {
  it("begins only after the commit that ordered it: its intent is in the store before its performer is called", async () => {
    const intents: number[] = [];
    const look = async (effectId: string, actor: string): Promise<void> => {
      const [found] = (await hive.reader.actors("r_intent")).filter((one) => one.actor === actor);
      intents.push((found?.pending ?? []).filter(({ id }) => id === effectId).length);
    };
    await hive.worker(
      performersOf(
        async (turn, { effectId, address }) => {
          await look(effectId, address.actor);
          return turn < 2 ? callsRead(turn) : reports(turn);
        },
        {
          "tool.run": async (order, { effectId, address }) => {
            await look(effectId, address.actor);
            return {
              event: { type: "tool.finished", call: order.call, ok: true } as Answer["event"],
              entries: [{ role: "user", content: [{ type: "tool_result", tool_use_id: order.call, content: "x" }] }],
              told: [],
            };
          },
        },
      ),
    );
    await hive.start("r_intent", [task("a")]);
    expect(await hive.ended("r_intent")).toBe("completed");
    expect(intents).toEqual([1, 1, 1, 1, 1]);
  });

  it("that is a model call lost with its worker is charged in full, and asked again under an effect of its own", async () => {
    const asked: string[] = [];
    const first = await hive.worker(
      performersOf((_, { effectId, signal }) => {
        asked.push(effectId);
        return forever(signal, effectId);
      }),
    );
    await hive.start("r_charge", [task("a")], { tokensMax: 1_000_000 });
    await hive.seen("r_charge", ({ type }) => type === "model.called");
    await expect.poll(() => asked.length).toBe(1);
    const before = await hive.reader.budget("r_charge");
    expect(Number(before.heldTokens)).toBeGreaterThan(0);
    await first.stop(0);
    await hive.worker(
      performersOf((turn, { effectId }) => {
        asked.push(effectId);
        return reports(turn);
      }),
    );
    expect(await hive.ended("r_charge")).toBe("completed");
    expect(new Set(asked).size).toBe(2);
    const after = await hive.reader.budget("r_charge");
    expect(Number(after.tokens)).toBeGreaterThanOrEqual(Number(before.heldTokens));
    expect(after.heldTokens).toBe("0");
    const events = await hive.events("r_charge");
    expect(
      events.filter((event) => event.type === "model.failed").map((event) => "reason" in event && event.reason),
    ).toEqual(["lost"]);
  });
});

describe("a message", () => {
  it("reaches an agent in the middle of a model call, which is called off", async () => {
    const aborted = deferred<boolean>();
    await hive.worker(
      performersOf((_, { signal, effectId }) => {
        signal.addEventListener("abort", () => aborted.resolve(true));
        return forever(signal, effectId);
      }),
    );
    await hive.start("r_cancel", [task("a")]);
    await hive.seen("r_cancel", ({ type }) => type === "model.called");
    expect((await cancel("r_cancel")).kind).toBe("sent");
    expect(await hive.ended("r_cancel")).toBe("cancelled");
    expect(await aborted.promise).toBe(true);
    const states = (await hive.events("r_cancel")).flatMap((event) =>
      event.type === "agent.state" && event.actor === "a_a" ? [event.to] : [],
    );
    expect(states.at(-1)).toBe("cancelled");
  });

  it("that comes a second time under the same id changes nothing", async () => {
    await hive.worker(performersOf((_, { signal, effectId }) => forever(signal, effectId)));
    await hive.start("r_again", [task("a")]);
    await hive.seen("r_again", ({ type }) => type === "model.called");
    const answers = await Promise.all([cancel("r_again"), cancel("r_again")]);
    expect(answers.map(({ kind }) => kind).sort()).toEqual(["again", "sent"]);
    expect(await hive.ended("r_again")).toBe("cancelled");
  });
});

describe("a parked run", () => {
  it("begins no effect until it is resumed, and then begins each held one exactly once", async () => {
    const asked: number[] = [];
    const first = deferred<Answer>();
    const tools: string[] = [];
    await hive.worker(
      performersOf(
        (turn) => {
          asked.push(turn);
          return turn === 0 ? first.promise : reports(turn);
        },
        {
          "tool.run": (order) => {
            tools.push(order.call);
            return Promise.resolve({
              event: { type: "tool.finished", call: order.call, ok: true } as Answer["event"],
              entries: [{ role: "user", content: [{ type: "tool_result", tool_use_id: order.call, content: "x" }] }],
              told: [],
            });
          },
        },
      ),
    );
    await hive.start("r_park", [task("a")]);
    await hive.seen("r_park", ({ type }) => type === "model.called");
    expect((await hive.store.hold("r_park", "park", "test")).kind).toBe("done");
    first.resolve(callsRead(0));
    // The running call's answer is still committed; the tool call that it orders is not begun.
    await hive.seen("r_park", ({ type }) => type === "tool.intended");
    await expect
      .poll(async () => (await hive.redis.hgetall(hive.keys.actor("r_park", "a_a").pending))["0.3:0#held"])
      .toBe("1");
    expect(tools).toEqual([]);
    expect((await hive.store.hold("r_park", "resume", "test")).kind).toBe("done");
    expect(await hive.ended("r_park")).toBe("completed");
    expect(tools).toEqual(["c0"]);
    expect(asked).toEqual([0, 1]);
    const types = (await hive.events("r_park")).map(({ type }) => type);
    expect(types).toContain("run.parked");
    expect(types).toContain("run.resumed");
    expect((await replay(entriesOf(hive.reader, "r_park"), machines)).mismatch).toBeNull();
  });
});

describe("a worker", () => {
  it("without the run's model access leaves its actors stranded, and one that has it takes them up", async () => {
    await hive.worker(
      performersOf((turn) => reports(turn)),
      "another",
    );
    await hive.start("r_strand", [task("a")]);
    const stranded = hive.keys.shard(hive.keys.shardOf("r_strand")).stranded;
    await expect
      .poll(() => hive.redis.zrange(stranded, 0, -1), { timeout: 20_000 })
      .toEqual([`r_strand/${COORDINATOR_ACTOR}/${COORDINATOR_TYPE}`]);
    expect(await hive.events("r_strand")).toEqual([]);
    await hive.worker(performersOf((turn) => reports(turn)));
    expect(await hive.ended("r_strand")).toBe("completed");
  });

  it("that breaks on an effect again and again ends the task with a reason, not silently", async () => {
    await hive.worker(
      performersOf(() => {
        throw new Error("this performer is broken");
      }),
    );
    const graph = [{ ...task("a"), limits: { ...task("a").limits, attemptsMax: 2 } }];
    await hive.start("r_broken", graph);
    expect(await hive.ended("r_broken")).toBe("failed");
    const last = (await hive.events("r_broken")).at(-1);
    expect(JSON.stringify(last)).toContain("this performer is broken");
  });

  it("quarantines what kills every activation, and the run ends explicitly", async () => {
    await hive.worker(performersOf((_, { signal, effectId }) => forever(signal, effectId)));
    await hive.start("r_poison", [task("a")]);
    await hive.seen("r_poison", ({ type }) => type === "model.called");
    // What no sender of ours writes, at the head of an agent's mailbox.
    await hive.redis.rpush(hive.keys.actor("r_poison", "a_a").mailbox, "{not mail");
    expect(await hive.ended("r_poison")).toBe("failed");
    const events = await hive.events("r_poison");
    expect(events.filter(({ type }) => type === "agent.died")).toMatchObject([
      { died: "a_a", state: "thinking.calling", effects: [{ kind: "model.call", status: "unknown" }] },
    ]);
    expect(events.at(-1)).toMatchObject({ type: "run.failed", budget: { heldTokens: 0 } });
    const dead = await hive.redis.xrange(hive.keys.shard(hive.keys.shardOf("r_poison")).dead, "-", "+");
    expect(JSON.stringify(dead)).toContain("{not mail");
  });
});

describe("a failed attempt", () => {
  it("is followed by another agent of its own as long as the task has attempts left", async () => {
    const agents = new Set<string>();
    await hive.worker(
      performersOf((turn, { address }) => {
        agents.add(address.actor);
        return address.actor === "a_a"
          ? {
              event: {
                type: "model.failed",
                turn,
                reason: "no",
                retry: false,
                delayMs: 0,
                counts: true,
              } as Answer["event"],
              told: [],
            }
          : reports(turn);
      }),
    );
    await hive.start("r_retry", [task("a", [], 2)]);
    expect(await hive.ended("r_retry")).toBe("completed");
    expect([...agents]).toEqual(["a_a", "a_a.2"]);
  });

  it("that is told to wait is made again when its durable timer fires", async () => {
    const asked: string[] = [];
    await hive.worker(
      performersOf((turn, { effectId }) => {
        asked.push(effectId);
        return asked.length === 1
          ? {
              event: {
                type: "model.failed",
                turn,
                reason: "busy",
                retry: true,
                delayMs: 50,
                counts: true,
              } as Answer["event"],
              told: [],
            }
          : reports(turn);
      }),
    );
    await hive.start("r_timer", [task("a")]);
    expect(await hive.ended("r_timer")).toBe("completed");
    expect(new Set(asked).size).toBe(2);
    expect(await hive.redis.zcard(hive.keys.shard(hive.keys.shardOf("r_timer")).timers)).toBe(0);
  });
});

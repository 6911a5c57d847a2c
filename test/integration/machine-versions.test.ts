/** Laws of versions in flight, on real runtimes that share one Redis and have different machines. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AnyStateMachine, createMachine } from "xstate";
import { type Answer, EffectAborted } from "../../actors/runtime/performer.ts";
import { replay } from "../../actors/runtime/replay.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import type { Runtime } from "../../actors/runtime/runtime.ts";
import { coordinator } from "../../actors/types/coordinator.ts";
import { explore } from "../../actors/types/explore.ts";
import type * as types from "../../actors/types/index.ts";
import { openLog } from "../../infra/log.ts";
import { type MachineEntry, type Machines, machineCatalogue, machineEntry } from "../../machines/catalogue.ts";
import { type Hive, openMockedHive, performersOf, reports, task } from "../support/mocked-hive.ts";
import { openGate } from "../support/open-gate.ts";

/** The explore agent with another chart: it takes back what was verified. */
function contrary(version: string): MachineEntry {
  const { machine, shape } = explore.machine;
  const config = machine.config as { states: { verifying: { on: object } } };
  const { verifying } = config.states;
  const states = {
    ...config.states,
    verifying: { ...verifying, on: { ...verifying.on, "result.verified": "rejected" } },
  };
  const changed = createMachine({ ...config, version, states } as never, machine.implementations as never);
  return machineEntry(changed as AnyStateMachine, shape);
}

const first = explore.machine;
const second = contrary("2");
const catalogueOf = (...entries: MachineEntry[]): Machines => machineCatalogue([coordinator, ...entries]);

let hive: Hive;
let runtimes: Runtime[];
let asked: string[];
let answering: boolean;
beforeEach(async () => {
  hive = await openMockedHive();
  runtimes = [];
  asked = [];
  answering = false;
});
afterEach(async () => {
  vi.doUnmock("../../actors/types/index.ts");
  for (const runtime of runtimes) await runtime.stop(0);
  await hive.close();
});

/** A worker as another build would start it: the whole runtime, over a catalogue of its own; newborns get `latest`. */
async function worker(machines: Machines, latest: MachineEntry): Promise<Runtime> {
  vi.resetModules();
  vi.doMock("../../actors/types/index.ts", async (original) => ({
    ...(await original<typeof types>()),
    machines,
    latestMachine: (type: string) => (type === "explore" ? latest.name : coordinator.name),
  }));
  const { createRuntime } = await import("../../actors/runtime/runtime.ts");
  const model = (
    turn: number,
    { address, effectId, signal }: { address: { actor: string }; effectId: string; signal: AbortSignal },
  ) => {
    asked.push(address.actor);
    if (answering) return reports(turn);
    return new Promise<Answer>((_, reject) => {
      signal.addEventListener("abort", () => reject(new EffectAborted(effectId)));
    });
  };
  const runtime = createRuntime({
    redis: hive.redis,
    keys: hive.keys,
    accesses: new Map([["mocked", { client: {} as never, ...openGate(), price: () => null }]]),
    concurrency: 16,
    log: openLog("silent"),
    performers: performersOf(model),
  });
  runtimes.push(runtime);
  await runtime.start();
  return runtime;
}

/** A run whose only agent so far has asked its model under the first version when its worker is stopped. */
async function orphaned(run: string, tasks = [task("a"), task("b", ["a"])]): Promise<void> {
  const old = await worker(catalogueOf(first), first);
  await hive.start(run, tasks);
  await hive.seen(run, ({ type }) => type === "model.called");
  await expect.poll(() => asked.length).toBe(1);
  await old.stop(0);
  answering = true;
}

const machineOf = async (run: string, actor: string) =>
  hive.redis.hget(hive.keys.actor(run, actor).snapshot, "machine");

describe("two versions of a machine", () => {
  it("an actor finishes under the version it was born with, while newborn ones start under the latest", async () => {
    await orphaned("r_flight");
    await worker(catalogueOf(first, second), second);
    expect(await hive.ended("r_flight")).toBe("failed");
    const events = await hive.events("r_flight");
    const born = events.flatMap((event) => (event.type === "agent.started" ? [[event.actor, event.machine]] : []));
    expect(born).toEqual([
      ["a_coordinator", coordinator.name],
      ["a_a", first.name],
      ["a_b", second.name],
    ]);
    expect(await machineOf("r_flight", "a_a")).toBe(first.name);
    // The first version keeps what was verified, the second takes it back: each followed its own chart.
    const ends = events.flatMap((event) => (event.type.startsWith("result.") ? [[event.actor, event.type]] : []));
    expect(ends).toEqual([
      ["a_a", "result.verified"],
      ["a_b", "result.rejected"],
    ]);
    const log = () => entriesOf(hive.reader, "r_flight");
    expect((await replay(log(), catalogueOf(first, second))).mismatch).toBeNull();
    expect((await replay(log(), catalogueOf(second))).mismatch).toMatchObject({
      actor: "a_a",
      why: "machine is not known here",
      found: first.name,
    });
  });

  it("a worker that lacks the one an actor is in leaves it stranded, visibly, until one that has it starts", async () => {
    await orphaned("r_strand", [task("a")]);
    await worker(catalogueOf(second), second);
    await expect.poll(() => hive.reader.stranded("r_strand"), { timeout: 20_000 }).toEqual(["a_a"]);
    expect(asked).toEqual(["a_a"]);
    expect((await hive.reader.run("r_strand"))?.fields.status).toBe("running");
    const versionOf = async (): Promise<number> =>
      (await hive.reader.actors("r_strand")).find(({ actor }) => actor === "a_a")?.version ?? 0;
    const version = await versionOf();
    await worker(catalogueOf(first, second), second);
    expect(await hive.ended("r_strand")).toBe("completed");
    expect(await versionOf()).toBeGreaterThan(version);
    expect(await hive.reader.stranded("r_strand")).toEqual([]);
    expect(await machineOf("r_strand", "a_a")).toBe(first.name);
  });

  it("of one number and two charts are two machines: no actor is folded with a chart it was not made by", async () => {
    const changed = contrary("1");
    expect(changed.name.split("#")[0]).toBe(first.name.split("#")[0]);
    await orphaned("r_hash", [task("a")]);
    await worker(catalogueOf(changed), changed);
    await expect.poll(() => hive.reader.stranded("r_hash"), { timeout: 20_000 }).toEqual(["a_a"]);
    expect(asked).toEqual(["a_a"]);
    await worker(catalogueOf(first), first);
    expect(await hive.ended("r_hash")).toBe("completed");
  });
});

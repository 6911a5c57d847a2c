/** Steps that Redis acknowledged and lost, of effects that the world has seen: told before anything else is done. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { createRuntime, type Runtime } from "../../actors/runtime/runtime.ts";
import { openLog } from "../../infra/log.ts";
import { openTestJournal, type TestJournal } from "../support/journal.ts";
import { type Hive, openMockedHive, performersOf, reports, task } from "../support/mocked-hive.ts";
import { openGate } from "../support/open-gate.ts";

let hive: Hive;
let given: TestJournal;
let runtime: Runtime | null = null;

beforeEach(async () => {
  hive = await openMockedHive();
  given = await openTestJournal();
});
afterEach(async () => {
  await runtime?.stop(0);
  runtime = null;
  await hive.close();
});

const calls: string[] = [];

async function worker(): Promise<void> {
  const access = { client: {} as never, ...openGate(), price: () => null };
  runtime = createRuntime({
    redis: hive.redis,
    keys: hive.keys,
    accesses: new Map([["mocked", access]]),
    concurrency: 4,
    log: openLog("silent"),
    journal: given.journal,
    performers: performersOf((turn, { address }) => {
      calls.push(address.run);
      return reports(turn);
    }),
  });
  await runtime.start();
}

const command = { kind: "command", command: "make deploy", cwd: "/", timeoutMs: 1_000 } as const;
const raise = (run: string) => hive.redis.hincrby(hive.keys.shard(hive.keys.shardOf(run)).incarnation, "number", 1);

it("a run whose acknowledged steps were lost is parked with their effects named, once, and goes on when it is told to", async () => {
  await given.journal.take("r_lost/a_a/0.9:0", "hash", command);
  await raise("r_lost");
  await hive.start("r_lost", [task("a")]);
  await worker();
  const parked = await hive.seen("r_lost", ({ type }) => type === "run.parked");
  expect(parked).toMatchObject({ reason: expect.stringMatching(/lost steps.*r_lost\/a_a\/0\.9:0 was begun/) });
  expect(calls).not.toContain("r_lost");
  expect(await hive.store.hold("r_lost", "resume", "")).toMatchObject({ kind: "done", actors: [{ actor: "a_a" }] });
  expect(await hive.ended("r_lost")).toBe("completed");
  expect((await hive.events("r_lost")).filter(({ type }) => type === "run.parked")).toHaveLength(1);
});

it("what the log knows, what never began and what this incarnation began are no strangers", async () => {
  await given.journal.take("r_known/a_a/0.0:0", "hash", command);
  await given.journal.take("r_known/a_a/0.7:0", "hash", { kind: "void", why: "called off" });
  await given.journal.take("r_known/a_a/1.8:0", "hash", command);
  await raise("r_known");
  await hive.start("r_known", [task("a")]);
  await worker();
  expect(await hive.ended("r_known")).toBe("completed");
  expect((await hive.events("r_known")).filter(({ type }) => type === "run.parked")).toEqual([]);
});

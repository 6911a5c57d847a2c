// `swarm revoke`, the built command beside a worker at work: what would fall is told before, who works on top of it is stopped,
// what is wanted is done again, and of a run that is over the result says for good that nobody may build on it.
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Answer, EffectAborted } from "../../actors/runtime/performer.ts";
import { type Hive, openMockedHive, performersOf, reports, task } from "../support/mocked-hive.ts";
import { documentOf, eventually, openSwarm, type Swarm } from "../support/swarm-cli.ts";

const RUN = "r_revocation";
let hive: Hive;
let swarm: Swarm;
let released: boolean;

beforeEach(async () => {
  released = false;
  hive = await openMockedHive();
  swarm = await openSwarm({ env: { REDIS_URL: `unix://${hive.server.socket}` } });
});
afterEach(async () => {
  await swarm[Symbol.asyncDispose]();
  await hive.close();
});

/** a is done; b stands on it and thinks until it is released, or stopped. */
async function oneIsDone(): Promise<void> {
  const model = (
    turn: number,
    { signal, effectId }: { signal: AbortSignal; effectId: string },
  ): Answer | Promise<Answer> => {
    if (!effectId.includes("/a_b")) return reports(turn);
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new EffectAborted(effectId)));
      eventually("b may answer", () => released || signal.aborted).then(() => resolve(reports(turn)), reject);
    });
  };
  await hive.worker(performersOf(model as never));
  await hive.start(RUN, [task("a"), task("b", ["a"])]);
  await hive.seen(RUN, ({ type, actor }) => type === "model.called" && actor === "a_b");
}

interface Revocation {
  readonly did: string;
  readonly results: readonly { readonly result: string; readonly task: string }[];
  readonly agents?: readonly { readonly agent: string }[];
  readonly stopped?: readonly { readonly agent: string; readonly task: string }[];
}

test("a result is taken back with whoever works on it, and done again; nothing happens that nobody agreed to", async () => {
  await oneIsDone();
  const asked = await swarm.ask(["revoke", "res_a", "--json"]);
  expect(asked.code).toBe(2);
  expect(documentOf(asked)).toMatchObject({
    error: { code: "usage.revoke", message: expect.stringContaining("--yes") },
  });
  const looked = documentOf<Revocation>(await swarm.ask(["revoke", "@last/res_a", "--dry-run", "--json"]));
  expect(looked).toMatchObject({
    did: "nothing",
    results: [{ result: "res_a", task: "a" }],
    agents: [{ agent: "a_b" }],
  });
  expect((await hive.events(RUN)).some(({ type }) => type === "result.revoked")).toBe(false);

  const done = await swarm.ask(["revoke", `${RUN}/res_a`, "--yes", "--reason", "the line is not there"]);
  expect(done.code).toBe(0);
  expect(done.stdout).toContain(`revoked: res_a of run ${RUN}`);
  expect(done.stdout).toContain("a_b (task b)");
  expect(done.stdout).toContain("done again, and told why: a");

  released = true;
  expect(await hive.ended(RUN)).toBe("completed");
  const events = await hive.events(RUN);
  const at = events.findIndex(({ type }) => type === "result.revoked");
  expect(events[at]).toMatchObject({
    result: "res_a",
    task: "a",
    root: "res_a",
    reason: "the line is not there",
  });
  expect(events.slice(at).some(({ actor }) => actor === "a_b")).toBe(false);
  const shown = documentOf(await swarm.ask(["show", RUN, "--json"]));
  expect(shown).toMatchObject({
    result: {
      status: "verified",
      revoked: [{ result: "res_a", reason: "the line is not there" }],
    },
    tasks: [
      { id: "a", status: "verified", result: "res_a.2", revocations: 1 },
      { id: "b", status: "verified", result: "res_b.2" },
    ],
  });

  // Over: a second time says so, and another result falls for good.
  const again = await swarm.ask(["revoke", "res_a", "--run", RUN, "--yes", "--reason", "again", "--json"]);
  expect(documentOf(again)).toMatchObject({
    error: { code: "result.not_verified", message: expect.stringContaining("revoked") },
  });
  const late = documentOf<Revocation>(
    await swarm.ask(["revoke", "res_a.2", "--yes", "--reason", "still wrong", "--json"]),
  );
  expect(late).toMatchObject({ did: "revoked", ended: true });
  expect(late.results.map(({ task: id }) => id).sort()).toEqual(["a", "b"]);
  const text = (await swarm.ask(["show", RUN])).stdout;
  expect(text).toMatch(/result res_a\.2 was revoked by \S+: still wrong/);
});

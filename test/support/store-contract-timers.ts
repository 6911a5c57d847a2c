/** Laws of timers and of the sweep. Time is the store's own: a delay of nothing is due, a minute is not. */
import { describe, expect, it } from "vitest";
import { type Address, memberOf } from "../../infra/store.ts";
import {
  type Claimed,
  claimed,
  commitOf,
  committed,
  coordinatorOf,
  event,
  spawnedAgent,
  startedRun,
  stepped,
} from "./given-commit.ts";
import type { StoreUnderTest, Under } from "./store-contract.ts";

const NEVER_IDLE_MS = 3_600_000;
const MINUTE_MS = 60_000;

async function armed(
  { store }: StoreUnderTest,
  ...timers: { id: string; delayMs: number; armedBy: number }[]
): Promise<{ run: string; boss: Claimed; address: Address; claim: Claimed }> {
  const { run, claim: boss } = await startedRun(store);
  const { address, claim } = await spawnedAgent(store, run);
  await committed(store, commitOf(address, claim, { timersSet: timers }));
  return { run, boss, address, claim: stepped(claim) };
}

export function timerLaws(under: Under): void {
  describe("a timer", () => {
    it("that is due becomes one message, wakes its actor, and is consumed like any mail", async () => {
      const { store, shardOf, mailbox, timers, listed, rungDuring } = under();
      const { run, address, claim } = await armed(under(), { id: "xstate.after.retry.a", delayMs: 0, armedBy: 1 });
      expect(await listed(run, "ready")).not.toContain(memberOf(address));
      let swept: unknown;
      const rung = await rungDuring(run, async () => {
        swept = await store.sweep(shardOf(run), NEVER_IDLE_MS);
      });
      expect(swept).toEqual({ wake: [address], nextTimerMs: null });
      expect(rung).toEqual([`${run}/${address.actor}`]);
      expect(await timers(run)).toEqual([]);
      expect(await listed(run, "ready")).toContain(memberOf(address));
      const mail = await mailbox(run, address.actor);
      expect(mail).toEqual([{ id: expect.any(String), timer: "xstate.after.retry.a", armedBy: 1 }]);
      await committed(store, commitOf(address, { ...claim, mail }));
      expect(await mailbox(run, address.actor)).toEqual([]);
    });

    it("that is not due waits, and the sweep says how long", async () => {
      const { store, shardOf, mailbox, timers } = under();
      const { run, address } = await armed(
        under(),
        { id: "late", delayMs: MINUTE_MS, armedBy: 1 },
        { id: "later", delayMs: 2 * MINUTE_MS, armedBy: 1 },
      );
      const { wake, nextTimerMs } = await store.sweep(shardOf(run), NEVER_IDLE_MS);
      expect(wake).toEqual([]);
      expect(nextTimerMs).toBeGreaterThan(0);
      expect(nextTimerMs).toBeLessThanOrEqual(MINUTE_MS);
      expect(await mailbox(run, address.actor)).toEqual([]);
      expect(await timers(run)).toHaveLength(2);
    });

    it("goes off once, however many sweep at the same time", async () => {
      const { store, shardOf, mailbox } = under();
      const { run, address } = await armed(under(), { id: "retry", delayMs: 0, armedBy: 1 });
      const swept = await Promise.all(Array.from({ length: 5 }, () => store.sweep(shardOf(run), NEVER_IDLE_MS)));
      expect(swept.flatMap(({ wake }) => wake)).toEqual([address]);
      expect(await mailbox(run, address.actor)).toHaveLength(1);
    });

    it("that was cancelled never goes off; another of the same name does", async () => {
      const { store, shardOf, mailbox } = under();
      const { run, address, claim } = await armed(
        under(),
        { id: "retry", delayMs: 0, armedBy: 1 },
        { id: "other", delayMs: 0, armedBy: 1 },
      );
      await store.send(address, event("m2"));
      await committed(
        store,
        commitOf(
          address,
          { ...claim, mail: [event("m2")] },
          {
            timersCancelled: [{ id: "retry", armedBy: 1 }],
            timersSet: [{ id: "retry", delayMs: 0, armedBy: 2 }],
          },
        ),
      );
      await store.sweep(shardOf(run), NEVER_IDLE_MS);
      const went = (await mailbox(run, address.actor)).map((mail) =>
        "timer" in mail ? `${mail.timer} ${mail.armedBy}` : mail.id,
      );
      expect(went.toSorted()).toEqual(["other 1", "retry 2"]);
    });

    it("set and cancelled by one commit never goes off", async () => {
      const { store, shardOf, mailbox } = under();
      const { run, claim: boss } = await startedRun(store);
      await store.send(coordinatorOf(run), event("m1"));
      await committed(
        store,
        commitOf(
          coordinatorOf(run),
          { ...boss, mail: [event("m1")] },
          {
            timersCancelled: [{ id: "retry", armedBy: 1 }],
            timersSet: [{ id: "retry", delayMs: 0, armedBy: 2 }],
          },
        ),
      );
      await store.sweep(shardOf(run), NEVER_IDLE_MS);
      expect(await mailbox(run, "a_coordinator")).toMatchObject([{ timer: "retry", armedBy: 2 }]);
    });

    it("of a run that has ended is forgotten, not delivered", async () => {
      const { store, shardOf, mailbox, timers } = under();
      const { run, boss, address } = await armed(under(), { id: "retry", delayMs: 0, armedBy: 1 });
      await store.send(coordinatorOf(run), event("m1"));
      await committed(
        store,
        commitOf(coordinatorOf(run), boss, { by: { mail: "m1" }, runEnd: { status: "completed", reasons: [] } }),
      );
      await store.sweep(shardOf(run), NEVER_IDLE_MS);
      expect(await mailbox(run, address.actor)).toEqual([]);
      expect(await timers(run)).toEqual([]);
    });

    it("keeps a name with separators apart from its arming", async () => {
      const { store, shardOf, mailbox } = under();
      const { run, address } = await armed(under(), { id: "a|7|b", delayMs: 0, armedBy: 12 });
      await store.sweep(shardOf(run), NEVER_IDLE_MS);
      expect(await mailbox(run, address.actor)).toMatchObject([{ timer: "a|7|b", armedBy: 12 }]);
    });
  });
  sweepLaws(under);
}

function sweepLaws(under: Under): void {
  describe("a sweep", () => {
    it("names those that have something to do and were not touched for a while", async () => {
      const { store, shardOf } = under();
      const { run } = await startedRun(store);
      const { address } = await spawnedAgent(store, run);
      expect((await store.sweep(shardOf(run), NEVER_IDLE_MS)).wake).toEqual([]);
      expect((await store.sweep(shardOf(run), 0)).wake).toEqual([address]);
      // Named is not touched: who is not woken after all is named again.
      expect((await store.sweep(shardOf(run), 0)).wake).toEqual([address]);
    });

    it("passes over parked runs until they are resumed, whether they have mail or a timer", async () => {
      const { store, shardOf } = under();
      const { run, address } = await armed(under(), { id: "retry", delayMs: 0, armedBy: 1 });
      await store.send(coordinatorOf(run), event("m1"));
      await store.hold(run, "park", "later");
      expect((await store.sweep(shardOf(run), 0)).wake).toEqual([]);
      expect((await store.sweep(shardOf(run), 0)).wake).toEqual([]);
      await store.hold(run, "resume", "");
      const woken = (await store.sweep(shardOf(run), 0)).wake.map(memberOf);
      expect(woken.toSorted()).toEqual([memberOf(coordinatorOf(run)), memberOf(address)].toSorted());
    });

    it("finds one that needs waking behind any number of parked ones", async () => {
      const { store, shardOf, listed } = under();
      const { run: parked } = await startedRun(store);
      for (let n = 0; n < 250; n += 1)
        await store.send({ run: parked, actor: `a_${n}`, type: "explore" }, event(`m${n}`));
      await store.hold(parked, "park", "later");
      expect(await listed(parked, "ready")).toHaveLength(250);
      const twin = await runInShard(under(), shardOf(parked));
      await store.send(coordinatorOf(twin), event("m"));
      const named: string[] = [];
      for (let round = 0; round < 4; round += 1) {
        // Who was put to the back of the line in this millisecond stands beside those who came in it.
        for (const since = Date.now(); Date.now() === since; ) await new Promise((resolve) => setImmediate(resolve));
        named.push(...(await store.sweep(shardOf(parked), 0)).wake.map(memberOf));
      }
      expect(named).toContain(memberOf(coordinatorOf(twin)));
      expect(named.filter((member) => member.startsWith(`${parked}/`))).toEqual([]);
    });

    it("leaves other shards alone", async () => {
      const { store, shardOf } = under();
      const { run, address } = await armed(under(), { id: "retry", delayMs: 0, armedBy: 1 });
      const other = shardOf(run) === "s00" ? "s01" : "s00";
      expect(await store.sweep(other, 0)).toEqual({ wake: [], nextTimerMs: null });
      expect((await store.sweep(shardOf(run), 0)).wake.map(memberOf)).toContain(memberOf(address));
    });

    it("no longer names one that was forgotten, until it has mail again", async () => {
      const { store, shardOf } = under();
      const { run } = await startedRun(store);
      const { address } = await spawnedAgent(store, run);
      await store.forget(address);
      expect((await store.sweep(shardOf(run), 0)).wake).toEqual([]);
      await store.send(address, event("more"));
      expect((await store.sweep(shardOf(run), 0)).wake).toEqual([address]);
      await claimed(store, address);
    });
  });
}

async function runInShard({ store, shardOf }: StoreUnderTest, shard: string): Promise<string> {
  for (;;) {
    const { run } = await startedRun(store);
    if (shardOf(run) === shard) return run;
  }
}

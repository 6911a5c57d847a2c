/** Laws of what reaches a run from outside: messages, parking, quarantine. */
import { describe, expect, it } from "vitest";
import { memberOf } from "../../infra/store.ts";
import {
  agentOf,
  claimed,
  commitOf,
  committed,
  coordinatorOf,
  event,
  fresh,
  readMail,
  served,
  spawnedAgent,
  startedRun,
  stepped,
} from "./given-commit.ts";
import type { Under } from "./store-contract.ts";

const MAILBOX_MAX = 10_000;

export function outsideLaws(under: Under): void {
  describe("a message from outside", () => {
    it("lies in the mailbox behind those before it, and its actor is listed and rung for", async () => {
      const { store, mailbox, listed, rungDuring } = under();
      const { run } = await startedRun(store);
      const address = agentOf(run);
      const rung = await rungDuring(run, async () => {
        expect(await store.send(address, event("m1"))).toEqual({ kind: "sent" });
        expect(await store.send(address, event("m2"))).toEqual({ kind: "sent" });
      });
      expect(await mailbox(run, address.actor)).toEqual([event("m1"), event("m2")]);
      expect(rung).toEqual([`${run}/a_look`, `${run}/a_look`]);
      expect(await listed(run, "ready")).toEqual([memberOf(address)]);
      const seen = await store.look(address);
      expect({ ...seen, mail: readMail(seen.mail) }).toEqual({
        mail: [event("m1"), event("m2")],
        held: false,
        over: false,
        runStatus: "running",
      });
    });

    it("sent twice is delivered once, consumed or not", async () => {
      const { store, image } = under();
      const { run, claim } = await startedRun(store);
      await store.send(coordinatorOf(run), event("m1"));
      let before = await image();
      expect(await store.send(coordinatorOf(run), event("m1"))).toEqual({ kind: "again" });
      expect(await image()).toEqual(before);
      await committed(store, commitOf(coordinatorOf(run), claim, { by: { mail: "m1" } }));
      before = await image();
      expect(await store.send(coordinatorOf(run), event("m1"))).toEqual({ kind: "again" });
      expect(await image()).toEqual(before);
    });

    it("to a run that has ended, or never was, is refused and leaves no trace", async () => {
      const { store, image } = under();
      const { run, claim } = await startedRun(store);
      await store.send(coordinatorOf(run), event("m1"));
      await committed(
        store,
        commitOf(coordinatorOf(run), claim, { by: { mail: "m1" }, runEnd: { status: "exhausted", reasons: [] } }),
      );
      const before = await image();
      expect(await store.send(coordinatorOf(run), event("m2"))).toEqual({ kind: "ended", status: "exhausted" });
      expect(await store.send(coordinatorOf("r_none"), event("m2"))).toEqual({ kind: "no_run" });
      expect(await image()).toEqual(before);
    });

    it("to a full mailbox is refused and leaves no trace", async () => {
      const { store, image } = under();
      const { run, claim } = await startedRun(store);
      await store.send(coordinatorOf(run), event("m1"));
      const flood = Array.from({ length: MAILBOX_MAX - 1 }, (_, n) => ({
        to: "a_look",
        type: "explore",
        mail: event(`f${n}`),
      }));
      await committed(store, commitOf(coordinatorOf(run), claim, { by: { mail: "m1" }, messages: flood }));
      expect(await store.send(agentOf(run), event("last"))).toEqual({ kind: "sent" });
      const before = await image();
      expect(await store.send(agentOf(run), event("one more"))).toEqual({ kind: "full", length: MAILBOX_MAX });
      expect(await image()).toEqual(before);
    });
  });
  holdLaws(under);
  quarantineLaws(under);
}

function holdLaws(under: Under): void {
  describe("parking a run", () => {
    it("is told in the log, in the answers of claim, look and commit, and by the bell", async () => {
      const { store, log, rungDuring } = under();
      const { run, claim } = await startedRun(store);
      await store.send(coordinatorOf(run), event("m1"));
      const before = await log(run);
      const rung = await rungDuring(run, async () => {
        expect(await store.hold(run, "park", "Ctrl-C")).toEqual({ kind: "done", actors: [coordinatorOf(run)] });
      });
      expect(rung).toContain(`${run}/a_coordinator`);
      const told = (await log(run)).slice(before.length);
      expect(told).toHaveLength(1);
      expect(told[0]?.seq).toBe((before.at(-1)?.seq ?? 0) + 1);
      expect(JSON.parse(told[0]?.body ?? "")).toEqual({ v: 1, events: [{ type: "run.parked", reason: "Ctrl-C" }] });
      expect((await store.look(coordinatorOf(run))).held).toBe(true);
      expect((await committed(store, commitOf(coordinatorOf(run), claim, { by: { mail: "m1" } }))).held).toBe(true);
      expect((await claimed(store, coordinatorOf(run))).run.hold).toBeDefined();
    });

    it("twice changes nothing, and neither does resuming what goes on", async () => {
      const { store, image } = under();
      const { run } = await startedRun(store);
      const running = await image();
      expect((await store.hold(run, "resume", "")).kind).toBe("same");
      expect(await image()).toEqual(running);
      await store.hold(run, "park", "a");
      const parked = await image();
      expect((await store.hold(run, "park", "b")).kind).toBe("same");
      expect(await image()).toEqual(parked);
    });

    it("is refused where the run has ended or never was", async () => {
      const { store, image } = under();
      const { run, claim } = await startedRun(store);
      await store.send(coordinatorOf(run), event("m1"));
      await committed(
        store,
        commitOf(coordinatorOf(run), claim, { by: { mail: "m1" }, runEnd: { status: "completed", reasons: [] } }),
      );
      const before = await image();
      for (const order of ["park", "resume"] as const) {
        expect(await store.hold(run, order, "")).toEqual({ kind: "ended", status: "completed" });
        expect(await store.hold("r_none", order, "")).toEqual({ kind: "no_run" });
      }
      expect(await image()).toEqual(before);
    });

    it("and resuming it names those with mail or unanswered effects, and lists them", async () => {
      const { store, listed, log } = under();
      const { run, claim } = await startedRun(store);
      await store.send(coordinatorOf(run), event("m1"));
      const spawned = ["a_mail", "a_effect", "a_idle"].map((actor) => ({
        actor,
        type: "explore",
        row: '{"type":"explore"}',
      }));
      await committed(
        store,
        commitOf(coordinatorOf(run), claim, {
          by: { mail: "m1" },
          spawned,
          messages: spawned.map(({ actor, type }) => ({ to: actor, type, mail: event(`to ${actor}`) })),
        }),
      );
      const working = await claimed(store, agentOf(run, "a_effect"));
      await committed(
        store,
        commitOf(agentOf(run, "a_effect"), working, { effects: [{ id: "e", json: "{}", reserve: null }] }),
      );
      await committed(store, commitOf(agentOf(run, "a_idle"), await claimed(store, agentOf(run, "a_idle"))));
      await store.hold(run, "park", "later");
      for (const actor of ["a_mail", "a_effect"]) await store.forget(agentOf(run, actor));
      const answer = await store.hold(run, "resume", "");
      expect(answer).toMatchObject({ kind: "done" });
      const named = "actors" in answer ? answer.actors.map(memberOf).toSorted() : [];
      expect(named).toEqual([memberOf(agentOf(run, "a_effect")), memberOf(agentOf(run, "a_mail"))]);
      expect((await listed(run, "ready")).toSorted()).toEqual(named);
      expect(JSON.parse((await log(run)).at(-1)?.body ?? "")).toEqual({ v: 1, events: [{ type: "run.resumed" }] });
    });
  });

  describe("an effect ordered while its run is parked", () => {
    it("is handed over as never begun until the first claim after the resume, and never again", async () => {
      const { store } = under();
      const { run } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      await store.send(address, event("m2"));
      await committed(store, commitOf(address, claim, { effects: [{ id: "before", json: "{}", reserve: null }] }));
      await store.hold(run, "park", "later");
      await committed(
        store,
        commitOf(
          address,
          { ...stepped(claim), mail: [event("m2")] },
          { effects: [{ id: "while", json: "{}", reserve: null }] },
        ),
      );
      const heldOf = async () =>
        Object.fromEntries((await claimed(store, address)).pending.map(({ id, held }) => [id, held]));
      expect(await heldOf()).toEqual({ before: false, while: true });
      expect(await heldOf()).toEqual({ before: false, while: true });
      await store.hold(run, "resume", "");
      expect(await heldOf()).toEqual({ before: false, while: true });
      expect(await heldOf()).toEqual({ before: false, while: false });
    });

    it("can be answered or dropped like any other, and leaves nothing behind", async () => {
      const { store, listed } = under();
      const { run } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      await store.hold(run, "park", "later");
      const effects = ["e1", "e2"].map((id) => ({ id, json: "{}", reserve: null }));
      await committed(store, commitOf(address, claim, { effects }));
      await committed(store, commitOf(address, stepped(claim), { by: { effect: "e1" }, effectsDropped: ["e2"] }));
      expect((await claimed(store, address)).pending).toEqual([]);
      expect(await listed(run, "ready")).not.toContain(memberOf(address));
    });
  });
}

function quarantineLaws(under: Under): void {
  describe("quarantine", () => {
    it("takes an agent out, keeps what lay at its head for inspection, and tells its coordinator", async () => {
      const { store, mailbox, listed, dead, log } = under();
      const { run } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      await store.send(address, event("deadly"));
      await store.send(address, event("innocent"));
      await committed(store, commitOf(address, claim, { effects: [{ id: "e1", json: '{"x":1}', reserve: null }] }));
      await store.quarantine(address, "ten claims, no commit");
      expect(await mailbox(run, "a_coordinator")).toMatchObject([
        { event: { type: "agent.died", actor: address.actor, reason: "ten claims, no commit" } },
      ]);
      expect(await listed(run, "ready")).toEqual([memberOf(coordinatorOf(run))]);
      const letters = await dead(run);
      expect(letters).toMatchObject([{ member: memberOf(address), reason: "ten claims, no commit" }]);
      expect(JSON.parse(letters[0]?.mail ?? "")).toEqual(event("deadly"));
      expect(letters[0]?.pending).toContain("e1");
      expect(JSON.parse((await log(run)).at(-1)?.body ?? "").events).toEqual([
        { type: "agent.died", died: address.actor, reason: "ten claims, no commit" },
      ]);
      await store.send(address, event("later"));
      expect(await store.claim(address, fresh("n"), served)).toEqual({ kind: "no_run" });
      expect(await listed(run, "ready")).toEqual([memberOf(coordinatorOf(run))]);
    });

    it("of the coordinator ends the run as failed, in the log too, once", async () => {
      const { store, runRow, ended, log, image, mailbox } = under();
      const { run } = await startedRun(store);
      await store.send(coordinatorOf(run), event("deadly"));
      const before = await log(run);
      await store.quarantine(coordinatorOf(run), "poison");
      expect(await runRow(run)).toMatchObject({ status: "failed", reasons: '["poison"]' });
      expect(await ended(run)).toBe(true);
      expect(await mailbox(run, "a_coordinator")).toEqual([]);
      const told = (await log(run)).slice(before.length);
      expect(told.map(({ seq }) => seq)).toEqual([(before.at(-1)?.seq ?? 0) + 1]);
      expect(JSON.parse(told[0]?.body ?? "").events.map((one: { type: string }) => one.type)).toEqual([
        "agent.died",
        "run.failed",
      ]);
      expect((await runRow(run)).seq).toBe(String((told[0]?.seq ?? 0) + 1));
      const buried = await image();
      await store.quarantine(coordinatorOf(run), "poison");
      await store.quarantine(agentOf(run), "poison");
      expect(await image()).toEqual(buried);
    });

    it("fences whoever still held the actor", async () => {
      const { store, image } = under();
      const { run, claim: boss } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      await store.send(address, event("m2"));
      await committed(store, commitOf(address, claim));
      await store.quarantine(address, "poison");
      await store.send(address, event("m3"));
      let before = await image();
      expect(await store.commit(commitOf(address, { ...stepped(claim), mail: [event("m3")] }))).toEqual({
        kind: "fenced",
      });
      expect(await image()).toEqual(before);
      await store.send(coordinatorOf(run), event("m4"));
      await store.quarantine(coordinatorOf(run), "poison");
      before = await image();
      const late = commitOf(coordinatorOf(run), boss, {
        by: { mail: "m4" },
        runEnd: { status: "completed", reasons: [] },
      });
      expect(await store.commit(late)).toEqual({ kind: "ended", status: "failed" });
      expect(await image()).toEqual(before);
    });

    it("of an actor of no run changes nothing", async () => {
      const { store, image } = under();
      const before = await image();
      await store.quarantine(agentOf(fresh("r")), "poison");
      expect(await image()).toEqual(before);
    });
  });
}

/** Laws of the commit: one cause, everything it led to, or nothing at all. */
import { describe, expect, it } from "vitest";
import { type Commit, memberOf } from "../../infra/store.ts";
import {
  agentOf,
  claimed,
  commitOf,
  committed,
  coordinatorOf,
  event,
  money,
  spawnedAgent,
  startedRun,
  stepped,
} from "./given-commit.ts";
import type { Under } from "./store-contract.ts";

/** A commit that uses every part there is. */
export const everyPart = (changed: Partial<Commit> = {}): Partial<Commit> => ({
  events: 3,
  rows: new Map([["tasks/look", '{"status":"running"}']]),
  transcript: ["said-1", "said-2"],
  session: '{"v":1}',
  messages: [
    { to: "a_tell", type: "explore", mail: { id: "to-tell", input: { task: "tell" } } },
    { to: "a_coordinator", type: "coordinator", mail: event("to-boss") },
  ],
  spawned: [{ actor: "a_tell", type: "explore", row: '{"type":"explore","task":"tell"}' }],
  timersSet: [{ id: "retry", delayMs: 60_000, armedBy: 1 }],
  effects: [
    { id: "paid", json: '{"type":"model.call"}', reserve: money() },
    { id: "free", json: '{"type":"tool.run"}', reserve: null },
  ],
  results: [{ id: "res_look", json: '{"status":"verified"}' }],
  audit: ['{"call":"1"}', '{"call":"2"}'],
  blobs: [{ sha256: "ab12", text: "all of it" }],
  ...changed,
});

export function commitLaws(under: Under): void {
  describe("a commit", () => {
    it("writes everything it led to together, and tells the recipients", async () => {
      const { store, log, mailbox, listed, timers, audit, actors, rungDuring } = under();
      const { run } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      const commit = commitOf(address, claim, everyPart());
      const seqBefore = (await log(run)).at(-1)?.seq ?? 0;
      let answer: unknown;
      const rung = await rungDuring(run, async () => {
        answer = await store.commit(commit);
      });
      expect(answer).toEqual({
        kind: "committed",
        firstSeq: seqBefore + 1,
        mailLeft: 0,
        held: false,
        runStatus: "running",
        transcriptLength: 0,
        grants: [{ outTokens: 1_000, tokens: 1_100, nanoUsd: 15_300 }],
      });
      expect(rung.toSorted()).toEqual([`${run}/a_coordinator`, `${run}/a_tell`]);
      expect((await log(run)).at(-1)).toEqual({ seq: seqBefore + 1, member: memberOf(address), body: commit.entry });
      expect(await mailbox(run, address.actor)).toEqual([]);
      expect(await mailbox(run, "a_tell")).toEqual([{ id: "to-tell", input: { task: "tell" } }]);
      expect(await mailbox(run, "a_coordinator")).toEqual([event("to-boss")]);
      expect((await listed(run, "ready")).toSorted()).toEqual(
        [memberOf(coordinatorOf(run)), memberOf(address), memberOf(agentOf(run, "a_tell"))].toSorted(),
      );
      expect(await timers(run)).toEqual([`${memberOf(address)}|retry|1`]);
      expect(await audit(run)).toEqual(commit.audit);
      expect(await actors(run)).toMatchObject({ a_tell: '{"type":"explore","task":"tell"}' });
      expect(await store.results(run, ["res_look", "res_none"])).toEqual(
        new Map([["res_look", '{"status":"verified"}']]),
      );
      expect(await claimed(store, address)).toMatchObject({
        version: 1,
        core: commit.core,
        rows: commit.rows,
        transcript: commit.transcript,
        session: commit.session,
        pending: [{ id: "paid" }, { id: "free" }],
      });
    });

    it("adds to what earlier commits wrote and rewrites only what it names", async () => {
      const { store } = under();
      const { run } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      await committed(store, commitOf(address, claim, everyPart()));
      const answer = await committed(
        store,
        commitOf(address, stepped(claim), {
          by: { effect: "free" },
          rows: new Map([["tasks/b", "2"]]),
          transcript: ["said-3"],
        }),
      );
      expect(answer.transcriptLength).toBe(2);
      expect(await claimed(store, address)).toMatchObject({
        machine: "any@1",
        session: '{"v":1}',
        transcript: ["said-1", "said-2", "said-3"],
        rows: new Map([
          ["tasks/look", '{"status":"running"}'],
          ["tasks/b", "2"],
        ]),
      });
    });

    it("ends the run where it says so: status, reasons, and its place among the ended", async () => {
      const { store, runRow, ended } = under();
      const { run, claim } = await startedRun(store);
      expect(await ended(run)).toBe(false);
      await store.send(coordinatorOf(run), event("m1"));
      const answer = await committed(
        store,
        commitOf(coordinatorOf(run), claim, {
          by: { mail: "m1" },
          runEnd: { status: "failed", reasons: ["look: rejected"] },
        }),
      );
      expect(answer.runStatus).toBe("failed");
      expect(await runRow(run)).toMatchObject({
        status: "failed",
        reasons: '["look: rejected"]',
        endedAt: expect.stringMatching(/^\d{13}$/),
      });
      expect(await ended(run)).toBe(true);
      expect(await store.look(coordinatorOf(run))).toMatchObject({ runStatus: "failed" });
    });
  });
  refusalLaws(under);
  resentLaws(under);
  causeLaws(under);
  sequenceLaws(under);
}

function refusalLaws(under: Under): void {
  describe("a commit that is refused writes nothing at all:", () => {
    const cases: [string, (commit: Commit) => Partial<Commit>, unknown][] = [
      ["an older epoch", ({ fence }) => ({ fence: { ...fence, epoch: fence.epoch - 1 } }), { kind: "fenced" }],
      ["a later epoch", ({ fence }) => ({ fence: { ...fence, epoch: fence.epoch + 1 } }), { kind: "fenced" }],
      [
        "the same epoch with another nonce",
        ({ fence }) => ({ fence: { ...fence, nonce: "else" } }),
        { kind: "fenced" },
      ],
      ["a version that is behind", ({ version }) => ({ version: version - 1 }), { kind: "conflict", version: 1 }],
      ["a version that is ahead", ({ version }) => ({ version: version + 1 }), { kind: "conflict", version: 1 }],
      ["mail that is not the head", () => ({ by: { mail: "second" } }), { kind: "gone" }],
      ["mail whose id only begins like the head's", () => ({ by: { mail: "fir" } }), { kind: "gone" }],
      ["mail that never was", () => ({ by: { mail: "none" } }), { kind: "gone" }],
      ["an effect that is not pending", () => ({ by: { effect: "none" } }), { kind: "gone" }],
      ["a run that does not exist", ({ address }) => ({ address: { ...address, run: "r_none" } }), { kind: "no_run" }],
      [
        "money that is not there",
        () => ({
          effects: [{ id: "dear", json: "{}", reserve: money({ outTokensLeast: 9_000, outTokensWanted: 9_000 }) }],
        }),
        { kind: "refused", tokensLeft: 5_000, nanoUsdLeft: null },
      ],
    ];
    it.each(cases)("%s", async (_, wrong, answer) => {
      const { store, image } = under();
      const { run } = await startedRun(store, { budget: { tokensMax: 5_000 } });
      const { address, claim } = await spawnedAgent(store, run);
      await committed(store, commitOf(address, claim));
      await store.send(address, event("first"));
      await store.send(address, event("second"));
      const right = commitOf(address, { ...stepped(claim), mail: [event("first")] }, everyPart({ effects: [] }));
      const before = await image();
      expect(await store.commit({ ...right, ...wrong(right) })).toEqual(answer);
      expect(await image()).toEqual(before);
      await committed(store, right);
    });

    it("a second answer to the same effect", async () => {
      const { store, image } = under();
      const { run } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      await committed(store, commitOf(address, claim, everyPart()));
      await committed(store, commitOf(address, stepped(claim), { by: { effect: "free" } }));
      const before = await image();
      expect(
        await store.commit(commitOf(address, stepped(stepped(claim)), everyPart({ by: { effect: "free" } }))),
      ).toEqual({ kind: "gone" });
      expect(await image()).toEqual(before);
    });

    it("an answer to another actor's effect", async () => {
      const { store, image } = under();
      const { run, claim: boss } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      await committed(store, commitOf(address, claim, everyPart()));
      const before = await image();
      expect(await store.commit(commitOf(coordinatorOf(run), boss, { by: { effect: "free" } }))).toEqual({
        kind: "gone",
      });
      expect(await image()).toEqual(before);
    });

    it("a commit to an actor that nobody ever claimed", async () => {
      const { store, image } = under();
      const { run, claim } = await startedRun(store);
      const before = await image();
      expect(await store.commit(commitOf(agentOf(run, "a_nobody"), { ...claim, version: 0 }))).toEqual({
        kind: "fenced",
      });
      expect(await image()).toEqual(before);
    });
  });
}

function resentLaws(under: Under): void {
  describe("a commit that is sent again", () => {
    it("gets its first answer, grants included, and writes nothing twice", async () => {
      const { store, image } = under();
      const { run } = await startedRun(store, { budget: { tokensMax: 1_500 } });
      const { address, claim } = await spawnedAgent(store, run);
      await store.send(address, event("m2"));
      await committed(store, commitOf(address, claim, { transcript: ["before"], core: '{"first":true}' }));
      const commit = commitOf(address, { ...stepped(claim), mail: [event("m2")] }, everyPart());
      const first = await committed(store, commit);
      expect(first.transcriptLength).toBe(1);
      const before = await image();
      expect(await store.commit(commit)).toEqual(first);
      expect(await image()).toEqual(before);
    });

    it("gets its first answer although another activation has claimed the actor since", async () => {
      const { store } = under();
      const { run } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      const commit = commitOf(address, claim, everyPart());
      const first = await committed(store, commit);
      await claimed(store, address);
      expect(await store.commit(commit)).toEqual(first);
    });

    it("twice at once is written once, and both learn of the same place in the log", async () => {
      const { store, log } = under();
      const { run } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      const commit = commitOf(address, claim, everyPart());
      const [one, two] = await Promise.all([store.commit(commit), store.commit(commit)]);
      expect(two).toEqual(one);
      expect((await log(run)).filter(({ body }) => body === commit.entry)).toHaveLength(1);
    });

    it("after a later commit of the same actor is an old story: it is refused and changes nothing", async () => {
      const { store, image } = under();
      const { run } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      const commit = commitOf(address, claim, everyPart());
      await committed(store, commit);
      await committed(store, commitOf(address, stepped(claim), { by: { effect: "free" } }));
      const before = await image();
      expect(await store.commit(commit)).toEqual({ kind: "conflict", version: 2 });
      expect(await image()).toEqual(before);
    });
  });
}

function causeLaws(under: Under): void {
  describe("the list of those that need looking after", () => {
    it("keeps an actor while it has mail or unanswered effects, and lets go of it with the last", async () => {
      const { store, listed } = under();
      const { run } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      const isListed = async () => (await listed(run, "ready")).includes(memberOf(address));
      await store.send(address, event("m2"));
      await committed(store, commitOf(address, claim, { effects: [{ id: "e1", json: "{}", reserve: null }] }));
      expect(await isListed()).toBe(true);
      const answer = await committed(store, commitOf(address, stepped(claim), { by: { mail: "m2" } }));
      expect(answer.mailLeft).toBe(0);
      expect(await isListed()).toBe(true);
      await committed(store, commitOf(address, stepped(stepped(claim)), { by: { effect: "e1" } }));
      expect(await isListed()).toBe(false);
    });

    it("lets go of an actor whose last effect was dropped", async () => {
      const { store, listed } = under();
      const { run } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      await store.send(address, event("m2"));
      await committed(store, commitOf(address, claim, { effects: [{ id: "e1", json: "{}", reserve: null }] }));
      await committed(store, commitOf(address, stepped(claim), { by: { mail: "m2" }, effectsDropped: ["e1"] }));
      expect(await listed(run, "ready")).not.toContain(memberOf(address));
      expect((await claimed(store, address)).pending).toEqual([]);
    });

    it("keeps an actor that wrote to itself", async () => {
      const { store, listed } = under();
      const { run } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      const answer = await committed(
        store,
        commitOf(address, claim, {
          messages: [{ to: address.actor, type: address.type, mail: event("note to self") }],
        }),
      );
      expect(answer.mailLeft).toBe(1);
      expect(await listed(run, "ready")).toContain(memberOf(address));
    });
  });

  describe("mail", () => {
    it.each([
      ["whatever the order of its fields", { event: { type: "note" }, id: "late" } as never],
      ["whatever characters its id has", event('a "quoted" \\ id/with\nlines | and €')],
    ])("is consumed by its id, %s", async (_, mail) => {
      const { store, mailbox } = under();
      const { run, claim } = await startedRun(store);
      const { address, claim: mine } = await spawnedAgent(store, run);
      await store.send(coordinatorOf(run), mail);
      await committed(
        store,
        commitOf(coordinatorOf(run), claim, {
          by: { mail: (mail as { id: string }).id },
          messages: [{ to: address.actor, type: address.type, mail }],
        }),
      );
      await committed(store, commitOf(address, mine));
      await committed(store, commitOf(address, stepped(mine), { by: { mail: (mail as { id: string }).id } }));
      expect(await mailbox(run, address.actor)).toEqual([]);
    });
  });
}

function sequenceLaws(under: Under): void {
  describe("the log of a run", () => {
    it("numbers the events of all its actors, parking and quarantine without a gap", async () => {
      const { store, log, runRow } = under();
      const { run, claim: boss } = await startedRun(store);
      const actors = [{ address: coordinatorOf(run), claim: boss }];
      for (const name of ["a_look", "a_tell"]) {
        const { address, claim } = await spawnedAgent(store, run, name);
        await committed(store, commitOf(address, claim));
        actors.push({ address, claim: stepped(claim) });
      }
      let next = 4;
      const places: number[] = [1, 2, 3];
      for (const [step, events] of [2, 1, 3, 1, 1, 2, 5].entries()) {
        const actor = actors[step % actors.length]!;
        await store.send(actor.address, event(`m${step}`));
        const { firstSeq } = await committed(
          store,
          commitOf(actor.address, { ...actor.claim, mail: [event(`m${step}`)] }, { events }),
        );
        actor.claim = stepped(actor.claim);
        expect(firstSeq).toBe(next);
        places.push(next);
        next += events;
        if (step === 2 || step === 4) {
          await store.hold(run, step === 2 ? "park" : "resume", "");
          places.push(next);
          next += 1;
        }
      }
      await store.quarantine(actors[1]!.address, "poison");
      places.push(next);
      expect((await runRow(run)).seq).toBe(String(next));
      expect((await log(run)).map(({ seq }) => seq)).toEqual(places);
    });

    it("has a place for every commit: one that tells nothing is refused and writes nothing", async () => {
      const { store, image } = under();
      const { run } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      const before = await image();
      await expect(store.commit(commitOf(address, claim, { events: 0 }))).rejects.toThrow("event");
      expect(await image()).toEqual(before);
    });

    it("of an ended run says nothing more: the end is the last word, and there is one", async () => {
      const { store, runRow, image } = under();
      const { run, claim } = await startedRun(store);
      const { address, claim: mine } = await spawnedAgent(store, run);
      await store.send(coordinatorOf(run), event("m1"));
      await store.send(coordinatorOf(run), event("m2"));
      await committed(
        store,
        commitOf(coordinatorOf(run), claim, { by: { mail: "m1" }, runEnd: { status: "completed", reasons: [] } }),
      );
      const before = await image();
      const again = commitOf(coordinatorOf(run), stepped(claim), {
        by: { mail: "m2" },
        runEnd: { status: "failed", reasons: ["x"] },
      });
      expect(await store.commit(again)).toEqual({ kind: "ended", status: "completed" });
      expect(await store.commit(commitOf(address, mine))).toEqual({ kind: "ended", status: "completed" });
      expect(await runRow(run)).toMatchObject({ status: "completed" });
      expect(await image()).toEqual(before);
    });
  });
}

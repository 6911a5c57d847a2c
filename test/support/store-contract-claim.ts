/** Laws of creating a run and of claiming an actor. */
import { describe, expect, it } from "vitest";
import { addressFrom, memberOf } from "../../infra/store.ts";
import {
  agentOf,
  claimed,
  commitOf,
  committed,
  coordinatorOf,
  event,
  fresh,
  money,
  newRun,
  served,
  spawnedAgent,
  startedRun,
  stepped,
} from "./given-commit.ts";
import type { Under } from "./store-contract.ts";

export function claimLaws(under: Under): void {
  createLaws(under);
  describe("a claim", () => {
    it("hands over all there is, in the order in which it was written", async () => {
      const { store } = under();
      const { run, claim } = await startedRun(store, { budget: { tokensMax: 5_000 } });
      const { address, claim: mine } = await spawnedAgent(store, run);
      await committed(
        store,
        commitOf(address, mine, {
          rows: new Map([
            ["tasks/a", "1"],
            ["tasks/b", "2"],
          ]),
          transcript: ["one", "two"],
          session: '{"v":1}',
          effects: [
            { id: "e1", json: '{"type":"model.call"}', reserve: money() },
            { id: "e2", json: '{"type":"tool.run"}', reserve: null },
          ],
        }),
      );
      await committed(store, commitOf(coordinatorOf(run), claim, { by: { mail: await mailTo(run) } }));
      await store.send(address, event("m1"));
      await store.send(address, event("m2"));
      const next = await claimed(store, address);
      expect(next).toMatchObject({
        version: 1,
        machine: "any@1",
        core: expect.stringContaining("after"),
        mail: [event("m1"), event("m2")],
        mailTotal: 2,
        session: '{"v":1}',
        transcript: ["one", "two"],
        claims: 1,
        run: { binding: "local", goal: "look", status: "running" },
      });
      expect([...next.rows]).toEqual([
        ["tasks/a", "1"],
        ["tasks/b", "2"],
      ]);
      expect(next.pending).toEqual([
        {
          id: "e1",
          json: '{"type":"model.call"}',
          grant: { outTokens: 1_000, tokens: 1_100, nanoUsd: 15_300 },
          held: false,
        },
        { id: "e2", json: '{"type":"tool.run"}', grant: null, held: false },
      ]);

      async function mailTo(of: string): Promise<string> {
        await store.send(coordinatorOf(of), event("hello"));
        return "hello";
      }
    });

    it("finds an actor before its first commit without machine, core or transcript", async () => {
      const { store } = under();
      const run = fresh("r");
      await store.create(newRun(run, { input: { graph: [1] } }));
      expect(await claimed(store, coordinatorOf(run))).toMatchObject({
        version: 0,
        machine: null,
        core: null,
        session: null,
        transcript: [],
        pending: [],
        mail: [{ id: "start", input: { graph: [1] } }],
        mailTotal: 1,
      });
    });

    it("raises the epoch and carries the nonce of its caller", async () => {
      const { store } = under();
      const { run } = await startedRun(store);
      const first = await claimed(store, coordinatorOf(run), "nonce-a");
      const second = await claimed(store, coordinatorOf(run), "nonce-b");
      expect([first.fence.nonce, second.fence.nonce]).toEqual(["nonce-a", "nonce-b"]);
      expect(second.fence.epoch).toBe(first.fence.epoch + 1);
    });

    it("lets only the later of two claims commit, however they came about", async () => {
      const { store } = under();
      const { run } = await startedRun(store);
      await store.send(coordinatorOf(run), event("m1"));
      const claims = await Promise.all([claimed(store, coordinatorOf(run)), claimed(store, coordinatorOf(run))]);
      const [older, later] = claims.sort((a, b) => a.fence.epoch - b.fence.epoch);
      expect(await store.commit(commitOf(coordinatorOf(run), older!))).toEqual({ kind: "fenced" });
      await committed(store, commitOf(coordinatorOf(run), later!));
    });

    it("counts the claims since the last commit, and a commit starts the count anew", async () => {
      const { store } = under();
      const { run } = await startedRun(store);
      await store.send(coordinatorOf(run), event("m1"));
      const counts: number[] = [];
      let claim = await claimed(store, coordinatorOf(run));
      for (let n = 0; n < 3; n += 1) {
        counts.push(claim.claims);
        if (n < 2) claim = await claimed(store, coordinatorOf(run));
      }
      expect(counts).toEqual([1, 2, 3]);
      await store.send(coordinatorOf(run), event("m2"));
      await committed(store, commitOf(coordinatorOf(run), claim));
      expect((await claimed(store, coordinatorOf(run))).claims).toBe(1);
    });

    it("counts an effect that every claim finds, though other steps succeed beside it", async () => {
      const { store } = under();
      const { run } = await startedRun(store);
      const address = coordinatorOf(run);
      await store.send(address, event("m0"));
      let claim = await claimed(store, address);
      await committed(
        store,
        commitOf(address, claim, { by: { mail: "m0" }, effects: [{ id: "deadly", json: "{}", reserve: null }] }),
      );
      const counts: number[] = [];
      for (let n = 1; n <= 33; n += 1) {
        await store.send(address, event(`m${n}`));
        claim = await claimed(store, address);
        counts.push(claim.claims);
        await committed(store, commitOf(address, claim, { by: { mail: `m${n}` } }));
      }
      expect([counts[0], counts[2], counts[5], counts.at(-1)]).toEqual([1, 1, 2, 11]);
      await committed(store, commitOf(address, stepped(claim), { by: { effect: "deadly" } }));
      await store.send(address, event("last"));
      expect((await claimed(store, address)).claims).toBe(1);
    });

    it("that found its effects running where it is counts for nothing, and neither do those before it", async () => {
      const { store } = under();
      const { run } = await startedRun(store);
      const address = coordinatorOf(run);
      await store.send(address, event("m0"));
      const first = await claimed(store, address);
      await committed(
        store,
        commitOf(address, first, { by: { mail: "m0" }, effects: [{ id: "slow", json: "{}", reserve: null }] }),
      );
      for (let n = 0; n < 12; n += 1) {
        const claim = await claimed(store, address);
        expect(claim.claims).toBe(1);
        await store.reattached(address, claim.fence);
      }
      const stale = await claimed(store, address);
      const holder = await claimed(store, address);
      await store.reattached(address, stale.fence);
      expect(holder.claims).toBe(2);
      expect((await claimed(store, address)).claims).toBe(3);
    });

    it("that finds nothing to do, or finds its run parked, counts for nothing: nobody can have died of it", async () => {
      const { store } = under();
      const { run } = await startedRun(store);
      const counted = async () => (await claimed(store, coordinatorOf(run))).claims;
      expect([await counted(), await counted()]).toEqual([0, 0]);
      await store.send(coordinatorOf(run), event("m1"));
      await store.hold(run, "park", "later");
      expect([await counted(), await counted()]).toEqual([0, 0]);
      await store.hold(run, "resume", "");
      expect([await counted(), await counted()]).toEqual([1, 2]);
    });

    it("brings at most a batch of mail, and says how much there is", async () => {
      const { store } = under();
      const { run } = await startedRun(store);
      for (let n = 0; n < 130; n += 1) await store.send(coordinatorOf(run), event(`m${n}`));
      const claim = await claimed(store, coordinatorOf(run));
      expect(claim.mailTotal).toBe(130);
      expect(claim.mail.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, n) => `m${n}`));
    });

    it("of a run that does not exist says so and takes the actor off the list", async () => {
      const { store } = under();
      expect(await store.claim(agentOf("r_none"), "n", served)).toEqual({ kind: "no_run" });
      expect(await store.look(agentOf("r_none"))).toMatchObject({ mail: [], runStatus: "gone" });
    });
  });
  strandedLaws(under);
}

function createLaws(under: Under): void {
  describe("creating a run", () => {
    it("writes row, briefs, budget and the coordinator's first message, and puts the coordinator on the list", async () => {
      const { store, runRow, listed, mailbox, actors, rungDuring } = under();
      const run = fresh("r");
      const input = { graph: [{ id: "look" }] };
      const rung = await rungDuring(run, () =>
        store.create(newRun(run, { input, briefs: { look: "{}", tell: "{}" } })),
      );
      expect(rung).toEqual([`${run}/a_coordinator`]);
      expect(await runRow(run)).toMatchObject({ status: "running", goal: "look", binding: "local", seq: "0" });
      expect(await mailbox(run, "a_coordinator")).toEqual([{ id: "start", input }]);
      expect(await listed(run, "ready")).toEqual([memberOf(coordinatorOf(run))]);
      expect(await actors(run)).toEqual({ a_coordinator: '{"type":"coordinator"}' });
      expect(await store.briefs(run, ["look", "tell", "none"])).toEqual(
        new Map([
          ["look", "{}"],
          ["tell", "{}"],
        ]),
      );
    });

    it("a second time under the same id changes nothing, whatever it says", async () => {
      const { store, image } = under();
      const run = fresh("r");
      await store.create(newRun(run));
      const before = await image();
      expect(
        await store.create(newRun(run, { fields: { goal: "else" }, briefs: { x: "{}" }, budget: { tokensMax: 1 } })),
      ).toBe("exists");
      expect(await image()).toEqual(before);
    });

    it("of two at once creates one", async () => {
      const { store, mailbox } = under();
      const run = fresh("r");
      const answers = await Promise.all([store.create(newRun(run)), store.create(newRun(run))]);
      expect(answers.sort()).toEqual(["created", "exists"]);
      expect(await mailbox(run, "a_coordinator")).toHaveLength(1);
    });
  });
}

function strandedLaws(under: Under): void {
  describe("a worker that lacks what an actor needs", () => {
    it.each([
      ["the model access of the run", { ...served, bindings: ["local2", "nonlocal", "loca"] }, "binding", "local"],
      ["any model access", { ...served, bindings: [] }, "binding", "local"],
      ["the version of the machine", { ...served, machines: ["any@2", "any@11"] }, "machine", "any@1"],
    ])("leaves it stranded, visibly, and changes nothing else: %s", async (_, lacking, lacks, name) => {
      const { store, listed } = under();
      const { run } = await startedRun(store);
      const { address, claim } = await spawnedAgent(store, run);
      await committed(store, commitOf(address, claim, { effects: [{ id: "e", json: "{}", reserve: null }] }));
      const answer = await store.claim(address, "n", lacking);
      expect(answer).toEqual({ kind: "stranded", lacks, name });
      expect(await listed(run, "stranded")).toEqual([memberOf(address)]);
      expect(await listed(run, "ready")).not.toContain(memberOf(address));
      // The claim that was there goes on being the one that may commit.
      await committed(store, commitOf(address, stepped(claim), { by: { effect: "e" } }));
    });

    it("may claim a newborn of any type: it starts under a machine of the worker's own", async () => {
      const { store } = under();
      const { run } = await startedRun(store);
      await store.send(agentOf(run), event("m1"));
      expect(await store.claim(agentOf(run), "n", { ...served, machines: [] })).toMatchObject({ kind: "claimed" });
    });

    it("is made up for by one that starts later: stranded actors come back and are stranded no more", async () => {
      const { store, listed, shardOf } = under();
      const { run } = await startedRun(store);
      const { address } = await spawnedAgent(store, run);
      await store.claim(address, "n", { ...served, bindings: [] });
      expect(await store.retrieve(shardOf(run))).toEqual([address]);
      expect(await listed(run, "ready")).toContain(memberOf(address));
      await claimed(store, address);
      expect(await listed(run, "stranded")).toEqual([]);
    });
  });

  it("an address is read back as it was written, and what is none is refused", () => {
    expect(addressFrom(memberOf(agentOf("r_1")))).toEqual(agentOf("r_1"));
    for (const text of ["", "r", "r/a", "r//t", "/a/t", "r/a/t/x"])
      expect(() => addressFrom(text), text).toThrow("address");
  });
}

/** Laws of what few commits carry: actors that are fenced for good, results that are revoked, letters, briefs of later tasks. */
import { describe, expect, it } from "vitest";
import { type Address, type Commit, memberOf, type Store } from "../../infra/store.ts";
import { envelopeSchema } from "../../machines/brief.ts";
import { resultId } from "../../machines/effect.ts";
import { verifiedAgain } from "../../machines/revoked-envelope.ts";
import {
  agentOf,
  type Claimed,
  claimed,
  commitOf,
  committed,
  coordinatorOf,
  event,
  fresh,
  money,
  served,
  spawnedAgent,
  startedRun,
  stepped,
} from "./given-commit.ts";
import type { Under } from "./store-contract.ts";

const why = "it stands on res_a";
const fencing = ({ actor, type }: Address, reason = why): Partial<Commit> => ({ fenced: [{ actor, type, reason }] });

/** A step of the coordinator, by a message from outside. */
async function bossStep(store: Store, run: string, boss: Claimed, changed: Partial<Commit>): Promise<Claimed> {
  const mail = event(fresh("m"));
  await store.send(coordinatorOf(run), mail);
  await committed(store, commitOf(coordinatorOf(run), boss, { ...changed, by: { mail: mail.id } }));
  return stepped(boss);
}

const unsafe = { id: "", json: '{"type":"tool.run","call":"c1","tool":"Bash","place":"here"}', reserve: null };
const idOf = ({ run, actor }: Address, tail: string): string => `${run}/${actor}/0.${tail}`;

export function fenceLaws(under: Under): void {
  describe("a fenced actor", () => {
    endLaws(under);
    leftoverLaws(under);
  });
  revocationLaws(under);
  letterLaws(under);
}

function endLaws(under: Under): void {
  it("commits nothing any more, whoever holds its claim, and a later claim is told so", async () => {
    const { store, image } = under();
    const { run, claim: boss } = await startedRun(store);
    const { address, claim } = await spawnedAgent(store, run);
    await bossStep(store, run, boss, fencing(address));
    const before = await image();
    expect(await store.commit(commitOf(address, claim))).toEqual({ kind: "fenced" });
    expect(await store.claim(address, claim.fence.nonce, served)).toEqual({ kind: "over", reason: why, pending: [] });
    expect(await store.claim(address, fresh("n"), served)).toEqual({ kind: "over", reason: why, pending: [] });
    expect(await image()).toEqual(before);
  });

  it("that was never claimed is never born", async () => {
    const { store, listed, mailbox } = under();
    const { run, claim: boss } = await startedRun(store);
    const address = agentOf(run);
    const next = await bossStep(store, run, boss, {
      messages: [{ to: address.actor, type: address.type, mail: { id: "to-look", input: {} } }],
    });
    expect(await listed(run, "ready")).toContain(memberOf(address));
    await bossStep(store, run, next, fencing(address));
    expect(await listed(run, "ready")).not.toContain(memberOf(address));
    expect(await mailbox(run, address.actor)).toEqual([]);
    expect(await store.claim(address, fresh("n"), served)).toMatchObject({ kind: "over" });
  });

  it("has no mail, takes none from outside, and what actors of the run still write to it is thrown away", async () => {
    const { store, mailbox, listed } = under();
    const { run, claim: boss } = await startedRun(store);
    const { address } = await spawnedAgent(store, run);
    const next = await bossStep(store, run, boss, fencing(address));
    expect(await mailbox(run, address.actor)).toEqual([]);
    expect(await store.send(address, event("late"))).toEqual({ kind: "ended", status: "fenced" });
    await bossStep(store, run, next, {
      messages: [{ to: address.actor, type: address.type, mail: event("from inside") }],
    });
    await store.claim(address, fresh("n"), served);
    expect(await mailbox(run, address.actor)).toEqual([]);
    expect(await listed(run, "ready")).not.toContain(memberOf(address));
  });

  it("is told at once: whoever runs it hears its bell and sees that it is over", async () => {
    const { store, rungDuring } = under();
    const { run, claim: boss } = await startedRun(store);
    const { address } = await spawnedAgent(store, run);
    expect(await store.look(address)).toMatchObject({ over: false });
    expect(await store.isWanted(address)).toBe(true);
    const rung = await rungDuring(run, () => bossStep(store, run, boss, fencing(address)));
    expect(rung).toContain(`${run}/${address.actor}`);
    expect(await store.look(address)).toMatchObject({ over: true, runStatus: "running" });
    expect(await store.isWanted(address)).toBe(false);
    expect(await store.isWanted(coordinatorOf(run))).toBe(true);
  });

  it("leaves nothing held: what its calls may have cost is charged in full", async () => {
    const { store, money: moneyOf } = under();
    const { run, claim: boss } = await startedRun(store, { budget: { tokensMax: 9_000 } });
    const { address, claim } = await spawnedAgent(store, run);
    await committed(store, commitOf(address, claim, { effects: [{ id: "e1", json: "{}", reserve: money() }] }));
    await bossStep(store, run, boss, fencing(address));
    expect(await moneyOf(run)).toEqual({ tokens: 1_100, nano: 15_300, heldTokens: 0, heldNano: 0 });
  });

  it("is not woken by its timers", async () => {
    const { store, mailbox, listed, timers, shardOf } = under();
    const { run, claim: boss } = await startedRun(store);
    const { address, claim } = await spawnedAgent(store, run);
    await committed(store, commitOf(address, claim, { timersSet: [{ id: "retry", delayMs: 0, armedBy: 1 }] }));
    await bossStep(store, run, boss, fencing(address));
    for (let round = 0; round < 50 && (await timers(run)).length > 0; round += 1) await store.sweep(shardOf(run), 0);
    expect(await timers(run)).toEqual([]);
    expect(await mailbox(run, address.actor)).toEqual([]);
    expect(await listed(run, "ready")).not.toContain(memberOf(address));
  });

  it("asks nobody any more: its open approvals are withdrawn, those of others stay", async () => {
    const { store, approvals, runRow, timers } = under();
    const { run, claim: boss } = await startedRun(store);
    const asked = (id: string) => ({ id, json: "{}", call: "c1", hash: "h1", ttlMs: 60_000, audit: { tool: "Bash" } });
    const look = await spawnedAgent(store, run, "a_look");
    const tell = await spawnedAgent(store, run, "a_tell");
    await committed(store, commitOf(look.address, look.claim, { approvals: [asked("p_look")] }));
    await committed(store, commitOf(tell.address, tell.claim, { approvals: [asked("p_tell")] }));
    await bossStep(store, run, boss, fencing(look.address));
    const rows = await approvals(run);
    expect(JSON.parse(rows["p_look#a"] ?? "{}")).toMatchObject({ status: "withdrawn", by: "run", reason: why });
    expect(rows["p_tell#a"]).toBeUndefined();
    expect((await runRow(run)).asking).toBe("1");
    expect(await timers(run)).toEqual([`${memberOf(tell.address)}|approval:p_tell|0`]);
    const answer = { run, approval: "p_look", call: "c1", hash: "h1", token: "t", allowed: true };
    const said = { by: "ann", reason: "", scope: "once", grant: null } as const;
    expect(await store.answer({ ...answer, ...said })).toMatchObject({ kind: "late" });
  });

  it("is no dead actor: it is neither quarantined nor counted", async () => {
    const { store, image } = under();
    const { run, claim: boss } = await startedRun(store);
    const { address } = await spawnedAgent(store, run);
    await bossStep(store, run, boss, fencing(address));
    const before = await image();
    await store.quarantine(address, "poison");
    expect(await image()).toEqual(before);
  });

  it("leaves no result that counts: what it reported before anybody had heard of it is revoked with it, and nothing else", async () => {
    const { store } = under();
    const { run, claim: boss } = await startedRun(store);
    const { address, claim } = await spawnedAgent(store, run);
    const own = resultId(address.actor);
    const texts = { [own]: envelope(own), res_other: envelope("res_other") };
    const results = Object.entries(texts).map(([id, json]) => ({ id, json }));
    await committed(store, commitOf(address, claim, { results }));
    const next = await bossStep(store, run, boss, fencing(address));
    await bossStep(store, run, next, fencing(address, "again"));
    const found = await store.results(run, Object.keys(texts));
    expect(envelopeSchema.parse(JSON.parse(found.get(own) ?? ""))).toMatchObject({
      status: "revoked",
      revoked: { reason: `its agent was taken out: ${why}`, by: "a_coordinator", at: expect.any(Number) },
    });
    expect(verifiedAgain(found.get(own) ?? "")).toBe(texts[own]);
    expect(found.get("res_other")).toBe(texts.res_other);
  });

  it("is fenced once: the first word stands", async () => {
    const { store } = under();
    const { run, claim: boss } = await startedRun(store);
    const { address } = await spawnedAgent(store, run);
    const next = await bossStep(store, run, boss, fencing(address));
    await bossStep(store, run, next, fencing(address, "again"));
    expect(await store.claim(address, fresh("n"), served)).toMatchObject({ reason: why });
  });
}

function leftoverLaws(under: Under): void {
  it("stays on the list until what it had begun was ended where it was begun, and no longer", async () => {
    const { store, listed } = under();
    const { run, claim: boss } = await startedRun(store);
    const { address, claim } = await spawnedAgent(store, run);
    const begun = { ...unsafe, id: idOf(address, "1:0") };
    const harmless = { id: idOf(address, "1:1"), json: '{"type":"model.call"}', reserve: money() };
    await committed(store, commitOf(address, claim, { effects: [begun, harmless] }));
    await bossStep(store, run, boss, fencing(address));
    const pending = [{ id: begun.id, json: begun.json, grant: null, held: false }];
    for (let round = 0; round < 2; round += 1) {
      expect(await store.claim(address, fresh("n"), served)).toEqual({ kind: "over", reason: why, pending });
      expect(await listed(run, "ready")).toContain(memberOf(address));
    }
    await store.unwound(address, [idOf(address, "9:9")]);
    expect(await listed(run, "ready")).toContain(memberOf(address));
    await store.unwound(address, [begun.id]);
    await store.unwound(address, [begun.id]);
    expect(await listed(run, "ready")).not.toContain(memberOf(address));
    expect(await store.claim(address, fresh("n"), served)).toEqual({ kind: "over", reason: why, pending: [] });
  });

  it("and nobody else's effects are taken from it by calling them ended", async () => {
    const { store, image } = under();
    const { run } = await startedRun(store);
    const { address, claim } = await spawnedAgent(store, run);
    const begun = { ...unsafe, id: idOf(address, "1:0") };
    await committed(store, commitOf(address, claim, { effects: [begun] }));
    const before = await image();
    await store.unwound(address, [begun.id]);
    expect(await image()).toEqual(before);
  });
}

const envelope = (id: string, changed: object = {}) =>
  JSON.stringify({
    ...{ v: 1, id, task: "a", actor: "a_a", status: "verified", value: { summary: 'says "status":"verified" €' } },
    ...{ evidence: [], reasons: [], notDone: [], standsOn: [], model: null },
    ...{ provenance: { files: [], tools: {}, commands: [], unseen: [], cut: false }, substitutes: [] },
    ...changed,
  });

function revocationLaws(under: Under): void {
  describe("a revoked result", () => {
    it("says so to whoever reads it, and why; nothing else of it changes, and the first word stands", async () => {
      const { store } = under();
      const { run, claim } = await startedRun(store);
      const texts = {
        res_a: envelope("res_a"),
        res_b: envelope("res_b", { status: "failed" }),
        res_c: envelope("res_c"),
      };
      const results = Object.entries(texts).map(([id, json]) => ({ id, json }));
      let boss = await bossStep(store, run, claim, { results });
      const reason = 'wrong: "quoted", \ud83d\ude00 and ,"revoked":{';
      const revoked = ["res_a", "res_b", "res_none"].map((result) => ({ result, reason, by: "ann" }));
      boss = await bossStep(store, run, boss, { revoked });
      await bossStep(store, run, boss, { revoked: [{ result: "res_a", reason: "again", by: "bob" }] });
      const found = await store.results(run, Object.keys(texts));
      const told = envelopeSchema.parse(JSON.parse(found.get("res_a") ?? ""));
      expect(told).toMatchObject({ status: "revoked", value: { summary: 'says "status":"verified" €' } });
      expect(told.revoked).toEqual({ reason, by: "ann", at: expect.any(Number) });
      expect(verifiedAgain(found.get("res_a") ?? "")).toBe(texts.res_a);
      expect(found.get("res_b")).toBe(texts.res_b);
      expect(found.get("res_c")).toBe(texts.res_c);
      expect(verifiedAgain(texts.res_c)).toBe(texts.res_c);
      expect(await store.results(run, ["res_none"])).toEqual(new Map());
    });
  });
}

function letterLaws(under: Under): void {
  describe("a letter", () => {
    it("about a task lies among the dead letters of its run, by its id", async () => {
      const { store, dead } = under();
      const { run, claim } = await startedRun(store);
      const order = { type: "letter.put", task: "a", agentType: "explore", attempts: 3, reasons: ["one", "two"] };
      const letters = [
        { id: "d_1", json: JSON.stringify({ ...order, actor: "a_a.3" }) },
        { id: "d_2", json: JSON.stringify({ ...order, task: "b", actor: null }) },
      ];
      await bossStep(store, run, claim, { letters });
      expect(await dead(run)).toMatchObject([
        {
          id: "d_1",
          kind: "task",
          member: `${run}/a_a.3/explore`,
          task: "a",
          reason: "one; two",
          order: letters[0]?.json,
        },
        { id: "d_2", kind: "task", member: `${run}/-/explore`, task: "b", order: letters[1]?.json },
      ]);
    });
  });

  describe("briefs that come later", () => {
    it("are there with the step that proposed them; where a name was used in vain, the later words count", async () => {
      const { store } = under();
      const { run, claim } = await startedRun(store);
      const briefs = ["look", "more"].map((task) => ({ task, json: JSON.stringify({ id: task, goal: "é" }) }));
      await bossStep(store, run, claim, { briefs });
      expect(await store.briefs(run, ["look", "more"])).toEqual(
        new Map([
          ["look", '{"id":"look","goal":"é"}'],
          ["more", '{"id":"more","goal":"é"}'],
        ]),
      );
    });

    it("that are facts of the run are told apart from those of tasks, by their names", async () => {
      const { store } = under();
      const { run, claim } = await startedRun(store);
      expect(await store.facts(run)).toEqual(new Map());
      const briefs = ["more", "@fact/f_1", "@facts"].map((task) => ({ task, json: JSON.stringify({ id: task }) }));
      await bossStep(store, run, claim, { briefs });
      expect(await store.facts(run)).toEqual(new Map([["@fact/f_1", '{"id":"@fact/f_1"}']]));
      expect(await store.facts("r_other")).toEqual(new Map());
    });
  });

  it("a commit that is refused writes nothing of all this", async () => {
    const { store, image } = under();
    const { run, claim } = await startedRun(store);
    const { address } = await spawnedAgent(store, run);
    await store.send(coordinatorOf(run), event("m1"));
    const rare: Partial<Commit> = {
      ...fencing(address),
      revoked: [{ result: "res_a", reason: "x", by: "ann" }],
      letters: [{ id: "d_1", json: '{"task":"a","agentType":"explore","actor":null,"reasons":[]}' }],
      briefs: [{ task: "more", json: "{}" }],
      spawned: [{ actor: "a_new", type: "explore", row: '{"type":"explore"}', budget: { tokensMax: 5 } }],
    };
    const commit = commitOf(coordinatorOf(run), claim, { ...rare, by: { mail: "m1" } });
    const before = await image();
    expect(await store.commit({ ...commit, version: 9 })).toMatchObject({ kind: "conflict" });
    expect(await image()).toEqual(before);
    const first = await committed(store, commit);
    const after = await image();
    expect(await store.commit(commit)).toEqual(first);
    expect(await image()).toEqual(after);
    expect(await store.claim(address, fresh("n"), served)).toMatchObject({ kind: "over" });
    expect((await claimed(store, coordinatorOf(run))).version).toBe(2);
  });
}

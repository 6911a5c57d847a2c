// What is known of who died, and what of a claim that lets go or is taken over: over the store in memory.
import { describe, expect, it } from "vitest";
import { type GatesHere, leftOf, leftUnseen, statePathIn } from "../../../actors/runtime/black-box.ts";
import { findBodies } from "../../../actors/runtime/find-bodies.ts";
import { agentEnded, dyingIn, fencedBox, runBox } from "../../../actors/runtime/last-words.ts";
import { noteLeave, noteTakeover } from "../../../actors/runtime/lost-claims.ts";
import type { Seen } from "../../../infra/journal/journal.ts";
import type { WorkerRow } from "../../../infra/redis/workers.ts";
import { type Address, memberOf, type PendingEffect } from "../../../infra/store.ts";
import type { Remains } from "../../../infra/store-deaths.ts";
import { LEFT_MAX } from "../../../machines/events/death.ts";
import type { ActorState, Decision } from "../../../machines/fold.ts";
import { runEventSchema } from "../../../machines/run-event.ts";
import {
  type Claimed,
  claimed,
  commitOf,
  committed,
  spawnedAgent,
  startedRun,
  stepped,
} from "../../support/given-commit.ts";
import { memoryUnderTest } from "../../support/memory-store/under-test.ts";

const effect = (order: object, changed: Partial<PendingEffect> = {}): PendingEffect => ({
  ...{ id: "r/a/0.1:0", json: JSON.stringify(order), grant: null, held: false },
  ...changed,
});
const bash = { type: "tool.run", tool: "Bash", call: "c1", place: "here" };

const holder = { pid: 7, startTime: "1", bootId: "b" };
const gate: Seen = {
  gate: {
    ...{ v: 1, effect: "r/a/0.1:0", inputHash: "h", holder, at: "2026-11-22T03:00:00.000Z" },
    facts: { kind: "command", command: "x" } as never,
  } as Seen["gate"],
  started: { at: "2026-11-22T03:00:01.000Z" } as Seen["started"],
  ...{ outcome: null, holderLives: false, outputAtMs: null },
};
const gates = (seen: Seen | null): GatesHere => ({ place: "here", look: async () => seen });

describe("what was begun and not answered", () => {
  it("is told as far as this host's gates know it, and is unknown where they do not", async () => {
    const statusOf = async (one: PendingEffect, seen: GatesHere | null) =>
      (await leftOf([one], seen)).effects.map(({ status, tool, kind }) => [status, tool ?? kind])[0];
    const done = { ...gate, outcome: { kind: "command", code: 0, signal: null, stopped: null } as Seen["outcome"] };
    expect(await statusOf(effect(bash), gates(null))).toEqual(["intended", "Bash"]);
    expect(await statusOf(effect(bash), gates(gate))).toEqual(["unknown", "Bash"]);
    expect(await statusOf(effect(bash), gates({ ...gate, holderLives: true }))).toEqual(["started", "Bash"]);
    expect(await statusOf(effect(bash), gates(done))).toEqual(["done", "Bash"]);
    expect(await statusOf(effect({ ...bash, place: "there" }), gates(gate))).toEqual(["unknown", "Bash"]);
    expect(await statusOf(effect(bash), null)).toEqual(["unknown", "Bash"]);
    expect(await statusOf(effect(bash, { held: true }), gates(gate))).toEqual(["intended", "Bash"]);
    expect(await statusOf(effect({ type: "model.call", turn: 1 }), gates(gate))).toEqual(["unknown", "model.call"]);
  });

  it("is asked about by the effect that a reconciliation is about", async () => {
    const asked: string[] = [];
    const look = async (id: string) => {
      asked.push(id);
      return gate;
    };
    await leftOf([effect({ ...bash, type: "tool.reconcile", effect: "r/a/0.0:0" })], { place: "here", look });
    expect(asked).toEqual(["r/a/0.0:0"]);
  });

  it("of another version, or damaged, is named and not guessed at", () => {
    const odd = leftUnseen([effect({ type: "tool.dream", tool: 5 }), effect({}, { json: "{" })]);
    expect(odd.effects.map(({ kind, tool, status }) => ({ kind, tool, status }))).toEqual([
      { kind: "tool.dream", tool: undefined, status: "unknown" },
      { kind: "unknown", tool: undefined, status: "unknown" },
    ]);
  });

  it("is told up to a limit, and the rest is counted", () => {
    const many = leftUnseen(Array.from({ length: LEFT_MAX + 3 }, () => effect(bash)));
    expect([many.effects.length, many.effectsMore]).toEqual([LEFT_MAX, 3]);
    expect(leftUnseen([effect(bash)]).effectsMore).toBeUndefined();
  });

  it("lies in a state of which only the path is read", () => {
    expect(statePathIn(null)).toBe("");
    expect(statePathIn('{"value":{"thinking":"calling"},"context":{}}')).toBe("thinking.calling");
  });
});

async function body() {
  const under = memoryUnderTest();
  const { run } = await startedRun(under.store);
  const { address, claim } = await spawnedAgent(under.store, run);
  const effects = [{ id: `${run}/${address.actor}/0.1:0`, json: JSON.stringify(bash), reserve: null }];
  await committed(under.store, commitOf(address, claim, { effects, core: '{"value":"executing","context":{}}' }));
  const told = async () =>
    (await under.log(run)).flatMap(({ member, body: text }) => {
      const { events = [] } = JSON.parse(text) as { events?: unknown };
      if (!Array.isArray(events)) return [];
      return member === memberOf(address) ? events.map((one) => runEventSchema.parse(one)) : [];
    });
  return { ...under, run, address, claim: stepped(claim), told };
}

const deps = (store: Awaited<ReturnType<typeof body>>["store"]) => ({ store, worker: "w_2", gates: gates(gate) });
const held = (address: Address, claim: Claimed) => ({
  ...{ address, fence: claim.fence, version: claim.version },
  pending: new Map(claim.pending.map((one) => [one.id, one])),
});
const worker = (changed: Partial<WorkerRow> = {}): WorkerRow => ({
  ...{ id: "w_1", host: "elsewhere", pid: 7, startedAt: "b/1", types: [], active: 1, bindings: ["local"] },
  ...{ seenAtMs: 0, silentMs: 61_000 },
  ...changed,
});

describe("a claim that is over", () => {
  it("is told by whoever takes the actor up: state, what it had begun, the money and the log's position", async () => {
    const { store, address, told, runRow, run } = await body();
    const before = Number((await runRow(run)).seq);
    const next = await claimed(store, address);
    await noteTakeover(deps(store), held(address, next), next.pending);
    await noteTakeover(deps(store), held(address, next), next.pending);
    expect(await told()).toEqual([
      {
        ...{ type: "actor.lost", foundBy: "w_2", state: "executing", lastSeq: before, stepSeq: before },
        reason: expect.stringContaining("gone"),
        effects: [expect.objectContaining({ kind: "tool.run", tool: "Bash", call: "c1", status: "unknown" })],
        budget: expect.objectContaining({ tokens: 0, tokensMax: null }),
      },
      { type: "actor.recovered", by: "w_2", lost: before + 1 },
    ]);
  });

  it("is nobody's death where it left nothing behind, or let go in good order, also while its run was parked since", async () => {
    const { store, address, claim, told, run } = await body();
    await noteTakeover(deps(store), held(address, claim), []);
    await noteLeave({ store }, held(address, await left(store, address, claim)), true);
    await store.hold(run, "park", "later");
    const parked = await claimed(store, address);
    await noteLeave({ store }, held(address, parked), false);
    await store.hold(run, "resume", "");
    const next = await claimed(store, address);
    await noteTakeover(deps(store), held(address, next), next.pending);
    expect(await told()).toEqual([]);
  });

  it("that began nothing itself does not let go for one that died before it", async () => {
    const { store, address, told } = await body();
    const idle = await claimed(store, address);
    await noteLeave({ store }, held(address, idle), false);
    const next = await claimed(store, address);
    await noteTakeover(deps(store), held(address, next), next.pending);
    expect((await told()).map(({ type }) => type)).toEqual(["actor.lost", "actor.recovered"]);
  });
});

/** The claim with what the store says is unanswered. */
async function left(store: Awaited<ReturnType<typeof body>>["store"], address: Address, claim: Claimed) {
  const [self] = (await store.remains(address.run, [address.actor]))?.actors ?? [];
  return { ...claim, pending: self?.pending ?? [] };
}

describe("a look for bodies", () => {
  it("finds who had begun something, once, and names the workers that are gone", async () => {
    const { store, run, address, told } = await body();
    const unserved = [
      { run, binding: "local", actors: [address, { run, actor: "a_coordinator", type: "coordinator" }] },
    ];
    const look = () => findBodies({ store, signedIn: [worker(), worker({ bindings: ["x"] })], gates: null }, unserved);
    expect(await Promise.all([look(), look()])).toEqual([1, 0]);
    expect(await look()).toBe(0);
    const events = await told();
    expect(events.map(({ type }) => type)).toEqual(["actor.lost"]);
    expect(events[0]).toMatchObject({
      reason: "no worker that could be at it lives: worker w_1 on elsewhere was last heard of 61 s ago",
      foundBy: expect.stringContaining(`process ${process.pid}`),
      effects: [{ status: "unknown" }],
    });
  });

  it("finds none among those that wait for mail, let go, or are over", async () => {
    const { store, run, address, claim, told } = await body();
    const look = () => findBodies({ store, signedIn: [], gates: null }, [{ run, binding: "local", actors: [address] }]);
    await noteLeave({ store }, held(address, await left(store, address, claim)), true);
    expect(await look()).toBe(0);
    await claimed(store, address);
    await store.quarantine(address, "poison");
    expect(await look()).toBe(0);
    expect((await told()).map(({ type }) => type)).toEqual(["agent.died"]);
  });
});

describe("a step that ends somebody", () => {
  const live = (actor: string, type: string, value: string, pending: readonly PendingEffect[]) => ({
    ...{ address: { run: "r", actor, type }, pending: new Map(pending.map((one) => [one.id, one])) },
    state: { snapshot: { status: "active", value, context: {} }, timers: {} } as unknown as ActorState,
  });
  const ends = (value: string, inside: readonly object[], context: object = {}) =>
    ({ inside, state: { snapshot: { status: "done", value, context }, timers: {} } }) as unknown as Decision;
  const remains: Remains = {
    ...{
      status: "running",
      seq: 40,
      budget: { tokens: "90", heldTokens: "9", nano: "7", heldNano: "1", tokensMax: "100" },
    },
    actors: ["a_goal", "a_other"].map((actor, at) => ({
      ...{
        actor,
        epoch: 1,
        nonce: "n",
        version: 2,
        stepSeq: 30 + at,
        core: '{"value":"executing"}',
        over: false,
        noted: 0,
      },
      pending: [effect(bash, { id: `r/${actor}/0.2:0` })],
    })),
  };
  const budget = { tokens: 90, nanoUsd: 7, heldTokens: 9, heldNanoUsd: 1, tokensMax: 100, nanoUsdMax: null };
  const answered = effect({ type: "model.call" });
  const other = effect(bash, { id: "r/a_goal/0.1:1" });

  it("tells of an agent that ends badly: state, reason, position, money, and what it leaves but not what it has answered", () => {
    const self = live("a_goal", "general", "executing", [answered, other]);
    for (const status of ["rejected", "failed", "exhausted", "cancelled"] as const) {
      const decision = ends(status, [{ type: "result.put", result: { status, reasons: ["turns", "all used"] } }]);
      expect(dyingIn(self, decision)).toEqual(["a_goal"]);
      expect(agentEnded(self, decision, answered.id, remains)).toEqual([
        {
          ...{
            type: "agent.ended",
            status,
            reason: "turns; all used",
            state: "executing",
            lastSeq: 40,
            stepSeq: 30,
            budget,
          },
          effects: [expect.objectContaining({ effect: other.id, status: "unknown" })],
        },
      ]);
    }
  });

  it("tells nothing of who lives on, or ends well", () => {
    const self = live("a_goal", "general", "executing", []);
    const lives = { inside: [], state: { ...self.state } } as unknown as Decision;
    expect([lives, ends("completed", [])].map((one) => dyingIn(self, one))).toEqual([null, null]);
    expect(agentEnded(self, ends("completed", []), null, remains)).toEqual([]);
    const boss = live("a_coordinator", "coordinator", "supervising", []);
    expect(dyingIn(boss, ends("completed", [{ type: "run.end", status: "completed", reasons: [] }]))).toBeNull();
  });

  it("tells of a run what those that were still at work had out, and of a fenced actor how it lay there", () => {
    const boss = live("a_coordinator", "coordinator", "supervising", []);
    const tasks = {
      a: { actor: "a_goal", status: "running" },
      b: { actor: "a_done", status: "verified" },
      c: { actor: null, status: "planned" },
    };
    const run = ends("failed", [{ type: "run.end", status: "failed", reasons: [] }], { tasks });
    expect(dyingIn(boss, run)).toEqual(["a_coordinator", "a_goal"]);
    expect(runBox(boss, null, remains)).toMatchObject({
      ...{ state: "supervising", lastSeq: 40, budget },
      effects: [{ effect: "r/a_goal/0.2:0" }, { effect: "r/a_other/0.2:0" }],
    });
    const fence = { type: "actor.fence", actors: [{ actor: "a_other", agentType: "general" }], reason: "why" };
    const goesOn = { ...ends("supervising", [fence]), state: boss.state } as Decision;
    expect(dyingIn(boss, goesOn)).toEqual(["a_coordinator", "a_other"]);
    expect(fencedBox("a_other", remains)).toMatchObject({ state: "executing", stepSeq: 31, budget });
    expect(fencedBox("a_unborn", remains)).toEqual({});
  });
});

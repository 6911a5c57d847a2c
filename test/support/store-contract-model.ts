/**
 * The contract as a small model in memory, walked at random beside the real store: after every command both agree on
 * the answer, on the mailbox, on what is pending and on who is listed.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Commit, memberOf } from "../../infra/store.ts";
import { agentOf, claimed, commitOf, event, fresh, newRun } from "./given-commit.ts";
import type { StoreUnderTest, Under } from "./store-contract.ts";

interface ActorModel {
  epoch: number;
  nonce: string;
  version: number;
  mail: string[];
  /** Effect → whether it was ordered while the run was parked and nobody has claimed since the resume. */
  pending: Map<string, boolean>;
  timers: string[];
  listed: boolean;
  claimsSince: number;
}

interface Model {
  readonly actors: Map<string, ActorModel>;
  readonly sent: Set<string>;
  status: string;
  held: boolean;
  seq: number;
}

/** What a worker remembers of its last claim; it may be long outdated. */
interface Memory {
  readonly epoch: number;
  readonly nonce: string;
  version: number;
  last?: { readonly commit: Commit; readonly answer: unknown };
}

interface Real {
  readonly under: StoreUnderTest;
  readonly run: string;
  readonly memories: Map<string, Memory>;
}

const names = ["a_one", "a_two"] as const;
type Name = (typeof names)[number];
const modelOf = (model: Model, name: Name): ActorModel => model.actors.get(name) as ActorModel;
const needsLooking = (actor: ActorModel): boolean => actor.mail.length > 0 || actor.pending.size > 0;

async function agree(model: Model, { under, run }: Real): Promise<void> {
  const row = await under.runRow(run);
  expect([row.status, row.hold !== undefined, Number(row.seq)]).toEqual([model.status, model.held, model.seq]);
  const ready = await under.listed(run, "ready");
  const timers = await under.timers(run);
  for (const name of names) {
    const actor = modelOf(model, name);
    expect((await under.mailbox(run, name)).map(({ id }) => id)).toEqual(actor.mail);
    expect(ready.includes(memberOf(agentOf(run, name))), `${name} listed`).toBe(actor.listed);
    expect(timers.filter((one) => one.includes(`/${name}/`)).length).toBe(actor.timers.length);
  }
}

abstract class Step implements fc.AsyncCommand<Model, Real> {
  check(_: Readonly<Model>): boolean {
    return true;
  }
  abstract act(model: Model, real: Real): Promise<void>;
  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real);
    await agree(model, real);
  }
  abstract toString(): string;
}

class Claim extends Step {
  readonly worker: number;
  readonly name: Name;
  constructor(worker: number, name: Name) {
    super();
    this.worker = worker;
    this.name = name;
  }
  async act(model: Model, { under, run, memories }: Real): Promise<void> {
    const actor = modelOf(model, this.name);
    const nonce = fresh("n");
    const claim = await claimed(under.store, agentOf(run, this.name), nonce);
    actor.epoch += 1;
    actor.nonce = nonce;
    actor.claimsSince = !model.held && needsLooking(actor) ? actor.claimsSince + 1 : 0;
    expect(claim).toMatchObject({
      fence: { epoch: actor.epoch, nonce },
      version: actor.version,
      claims: actor.claimsSince,
    });
    expect(claim.mail.map(({ id }) => id)).toEqual(actor.mail);
    expect(new Map(claim.pending.map(({ id, held }) => [id, held]))).toEqual(actor.pending);
    if (!model.held) for (const id of actor.pending.keys()) actor.pending.set(id, false);
    memories.set(`${this.worker} ${this.name}`, { epoch: actor.epoch, nonce, version: actor.version });
  }
  toString = () => `claim(${this.worker}, ${this.name})`;
}

interface Wish {
  readonly worker: number;
  readonly name: Name;
  readonly cause: "mail" | "effect" | "old mail";
  readonly to: Name | null;
  readonly effects: number;
  readonly drops: boolean;
  readonly timer: boolean;
  readonly events: number;
}

class Commits extends Step {
  readonly wish: Wish;
  constructor(wish: Wish) {
    super();
    this.wish = wish;
  }
  async act(model: Model, { under, run, memories }: Real): Promise<void> {
    const { worker, name, cause, to, effects, drops, timer, events } = this.wish;
    const memory = memories.get(`${worker} ${name}`);
    if (memory === undefined) return;
    const actor = modelOf(model, name);
    const head = actor.mail[0];
    const effect = [...actor.pending.keys()][0];
    const by =
      cause === "effect"
        ? { effect: effect ?? "none" }
        : { mail: cause === "mail" && head !== undefined ? head : "none" };
    const present = "effect" in by ? effect !== undefined : by.mail === head;
    const id = fresh("c");
    const dropped = drops ? [...actor.pending.keys()].filter((one) => !("effect" in by && one === by.effect)) : [];
    const commit = commitOf(
      agentOf(run, name),
      { fence: { epoch: memory.epoch, nonce: memory.nonce, incarnation: 0 }, version: memory.version, mail: [] },
      {
        id,
        by,
        events,
        messages: to === null ? [] : [{ to, type: "explore", mail: event(`${id}.0`) }],
        effects: Array.from({ length: effects }, (_, n) => ({ id: `${id}:${n}`, json: "{}", reserve: null })),
        effectsDropped: dropped,
        timersSet: timer ? [{ id, delayMs: 0, armedBy: memory.version + 1 }] : [],
      },
    );
    const answer = await under.store.commit(commit);
    if (memory.epoch !== actor.epoch || memory.nonce !== actor.nonce) return expect(answer).toEqual({ kind: "fenced" });
    expect(memory.version, "a claim that holds knows its version").toBe(actor.version);
    if (!present) return expect(answer).toEqual({ kind: "gone" });
    if ("effect" in by) actor.pending.delete(by.effect);
    else actor.mail.shift();
    for (const one of dropped) actor.pending.delete(one);
    for (const { id: ordered } of commit.effects) actor.pending.set(ordered, model.held);
    for (const { id: armed } of commit.timersSet) actor.timers.push(armed);
    if (to !== null) {
      modelOf(model, to).mail.push(`${id}.0`);
      modelOf(model, to).listed = true;
    }
    actor.listed = needsLooking(actor);
    actor.version += 1;
    actor.claimsSince = 0;
    expect(answer).toMatchObject({
      kind: "committed",
      mailLeft: actor.mail.length,
      held: model.held,
      runStatus: "running",
      firstSeq: model.seq + 1,
    });
    model.seq += events;
    memory.version = actor.version;
    memory.last = { commit, answer };
  }
  toString = () => `commit(${JSON.stringify(this.wish)})`;
}

class Resend extends Step {
  readonly worker: number;
  readonly name: Name;
  constructor(worker: number, name: Name) {
    super();
    this.worker = worker;
    this.name = name;
  }
  async act(model: Model, { under, memories }: Real): Promise<void> {
    const memory = memories.get(`${this.worker} ${this.name}`);
    if (memory?.last === undefined) return;
    const actor = modelOf(model, this.name);
    const answer = await under.store.commit(memory.last.commit);
    if (memory.last.commit.version + 1 !== actor.version) return expect(answer.kind).not.toBe("committed");
    const first = memory.last.answer as { firstSeq: number };
    expect(answer).toMatchObject({ kind: "committed", firstSeq: first.firstSeq });
  }
  toString = () => `resend(${this.worker}, ${this.name})`;
}

class Send extends Step {
  readonly name: Name;
  readonly id: string;
  constructor(name: Name, id: string) {
    super();
    this.name = name;
    this.id = id;
  }
  async act(model: Model, { under, run }: Real): Promise<void> {
    const answer = await under.store.send(agentOf(run, this.name), event(this.id));
    expect(answer).toEqual({ kind: model.sent.has(this.id) ? "again" : "sent" });
    if (model.sent.has(this.id)) return;
    model.sent.add(this.id);
    modelOf(model, this.name).mail.push(this.id);
    modelOf(model, this.name).listed = true;
  }
  toString = () => `send(${this.name}, ${this.id})`;
}

class Hold extends Step {
  readonly order: "park" | "resume";
  constructor(order: "park" | "resume") {
    super();
    this.order = order;
  }
  async act(model: Model, { under, run }: Real): Promise<void> {
    const wanted = this.order === "park";
    const answer = await under.store.hold(run, this.order, "a reason");
    expect(answer.kind).toBe(model.held === wanted ? "same" : "done");
    if (model.held !== wanted) model.seq += 1;
    model.held = wanted;
    if (!("actors" in answer)) throw new Error("a hold of a living run names actors");
    const needy = names.filter((name) => needsLooking(modelOf(model, name)));
    expect(answer.actors.map(({ actor }) => actor).toSorted()).toEqual(needy.toSorted());
    if (!wanted) for (const name of needy) modelOf(model, name).listed = true;
  }
  toString = () => this.order;
}

class Sweeps extends Step {
  async act(model: Model, { under, run }: Real): Promise<void> {
    const { wake } = await under.store.sweep(under.shardOf(run), 0);
    for (const name of names) {
      const actor = modelOf(model, name);
      if (actor.timers.length > 0) {
        const went = (await under.mailbox(run, name)).slice(actor.mail.length);
        expect(went.map((mail) => ("timer" in mail ? mail.timer : mail.id)).toSorted()).toEqual(
          actor.timers.toSorted(),
        );
        actor.mail.push(...went.map(({ id }) => id));
        actor.timers = [];
        actor.listed = true;
      }
    }
    const expected = model.held ? [] : names.filter((name) => modelOf(model, name).listed);
    const named = [...new Set(wake.filter((address) => address.run === run).map(({ actor }) => actor))];
    expect(named.filter((actor) => actor !== "a_coordinator").toSorted()).toEqual(expected.toSorted());
  }
  toString = () => "sweep";
}

export function modelLaws(under: Under): void {
  const worker = fc.nat(1);
  const name = fc.constantFrom(...names);
  const wish = fc.record<Wish>({
    worker,
    name,
    cause: fc.constantFrom("mail", "mail", "effect", "old mail"),
    to: fc.option(name),
    effects: fc.nat(2),
    drops: fc.boolean(),
    timer: fc.boolean(),
    events: fc.integer({ min: 1, max: 3 }),
  });
  const commands = fc.commands(
    [
      fc.tuple(worker, name).map(([by, of]) => new Claim(by, of)),
      wish.map((one) => new Commits(one)),
      wish.map((one) => new Commits({ ...one, cause: "mail" })),
      wish.map((one) => new Commits({ ...one, cause: "effect" })),
      fc.tuple(worker, name).map(([by, of]) => new Resend(by, of)),
      fc
        .tuple(name, fc.constantFrom("m1", "m2", "m3", "m4", "m5", "m6"))
        .map(([to, id]) => new Send(to, `${to}.${id}`)),
      fc.constantFrom("park" as const, "resume" as const).map((order) => new Hold(order)),
      fc.constant(new Sweeps()),
    ],
    { maxCommands: 60, size: "max" },
  );

  it("agrees with its model in memory on every walk of claims, commits, sends, holds and sweeps", async () => {
    let committedTotal = 0;
    await fc.assert(
      fc.asyncProperty(commands, async (walk) => {
        const real: Real = { under: under(), run: fresh("r"), memories: new Map() };
        await real.under.store.create(newRun(real.run));
        const spawn = commitOf(
          { run: real.run, actor: "a_coordinator", type: "coordinator" },
          await claimed(real.under.store, { run: real.run, actor: "a_coordinator", type: "coordinator" }),
          { spawned: names.map((actor) => ({ actor, type: "explore", row: '{"type":"explore"}' })) },
        );
        await real.under.store.commit(spawn);
        const actor = (): ActorModel => ({
          epoch: 0,
          nonce: "",
          version: 0,
          mail: [],
          pending: new Map(),
          timers: [],
          listed: false,
          claimsSince: 0,
        });
        const model: Model = {
          actors: new Map(names.map((one) => [one, actor()])),
          sent: new Set(),
          status: "running",
          held: false,
          seq: 1,
        };
        await fc.asyncModelRun(() => ({ model, real }), walk);
        committedTotal += [...model.actors.values()].reduce((sum, { version }) => sum + version, 0);
      }),
      { numRuns: 80 },
    );
    expect(committedTotal, "commits that came through").toBeGreaterThan(50);
  });
}

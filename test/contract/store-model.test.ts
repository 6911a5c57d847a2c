// The two stores side by side: the same random commands give the same answers and leave the same image, so that what the
// simulation shows of the store in memory holds for the one on Redis.
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { keysFor } from "../../infra/redis/keys.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { type Commit, type Fence, memberOf, type Store } from "../../infra/store.ts";
import { agentOf, commitOf, coordinatorOf, event, newRun, served } from "../support/given-commit.ts";
import { memoryUnderTest } from "../support/memory-store/under-test.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import type { StoreUnderTest } from "../support/store-contract.ts";
import { answerTo, approvalOf } from "../support/store-contract-approvals.ts";
import { redisUnderTest } from "../support/store-contract-redis.ts";

const RUNS = 300;
const names = ["a_coordinator", "a_one", "a_two"] as const;
const FOREVER_MS = 3_600_000;

let server: TestRedis;
let redis: Redis;
/** Of what is only looked at, all at once: what is asked in one tick goes out as one. */
let looking: Redis;
let bells: Redis;
beforeAll(async () => {
  server = await startRedis({ fsync: "everysec" });
  redis = new Redis(server.options);
  looking = new Redis({ ...server.options, enableAutoPipelining: true });
  bells = new Redis(server.options);
});
afterAll(async () => {
  redis.disconnect();
  looking.disconnect();
  bells.disconnect();
  await server.stop();
});

const name = fc.constantFrom(...names);
const small = fc.nat(2);
const reserve = fc.record({
  inTokens: fc.nat(300),
  outTokensWanted: fc.integer({ min: 1, max: 900 }),
  outTokensLeast: fc.nat(100),
  inNanoUsd: fc.nat(4),
  outNanoUsd: fc.nat(9),
});
const settle = fc.record({
  tokens: fc.nat(900),
  nanoUsd: fc.nat(4_000),
  inputTokens: small,
  outputTokens: small,
  cacheReadTokens: small,
  cacheWriteTokens: small,
  calls: small,
  unpriced: small,
});
const text = fc.oneof(fc.string({ unit: "binary", maxLength: 12 }), fc.constantFrom('"', "\\", "a|b", "é\n"));
const wish = fc.record({
  of: name,
  /** Whose claim it commits under: an earlier one is fenced. */
  claim: fc.constantFrom("latest", "latest", "latest", "latest", "earlier", "none"),
  versionOff: fc.constantFrom(0, 0, 0, 0, 0, 1, -1),
  cause: fc.constantFrom("head", "head", "effect", "gone"),
  events: fc.integer({ min: 1, max: 3 }),
  effects: fc.array(
    fc.record({ reserve: fc.option(reserve), place: fc.constantFrom("there", "there", "there", "here", null) }),
    { maxLength: 2 },
  ),
  settle: fc.option(settle),
  drops: fc.boolean(),
  to: fc.option(name),
  rows: fc.dictionary(fc.constantFrom("x/1", "x/2", "birth"), text, { maxKeys: 2 }),
  said: fc.array(
    text.filter((one) => one !== ""),
    { maxLength: 2 },
  ),
  session: fc.option(text.filter((one) => one !== "")),
  audit: fc.array(
    text.filter((one) => one !== ""),
    { maxLength: 2 },
  ),
  timer: fc.option(fc.constantFrom(0, FOREVER_MS)),
  result: fc.boolean(),
  /** Asks: for no time at all, or for long. */
  asks: fc.option(fc.constantFrom(0, FOREVER_MS)),
  withdraws: fc.boolean(),
  /** Few commits carry it; an actor is never fenced by itself. */
  fences: fc.tuple(name, fc.nat(3)).map(([who, one]) => (one === 0 ? who : null)),
  revokes: fc.nat(3).map((one) => one === 0),
  letter: fc.nat(7).map((one) => one === 0),
  brief: fc.nat(5).map((one) => one === 0),
  share: fc.option(fc.record({ tokensMax: fc.nat(1_500), nanoUsdMax: fc.nat(9_000) }, { requiredKeys: [] })),
  ends: fc.integer({ min: 0, max: 40 }).map((one) => one === 0),
});
type Wish = typeof wish extends fc.Arbitrary<infer Value> ? Value : never;

type Step =
  | {
      readonly do: "claim";
      readonly of: string;
      readonly again: boolean;
      readonly as: "able" | "unable";
      readonly place: string | null;
    }
  | { readonly do: "commit"; readonly wish: Wish }
  | { readonly do: "resend" }
  | { readonly do: "send"; readonly of: string; readonly id: string }
  | { readonly do: "hold"; readonly order: "park" | "resume" }
  | { readonly do: "look" | "forget" | "quarantine" | "quarantineFenced" | "unwound"; readonly of: string }
  | {
      readonly do: "answer";
      readonly which: number;
      readonly token: string;
      readonly allowed: boolean;
      readonly forged: boolean;
    }
  | { readonly do: "revoke"; readonly grant: string }
  | { readonly do: "sweep" | "retrieve" | "incarnation" | "create" };

const claim = fc.record({
  do: fc.constant("claim" as const),
  of: name,
  again: fc.integer({ max: 5, min: 0 }).map((one) => one === 0),
  as: fc.constantFrom("able" as const, "able" as const, "able" as const, "unable" as const),
  place: fc.constantFrom(null, "here", "there"),
});
const commit = wish.map((one) => ({ do: "commit" as const, wish: one }));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: claim },
  { weight: 9, arbitrary: commit },
  { weight: 2, arbitrary: fc.constant({ do: "resend" as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      of: name,
      id: fc.constantFrom("m1", "m2", 'm"3', "m4|5", "m6"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      which: fc.nat(3),
      token: fc.constantFrom("t1", "t2"),
      allowed: fc.boolean(),
      forged: fc.integer({ min: 0, max: 7 }).map((one) => one === 0),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("revoke" as const), grant: fc.constantFrom("g_0", "g_1", "g_none") }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("hold" as const),
      order: fc.constantFrom("park" as const, "resume" as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom("look" as const, "forget" as const, "unwound" as const), of: name }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("quarantine" as const, "quarantineFenced" as const), of: name }),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom("sweep" as const, "retrieve" as const, "incarnation" as const, "create" as const)
      .map((one) => ({ do: one })),
  },
);

/** What a worker does that nothing comes between: it claims, and commits what it found. */
const work: fc.Arbitrary<Step[]> = fc
  .tuple(name, wish, fc.constantFrom("head" as const, "head" as const, "effect" as const), claim)
  .map(([of, one, cause, next]) => [
    { do: "send", of, id: `to ${of}` },
    { do: "claim", of, again: false, as: "able", place: null },
    { do: "commit", wish: { ...one, of, cause, claim: "latest", versionOff: 0 } },
    { ...next, of },
  ]);
const steps = fc.oneof({ weight: 2, arbitrary: step.map((one) => [one]) }, { weight: 1, arbitrary: work });

interface Memory {
  readonly claims: Map<
    string,
    { fence: Fence; version: number; mail: readonly string[]; pending: readonly string[] }[]
  >;
  last: Commit | null;
  made: number;
  readonly asked: string[];
}

const addressOf = (run: string, of: string) => (of === "a_coordinator" ? coordinatorOf(run) : agentOf(run, of));

function commitFrom(one: Wish, run: string, memory: Memory): Commit | null {
  const held = memory.claims.get(one.of) ?? [];
  const known = one.claim === "earlier" ? held.at(-2) : held.at(-1);
  if (known === undefined) return null;
  memory.made += 1;
  const id = `c${memory.made}`;
  const effect = known.pending[0];
  const by =
    one.cause === "effect" && effect !== undefined
      ? { effect }
      : { mail: one.cause === "head" ? (known.mail[0] ?? "none") : "none" };
  const fence = one.claim === "none" ? { ...known.fence, nonce: "nobody" } : known.fence;
  const dropped = one.drops ? known.pending.filter((out) => !("effect" in by && by.effect === out)) : [];
  const timers = one.timer === null ? [] : [{ id: `t|${one.timer}`, delayMs: one.timer, armedBy: known.version + 1 }];
  return commitOf(
    addressOf(run, one.of),
    { fence, version: known.version + one.versionOff, mail: [] },
    {
      id,
      by,
      events: one.events,
      effects: one.effects.map(({ reserve: asked, place }, n) => ({
        id: `${id}:${n}`,
        json: JSON.stringify({ n, ...(place === null ? {} : { place }) }),
        reserve:
          asked === null ? null : { ...asked, outTokensWanted: Math.max(asked.outTokensWanted, asked.outTokensLeast) },
      })),
      effectsDropped: dropped,
      settle: one.settle,
      messages: one.to === null ? [] : [{ to: one.to, type: addressOf(run, one.to).type, mail: event(`${id}.0`) }],
      spawned:
        one.to === null
          ? []
          : [
              {
                actor: one.to,
                type: addressOf(run, one.to).type,
                row: JSON.stringify({ type: addressOf(run, one.to).type }),
                ...(one.share === null ? {} : { budget: one.share }),
              },
            ],
      rows: new Map(Object.entries(one.rows)),
      transcript: one.said,
      session: one.session,
      audit: one.audit,
      timersSet: timers,
      timersCancelled: known.version > 0 ? [{ id: `t|${FOREVER_MS}`, armedBy: known.version }] : [],
      approvals: one.asks === null ? [] : [approvalOf(`p_${memory.made}`, { ttlMs: one.asks, call: 'c "1' })],
      withdrawn: one.withdraws ? memory.asked.slice(-1).map((id) => ({ id, reason: "no more" })) : [],
      results: one.result ? [{ id: `res_${one.of}`, json: `{"id":"${id}","status":"verified"}` }] : [],
      fenced:
        one.fences === null || one.fences === one.of
          ? []
          : [{ actor: one.fences, type: addressOf(run, one.fences).type, reason: 'so "it" is' }],
      revoked: one.revokes ? names.map((who) => ({ result: `res_${who}`, reason: "wrong", by: "ann" })) : [],
      letters: one.letter
        ? [{ id: `d_${id}`, json: JSON.stringify({ task: "a", agentType: "explore", actor: null, reasons: [id] }) }]
        : [],
      briefs: one.brief ? ["look", "none"].map((task) => ({ task, json: `"${id}"` })) : [],
      runEnd: one.ends ? { status: "completed", reasons: [id] } : null,
    },
  );
}

/** Both do the same and must answer the same; what an answer says of the time is left out. */
async function both(
  stores: readonly StoreUnderTest[],
  act: (store: Store, under: StoreUnderTest) => Promise<unknown>,
): Promise<unknown> {
  const [ours, theirs] = await Promise.all(
    stores.map((under) =>
      act(under.store, under).catch((cause: unknown) => `threw ${(cause as { code?: string }).code}`),
    ),
  );
  expect(comparable(ours)).toEqual(comparable(theirs));
  return ours;
}

function comparable(answer: unknown): unknown {
  if (answer === null || typeof answer !== "object") return answer;
  if (Array.isArray(answer)) return (answer as Parameters<typeof memberOf>[0][]).map(memberOf).toSorted();
  if ("wake" in answer) {
    const { wake, nextTimerMs } = answer as Awaited<ReturnType<Store["sweep"]>>;
    return { wake: wake.map(memberOf).toSorted(), timer: nextTimerMs !== null };
  }
  if ("actors" in answer) {
    const { kind, actors } = answer as { kind: string; actors: Parameters<typeof memberOf>[0][] };
    return { kind, actors: actors.map(memberOf).toSorted() };
  }
  if ((answer as { kind?: string }).kind === "over") {
    const over = answer as Extract<Awaited<ReturnType<Store["claim"]>>, { kind: "over" }>;
    return { ...over, pending: over.pending.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
  }
  if ("verdict" in answer) return timeless(JSON.stringify(answer).replaceAll("\\", ""));
  if (!("claim" in answer)) return answer;
  const one = (answer as Extract<Awaited<ReturnType<Store["claim"]>>, { kind: "claimed" }>).claim;
  const { createdAt: _created, endedAt: _ended, hold, ...run } = one.run;
  return {
    ...one,
    run: { ...run, held: hold !== undefined },
    pending: one.pending.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    rows: Object.fromEntries(one.rows),
  };
}

async function imageOf(under: StoreUnderTest, run: string): Promise<unknown> {
  const { store } = under;
  const results = names.map((one) => `res_${one}`);
  const parts = {
    row: under.runRow(run).then(({ createdAt: _created, endedAt: _ended, hold, ...row }) => ({
      ...row,
      held: hold !== undefined,
    })),
    log: under.log(run),
    mail: Promise.all(names.map((one) => under.mailbox(run, one))),
    looks: Promise.all(names.map((one) => store.look(addressOf(run, one)))),
    money: under.money(run),
    audit: under.audit(run).then((rows) => rows.map(timeless)),
    approvals: under.approvals(run).then(timelessFields),
    grants: store.grants(run).then(({ fields }) => timelessFields(fields)),
    actors: under.actors(run),
    ready: under.listed(run, "ready").then((members) => members.toSorted()),
    stranded: under.listed(run, "stranded").then((members) => members.toSorted()),
    timers: under.timers(run).then((timers) => timers.toSorted()),
    ended: under.ended(run),
    results: store.results(run, results).then((found) => timelessFields(Object.fromEntries(found))),
    wanted: Promise.all(names.map((one) => store.isWanted(addressOf(run, one)))),
    briefs: store.briefs(run, ["look", "none"]).then((found) => Object.fromEntries(found)),
    dead: under
      .dead(run)
      .then((letters) =>
        letters.map(({ at: _at, pending, ...letter }) => ({ ...letter, pending: paired(pending ?? "[]") })),
      ),
  };
  const seen = await Promise.all(Object.values(parts));
  return Object.fromEntries(Object.keys(parts).map((name, index) => [name, seen[index]]));
}

/** Nobody promises that two stores read their clocks in the same millisecond. */
const timeless = (text: string): string =>
  text.replace(/"(at|atMs|latencyMs)":\d+/g, '"$1":0').replace(/^\d{13} \d{13} /, "");

const timelessFields = (fields: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([field, text]) => [field, timeless(text)]));

/** Fields and values of a hash, which has no order; an empty one reads as an object, as Lua writes it. */
function paired(json: string): Record<string, string> {
  const flat = json === "{}" ? [] : (JSON.parse(json) as string[]);
  return Object.fromEntries(flat.flatMap((field, index) => (index % 2 === 0 ? [[field, flat[index + 1] ?? ""]] : [])));
}

async function take(
  one: Step,
  stores: readonly StoreUnderTest[],
  run: string,
  memory: Memory,
  seen: Map<string, number>,
): Promise<void> {
  const note = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  const kindOf = (answer: unknown): string => (answer as { kind?: string } | null)?.kind ?? String(answer);
  switch (one.do) {
    case "create":
      return void (await both(stores, (store) => store.create(newRun(run, { fields: { goal: "else" } }))));
    case "claim": {
      const held = memory.claims.get(one.of) ?? [];
      memory.made += 1;
      const nonce = one.again ? (held.at(-1)?.fence.nonce ?? "first") : `n${memory.made}`;
      const able = {
        ...served,
        ...(one.as === "able" ? {} : { bindings: [] }),
        ...(one.place === null ? {} : { place: one.place }),
      };
      const answer = (await both(stores, (store) => store.claim(addressOf(run, one.of), nonce, able))) as Awaited<
        ReturnType<Store["claim"]>
      >;
      note(`claim ${kindOf(answer)}`);
      if (answer.kind !== "claimed") return;
      const { fence, version, mail, pending } = answer.claim;
      const ids = mail.map((json) => (JSON.parse(json) as { id: string }).id);
      memory.claims.set(one.of, [...held, { fence, version, mail: ids, pending: pending.map(({ id }) => id) }]);
      return;
    }
    case "commit": {
      const made = commitFrom(one.wish, run, memory);
      if (made === null) return;
      memory.last = made;
      memory.asked.push(...made.approvals.map(({ id }) => id));
      const answer = (await both(stores, (store) => store.commit(made))) as Awaited<ReturnType<Store["commit"]>>;
      note(`commit ${kindOf(answer)}`);
      const held = memory.claims.get(one.wish.of)?.at(-1);
      if (answer.kind !== "committed" || held === undefined) return;
      held.version += 1;
      held.mail = "mail" in made.by ? held.mail.slice(1) : held.mail;
      const gone = new Set([...made.effectsDropped, ...("effect" in made.by ? [made.by.effect] : [])]);
      held.pending = [...held.pending.filter((id) => !gone.has(id)), ...made.effects.map(({ id }) => id)];
      return;
    }
    case "resend": {
      const { last } = memory;
      if (last !== null) note(`resend ${kindOf(await both(stores, (store) => store.commit(last)))}`);
      return;
    }
    case "answer": {
      const id = memory.asked.at(-1 - one.which) ?? "p_none";
      const grant = { id: `g_${one.which}`, rule: "Bash(make)", actor: null, by: "ana", origin: id, ttlMs: null };
      const answer = answerTo(run, id, {
        token: one.token,
        allowed: one.allowed,
        call: 'c "1',
        ...(one.forged ? { hash: "none" } : {}),
        grant: one.allowed ? grant : null,
      });
      return void note(`answer ${kindOf(await both(stores, (store) => store.answer(answer)))}`);
    }
    case "revoke": {
      const grant = { id: one.grant, rule: "Bash(make)" };
      return void note(`revoke ${kindOf(await both(stores, (store) => store.revoke(run, grant, "ana", "")))}`);
    }
    case "send":
      return void note(
        `send ${kindOf(await both(stores, (store) => store.send(addressOf(run, one.of), event(one.id))))}`,
      );
    case "hold":
      return void note(`hold ${kindOf(await both(stores, (store) => store.hold(run, one.order, "why")))}`);
    case "look":
      return void (await both(stores, (store) => store.look(addressOf(run, one.of))));
    case "forget":
      return void (await both(stores, (store) => store.forget(addressOf(run, one.of))));
    case "unwound": {
      const pending = memory.claims.get(one.of)?.at(-1)?.pending ?? [];
      return void (await both(stores, (store) => store.unwound(addressOf(run, one.of), pending)));
    }
    case "quarantine":
      return void (await both(stores, (store) => store.quarantine(addressOf(run, one.of), "poison")));
    case "quarantineFenced": {
      const fence = memory.claims.get(one.of)?.at(-1)?.fence;
      if (fence !== undefined) await both(stores, (store) => store.quarantine(addressOf(run, one.of), "poison", fence));
      return;
    }
    case "sweep":
      return void (await both(stores, (store, under) => store.sweep(under.shardOf(run), 0)));
    case "retrieve":
      return void (await both(stores, (store, under) => store.retrieve(under.shardOf(run))));
    case "incarnation":
      return void (await both(stores, (_, under) => under.raiseIncarnation(run)));
  }
}

it(`answers and images are equal over ${RUNS} random walks`, async () => {
  const seen = new Map<string, number>();
  const keys = keysFor("swarm");
  let walked = 0;
  const budget = fc.record({ tokensMax: fc.nat(4_000), nanoUsdMax: fc.nat(40_000) }, { requiredKeys: [] });
  const walk = fc.array(steps, { minLength: 1, maxLength: 25, size: "max" });
  await fc.assert(
    fc.asyncProperty(budget, walk, async (limits, groups) => {
      await redis.flushall();
      walked += 1;
      const run = "r_1";
      const inMemory = memoryUnderTest();
      const stores = [redisUnderTest(redis, bells, keys, redisStore(redis, keys)), inMemory];
      const looked = [redisUnderTest(looking, bells, keys, redisStore(looking, keys)), inMemory];
      const memory: Memory = { claims: new Map(), last: null, made: 0, asked: [] };
      await both(stores, (store) => store.create(newRun(run, { budget: limits })));
      for (const one of groups.flat()) {
        await take(one, stores, run, memory, seen);
        const [ours, theirs] = await Promise.all(looked.map((under) => imageOf(under, run)));
        expect(theirs).toEqual(ours);
      }
    }),
    { numRuns: RUNS },
  );
  expect(walked).toBeGreaterThanOrEqual(RUNS);
  expect(seen.get("commit committed")).toBeGreaterThan(RUNS);
  const answers = ["committed", "fenced", "conflict", "gone", "refused", "ended"].map((kind) => `commit ${kind}`);
  for (const kind of [
    ...answers,
    "claim stranded",
    "claim elsewhere",
    "claim no_run",
    "claim over",
    "resend committed",
    "send again",
    "hold done",
    "answer answered",
    "answer late",
    "answer forged",
    "answer unknown",
    "answer ended",
    "revoke revoked",
    "revoke again",
  ])
    expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(0);
});

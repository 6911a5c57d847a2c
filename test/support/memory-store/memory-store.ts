/**
 * The store in memory: the contract of `infra/store.ts` with the semantics of the Lua scripts, on a clock that a test
 * holds in its hand. Each method takes effect as a whole the moment it is called.
 */
import { keysFor } from "../../../infra/redis/keys.ts";
import {
  type Address,
  addressFrom,
  COORDINATOR_TYPE,
  type Mail,
  memberOf,
  type NewRun,
  type Store,
} from "../../../infra/store.ts";
import { FACT_BRIEF } from "../../../machines/memory-item.ts";
import { answer, grants, revoke } from "./approvals.ts";
import { claim } from "./claim.ts";
import { commit } from "./commit.ts";
import { noteDeath, remains } from "./deaths.ts";
import type { Flaws } from "./flaws.ts";
import { hold } from "./hold.ts";
import { type Inside, MAIL_BATCH, mailText } from "./inside.ts";
import { quarantine } from "./quarantine.ts";
import { isWanted, unwound } from "./rare.ts";
import { actorNamed, emptyMemory, emptyRun, type Memory, shardNamed, upTo } from "./state.ts";
import { sweep } from "./sweep.ts";

const MAILBOX_MAX = 10_000;
const RETRIEVE_MAX = 10_000;
/** Ids of messages from outside that a run remembers; its coordinator's have room of their own. */
const SENT_MAX = 10_000;
const SENT_MAX_COORDINATOR = 11_000;

export interface MemoryStoreOptions {
  /** Milliseconds since 1970, as Redis would tell them. */
  readonly nowMs: () => number;
  /** Bells that are rung: the shard's tag, and `run/actor` or `run/actor/type`. */
  readonly ring?: (shard: string, name: string) => void;
  readonly shardOf?: (run: string) => string;
  readonly flaws?: Flaws;
}

export interface MemoryStore {
  readonly store: Store;
  readonly memory: Memory;
}

export function memoryStore(options: MemoryStoreOptions): MemoryStore {
  const memory = emptyMemory();
  const inside: Inside = {
    memory,
    nowMs: options.nowMs,
    ring: options.ring ?? (() => {}),
    shardOf: options.shardOf ?? keysFor("memory").shardOf,
    flaws: options.flaws ?? {},
  };
  const at = <Answer>(act: () => Answer): Promise<Answer> => {
    try {
      return Promise.resolve(act());
    } catch (cause) {
      return Promise.reject(cause as Error);
    }
  };
  const store: Store = {
    reattached: ({ run, actor }, { epoch, nonce }) =>
      at(() => {
        const one = memory.runs.get(run)?.snapshots.get(actor);
        if (one === undefined || one.epoch !== epoch || one.nonce !== nonce) return;
        one.claims = 0;
        for (const effect of one.pending.values()) effect.found = 0;
      }),
    create: (run) => at(() => create(inside, run)),
    claim: (address, nonce, served) => at(() => claim(inside, address, nonce, served)),
    commit: (one) => at(() => commit(inside, one)),
    look: (address) =>
      at(() => {
        const run = memory.runs.get(address.run);
        return {
          mail: run?.snapshots.get(address.actor)?.mailbox.slice(0, MAIL_BATCH) ?? [],
          held: run?.fields.has("hold") ?? false,
          over: (run?.snapshots.get(address.actor)?.fenced ?? null) !== null,
          runStatus: run?.fields.get("status") ?? "gone",
        };
      }),
    isWanted: ({ run, actor }) => at(() => isWanted(inside, run, actor)),
    unwound: (address, effects) => at(() => unwound(inside, address, effects)),
    send: (address, mail) => at(() => send(inside, address, mail)),
    hold: (run, order, reason) => at(() => hold(inside, run, order, reason)),
    sweep: (shard, idleMs) => at(() => sweep(inside, shard, idleMs)),
    answer: (one) => at(() => answer(inside, one, (shard) => sweep(inside, shard, Number.POSITIVE_INFINITY))),
    grants: (run) => at(() => grants(inside, run)),
    revoke: (run, grant, by, reason) => at(() => revoke(inside, run, grant, by, reason)),
    forget: (address) =>
      at(() => {
        shardNamed(memory, inside.shardOf(address.run)).ready.delete(memberOf(address));
      }),
    quarantine: (address, ...why) => at(() => quarantine(inside, address, ...why)),
    remains: (run, actors) => at(() => remains(inside, run, actors)),
    noteDeath: (death) => at(() => noteDeath(inside, death)),
    briefs: (run, ids) => at(() => rows(memory.runs.get(run)?.briefs, ids)),
    results: (run, ids) => at(() => rows(memory.runs.get(run)?.results, ids)),
    facts: (run) =>
      at(() => new Map([...(memory.runs.get(run)?.briefs ?? [])].filter(([name]) => name.startsWith(FACT_BRIEF)))),
    retrieve: (shard) => at(() => retrieve(inside, shard)),
  };
  return { store, memory };
}

function create({ memory, nowMs, ring, shardOf }: Inside, made: NewRun): "created" | "exists" {
  if (memory.runs.has(made.run)) return "exists";
  const run = emptyRun();
  memory.runs.set(made.run, run);
  const shard = shardNamed(memory, shardOf(made.run));
  const now = nowMs();
  for (const [field, value] of Object.entries(made.fields)) run.fields.set(field, value);
  if (made.budget.tokensMax !== undefined) run.budget.set("tokensMax", String(made.budget.tokensMax));
  if (made.budget.nanoUsdMax !== undefined) run.budget.set("nanoMax", String(made.budget.nanoUsdMax));
  for (const [id, brief] of Object.entries(made.briefs)) run.briefs.set(id, brief);
  run.fields.set("status", "running").set("seq", "0").set("createdAt", String(now));
  run.actors.set(made.coordinator.actor, JSON.stringify({ type: made.coordinator.type }));
  actorNamed(run, made.coordinator.actor).mailbox.push(mailText({ id: "start", input: made.input }));
  shard.ready.set(memberOf(made.coordinator), now);
  ring(shardOf(made.run), memberOf(made.coordinator));
  return "created";
}

function send({ memory, nowMs, ring, shardOf, flaws }: Inside, address: Address, mail: Mail) {
  const run = memory.runs.get(address.run);
  const status = run?.fields.get("status");
  if (run === undefined || status === undefined) return { kind: "no_run" } as const;
  if (run.sent.has(mail.id) && flaws.noSentDedupe !== true) return { kind: "again" } as const;
  if (status !== "running") return { kind: "ended", status } as const;
  if ((run.snapshots.get(address.actor)?.fenced ?? null) !== null) return { kind: "ended", status: "fenced" } as const;
  const room = address.type === COORDINATOR_TYPE ? SENT_MAX_COORDINATOR : SENT_MAX;
  if (run.sent.size >= room) return { kind: "full", length: run.sent.size } as const;
  const { mailbox } = actorNamed(run, address.actor);
  if (mailbox.length >= MAILBOX_MAX) return { kind: "full", length: mailbox.length } as const;
  run.sent.set(mail.id, nowMs());
  mailbox.push(mailText(mail));
  shardNamed(memory, shardOf(address.run)).ready.set(memberOf(address), nowMs());
  ring(shardOf(address.run), memberOf(address));
  return { kind: "sent" } as const;
}

function rows(from: ReadonlyMap<string, string> | undefined, ids: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    ids.flatMap((id) => {
      const value = from?.get(id);
      return value === undefined ? [] : [[id, value] as const];
    }),
  );
}

function retrieve({ memory }: Inside, tag: string): Address[] {
  const { stranded, ready } = shardNamed(memory, tag);
  const members = upTo(stranded, Number.POSITIVE_INFINITY, RETRIEVE_MAX);
  for (const member of members) {
    ready.set(member, 0);
    stranded.delete(member);
  }
  return members.map(addressFrom);
}

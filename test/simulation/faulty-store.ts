/**
 * The store as one process sees it over a network: a call takes time there and back, and either way may be lost, come
 * late or come twice. Whoever asked is told of it by a StoreError that says nothing about what happened.
 */
import type { Address, Commit, CommitAnswer, Store } from "../../infra/store.ts";
import { StoreError } from "../../infra/store-error.ts";
import type { Faults } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Owner, Scheduler } from "./scheduler.ts";

export interface Network {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faults: Faults;
  readonly trace: (line: () => string) => void;
  /** Told what a caller learns of its commit. */
  readonly learned: (commit: Commit, answer: CommitAnswer) => void;
  /** A call that kills whoever makes it, before it is sent. */
  readonly deadly: (commit: Commit, owner: Owner) => boolean;
}

/** How long a caller waits for an answer before it gives up, in milliseconds. */
const TIMEOUT_MS = 2_000;
const LATE_MOST_MS = 9_000;

export function faultyStore(store: Store, name: string, owner: Owner, network: Network): Store {
  const { scheduler, random, faults, trace, learned, deadly } = network;

  const call = <Answer>(method: string, weight: number, about: () => string, act: () => Promise<Answer>) =>
    new Promise<Answer>((resolve, reject) => {
      const said = (text: string) => trace(() => `${name} ${method} ${about()}${text}`);
      const timeout = (what: string): void => {
        said(` · ${what}`);
        scheduler.at(TIMEOUT_MS, () => reject(new StoreError("timeout", what)), owner, weight);
      };
      if (faults.strikes("lost call", weight)) return timeout("lost call");
      if (faults.strikes("late call", weight)) {
        scheduler.at(random.between(TIMEOUT_MS, LATE_MOST_MS), () => {
          said(" · late call comes");
          act().catch(() => {});
        });
        return timeout("late call");
      }
      // What was sent arrives, whether or not its sender still lives.
      scheduler.at(random.below(4), () => {
        const answered = act();
        if (faults.strikes("double call", weight)) {
          scheduler.at(random.below(3_000), () => {
            said(" · double call comes");
            act().catch(() => {});
          });
        }
        if (faults.strikes("lost reply", weight)) return timeout("lost reply");
        said("");
        const deliver = (): void => {
          answered.then(resolve, reject);
        };
        scheduler.at(random.below(4), deliver, owner, weight);
      });
    });

  const of =
    ({ run, actor }: Address) =>
    () =>
      `${run}/${actor}`;
  return {
    create: (run) =>
      call(
        "create",
        1,
        () => run.run,
        () => store.create(run),
      ),
    claim: (address, nonce, served) => call("claim", 1, of(address), () => store.claim(address, nonce, served)),
    async commit(commit) {
      if (deadly(commit, owner)) return new Promise<never>(() => {});
      const about = () => `${commit.address.actor} ${commit.id} ${JSON.stringify(commit.by)}`;
      const answer = await call("commit", 1, about, async () => {
        const told = await store.commit(commit);
        trace(() => `  store: ${commit.id} ${told.kind}`);
        return told;
      });
      learned(commit, answer);
      return answer;
    },
    reattached: (address, fence) => call("reattached", 1, of(address), () => store.reattached(address, fence)),
    look: (address) => call("look", 0.5, of(address), () => store.look(address)),
    isWanted: (address) => call("isWanted", 0.5, of(address), () => store.isWanted(address)),
    unwound: (address, effects) => call("unwound", 1, of(address), () => store.unwound(address, effects)),
    send: (address, mail) =>
      call(
        "send",
        1,
        () => `${address.actor} ${mail.id}`,
        () => store.send(address, mail),
      ),
    hold: (run, order, reason) =>
      call(
        "hold",
        1,
        () => `${run} ${order}`,
        () => store.hold(run, order, reason),
      ),
    sweep: (shard, idleMs) =>
      call(
        "sweep",
        0.05,
        () => shard,
        () => store.sweep(shard, idleMs),
      ),
    answer: (answer) =>
      call(
        "answer",
        1,
        () => `${answer.run} ${answer.approval}`,
        () => store.answer(answer),
      ),
    grants: (run) =>
      call(
        "grants",
        0.5,
        () => run,
        () => store.grants(run),
      ),
    revoke: (run, grant, by, reason) =>
      call(
        "revoke",
        1,
        () => `${run} ${grant.id}`,
        () => store.revoke(run, grant, by, reason),
      ),
    forget: (address) => call("forget", 1, of(address), () => store.forget(address)),
    quarantine: (address, ...why) => call("quarantine", 1, of(address), () => store.quarantine(address, ...why)),
    // What is told of a death decides nothing: lost and doubled words of it are the contract's subject, not the simulation's.
    remains: (run, actors) => store.remains(run, actors),
    noteDeath: (death) => store.noteDeath(death),
    briefs: (run, ids) =>
      call(
        "briefs",
        0.5,
        () => run,
        () => store.briefs(run, ids),
      ),
    results: (run, ids) =>
      call(
        "results",
        0.5,
        () => run,
        () => store.results(run, ids),
      ),
    facts: (run) =>
      call(
        "facts",
        0.5,
        () => run,
        () => store.facts(run),
      ),
    retrieve: (shard) =>
      call(
        "retrieve",
        0.5,
        () => shard,
        () => store.retrieve(shard),
      ),
  };
}

/**
 * Watches everything that the store is asked and does, and keeps books of its own: at every commit it says what is not as
 * it was promised. It trusts nothing that the store says of itself.
 */
import { type Commit, type CommitAnswer, memberOf, type Store } from "../../infra/store.ts";
import type { MemoryStore } from "../support/memory-store/memory-store.ts";
import { amount, type StoredActor, type StoredRun } from "../support/memory-store/state.ts";

export interface Books {
  /** Every commit that was written, by its id. */
  readonly accepted: Map<string, { readonly commit: Commit; readonly firstSeq: number }>;
  /** Commits in the order in which they were written. */
  readonly commits: Commit[];
  /** `run/actor` → ids of the mail that was laid into its mailbox by others of its run or from outside. */
  readonly delivered: Map<string, string[]>;
  readonly quarantined: string[];
  /** `run/actor` of those that were fenced for good. */
  readonly fenced: Set<string>;
  readonly effects: () => number;
}

export interface Oracle {
  /** The store as it is, watched. */
  readonly store: Store;
  readonly books: Books;
  /** What a caller was told of its commit. */
  learned(commit: Commit, answer: CommitAnswer): void;
  /** A server came back without its last write, which was this actor's claim. */
  forgotClaim(member: string, nonce: string | null): void;
}

interface ActorBooks {
  nonce: string | null;
  version: number;
  lastCommit: string | null;
  readonly causes: Set<string>;
}

interface RunBooks {
  seq: number;
  tokens: number;
  nano: number;
  readonly results: Set<string>;
}

type Violation = (what: string) => void;

export function oracle({ store, memory }: MemoryStore, violation: Violation): Oracle {
  const actors = new Map<string, ActorBooks>();
  const runs = new Map<string, RunBooks>();
  let effects = 0;
  const books: Books = {
    accepted: new Map(),
    commits: [],
    delivered: new Map(),
    quarantined: [],
    fenced: new Set(),
    effects: () => effects,
  };
  const actorBooks = (member: string): ActorBooks => {
    const known = actors.get(member);
    if (known !== undefined) return known;
    const made: ActorBooks = { nonce: null, version: 0, lastCommit: null, causes: new Set() };
    actors.set(member, made);
    return made;
  };
  const runBooks = (run: string): RunBooks => {
    const known = runs.get(run);
    if (known !== undefined) return known;
    const made: RunBooks = { seq: 0, tokens: 0, nano: 0, results: new Set() };
    runs.set(run, made);
    return made;
  };
  const deliver = (key: string, id: string): void => {
    const known = books.delivered.get(key);
    if (known === undefined) books.delivered.set(key, [id]);
    else known.push(id);
  };

  const takeCommit = (commit: Commit): Promise<CommitAnswer> => {
    const { run: id, actor: name } = commit.address;
    const run = memory.runs.get(id);
    const actor = run?.snapshots.get(name);
    const before = run === undefined ? null : standing(run, actor, commit);
    const answered = store.commit(commit);
    if (run === undefined || before === null) return answered;
    if (run.log.length > before.logLength) accept(commit, run, before);
    moneyHolds(run, runBooks(id), `${id} after ${commit.id}`, violation);
    return answered;
  };

  const accept = (commit: Commit, run: StoredRun, before: Standing): void => {
    const member = memberOf(commit.address);
    const mine = actorBooks(member);
    const ofRun = runBooks(commit.address.run);
    const told = (what: string): void => violation(`${what}: ${commit.id} of ${member}`);
    if (commit.fence.nonce !== mine.nonce) told("a commit of a claim that is not the latest was written");
    if (books.fenced.has(`${commit.address.run}/${commit.address.actor}`)) told("a fenced actor's commit was written");
    for (const { actor } of commit.fenced) books.fenced.add(`${commit.address.run}/${actor}`);
    if (before.status !== "running") told("a commit was written to a run that has ended");
    if (commit.version !== mine.version) told(`a commit of version ${commit.version} follows version ${mine.version}`);
    const cause = JSON.stringify(commit.by);
    if (mine.causes.has(cause)) told(`a cause was taken twice (${cause})`);
    mine.causes.add(cause);
    const line = run.log.at(-1);
    if (line?.body !== commit.entry || line.firstSeq !== ofRun.seq + 1) told("a commit is not where the log goes on");
    ofRun.seq += commit.events;
    mine.version += 1;
    mine.lastCommit = commit.id;
    ofRun.tokens += before.charged.tokens;
    ofRun.nano += before.charged.nanoUsd;
    for (const { id } of commit.results) {
      if (ofRun.results.has(id)) told(`result ${id} was given twice`);
      ofRun.results.add(id);
    }
    if (before.deaf && (commit.core !== before.core || commit.effects.length + commit.messages.length > 0))
      told("what must change nothing changed something");
    for (const { to, mail } of commit.messages) deliver(`${commit.address.run}/${to}`, mail.id);
    effects += commit.effects.length;
    if (commit.runEnd !== null) chargeOut(run, ofRun);
    books.commits.push(commit);
    books.accepted.set(commit.id, { commit, firstSeq: line?.firstSeq ?? 0 });
  };

  return {
    books,
    store: {
      ...store,
      claim(address, nonce, served) {
        const epoch = memory.runs.get(address.run)?.snapshots.get(address.actor)?.epoch ?? 0;
        const answered = store.claim(address, nonce, served);
        const actor = memory.runs.get(address.run)?.snapshots.get(address.actor);
        if (actor !== undefined && actor.epoch > epoch) actorBooks(memberOf(address)).nonce = nonce;
        return answered;
      },
      commit: takeCommit,
      create(made) {
        const known = memory.runs.has(made.run);
        if (!known) deliver(`${made.run}/${made.coordinator.actor}`, "start");
        return store.create(made);
      },
      send(address, mail) {
        const mailbox = (): number => memory.runs.get(address.run)?.snapshots.get(address.actor)?.mailbox.length ?? 0;
        const before = mailbox();
        const answered = store.send(address, mail);
        if (mailbox() > before) deliver(`${address.run}/${address.actor}`, mail.id);
        return answered;
      },
      answer(one) {
        const facts = memory.runs.get(one.run)?.approvals.get(`${one.approval}#s`) ?? "";
        const actor = /^\d+ \d+ \S+ (.*)\/\S+ /.exec(facts)?.[1] ?? "";
        const mailbox = (): number => memory.runs.get(one.run)?.snapshots.get(actor)?.mailbox.length ?? 0;
        const before = mailbox();
        const answered = store.answer(one);
        if (mailbox() > before) deliver(`${one.run}/${actor}`, `answer:${one.approval}`);
        return answered;
      },
      hold(run, order, reason) {
        const before = Number(memory.runs.get(run)?.fields.get("seq") ?? 0);
        const answered = store.hold(run, order, reason);
        runBooks(run).seq += Number(memory.runs.get(run)?.fields.get("seq") ?? 0) - before;
        return answered;
      },
      noteDeath(death) {
        const seq = (): number => Number(memory.runs.get(death.address.run)?.fields.get("seq") ?? 0);
        const before = seq();
        const answered = store.noteDeath(death);
        runBooks(death.address.run).seq += seq() - before;
        return answered;
      },
      quarantine(address, ...why) {
        const run = memory.runs.get(address.run);
        const actor = run?.snapshots.get(address.actor);
        const [seq, quarantined] = [Number(run?.fields.get("seq") ?? 0), actor?.quarantined];
        const out = [...(actor?.pending.values() ?? [])];
        const answered = store.quarantine(address, ...why);
        const ofRun = runBooks(address.run);
        ofRun.seq += Number(run?.fields.get("seq") ?? 0) - seq;
        if (actor !== undefined && actor.quarantined !== quarantined) {
          books.quarantined.push(memberOf(address));
          for (const { grant } of out) {
            ofRun.tokens += grant?.tokens ?? 0;
            ofRun.nano += grant?.nanoUsd ?? 0;
          }
          actorBooks(memberOf(address)).nonce = null;
          if (run !== undefined && run.fields.get("status") !== "running") chargeOut(run, ofRun);
        }
        return answered;
      },
    },
    learned(commit, answer) {
      const written = books.accepted.get(commit.id);
      if (answer.kind === "committed") {
        if (written?.firstSeq !== answer.firstSeq)
          violation(`a commit was acknowledged and is not in the log: ${commit.id} of ${memberOf(commit.address)}`);
      } else if (written !== undefined && actorBooks(memberOf(commit.address)).lastCommit === commit.id)
        violation(`a commit was written and its sender told "${answer.kind}": ${commit.id}`);
    },
    forgotClaim(member, nonce) {
      actorBooks(member).nonce = nonce;
    },
  };
}

interface Standing {
  readonly status: string;
  readonly logLength: number;
  readonly core: string | null;
  /** True where this cause may change nothing: a timer of an earlier arming, or an actor that has ended. */
  readonly deaf: boolean;
  readonly charged: { readonly tokens: number; readonly nanoUsd: number };
}

/** How things are before a commit, and what it ought to cost. */
function standing(run: StoredRun, actor: StoredActor | undefined, commit: Commit): Standing {
  const core = actor?.core ?? null;
  const grantOf = (id: string) => actor?.pending.get(id)?.grant ?? { tokens: 0, nanoUsd: 0 };
  const answered = commit.settle ?? ("effect" in commit.by ? grantOf(commit.by.effect) : { tokens: 0, nanoUsd: 0 });
  let { tokens, nanoUsd } = answered;
  for (const id of commit.effectsDropped) {
    tokens += grantOf(id).tokens;
    nanoUsd += grantOf(id).nanoUsd;
  }
  for (const { actor: name } of commit.fenced) {
    for (const { grant } of run.snapshots.get(name)?.pending.values() ?? []) {
      tokens += grant?.tokens ?? 0;
      nanoUsd += grant?.nanoUsd ?? 0;
    }
  }
  return {
    status: run.fields.get("status") ?? "",
    logLength: run.log.length,
    core,
    deaf: core !== null && (hasEnded(core) || isStale(core, commit)),
    charged: { tokens, nanoUsd },
  };
}

/** Of an actor that lives the status goes without saying. */
export const hasEnded = (core: string): boolean =>
  core.startsWith('{"status":') && !core.startsWith('{"status":"active"');

function isStale(core: string, commit: Commit): boolean {
  if (!("mail" in commit.by) || !commit.by.mail.startsWith("timer:")) return false;
  const [id, armedBy] = /^timer:(.*):(\d+)$/s.exec(commit.by.mail)?.slice(1) ?? [];
  const { timers } = JSON.parse(core) as { timers?: Record<string, { armedBy: number }> };
  return timers?.[id ?? ""]?.armedBy !== Number(armedBy);
}

/** Whatever is out when a run ends is charged in full. */
function chargeOut(run: StoredRun, books: RunBooks): void {
  for (const { pending } of run.snapshots.values()) {
    for (const { grant } of pending.values()) {
      books.tokens += grant?.tokens ?? 0;
      books.nano += grant?.nanoUsd ?? 0;
    }
  }
}

function moneyHolds(run: StoredRun, books: RunBooks, where: string, violation: Violation): void {
  const { budget } = run;
  let [tokens, nano] = [0, 0];
  const out = run.fields.get("status") === "running" ? run.snapshots.values() : [];
  for (const { pending } of out) {
    for (const { grant } of pending.values()) {
      tokens += grant?.tokens ?? 0;
      nano += grant?.nanoUsd ?? 0;
    }
  }
  const held = [amount(budget, "heldTokens"), amount(budget, "heldNano")];
  const spent = [amount(budget, "tokens"), amount(budget, "nano")];
  if (held[0] !== tokens || held[1] !== nano)
    violation(`${held} is held for effects that were granted ${[tokens, nano]}: ${where}`);
  if (spent[0] !== books.tokens || spent[1] !== books.nano)
    violation(`${spent} was charged where ${[books.tokens, books.nano]} was settled: ${where}`);
  const over = (limit: string, sum: number): boolean => budget.has(limit) && sum > amount(budget, limit);
  if (over("tokensMax", tokens + (spent[0] ?? 0)) || over("nanoMax", nano + (spent[1] ?? 0)))
    violation(`a limit of the budget was passed: ${where}`);
}

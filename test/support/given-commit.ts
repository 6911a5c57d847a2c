/** Runs, claims and commits as short as a test needs them: everything a case does not speak of is empty. */
import { expect } from "vitest";
import type {
  Address,
  Claim,
  Commit,
  Mail,
  NewRun,
  Reservation,
  Served,
  Settlement,
  Store,
} from "../../infra/store.ts";
import { COORDINATOR_ACTOR, COORDINATOR_TYPE } from "../../infra/store.ts";

export const served: Served = { bindings: ["other", "local"], machines: ["coordinator@1", "any@1"] };

let made = 0;
/** Unique in this process, so that no case meets another's run. */
export const fresh = (kind: string): string => {
  made += 1;
  return `${kind}_${process.pid}x${made}`;
};

export const agentOf = (run: string, actor = "a_look"): Address => ({ run, actor, type: "explore" });
export const coordinatorOf = (run: string): Address => ({ run, actor: COORDINATOR_ACTOR, type: COORDINATOR_TYPE });

export const newRun = (run: string, changed: Partial<NewRun> = {}): NewRun => ({
  run,
  coordinator: coordinatorOf(run),
  fields: { binding: "local", goal: "look" },
  budget: {},
  briefs: { look: '{"id":"look"}' },
  input: { graph: [] },
  ...changed,
});

/** A claim with its mail read. */
export type Claimed = Omit<Claim, "mail"> & { readonly mail: readonly Mail[] };

export const readMail = (mail: readonly string[]): Mail[] => mail.map((json) => JSON.parse(json) as Mail);

export async function claimed(store: Store, address: Address, nonce = fresh("n")): Promise<Claimed> {
  const answer = await store.claim(address, nonce, served);
  if (answer.kind !== "claimed") throw new Error(`not claimed: ${JSON.stringify(answer)}`);
  return { ...answer.claim, mail: readMail(answer.claim.mail) };
}

const nothing = {
  machine: null,
  rows: new Map<string, string>(),
  transcript: [],
  session: null,
  messages: [],
  spawned: [],
  fenced: [],
  revoked: [],
  letters: [],
  briefs: [],
  timersSet: [],
  timersCancelled: [],
  effects: [],
  effectsDropped: [],
  results: [],
  audit: [],
  blobs: [],
  settle: null,
  approvals: [],
  withdrawn: [],
  runEnd: null,
} satisfies Partial<Commit>;

/** What a commit consumes: the claim's first mail, unless told otherwise. */
export function commitOf(
  address: Address,
  claim: Pick<Claimed, "fence" | "version" | "mail">,
  changed: Partial<Commit> = {},
): Commit {
  const id = changed.id ?? fresh("c");
  return {
    ...nothing,
    id,
    address,
    fence: claim.fence,
    version: claim.version,
    by: { mail: claim.mail[0]?.id ?? "no mail" },
    entry: JSON.stringify({ commit: id, events: changed.events ?? 1 }),
    events: 1,
    core: JSON.stringify({ after: id }),
    machine: claim.version === 0 ? "any@1" : null,
    ...changed,
  };
}

export type Committed = Extract<Awaited<ReturnType<Store["commit"]>>, { kind: "committed" }>;
export async function committed(store: Store, commit: Commit): Promise<Committed> {
  const answer = await store.commit(commit);
  expect(answer).toMatchObject({ kind: "committed" });
  return answer as Committed;
}

/** The claim as its holder knows it after a commit. */
export const stepped = (claim: Claimed): Claimed => ({
  ...claim,
  version: claim.version + 1,
  mail: claim.mail.slice(1),
});

export const event = (id: string, type = "note"): Mail => ({ id, event: { type } });

export const money = (changed: Partial<Reservation> = {}): Reservation => ({
  inTokens: 100,
  outTokensWanted: 1_000,
  outTokensLeast: 200,
  inNanoUsd: 3,
  outNanoUsd: 15,
  ...changed,
});

export const spent = (tokens: number, nanoUsd = 0): Settlement => ({
  tokens,
  nanoUsd,
  inputTokens: tokens,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  calls: 1,
  unpriced: 0,
});

/** A started run whose coordinator has taken its input and holds the claim. */
export async function startedRun(
  store: Store,
  changed: Partial<NewRun> = {},
): Promise<{ run: string; claim: Claimed }> {
  const run = fresh("r");
  expect(await store.create(newRun(run, changed))).toBe("created");
  const claim = await claimed(store, coordinatorOf(run));
  await committed(store, commitOf(coordinatorOf(run), claim, { machine: "coordinator@1" }));
  return { run, claim: stepped(claim) };
}

/** An agent of that run, spawned, claimed, with its input still in the mailbox. */
export async function spawnedAgent(
  store: Store,
  run: string,
  actor = "a_look",
): Promise<{ address: Address; claim: Claimed }> {
  const address = agentOf(run, actor);
  expect((await store.send(address, event(fresh("m"), "begin"))).kind).toBe("sent");
  return { address, claim: await claimed(store, address) };
}

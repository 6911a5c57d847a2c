/**
 * What a run has spent, holds back and has left, and who of it spent it. The run's amounts are read from its row; those of
 * its agents are counted from its log, because nobody else keeps them.
 */
import type { RawEntry, Reader } from "../../infra/redis/reader.ts";
import { readEntry } from "./run-log.ts";

export interface ShownAmount {
  /** Null: no limit. */
  readonly max: number | null;
  /** Null where the price of a call is unknown. What nobody can tell the cost of any more is in it as it was reserved. */
  readonly spent: number | null;
  /** For calls that are out. */
  readonly reserved: number;
  /** Null: no limit, or unknown. */
  readonly left: number | null;
}

export interface ShownBudget {
  readonly tokens: ShownAmount;
  readonly usd: ShownAmount;
}

/** `budget`: as the reader tells it. */
export function shownBudget(budget: Readonly<Record<string, string>>): ShownBudget {
  const count = (field: string): number => Number(budget[field] ?? 0);
  const max = (field: string): number | null => (budget[field] === undefined ? null : count(field));
  const unpriced = count("unpriced") > 0;
  return {
    tokens: amountOf(max("tokensMax"), count("tokens"), count("heldTokens"), 1),
    usd: amountOf(max("nanoMax"), unpriced ? null : count("nano"), count("heldNano"), 1e9),
  };
}

/** Counted in whole numbers, so that the parts add up. */
export function amountOf(max: number | null, spent: number | null, reserved: number, unit: number): ShownAmount {
  return {
    max: max === null ? null : max / unit,
    spent: spent === null ? null : spent / unit,
    reserved: reserved / unit,
    left: max === null || spent === null ? null : Math.max(0, max - spent - reserved) / unit,
  };
}

export interface Spent {
  readonly tokens: { readonly spent: number; readonly reserved: number };
  /** US dollars; spent is null where the price of a call is unknown. */
  readonly usd: { readonly spent: number | null; readonly reserved: number };
}

export interface Spending {
  /** Some of it was told by a server that plays a model. */
  readonly simulated: boolean;
  /** In the order of `agents`. */
  readonly agents: readonly ({ readonly id: string } & Spent)[];
  readonly types: readonly ({ readonly type: string; readonly agents: number } & Spent)[];
}

interface Sum {
  tokens: number;
  nanoUsd: number;
  unpriced: number;
  heldTokens: number;
  heldNanoUsd: number;
}

interface Grant {
  readonly actor: string;
  readonly tokens: number;
  readonly nanoUsd: number;
}

/**
 * Reads the whole log. A run that is at work may have gone on between the run's amounts and these. `ended`: the run is over,
 * and nothing is held any more.
 */
export async function spendingOf(
  reader: Pick<Reader, "log" | "actors">,
  run: string,
  agents: readonly { readonly id: string; readonly type: string }[],
  { ended }: { readonly ended: boolean },
): Promise<Spending> {
  const sums = new Map<string, Sum>(agents.map(({ id }) => [id, nothing()]));
  const grants = new Map<string, Grant>();
  const seen = { simulated: false };
  const before = await take(reader, run, 0, sums, grants, seen);
  const old = new Set(grants.keys());
  const out = new Set((await reader.actors(run)).flatMap(({ pending }) => pending.map(({ id }) => id)));
  // What was answered between the two looks must not be charged as if nobody had.
  await take(reader, run, before, sums, grants, seen);
  for (const [effect, { actor, tokens, nanoUsd }] of grants) {
    const sum = sumOf(sums, actor);
    if (!ended && (out.has(effect) || !old.has(effect))) {
      sum.heldTokens += tokens;
      sum.heldNanoUsd += nanoUsd;
    } else charge(sum, tokens, nanoUsd);
  }
  const ofAgent = (id: string): Sum => sums.get(id) ?? nothing();
  const types = [...new Set(agents.map(({ type }) => type))].map((type) => {
    const ids = agents.filter((agent) => agent.type === type).map(({ id }) => id);
    return { type, agents: ids.length, ...shown(ids.map(ofAgent).reduce(added, nothing())) };
  });
  return { simulated: seen.simulated, agents: agents.map(({ id }) => ({ id, ...shown(ofAgent(id)) })), types };
}

/** Where an entry speaks of money; most do not, and are not even parsed. */
const OF_MONEY = /"budget\.settled"|"agent\.died"|"actor\.fenced"/;

/** Up to the end of the log as it is now; returns the number to go on after. */
async function take(
  reader: Pick<Reader, "log">,
  run: string,
  afterSeq: number,
  sums: Map<string, Sum>,
  grants: Map<string, Grant>,
  told: { simulated: boolean },
): Promise<number> {
  let last = afterSeq;
  for (;;) {
    const batch = await reader.log(run, last);
    const newest = batch.at(-1);
    if (newest === undefined) return last;
    for (const raw of batch) takeEntry(raw, sums, grants, told);
    last = newest.firstSeq;
  }
}

function takeEntry(
  raw: RawEntry,
  sums: Map<string, Sum>,
  grants: Map<string, Grant>,
  told: { simulated: boolean },
): void {
  const actor = raw.member.split("/")[1] ?? "";
  if (OF_MONEY.test(raw.body)) {
    const { events, step } = readEntry(raw);
    for (const event of events) {
      if (event.type === "agent.died") chargeAll(event.died, sums, grants);
      told.simulated ||= event.type === "model.answered" && event.simulated === true;
      if (event.type === "actor.fenced") chargeAll(event.fenced, sums, grants);
      if (event.type !== "budget.settled") continue;
      grants.delete(step !== null && "effect" in step.by ? step.by.effect : event.effect);
      const sum = sumOf(sums, actor);
      charge(sum, event.tokens, event.nanoUsd ?? 0);
      sum.unpriced += event.nanoUsd === null ? 1 : 0;
    }
  }
  for (const one of raw.grants?.split(",") ?? []) {
    const [effect = "", , tokens, nanoUsd] = one.split(" ");
    grants.set(effect, { actor, tokens: Number(tokens), nanoUsd: Number(nanoUsd) });
  }
}

/** Nobody settles them any more; what comes of them later is charged on top. */
function chargeAll(actor: string, sums: Map<string, Sum>, grants: Map<string, Grant>): void {
  for (const [effect, grant] of grants) {
    if (grant.actor !== actor) continue;
    grants.delete(effect);
    charge(sumOf(sums, actor), grant.tokens, grant.nanoUsd);
  }
}

function charge(sum: Sum, tokens: number, nanoUsd: number): void {
  sum.tokens += tokens;
  sum.nanoUsd += nanoUsd;
}

function sumOf(sums: Map<string, Sum>, actor: string): Sum {
  const known = sums.get(actor);
  if (known !== undefined) return known;
  const fresh = nothing();
  sums.set(actor, fresh);
  return fresh;
}

const nothing = (): Sum => ({ tokens: 0, nanoUsd: 0, unpriced: 0, heldTokens: 0, heldNanoUsd: 0 });

const added = (a: Sum, b: Sum): Sum => ({
  tokens: a.tokens + b.tokens,
  nanoUsd: a.nanoUsd + b.nanoUsd,
  unpriced: a.unpriced + b.unpriced,
  heldTokens: a.heldTokens + b.heldTokens,
  heldNanoUsd: a.heldNanoUsd + b.heldNanoUsd,
});

const shown = (sum: Sum): Spent => ({
  tokens: { spent: sum.tokens, reserved: sum.heldTokens },
  usd: { spent: sum.unpriced > 0 ? null : sum.nanoUsd / 1e9, reserved: sum.heldNanoUsd / 1e9 },
});

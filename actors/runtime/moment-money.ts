/** What a run has spent and holds back, counted from its log: grants stand beside the entries, settlements in them. */
import type { ReadEntry } from "./run-log.ts";

export interface Money {
  tokens: number;
  nanoUsd: number;
  /** Settlements whose price nobody knew. */
  unpriced: number;
  /** Reserved and not settled, by `actor/version:index`. */
  readonly grants: Map<string, { readonly tokens: number; readonly nanoUsd: number }>;
}

/** `version:index` of an effect's id: what is left of it in another run, or another incarnation. */
export const effectTail = (id: string): string => id.slice(id.lastIndexOf(".") + 1);

const keyOf = (actor: string, tail: string): string => `${actor}/${tail}`;

export function granted(money: Money, { actor, raw }: ReadEntry): void {
  if (raw.grants === null) return;
  for (const one of raw.grants.split(",")) {
    const [effect = "", , tokens, nanoUsd] = one.split(" ");
    money.grants.set(keyOf(actor, effectTail(effect)), { tokens: Number(tokens), nanoUsd: Number(nanoUsd) });
  }
}

/** An answer that does not say what it cost is charged what was reserved for it. */
export function answered(money: Money, tail: string, { actor, events }: ReadEntry): void {
  let told = false;
  for (const event of events) {
    if (event.type !== "budget.settled") continue;
    told = true;
    money.tokens += event.tokens;
    money.nanoUsd += event.nanoUsd ?? 0;
    money.unpriced += event.nanoUsd === null ? 1 : 0;
  }
  if (told) money.grants.delete(keyOf(actor, tail));
  else charged(money, actor, tail);
}

/** Nobody will say any more what it cost. */
export function charged(money: Money, actor: string, tail: string): void {
  const grant = money.grants.get(keyOf(actor, tail));
  money.grants.delete(keyOf(actor, tail));
  money.tokens += grant?.tokens ?? 0;
  money.nanoUsd += grant?.nanoUsd ?? 0;
}

export function heldIn({ grants }: Money): { readonly tokens: number; readonly nanoUsd: number } {
  let [tokens, nanoUsd] = [0, 0];
  for (const grant of grants.values()) {
    tokens += grant.tokens;
    nanoUsd += grant.nanoUsd;
  }
  return { tokens, nanoUsd };
}

/**
 * The black box: what an event that tells of a death says was known of who died. Made from what is stored, and from this
 * host's gates where somebody may look at them; never guessed.
 */
import type { Journal, Seen } from "../../infra/journal/journal.ts";
import type { PendingEffect } from "../../infra/store.ts";
import type { ActorRemains, Remains } from "../../infra/store-deaths.ts";
import { type BlackBox, LEFT_MAX, type LeftEffect } from "../../machines/events/death.ts";
import { type ActorState, statePath } from "../../machines/fold.ts";
import { unansweredState } from "./effects-seen.ts";

/** Where one can look what became of an effect that acts on the world: this host's gates. */
export interface GatesHere {
  /** Name of this host's gate folder. */
  readonly place: string;
  look(effect: string): Promise<Seen | null>;
}

export const gatesOf = (journal: Journal | null | undefined): GatesHere | null =>
  journal == null ? null : { place: journal.place, look: journal.look };

/** What the log says of these, and this host's gates where it has them; at most {@link LEFT_MAX} are looked at. */
export async function leftOf(
  pending: readonly PendingEffect[],
  gates: GatesHere | null,
): Promise<Pick<BlackBox, "effects" | "effectsMore">> {
  const effects: LeftEffect[] = [];
  for (const one of pending.slice(0, LEFT_MAX)) effects.push(await leftEffect(one, gates));
  return cut(effects, pending.length);
}

/** The same without looking: of what acts on the world nobody knows how far it came. */
export const leftUnseen = (pending: readonly PendingEffect[]): Pick<BlackBox, "effects" | "effectsMore"> =>
  cut(
    pending.slice(0, LEFT_MAX).map((one) => ({ ...namesOf(one), ...unseen(one) })),
    pending.length,
  );

const cut = (effects: LeftEffect[], all: number): Pick<BlackBox, "effects" | "effectsMore"> => ({
  effects,
  ...(all > effects.length ? { effectsMore: all - effects.length } : {}),
});

/** Of the order only names are read: a body may have been left by another version. */
interface OrderNames {
  readonly type?: string;
  readonly tool?: string;
  readonly call?: string;
  readonly place?: string;
  readonly effect?: string;
}

function orderOf({ json }: Pick<PendingEffect, "json">): OrderNames {
  try {
    return (JSON.parse(json) ?? {}) as OrderNames;
  } catch {
    return {};
  }
}

type Names = Pick<LeftEffect, "effect" | "kind" | "tool" | "call">;

function namesOf(one: PendingEffect): Names {
  const { type, tool, call } = orderOf(one);
  const text = (value: unknown): value is string => typeof value === "string";
  return {
    effect: one.id,
    kind: text(type) ? type : "unknown",
    ...(text(tool) ? { tool } : {}),
    ...(text(call) ? { call } : {}),
  };
}

type Verdict = Pick<LeftEffect, "status" | "said">;

function unseen(one: PendingEffect): Verdict {
  const { type, place } = orderOf(one);
  if (one.held) return { status: "intended", said: "ordered while the run was parked, and not begun" };
  if (type === "model.call" || type === "transcript.compact") {
    return { status: "unknown", said: "it may have been asked, answered and billed" };
  }
  if (place === undefined) return { status: "unknown", said: "it may have begun; it can be done again without harm" };
  return { status: "unknown", said: "it may or may not have happened: only the gates of its host can tell" };
}

async function leftEffect(one: PendingEffect, gates: GatesHere | null): Promise<LeftEffect> {
  const names = namesOf(one);
  const { type, place, effect } = orderOf(one);
  if (gates === null || one.held || place === undefined || place !== gates.place) return { ...names, ...unseen(one) };
  // What asks the world about an effect has the gate of that effect, not one of its own.
  const asked = type === "tool.reconcile" ? (effect ?? one.id) : one.id;
  const seen = await gates.look(asked);
  if (seen === null) return { ...names, status: "intended", said: "no gate of it was passed here: it was not begun" };
  const { state, outcome } = unansweredState(seen);
  switch (state) {
    case "happened":
      return { ...names, status: "done", said: outcome };
    case "did_not_happen":
      return { ...names, status: "intended", said: `it did not happen: ${outcome}` };
    case "running":
      return { ...names, status: "started", said: `how it comes out is unknown: ${outcome}` };
    case "unknown":
    case "unanswered":
      return { ...names, status: "unknown", said: `begun ${seen.started?.at ?? seen.gate.at}; ${outcome}` };
  }
}

/** Path of the state in a stored core; "" before the first step. */
export function statePathIn(core: string | null): string {
  if (core === null) return "";
  const { value } = JSON.parse(core) as { value?: ActorState["snapshot"]["value"] };
  return value === undefined ? "" : statePath({ snapshot: { value } } as ActorState);
}

export function boxBudget(budget: Remains["budget"]): BlackBox["budget"] {
  const amount = (name: string): number => Number(budget[name] ?? 0);
  const limit = (name: string): number | null => (budget[name] === undefined ? null : amount(name));
  const unpriced = amount("unpriced");
  return {
    tokens: amount("tokens"),
    nanoUsd: amount("nano"),
    heldTokens: amount("heldTokens"),
    heldNanoUsd: amount("heldNano"),
    tokensMax: limit("tokensMax"),
    nanoUsdMax: limit("nanoMax"),
    ...(unpriced > 0 ? { unpriced } : {}),
  };
}

/** Of one actor, as it lies there. */
export async function boxOf(remains: Remains, actor: ActorRemains, gates: GatesHere | null): Promise<BlackBox> {
  return {
    state: statePathIn(actor.core),
    lastSeq: remains.seq,
    stepSeq: actor.stepSeq,
    ...(await leftOf(actor.pending, gates)),
    budget: boxBudget(remains.budget),
  };
}

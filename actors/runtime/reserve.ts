/**
 * Prices the next model call before it is ordered: what its prompt will come to, and what its answer may cost. Where the
 * guess matters, the server is asked what the prompt comes to; the rest of the time nobody waits for anybody.
 */
import { byBytes, type Tokenizer } from "../../infra/model/token-count.ts";
import type { Reservation } from "../../infra/store.ts";
import type { BudgetView } from "./budget-view.ts";
import type { Entry } from "./conversation.ts";
import type { ModelCallDeps } from "./effects/model-call.ts";
import { estimatePrompt, ratioBy, ratioOf } from "./prompt-estimate.ts";
import type { RunRow } from "./run-row.ts";
import { requestOf, type Session } from "./session.ts";
import type { Reserve } from "./step.ts";

/** Where an access says nothing of how its server counts. */
const PLAIN = byBytes(2.5);

/** A prompt that takes a larger share of what is left is counted by its server: its error could end the run, or pass the limit. */
const SHARE_UNCOUNTED_MAX = 0.25;
/** On top of a server's own count, which it calls an estimate. */
const COUNT_MARGIN = 1.02;
/** Models whose ratio is remembered, at most: a model's id may come from a configuration, and from nowhere else. */
const MODELS_MAX = 64;

export interface Asking {
  readonly run: RunRow;
  readonly runId: string;
  readonly session: Session;
  /** The conversation that the call sends. */
  readonly entries: () => readonly Entry[];
  readonly reserve: Reservation;
}

export interface Pricing {
  readonly reserve: Reserve;
  /** Null where nothing has to be made ready before `reserve`. */
  ready(run: RunRow): Promise<unknown> | null;
  /**
   * Tokens of the prompt as its server counts them; null where that does not matter, or nobody can say. `refused`: the
   * budget does not reach by what was guessed. Takes two seconds at most, and never rejects for what a server does.
   */
  sharpen(asking: Asking, refused: boolean): Promise<number | null>;
}

export interface PricingDeps extends Pick<ModelCallDeps, "access"> {
  /** Absent: nothing is known of what is left, and no server is asked. */
  readonly view?: BudgetView;
}

export function pricing({ access, view }: PricingDeps): Pricing {
  const ratios = new Map<string, number>();
  const known = (run: RunRow, { model }: Session): string => `${run.binding} ${model}`;
  const learn = (name: string, ratio: number): void => {
    if (!ratios.has(name) && ratios.size >= MODELS_MAX) ratios.clear();
    ratios.set(name, ratio);
  };
  const tokenizerOf = (run: RunRow): Tokenizer => {
    const { tokenizer = PLAIN } = access(run.binding);
    const loaded = tokenizer.loaded();
    if (loaded === null) throw new Error("a prompt is priced before its tokenizer is loaded");
    return loaded;
  };

  const reserve: Reserve = (run, session, entries, counted) => {
    const name = known(run, session);
    const measured = entries.findLast(({ units }) => units !== undefined);
    const ratio = measured === undefined ? null : ratioOf(measured, session.model);
    if (ratio !== null) learn(name, ratio);
    const inTokens = counted ?? estimatePrompt(session, entries, tokenizerOf(run), ratios.get(name)).tokens;
    const price = access(run.binding).price(session.model, inTokens, run.config.prices);
    return {
      inTokens,
      outTokensWanted: session.outTokens.wanted,
      outTokensLeast: session.outTokens.least,
      // A prompt that misses the cache is written to it: the dearest way it can come.
      inNanoUsd: price === null ? 0 : Math.max(price.input, price.write5m),
      outNanoUsd: price?.output ?? 0,
    };
  };

  return {
    reserve,
    ready(run) {
      const { tokenizer = PLAIN } = access(run.binding);
      return tokenizer.loaded() === null ? tokenizer.load() : null;
    },
    async sharpen({ run, runId, session, entries, reserve: guess }, refused) {
      const { count } = access(run.binding);
      if (count === undefined || view === undefined) return null;
      if (!refused) {
        const isNew = !ratios.has(known(run, session));
        const share = shareOf(guess, view.known(runId) ?? (await view.look(runId)));
        view.refresh(runId);
        if (share === null || (share <= SHARE_UNCOUNTED_MAX && !isNew)) return null;
      }
      const sent = entries();
      const told = await count(requestOf(session, sent, session.outTokens.least));
      if (told === null) return null;
      learn(known(run, session), ratioBy(told, session, sent, tokenizerOf(run)));
      return Math.ceil(told * COUNT_MARGIN);
    },
  };
}

/** Of what is left, the part that the prompt alone takes; null where nothing is limited, or nobody can say. */
function shareOf(
  { inTokens, inNanoUsd }: Reservation,
  left: { readonly tokens: number | null; readonly nanoUsd: number | null } | null,
): number | null {
  if (left === null || (left.tokens === null && left.nanoUsd === null)) return null;
  const of = (amount: number, whole: number | null): number => (whole === null ? 0 : amount / Math.max(1, whole));
  return Math.max(of(inTokens, left.tokens), of(inTokens * inNanoUsd, left.nanoUsd));
}

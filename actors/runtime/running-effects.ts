/**
 * The outside effects that this process is carrying out right now. They outlive the activation that began them: a new
 * claim in the same process takes them over, so that a lost lock never makes a second call of one that is still out.
 */
import type { Fence } from "../../infra/store.ts";
import type { Answer } from "./performer.ts";
import { EffectAborted, type StopReason } from "./performer.ts";

/** How an effect came out: an answer to commit, a breakage, or the word that another activation here looks after it now. */
export type Outcome = { readonly id: string } & (
  | { readonly answer: Answer }
  | { readonly broke: unknown }
  | { readonly taken: true }
);

/** What two claims of one actor are ranked by: epochs may be given again after a loss, and a loss raises the incarnation. */
export type Claimed = Pick<Fence, "incarnation" | "epoch">;

const isOlder = (one: Claimed, other: Claimed): boolean =>
  one.incarnation === other.incarnation ? one.epoch < other.epoch : one.incarnation < other.incarnation;

interface Running {
  readonly controller: AbortController;
  /** The activation that takes the outcome; the latest claim wins, in whatever order the claims were answered. */
  owner: symbol;
  claimed: Claimed;
  deliver: (outcome: Outcome) => void;
}

export interface RunningEffects {
  /**
   * Begins an effect. `deliver` is called once, unless the effect is aborted. One that runs here already stays with its
   * owner: whoever read of it in the store claimed later than whoever ordered it.
   */
  begin(
    id: string,
    owner: symbol,
    claimed: Claimed,
    deliver: (outcome: Outcome) => void,
    act: (signal: AbortSignal) => Promise<Answer>,
  ): void;
  /**
   * Takes over one that is running; false where this process knows nothing of it. Whose claim is older than the owner's
   * is told `taken` and takes nothing: it can commit nothing, and would call the effect off when it learns so.
   */
  adopt(id: string, owner: symbol, claimed: Claimed, deliver: (outcome: Outcome) => void): boolean;
  /** Stops what this owner still owns. */
  abort(owner: symbol, why: StopReason): void;
  /** Calls off one that is not wanted any more; false where this process knows nothing of it. */
  cancel(id: string): boolean;
  /** Leaves everything as it is and waits until nothing runs here. */
  close(): Promise<void>;
}

export function runningEffects(): RunningEffects {
  const running = new Map<string, Running>();
  const ends = new Map<string, Promise<void>>();

  const stop = (id: string, why: StopReason): boolean => {
    const one = running.get(id);
    running.delete(id);
    one?.controller.abort(new EffectAborted(id, why));
    return one !== undefined;
  };

  return {
    begin(id, owner, claimed, deliver, act) {
      if (running.has(id)) return deliver({ id, taken: true });
      const controller = new AbortController();
      const one: Running = { controller, owner, claimed, deliver };
      running.set(id, one);
      const settle = (outcome: Outcome): void => {
        ends.delete(id);
        if (running.get(id) !== one) return;
        running.delete(id);
        one.deliver(outcome);
      };
      const end = act(controller.signal).then(
        (answer) => settle({ id, answer }),
        (cause: unknown) => {
          if (cause instanceof EffectAborted || controller.signal.aborted) {
            ends.delete(id);
            return;
          }
          settle({ id, broke: cause });
        },
      );
      ends.set(id, end);
    },
    adopt(id, owner, claimed, deliver) {
      const one = running.get(id);
      if (one === undefined) return false;
      if (isOlder(claimed, one.claimed)) {
        deliver({ id, taken: true });
        return true;
      }
      one.deliver({ id, taken: true });
      one.owner = owner;
      one.claimed = claimed;
      one.deliver = deliver;
      return true;
    },
    abort(owner, why) {
      for (const [id, one] of running) if (one.owner === owner) stop(id, why);
    },
    cancel: (id) => stop(id, "cancelled"),
    async close() {
      for (const id of running.keys()) stop(id, "left");
      await Promise.all(ends.values());
    },
  };
}

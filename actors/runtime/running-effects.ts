/**
 * The outside effects that this process is carrying out right now. They outlive the activation that began them: a new
 * claim in the same process takes them over, so that a lost lock never makes a second call of one that is still out.
 */
import type { Answer } from "./performer.ts";
import { EffectAborted } from "./performer.ts";

/** How an effect came out: an answer to commit, or a breakage that ends the activation. */
export type Outcome = { readonly id: string } & ({ readonly answer: Answer } | { readonly broke: unknown });

interface Running {
  readonly controller: AbortController;
  /** The activation that takes the outcome; the latest claim wins. */
  owner: symbol;
  deliver: (outcome: Outcome) => void;
}

export interface RunningEffects {
  /** Begins an effect. `deliver` is called once, unless the effect is aborted or nobody owns it any more. */
  begin(
    id: string,
    owner: symbol,
    deliver: (outcome: Outcome) => void,
    act: (signal: AbortSignal) => Promise<Answer>,
  ): void;
  /** Takes over one that is running; false where this process knows nothing of it. */
  adopt(id: string, owner: symbol, deliver: (outcome: Outcome) => void): boolean;
  /** Calls off what this owner still owns. */
  abort(owner: symbol): void;
  abortOne(id: string): void;
  /** Calls off everything and waits for it to end. */
  close(): Promise<void>;
}

export function runningEffects(): RunningEffects {
  const running = new Map<string, Running>();
  const ends = new Map<string, Promise<void>>();

  const abortOne = (id: string): void => {
    const one = running.get(id);
    running.delete(id);
    one?.controller.abort();
  };

  return {
    begin(id, owner, deliver, act) {
      const controller = new AbortController();
      const one: Running = { controller, owner, deliver };
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
    adopt(id, owner, deliver) {
      const one = running.get(id);
      if (one === undefined) return false;
      one.owner = owner;
      one.deliver = deliver;
      return true;
    },
    abort(owner) {
      for (const [id, one] of running) if (one.owner === owner) abortOne(id);
    },
    abortOne,
    async close() {
      for (const id of running.keys()) abortOne(id);
      await Promise.all(ends.values());
    },
  };
}

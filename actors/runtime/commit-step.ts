/**
 * From one cause to what the store said of it: laid out, priced as well as it matters, committed; and where the budget
 * does not reach, laid out again as a refusal. Nothing that was laid out in vain leaves a trace.
 */
import type { Commit, CommitAnswer, Store } from "../../infra/store.ts";
import type { Remains } from "../../infra/store-deaths.ts";
import type { Cause } from "../../machines/fold.ts";
import { dyingIn } from "./last-words.ts";
import type { Live } from "./live.ts";
import type { Answer } from "./performer.ts";
import type { Asking, Pricing } from "./reserve.ts";
import { type Reserve, type Step, type StepInput, stepOf } from "./step.ts";

export interface CommitDeps {
  readonly store: Pick<Store, "commit" | "remains">;
  readonly reserve: Reserve;
  /** Absent: what `reserve` says is taken as it is. */
  readonly pricing?: Pick<Pricing, "ready" | "sharpen">;
  readonly place: string;
}

export interface Taken {
  readonly live: Live;
  readonly cause: Cause;
  readonly by: Commit["by"];
  readonly answer: Answer | null;
}

/** The step is the one that the answer speaks of. Throws where the machine or the store does. */
export async function commitStep(
  { store, reserve, pricing, place }: CommitDeps,
  taken: Taken,
): Promise<{ readonly step: Step; readonly committed: CommitAnswer }> {
  const { live, answer } = taken;
  const session = answer?.session ?? live.session;
  const lay = (more: Pick<StepInput, "refused" | "promptTokens"> = {}): Step | Promise<Step> => {
    const laid = stepOf({ ...taken, reserve, place, ...more });
    const dying = dyingIn(live, laid.decision);
    if (dying === null) return laid;
    return withRemains(store, live, dying, laid, (remains) => stepOf({ ...taken, reserve, place, ...more, remains }));
  };
  const unready = session === null ? null : pricing?.ready(live.run);
  if (unready != null) await unready;

  let step = await lay();
  const asking = askingIn(step, taken);
  let counted = asking === null ? null : await pricing?.sharpen(asking, false);
  if (counted != null) step = await lay({ promptTokens: counted });
  let committed = await store.commit(step.commit);
  if (committed.kind !== "refused") return { step, committed };
  // A guess alone ends no agent: where the server can say what the prompt comes to, it is asked before.
  if (asking !== null && counted == null) {
    counted = await pricing?.sharpen(asking, true);
    if (counted != null && counted < asking.reserve.inTokens) {
      step = await lay({ promptTokens: counted });
      committed = await store.commit(step.commit);
      if (committed.kind !== "refused") return { step, committed };
    }
  }
  step = await lay({ refused: { tokensLeft: committed.tokensLeft ?? 0, nanoUsdLeft: committed.nanoUsdLeft } });
  return { step, committed: await store.commit(step.commit) };
}

/** The last event of who ends badly tells what was left of it and of the run's money, as both stand just before. */
async function withRemains(
  store: CommitDeps["store"],
  { address }: Live,
  dying: readonly string[],
  laid: Step,
  again: (remains: Remains) => Step,
): Promise<Step> {
  const remains = await store.remains(address.run, dying);
  return remains === null ? laid : again(remains);
}

/** The call that the step orders, where it costs anything. */
function askingIn({ orders, entries }: Step, { live, answer }: Taken): Asking | null {
  const session = answer?.session ?? live.session;
  const reserve = orders.find(({ reserve }) => reserve !== null)?.reserve ?? null;
  if (session === null || reserve === null) return null;
  return { run: live.run, runId: live.address.run, session, reserve, entries: () => [...live.entries, ...entries] };
}

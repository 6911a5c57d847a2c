/**
 * Everybody outside: who starts runs, writes to them, parks, resumes and cancels them, says yes or no. They are as
 * forgetful as people behind a bad connection: a message may be sent twice.
 */
import { newRun } from "../../actors/runtime/new-run.ts";
import type { PerformContext } from "../../actors/runtime/performer.ts";
import { approvalId, proposalHash } from "../../infra/approval.ts";
import { COORDINATOR_ACTOR, COORDINATOR_TYPE, type Mail, type Store } from "../../infra/store.ts";
import type { ApprovalAnswer } from "../../infra/store-approvals.ts";
import type { PlannedTask } from "../../machines/task-graph.ts";
import type { Faults } from "./faults.ts";
import { INPUT, UNSAFE_TOOL } from "./imitation.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import { BINDING } from "./worker.ts";

/** Says yes to what nobody proposed. */
export const FORGER = "mallory";

export interface Client {
  readonly runs: readonly string[];
  /** A call waits for an answer. */
  asked(context: PerformContext, call: string): void;
  /** Nobody parks any more, and what is parked goes on. */
  settle(): void;
}

export interface ClientParts {
  readonly store: Store;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faults: Faults;
  readonly runs: readonly string[];
  readonly turns: number;
  /** What is taken back, and when: drawn apart, so that a seed without it is the simulation that it was. */
  readonly doubts: Random;
  readonly problem: (what: string, cause: unknown) => void;
}

export function startClient(parts: ClientParts): Client {
  const { store, scheduler, random, faults, runs } = parts;
  let mails = 0;
  let settled = false;
  /** A resume rings for everybody who has something to do: said without need it would hide what nobody else wakes. */
  const parked = new Set<string>();
  const tell = (act: Promise<unknown>, what: string): void => {
    act.catch((cause: unknown) => parts.problem(what, cause));
  };
  const post = (address: Parameters<Store["send"]>[0], event: { type: string }, id?: string): void => {
    mails += 1;
    const mail: Mail = { id: id ?? `client-${mails}`, event };
    tell(store.send(address, mail), "send");
    if (faults.strikes("sent twice")) scheduler.at(random.below(3_000), () => tell(store.send(address, mail), "send"));
  };
  const coordinatorOf = (run: string) => ({ run, actor: COORDINATOR_ACTOR, type: COORDINATOR_TYPE });

  for (const run of runs) {
    const doubted = parts.doubts.chance(0.2);
    scheduler.at(random.below(200), () => {
      tell(store.create(planned(run, parts, doubted)), "create");
      if (faults.strikes("sent twice")) tell(store.create(planned(run, parts, doubted)), "create");
    });
    scheduler.at(random.between(300, 9_000), () => {
      if (!faults.strikes("parked")) return;
      parked.add(run);
      tell(store.hold(run, "park", "a person said so"), "park");
      scheduler.at(random.chance(0.15) ? random.between(31_000, 40_000) : random.below(4_000), () =>
        tell(store.hold(run, "resume", ""), "resume"),
      );
    });
    scheduler.at(random.between(300, 9_000), () => {
      if (faults.strikes("cancelled"))
        post(coordinatorOf(run), { type: "run.cancel", reason: "a person said so" } as never);
    });
    for (const afterMs of doubted ? doubtsOf(parts.doubts) : []) {
      scheduler.at(afterMs, () => {
        if (!faults.lasts()) return;
        tell(
          doubt(parts, run, (event, id) => post(coordinatorOf(run), event, id)),
          "doubt",
        );
      });
    }
    // Mail that means nothing to whom it reaches is taken like any other.
    if (random.chance(0.3))
      scheduler.at(random.between(300, 6_000), () => post(coordinatorOf(run), { type: "nothing" }));
  }
  return {
    runs,
    asked({ address, effectId }, call) {
      const { run, actor } = address;
      const hash = proposalHash({ run, agent: actor, call, tool: UNSAFE_TOOL, input: INPUT });
      const answer = (by: string, allowed: boolean, seen = hash): ApprovalAnswer => ({
        ...{ run, approval: approvalId(effectId, call), call, hash: seen, token: `${by} ${effectId}`, allowed },
        ...{ by, reason: "", scope: "once", grant: null },
      });
      const say = (one: ApprovalAnswer) => (): void => {
        tell(store.answer(one), "answer");
        if (faults.strikes("sent twice")) scheduler.at(random.below(3_000), () => tell(store.answer(one), "answer"));
      };
      const first = answer("ana", random.chance(0.6));
      scheduler.at(random.between(3_000, 6_000), say(first));
      if (random.chance(0.5)) scheduler.at(random.between(3_000, 9_000), say(answer("bob", random.chance(0.5))));
      if (random.chance(0.2)) scheduler.at(random.between(2_000, 6_000), say(answer(FORGER, true, "another")));
      // Whoever was asked by a step that was lost, and is asked anew by the next one, answers again.
      for (const afterMs of [30_000, 300_000, 3_000_000]) scheduler.at(afterMs, say(first));
    },
    settle() {
      if (settled) return;
      settled = true;
      for (const afterMs of [random.below(500), 60_000]) {
        scheduler.at(afterMs, () => {
          for (const run of parked) tell(store.hold(run, "resume", ""), "resume");
        });
      }
    },
  };
}

/** Times at which somebody looks whether there is a result to doubt, in milliseconds. */
const doubtsOf = (doubts: Random): readonly number[] =>
  Array.from({ length: doubts.between(2, 8) }, () => doubts.between(800, 15_000));

/** Takes one of the run's verified results back, if it has any. */
async function doubt(
  { store, doubts }: ClientParts,
  run: string,
  post: (event: { type: string }, id: string) => void,
): Promise<void> {
  const ids = ["res_t0", "res_t1", "res_t2", "res_t0.2", "res_t1.2"];
  const found = await store.results(run, ids);
  const standing = [...found].flatMap(([id, text]) => (text.includes('"status":"verified"') ? [id] : []));
  if (standing.length === 0) return;
  const result = doubts.pick(standing);
  const redo = doubts.chance(0.7);
  post({ type: "result.revoke", result, reason: "somebody doubts it", by: "ana", redo } as never, `revoke:${result}`);
}

/** `doubted`: each task stands on the one before it, so that something falls with what is taken back. */
function planned(run: string, { random, turns }: ClientParts, doubted: boolean) {
  const count = doubted ? 3 : random.pick([1, 1, 2, 2, 3]);
  const ids = Array.from({ length: count }, (_, n) => `t${n}`);
  const limits = { turnsMax: turns + 3, attemptsMax: 4, remindersMax: 2, rejectionsMax: 2, parallelMax: 2 };
  const graph = ids.map((id, n): PlannedTask => {
    const needs = n > 0 && (doubted || random.chance(0.4)) ? [ids[n - 1] as string] : [];
    return { id, agentType: "explore", needs, limits, attemptsMax: random.between(1, 2) };
  });
  return newRun({
    run,
    goal: "simulated",
    kind: "run",
    graph,
    briefs: Object.fromEntries(ids.map((id) => [id, "{}"])),
    model: "m",
    binding: BINDING,
    workspace: "/",
    config: { deniedTools: [], turnsMax: null, outTokensMax: null, approvalHours: random.pick([24, 24, 0.0015]) },
    parallelMax: random.between(1, 3),
    tolerateFailures: random.chance(0.5),
    ...(random.chance(0.5) ? { tokensMax: random.between(1_500, 20_000) } : {}),
    ...(random.chance(0.3) ? { usdMax: random.between(20_000, 300_000) / 1e9 } : {}),
    options: {},
  });
}

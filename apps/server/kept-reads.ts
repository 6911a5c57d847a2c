/** What takes all of a run to be told, each kept for a while (`kept.ts`); an order forgets what was kept of its run. */
import { type CacheLedger, cacheLedger } from "../../actors/runtime/cache-ledger.ts";
import { isSimulated } from "../../actors/runtime/is-simulated.ts";
import { type RunDocument, runDocument, statusOf } from "../../actors/runtime/run-document.ts";
import type { WhyFacts } from "../../actors/runtime/why/facts.ts";
import type { StoredApproval } from "../../infra/approval.ts";
import type { Hive } from "../cli/hive.ts";
import { waitingApprovals } from "../orders/approvals-over-runs.ts";
import { costOfRun } from "../orders/project-run.ts";
import { whyFacts } from "../orders/why-facts.ts";
import { keptAnswers } from "./kept.ts";

export interface KeptReads {
  /** Null where there is no such run. */
  document(run: string): Promise<RunDocument | null>;
  cost(run: string): ReturnType<typeof costOfRun>;
  /** `fields`: of its row. */
  status(run: string, fields: Readonly<Record<string, string>>): ReturnType<typeof statusOf>;
  /** Whether nobody's model answers in it; `fields`: of its row. */
  simulated(run: string, fields: Readonly<Record<string, string>>): Promise<boolean>;
  why(run: string): Promise<WhyFacts>;
  cache(run: string): Promise<CacheLedger>;
  /** Over all runs. */
  waiting(): Promise<readonly StoredApproval[]>;
  /** After an order about it. */
  forget(run: string): void;
}

/** Runs of which it is known for good whether they are simulated; a few bytes each. */
const TOLD_MAX = 1_000;

export function keptReads(hive: Hive): KeptReads {
  const { reader, config } = hive;
  const document = keptAnswers((run) => runDocument(reader, run));
  const cost = keptAnswers((run) => costOfRun(reader, run, config));
  const asking = keptAnswers(async (run) => statusOf(reader, run, (await reader.run(run))?.fields ?? {}));
  const why = keptAnswers((run) => whyFacts(hive, run));
  const cache = keptAnswers((run) => cacheLedger(reader, run, Date.now()));
  const waiting = keptAnswers(() => waitingApprovals(hive));
  return {
    document: document.of,
    cost: cost.of,
    // Only where somebody is asked is more read than the row.
    status: (run, fields) => (Number(fields.asking ?? 0) > 0 ? asking.of(run) : statusOf(reader, run, fields)),
    simulated: simulatedRuns(reader),
    why: why.of,
    cache: cache.of,
    waiting: () => waiting.of(""),
    forget(run) {
      for (const kept of [document, cost, asking, why, cache]) kept.forget(run);
      waiting.forget("");
    },
  };
}

/** A run that answered once is what it is; one that has not may still turn out to be, and is looked at again. */
function simulatedRuns(reader: Hive["reader"]): KeptReads["simulated"] {
  const told = new Map<string, boolean>();
  return async (run, fields) => {
    const known = told.get(run);
    if (known !== undefined) return known;
    const simulated = await isSimulated(reader, run, fields);
    if (simulated || fields.status !== "running") {
      told.set(run, simulated);
      for (const oldest of told.keys()) if (told.size > TOLD_MAX) told.delete(oldest);
    }
    return simulated;
  };
}

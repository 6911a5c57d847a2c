/**
 * The conformance suite of the store: whatever keeps its contract passes these laws. A store under test brings tools
 * that look at what is stored without going through the methods that are judged.
 */
import { beforeEach, describe } from "vitest";
import type { Mail, Store } from "../../infra/store.ts";
import { approvalLaws } from "./store-contract-approvals.ts";
import { budgetLaws } from "./store-contract-budget.ts";
import { claimLaws } from "./store-contract-claim.ts";
import { commitLaws } from "./store-contract-commit.ts";
import { deathLaws } from "./store-contract-deaths.ts";
import { echoLaws } from "./store-contract-echo.ts";
import { fenceLaws } from "./store-contract-fence.ts";
import { modelLaws } from "./store-contract-model.ts";
import { outsideLaws } from "./store-contract-outside.ts";
import { placeLaws } from "./store-contract-place.ts";
import { shareLaws } from "./store-contract-share.ts";
import { timerLaws } from "./store-contract-timers.ts";

export interface LogRow {
  /** Place of its first event. */
  readonly seq: number;
  /** `run/actor/type`. */
  readonly member: string;
  readonly body: string;
}

export interface Money {
  readonly tokens: number;
  readonly nano: number;
  readonly heldTokens: number;
  readonly heldNano: number;
}

export interface StoreUnderTest {
  readonly store: Store;
  shardOf(run: string): string;
  runRow(run: string): Promise<Readonly<Record<string, string>>>;
  /** In the order in which readers find it. */
  log(run: string): Promise<readonly LogRow[]>;
  mailbox(run: string, actor: string): Promise<readonly Mail[]>;
  money(run: string): Promise<Money>;
  audit(run: string): Promise<readonly string[]>;
  /** Fields of the hash. */
  approvals(run: string): Promise<Readonly<Record<string, string>>>;
  /** Actors that the run knows, with their rows. */
  actors(run: string): Promise<Readonly<Record<string, string>>>;
  /** Members of this run on a list of its shard. */
  listed(run: string, list: "ready" | "stranded"): Promise<readonly string[]>;
  timers(run: string): Promise<readonly string[]>;
  ended(run: string): Promise<boolean>;
  dead(run: string): Promise<readonly Readonly<Record<string, string>>[]>;
  /** As if the server had come back with another history: claims made before are fenced in this run's shard. */
  raiseIncarnation(run: string): Promise<void>;
  /** Recipients whose bell rang while `act` ran. */
  rungDuring(run: string, act: () => Promise<unknown>): Promise<readonly string[]>;
  /** Everything that is stored, comparable. */
  image(): Promise<Readonly<Record<string, string>>>;
}

/** The store that the present case works on: empty at its start. */
export type Under = () => StoreUnderTest;

export function storeContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let opened: StoreUnderTest;
    beforeEach(async () => {
      opened = await open();
    });
    const under: Under = () => opened;
    claimLaws(under);
    commitLaws(under);
    budgetLaws(under);
    shareLaws(under);
    fenceLaws(under);
    deathLaws(under);
    timerLaws(under);
    placeLaws(under);
    approvalLaws(under);
    outsideLaws(under);
    echoLaws(under);
    modelLaws(under);
  });
}

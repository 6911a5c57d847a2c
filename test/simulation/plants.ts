/**
 * Mistakes that the simulation must find, one mechanism of the design switched off in each. They live in the store in
 * memory and in the simulated world; production holds none of these switches.
 */
import type { Plants } from "./simulate.ts";

export interface Plant {
  readonly name: string;
  readonly plants: Plants;
  /** What is seen when it is found. */
  readonly shows: RegExp;
  /** Where few seeds show it: one that did when this was written. It is tried first, and stands for nothing. */
  readonly seed?: number;
}

export const PLANTS: readonly Plant[] = [
  { name: "no fence", plants: { store: { noFence: true } }, shows: /claim that is not the latest/ },
  {
    name: "a fence without a nonce",
    plants: { store: { noNonce: true } },
    shows: /claim that is not the latest/,
    seed: 2_918,
  },
  { name: "no commit id", plants: { store: { noCommitId: true } }, shows: /written and its sender told/ },
  { name: "no gate", plants: { gate: { noGate: true } }, shows: /happened \d+ times|it is not so/ },
  {
    name: "unsafe effects repeated blindly",
    plants: { tool: { blindRepeat: true } },
    shows: /happened \d+ times|it is not so/,
  },
  {
    name: "silence taken for death",
    plants: { tool: { silentIsDead: true } },
    shows: /happened \d+ times|it is not so/,
    seed: 123,
  },
  {
    name: "a miss that leaves the gate open",
    plants: { tool: { missedStaysOpen: true } },
    shows: /happened \d+ times|it is not so/,
    seed: 218,
  },
  { name: "no sweeper", plants: { store: { noSweep: true } }, shows: /not everything has come to an end/ },
  { name: "recipients not listed", plants: { store: { noReady: true } }, shows: /not everything has come to an end/ },
  {
    name: "timers that are not durable",
    plants: { store: { noTimers: true } },
    shows: /not everything has come to an end/,
  },
  { name: "timers that go off again", plants: { store: { timersRepeat: true } }, shows: /taken twice/ },
  {
    name: "messages from outside not deduplicated",
    plants: { store: { noSentDedupe: true } },
    shows: /taken twice|is there 2 times/,
  },
  { name: "reservation before the fence", plants: { store: { unfencedReserve: true } }, shows: /is held for effects/ },
  { name: "settlement before the fence", plants: { store: { unfencedSettle: true } }, shows: /was charged where/ },
  {
    name: "dropped effects keep their money",
    plants: { store: { leakyDrop: true } },
    shows: /is held for effects/,
    seed: 93,
  },
  { name: "no limit", plants: { store: { noLimit: true } }, shows: /limit of the budget was passed/ },
  { name: "audit before the fence", plants: { store: { unfencedAudit: true } }, shows: /audit rows/ },
  { name: "log before the fence", plants: { store: { unfencedLog: true } }, shows: /log|is written/ },
  { name: "approvals answered again", plants: { store: { answersTwice: true } }, shows: /answered \d+ times|is there/ },
  { name: "answers bound to nothing", plants: { store: { unboundAnswers: true } }, shows: /saw something else/ },
  { name: "fenced for good, and going on", plants: { store: { idleFence: true } }, shows: /a fenced actor's commit/ },
  { name: "an end that is none", plants: { store: { noEnd: true } }, shows: /a run that has ended/, seed: 124 },
];

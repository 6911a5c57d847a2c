/** Budgets, results, audit. */
import type { Guarantee } from "../guarantee.ts";

const contract = "test/contract/redis-store.test.ts";
const commit = "infra/redis/scripts/commit.lua";

export const money: readonly Guarantee[] = [
  {
    id: "budget",
    group: "Money and results",
    promise: "What is reserved and spent never exceeds the run's limit, and in the end nothing is held",
    condition:
      "the prompt was not estimated too low: output is capped by the grant, a prompt may cost more than estimated",
    mechanism: [commit, "actors/runtime/reserve.ts"],
    test: {
      file: contract,
      title: "reservations of actors at work together never exceed a limit, and in the end nothing is held",
    },
    disable: [{ file: commit, find: "if out < least then", replace: "if false then" }],
  },
  {
    id: "settled-once",
    group: "Money and results",
    promise:
      "A call is settled in the commit that takes its answer: the grant is free again, what was used is charged, once",
    condition: "always",
    mechanism: [commit],
    test: { file: contract, title: "gives the grant back and charges what was used, before the next call is granted" },
    disable: [
      {
        file: commit,
        find: "money[HELD_TOKENS] - released[1], money[HELD_NANO] - released[2]",
        replace: "money[HELD_TOKENS], money[HELD_NANO]",
      },
    ],
  },
  {
    id: "lost-call",
    group: "Money and results",
    promise: "A model call lost with its worker is charged in full and asked again under an effect of its own",
    condition: "at most 50 times a turn",
    mechanism: ["actors/runtime/recovery.ts", "actors/runtime/effects/model-call.ts"],
    test: {
      file: "test/integration/runtime.test.ts",
      title: "that is a model call lost with its worker is charged in full, and asked again under an effect of its own",
    },
    disable: [
      {
        file: "actors/runtime/recovery.ts",
        find: "return lostCall(order, { effectId: pending.id, grant: pending.grant });",
        replace: 'return "begin";',
      },
    ],
  },
  {
    id: "binding",
    group: "Money and results",
    promise: "A run is served only with the model access it was created with",
    condition: "always",
    mechanism: ["infra/redis/scripts/claim.lua", "infra/queue/queues.ts"],
    test: {
      file: "test/integration/runtime.test.ts",
      title: "without the run's model access leaves its actors stranded, and one that has it takes them up",
    },
    disable: [
      {
        file: "infra/redis/scripts/claim.lua",
        find: "if not binding or not string.find(',' .. ARGV[3] .. ',', ',' .. binding .. ',', 1, true) then",
        replace: "if false then",
      },
    ],
  },
  {
    id: "judged-input",
    group: "Money and results",
    promise: "An input that was not judged is not run",
    condition: "always",
    mechanism: ["actors/runtime/judge.ts", "actors/runtime/effects/tool-run.ts"],
    test: {
      file: "test/unit/actors/tool-run.test.ts",
      title: "an input that is not the one that was judged is never run, and the answer says so",
    },
    disable: [
      {
        file: "actors/runtime/effects/tool-run.ts",
        find: "if (inputHashOf(made.input) !== order.inputHash)",
        replace: "if (inputHashOf(made.input) === null)",
      },
    ],
  },
];

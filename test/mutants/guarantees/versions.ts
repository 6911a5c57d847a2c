/** Versions in flight, replay, fork. */
import type { Guarantee } from "../guarantee.ts";

export const versions: readonly Guarantee[] = [
  {
    id: "replay",
    group: "Versions and replay",
    promise:
      "Folding the log again gives every state, context and order that was committed, or names the first that differs",
    condition: "the machine versions in the log are registered",
    mechanism: ["actors/runtime/replay.ts", "machines/fold.ts"],
    test: { file: "test/integration/replay.test.ts", title: "an altered entry is named" },
    disable: [
      {
        file: "actors/runtime/replay.ts",
        find: "const difference = stepDiffers(step, folded, hash) ?? ordersDiffer(entry, step, folded, before);",
        replace: "const difference = ordersDiffer(entry, step, folded, before);",
      },
    ],
  },
  {
    id: "version-bump",
    group: "Versions and replay",
    promise: "A machine that changes without a new version fails the tests",
    condition: "always",
    mechanism: ["machines/machine-hash.ts", "test/golden/machines.json"],
    test: {
      file: "test/model/machine-versions.test.ts",
      title: "has a row for every machine, and every machine is what its row says",
    },
    disable: [
      {
        file: "machines/agent-states.ts",
        find: '    "session.assembled": "thinking",',
        replace: '    "session.assembled": "deciding",',
      },
    ],
  },
  {
    id: "guards",
    group: "Versions and replay",
    promise: "A machine always comes to rest, every path can end, and no call runs without having been judged",
    condition: "always",
    mechanism: ["machines/agent-states.ts", "machines/agent-vocabulary.ts"],
    test: {
      file: "test/model/agent-machine.test.ts",
      title: "keeps every law on every step of an honest world, and can always end by itself",
    },
    disable: [
      {
        file: "machines/agent-calls.ts",
        find: 'if (doorOpen && call.status === "judged") start.push(call);',
        replace: 'if (call.status === "judged") start.push(call);',
      },
    ],
  },
  {
    id: "pinned",
    group: "Versions and replay",
    promise:
      "An actor is never folded with another chart than its own: a worker that lacks it leaves the actor visibly stranded",
    condition: "until a worker that has it starts",
    mechanism: ["infra/redis/scripts/claim.lua", "machines/catalogue.ts"],
    test: {
      file: "test/integration/machine-versions.test.ts",
      title: "no actor is folded with a chart it was not made by",
    },
    disable: [
      {
        file: "infra/redis/scripts/claim.lua",
        find: "if ARGV[i] == machine then lacks = false end",
        replace: "lacks = false",
      },
    ],
  },
  {
    id: "golden",
    group: "Versions and replay",
    promise: "Logs of every generation fold as they did when they were written: state, context and effects",
    condition: "always",
    mechanism: ["machines/fold.ts", "actors/runtime/replay.ts"],
    test: { file: "test/model/golden-corpus.test.ts", title: "a log of the golden corpus folds to what it was" },
    disable: [
      {
        file: "machines/agent-vocabulary.ts",
        find: "countReminder: assign(({ context }) => ({ reminders: context.reminders + 1 })),",
        replace: "countReminder: assign(({ context }) => ({ reminders: context.reminders + 2 })),",
      },
    ],
  },
  {
    id: "fork-whole",
    group: "Versions and replay",
    promise: "A fork begins whole or not at all, and begins once however often it is sent",
    condition: "always",
    mechanism: ["infra/redis/fork-run.ts", "infra/redis/scripts/fork.lua"],
    test: {
      file: "test/integration/fork.test.ts",
      title: "a fork whose staged keys are gone begins nothing; one that is sent twice begins once",
    },
    disable: [
      {
        file: "infra/redis/scripts/fork.lua",
        find: "if redis.call('EXISTS', ARGV[i]) == 0 then return {'LOST', ARGV[i]} end",
        replace: "",
      },
    ],
  },
];

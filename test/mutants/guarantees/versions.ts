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
    mechanism: ["machines/machine-hash.ts", "machines/versions.json"],
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
];

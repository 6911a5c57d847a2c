/** What happens in the world, and how often. */
import type { Guarantee } from "../guarantee.ts";

export const effects: readonly Guarantee[] = [
  {
    id: "intent-first",
    group: "Effects",
    promise: "No effect begins before the commit that ordered it",
    condition: "always",
    mechanism: ["actors/runtime/activation.ts"],
    test: {
      file: "test/integration/runtime.test.ts",
      title: "begins only after the commit that ordered it: its intent is in the store before its performer is called",
    },
    disable: [
      {
        file: "actors/runtime/activation.ts",
        find: "    let step = lay();\n",
        replace: "    let step = lay();\n    for (const { id, order } of step.orders) this.begin(id, order, null);\n",
      },
    ],
  },
  {
    id: "performer-breaks",
    group: "Effects",
    promise: "A performer that breaks is a failure with a reason, never a silent one",
    condition: "always",
    mechanism: ["actors/runtime/recovery.ts"],
    test: {
      file: "test/integration/runtime.test.ts",
      title: "that breaks on an effect again and again ends the task with a reason, not silently",
    },
    disable: [
      {
        file: "actors/runtime/running-effects.ts",
        find: "          settle({ id, broke: cause });",
        replace: "          ends.delete(id);",
      },
    ],
  },
];

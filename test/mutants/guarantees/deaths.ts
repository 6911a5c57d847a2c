/** What is told of the dead. */
import type { Guarantee } from "../guarantee.ts";

const contract = "test/contract/redis-store.test.ts";
const boxes = "test/unit/actors/black-box.test.ts";
const lost = "infra/redis/scripts/lost.lua";

export const deathGuarantees: readonly Guarantee[] = [
  {
    id: "death-once",
    group: "Durability",
    promise: "Each death is told once, however many find the body and at whatever moment",
    condition: "Redis takes writes",
    mechanism: [lost],
    test: { file: contract, title: "is told once, signed by who died, however many find the body" },
    disable: [{ file: lost, find: "local known = died == ARGV[5]", replace: "local known = false" }],
  },
  {
    id: "death-of-the-living",
    group: "Durability",
    promise:
      "Nobody is called dead who has moved on: by a step, another claim, a fence, a quarantine, or the run's end",
    condition: "always",
    mechanism: [lost],
    test: { file: contract, title: "is none of who has moved on" },
    disable: [{ file: lost, find: "head[2] ~= ARGV[3] or version ~= ARGV[4]", replace: "false" }],
  },
  {
    id: "death-told-first",
    group: "Durability",
    promise:
      "With every process killed in the middle of a tool, the next command that opens the hive tells it before anything else, with state, unknown effects, budget and log position; the worker that comes then goes on",
    condition: "no worker that serves the run lives, and nobody parked it",
    mechanism: ["apps/cli/bodies-at-start.ts", "actors/runtime/find-bodies.ts", "infra/redis/busy-runs.ts"],
    test: {
      file: "test/e2e/black-box.test.ts",
      title: "all killed in the middle of a tool: who looks next tells it first and once",
      built: true,
    },
    disable: [
      {
        file: "apps/cli/bodies-at-start.ts",
        find: "if (busy.length === 0) return;",
        replace: "if (busy.length >= 0) return;",
      },
    ],
  },
  {
    id: "death-taken-over",
    group: "Durability",
    promise: "A worker that finds begun what nobody answers tells of the death before it recovers anything",
    condition: "always",
    mechanism: ["actors/runtime/lost-claims.ts", "actors/runtime/activation.ts"],
    test: { file: boxes, title: "is told by whoever takes the actor up" },
    disable: [
      {
        file: "actors/runtime/lost-claims.ts",
        find: "if (left.length === 0) return;",
        replace: "if (left.length >= 0) return;",
      },
    ],
  },
  {
    id: "death-or-leave",
    group: "Durability",
    promise: "A worker that ends in order, or lets a parked run rest, leaves no death behind",
    condition: "it gets to say so; one that Redis could not hear counts as dead",
    mechanism: ["actors/runtime/lost-claims.ts", lost],
    test: { file: boxes, title: "is nobody's death where it left nothing behind, or let go in good order" },
    disable: [
      {
        file: "actors/runtime/lost-claims.ts",
        find: "died: fence.epoch, event: null",
        replace: "died: 0, event: null",
      },
    ],
  },
];

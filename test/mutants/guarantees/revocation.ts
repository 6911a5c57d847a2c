/** What is taken back: actors that are fenced for good, results that count no more, an actor's own share of the budget. */
import type { Guarantee } from "../guarantee.ts";

const contract = "test/contract/redis-store.test.ts";
const rare = "infra/redis/scripts/commit-rare.lua";

export const revocation: readonly Guarantee[] = [
  {
    id: "fenced-for-good",
    group: "Steps and messages",
    promise:
      "From the commit on that takes a result back, no actor that was fenced with it commits anything, whoever runs it and however late",
    condition: "always; what it had sent before is delivered",
    mechanism: [rare, "infra/redis/scripts/claim.lua"],
    test: { file: contract, title: "commits nothing any more, whoever holds its claim, and a later claim is told so" },
    disable: [{ file: rare, find: "redis.call('HINCRBY', keyOf(actor, 's'), 'epoch', 1)\n", replace: "" }],
  },
  {
    id: "fenced-results",
    group: "Money and results",
    promise: "What an agent reported in the moment before it was fenced counts nowhere, and says so",
    condition: "always: with the fence, in one commit",
    mechanism: [rare],
    test: { file: contract, title: "leaves no result that counts: what it reported before anybody had heard of it" },
    disable: [
      { file: rare, find: "if fence(i, now) then revoke(ARGV[i + 4], ARGV[i + 5]) end", replace: "fence(i, now)" },
    ],
  },
  {
    id: "fenced-deeds",
    group: "Effects",
    promise:
      "No change to the world by a fenced actor begins after the fence, by the order in which Redis answers: the last look at the fence comes right before the gate",
    condition:
      "commands, file changes and plugin calls. A deed whose look came before the fence may still pass its gate in the moments between; it is called off, and `swarm revoke` names it as what may have been done. What only reads, and model calls, may end late: their answers are refused",
    mechanism: ["actors/runtime/acting-box.ts", "actors/runtime/activation.ts"],
    test: {
      file: "test/integration/fenced-deeds.test.ts",
      title: "of an actor that is fenced meanwhile is not begun: no gate, no deed, no answer",
      built: true,
    },
    disable: [
      {
        file: "actors/runtime/acting-box.ts",
        find: "if (isWanted !== undefined && !(await isWanted()))",
        replace: "if (isWanted === undefined)",
      },
    ],
  },
  {
    id: "unwinding",
    group: "Effects",
    promise:
      "A command that a fenced actor had begun is ended, also where its worker is dead, and the actor is looked after until it is",
    condition:
      "a worker lives on the host that began it; a host that was not seen for ten minutes is given up, and said so",
    mechanism: ["actors/runtime/unwinding.ts", rare, "infra/redis/scripts/unwound.lua"],
    test: {
      file: "test/unit/actors/unwinding.test.ts",
      title: "is looked after until what it had begun was ended for certain, and no longer",
    },
    disable: [
      {
        file: "actors/runtime/unwinding.ts",
        find: "if (await deps.calledOff(order, one.id)) ended.push(one.id);",
        replace: "void deps.calledOff(order, one.id);\n      ended.push(one.id);",
      },
    ],
  },
  {
    id: "half-trees",
    group: "Effects",
    promise:
      "With a run go the working trees of its agents, also one that was only half made when its worker was killed",
    condition: "on the host that made them",
    mechanism: ["infra/git/tree-record.ts", "infra/git/agent-trees.ts"],
    test: {
      file: "test/integration/agent-trees.test.ts",
      title: "what a death left of a tree in the making goes with it, whole or not",
    },
    disable: [
      {
        file: "infra/git/agent-trees.ts",
        find: "...(await actorsWithRemains(isolation))",
        replace: "...(await actorsWithTrees(isolation))",
      },
    ],
  },
  {
    id: "revoked-results",
    group: "Money and results",
    promise:
      "A result that was taken back says so to whoever reads it, with who said so and why; the first word stands",
    condition: "its run was not archived yet: an archive is never changed, and the command says so",
    mechanism: ["infra/redis/scripts/revoked-envelope.lua", rare, "infra/redis/scripts/revoke-ended.lua"],
    test: {
      file: contract,
      title: "says so to whoever reads it, and why; nothing else of it changes, and the first word stands",
    },
    disable: [
      {
        file: "infra/redis/scripts/revoked-envelope.lua",
        find: "if not from then return nil end",
        replace: "if from then return nil end",
      },
    ],
  },
  {
    id: "budget-share",
    group: "Money and results",
    promise: "What an actor's calls are granted and have used never passes its own share of the run's budget",
    condition: "its task has one; each attempt is an actor, and has the share anew",
    mechanism: ["infra/redis/scripts/commit.lua", rare],
    test: { file: contract, title: "never has more, however its calls come and end" },
    disable: [
      {
        file: "infra/redis/scripts/commit.lua",
        find: "  if rare then tokensLeft, nanoLeft = rare.withinShare(tokensLeft, nanoLeft, released, settled) end\n",
        replace: "",
      },
    ],
  },
];

/** Budgets, results, audit. */
import type { Guarantee } from "../guarantee.ts";

const contract = "test/contract/redis-store.test.ts";
const verify = "test/unit/actors/result-verify.test.ts";
const probed = "test/unit/actors/probed-findings.test.ts";
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
  {
    id: "claimed-work",
    group: "Money and results",
    promise: "Work that a report claims and the journal does not show keeps it from counting, with the count named",
    condition:
      "an agent that acts, and the default form: `changed`, `ran`, and what the summary says in plain words. Level one does not understand prose",
    mechanism: ["actors/runtime/claim-problems.ts", "actors/runtime/claims-in-words.ts", "actors/runtime/work-done.ts"],
    test: {
      file: verify,
      title: "without an entry of the journal is rejected by name, with the count and the sentence",
    },
    disable: [
      {
        file: "actors/runtime/effects/result-verify.ts",
        find: "return claimProblems(value, { box, workspace: run.workspace, done, alone });",
        replace: "return alone ? [] : claimProblems(value, { box, workspace: run.workspace, done, alone });",
      },
    ],
  },
  {
    id: "forged-evidence",
    group: "Money and results",
    promise: "How a command ended is what the runtime recorded of it, never what an output or the agent says",
    condition: "always",
    mechanism: ["actors/runtime/evidence.ts", "actors/runtime/work-done.ts", "actors/runtime/effects/tool-run.ts"],
    test: {
      file: verify,
      title: "is never believed for what an output says, also under an id that was used before",
    },
    disable: [
      {
        file: "actors/runtime/work-done.ts",
        find: "if (did === undefined || asked === undefined || asked.name !== did.tool) continue;",
        replace: "if (asked === undefined) continue;",
      },
      {
        file: "actors/runtime/work-done.ts",
        find: "done.push({ ...did, call, input: asked.input",
        replace: "done.push({ effect: call, ok: true, exitCode: 0, ...did, tool: asked.name, call, input: asked.input",
      },
    ],
  },
  {
    id: "claimed-lines",
    group: "Money and results",
    promise: "A line that an evaluation's agent claims is read again by machine before the claim counts",
    condition: "always; its probe is run again too, where the file is in a language with a parser here",
    mechanism: ["actors/runtime/probed-findings.ts", "actors/runtime/effects/result-verify.ts"],
    test: { file: probed, title: "an invented quote, and an invented line" },
    disable: [
      {
        file: "actors/runtime/probed-findings.ts",
        find: "if (verdict.holds) quoted.push(finding);",
        replace: 'if (verdict.holds || finding.quote !== "") quoted.push(finding);',
      },
    ],
  },
  {
    id: "claimed-comments",
    group: "Money and results",
    promise: "What a comment, a text or a document says of a codebase is no evidence about it",
    condition: "the file is in a language with a parser here; documents always",
    mechanism: ["actors/runtime/probed-findings.ts"],
    test: {
      file: probed,
      title: "words in a comment, in a text and in a document: what they ask for is proof of nothing",
    },
    disable: [
      {
        file: "actors/runtime/probed-findings.ts",
        find: 'facts.code.slice(from, to).trim() === ""',
        replace: 'facts.source.slice(from, to).trim() === ""',
      },
    ],
  },
  {
    id: "contested-gate",
    group: "Money and results",
    promise:
      "A gate over an evaluation goes by the lower of two levels that a model and the local analyst contradict each other with",
    condition: "a model was asked, and both know the primitive",
    mechanism: ["apps/cli/evaluate/second-opinion.ts", "apps/cli/evaluate/fail-on.ts", "apps/cli/evaluate/against.ts"],
    test: {
      file: "test/unit/apps/evaluate/second-opinion.test.ts",
      title: "goes by the lower of two levels that contradict each other, whoever said it",
    },
    disable: [
      {
        file: "apps/cli/evaluate/second-opinion.ts",
        find: "return height[local.level] < height[level] ? local.level : level;",
        replace: "return level;",
      },
    ],
  },
  {
    id: "substitute-told",
    group: "Money and results",
    promise:
      "Another model than the one that was asked is named in the result, and where the run forbids it, fails the task",
    condition: "the server names the model that answered",
    mechanism: ["actors/runtime/provenance.ts", "actors/runtime/effects/model-call.ts", "infra/model/model-id.ts"],
    test: {
      file: "test/integration/lying-models.test.ts",
      title: "where substitutes are forbidden, an answer of another model fails the task with both names",
      built: true,
    },
    disable: [
      {
        file: "actors/runtime/effects/model-call.ts",
        find: 'if (context.run.config.fallback !== "forbid" ||',
        replace: "if (context.run.config.fallback !== undefined ||",
      },
    ],
  },
];

/** What a person is asked, and what their answer can and cannot do. */
import type { Guarantee } from "../guarantee.ts";

const contract = "test/contract/redis-store.test.ts";
const approvals = "test/integration/approvals.test.ts";
const answer = "infra/redis/scripts/answer.lua";
const commit = "infra/redis/scripts/commit.lua";
const sweep = "infra/redis/scripts/sweep.lua";

export const approvalGuarantees: readonly Guarantee[] = [
  {
    id: "asked-with-the-step",
    group: "Approvals",
    promise: "What needs a yes is asked about in the commit of the step that brought it, or not at all",
    condition: "always",
    mechanism: [commit, "actors/runtime/approvals.ts"],
    test: {
      file: contract,
      title: "is asked with the step that needs it, dated by the store, counted, and wakes nobody",
    },
    disable: [
      {
        file: "infra/redis/scripts/commit-approvals.lua",
        find: "redis.call('HSET', KEYS[16], id, ARGV[i + 1], id .. '#s', facts, id .. '#u', ARGV[i + 5])",
        replace: "redis.call('HSET', KEYS[16], id, ARGV[i + 1])",
      },
    ],
  },
  {
    id: "answered-once",
    group: "Approvals",
    promise: "An approval is answered once: of all that answer one counts, and the others are told the verdict",
    condition: "always",
    mechanism: [answer],
    test: { file: approvals, title: "is answered once, however many answer at the same moment" },
    disable: [{ file: answer, find: "if found[2] then", replace: "if false then" }],
  },
  {
    id: "answer-echo",
    group: "Approvals",
    promise: "An answer whose reply was lost is the same answer when it is sent again",
    condition: "always",
    mechanism: [answer, "infra/steady-store.ts"],
    test: { file: contract, title: "given twice is given once" },
    disable: [{ file: answer, find: "if read and answer.token == ARGV[5] then return {'OK'} end", replace: "" }],
  },
  {
    id: "bound-to-the-proposal",
    group: "Approvals",
    promise: "An answer is bound to what was proposed, word for word: who saw something else has approved nothing",
    condition: "always",
    mechanism: [answer, "infra/approval.ts", "actors/runtime/effects/tool-run.ts"],
    test: { file: approvals, title: "is not approved by whoever saw something else" },
    disable: [{ file: answer, find: "if hash ~= ARGV[4] or member ~= ARGV[8]", replace: "if member ~= ARGV[8]" }],
  },
  {
    id: "expires",
    group: "Approvals",
    promise: "An approval that nobody answers in time is refused, on Redis's clock, whoever lives or dies meanwhile",
    condition: "it is told by the next sweep: a worker lives, or the next one starts",
    mechanism: [sweep, commit],
    test: {
      file: approvals,
      title: "expires by the store's clock after the operator's time, and the agent goes on without it",
    },
    disable: [{ file: sweep, find: "mail = expire(run, approval)", replace: "mail = nil" }],
  },
  {
    id: "never-late",
    group: "Approvals",
    promise: "… and cannot be approved after its time, though no sweep has come by",
    condition: "always",
    mechanism: [answer],
    test: { file: contract, title: "cannot be answered any more, though no sweep has come by" },
    disable: [{ file: answer, find: "if now >= tonumber(expires) then return {'LATE', ''} end", replace: "" }],
  },
  {
    id: "ended-asks-nobody",
    group: "Approvals",
    promise: "A run that has ended asks nobody: what waited is withdrawn, and an answer to it does nothing",
    condition: "always",
    mechanism: [answer, commit],
    test: { file: contract, title: "of a run that has ended is withdrawn, and an answer to it is told so" },
    disable: [
      { file: answer, find: "if run[1] ~= 'running' then return refuse('ended', {'ENDED', run[1]}) end", replace: "" },
    ],
  },
  {
    id: "denied-behind",
    group: "Approvals",
    promise:
      "A waiting approval holds back the changing calls behind it and no others; a no refuses them, and the model is told of each",
    condition: "always",
    mechanism: ["machines/agent-calls.ts", "actors/runtime/approvals.ts"],
    test: { file: approvals, title: "holds back the changing calls behind it and no others" },
    disable: [
      {
        file: "actors/runtime/approvals.ts",
        find: "entries.push(toolResultEntry(call.id, reason, false));",
        replace: "",
      },
    ],
  },
  {
    id: "revoked",
    group: "Approvals",
    promise: "A right that was taken back, or has ended, answers nothing any more",
    condition: "for calls that are judged from then on",
    mechanism: ["infra/approval.ts", "infra/redis/scripts/revoke.lua"],
    test: { file: "test/unit/infra/approval.test.ts", title: "taken back, ended or another's is not held" },
    disable: [{ file: "infra/approval.ts", find: "grant.revoked === null &&", replace: "" }],
  },
];

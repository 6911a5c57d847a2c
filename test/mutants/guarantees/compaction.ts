/** What a conversation that is made shorter keeps, and what making it shorter may cost. */
import type { Guarantee } from "../guarantee.ts";

const plan = "actors/runtime/compaction-plan.ts";
const generations = "actors/runtime/generations.ts";
const words = "actors/runtime/summary-words.ts";
const due = "machines/compaction-due.ts";
const unit = "test/unit/actors/compaction.test.ts";
const kept = "is legal, keeps what was promised and hides nothing from the runtime";

export const compactionGuarantees: readonly Guarantee[] = [
  {
    id: "compaction-pins",
    group: "Steps and messages",
    promise:
      "The task and what is pinned stay in every prompt byte for byte, however often a conversation is made shorter",
    condition: "always",
    mechanism: [generations],
    test: { file: unit, title: kept },
    disable: [{ file: generations, find: "filter(({ pinned }) => pinned === true)", replace: "filter(() => false)" }],
  },
  {
    id: "compaction-thinking",
    group: "Steps and messages",
    promise: "Thinking is never sent behind anything but what it was made from, or its server's own summary",
    condition: "always",
    mechanism: [generations],
    test: { file: unit, title: kept },
    disable: [
      {
        file: generations,
        find: 'if (by === "server") return [entry];',
        replace: "if (by !== undefined) return [entry];",
      },
    ],
  },
  {
    id: "compaction-block",
    group: "Threats",
    promise: "Nothing that a summary says can close the block in which it is shown as data",
    condition: "always",
    mechanism: [words],
    test: { file: unit, title: kept },
    disable: [{ file: words, find: '.replaceAll("<", "\\\\u003c")', replace: "" }],
  },
  {
    id: "compaction-out-of-sight",
    group: "Effects",
    promise:
      "A file whose content is out of the agent's sight counts as not read: it is read again before it is changed",
    condition: "always",
    mechanism: ["actors/runtime/conversation.ts", "actors/runtime/effects/tool-run.ts"],
    test: { file: unit, title: kept },
    disable: [
      {
        file: "actors/runtime/conversation.ts",
        find: "return isInSight(entries, at) ? entries[at]?.saw?.sha256 : undefined;",
        replace: "return entries[at]?.saw?.sha256;",
      },
    ],
  },
  {
    id: "compaction-worth",
    group: "Money and results",
    promise: "A prompt that would shrink by less than 30 in a hundred is not made another one",
    condition: "by an estimate of bytes",
    mechanism: [plan],
    test: { file: unit, title: "a prompt that would shrink by less than 30 in a hundred is left as it is" },
    disable: [{ file: plan, find: "if (after > before * (1 - SAVED_SHARE_LEAST)) return null;", replace: "" }],
  },
  {
    id: "compaction-breaker",
    group: "Money and results",
    promise: "A summariser that always fails is asked three times, then once in ten turns",
    condition: "per agent",
    mechanism: [due],
    test: {
      file: "test/unit/machines/agent-machine.test.ts",
      title: "after three failures in a row nothing is tried for ten turns; then one try decides",
    },
    disable: [{ file: due, find: "failures < COMPACTION_FAILURES_MAX || ", replace: "failures < 1_000_000 || " }],
  },
];

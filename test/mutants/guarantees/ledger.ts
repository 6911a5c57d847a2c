/** The coordinator's books: what may start, what is taken back, what is carried out of what agents propose. */
import type { Guarantee } from "../guarantee.ts";

const file = "test/unit/machines/coordinator-machine.test.ts";

export const ledger: readonly Guarantee[] = [
  {
    id: "called-off-with-its-agent",
    group: "Steps and messages",
    promise:
      "A task that was called off ends at once, with what needs it: its agent is fenced, and the rest of the run goes on",
    condition: "while nothing of it is verified",
    mechanism: ["machines/task-cancel.ts"],
    test: { file, title: "a task that nobody wants any more ends with what needs it" },
    disable: [
      {
        file: "machines/task-cancel.ts",
        find: 'task.status === "running" ?',
        replace: 'task.status === "joining" ?',
      },
    ],
  },
  {
    id: "joined-counts",
    group: "Steps and messages",
    promise:
      "A task whose agent works in a tree of its own counts, and lets others start, once its work is joined to the run's tree",
    condition: "always",
    mechanism: ["machines/task-supervision.ts"],
    test: { file, title: "work in a tree of its own counts once it is joined" },
    disable: [
      {
        file: "machines/task-supervision.ts",
        find: 'task.joins === true ? "joining" : afterJoin(task)',
        replace: "afterJoin(task)",
      },
    ],
  },
  {
    id: "one-errand",
    group: "Steps and messages",
    promise: "The run's tree has one writer: one thing is sent for at a time, and only its own answer is taken",
    condition: "always",
    mechanism: ["machines/task-errands.ts"],
    test: { file, title: "one thing is sent for at a time, in the order of the plan" },
    disable: [
      {
        file: "machines/task-errands.ts",
        find: "if (ledger.errand !== null || ledger.cancelReason !== null) return null;",
        replace: "if (ledger.cancelReason !== null) return null;",
      },
    ],
  },
  {
    id: "revoked-at-once",
    group: "Steps and messages",
    promise: "Whoever works on top of a result that is taken back is fenced in the same step",
    condition: "always",
    mechanism: ["machines/task-revocation.ts"],
    test: { file, title: "a result that is taken back takes all that stands on it along" },
    disable: [
      {
        file: "machines/task-revocation.ts",
        find: 'const working = fallen.filter(({ status }) => status === "running");',
        replace: "const working = fallen.filter(() => false);",
      },
    ],
  },
  {
    id: "revoked-no-ground",
    group: "Steps and messages",
    promise: "Nobody begins with a tree that holds what was revoked: births wait until it is rebuilt",
    condition: "agents work in trees of their own",
    mechanism: ["machines/coordinator-orders.ts"],
    test: { file, title: "commits that stay are kept in the order in which they came" },
    disable: [{ file: "machines/coordinator-orders.ts", find: " && !treeIsOff(context)", replace: "" }],
  },
  {
    id: "revoked-bounded",
    group: "Steps and messages",
    promise: "A result is taken back and made again a bounded number of times",
    condition: "3 times a task",
    mechanism: ["machines/task-revocation.ts"],
    test: { file, title: "one result is made again so many times and no more" },
    disable: [
      {
        file: "machines/task-revocation.ts",
        find: "if (redo && revocations <= REVOCATIONS_MAX)",
        replace: "if (redo)",
      },
    ],
  },
  {
    id: "revoked-not-home",
    group: "Steps and messages",
    promise: "Work that holds what was revoked is not brought home, and its run does not complete",
    condition: "it was not merged yet",
    mechanism: ["machines/coordinator-context.ts"],
    test: { file, title: "taken back after all was done, it ends the run as failed" },
    disable: [
      {
        file: "machines/coordinator-context.ts",
        find: '...(stale ? ["the run\'s work holds what was revoked"] : []),',
        replace: "",
      },
    ],
  },
  {
    id: "legal-proposals",
    group: "Steps and messages",
    promise:
      "What agents propose is carried out only where the graph stays one: no circle, no stranger, nothing taken twice, nothing begun dropped",
    condition: "always",
    mechanism: ["machines/task-proposals.ts"],
    test: { file, title: "an illegal proposal is a failed attempt" },
    disable: [
      {
        file: "machines/task-proposals.ts",
        find: "  if (problems.length > 0) return unreadable(ledger, task, problems);\n",
        replace: "",
      },
    ],
  },
  {
    id: "plan-yes",
    group: "Steps and messages",
    promise: "A yes lets exactly the plan through that was shown",
    condition: "somebody is asked about plans",
    mechanism: ["machines/task-proposals.ts"],
    test: { file, title: "a plan that was taken back is not carried out by a yes to it" },
    disable: [
      {
        file: "machines/task-proposals.ts",
        find: 'proposals[id] != null && planCall(result ?? "") === call)',
        replace: 'proposals[id] != null && call.startsWith(planCall("")) && result !== null)',
      },
    ],
  },
  {
    id: "deadline",
    group: "Steps and messages",
    promise: "An agent past its deadline is fenced, and its attempt is an explicit failure",
    condition: "the task has a deadline",
    mechanism: ["machines/task-supervision.ts"],
    test: { file, title: "an attempt has its time: past it its agent is fenced" },
    disable: [
      {
        file: "machines/task-supervision.ts",
        find: "const without = fencing(ledger, [{ actor, agentType: typeOf(task) }], reason);",
        replace: "const without = ledger;",
      },
    ],
  },
  {
    id: "excused",
    group: "Steps and messages",
    promise: "An attempt that ended for another's sake does not count against its task",
    condition: "always",
    mechanism: ["machines/task-supervision.ts"],
    test: { file, title: "one for all: who works starts again with the one that failed" },
    disable: [
      {
        file: "machines/task-supervision.ts",
        find: "excused: (task.excused ?? 0) + 1,",
        replace: "excused: task.excused ?? 0,",
      },
    ],
  },
];

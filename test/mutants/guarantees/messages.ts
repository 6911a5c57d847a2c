/** Guarantees of what agents say to each other, and of what a task is held to before it begins. */
import type { Guarantee } from "../guarantee.ts";

const laws = "test/unit/machines/agent-machine.test.ts";
const states = "machines/agent-states.ts";
const said = "machines/agent-messages.ts";

export const messages: readonly Guarantee[] = [
  {
    id: "question-ends",
    group: "Steps and messages",
    promise:
      "A question to the parent is answered, or its wait ends by itself and the agent is told that nobody answered",
    condition: "always; an hour unless the task's limits say otherwise",
    mechanism: [states, said],
    test: { file: laws, title: "the wait for answers ends by itself" },
    disable: [
      {
        file: "machines/agent-vocabulary.ts",
        find: "calls: withoutWaiting(context.calls)",
        replace: "calls: context.calls",
      },
    ],
  },
  {
    id: "question-own",
    group: "Steps and messages",
    promise: "An answer closes the one call that asked for it, in the turn that asked, and no other",
    condition: "always",
    mechanism: [said],
    test: { file: laws, title: "an answer to a question of another turn, or of another agent, answers nothing" },
    disable: [
      {
        file: said,
        find: 'status === "waiting" && wordOf(of, id) === event.question',
        replace: 'status === "waiting"',
      },
    ],
  },
  {
    id: "question-first",
    group: "Steps and messages",
    promise: "Nothing that changes begins behind an open question",
    condition: "always",
    mechanism: ["machines/agent-calls.ts", "actors/runtime/spoken-calls.ts"],
    test: { file: laws, title: "no changing call begins behind an open question" },
    disable: [
      { file: "machines/agent-calls.ts", find: 'if (call.status === "waiting") doorOpen = false;', replace: "" },
    ],
  },
  {
    id: "post-not-early",
    group: "Steps and messages",
    promise:
      "What others post is told before the next model call, once and in its order; a call that is out never seems to have known",
    condition: "while its reader lives; what it never read is told in the log",
    mechanism: [states, said],
    test: { file: laws, title: "what others post while a model call is out is told with the next one" },
    disable: [{ file: states, find: ', "forgetPosts"]', replace: "]" }],
  },
  {
    id: "post-once",
    group: "Steps and messages",
    promise: "A message reaches those who hear its topic once and in order, through a kill of everything",
    condition: "while its reader lives",
    mechanism: [said, "machines/coordinator-machine.ts", "infra/redis/scripts/commit.lua"],
    test: { file: "test/e2e/words.test.ts", title: "messages of a topic are told once and in order", built: true },
    disable: { never: "mailbox, order and the end of a message are parts of the one commit" },
  },
  {
    id: "post-no-right",
    group: "Threats",
    promise: "What another agent says stands in one closed block as data; no text in it can leave the block",
    condition: "always",
    mechanism: ["actors/runtime/notes.ts"],
    test: {
      file: "test/unit/actors/spoken-calls.test.ts",
      title: "stands in one closed block that no text in it can leave",
    },
    disable: [{ file: "actors/runtime/notes.ts", find: '.replaceAll("<", "\\\\u003c")', replace: "" }],
  },
  {
    id: "terms-held",
    group: "Steps and messages",
    promise:
      "A task whose brief or results are not the ones that were given is refused by name, before a model is asked",
    condition: "where its parent named them",
    mechanism: ["actors/runtime/terms-check.ts", "actors/runtime/effects/session-assemble.ts"],
    test: { file: "test/unit/actors/terms.test.ts", title: "is refused by" },
    disable: [
      {
        file: "actors/runtime/effects/session-assemble.ts",
        find: "if (broken.length > 0) return refused(refusal(broken));",
        replace: "",
      },
    ],
  },
];

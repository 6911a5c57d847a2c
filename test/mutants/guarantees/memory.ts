/** What is remembered: by whom it may be kept, for how long it is told, and what a crash makes of it. */
import type { Guarantee } from "../guarantee.ts";

const laws = "test/unit/actors/memory/memory.test.ts";
const looking = "actors/runtime/memory/looking.ts";
const files = "infra/memory/workspace-memory.ts";

export const memoryGuarantees: readonly Guarantee[] = [
  {
    id: "memory-borne-out",
    group: "Effects",
    promise: "Nothing is told as remembered whose line is gone from its file: it is forgotten, and the log says so",
    condition: "it has a line as its source",
    mechanism: [looking, "registry/quote.ts"],
    test: { file: laws, title: "stays while its line moves, and is forgotten when it is gone" },
    disable: [
      {
        file: looking,
        find: 'return { holds: false, forget: "source-changed", why: cause.message };',
        replace: "return { holds: true };",
      },
    ],
  },
  {
    id: "memory-once",
    group: "Effects",
    promise:
      "A call that keeps something, made again after a crash, keeps it once, and not at all once it was forgotten",
    condition: "of the last 500 things that were forgotten",
    mechanism: [files, "actors/runtime/memory/keeping.ts"],
    test: { file: laws, title: "is one item however often its call is made, and none once a person forgot it" },
    disable: [
      {
        file: "actors/runtime/memory/keeping.ts",
        find: "shortHash(effect)",
        replace: "shortHash(effect + Math.random())",
      },
    ],
  },
  {
    id: "memory-marked",
    group: "Threats",
    promise: "What was kept by an agent that had read a stranger's words is told to nobody who did not ask for such",
    condition: "the reading was seen by the runtime",
    mechanism: ["actors/runtime/memory/session-memory.ts", "actors/runtime/memory/keeping.ts"],
    test: { file: laws, title: "is named to nobody unasked, and marks who asks for it" },
    disable: [
      {
        file: "actors/runtime/memory/keeping.ts",
        find: "...withTaint(handedDown(taint, actor)),",
        replace: "",
      },
    ],
  },
  {
    id: "memory-whole",
    group: "Effects",
    promise:
      "What a writer said it kept for later runs is there, whoever is killed when, and however many write at once",
    condition: "a disk that does what fsync says",
    mechanism: [files, "infra/journal/durable-file.ts"],
    test: {
      file: "test/integration/workspace-memory.test.ts",
      title: "what a writer said it kept is there, also where it was killed a moment later, and beside another one",
    },
    disable: [
      {
        file: files,
        find: "await createDurably(join(itemsIn,",
        replace: 'if (item.id === "") await createDurably(join(itemsIn,',
      },
    ],
  },
];

/** Who the server answers, what its streams may never do, and what an answer given on the page can and cannot be. */
import type { Guarantee } from "../guarantee.ts";

const door = "test/integration/server-door.test.ts";
const runs = "test/integration/server-runs.test.ts";
const orders = "test/integration/server-orders.test.ts";
const gate = "apps/server/gate.ts";
const sessions = "apps/server/sessions.ts";
const tail = "apps/server/tail.ts";
const group = "Server and page";

export const serverGuarantees: readonly Guarantee[] = [
  {
    id: "server-loopback",
    group,
    promise: "The server listens on an address of this machine alone",
    condition: "always; there is no switch for more",
    mechanism: ["apps/server/server.ts"],
    test: { file: door, title: "listens for this machine alone, and says whose port it could not have" },
    disable: [
      {
        file: "apps/server/server.ts",
        find: "if (!isLoopback(address)) throw notLoopback(address);",
        replace: "",
      },
    ],
  },
  {
    id: "server-let-in",
    group,
    promise: "Whoever was not let in is told nothing, by any address: not by the page, the API, a stream or the queues",
    condition: "always",
    mechanism: [gate],
    test: { file: door, title: "is told nothing by any address" },
    disable: [{ file: gate, find: "if (id === undefined || !sessions.knows(id)) throw notLetIn();", replace: "" }],
  },
  {
    id: "server-link-once",
    group,
    promise: "A link lets one browser in, once",
    condition: "always",
    mechanism: [sessions, gate],
    test: { file: door, title: "becomes a cookie that scripts cannot read, once" },
    disable: [{ file: sessions, find: "links.delete(hash);", replace: "" }],
  },
  {
    id: "server-link-time",
    group,
    promise: "… and nobody after an hour; a session ends by itself",
    condition: "by this machine's clock",
    mechanism: [sessions],
    test: { file: door, title: "that nobody opened in its time is dead" },
    disable: [{ file: sessions, find: " || nowMs() - madeMs > LINK_MS", replace: "" }],
  },
  {
    id: "server-own-name",
    group,
    promise: "A page that makes its own name point here is refused by that name (DNS rebinding)",
    condition: "always",
    mechanism: [gate],
    test: { file: door, title: "is refused by the name it calls us by, whatever it knows" },
    disable: [
      { file: gate, find: "if (!namesOf(port()).includes(host.toLowerCase())) {", replace: "if (host === '') {" },
    ],
  },
  {
    id: "server-own-page",
    group,
    promise:
      "Another page neither reads nor writes here, though its requests carry our cookie: another port is another page",
    condition: "a browser that sends `Origin` or `Sec-Fetch-Site`; each that has them does",
    mechanism: [gate],
    test: { file: door, title: "neither reads nor writes, also from another port of this host" },
    disable: [{ file: gate, find: "if (!ours || (foreign && !opens)) {", replace: "if (!ours && foreign) {" }],
  },
  {
    id: "server-write-marked",
    group,
    promise: "… and what a session writes says which page it comes from, or is not done",
    condition: "always",
    mechanism: [gate],
    test: { file: door, title: "neither reads nor writes, also from another port of this host" },
    disable: [{ file: gate, find: "if (!isPage) throw", replace: "if (!isPage && id === '') throw" }],
  },
  {
    id: "board-looks-only",
    group,
    promise: "The queues are shown and cannot be changed: a job that was retried there would pass by its mailbox",
    condition: "always",
    mechanism: ["apps/server/board.ts"],
    test: { file: door, title: "shows the queues without taking a word about them" },
    disable: [
      {
        file: "apps/server/board.ts",
        find: "{ readOnlyMode: true, allowRetries: false }",
        replace: "{ readOnlyMode: false }",
      },
      {
        file: "apps/server/board.ts",
        find: `if (c.req.method !== "GET") throw`,
        replace: `if (c.req.method === "") throw`,
      },
    ],
  },
  {
    id: "stream-never-twice",
    group,
    promise: "A stream tells no event twice, wherever its reader was, in the middle of a commit too",
    condition: "always",
    mechanism: [tail],
    test: { file: runs, title: "may begin in the middle of a commit" },
    disable: [{ file: tail, find: ".filter(({ seq }) => seq > told)", replace: "" }],
  },
  {
    id: "stream-never-less",
    group,
    promise: "… and leaves none out: the commit that its reader saw the beginning of is told to its end",
    condition: "always",
    mechanism: [tail],
    test: { file: runs, title: "may begin in the middle of a commit" },
    disable: [
      { file: tail, find: "let read = Math.max(0, after - ENTRY_EVENTS);", replace: "let read = after;" },
      { file: tail, find: "let begun = false;", replace: "let begun = true;" },
    ],
  },
  {
    id: "stream-goes-on",
    group,
    promise: "A reader that comes back after the server began anew goes on where it was, without a new link",
    condition: "its session is not over",
    mechanism: ["apps/server/events.ts", sessions],
    test: { file: runs, title: "that goes on after the server began anew has lost and repeated nothing" },
    disable: [
      {
        file: "apps/server/events.ts",
        find: `last === undefined || last === "" ? after : seq.parse(last)`,
        replace: "after",
      },
    ],
  },
  {
    id: "page-answers-whole-hash",
    group,
    promise: "An answer over HTTP carries the whole hash of what was shown, not the beginning of one",
    condition: "always",
    mechanism: ["apps/server/approvals.ts"],
    test: { file: orders, title: "is told with its exact input, why it is asked and who waits behind it" },
    disable: [
      {
        file: "apps/server/approvals.ts",
        find: `hash: z.string().regex(/^[0-9a-f]{64}$/, "the whole hash that was shown, 64 characters"),`,
        replace: "hash: z.string(),",
      },
    ],
  },
  {
    id: "page-answers-what-was-shown",
    group,
    promise: "… and one that was shown something else approves nothing",
    condition: "always",
    mechanism: ["apps/cli/approvals/give-answer.ts", "infra/redis/scripts/answer.lua"],
    test: { file: orders, title: "is told with its exact input, why it is asked and who waits behind it" },
    disable: [
      {
        file: "apps/cli/approvals/give-answer.ts",
        find: "return seen.length >= HASH_LEAST && approval.hash.startsWith(seen) ? approval.hash : seen;",
        replace: "return approval.hash;",
      },
    ],
  },
  {
    id: "page-keeps-what-is-looked-at",
    group,
    promise: "On the page no other proposal takes the place of the one that somebody looks at",
    condition: "always",
    mechanism: ["apps/visualizer/page/inbox-pick.ts"],
    test: {
      file: "test/unit/apps/visualizer/page-parts.test.ts",
      title: "the proposal that somebody looks at stays open",
    },
    disable: [
      {
        file: "apps/visualizer/page/inbox-pick.ts",
        find: "return { id: looked, gone: !partly && !waiting.includes(looked) };",
        replace: "return { id: waiting.includes(looked) ? looked : (waiting[0] ?? null), gone: false };",
      },
    ],
  },
];

/** Laws of what was out when a run was forked: everything that waits gets an answer in the fork, and nobody's yes is taken along. */
import { expect, it } from "vitest";
import { saidOf } from "../../../actors/runtime/fork-answers.ts";
import type { ActorMoment } from "../../../actors/runtime/moment.ts";
import type { OutsideEffect } from "../../../machines/effect.ts";

const moment = (actor: string, orders: readonly object[], context: object): ActorMoment =>
  ({
    actor,
    mail: [],
    pending: new Map(
      orders.map((order, index) => [
        `r_source/${actor}/0.7:${index}`,
        { id: `r_source/${actor}/0.7:${index}`, order: order as OutsideEffect },
      ]),
    ),
    state: { snapshot: { status: "active", value: "supervising", context }, timers: {} },
  }) as unknown as ActorMoment;
const said = (one: ActorMoment) => saidOf(one, "r_fork", { transcript: [] });
const eventsIn = ({ mail }: ReturnType<typeof saidOf>) => mail.map((one) => ("event" in one ? one.event : one));

it("errands of a coordinator are sent again under ids of the fork", () => {
  const orders = [
    { type: "task.join", task: "a", actor: "a_a", result: "res_a" },
    { type: "workspace.rebuild", commits: [] },
    { type: "proposal.prepare", kind: "replan", task: "replan-1", about: ["a"], reasons: [] },
    { type: "proposal.read", task: "plan", result: "res_plan", instead: null, known: [], room: 10 },
    { type: "verdict.read", task: "c", result: "res_c", of: "res_a" },
  ];
  const { pending, mail } = said(moment("a_coordinator", orders, {}));
  expect(pending.map(({ order }) => order)).toEqual(orders);
  expect(pending.map(({ id }) => id)).toEqual(orders.map((_, index) => `r_fork/a_coordinator/0.7:${index}`));
  expect(mail).toEqual([]);
});

it("a question that was on its way to somebody is closed", () => {
  const order = { type: "question.put", question: "a_a:1:q", actor: "a_a", text: "which?" };
  const found = said(moment("a_coordinator", [order], {}));
  expect(found.pending).toEqual([]);
  expect(eventsIn(found)).toMatchObject([{ type: "question.closed", question: "a_a:1:q" }]);
});

it("a plan that somebody is asked about in the source is denied in the fork, one that was decided is left alone", () => {
  const tasks = { plan: { id: "plan", result: "res_plan" }, other: { id: "other", result: "res_other" } };
  const found = said(moment("a_coordinator", [], { proposals: { plan: { tasks: [] }, other: null }, tasks }));
  expect(eventsIn(found)).toMatchObject([
    { type: "approval.answered", call: "plan:res_plan", allowed: false, by: "fork" },
  ]);
});

it("an agent that waits is told that nobody answers there, for each question of its turn and for no other call", () => {
  const calls = [
    { id: "q1", status: "waiting" },
    { id: "q2", status: "done" },
    { id: "q3", status: "waiting" },
  ];
  const found = said(moment("a_a", [], { calls, turn: 3 }));
  expect(eventsIn(found)).toMatchObject([
    { type: "question.answered", question: "a_a:3:q1", answer: null, by: "fork" },
    { type: "question.answered", question: "a_a:3:q3", answer: null, by: "fork" },
  ]);
});

it("a compaction that is under way in the source fails in the fork, which goes on with its conversation as it is", () => {
  const order = { type: "transcript.compact", turn: 4, by: "summary" };
  const found = said(moment("a_a", [order], {}));
  expect(found.pending).toEqual([]);
  expect(eventsIn(found)).toMatchObject([
    { type: "compaction.failed", turn: 4, reason: expect.stringMatching(/^forked/) },
  ]);
});

it("an edited message takes the place of what the agent was told last, and never of a summary or of what is pinned", () => {
  const entry = (text: string, more = {}) =>
    JSON.stringify({ role: "user", content: [{ type: "text", text }], ...more });
  const transcript = [
    entry("the task"),
    entry("told"),
    entry("pinned", { pinned: true }),
    entry("summary", { compacted: { to: 1, by: "own", generation: 2 } }),
  ];
  const message = { text: "instead", edit: true } as never;
  const edited = saidOf(moment("a_a", [], {}), "r_fork", { transcript, message }).transcript;
  expect(edited.map((json) => JSON.parse(json).content[0].text)).toEqual(["the task", "instead", "pinned", "summary"]);
});

/** The laws of what agents ask their parent and tell each other, as stories. */
import { expect } from "vitest";
import { INSIDE_EFFECTS_MAX } from "../../machines/effect.ts";
import { POSTS_MAX, QUESTIONS_MAX } from "../../machines/task-messages.ts";
import type { Story } from "./given.ts";
import type { Law } from "./given-agent-laws.ts";
import {
  answers,
  asks,
  closed,
  coordinating,
  died,
  opened,
  orders,
  posts,
  sentFor,
  settles,
  stop,
  task,
} from "./given-coordinator.ts";

const law = (title: string, holds: Law["holds"]): Law => ({ title, holds });
const QUESTION = "a_a:0:q";
const told = (story: Story): readonly unknown[] =>
  orders(story, "message.send").map(({ to, event }) => {
    const { type, answer, by, reason } = event as { type: string; answer?: unknown; by?: string; reason?: string };
    return type === "question.answered" ? [to, answer, by, reason] : [to, type];
  });

export const messageLaws: readonly Law[] = [
  law("a question is put where somebody finds it, and their answer goes to who asked", (machine) => {
    const story = coordinating([task("a"), task("b")], { machine }).when(asks("a_a"));
    expect(sentFor(story)).toEqual([{ type: "question.put", question: QUESTION, actor: "a_a", text: "which port?" }]);
    const open = story.when(opened(QUESTION));
    expect(orders(open, "approval.request")).toEqual([
      { type: "approval.request", call: `question:${QUESTION}`, tool: "AskParent" },
    ]);
    expect(open.when(answers(true, "question:another")).decision.changed).toBe(false);
    const yes = { ...answers(true, `question:${QUESTION}`), reason: "8080", by: "ann" };
    expect(told(open.when(yes))).toEqual([["a_a", "8080", "ann", "8080"]]);
    expect(open.when(yes).when(yes).decision.changed).toBe(false);
    expect(told(open.when({ ...answers(false, `question:${QUESTION}`), by: "ann" } as never))).toEqual([
      ["a_a", null, "ann", "not like this"],
    ]);
  }),
  law("where nobody can be asked, an agent is told so at once", (machine) => {
    const story = coordinating([task("a")], { machine }).whenAll(asks("a_a"), closed(QUESTION));
    expect(told(story)).toEqual([["a_a", null, "coordinator", "nobody can be asked"]]);
    expect(sentFor(story.when(asks("a_a")))).toHaveLength(1);
  }),
  law("questions of those who are done, dead or unknown are nobody's, and a question counts once", (machine) => {
    const story = coordinating([task("a"), task("b")], { machine });
    expect(story.when(asks("a_nobody")).decision.changed).toBe(false);
    const asked = story.when(asks("a_a"));
    expect(sentFor(asked.when(asks("a_a")))).toEqual([]);
    for (const end of [settles("a"), died("a_a")]) {
      const gone = asked.when(end);
      expect(orders(gone.when(opened(QUESTION)), "approval.request")).toEqual([]);
      expect(told(gone.when(closed(QUESTION)))).toEqual([]);
      const open = asked.when(opened(QUESTION)).when(end);
      expect(open.when(answers(true, `question:${QUESTION}`)).decision.changed).toBe(false);
    }
    const stopping = asked.when(stop);
    expect(told(stopping.when(opened(QUESTION)))).toEqual([]);
  }),
  law("a message reaches the agent it names, or those at work who hear its topic, and never who sent it", (machine) => {
    const hearing = (id: string) => ({ ...task(id), topics: ["found"] });
    const graph = [hearing("a"), hearing("b"), hearing("c"), task("d"), { ...hearing("e"), needs: ["d"] }];
    const story = coordinating(graph, { machine, parallelMax: 5 });
    const reached = (to: string, from = "a_a") => told(story.when(posts(from, to)));
    expect(reached("#found")).toEqual([
      ["a_b", "post.delivered"],
      ["a_c", "post.delivered"],
    ]);
    expect(reached("a_d")).toEqual([["a_d", "post.delivered"]]);
    for (const to of ["a_a", "#nothing", "a_e", "parent", "a_nobody"]) expect(reached(to)).toEqual([]);
    expect(reached("#found", "a_nobody")).toEqual([]);
    expect(story.when(posts("a_a", "parent")).decision.changed).toBe(false);
    expect(story.when(settles("a")).when(posts("a_a", "#found")).effects).toEqual([]);
    const [sent] = orders(story.when({ ...posts("a_a", "a_d"), taint: ["web"] } as never), "message.send");
    expect(sent).toMatchObject({
      toType: "explore",
      event: { from: "a_a", kind: "file", body: { path: "a.txt" }, taint: ["web"] },
    });
  }),
  law("an agent is found by its task, whichever attempt it is", (machine) => {
    const story = coordinating([task("a", [], 2), task("b")], { machine })
      .when(died("a_a"))
      .whenTimerFires();
    expect(told(story.when(posts("a_b", "a_a")))).toEqual([["a_a.2", "post.delivered"]]);
    expect(told(story.when(posts("a_b", "a_a.2")))).toEqual([["a_a.2", "post.delivered"]]);
  }),
];

/** Told of the coordinator alone: they take a thousand steps, which is too much for every mutant. */
export const boundLaws: readonly Law[] = [
  law("so many questions wait and no more: the next one is answered at once, by nobody", (machine) => {
    let story = coordinating([task("a")], { machine });
    for (let n = 0; n < QUESTIONS_MAX; n += 1) story = story.when(asks("a_a", `q${n}`));
    expect(told(story)).toEqual([]);
    expect(told(story.when(asks("a_a", "one-more")))).toEqual([
      ["a_a", null, "coordinator", "too many questions are open"],
    ]);
  }),
  law("messages fit a commit, and a run has so many of them", (machine) => {
    const graph = Array.from({ length: 130 }, (_, n) => ({ ...task(`t${n}`), topics: ["found"] }));
    const many = coordinating(graph, { machine, parallelMax: 130 }).when(settles("t0")).when(posts("a_t1", "#found"));
    expect(told(many)).toHaveLength(INSIDE_EFFECTS_MAX);
    let story = coordinating([task("a"), task("b")], { machine });
    for (let n = 0; n < POSTS_MAX; n += 1) story = story.when(posts("a_a", "a_b"));
    expect(told(story)).toHaveLength(1);
    expect(told(story.when(posts("a_a", "a_b")))).toEqual([]);
  }),
];

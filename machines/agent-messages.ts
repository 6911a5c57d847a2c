/**
 * What an agent says to others and hears from them: questions to its parent, posts to an agent or a topic, and what was
 * posted to it, which waits until the next model call can be made with it. Nothing of it is an order or a right.
 */
import type { Call } from "./agent-calls.ts";
import type { AgentEvent } from "./agent-event.ts";
import type { AgentInput, MessageEvent, Post, PromptNote } from "./effect.ts";

/** Posts that wait for the next model call, at most, and the characters of their bodies as JSON; the oldest go first. */
const POSTS_KEPT_MAX = 20;
const POST_CHARS_KEPT_MAX = 32_768;
/** Milliseconds that an agent waits for an answer, where its limits say nothing: past it, it goes on without. */
export const ANSWER_MS_MAX = 3_600_000;

interface Speaker {
  readonly input: Pick<AgentInput, "actor" | "parent" | "parentType">;
  readonly turn: number;
  readonly calls: readonly Call[];
}

interface Ear {
  readonly posts: readonly Post[];
  /** Posts that were dropped since the last that were told. */
  readonly missed: number;
}

type MessageOrder = { to: string; toType: string; event: MessageEvent };

/** Unique in the run: a model may use a call id again, and a turn does not come again. */
export const wordId = ({ actor, turn }: { actor: string; turn: number }, call: string): string =>
  `${actor}:${turn}:${call}`;

const wordOf = ({ input, turn }: Speaker, call: string): string => wordId({ actor: input.actor, turn }, call);

/** What the calls say stands in the event that brought them, and is not kept: it is sent with that very step. */
export function withoutWords(calls: readonly Call[]): readonly Call[] {
  if (!calls.some(({ question, post }) => question !== undefined || post !== undefined)) return calls;
  return calls.map(({ question: _q, post: _p, ...call }) => call);
}

const freshIn = (event: AgentEvent): readonly Call[] => (event.type === "model.answered" ? event.calls : []);

/** To the parent: one for each call of this answer that waits for a word of it. */
export const questionOrders = (of: Speaker, event: AgentEvent): MessageOrder[] =>
  freshIn(event).flatMap(({ id, status, question }) =>
    status === "waiting"
      ? [
          {
            to: of.input.parent,
            toType: of.input.parentType,
            event: { type: "question.asked", question: wordOf(of, id), actor: of.input.actor, text: question ?? "" },
          },
        ]
      : [],
  );

/** To the parent, who hands them on: one for each call of this answer that posts something. */
export const postOrders = (of: Speaker, event: AgentEvent): MessageOrder[] =>
  freshIn(event).flatMap(({ id, status, post }) =>
    post === undefined || status !== "done"
      ? []
      : [
          {
            to: of.input.parent,
            toType: of.input.parentType,
            event: { type: "post.sent", post: wordOf(of, id), from: of.input.actor, ...post },
          },
        ],
  );

/** The call that waits for this answer; null where none does (any more). */
export function awaiting(of: Speaker, event: AgentEvent): Call | null {
  if (event.type !== "question.answered") return null;
  return of.calls.find(({ id, status }) => status === "waiting" && wordOf(of, id) === event.question) ?? null;
}

/** The result of the call that was answered. */
export function answerNote(of: Speaker, event: AgentEvent): PromptNote {
  const call = awaiting(of, event)?.id ?? "";
  if (event.type !== "question.answered") return { kind: "question_unanswered", call, reason: "" };
  const { answer, by, reason } = event;
  return answer === null
    ? { kind: "question_unanswered", call, reason }
    : { kind: "question_answered", call, answer, by };
}

const TOO_LATE = "nobody answered in time";

/** The results of all calls that still wait. */
export const unansweredNotes = ({ calls }: Pick<Speaker, "calls">): { note: PromptNote }[] =>
  calls.flatMap(({ id, status }) =>
    status === "waiting" ? [{ note: { kind: "question_unanswered" as const, call: id, reason: TOO_LATE } }] : [],
  );

export const withoutWaiting = (calls: readonly Call[]): readonly Call[] =>
  calls.map((call) => (call.status === "waiting" ? { ...call, status: "failed" } : call));

/** What was heard, as it waits; null where it is no message, or one that waits already. */
export function heardIn({ input: { actor, parent } }: Speaker, { posts }: Ear, event: AgentEvent): Post | null {
  const post = postIn(actor, parent, event);
  return post === null || posts.some((kept) => kept.post === post.post) ? null : post;
}

function postIn(actor: string, parent: string, event: AgentEvent): Post | null {
  if (event.type === "post.delivered") {
    const { type: _, ...post } = event;
    return post;
  }
  // An answer that nobody waits for any more is worth reading all the same; that there is none is not.
  if (event.type !== "question.answered" || event.answer === null) return null;
  const { question, answer, by } = event;
  return { post: question, from: parent, to: actor, kind: "late-answer", body: { answer, by } };
}

/** As many as may be kept, the latest. */
export function withPost({ posts, missed }: Ear, post: Post): Ear {
  const all = [...posts, post];
  let chars = all.reduce((sum, { body }) => sum + charsOf(body), 0);
  let from = 0;
  while (all.length - from > POSTS_KEPT_MAX || (chars > POST_CHARS_KEPT_MAX && from < all.length)) {
    chars -= charsOf(all[from]?.body);
    from += 1;
  }
  return { posts: all.slice(from), missed: missed + from };
}

const charsOf = (body: unknown): number => (JSON.stringify(body) ?? "").length;

/** What was heard since the last model call, in its order; first that something is missing. */
export const postNotes = ({ posts, missed }: Ear): { note: PromptNote }[] => [
  ...(missed === 0 ? [] : [{ note: { kind: "posts_missed" as const, count: missed } }]),
  ...posts.map((post) => ({ note: { kind: "post" as const, post } })),
];

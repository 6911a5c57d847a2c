/** Tells what agents said to each other in a step: questions, answers, messages, and what an ended agent never read. Pure. */
import { COORDINATOR_TYPE } from "../../infra/store.ts";
import { wordId } from "../../machines/agent-messages.ts";
import type { MessageEvent, Post } from "../../machines/effect.ts";
import type { Cause, Decision } from "../../machines/fold.ts";
import type { RunEvent } from "../../machines/run-event.ts";
import type { Live } from "./live.ts";

type Words = Pick<Live, "address" | "state">;
type Taken = Extract<MessageEvent, { type: "question.answered" | "post.sent" }>;

export function wordsTold(live: Words, cause: Cause, decision: Decision): RunEvent[] {
  return [...asked(decision), ...taken(live, cause, decision), ...gaveUp(live, cause, decision), ...unread(decision)];
}

const asked = ({ inside }: Decision): RunEvent[] =>
  inside.flatMap((order) => {
    if (order.type !== "message.send" || order.event.type !== "question.asked") return [];
    const { question, text } = order.event;
    return [{ type: "question.asked" as const, question, text }];
  });

/** Told whether or not the machine had use for it: somebody said so. */
function taken({ address }: Words, cause: Cause, { inside }: Decision): RunEvent[] {
  if (!("event" in cause)) return [];
  const event = cause.event as Taken;
  if (event.type === "question.answered" && address.type !== COORDINATOR_TYPE) {
    const { question, answer, by, reason } = event;
    return [{ type: "question.answered", question, answer, by, reason }];
  }
  if (event.type !== "post.sent" || address.type !== COORDINATOR_TYPE) return [];
  const { post, from, to, kind } = event;
  const told = inside.flatMap((order) =>
    order.type === "message.send" && order.event.type === "post.delivered" ? [order.to] : [],
  );
  return [{ type: "message.posted", post, from, to, kind, told }];
}

/** Questions whose wait ended in this step. */
function gaveUp({ address, state }: Words, cause: Cause, { inside }: Decision): RunEvent[] {
  if (!("timer" in cause)) return [];
  const turn = Number(state?.snapshot.context.turn ?? 0);
  return inside.flatMap((order) => {
    if (order.type !== "prompt.append" || order.note.kind !== "question_unanswered") return [];
    const question = wordId({ actor: address.actor, turn }, order.note.call);
    return [{ type: "question.answered" as const, question, answer: null, by: "timer", reason: order.note.reason }];
  });
}

/** An agent that is over reads nothing any more: its result knows nothing of these. */
function unread({ state }: Decision): RunEvent[] {
  // A coordinator's context has a count by that name.
  const { posts } = state.snapshot.context as { posts?: readonly Post[] | number };
  if (state.snapshot.status === "active" || !Array.isArray(posts) || posts.length === 0) return [];
  return [{ type: "message.unread", posts: (posts as readonly Post[]).map(({ post }) => post) }];
}

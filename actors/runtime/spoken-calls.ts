/**
 * Calls that are words to others: a question to the parent, a message to be handed on. They pass the same rules as every
 * call; nothing of them is run, and the step that takes the answer sends them. Pure.
 */
import type { Call } from "../../machines/agent-calls.ts";
import type { DecisionRisk, PermissionDecision } from "../../registry/permission/question.ts";
import { askParent, questionText } from "../../registry/tools/ask-parent.ts";
import { send } from "../../registry/tools/send.ts";
import { type Entry, toolResultEntry } from "./conversation.ts";

/** Questions and messages of one answer, at most: what is beyond is refused. */
const QUESTIONS_MAX = 4;
const POSTS_MAX = 8;

export interface Spoken {
  readonly call: Call;
  /** The result of a call that ends with being sent. */
  readonly entries: readonly Entry[];
}

/** How an allowed call goes on as words; null where it is none. `input` has passed the tool's own door. */
export function spoken(call: Call, input: unknown): Spoken | null {
  if (call.tool === askParent.name) {
    const question = questionText(askParent.input.parse(input));
    return { call: { ...call, status: "waiting", question }, entries: [] };
  }
  if (call.tool !== send.name) return null;
  const post = send.input.parse(input);
  return {
    call: { ...call, status: "done", post },
    entries: [toolResultEntry(call.id, `Handed over, to ${post.to}. Nothing comes back from this call.`, true)],
  };
}

/** Why the words of this answer are enough, or what cannot go on beside them; null where nothing speaks against the call. */
export function spokenAgainst(
  tool: string,
  { decision, risk }: { readonly decision: PermissionDecision["decision"]; readonly risk: DecisionRisk },
  before: readonly Call[],
): { rule: string; reason: string } | null {
  const questions = before.filter(({ status }) => status === "waiting").length;
  if (tool === askParent.name || tool === send.name) {
    if (decision === "ask") {
      const reason = `whether an agent may use ${tool} is settled before: a person is asked what it says, not whether it may say it`;
      return { rule: "session.never-asked", reason };
    }
    const posts = before.filter(({ post }) => post !== undefined).length;
    if (tool === askParent.name && questions >= QUESTIONS_MAX) return tooMany(`${questions} questions are enough`);
    if (tool === send.name && posts >= POSTS_MAX) return tooMany(`${posts} messages are enough`);
    return null;
  }
  if (questions === 0 || risk === "read-only") return null;
  const reason = "a question before it in the same answer is not answered yet: make the call once you know the answer";
  return { rule: "session.before-answer", reason };
}

const tooMany = (what: string): { rule: string; reason: string } => ({
  rule: "session.too-many-words",
  reason: `${what} for one answer; say the rest later`,
});

/** The Messages double with the analyst's brain behind it: a foreign server, by all that the swarm can see of it. */
import { brain } from "../../infra/model/local/analyst/brain.ts";
import { brainRequest } from "../../infra/model/local/messages-request.ts";
import { type MessagesDouble, type Served, startMessagesDouble } from "./messages-double/double.ts";
import type { EntryInput } from "./messages-double/script.ts";

/** Long enough, in milliseconds, that a kill often meets a call that is under way. */
const THINKING_MS = 60;

export function startAnalystDouble(): Promise<MessagesDouble> {
  return startMessagesDouble({
    director: (request): EntryInput => {
      const answer = brain(brainRequest(request));
      if (answer instanceof Promise) throw new TypeError("the analyst answers at once");
      const content = answer.content.map((block) => ({ ...block }));
      return { content, stopReason: answer.stopReason, delayMs: THINKING_MS };
    },
  });
}

/** `task#turn` of a request: what it asks for, whoever sends it. */
export function askedBy({ body }: Pick<Served, "body">): string {
  const { messages } = JSON.parse(body) as { messages: { role: string; content: { text?: string }[] }[] };
  const text = messages[0]?.content.map((block) => block.text ?? "").join("") ?? "";
  const task = JSON.parse(/<task>\n(.*)\n<\/task>/.exec(text)?.[1] ?? "null") as { id: string };
  return `${task.id}#${messages.filter(({ role }) => role === "assistant").length}`;
}

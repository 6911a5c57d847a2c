/**
 * The local analyst: what answers behind the local Messages server when there is no model. It is a pure function of
 * the request, it decides its next tool call from what the tools returned, and it never passes for a real model.
 */
import type { Brain, BrainAnswer, BrainRequest } from "../brain.ts";
import { answeredIn, taskOf } from "./conversation.ts";
import { explore } from "./explore.ts";
import { rejectionsIn, reportBlocked } from "./report.ts";
import { verify } from "./verify.ts";

const onlyEvaluates =
  "the local analyst only evaluates codebases (swarm evaluate); any other work needs a model: set ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL.";

export const brain: Brain = (request) => {
  const task = taskOf(request);
  if (reportWasAccepted(request)) return words("the report is in.");
  if (task?.type === "explore") return explore(request, task.input);
  if (task?.type === "verify") return verify(request, task.input);
  return rejectionsIn(request).length > 0 ? words(onlyEvaluates) : reportBlocked(request, onlyEvaluates);
};

function reportWasAccepted(request: BrainRequest): boolean {
  return answeredIn(request).some(({ tool, isError }) => tool === "Report" && !isError);
}

function words(text: string): BrainAnswer {
  return { content: [{ type: "text", text: `Local analysis: ${text}` }], stopReason: "end_turn" };
}

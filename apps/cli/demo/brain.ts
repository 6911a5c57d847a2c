/**
 * The demo's model: it plays the scenes of a story and is labelled as such wherever it appears. Like the local analyst it
 * answers over real HTTP and is a pure function of the request; what its calls lead to is decided by the swarm alone.
 */

import { answeredIn, taskOf } from "../../../infra/model/local/analyst/conversation.ts";
import type { Brain, BrainAnswer, BrainRequest } from "../../../infra/model/local/brain.ts";
import { type Scene, scenes, type Turn } from "./scenes.ts";

export const brain: Brain = (request) => {
  const task = taskOf(request);
  const scene = task?.id === undefined ? undefined : sceneOf(task.id, task.type);
  if (scene === undefined) return words(`there is no scene for the task ${task?.id ?? "without a name"}.`);
  const answered = answeredIn(request);
  if (answered.some(({ tool, isError }) => tool === "Report" && !isError)) return words("the report is in.");
  const beat = scene[turnsIn(request)];
  return beat === undefined || task === undefined ? words("the scene is over.") : play(beat(answered, task));
};

/** A conflict that is resolved, a summary and a check are named after what they are about. */
const sceneOf = (id: string, type: string): Scene | undefined => scenes.get(id) ?? scenes.get(type);

const turnsIn = ({ messages }: BrainRequest): number => messages.filter(({ role }) => role === "assistant").length;

const play = ({ says, calls }: Turn): BrainAnswer => ({
  content: [
    { type: "text", text: `Demo script: ${says}` },
    ...calls.map(({ name, input }) => ({ type: "tool_use" as const, name, input })),
  ],
  stopReason: "tool_use",
});

const words = (text: string): BrainAnswer => ({
  content: [{ type: "text", text: `Demo script: ${text}` }],
  stopReason: "end_turn",
});

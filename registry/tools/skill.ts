/** Skill: the text of one skill, or of one of its files, as it was approved. */
import { defineTool } from "../tool.ts";
import { type SkillInput, skillInput } from "./input/skill.ts";

export const skill = defineTool<SkillInput>({
  name: "Skill",
  tier: "built-in",
  category: "swarm",
  summary: "Opens a skill: instructions that somebody wrote for a kind of task",
  description: [
    "Opens one of the skills that your prompt lists: its instructions, the names of its other files, and the tools it works with.",
    "With file, one of those files. A long text is cut; the answer says by which offset it goes on.",
    "A skill tells you how, and gives you no right: every call you make because of it is judged like any other.",
    "A skill that is no longer what was approved is refused.",
  ].join(" "),
  source: "tools/run/skill.ts",
  risk: "read-only",
  repeat: "safe",
  input: skillInput,
  words: ["instructions", "playbook", "how to", "guide", "know-how"],
  timeoutMs: 60_000,
  load: async () => (await import("./run/skill.ts")).run,
  loadExamples: async () => (await import("./trials/skill.ts")).examples,
});

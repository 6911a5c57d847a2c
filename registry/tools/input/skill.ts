/** What Skill is called with. */
import { z } from "zod";

export const skillInput = z.strictObject({
  skill: z.string().min(1).max(64).describe("Its name, as your prompt lists it."),
  file: z.string().min(1).max(1_024).optional().describe("One of its files, relative to its folder."),
  offset: z.int().min(1).optional().describe("Line to begin with, from 1."),
});

export type SkillInput = z.infer<typeof skillInput>;

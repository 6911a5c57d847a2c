/** Every skill that a workspace, its operator and its person bring, and everything that is wrong with the others. */
import { skillFoldersIn } from "../../infra/skills/list-places.ts";
import { readSkillFolder } from "../../infra/skills/read-folder.ts";
import type { FileProblem } from "../../registry/file-problem.ts";
import { settled } from "../../registry/skills/settle.ts";
import { type FoundSkill as Found, SKILL_FILE, skillOf } from "../../registry/skills/skill-folder.ts";
import { placesOf, type ScopedPlace, type Where } from "./places.ts";

export interface FoundSkill extends Found {
  /** The operator named the folder that it lies in: it needs no approval. */
  readonly trusted: boolean;
}

export interface FoundSkills {
  /** Sorted by name, one of each. */
  readonly skills: readonly FoundSkill[];
  readonly problems: readonly FileProblem[];
}

/** Repeatable: it only reads. What cannot be read is a problem, never an error. */
export async function skillsAt(where: Where): Promise<FoundSkills> {
  const found: FoundSkill[] = [];
  const problems: FileProblem[] = [];
  for (const place of placesOf(where, "skills")) {
    const { folders, faults } = await skillFoldersIn(place);
    problems.push(...faults.map(({ path, reason }) => ({ path, line: null, reason, weight: "dropped" as const })));
    for (const folder of folders) {
      const read = await skillIn(folder, place);
      problems.push(...read.problems);
      if (read.skill !== null) found.push({ ...read.skill, trusted: place.trusted });
    }
  }
  const { skills, problems: more } = settled(found);
  return { skills, problems: [...problems, ...more] };
}

async function skillIn(folder: string, { scope }: ScopedPlace): Promise<ReturnType<typeof skillOf>> {
  try {
    const contents = await readSkillFolder(folder, [SKILL_FILE]);
    // Under the name that it has in its place: a link to it may be called otherwise.
    return skillOf({ ...contents, folder, text: contents.texts.get(SKILL_FILE) ?? null }, scope);
  } catch (cause) {
    const reason = `it cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
    return { skill: null, problems: [{ path: folder, line: null, reason, weight: "dropped" }] };
  }
}

/**
 * Which of all skills that were found count: of one name the first, none that needs itself. What is left out is said;
 * the others go on working.
 */
import type { FileProblem } from "../file-problem.ts";
import { type FoundSkill, SKILL_FILE } from "./skill-folder.ts";

export interface SettledSkills<Found extends FoundSkill> {
  /** Sorted by name. */
  readonly skills: readonly Found[];
  readonly problems: readonly FileProblem[];
}

/** `found`: those whose place counts most come first. */
export function settled<Found extends FoundSkill>(found: readonly Found[]): SettledSkills<Found> {
  const problems: FileProblem[] = [];
  const byName = new Map<string, Found>();
  for (const skill of found) {
    const first = byName.get(skill.name);
    if (first === undefined) byName.set(skill.name, skill);
    else problems.push(problem(skill, "dropped", `there is a skill ${skill.name} already, in ${first.folder}`));
  }
  for (const circle of circlesIn(byName)) {
    for (const name of new Set(circle)) {
      const skill = byName.get(name);
      if (skill === undefined) continue;
      problems.push(problem(skill, "dropped", `it needs itself: ${circle.join(" → ")}`));
      byName.delete(name);
    }
  }
  for (const skill of byName.values()) {
    const missing = skill.needs.filter((name) => !byName.has(name));
    if (missing.length > 0) {
      problems.push(problem(skill, "ignored", `it needs skills that are not there: ${missing.join(", ")}`));
    }
  }
  const skills = [...byName.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  return { skills, problems };
}

const problem = ({ folder }: FoundSkill, weight: FileProblem["weight"], reason: string): FileProblem => ({
  path: `${folder}/${SKILL_FILE}`,
  line: null,
  reason,
  weight,
});

/** One way round for every skill that lies on one, without recursion: chains are as long as somebody makes them. */
function circlesIn(skills: ReadonlyMap<string, FoundSkill>): string[][] {
  const done = new Set<string>();
  const circles: string[][] = [];
  for (const start of skills.keys()) {
    const way: { readonly name: string; next: number }[] = done.has(start) ? [] : [{ name: start, next: 0 }];
    for (let at = way.at(-1); at !== undefined; at = way.at(-1)) {
      const need = skills.get(at.name)?.needs[at.next];
      at.next += 1;
      if (need === undefined) {
        done.add(at.name);
        way.pop();
        continue;
      }
      const from = way.findIndex(({ name }) => name === need);
      if (from >= 0) circles.push([...way.slice(from).map(({ name }) => name), need]);
      else if (skills.has(need) && !done.has(need)) way.push({ name: need, next: 0 });
    }
  }
  return circles;
}

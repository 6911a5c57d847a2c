/**
 * The skills of one run, opened at the moment of use: the whole folder is read and hashed again, and what is not what
 * was latched is refused and told, whatever file was asked for.
 */
import { readSkillFolder } from "../../infra/skills/read-folder.ts";
import type { Capabilities, Skill } from "../../registry/capabilities.ts";
import { headedFile, isHeadProblem } from "../../registry/frontmatter.ts";
import type { OpenSkill, Shelf } from "../../registry/shelf.ts";
import { shownPath } from "../../registry/shown.ts";
import { canonicalOf, folderHash, SKILL_FILE } from "../../registry/skills/skill-folder.ts";

type Named = Pick<Skill, "scope" | "name">;

/** What is known of a skill since it was latched, and who is told when it is not what was approved. */
export interface SkillPins {
  /** Null: nothing speaks against it. */
  outBecause(skill: Named): Promise<string | null>;
  /** What was found in its place. Told before the call is refused. */
  changed(skill: Named, found: { readonly hash: string; readonly text: string }): Promise<void>;
}

/** Where nobody keeps a book of pins: what was latched is compared all the same. */
const NO_PINS: SkillPins = { outBecause: async () => null, changed: async () => {} };

/**
 * Those that an agent may open: of the skills that a person alone may call for the model is told nothing, and a profile
 * that names skills has no others.
 */
export function openableSkills({ skills, profiles }: Capabilities, agentType: string): readonly Skill[] {
  // No profile is called like a built-in type.
  const only = profiles.find(({ name }) => name === agentType)?.skills ?? null;
  return skills.filter(({ name, byModel }) => byModel && (only === null || only.includes(name)));
}

/** `openable`: as {@link openableSkills} gives them. */
export function skillShelf(openable: readonly Skill[], pins: SkillPins = NO_PINS): Pick<Shelf, "skills" | "openSkill"> {
  return {
    skills: openable.map(({ name, description }) => ({ name, description })),
    async openSkill(name, file) {
      const skill = openable.find((one) => one.name === name);
      if (skill === undefined) {
        const known = openable.map((one) => one.name).join(", ");
        throw new Error(`There is no skill ${shownPath(name)} for this agent. There are: ${known || "none"}.`);
      }
      return await opened(skill, file ?? SKILL_FILE, pins);
    },
  };
}

async function opened(skill: Skill, file: string, pins: SkillPins): Promise<OpenSkill> {
  const { name, folder, hash, tools, needs } = skill;
  const out = await pins.outBecause(skill);
  if (out !== null) throw new Error(`The skill ${name} is not used: ${out}.`);
  const contents = await readSkillFolder(folder, [file, SKILL_FILE]).catch(() => null);
  if (contents === null) {
    throw new Error(`The skill ${name} cannot be read on this machine: ${shownPath(folder)}.`);
  }
  const { files, texts, faults } = contents;
  const [fault] = faults;
  if (fault !== undefined) {
    throw new Error(`The skill ${name} is not what was approved: ${shownPath(fault.path)}: ${fault.reason}.`);
  }
  const found = folderHash(files);
  if (found !== hash) {
    await pins.changed(skill, { hash: found, text: canonicalOf(files, texts.get(SKILL_FILE) ?? "") });
    throw new Error(
      `The skill ${name} is not what was approved: its files have changed since. It is not used until somebody approves it again (swarm tools check).`,
    );
  }
  const text = texts.get(file);
  const others = files.map(({ path }) => path).filter((path) => path !== SKILL_FILE);
  if (text === undefined) {
    const known = files.some(({ path }) => path === file);
    throw new Error(
      known
        ? `${shownPath(file)} of the skill ${name} is no text that can be shown.`
        : `The skill ${name} has no file ${shownPath(file)}. It has: ${others.map(shownPath).join(", ") || "none"}.`,
    );
  }
  const headed = file === SKILL_FILE ? headedFile(text) : null;
  const shown = headed === null || isHeadProblem(headed) ? text : headed.body;
  return { name, folder, text: shown, files: others, tools, needs };
}

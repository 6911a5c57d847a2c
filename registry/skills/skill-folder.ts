/**
 * One folder as a skill: what was found in it is judged, hashed and named. Nothing is read here, so that whoever shows,
 * approves and opens skills means the same by one.
 */
import { createHash } from "node:crypto";
import type { Skill } from "../capabilities.ts";
import type { FileProblem } from "../file-problem.ts";
import { hiddenCharacter } from "../hidden-characters.ts";
import { skillText } from "./skill-text.ts";

export const SKILL_FILE = "SKILL.md";

export interface SkillFile {
  /** Relative to the folder, with `/` between its parts. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A folder as somebody read it: all its files, or why not. */
export interface ReadFolder {
  readonly folder: string;
  readonly files: readonly SkillFile[];
  /** Of SKILL.md; null where there is none, or it is no text. */
  readonly text: string | null;
  readonly faults: readonly { readonly path: string; readonly reason: string }[];
}

export interface FoundSkill extends Skill {
  readonly files: readonly SkillFile[];
  /** What is approved with it, as text: the files and their hashes, and SKILL.md. */
  readonly canonical: string;
}

/** Of a path inside it, in parts. */
const DEPTH_MAX = 16;

/** SHA-256 of the list of files: changes when one is changed, added, renamed or taken away. */
export const folderHash = (files: readonly SkillFile[]): string =>
  createHash("sha256").update(fileList(files)).digest("hex");

/** What somebody is shown who approves it: every file by its hash, and what the model will read. */
export const canonicalOf = (files: readonly SkillFile[], text: string): string => `${fileList(files)}\n${text}`;

function fileList(files: readonly SkillFile[]): string {
  const rows = files.map(({ path, sha256 }) => `${sha256}  ${path}\n`);
  return rows.sort((left, right) => (left.slice(66) < right.slice(66) ? -1 : 1)).join("");
}

/** `scope`: of its pin. A skill with anything wrong is none; what does nothing is said beside it. */
export function skillOf(
  found: ReadFolder,
  scope: string,
): { readonly skill: FoundSkill | null; readonly problems: readonly FileProblem[] } {
  const { folder, files, text } = found;
  const path = `${folder}/${SKILL_FILE}`;
  const problems: FileProblem[] = [
    ...found.faults.map((fault) => dropped(`${folder}/${fault.path}`, null, fault.reason)),
    ...files.flatMap((file) => pathProblems(folder, file.path)),
    ...lookAlikes(folder, files),
  ];
  if (text === null) problems.push(withoutText(found));
  if (text === null) return { skill: null, problems };
  const read = skillText(text, folder.slice(folder.lastIndexOf("/") + 1));
  if (!("name" in read)) problems.push(...read.map(({ line, reason }) => dropped(path, line, reason)));
  if (!("name" in read) || problems.length > 0) return { skill: null, problems };
  const { name, description, tools, needs, byModel } = read;
  const hash = folderHash(files);
  const canonical = canonicalOf(files, text);
  return {
    skill: { name, description, folder, scope, hash, tools: [...tools], needs: [...needs], byModel, files, canonical },
    problems: read.ignored.map(({ line, reason }) => ({ path, line, reason, weight: "ignored" })),
  };
}

function withoutText({ folder, files }: ReadFolder): FileProblem {
  const misspelt = files.find(({ path }) => path.toLowerCase() === SKILL_FILE.toLowerCase());
  if (misspelt === undefined) return dropped(folder, null, `it has no ${SKILL_FILE}`);
  if (misspelt.path !== SKILL_FILE)
    return dropped(`${folder}/${misspelt.path}`, null, `it is to be called ${SKILL_FILE}`);
  return dropped(
    `${folder}/${SKILL_FILE}`,
    null,
    `it is not UTF-8 text, or has ${misspelt.bytes} bytes, which is too long`,
  );
}

const dropped = (path: string, line: number | null, reason: string): FileProblem => ({
  path,
  line,
  reason,
  weight: "dropped",
});

function pathProblems(folder: string, path: string): FileProblem[] {
  const at = `${folder}/${JSON.stringify(path).slice(1, -1)}`;
  if (/[\p{Cc}\u2028\u2029]/u.test(path) || hiddenCharacter(path) !== null) {
    return [dropped(at, null, "its name holds a character that nobody sees")];
  }
  if (path.split("/").length > DEPTH_MAX) return [dropped(at, null, `it lies more than ${DEPTH_MAX} folders deep`)];
  return [];
}

/** Where case does not matter one of two such files takes the other's place, and no longer is what was approved. */
function lookAlikes(folder: string, files: readonly SkillFile[]): FileProblem[] {
  const seen = new Map<string, string>();
  return files.flatMap(({ path }) => {
    const folded = path.normalize("NFC").toLowerCase();
    const other = seen.get(folded);
    seen.set(folded, path);
    return other === undefined
      ? []
      : [dropped(`${folder}/${path}`, null, `its name differs from ${other} by case only`)];
  });
}

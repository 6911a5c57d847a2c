/**
 * `swarm tools add <skill.zip|folder>`: puts a skill into the workspace's own folder of skills, whole or not at all. It
 * is not approved by that: the words that say what it is are its author's.
 */
import { readFile, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { ownPlace } from "../../../actors/discovery/places.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { layOut } from "../../../infra/skills/lay-out.ts";
import { readSkillFolder, skillFilesOf } from "../../../infra/skills/read-folder.ts";
import { filesOfZip, type UnpackedFile, ZIP_BYTES_MAX } from "../../../infra/skills/zip.ts";
import { type FileProblem, problemLine } from "../../../registry/file-problem.ts";
import { headedFile, isHeadProblem } from "../../../registry/frontmatter.ts";
import { type FoundSkill, SKILL_FILE, skillOf } from "../../../registry/skills/skill-folder.ts";
import { printJson } from "../print.ts";
import { workspaceAt } from "../workspace.ts";

export async function act([given = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const workspace = workspaceAt(String(flags.workspace ?? "."));
  const files = withoutOuterFolder(await filesAt(resolve(given), given));
  const name = nameOf(files);
  const added: FoundSkill[] = [];
  const check = async (folder: string): Promise<void> => {
    const contents = await readSkillFolder(folder, [SKILL_FILE]);
    const text = contents.texts.get(SKILL_FILE) ?? null;
    const { skill, problems } = skillOf({ ...contents, text }, workspace);
    if (skill === null) throw unfit(problems, folder);
    added.push(skill);
  };
  const folder = await layOut({ place: ownPlace(workspace, "skills"), name, files, check });
  const [skill] = added;
  if (flags.json === true) printJson({ v: 1, skill: name, folder, hash: skill?.hash, files: files.length });
  else {
    process.stdout.write(
      `${folder}: ${files.length} files, sha256 ${skill?.hash}\n${skill?.description}\nRead it, then let agents use it: swarm tools check --yes\n`,
    );
  }
  return 0;
}

async function filesAt(path: string, given: string): Promise<readonly UnpackedFile[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw usage(`"${given}" does not exist`);
  if (found.isDirectory()) return skillFilesOf(path);
  if (found.size > ZIP_BYTES_MAX) throw usage(`"${given}" has ${found.size} bytes; at most ${ZIP_BYTES_MAX}`);
  return filesOfZip(await readFile(path));
}

const usage = (what: string): SwarmError =>
  new SwarmError("usage.skill", what, { exit: 2, hint: "Give the folder of a skill, or a zip of it." });

/** An archive holds the skill's files, or its folder. */
function withoutOuterFolder(files: readonly UnpackedFile[]): readonly UnpackedFile[] {
  if (files.some(({ path }) => path === SKILL_FILE)) return files;
  const [outer] = files[0]?.path.split("/") ?? [];
  const inside = files.every(({ path }) => path.startsWith(`${outer}/`));
  if (outer === undefined || !inside || !files.some(({ path }) => path === `${outer}/${SKILL_FILE}`)) {
    throw usage(`there is no ${SKILL_FILE} in it, nor in the one folder in it`);
  }
  return files.map(({ path, bytes }) => ({ path: path.slice(outer.length + 1), bytes }));
}

/** Its folder is to be called like it; whether that is a name at all is checked with the rest. */
function nameOf(files: readonly UnpackedFile[]): string {
  const file = files.find(({ path }) => path === SKILL_FILE);
  const headed = headedFile(Buffer.from(file?.bytes ?? []).toString("utf8"));
  if (headed === null) throw usage(`its ${SKILL_FILE} has no head (name and description between two lines of ---)`);
  if (isHeadProblem(headed)) throw usage(`${SKILL_FILE}:${headed.line ?? 1}: ${headed.reason}`);
  const name = headed.fields.get("name")?.value;
  if (typeof name !== "string" || !/^[a-z0-9-]{1,64}$/.test(name) || basename(name) !== name) {
    throw usage(`its ${SKILL_FILE} has no name of a-z, 0-9 and hyphens`);
  }
  return name;
}

function unfit(problems: readonly FileProblem[], folder: string): SwarmError {
  const lines = problems.map((one) => problemLine({ ...one, path: one.path.replace(`${folder}/`, "") }));
  return new SwarmError("skill.invalid", `it is no skill: ${lines.slice(0, 5).join("; ")}`, {
    exit: 2,
    hint: "Nothing of it was written.",
  });
}

/**
 * The branch that a run's agents join, and the run's own tree, whose files follow it. One commit a join, one behind the
 * other; a crash between branch and files is told by a mark beside the tree, and the files are brought after it.
 */
import { rm } from "node:fs/promises";
import { createDurably, readIfThere } from "../journal/durable-file.ts";
import { COMMITTER, type GitEnv, type Isolation } from "./isolation.ts";
import { type GitSetting, gitOutput, runGit } from "./run-git.ts";
import { bringTo, contentOf } from "./tree-files.ts";

/** Stands in the last lines of a commit that is one agent's work. */
const AGENT = "Swarm-Agent";
const TASK = "Swarm-Task";
/** Of one that holds what was done in the run's own tree while others joined. */
const OWN = "Swarm-Own-Tree";

export interface JoinLabel {
  readonly actor: string;
  readonly task: string;
  readonly result: string;
  /** First line and body of the commit. */
  readonly message: string;
}

export const labelled = ({ actor, task, result, message }: JoinLabel): string =>
  `${message.trim()}\n\n${TASK}: ${task}\n${AGENT}: ${actor}\nSwarm-Result: ${result}`;

/** Where the repository itself is asked: no agent ever works in there. */
export const inSource = ({ source }: Isolation, env: GitEnv): GitSetting => ({ cwd: source, env });

/** Null where there is no such ref. @throws GitBroke */
export async function refAt(setting: GitSetting, ref: string): Promise<string | null> {
  const { code, out } = await runGit(setting, ["rev-parse", "--verify", "--quiet", `${ref}^{commit}`]);
  return code === 0 ? out.trim() : null;
}

const branchRef = ({ branch }: Isolation): string => `refs/heads/${branch}`;

/** The latest of the run's own commits; its base where it has none. @throws GitBroke */
export const tipOf = async (isolation: Isolation, env: GitEnv): Promise<string> =>
  (await refAt(inSource(isolation, env), branchRef(isolation))) ?? isolation.base;

/** Whose work a commit is; null where it is no join. @throws GitBroke */
export async function agentOf(setting: GitSetting, commit: string): Promise<string | null> {
  const format = `--format=%(trailers:key=${AGENT},valueonly,separator=%x00)`;
  const found = (await gitOutput(setting, ["show", "--no-patch", format, commit])).split("\0").at(-1) ?? "";
  return found.trim() === "" ? null : found.trim();
}

/** Tasks whose joins since `base` changed one of these files, each once. @throws GitBroke */
export async function tasksThatChanged(
  setting: GitSetting,
  base: string,
  tip: string,
  files: readonly string[],
): Promise<readonly string[]> {
  const format = `--format=%(trailers:key=${TASK},valueonly,separator=%x2C)`;
  const args = ["--literal-pathspecs", "log", "--first-parent", format, `${base}..${tip}`, "--", ...files];
  const lines = (await gitOutput(setting, args)).split("\n").map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== ""))];
}

/** Whether anybody has joined yet: then the branch is what counts, and the run's own files follow it. @throws GitBroke */
export async function isJoined(isolation: Isolation, tip: string, env: GitEnv): Promise<boolean> {
  if (tip === isolation.base) return false;
  const format = `--format=%(trailers:key=${AGENT},valueonly)%(trailers:key=${OWN},valueonly)`;
  return (await gitOutput(inSource(isolation, env), ["show", "--no-patch", format, tip])).trim() !== "";
}

const moving = ({ tree }: Isolation): string => `${tree}.moving`;

/**
 * The tip, with the run's files as it has them. What somebody did in the run's own tree meanwhile becomes a commit: it is
 * nobody's join, and nothing may be lost. @throws GitBroke
 */
export async function settledTip(isolation: Isolation, env: GitEnv): Promise<string> {
  const source = inSource(isolation, env);
  const tip = await tipOf(isolation, env);
  if ((await readIfThere(moving(isolation))) !== null) {
    await bringTo(isolation, tip, env);
    await rm(moving(isolation), { force: true });
    return tip;
  }
  const content = await contentOf(isolation, tip, env);
  if (content === (await gitOutput(source, ["rev-parse", `${tip}^{tree}`]))) return tip;
  const message = `Work in the run's own tree\n\n${OWN}: yes`;
  const own = await commitOf(source, { content, parents: [tip], message });
  const from = await refAt(source, branchRef(isolation));
  await gitOutput(source, ["update-ref", branchRef(isolation), own, from ?? ""]);
  return own;
}

/** False where the branch is not where it was any more: then nothing is as it was thought. @throws GitBroke */
export async function moveTrunk(isolation: Isolation, from: string, to: string, env: GitEnv): Promise<boolean> {
  const source = inSource(isolation, env);
  const was = await refAt(source, branchRef(isolation));
  if ((was ?? isolation.base) !== from) return false;
  await createDurably(moving(isolation), to);
  const moved = await runGit(source, ["update-ref", branchRef(isolation), to, was ?? ""]);
  if (moved.code !== 0) return false;
  // Whoever slept meanwhile must not leave files behind that are older than the branch.
  for (let at: string | null = null, times = 0; times < MOVES_MAX; times++) {
    const tip = await tipOf(isolation, env);
    if (tip === at) break;
    await bringTo(isolation, tip, env);
    at = tip;
  }
  await rm(moving(isolation), { force: true });
  return true;
}

const MOVES_MAX = 5;

export interface NewCommit {
  readonly content: string;
  readonly parents: readonly string[];
  readonly message: string;
}

/** @throws GitBroke */
export const commitOf = (setting: GitSetting, { content, parents, message }: NewCommit): Promise<string> =>
  gitOutput(setting, [
    ...COMMITTER,
    "commit-tree",
    content,
    ...parents.flatMap((parent) => ["-p", parent]),
    "-m",
    message,
  ]);

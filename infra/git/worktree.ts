/**
 * A working tree of the run's own, on a branch of its own: made before the run, collected into one commit at its end,
 * merged by one deed. Each step looks first at what is there, so that it can be made again after any crash.
 */
import { mkdir, readdir, realpath, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { forgetJoins, leaveAgentTrees } from "./agent-trees.ts";
import { COMMITTER, type GitEnv, type Isolation, OWN_OBJECTS } from "./isolation.ts";
import { type GitSetting, gitOutput, runGit } from "./run-git.ts";
import { contentOf, inTree, rememberFresh } from "./tree-files.ts";
import { dropTree, putRecord } from "./tree-record.ts";
import { isJoined, settledTip, tipOf } from "./trunk.ts";

export interface ChangedFile {
  readonly path: string;
  /** Lines; null for a binary file. */
  readonly added: number | null;
  readonly removed: number | null;
}

export interface Collected {
  /** The commit that holds all the run changed; the base where it changed nothing. */
  readonly commit: string;
  readonly files: readonly ChangedFile[];
  /** As `git diff` prints it, in whole or its beginning. */
  readonly diff: string;
  readonly diffBytes: number;
}

export type Merged =
  | { readonly kind: "merged"; readonly commit: string }
  /** The source is as it was; the branch is left. */
  | { readonly kind: "left"; readonly why: string };

/** Of a diff that is kept, in characters: beyond it people read the branch itself. */
const DIFF_CHARS_MAX = 1_000_000;

/**
 * The tree's own objects lie beside its own git folder, and its head names a commit and no branch: so a command in it can
 * commit although everything that it shares with the source is read-only to it. `store` names where the run lies, for
 * whoever tidies up one day. @throws GitBroke
 */
export async function addWorktree(
  wanted: Omit<Isolation, "gitDir">,
  env: GitEnv,
  { run, store }: { readonly run: string; readonly store: string | null } = { run: basename(wanted.tree), store: null },
): Promise<Isolation> {
  const { source, tree, base } = wanted;
  await mkdir(dirname(tree), { recursive: true, mode: 0o700 });
  await gitOutput({ cwd: source, env }, ["worktree", "add", "--quiet", "--detach", tree, base]);
  const gitDir = await gitOutput({ cwd: tree, env }, ["rev-parse", "--absolute-git-dir"]);
  await mkdir(join(gitDir, OWN_OBJECTS));
  const isolation = { ...wanted, tree: await realpath(tree), gitDir };
  await rememberFresh(isolation);
  await putRecord({ v: 1, run, actor: null, merging: null, store, ...isolation });
  return isolation;
}

/**
 * All that differs from the base, as one commit behind it on the run's branch: read from the files alone, whatever was
 * committed, staged or checked out in the tree. Where agents joined, it is the branch that they joined. A second call finds
 * the first one's commit. @throws GitBroke
 */
export async function collectWorktree(isolation: Isolation, message: string, env: GitEnv): Promise<Collected> {
  const { base, branch } = isolation;
  const setting = inTree(isolation, env);
  const tip = await tipOf(isolation, env);
  let commit: string;
  if (await isJoined(isolation, tip, env)) commit = await settledTip(isolation, env);
  else {
    const content = await contentOf(isolation, base, env);
    commit = (await earlier(setting, isolation, content)) ?? (await committed(setting, isolation, content, message));
    await gitOutput(setting, ["update-ref", `refs/heads/${branch}`, commit]);
  }
  await settleTree(isolation, commit, env);
  const plain = ["--no-ext-diff", "--no-textconv", "--no-renames", `${base}..${commit}`];
  const files = changedFiles(await gitOutput(setting, ["diff", "--numstat", "-z", ...plain]));
  const diff = await gitOutput(setting, ["diff", ...plain]);
  return { commit, files, diff: diff.slice(0, DIFF_CHARS_MAX), diffBytes: Buffer.byteLength(diff) };
}

/**
 * What the tree's own git folder names must be where the source looks for it: its garbage collection walks every tree.
 * Commits that were made inside go with the objects that only the tree has.
 */
async function settleTree(isolation: Isolation, commit: string, env: GitEnv): Promise<void> {
  const { gitDir } = isolation;
  const setting = inTree(isolation, env);
  await gitOutput(setting, ["update-ref", "--no-deref", "HEAD", commit]);
  await rm(join(gitDir, "index"), { force: true });
  await gitOutput(setting, ["read-tree", commit]);
  for (const name of await readdir(gitDir)) {
    if (
      /^(logs|ORIG_HEAD|FETCH_HEAD|MERGE_.*|CHERRY_PICK_HEAD|REVERT_HEAD|AUTO_MERGE|refs|collected\.index|objects)$/.test(
        name,
      )
    ) {
      await rm(join(gitDir, name), { recursive: true, force: true });
    }
  }
}

/** The commit of this content that is there already; null where there is none. */
async function earlier(setting: GitSetting, { base, branch }: Isolation, content: string): Promise<string | null> {
  if ((await gitOutput(setting, ["rev-parse", `${base}^{tree}`])) === content) return base;
  const tip = await runGit(setting, ["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`]);
  if (tip.code !== 0) return null;
  const [commit = "", tree, ...parents] = (
    await gitOutput(setting, ["show", "--no-patch", "--format=%H %T %P", tip.out.trim()])
  ).split(" ");
  return tree === content && parents.join() === base ? commit : null;
}

const committed = (setting: GitSetting, { base }: Isolation, content: string, message: string): Promise<string> =>
  gitOutput(setting, [...COMMITTER, "commit-tree", content, "-p", base, "-m", message]);

function changedFiles(numstat: string): ChangedFile[] {
  const lines = numstat.split("\0").filter((line) => line !== "");
  return lines.map((line) => {
    const [added = "", removed = "", ...path] = line.split("\t");
    const count = (text: string): number | null => (text === "-" ? null : Number(text));
    return { path: path.join("\t"), added: count(added), removed: count(removed) };
  });
}

/**
 * Brings exactly `commit` into what the source has checked out. Where the commit is in already, that is the answer; what
 * does not go in cleanly changes nothing. @throws GitBroke
 */
export async function mergeWorktree({ source, branch }: Isolation, commit: string, env: GitEnv): Promise<Merged> {
  const setting = { cwd: source, env };
  const isIn = async (): Promise<boolean> =>
    (await runGit(setting, ["merge-base", "--is-ancestor", commit, "HEAD"])).code === 0;
  if (await isIn()) return { kind: "merged", commit: await gitOutput(setting, ["rev-parse", "HEAD"]) };
  const unfinished = await runGit(setting, ["rev-parse", "--verify", "--quiet", "MERGE_HEAD"]);
  if (unfinished.code === 0 && unfinished.out.trim() !== commit) {
    return { kind: "left", why: "another merge is unfinished in the repository" };
  }
  // Our own that was cut off by a crash: whatever it left is taken back, and it is made again.
  if (unfinished.code === 0) await gitOutput(setting, ["merge", "--abort"]);
  const message = `Merge ${branch}`;
  const merged = await runGit(setting, [
    ...COMMITTER,
    "merge",
    "--quiet",
    "--no-verify",
    "--no-edit",
    "-m",
    message,
    commit,
  ]);
  if (merged.code === 0 && (await isIn())) {
    return { kind: "merged", commit: await gitOutput(setting, ["rev-parse", "HEAD"]) };
  }
  const conflicts = await runGit(setting, ["diff", "--name-only", "--diff-filter=U", "-z"]);
  const begun = await runGit(setting, ["rev-parse", "--verify", "--quiet", "MERGE_HEAD"]);
  if (begun.code === 0) await gitOutput(setting, ["merge", "--abort"]);
  const names = conflicts.out.split("\0").filter((name) => name !== "");
  const why = names.length > 0 ? `conflicts in ${names.slice(0, 10).join(", ")}` : firstWords(merged.err || merged.out);
  return { kind: "left", why };
}

const firstWords = (text: string): string => text.trim().replaceAll(/\s+/g, " ").slice(0, 300) || "git gave no reason";

/**
 * Takes the run's working tree and all of its agents' away; the branch stays where it holds something that was not merged.
 * @throws GitBroke
 */
export async function removeWorktree(isolation: Isolation, env: GitEnv): Promise<void> {
  const { source, branch, base } = isolation;
  const setting = { cwd: source, env };
  await leaveAgentTrees(isolation, false, env);
  await dropTree(isolation);
  await gitOutput(setting, ["worktree", "prune"]);
  await forgetJoins(isolation, env);
  const tip = await runGit(setting, ["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`]);
  if (tip.code !== 0) return;
  const kept =
    tip.out.trim() !== base && (await runGit(setting, ["merge-base", "--is-ancestor", branch, "HEAD"])).code !== 0;
  if (!kept) await gitOutput(setting, ["branch", "--quiet", "-D", branch]);
}

/**
 * What the files of a working tree hold, and bringing them to what a commit holds. The files alone count: what an agent
 * committed, staged or checked out in there says nothing. Git's memory of the files is kept beside the tree, out of reach.
 */
import { copyFile, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { newNonce } from "../ids.ts";
import { errnoOf } from "../journal/durable-file.ts";
import type { GitEnv, TreePlace } from "./isolation.ts";
import { GitBroke, type GitSetting, gitOutput } from "./run-git.ts";

/** Named where there are more, at most. */
const NAMED_MAX = 5;

export const inTree = ({ tree, gitDir }: TreePlace, env: GitEnv): GitSetting => ({ cwd: tree, gitDir, env });

/** Beside the tree: inside, it would be the agent's to forge. */
const indexBeside = ({ tree }: TreePlace): string => `${tree}.index`;

/**
 * Id of the tree object with what the files hold now. `tracked`: a commit that says which files are known, where nothing
 * is remembered yet. @throws GitBroke, also where there are repositories inside.
 */
export async function contentOf(place: TreePlace, tracked: string, env: GitEnv): Promise<string> {
  return withIndex(place, env, async (setting, remembered) => {
    if (!remembered) await gitOutput(setting, ["read-tree", tracked]);
    const nested = await strangers(setting);
    if (nested.length > 0) {
      const named = nested.slice(0, NAMED_MAX).join(", ");
      throw new GitBroke(`there are repositories inside the working tree, which are not collected: ${named}`);
    }
    await gitOutput(setting, ["add", "--all"]);
    return gitOutput(setting, ["write-tree"]);
  });
}

/**
 * Brings the files to what `commit` holds, whatever they hold now; what git ignores stays. Made again after a crash, it
 * goes on. @throws GitBroke
 */
export async function bringTo(place: TreePlace, commit: string, env: GitEnv): Promise<void> {
  await withIndex(place, env, (setting) => gitOutput(setting, ["read-tree", "--reset", "-u", commit]));
  // For the commands of agents in it. By our own hand: git would respect locks that one of them may have left there.
  await putInPlace(join(place.gitDir, "index"), (aside) => copyKept(indexBeside(place), aside));
  await putInPlace(join(place.gitDir, "HEAD"), async (aside) => {
    const file = await open(aside, "wx", 0o644);
    await file.writeFile(`${commit}\n`);
    await file.close();
  });
}

/** Remembers the files of a fresh tree, which nobody has touched yet. */
export const rememberFresh = (place: TreePlace): Promise<void> =>
  putInPlace(indexBeside(place), (aside) => copyKept(join(place.gitDir, "index"), aside));

/** A copy of its own for each: a lock that a killed git left would stand in the way for ever. */
async function withIndex<Value>(
  place: TreePlace,
  env: GitEnv,
  act: (setting: GitSetting, remembered: boolean) => Promise<Value>,
): Promise<Value> {
  const kept = indexBeside(place);
  const own = `${kept}.${newNonce()}`;
  try {
    const remembered = await copyKept(kept, own).then(
      () => true,
      (cause: unknown) => {
        if (errnoOf(cause) === "ENOENT") return false;
        throw cause;
      },
    );
    const value = await act(inTree(place, { ...env, GIT_INDEX_FILE: own }), remembered);
    await rename(own, kept);
    return value;
  } finally {
    await rm(own, { force: true });
    await rm(`${own}.lock`, { force: true });
  }
}

/** With its time: git takes files that are as young as its memory of them for unknown. */
async function copyKept(from: string, to: string): Promise<void> {
  const { atime, mtime } = await stat(from);
  await copyFile(from, to);
  await utimes(to, atime, mtime);
}

async function putInPlace(path: string, write: (aside: string) => Promise<void>): Promise<void> {
  const aside = `${path}.${newNonce()}`;
  try {
    await write(aside);
    await rename(aside, path);
  } finally {
    await rm(aside, { force: true });
  }
}

/** Repositories inside the tree that were not there when it was made: git is not to look into them. @throws GitBroke */
async function strangers(setting: GitSetting): Promise<string[]> {
  const listed = async (...args: string[]): Promise<string[]> =>
    (await gitOutput(setting, ["ls-files", "-z", ...args])).split("\0").filter((line) => line !== "");
  const untracked = (await listed("--others", "--exclude-standard")).filter((path) => path.endsWith("/"));
  const links = (await listed("--stage"))
    .filter((line) => line.startsWith("160000 "))
    .map((line) => line.split("\t")[1]);
  const filled = await Promise.all(
    links.map(async (path = "") => ((await readdir(join(setting.cwd, path)).catch(() => [])).length > 0 ? [path] : [])),
  );
  return [...untracked, ...filled.flat()];
}
